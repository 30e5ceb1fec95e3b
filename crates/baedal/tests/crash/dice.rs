//! Chance that can be repeated.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};

/// `SplitMix64`: small, and good enough to choose with (Steele, Lea and Flood, 2014).
pub struct Dice(u64);

impl Dice {
    /// The same choices for the same seed and name.
    pub fn new(seed: u64, name: &str) -> Self {
        Self(hash(seed, name))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `least` to `most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// Once in `times`.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.next().is_multiple_of(times)
    }
}

/// 0 to 99, always the same for the same name.
pub fn fate(seed: u64, name: &str) -> u64 {
    Dice::new(seed, name).between(0, 99)
}

/// That of `BAEDAL_TEST_SEED`, or a new one.
pub fn seed() -> u64 {
    match std::env::var("BAEDAL_TEST_SEED") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => RandomState::new().hash_one("seed") % 1_000_000,
    }
}

fn hash(seed: u64, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, name).hash(&mut hasher);
    hasher.finish()
}
