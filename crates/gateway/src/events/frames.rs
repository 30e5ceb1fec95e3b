//! Reads Server-Sent Events out of the bytes of an answer.

/// More than this without an end of line is not an event of ours.
const LONGEST: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub id: Option<u64>,
    pub event: String,
    pub data: String,
}

/// The answer of a context is not a stream of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of the stream is longer than {LONGEST} bytes")]
pub(super) struct TooLong;

/// What has come of an event that is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Frames {
    rest: Vec<u8>,
    frame: Frame,
}

impl Frames {
    /// Takes the next bytes and gives the events that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>, TooLong> {
        let mut whole = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(piece);
            if self.rest.len() + self.frame.data.len() > LONGEST {
                return Err(TooLong);
            }
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.rest);
                whole.extend(self.line(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n'])));
            }
        }
        Ok(whole)
    }

    fn line(&mut self, line: &str) -> Option<Frame> {
        if line.is_empty() {
            return Some(std::mem::take(&mut self.frame)).filter(|frame| !frame.data.is_empty());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => self.frame.id = value.parse().ok(),
            "event" => value.clone_into(&mut self.frame.event),
            "data" => {
                if !self.frame.data.is_empty() {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
            }
            // Comments keep a connection alive, and how soon to come back is ours to say.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_wherever_the_bytes_are_cut() {
        let text = "retry: 2000\n\n:\n\nid: 7\nevent: OrderPlaced\ndata: {\"a\":\ndata: \"순두부\"}\n\nid:8\r\ndata:x\r\n\r\nid: 9\n";
        let expected = [
            Frame { id: Some(7), event: "OrderPlaced".to_owned(), data: "{\"a\":\n\"순두부\"}".to_owned() },
            Frame { id: Some(8), event: String::new(), data: "x".to_owned() },
        ];
        for size in 1..text.len() {
            let mut frames = Frames::default();
            let read: Vec<_> = text.as_bytes().chunks(size).flat_map(|chunk| frames.push(chunk).unwrap()).collect();
            assert_eq!(read, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_without_end_is_given_up() {
        assert_eq!(Frames::default().push(&vec![b'a'; LONGEST + 1]), Err(TooLong));
    }
}
