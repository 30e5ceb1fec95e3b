//! The one place where ids and random tokens are made, so that tests and the simulator own them.

use std::sync::Arc;

use parking_lot::Mutex;
use uuid::{Builder, Uuid};

use crate::clock::Clock;

/// Random bits in a UUIDv7 beside its 48 bits of time: 12 before the variant, 62 after it.
const TAIL_BITS: u32 = 74;

/// Makes ids: UUIDv7, rising within this process.
#[derive(Debug, Clone)]
pub struct Ids(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    time: Timing,
    random: Randomness,
    millis: u64,
    tail: u128,
}

#[derive(Debug)]
enum Timing {
    Clock(Clock),
    /// One millisecond per id, so that the ids of a seed do not depend on when they are drawn.
    Counted,
}

#[derive(Debug)]
enum Randomness {
    /// Bytes of the operating system, fetched by the block: a system call per id would be felt.
    System {
        block: Box<[u8; 1024]>,
        used: usize,
    },
    Seeded(u64),
}

impl Ids {
    /// Ids from the machine's randomness and `clock`.
    pub fn system(clock: Clock) -> Self {
        Self::new(Timing::Clock(clock), Randomness::System { block: Box::new([0; 1024]), used: 1024 })
    }

    /// The same ids in the same order for the same seed, for tests and the simulator.
    pub fn seeded(seed: u64) -> Self {
        Self::new(Timing::Counted, Randomness::Seeded(seed))
    }

    fn new(time: Timing, random: Randomness) -> Self {
        Self(Arc::new(Mutex::new(State { time, random, millis: 0, tail: 0 })))
    }

    /// A new UUIDv7, greater than every one before it.
    pub fn uuid(&self) -> Uuid {
        let mut state = self.0.lock();
        let now = match &state.time {
            Timing::Clock(clock) => u64::try_from(clock.now().as_millisecond()).unwrap_or(0),
            Timing::Counted => state.millis.max(1_700_000_000_000) + 1,
        };
        if now > state.millis {
            state.millis = now;
            // The top bit stays free, so that the steps within a millisecond have room.
            state.tail = state.random.bits() & ((1 << (TAIL_BITS - 1)) - 1);
        } else {
            state.tail += 1 + (state.random.bits() & u128::from(u32::MAX));
        }
        let (millis, tail) = (state.millis, state.tail);
        drop(state);
        let high = (tail >> 62) & 0xfff;
        let low = tail & ((1 << 62) - 1);
        Builder::from_u128((u128::from(millis) << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low).into_uuid()
    }

    /// A random text that cannot be guessed: 128 bits as 22 letters, digits, `-` and `_`.
    pub fn token(&self) -> String {
        const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let bits = self.0.lock().random.bits();
        (0..22).map(|place| char::from(ALPHABET[(bits >> (6 * place)) as usize & 63])).collect()
    }

    /// A random text that cannot be guessed and that rises with time, for what is looked up by it later: 7 characters
    /// that tell the time and 15 with 90 random bits. An index of such keeps its newest entries together.
    pub fn rising_token(&self) -> String {
        // In the order of their codes, so that the texts rise as the numbers do.
        const ALPHABET: &[u8; 64] = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
        let id = self.uuid().as_u128();
        let (millis, bits) = (id >> 80, self.0.lock().random.bits());
        let time = (0..7).rev().map(|place| millis >> (6 * place));
        let random = (0..15).map(|place| bits >> (6 * place));
        time.chain(random).map(|digit| char::from(ALPHABET[digit as usize & 63])).collect()
    }

    /// 128 random bits, for what is neither an id nor a token: jitter, trace ids.
    pub fn bits(&self) -> u128 {
        self.0.lock().random.bits()
    }
}

impl Randomness {
    fn bits(&mut self) -> u128 {
        match self {
            Self::System { block, used } => {
                if *used + 16 > block.len() {
                    getrandom::fill(block.as_mut_slice()).expect("the operating system gives random bytes");
                    *used = 0;
                }
                let mut bytes = [0; 16];
                bytes.copy_from_slice(&block[*used..*used + 16]);
                // What was handed out is not kept: it may be a secret.
                block[*used..*used + 16].fill(0);
                *used += 16;
                u128::from_le_bytes(bytes)
            }
            Self::Seeded(state) => (u128::from(splitmix(state)) << 64) | u128::from(splitmix(state)),
        }
    }
}

/// Splitmix64, by Sebastiano Vigna (<https://prng.di.unimi.it/splitmix64.c>): small, and the same everywhere.
const fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_version_seven_and_carry_the_clocks_time() {
        let (clock, _hand) = Clock::fake("2026-11-22T12:00:00Z".parse().unwrap());
        let id = Ids::system(clock.clone()).uuid();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        assert_eq!(i128::from(clock.now().as_millisecond()), (id.as_u128() >> 80) as i128);
    }

    #[test]
    fn ids_rise_even_while_the_clock_stands_or_goes_back() {
        let (clock, hand) = Clock::fake("2026-11-22T12:00:00Z".parse().unwrap());
        let ids = Ids::system(clock);
        let mut last = ids.uuid();
        for turn in 0..10_000 {
            if turn == 5_000 {
                hand.advance(jiff::SignedDuration::from_secs(-5));
            }
            let next = ids.uuid();
            assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn a_seed_gives_the_same_ids_and_tokens_again() {
        let (one, two) = (Ids::seeded(7), Ids::seeded(7));
        for _ in 0..100 {
            assert_eq!(one.uuid(), two.uuid());
            assert_eq!(one.token(), two.token());
        }
        assert_ne!(Ids::seeded(8).uuid(), Ids::seeded(7).uuid());
    }

    #[test]
    fn tokens_are_short_safe_in_urls_and_differ() {
        let ids = Ids::system(Clock::system());
        let tokens: BTreeSet<String> = (0..1000).map(|_| ids.token()).collect();
        assert_eq!(tokens.len(), 1000);
        assert!(
            tokens
                .iter()
                .all(|t| t.len() == 22 && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
        );
    }

    #[test]
    fn rising_tokens_rise_from_one_millisecond_to_the_next_and_differ_within_it() {
        let ids = Ids::seeded(7);
        let tokens: Vec<String> = (0..100).map(|_| ids.rising_token()).collect();
        assert!(tokens.windows(2).all(|pair| pair[0][..7] < pair[1][..7]));
        assert!(tokens.iter().all(|token| token.len() == 22));
        assert_ne!(tokens[0][7..], tokens[1][7..]);
    }
}
