//! A set of positions in the directory.

/// Words that are intersected at a time, so that a compiler can use vectors.
const BLOCK: usize = 16;

/// One bit per agent; words beyond the last set bit may be missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Bitmap(Vec<u64>);

impl Bitmap {
    /// Add a position.
    pub(super) fn insert(&mut self, position: usize) {
        let word = position / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (position % 64);
        }
    }
}

/// Count the positions in all sets and visit the first `limit`, in order. No
/// sets: no positions.
pub(super) fn intersect(sets: &[&Bitmap], limit: usize, mut visit: impl FnMut(usize)) -> u32 {
    let Some((first, others)) = sets.split_first() else {
        return 0;
    };
    let words = sets.iter().map(|set| set.0.len()).min().unwrap_or(0);
    let (mut total, mut left) = (0, limit);
    for start in (0..words).step_by(BLOCK) {
        let mut both = [0; BLOCK];
        both[..BLOCK.min(words - start)].copy_from_slice(&first.0[start..words.min(start + BLOCK)]);
        for other in others {
            let other = &other.0[start..words.min(start + BLOCK)];
            both.iter_mut()
                .zip(other)
                .for_each(|(both, other)| *both &= other);
        }
        for (offset, mut both) in both.into_iter().enumerate() {
            total += both.count_ones();
            while both != 0 && left > 0 {
                visit((start + offset) * 64 + both.trailing_zeros() as usize);
                both &= both - 1;
                left -= 1;
            }
        }
    }
    total
}
