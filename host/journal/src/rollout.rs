//! A generation a company tries beside the one it decides by.

/// What a company tries, as the store keeps it; it reads the numbers alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutRow {
    /// The generation that is tried.
    pub generation: u64,
    /// The one the company decides by meanwhile.
    pub control: u64,
    /// How it is tried, at most 4 KiB of JSON.
    pub terms: String,
    /// What came of it so far, at most 64 KiB of JSON.
    pub tally: String,
}
