//! Looks at the heads of requests as they arrive, and refuses what two readers could understand in two ways.
//!
//! What hyper would quietly mend (a length beside chunks, a length given twice, lines that end in a bare line feed) is how
//! a request is hidden from whoever reads it before us. Nothing is copied: a head is looked at line by line where it lies.

use super::Limits;

/// So much of a line is looked at: enough for every header that says how long a body is.
const LOOKED_AT: usize = 128;

/// Why a head is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Where the request ends could be read in two ways.
    Ambiguous,
    /// Its first line is too long.
    LongLine,
    /// It is too long as a whole, or has too many headers.
    LargeHead,
}

/// Where in a request the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the first line, or in the empty ones that may come before it.
    First,
    /// In a header.
    Header,
    /// In a body of which so many bytes are to come.
    Body(u64),
    /// In chunks, after which the connection ends: nothing behind them is read.
    Chunks,
}

/// What has been seen of one connection.
#[derive(Debug)]
pub(super) struct Heads {
    line_limit: usize,
    head_limit: usize,
    header_limit: usize,
    place: Place,
    /// The beginning of a line whose end has not arrived yet.
    begun: Vec<u8>,
    /// How long that line is so far, and its last byte.
    line: (usize, u8),
    head: usize,
    headers: usize,
    length: Option<u64>,
    chunked: bool,
}

impl Heads {
    pub(super) const fn new(limits: &Limits) -> Self {
        Self {
            line_limit: limits.line_bytes,
            head_limit: limits.head_bytes,
            header_limit: limits.headers,
            place: Place::First,
            begun: Vec::new(),
            line: (0, 0),
            head: 0,
            headers: 0,
            length: None,
            chunked: false,
        }
    }

    /// Takes what has arrived.
    pub(super) fn look(&mut self, mut bytes: &[u8]) -> Result<(), Refused> {
        while !bytes.is_empty() {
            bytes = match self.place {
                Place::Chunks => return Ok(()),
                Place::Body(left) => {
                    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    let left = left - count as u64;
                    self.place = if left == 0 { Place::First } else { Place::Body(left) };
                    &bytes[count..]
                }
                Place::First | Place::Header => self.look_at_line(bytes)?,
            };
        }
        Ok(())
    }

    /// Whether more of a body is to come. Of one in chunks that is always so: only whoever reads it knows its end.
    pub(super) const fn awaits_body(&self) -> bool {
        matches!(self.place, Place::Body(_) | Place::Chunks)
    }

    /// Takes a line, or as much of it as there is; what is left comes back.
    fn look_at_line<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Refused> {
        let end = memchr::memchr(b'\n', bytes);
        let (part, rest) = bytes.split_at(end.map_or(bytes.len(), |end| end + 1));
        self.head += part.len();
        let length = self.line.0 + part.len();
        if self.place == Place::First && length > self.line_limit {
            return Err(Refused::LongLine);
        }
        if self.head > self.head_limit {
            return Err(Refused::LargeHead);
        }
        if end.is_none() {
            let missing = LOOKED_AT.saturating_sub(self.begun.len()).min(part.len());
            self.begun.extend_from_slice(&part[..missing]);
            self.line = (length, part[part.len() - 1]);
            return Ok(rest);
        }
        let last = if part.len() > 1 { part[part.len() - 2] } else { self.line.1 };
        if last != b'\r' || length < 2 {
            return Err(Refused::Ambiguous);
        }
        let content = length - 2;
        if self.begun.is_empty() {
            self.take(&part[..content.min(LOOKED_AT)], content)?;
        } else {
            let mut begun = std::mem::take(&mut self.begun);
            let missing = LOOKED_AT.saturating_sub(begun.len()).min(part.len());
            begun.extend_from_slice(&part[..missing]);
            self.take(&begun[..content.min(LOOKED_AT)], content)?;
            begun.clear();
            self.begun = begun;
        }
        self.line = (0, 0);
        Ok(rest)
    }

    /// Takes a whole line of `length` bytes that begins with `start`.
    fn take(&mut self, start: &[u8], length: usize) -> Result<(), Refused> {
        match (self.place, length) {
            (Place::First, 0) | (Place::Body(_) | Place::Chunks, _) => {}
            (Place::First, _) => self.place = Place::Header,
            (Place::Header, 0) => self.end_head(),
            (Place::Header, _) => {
                self.headers += 1;
                if self.headers > self.header_limit {
                    return Err(Refused::LargeHead);
                }
                self.take_header(start, length)?;
            }
        }
        Ok(())
    }

    fn take_header(&mut self, start: &[u8], length: usize) -> Result<(), Refused> {
        let colon = memchr::memchr(b':', start).ok_or(if length > start.len() {
            Refused::LargeHead
        } else {
            Refused::Ambiguous
        })?;
        let (name, value) = (&start[..colon], &start[colon + 1..]);
        // A line that goes on where the one before it ended, or space before the colon.
        if name.first().is_none_or(u8::is_ascii_whitespace) || name.last().is_none_or(u8::is_ascii_whitespace) {
            return Err(Refused::Ambiguous);
        }
        let is_length = name.eq_ignore_ascii_case(b"content-length");
        let is_coding = name.eq_ignore_ascii_case(b"transfer-encoding");
        if !is_length && !is_coding {
            return Ok(());
        }
        if self.length.is_some() || self.chunked || length > start.len() {
            return Err(Refused::Ambiguous);
        }
        let value = value.trim_ascii();
        if is_coding {
            self.chunked = true;
            return if value.eq_ignore_ascii_case(b"chunked") { Ok(()) } else { Err(Refused::Ambiguous) };
        }
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Refused::Ambiguous);
        }
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        self.length = Some(number.ok_or(Refused::Ambiguous)?);
        Ok(())
    }

    fn end_head(&mut self) {
        self.place = match (self.chunked, self.length) {
            (true, _) => Place::Chunks,
            (false, None | Some(0)) => Place::First,
            (false, Some(length)) => Place::Body(length),
        };
        (self.head, self.headers, self.length) = (0, 0, None);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";

    fn heads() -> Heads {
        Heads::new(&Limits { line_bytes: 100, head_bytes: 1_000, headers: 10, ..Limits::default() })
    }

    fn looked(text: &str) -> Result<(), Refused> {
        heads().look(text.as_bytes())
    }

    fn post(headers: &str, body: &str) -> String {
        format!("POST / HTTP/1.1\r\nhost: x\r\n{headers}\r\n\r\n{body}")
    }

    #[test]
    fn plain_requests_pass_one_after_the_other() {
        let body = post("content-length: 12", "a\nb: c\r\n \r\n\n");
        let chunked = post("Transfer-Encoding: Chunked", "5;x\nwhatever\n");
        assert_eq!(looked(&format!("\r\n{GET}{body}{GET}{chunked}")), Ok(()));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for headers in [
            "content-length: 1\r\ntransfer-encoding: chunked",
            "transfer-encoding: chunked\r\ncontent-length: 1",
            "content-length: 1\r\ncontent-length: 1",
            "content-length: 1\r\nContent-Length: 2",
            "content-length: 1, 1",
            "content-length: +1",
            "content-length: -1",
            "content-length: 0x1",
            "content-length:",
            "content-length: 99999999999999999999",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity",
            "transfer-encoding: gzip, chunked",
            "transfer-encoding: chunked, identity",
            "transfer-encoding: xchunked",
            "transfer-encoding: \u{b}chunked",
            "content-length : 1",
            "content-length\t: 1",
            " content-length: 1",
            "a: b\r\n content-length: 1",
            "a: b\r\n\tc",
            "a: b\ncontent-length: 1",
            "a",
            ": b",
        ] {
            assert_eq!(looked(&post(headers, "")), Err(Refused::Ambiguous), "{headers:?}");
        }
        for text in ["GET / HTTP/1.1\nhost: x\r\n\r\n", "\nGET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nhost: x\r\n\n"] {
            assert_eq!(looked(text), Err(Refused::Ambiguous), "{text:?}");
        }
        let spaces = format!("transfer-encoding:{}chunked", " ".repeat(LOOKED_AT));
        assert_eq!(looked(&post(&spaces, "")), Err(Refused::Ambiguous));
    }

    #[test]
    fn a_request_hidden_behind_another_is_looked_at_too() {
        let bad = post("content-length: 1\r\ncontent-length: 2", "");
        assert_eq!(looked(&format!("{GET}{}{bad}", post("content-length: 3", "abc"))), Err(Refused::Ambiguous));
    }

    #[test]
    fn long_lines_many_headers_and_large_heads_are_told_apart() {
        let line = |length: usize| format!("GET /{} HTTP/1.1\r\n", "a".repeat(length - 16));
        assert_eq!(looked(&line(100)), Ok(()));
        assert_eq!(looked(&line(101)), Err(Refused::LongLine));
        assert_eq!(looked(&"a".repeat(101)), Err(Refused::LongLine));
        assert_eq!(looked(&post(&"a: b\r\n".repeat(8), "")), Ok(()));
        assert_eq!(looked(&post(&"a: b\r\n".repeat(10), "")), Err(Refused::LargeHead));
        assert_eq!(looked(&post(&format!("a: {}", "b".repeat(1_000)), "")), Err(Refused::LargeHead));
        assert_eq!(looked(&post(&format!("{}: b", "a".repeat(LOOKED_AT)), "")), Err(Refused::LargeHead));
        assert_eq!(looked(&"\r\n".repeat(501)), Err(Refused::LargeHead));
        let large_body = "b".repeat(5_000);
        assert_eq!(looked(&post("content-length: 5000", &large_body)), Ok(()));
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_which_pieces_a_request_arrives(
            headers in "(content-length: [0-9]{1,2}\r\n|a: [b ]{0,140}\r\n|transfer-encoding: chunked\r\n|x\n| y: z\r\n){0,6}",
            size in 1_usize..40,
        ) {
            let text = format!("POST / HTTP/1.1\r\n{headers}\r\n{GET}{GET}");
            let mut heads = heads();
            let pieces = text.as_bytes().chunks(size).try_for_each(|piece| heads.look(piece));
            prop_assert_eq!(pieces, looked(&text));
        }
    }
}
