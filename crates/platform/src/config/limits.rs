//! What the gateway lets through: how often, how much at a time, and for how long.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{SettingsError, span};

/// Limits of the gateway. A rate is written like `600/1m`; `off` is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests from one client address, whoever sends them; of IPv6 the first 64 bits count.
    pub address: Rate,
    /// Tries to sign in, sign up or confirm a phone from one client address.
    pub sign_in: Rate,
    /// Requests of one customer.
    pub customer: Rate,
    /// Requests of one owner.
    pub owner: Rate,
    /// Requests of one rider.
    pub rider: Rate,
    /// Requests of one operator.
    pub operator: Rate,
    /// Orders of one customer.
    pub orders: Rate,
    /// Client addresses that no rate holds, and of which connections are not counted.
    pub exempt: Networks,
    /// How many addresses and people are counted one by one; the others share.
    pub counted: u32,
    /// Client addresses that see the gateway's metrics and what it waits for; others need an operator's token.
    pub inside: Networks,
    /// Requests under way at a time, streams apart. 60 % of them may be browsing, 80 % that or ordering, 95 % anything
    /// but paying.
    pub running: u32,
    /// Streams open at a time.
    pub streams: u32,
    /// Streams of one person, or of one client address where nobody is signed in.
    pub streams_each: u32,
    /// How long an answer to somebody who looks around may take.
    #[serde(with = "span")]
    pub browsing_within: SignedDuration,
    /// To somebody who orders; an order may be paid at once.
    #[serde(with = "span")]
    pub ordering_within: SignedDuration,
    /// To somebody who asks or tells of what is under way.
    #[serde(with = "span")]
    pub serving_within: SignedDuration,
    /// To somebody who pays or operates; never less than the payment's own deadline and two seconds.
    #[serde(with = "span")]
    pub paying_within: SignedDuration,
}

impl Default for Limits {
    fn default() -> Self {
        let local = Networks(vec![net([127, 0, 0, 0].into(), 8), net(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 128)]);
        Self {
            address: Rate::of(6_000, 60),
            sign_in: Rate::of(60, 60),
            customer: Rate::of(600, 60),
            owner: Rate::of(1_200, 60),
            rider: Rate::of(1_200, 60),
            operator: Rate::of(3_000, 60),
            orders: Rate::of(20, 60),
            exempt: local.clone(),
            counted: 100_000,
            inside: local,
            running: 4_096,
            streams: 8_192,
            streams_each: 16,
            browsing_within: SignedDuration::from_secs(5),
            ordering_within: SignedDuration::from_secs(15),
            serving_within: SignedDuration::from_secs(10),
            paying_within: SignedDuration::from_secs(15),
        }
    }
}

/// As few as leave browsing, ordering and serving a place each beside paying.
const LEAST_RUNNING: u32 = 4;

impl Limits {
    /// Refuses what would answer nobody.
    pub(super) fn refuse_what_answers_nobody(&self) -> Result<(), SettingsError> {
        let within = [self.browsing_within, self.ordering_within, self.serving_within, self.paying_within];
        if within.iter().any(SignedDuration::is_zero) {
            return Err(SettingsError::Incomplete(
                "limits.browsing_within, ordering_within, serving_within and paying_within are more than 0s",
            ));
        }
        if self.running < LEAST_RUNNING {
            return Err(SettingsError::Incomplete("limits.running is at least 4"));
        }
        Ok(())
    }
}

/// So many in such a time, or no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Option<(u32, SignedDuration)>);

impl Rate {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// `count` in `seconds`.
    pub const fn of(count: u32, seconds: i64) -> Self {
        Self(Some((count, SignedDuration::from_secs(seconds))))
    }

    /// How many, and in which time; `None` where there is no limit.
    pub fn parts(self) -> Option<(u32, Duration)> {
        self.0.map(|(count, per)| (count, Duration::try_from(per).unwrap_or_default()))
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "off" {
            return Ok(Self::OFF);
        }
        let parts = text.split_once('/').and_then(|(count, per)| Some((count.trim().parse().ok()?, span::parse(per)?)));
        let good = parts.filter(|(count, per)| *count > 0 && *per >= SignedDuration::from_secs(1));
        good.map(|parts| Self(Some(parts))).ok_or_else(|| format!("\"{text}\" is not a rate like 600/1m, or off"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("off"),
            Some((count, per)) => write!(f, "{count}/{}", format!("{per:#}").replace(' ', "")),
        }
    }
}

/// Networks of addresses, like `127.0.0.0/8, ::1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether `address` is in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let one = |text: &str| {
            let net = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
            net.ok_or_else(|| format!("\"{text}\" is not an address, or a network like 10.0.0.0/8"))
        };
        text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(one).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.0.iter().map(IpNet::to_string).collect();
        f.write_str(&all.join(", "))
    }
}

/// `bits` is one that the address has.
fn net(address: IpAddr, bits: u8) -> IpNet {
    IpNet::new(address, bits).unwrap_or_else(|_| IpNet::from(address))
}

macro_rules! as_text {
    ($($name:ident),+) => {
        $(
            impl Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    to.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
                }
            }
        )+
    };
}

as_text!(Rate, Networks);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        for text in ["600/1m", "3/1s", "20/1h", "off"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!(Rate::of(600, 60).parts(), Some((600, Duration::from_secs(60))));
        for wrong in ["", "600", "0/1m", "-1/1m", "5/0s", "5/500ms", "5/never", "5/1m/1m"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn networks_hold_their_addresses_in_either_form() {
        let networks: Networks = "10.0.0.0/8, 192.0.2.7,2001:db8::/32".parse().unwrap();
        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8::1"] {
            assert!(networks.contain(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["11.0.0.1", "192.0.2.8", "2001:db9::1", "::1"] {
            assert!(!networks.contain(outside.parse().unwrap()), "{outside}");
        }
        assert!("".parse::<Networks>().unwrap() == Networks::default());
        assert!("10.0.0.0/33".parse::<Networks>().is_err());
        assert!("home".parse::<Networks>().is_err());
        let local = Limits::default().exempt;
        assert!(local.contain([127, 0, 0, 9].into()) && local.contain("::1".parse().unwrap()));
    }
}
