//! Random numbers. Needs no grant: the seed is recorded, and a replay draws the same numbers.

use crate::source;

/// 64 evenly distributed bits.
pub fn next() -> u64 {
    source::random::next()
}

/// An integer from 0 up to, not including, `end`; 0 where `end` is 0.
pub fn below(end: u64) -> u64 {
    // Lemire's method: the high half of the product. Its bias is below end / 2⁶⁴.
    ((u128::from(next()) * u128::from(end)) >> 64) as u64
}

/// A number from 0 up to, not including, 1.
pub fn fraction() -> f64 {
    // The 53 bits that `f64` holds exactly.
    (next() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use crate::testing::World;

    #[test]
    fn random_numbers_reach_their_whole_range_and_stay_in_it() {
        World::new().enter(|| {
            let mut seen = [false; 6];
            for _ in 0..200 {
                seen[usize::try_from(super::below(6)).unwrap()] = true;
                assert!((0.0..1.0).contains(&super::fraction()));
            }
            assert_eq!((seen, super::below(0)), ([true; 6], 0));
        });
    }
}
