//! Who asks and by which name, as far as those say who are believed.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use ipnet::IpNet;
use uuid::Uuid;

use crate::problem::Problem;

/// For whom a proxy asks: one address after the other, the nearest last.
pub const FORWARDED_FOR: &str = "x-forwarded-for";
/// By which scheme the client reached the proxy.
pub const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// By which name.
pub const FORWARDED_HOST: &str = "x-forwarded-host";
/// Under which id a request is known.
pub const REQUEST_ID: &str = "x-request-id";

/// What speaks of a way here that we do not know; it goes no further whoever said it.
const HEARSAY: [&str; 9] = [
    FORWARDED_FOR,
    FORWARDED_PROTO,
    FORWARDED_HOST,
    REQUEST_ID,
    "forwarded",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-server",
    "x-real-ip",
];

/// The address of the one who asks, the proxies between us left out; among the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(pub IpAddr);

/// Under which address we are seen, like `https://baedal.example`; among the extensions of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    secure: bool,
    authority: Authority,
}

impl Origin {
    /// The origin that `text` is, if it is nothing but one.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.trim_end_matches('/').split_once("://")?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        Some(Self { secure, authority: name(authority)? })
    }

    /// Whether the client's connection is encrypted.
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// `http` or `https`.
    pub const fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// The name, with a port where it has one.
    pub fn host(&self) -> &str {
        self.authority.as_str()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme(), self.authority)
    }
}

/// Whom a server believes what it says of those behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Those who ask from these networks.
    Networks(Vec<IpNet>),
    /// Everybody: at a service's own port the gateway alone gets anywhere.
    Gateway,
}

impl Trust {
    /// Whether what `address` says of others is believed.
    pub fn includes(&self, address: IpAddr) -> bool {
        match self {
            Self::Networks(networks) => networks.iter().any(|network| network.contains(&address)),
            Self::Gateway => true,
        }
    }
}

/// What a request says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) client: ClientAddress,
    pub(super) origin: Origin,
    /// The id that the gateway gave it.
    pub(super) id: Option<Uuid>,
}

/// What is known of a connection before it asks anything.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) peer: SocketAddr,
    pub(super) secure: bool,
    pub(super) trust: &'a Trust,
    /// Under which address we are to be seen, whoever says what.
    pub(super) public: Option<&'a Origin>,
}

impl Line<'_> {
    /// Reads what `request` says of who asks and by which name, and takes it out.
    pub(super) fn read<B>(&self, request: &mut Request<B>) -> Result<Seen, Problem> {
        if request.method() == Method::CONNECT {
            return Err(Problem::method_not_allowed().closing());
        }
        let host = host(request.headers(), request.uri()).ok_or_else(not_one_name)?;
        let peer = self.peer.ip().to_canonical();
        let headers = request.headers_mut();
        let believed = self.trust.includes(peer);
        if !believed && peer.is_loopback() && headers.contains_key(FORWARDED_FOR) {
            tell_of_a_proxy_that_is_not_trusted();
        }
        let client = if believed { self.behind(peer, headers) } else { peer };
        let origin = match self.public {
            Some(public) => public.clone(),
            None if believed => Origin {
                secure: last(headers, FORWARDED_PROTO).map_or(self.secure, |scheme| scheme == "https"),
                authority: last(headers, FORWARDED_HOST).and_then(name).unwrap_or(host),
            },
            None => Origin { secure: self.secure, authority: host },
        };
        let id = match self.trust {
            Trust::Gateway => last(headers, REQUEST_ID).and_then(|text| text.parse().ok()),
            Trust::Networks(_) => None,
        };
        for name in HEARSAY {
            headers.remove(name);
        }
        Ok(Seen { client: ClientAddress(client), origin, id })
    }

    /// The nearest address that is not itself one of the proxies: what stands left of it anybody may have written.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let lines = headers.get_all(FORWARDED_FOR).iter().rev().filter_map(|value| value.to_str().ok());
        for text in lines.flat_map(|line| line.rsplit(',')) {
            let Some(address) = address(text.trim()) else { break };
            client = address;
            if matches!(self.trust, Trust::Gateway) || !self.trust.includes(address) {
                break;
            }
        }
        client
    }
}

/// Behind such a proxy everybody would seem to ask from this machine, for which limits are wider.
fn tell_of_a_proxy_that_is_not_trusted() {
    static TOLD: Once = Once::new();
    TOLD.call_once(|| {
        tracing::warn!(
            "a proxy on this machine says for whom it asks, and is not believed: if it is yours, set trusted_proxies"
        );
    });
}

/// An address as proxies write it: some add the port, and brackets where there are colons in it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address = text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.or_else(bare).map(|address: IpAddr| address.to_canonical())
}

/// The last of the values: the one that the nearest proxy wrote.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim)
}

/// The one name that is asked for; a target that is a whole address has to agree with it.
fn host(headers: &HeaderMap, target: &Uri) -> Option<Authority> {
    let mut names = headers.get_all(HOST).iter();
    let (Some(value), None) = (names.next(), names.next()) else { return None };
    let host = whole_name(value)?;
    let agrees = target.authority().is_none_or(|asked| *asked == host);
    let scheme = target.scheme_str().is_none_or(|scheme| matches!(scheme, "http" | "https"));
    (agrees && scheme).then_some(host)
}

fn whole_name(value: &HeaderValue) -> Option<Authority> {
    name(value.to_str().ok()?)
}

/// A name or address with or without a port, and nothing else.
fn name(text: &str) -> Option<Authority> {
    let authority: Authority = text.parse().ok()?;
    let host = authority.host();
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_name = !host.is_empty() && host.bytes().all(known);
    let is_v6 = || host.strip_prefix('[')?.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok();
    let port = text.get(host.len()..)?;
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    ((is_name || is_v6().is_some()) && is_port).then_some(authority)
}

fn not_one_name() -> Problem {
    let detail = "The request has to say in one Host header which name it asks for, and its target has to agree.";
    Problem::new(StatusCode::BAD_REQUEST, "bad-host", detail).closing()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    const PROXY: &str = "10.0.0.1:4000";

    fn networks() -> Trust {
        Trust::Networks(vec!["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()])
    }

    fn read(peer: &str, trust: &Trust, headers: &[(&'static str, &str)]) -> Result<(Seen, HeaderMap), Problem> {
        let mut request = Request::get("/orders").body(()).unwrap();
        request.headers_mut().extend(
            headers.iter().map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
            }),
        );
        let line = Line { peer: peer.parse().unwrap(), secure: false, trust, public: None };
        let seen = line.read(&mut request)?;
        Ok((seen, std::mem::take(request.headers_mut())))
    }

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let headers: Vec<_> = forwarded.iter().map(|line| (FORWARDED_FOR, *line)).chain([("host", "x")]).collect();
        read(peer, &networks(), &headers).unwrap().0.client.0.to_string()
    }

    #[test]
    fn the_client_is_the_nearest_address_that_is_no_proxy() {
        assert_eq!(client(PROXY, &[]), "10.0.0.1");
        assert_eq!(client(PROXY, &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(PROXY, &["1.1.1.1, 203.0.113.7, 10.2.3.4"]), "203.0.113.7");
        assert_eq!(client(PROXY, &["1.1.1.1", "203.0.113.7", "10.2.3.4"]), "203.0.113.7");
        assert_eq!(client(PROXY, &["203.0.113.7:5000"]), "203.0.113.7");
        assert_eq!(client(PROXY, &["[2001:db8::1]:5000"]), "2001:db8::1");
        assert_eq!(client(PROXY, &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(client("[fd00::1]:80", &["::ffff:203.0.113.7"]), "203.0.113.7");
        assert_eq!(client("[::ffff:10.0.0.1]:80", &["203.0.113.7"]), "203.0.113.7");
        assert_eq!(client(PROXY, &["10.9.9.9, 10.2.3.4"]), "10.9.9.9");
    }

    #[test]
    fn what_is_no_address_ends_the_search_at_the_last_that_is_known() {
        for rubbish in ["unknown", "", "203.0.113.7, _hidden", "1.1.1.1, 256.0.0.1", "1.1.1.1,", "1.1.1.1;10.0.0.1"] {
            assert_eq!(client(PROXY, &[rubbish]), "10.0.0.1", "{rubbish}");
        }
        assert_eq!(client(PROXY, &["1.1.1.1, nonsense, 10.2.3.4"]), "10.2.3.4");
    }

    #[test]
    fn nobody_else_is_believed_and_nothing_of_it_goes_on() {
        let claims = [
            ("host", "here"),
            (FORWARDED_FOR, "1.1.1.1"),
            (FORWARDED_PROTO, "https"),
            (FORWARDED_HOST, "forged"),
            (REQUEST_ID, "019aa8dc-0000-7000-8000-000000000000"),
            ("forwarded", "for=1.1.1.1"),
            ("x-real-ip", "1.1.1.1"),
        ];
        let (seen, left) = read("203.0.113.7:5000", &networks(), &claims).unwrap();
        assert_eq!((seen.client.0.to_string(), seen.origin.to_string()), ("203.0.113.7".into(), "http://here".into()));
        assert_eq!((seen.id, left.keys().map(HeaderName::as_str).collect::<Vec<_>>()), (None, vec!["host"]));
        let (seen, left) = read(PROXY, &networks(), &claims).unwrap();
        assert_eq!((seen.client.0.to_string(), seen.origin.to_string()), ("1.1.1.1".into(), "https://forged".into()));
        assert_eq!((seen.id, left.len()), (None, 1));
        let (seen, _) = read("203.0.113.7:5000", &Trust::Gateway, &claims).unwrap();
        assert_eq!((seen.client.0.to_string(), seen.origin.to_string()), ("1.1.1.1".into(), "https://forged".into()));
        assert!(seen.id.is_some());
    }

    #[test]
    fn the_public_address_wins_over_every_name() {
        let public = Origin::parse("https://baedal.example/").unwrap();
        let mut request = Request::get("/").header("host", "10.0.0.9").body(()).unwrap();
        let peer = "127.0.0.1:1".parse().unwrap();
        let line = Line { peer, secure: false, trust: &networks(), public: Some(&public) };
        assert_eq!(line.read(&mut request).unwrap().origin.to_string(), "https://baedal.example");
        for none in
            ["", "baedal.example", "ftp://baedal.example", "https://", "https://a/b", "https://a@b", "https://a b"]
        {
            assert_eq!(Origin::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_host_is_one_name_with_or_without_a_port() {
        for (name, taken) in [
            ("127.0.0.1:8088", true),
            ("[::1]:8088", true),
            ("baedal.example", true),
            ("kitchen_1.local.", true),
            ("", false),
            ("a b", false),
            ("a,b", false),
            ("a:b", false),
            ("a:", false),
            ("a:70000", false),
            ("[::1", false),
            ("[x]", false),
            ("me@elsewhere.example", false),
            ("host/path", false),
            ("\"><script>", false),
            ("배달.example", false),
        ] {
            assert_eq!(read(PROXY, &networks(), &[("host", name)]).is_ok(), taken, "{name}");
        }
        assert!(read(PROXY, &networks(), &[]).is_err());
        assert!(read(PROXY, &networks(), &[("host", "a"), ("host", "a")]).is_err());
    }

    #[test]
    fn a_whole_address_as_target_has_to_agree_with_the_host() {
        let trust = networks();
        for (target, taken) in
            [("http://here/x", true), ("http://HERE/x", true), ("http://there/x", false), ("ftp://here/x", false)]
        {
            let mut request = Request::get(target).header("host", "here").body(()).unwrap();
            let line = Line { peer: PROXY.parse().unwrap(), secure: false, trust: &trust, public: None };
            assert_eq!(line.read(&mut request).is_ok(), taken, "{target}");
        }
    }
}
