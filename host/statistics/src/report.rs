//! Sums of rows by buckets of time.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use patchbay_journal::{CompanyId, Counts, Dimension, Journal, JournalError, StatisticsQuery};

use crate::bucket::Step;
use crate::counter::time_zone;

/// Most buckets of a report: 31 days by the hour, two years by the day.
pub const MAX_BUCKETS: usize = 750;
/// Most rows of a report: subjects of all its buckets.
pub const MAX_ROWS: usize = 10_000;
/// Most stored rows that one report sums up.
const MAX_STORED: usize = 250_000;
/// Stored rows that are read at once: what a report holds of them in memory.
const PAGE: usize = 1_000;

/// What a report is about.
#[derive(Clone, Debug)]
pub struct ReportQuery {
    /// A moment in the first bucket.
    pub from: Timestamp,
    /// A moment after the last bucket's start.
    pub to: Timestamp,
    /// Length of the buckets.
    pub step: Step,
    /// Kind of subject.
    pub by: Dimension,
    /// The one subject; `None`: every subject.
    pub key: Option<String>,
    /// Name of the time zone of the hours and days; empty: UTC.
    pub zone: String,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The end is not after the start.
    #[error("`to` must be later than `from`")]
    Empty,
    /// The end is later than any bucket.
    #[error("`to` is too late; the last moment is 9999-12-28")]
    TooLate,
    /// The time has too many buckets.
    #[error(
        "the time from `from` to `to` has more than {MAX_BUCKETS} buckets; ask for less time or a longer `step`"
    )]
    TooManyBuckets,
    /// The report has too many rows.
    #[error(
        "the answer has more than {MAX_ROWS} rows; ask for less time, a longer `step`, or one `key`"
    )]
    TooManyRows,
    /// Its caller has hung up or waited for too long.
    #[error("the report was cancelled")]
    Cancelled,
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Counts by time and subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In order and without gaps.
    pub buckets: Vec<ReportBucket>,
    /// The sum of the buckets by subject.
    pub totals: Vec<(String, Counts)>,
}

/// Counts of one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportBucket {
    /// Its start.
    pub start: Timestamp,
    /// Start of the next.
    pub end: Timestamp,
    /// Subjects with a count, by name.
    pub rows: Vec<(String, Counts)>,
}

/// Sum up the stored rows of a time, a page of them after the other. `is_cancelled` is
/// called before each page. Pages are separate reads: counts that are written meanwhile may be
/// in a later page and not in an earlier one. A report that would have too many rows ends at
/// the first page that shows it.
///
/// # Errors
/// [`ReportError`].
pub fn report(
    journal: &dyn Journal,
    company: CompanyId,
    query: &ReportQuery,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Report, ReportError> {
    let edges = edges(query, &time_zone(&query.zone))?;
    let (Some(first), Some(last)) = (edges.first(), edges.last()) else {
        return Err(ReportError::Empty);
    };
    let mut sums = BTreeMap::<(usize, String), Counts>::new();
    let mut totals = BTreeMap::<String, Counts>::new();
    let mut read = 0;
    let mut last_row: Option<(Timestamp, String)> = None;
    loop {
        if is_cancelled() {
            return Err(ReportError::Cancelled);
        }
        let page = journal.counts(
            company,
            StatisticsQuery {
                granularity: query.step.granularity(),
                dimension: query.by,
                from: *first,
                until: *last,
                key: query.key.as_deref(),
                after: last_row.as_ref().map(|(start, key)| (*start, key.as_str())),
            },
            PAGE,
        )?;
        let is_last = page.len() < PAGE;
        read += page.len();
        if read > MAX_STORED {
            return Err(ReportError::TooManyRows);
        }
        last_row = page.last().map(|(start, key, _)| (*start, key.clone()));
        for (start, key, counts) in page {
            // A row counts for the bucket in which it starts.
            let bucket = edges
                .partition_point(|edge| *edge <= start)
                .saturating_sub(1);
            totals.entry(key.clone()).or_default().merge(&counts);
            sums.entry((bucket, key)).or_default().merge(&counts);
            if sums.len() > MAX_ROWS {
                return Err(ReportError::TooManyRows);
            }
        }
        if is_last {
            break;
        }
    }
    let mut buckets: Vec<ReportBucket> = edges
        .windows(2)
        .map(|edges| ReportBucket {
            start: edges[0],
            end: edges[1],
            rows: Vec::new(),
        })
        .collect();
    for ((bucket, key), counts) in sums {
        if let Some(bucket) = buckets.get_mut(bucket) {
            bucket.rows.push((key, counts));
        }
    }
    Ok(Report {
        buckets,
        totals: totals.into_iter().collect(),
    })
}

/// Starts of the buckets, and the end of the last.
fn edges(query: &ReportQuery, zone: &TimeZone) -> Result<Vec<Timestamp>, ReportError> {
    if query.to <= query.from {
        return Err(ReportError::Empty);
    }
    // Behind this a bucket may have no end.
    if query.to > Timestamp::MAX - SignedDuration::from_hours(48) {
        return Err(ReportError::TooLate);
    }
    let mut edges = vec![query.step.start(query.from, zone)];
    while let Some(last) = edges.last()
        && *last < query.to
    {
        if edges.len() > MAX_BUCKETS {
            return Err(ReportError::TooManyBuckets);
        }
        edges.push(query.step.next(*last, zone));
    }
    Ok(edges)
}
