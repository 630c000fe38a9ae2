//! Counts of a batch of entries by time and subject.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use patchbay_journal::{BucketKey, Counts, Dimension, Granularity};
use patchbay_model::decision::stage::Stage;

use crate::bucket::{five_minutes_of, hour_of};

/// Where something happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subject<'a> {
    /// Queue of the conversation; `None`: it has none yet.
    pub(crate) queue: Option<&'a str>,
    /// Channel of the conversation.
    pub(crate) channel: Option<&'a str>,
    /// The agent whom it concerns.
    pub(crate) agent: Option<&'a str>,
}

/// Counts of a batch, in rows of five minutes.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    rows: HashMap<(Timestamp, Dimension, String), Counts>,
}

impl Tally {
    /// Add to the rows of a subject.
    pub(crate) fn add(&mut self, at: Timestamp, subject: Subject<'_>, counts: &Counts) {
        if counts.is_empty() {
            return;
        }
        let Subject {
            queue,
            channel,
            agent,
        } = subject;
        let rows = [
            (Dimension::Company, Some("")),
            (Dimension::Queue, Some(queue.unwrap_or(""))),
            (Dimension::Channel, Some(channel.unwrap_or(""))),
            (Dimension::Agent, agent),
        ];
        for (dimension, key) in rows {
            if let Some(key) = key {
                self.row(at, dimension, key).merge(counts);
            }
        }
    }

    /// Add to the rows of a stage.
    pub(crate) fn add_stage(&mut self, at: Timestamp, stage: Stage, measure: u16) {
        self.row(at, Dimension::Stage, stage.as_str())
            .add(measure, 1);
    }

    fn row(&mut self, at: Timestamp, dimension: Dimension, key: &str) -> &mut Counts {
        let key = (five_minutes_of(at), dimension, key.to_owned());
        self.rows.entry(key).or_default()
    }

    /// The rows of five minutes, and the same summed up by hours of a time zone.
    pub(crate) fn into_rows(self, zone: &TimeZone) -> BTreeMap<BucketKey, Counts> {
        let mut rows = BTreeMap::<BucketKey, Counts>::new();
        for ((start, dimension, key), counts) in self.rows {
            let hour = BucketKey {
                granularity: Granularity::Hour,
                dimension,
                start: hour_of(start, zone),
                key,
            };
            let five_minutes = BucketKey {
                granularity: Granularity::FiveMinutes,
                start,
                ..hour.clone()
            };
            rows.entry(hour).or_default().merge(&counts);
            rows.insert(five_minutes, counts);
        }
        rows
    }
}
