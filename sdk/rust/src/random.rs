//! Chance that can be replayed. Needs no grant: the seed is part of the
//! recorded input.

use crate::source;

/// 64 bits, evenly distributed; the same sequence again in a replay.
pub fn next() -> u64 {
    source::random::next()
}

/// A whole number from 0 up to but not including `end`; 0 where `end` is 0.
pub fn below(end: u64) -> u64 {
    // The high half of the product, as Lemire has it; the bias is below
    // end / 2⁶⁴.
    ((u128::from(next()) * u128::from(end)) >> 64) as u64
}

/// A number from 0 up to but not including 1.
pub fn fraction() -> f64 {
    // As many bits as the type holds exactly.
    (next() >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use crate::testing::World;

    #[test]
    fn chance_stays_in_its_range_and_reaches_all_of_it() {
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
