//! Where riders say they are: in memory only, and not for long. It is written into no log and no event.

use std::collections::HashMap;

use jiff::SignedDuration;
use kernel::Time;
use kernel::people::{Actor, PersonId};
use kernel::place::Place;
use parking_lot::Mutex;

use crate::domain::reach::Reach;

/// From how many on those that are over are looked for and forgotten.
const MANY: usize = 10_000;

/// How far riders see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// How far around a rider, in metres.
    pub metres: u32,
    /// How long a place is kept.
    pub kept: SignedDuration,
    /// How far somebody sees who has not said where they are.
    pub otherwise: Reach,
}

/// Where riders are.
pub struct Places {
    sight: Sight,
    known: Mutex<HashMap<PersonId, (Place, Time)>>,
}

impl Places {
    pub fn new(sight: Sight) -> Self {
        Self { sight, known: Mutex::default() }
    }

    /// `rider` is at `place`. Returns until when that is kept.
    pub fn set(&self, rider: &PersonId, place: Place, now: Time) -> Time {
        let until = now + self.sight.kept;
        let mut known = self.known.lock();
        if known.len() >= MANY {
            known.retain(|_, (_, until)| now < *until);
        }
        known.insert(rider.clone(), (place, until));
        until
    }

    /// Forgets where `rider` is.
    pub fn forget(&self, rider: &PersonId) {
        self.known.lock().remove(rider);
    }

    /// How far `actor` sees what waits.
    pub fn reach(&self, actor: &Actor, now: Time) -> Reach {
        let Actor::Rider(rider) = actor else { return Reach::Everywhere };
        match self.known.lock().get(rider) {
            Some((place, until)) if now < *until => Reach::Around { place: *place, metres: self.sight.metres },
            Some(_) | None => self.sight.otherwise,
        }
    }

    pub fn metres(&self) -> u32 {
        self.sight.metres
    }
}
