//! Statistics of a company over time: counts of its history by queue, agent, channel and
//! stage, in rows of five minutes and of an hour.
//!
//! [`counter`] follows the feed and adds what each entry counts for to the rows, together
//! with its position, in one transaction: no entry counts twice, and a restart goes on
//! where the last one stopped. [`progress`] has the rules: what an entry counts for, given
//! what happened to its conversation before. [`report`] sums rows up.
#![forbid(unsafe_code)]

pub mod bucket;
pub mod counter;
pub mod figures;
pub mod measure;
pub mod progress;
pub mod report;
mod tally;

pub use bucket::Step;
pub use counter::{CountedTo, StatisticsCounter};
pub use figures::{Durations, Figures, StageFigures};
pub use report::{Report, ReportBucket, ReportError, ReportQuery, report};
