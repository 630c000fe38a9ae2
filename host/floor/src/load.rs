//! An agent's load, and whether one more conversation fits.

use patchbay_model::capacity::Capacity;

/// Number of conversations that use an agent's capacity, by medium: held and
/// offered, but not parked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Load(Vec<u32>);

impl Load {
    pub(super) fn add(&mut self, medium: usize) {
        if self.0.len() <= medium {
            self.0.resize(medium + 1, 0);
        }
        if let Some(count) = self.0.get_mut(medium) {
            *count = count.saturating_add(1);
        }
    }

    pub(super) fn subtract(&mut self, medium: usize) {
        if let Some(count) = self.0.get_mut(medium) {
            *count = count.saturating_sub(1);
        }
    }

    /// Units in use, without those of the media in the `interrupted` bit mask.
    pub(super) fn units(&self, rules: &Capacity, interrupted: u32) -> u64 {
        self.0
            .iter()
            .zip(rules.media())
            .enumerate()
            .filter(|(index, _)| interrupted & (1 << index) == 0)
            .map(|(_, (&count, medium))| u64::from(count) * u64::from(medium.weight))
            .sum()
    }

    /// Whether one more conversation of this medium fits into `total` units
    /// and the medium's maximum.
    pub(super) fn fits(&self, rules: &Capacity, total: u32, medium: usize) -> bool {
        let Some(rule) = rules.media().get(medium) else {
            return false;
        };
        let interrupted = rules.interrupted_by(medium);
        self.0.get(medium).copied().unwrap_or(0) < rule.maximum
            && self.units(rules, interrupted) + u64::from(rule.weight) <= u64::from(total)
    }

    /// Media of which one more conversation fits, as a bit mask.
    pub(super) fn free(&self, rules: &Capacity, total: u32) -> u32 {
        (0..rules.media().len())
            .filter(|&medium| self.fits(rules, total, medium))
            .fold(0, |bits, medium| bits | 1 << medium)
    }
}
