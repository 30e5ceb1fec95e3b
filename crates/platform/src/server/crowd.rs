//! The connections that there are: how many, whose, and which has to go when there is no room for another.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::pulse::{Pulse, Rest};
use super::{Door, Limits};

/// How long it is waited for those that were asked to leave before others are asked too.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// One in so many of all connections is asked to leave at a time: looking for them costs a look at each.
const SHARE: usize = 64;

/// All connections of one server.
pub(super) struct Crowd {
    places: Arc<Semaphore>,
    limits: Limits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Pulse>>,
    of: HashMap<IpAddr, Vec<u64>>,
}

/// One connection's place, for as long as it is held.
pub(super) struct Place {
    crowd: Arc<Crowd>,
    number: u64,
    /// Whose it is, where that is counted.
    of: Option<IpAddr>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.crowd.open.lock();
        open.all.remove(&self.number);
        let Some(of) = self.of else { return };
        if let Some(numbers) = open.of.get_mut(&of) {
            numbers.retain(|number| *number != self.number);
            if numbers.is_empty() {
                open.of.remove(&of);
            }
        }
    }
}

impl Crowd {
    pub(super) fn new(limits: &Limits) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(limits.connections));
        Arc::new(Self { places, limits: *limits, open: Mutex::default() })
    }

    /// Whose connections `address` counts to; nobody's where `door` says so, as of a proxy with many behind
    /// it.
    pub(super) fn counted(address: IpAddr, door: &Door) -> Option<IpAddr> {
        let address = address.to_canonical();
        let is_counted = !door.uncounted.contain(address) && !door.trust.includes(address);
        is_counted.then_some(match address {
            IpAddr::V4(_) => address,
            // Whoever has one address of such a network has all of them.
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (!0 << 64)).into(),
        })
    }

    /// Whether `of` may have another connection; the one that has rested longest of theirs goes for it.
    pub(super) fn admits(&self, of: IpAddr) -> bool {
        let open = self.open.lock();
        let Some(numbers) = open.of.get(&of).filter(|numbers| numbers.len() >= self.limits.connections_per_address)
        else {
            return true;
        };
        let pulses = numbers.iter().filter_map(|number| open.all.get(number));
        let longest = pulses.filter_map(|pulse| Some((pulse.resting()?, pulse))).min_by_key(|(rest, _)| *rest);
        if let Some((_, pulse)) = longest {
            pulse.leave();
        }
        longest.is_some()
    }

    /// A place for a connection, as soon as there is one. Where all are taken, those go that have rested longest.
    pub(super) async fn place(self: &Arc<Self>, of: Option<IpAddr>, pulse: &Arc<Pulse>) -> Place {
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.places).try_acquire_owned() {
                break permit;
            }
            self.make_room();
            let waited = tokio::time::timeout(ASK_AGAIN, Arc::clone(&self.places).acquire_owned()).await;
            if let Ok(Ok(permit)) = waited {
                break permit;
            }
        };
        let mut open = self.open.lock();
        open.next += 1;
        let number = open.next;
        open.all.insert(number, Arc::clone(pulse));
        if let Some(of) = of {
            open.of.entry(of).or_default().push(number);
        }
        drop(open);
        Place { crowd: Arc::clone(self), number, of, _permit: permit }
    }

    /// Asks those to leave that have rested longest: between requests first, then those that are long about a head, and
    /// last those about a body.
    fn make_room(&self) {
        let open = self.open.lock();
        let resting = open.all.values().filter_map(|pulse| Some((pulse.resting()?, pulse)));
        let mut resting: Vec<(Rest, &Arc<Pulse>)> = resting.collect();
        let count = (self.limits.connections / SHARE).max(1).min(resting.len());
        if count == 0 {
            return;
        }
        resting.select_nth_unstable_by_key(count - 1, |(rest, _)| *rest);
        for (_, pulse) in &resting[..count] {
            pulse.leave();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Trust;

    #[test]
    fn an_address_counts_with_its_network_and_who_is_exempt_and_proxies_do_not() {
        let trust = Trust::Networks(vec!["10.0.0.0/8".parse().unwrap()]);
        let door = Door { trust, uncounted: "127.0.0.0/8, ::1".parse().unwrap(), ..Limits::default().into() };
        let counted = |text: &str| Crowd::counted(text.parse().unwrap(), &door).map(|address| address.to_string());
        assert_eq!(counted("203.0.113.7").as_deref(), Some("203.0.113.7"));
        assert_eq!(counted("::ffff:203.0.113.7").as_deref(), Some("203.0.113.7"));
        assert_eq!(counted("2001:db8:0:1:2:3:4:5").as_deref(), Some("2001:db8:0:1::"));
        for free in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.1.2.3"] {
            assert_eq!(counted(free), None, "{free}");
        }
        let nobody_is = Limits::default().into();
        assert!(Crowd::counted([127, 0, 0, 1].into(), &nobody_is).is_some());
    }

    #[tokio::test]
    async fn an_address_that_has_all_its_connections_gives_up_its_longest_rest_or_gets_no_other() {
        let limits = Limits { connections_per_address: 2, ..Limits::default() };
        let crowd = Crowd::new(&limits);
        let of: IpAddr = "203.0.113.7".parse().unwrap();
        let pulses = [(); 2].map(|()| Arc::new(Pulse::new(&limits)));
        assert!(crowd.admits(of));
        let first = crowd.place(Some(of), &pulses[0]).await;
        assert!(crowd.admits(of));
        let _second = crowd.place(Some(of), &pulses[1]).await;
        pulses[1].busy();
        assert!(crowd.admits(of));
        assert!(pulses[0].is_leaving() && !pulses[1].is_leaving());
        assert!(!crowd.admits(of));
        assert!(crowd.admits("203.0.113.8".parse().unwrap()));
        drop(first);
        assert!(crowd.admits(of));
    }

    #[tokio::test]
    async fn those_go_first_that_have_rested_longest_and_then_those_that_are_long_about_a_request() {
        let limits = Limits { connections: 6, ..Limits::default() };
        let crowd = Crowd::new(&limits);
        let pulses = [(); 6].map(|()| Arc::new(Pulse::new(&limits)));
        let mut places = Vec::new();
        for pulse in &pulses {
            places.push(crowd.place(None, pulse).await);
        }
        let [body, late_head, early_head, early, late, busy] = &pulses;
        body.arrived(true);
        for at_work in [body, busy, late] {
            at_work.busy();
        }
        for about_a_head in [early_head, late_head] {
            about_a_head.arrived(false);
        }
        late.answered(false);
        for expected in [early, late, early_head, late_head, body] {
            assert!(!expected.is_leaving());
            crowd.make_room();
            assert!(expected.is_leaving());
        }
        crowd.make_room();
        assert!(!busy.is_leaving());
    }
}
