//! Counts of a company's history by time. The journal adds them up and gives no
//! meaning to their numbers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use patchbay_model::codes;

use crate::{CompanyId, ConversationId, Entry, FeedPage, Result};

codes! {
    /// What the counts of a row are about.
    pub enum Dimension {
        /// The whole company.
        Company = "company",
        /// One queue.
        Queue = "queue",
        /// One agent.
        Agent = "agent",
        /// One channel.
        Channel = "channel",
        /// One stage of the pipelines.
        Stage = "stage",
    }
}

codes! {
    /// Length of the time that a row counts.
    pub enum Granularity {
        /// Five minutes, aligned with UTC.
        FiveMinutes = "5m",
        /// An hour, aligned with the local time of the company.
        Hour = "hour",
    }
}

impl Granularity {
    /// The longest time that a row counts: an hour is shorter where a change of the
    /// zone's offset cuts it.
    pub const fn length(self) -> SignedDuration {
        match self {
            Granularity::FiveMinutes => SignedDuration::from_mins(5),
            Granularity::Hour => SignedDuration::from_hours(1),
        }
    }
}

/// Amounts by number of the measure. A measure without an amount counts as 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<u16, u64>);

impl Counts {
    /// Add to a measure; stops at the highest number.
    pub fn add(&mut self, measure: u16, amount: u64) {
        if amount > 0 {
            let known = self.0.entry(measure).or_default();
            *known = known.saturating_add(amount);
        }
    }

    /// Add other counts.
    pub fn merge(&mut self, other: &Counts) {
        for (measure, amount) in &other.0 {
            self.add(*measure, *amount);
        }
    }

    /// The amount of a measure.
    pub fn get(&self, measure: u16) -> u64 {
        self.0.get(&measure).copied().unwrap_or(0)
    }

    /// Whether every amount is 0.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The measures with an amount, by number.
    pub fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.iter().map(|(measure, amount)| (*measure, *amount))
    }

    /// As a backend stores them: number and amount of each measure in turn, both as
    /// LEB128, the number as the difference from the one before.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 3);
        let mut before = 0;
        for (measure, amount) in &self.0 {
            write_number(&mut bytes, u64::from(measure - before));
            write_number(&mut bytes, *amount);
            before = *measure;
        }
        bytes
    }

    /// As a backend stored them; `None` for other bytes.
    pub fn from_bytes(mut bytes: &[u8]) -> Option<Counts> {
        let mut counts = Counts::default();
        let mut measure = 0_u16;
        while !bytes.is_empty() {
            let difference = u16::try_from(read_number(&mut bytes)?).ok()?;
            measure = measure.checked_add(difference)?;
            counts.add(measure, read_number(&mut bytes)?);
        }
        Some(counts)
    }
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        let low = u64::from(first & 0x7f);
        // The tenth byte has room for one bit.
        if shift == 63 && low > 1 {
            return None;
        }
        number |= low << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// The time and the subject of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BucketKey {
    /// Length of the time.
    pub granularity: Granularity,
    /// Kind of subject.
    pub dimension: Dimension,
    /// Start of the time.
    pub start: Timestamp,
    /// The subject; empty for the company, and for what has none of the kind. At most
    /// 1024 bytes.
    pub key: String,
}

/// Which rows to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticsQuery<'a> {
    /// Length of the time.
    pub granularity: Granularity,
    /// Kind of subject.
    pub dimension: Dimension,
    /// Earliest start of a row.
    pub from: Timestamp,
    /// Rows that start at it or later are not read.
    pub until: Timestamp,
    /// The one subject; `None`: every subject.
    pub key: Option<&'a str>,
    /// Start and subject of the row after which to go on.
    pub after: Option<(Timestamp, &'a str)>,
}

/// How far a company's history is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedPosition {
    /// Feed number of the last entry that is counted.
    pub feed: u64,
    /// Version of the rules it was counted by; 0: nothing was counted.
    pub rules: u32,
    /// Name of the time zone whose hours the rows have; empty: UTC.
    pub zone: String,
}

/// Stores counts of the history beside it. They are derived: deleted and counted again
/// they are the same, as far as the entries are still stored.
pub trait Statistics {
    /// How far a company's history is counted.
    fn counted_position(&self, company: CompanyId) -> Result<CountedPosition>;

    /// Entries of the company after a feed number, in order, without their sealed
    /// parts, and with their [`scope`](Entry::scope).
    fn entries_to_count(&self, company: CompanyId, after: u64, limit: usize) -> Result<FeedPage>;

    /// The same of one conversation: its entries after a sequence number and up to a
    /// feed number.
    fn counted_entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        after: u64,
        up_to: u64,
        limit: usize,
    ) -> Result<Vec<Entry>>;

    /// Add counts and move the position from `expected` to `position` at once. Returns
    /// false, and writes nothing, where the position is another: another caller counted
    /// the same entries.
    fn add_counts(
        &self,
        company: CompanyId,
        expected: &CountedPosition,
        position: CountedPosition,
        counts: BTreeMap<BucketKey, Counts>,
    ) -> Result<bool>;

    /// Prepare to count from the start by other rules: delete the rows from the time of the
    /// first entry since which the feed is whole, and set the position before that entry.
    /// Earlier rows stay: compaction deleted their entries. The hour of that entry loses
    /// what compaction deleted of it.
    fn restart_counting(&self, company: CompanyId, rules: u32, zone: &str) -> Result<()>;

    /// Rows by start and subject, at most `limit`.
    fn counts(
        &self,
        company: CompanyId,
        query: StatisticsQuery<'_>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, String, Counts)>>;

    // Host-wide.

    /// Companies with entries that are not counted.
    fn uncounted_companies(&self) -> Result<Vec<CompanyId>>;

    /// Delete the rows of a length that start before a time; returns how many.
    fn delete_counts(&self, granularity: Granularity, before: Timestamp) -> Result<u64>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_read_back_and_add_up() {
        let mut counts = Counts::default();
        for (measure, amount) in [(0, 1), (1, 127), (2, 128), (300, u64::MAX), (u16::MAX, 7)] {
            counts.add(measure, amount);
        }
        assert_eq!(Counts::from_bytes(&counts.to_bytes()), Some(counts.clone()));
        assert_eq!(Counts::from_bytes(&[]), Some(Counts::default()));
        let mut twice = counts.clone();
        twice.merge(&counts);
        assert_eq!(
            (twice.get(1), twice.get(300), twice.get(9)),
            (254, u64::MAX, 0)
        );
    }

    #[test]
    fn bytes_that_are_no_counts_are_refused() {
        let too_long: &[u8] = &[
            1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
        ];
        let beyond: &[u8] = &[0xff, 0xff, 0x03, 1, 1, 1];
        for bytes in [&[1][..], &[1, 0x80], too_long, beyond] {
            assert_eq!(Counts::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}
