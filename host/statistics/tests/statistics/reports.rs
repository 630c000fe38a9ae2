//! What a report contains, and what it refuses.

use patchbay_journal::{
    BucketKey, Companies, CountedPosition, Counts, Dimension, Granularity, Statistics,
};
use patchbay_statistics::report::{MAX_BUCKETS, ReportError};
use patchbay_statistics::{Step, report};

use crate::counts::{ZONE, query};
use crate::history::{at, open};

fn row(granularity: Granularity, start: &str, key: &str) -> BucketKey {
    BucketKey {
        granularity,
        dimension: Dimension::Queue,
        start: at(start),
        key: key.to_owned(),
    }
}

#[test]
fn the_day_on_which_the_clock_goes_back_sums_25_hours() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let company = journal.company("acme").unwrap();
    let mut counts = Counts::default();
    counts.add(1, 1);
    let hour = |number: i64| {
        let start = at("2026-10-24T22:00:00Z") + jiff::SignedDuration::from_hours(number);
        (
            row(Granularity::Hour, &start.to_string(), "tax"),
            counts.clone(),
        )
    };
    let rows = (-1..26).map(hour).collect();
    let start = CountedPosition::default();
    let to = CountedPosition {
        feed: 1,
        rules: 1,
        zone: ZONE.to_owned(),
    };
    assert!(journal.add_counts(company, &start, to, rows).unwrap());
    let mut query = query(Step::Day, Dimension::Queue);
    query.from = at("2026-10-25T10:00:00Z");
    query.to = at("2026-10-25T10:00:01Z");
    let found = report(&journal, company, &query, &|| false).unwrap();
    assert_eq!(found.buckets.len(), 1);
    let bucket = &found.buckets[0];
    assert_eq!(
        (bucket.start, bucket.end),
        (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"))
    );
    assert_eq!(bucket.rows[0].1.get(1), 25);
    assert_eq!(found.totals, bucket.rows);
}

#[test]
fn a_report_has_a_bucket_for_every_time_and_one_subject_where_it_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let company = journal.company("acme").unwrap();
    let mut counts = Counts::default();
    counts.add(1, 2);
    let rows = ["tax", "claims"].map(|key| {
        (
            row(Granularity::FiveMinutes, "2026-10-24T00:05:00Z", key),
            counts.clone(),
        )
    });
    let to = CountedPosition {
        feed: 1,
        ..CountedPosition::default()
    };
    let start = CountedPosition::default();
    assert!(
        journal
            .add_counts(company, &start, to, rows.into())
            .unwrap()
    );
    let mut query = query(Step::FiveMinutes, Dimension::Queue);
    query.from = at("2026-10-24T00:02:00Z");
    query.to = at("2026-10-24T00:15:00Z");
    let found = report(&journal, company, &query, &|| false).unwrap();
    let lengths: Vec<_> = found
        .buckets
        .iter()
        .map(|bucket| bucket.rows.len())
        .collect();
    assert_eq!(lengths, [0, 2, 0]);
    query.key = Some("tax".to_owned());
    let found = report(&journal, company, &query, &|| false).unwrap();
    assert_eq!(found.totals, [("tax".to_owned(), counts)]);
}

#[test]
fn a_report_refuses_a_time_without_end_and_too_many_buckets() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let company = journal.company("acme").unwrap();
    let mut query = query(Step::FiveMinutes, Dimension::Company);
    let refused = |query: &_| report(&journal, company, query, &|| false).unwrap_err();
    assert!(matches!(refused(&query), ReportError::TooManyBuckets));
    query.to = query.from + jiff::SignedDuration::from_mins(5 * MAX_BUCKETS as i64);
    assert_eq!(
        report(&journal, company, &query, &|| false)
            .unwrap()
            .buckets
            .len(),
        MAX_BUCKETS
    );
    query.to = query.from;
    assert!(matches!(refused(&query), ReportError::Empty));
    query.step = Step::Day;
    query.to = jiff::Timestamp::MAX;
    assert!(matches!(refused(&query), ReportError::TooLate));
    query.to = jiff::Timestamp::MAX - jiff::SignedDuration::from_hours(48);
    assert!(matches!(refused(&query), ReportError::TooManyBuckets));
    // The last buckets that there are.
    for step in [Step::FiveMinutes, Step::Hour, Step::Day] {
        query.step = step;
        query.from = query.to - jiff::SignedDuration::from_mins(1);
        assert!(
            report(&journal, company, &query, &|| false).is_ok(),
            "{step}"
        );
    }
}

#[test]
fn a_report_reads_pages_and_ends_between_them_when_it_is_cancelled() {
    const QUEUES: usize = 99;
    const HOURS: i64 = 25;
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let company = journal.company("acme").unwrap();
    let mut counts = Counts::default();
    counts.add(1, 2);
    let start = at("2026-10-24T00:00:00Z");
    let mut rows = std::collections::BTreeMap::new();
    for hour in 0..HOURS {
        for queue in 0..QUEUES {
            let key = BucketKey {
                granularity: Granularity::Hour,
                dimension: Dimension::Queue,
                start: start + jiff::SignedDuration::from_hours(hour),
                key: format!("queue-{queue}"),
            };
            rows.insert(key, counts.clone());
        }
    }
    let to = CountedPosition {
        feed: 1,
        ..CountedPosition::default()
    };
    let added = journal.add_counts(company, &CountedPosition::default(), to, rows);
    assert!(added.unwrap());
    let mut query = query(Step::Hour, Dimension::Queue);
    query.from = start;
    query.to = start + jiff::SignedDuration::from_hours(HOURS);
    let pages = std::cell::Cell::new(0);
    let pages_until = |last: usize| {
        pages.set(0);
        let is_cancelled = || {
            pages.set(pages.get() + 1);
            pages.get() > last
        };
        report(&journal, company, &query, &is_cancelled)
    };
    // 2,475 rows; a page ends within an hour.
    let whole = pages_until(3).unwrap();
    assert_eq!(pages.get(), 3);
    assert_eq!(whole.totals.len(), QUEUES);
    for (queue, total) in &whole.totals {
        assert_eq!(total.get(1), 2 * HOURS as u64, "{queue}");
    }
    let in_buckets: usize = whole.buckets.iter().map(|bucket| bucket.rows.len()).sum();
    assert_eq!(in_buckets, QUEUES * HOURS as usize);
    let given_up = pages_until(1).unwrap_err();
    assert!(matches!(given_up, ReportError::Cancelled), "{given_up}");
    assert_eq!(pages.get(), 2);
}

#[test]
fn rows_of_a_length_are_deleted_before_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let company = journal.company("acme").unwrap();
    let mut counts = Counts::default();
    counts.add(1, 2);
    let rows = [
        (Granularity::FiveMinutes, "2026-10-24T00:05:00Z"),
        (Granularity::FiveMinutes, "2026-10-24T00:10:00Z"),
        (Granularity::Hour, "2026-10-24T00:00:00Z"),
    ];
    let rows = rows.map(|(granularity, start)| (row(granularity, start, "tax"), counts.clone()));
    let to = CountedPosition {
        feed: 1,
        ..CountedPosition::default()
    };
    journal
        .add_counts(company, &CountedPosition::default(), to, rows.into())
        .unwrap();
    let before = at("2026-10-24T00:10:00Z");
    assert_eq!(
        journal
            .delete_counts(Granularity::FiveMinutes, before)
            .unwrap(),
        1
    );
    assert_eq!(
        journal
            .delete_counts(Granularity::FiveMinutes, before)
            .unwrap(),
        0
    );
    let left = |step| {
        let mut query = query(step, Dimension::Queue);
        query.to = at("2026-10-24T01:00:00Z");
        report(&journal, company, &query, &|| false).unwrap().totals[0]
            .1
            .get(1)
    };
    assert_eq!((left(Step::FiveMinutes), left(Step::Hour)), (2, 2));
}
