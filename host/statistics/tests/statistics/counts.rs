//! Rows against a slow count of the entries.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use patchbay_journal::{
    Companies, CompanyId, Counts, Dimension, Entries, Maintenance, Note, Statistics,
};
use patchbay_journal_sqlite::SqliteJournal;
use patchbay_statistics::{CountedTo, ReportQuery, StatisticsCounter, Step, report};

use crate::history::{Writer, at, open};
use crate::slow_count::{self, Moments};

pub(crate) const ZONE: &str = "Europe/Berlin";
const ALL: usize = usize::MAX;

pub(crate) fn query(step: Step, by: Dimension) -> ReportQuery {
    ReportQuery {
        from: at("2026-10-24T00:00:00Z"),
        to: at("2026-11-20T00:00:00Z"),
        step,
        by,
        key: None,
        zone: ZONE.to_owned(),
    }
}

type Rows = BTreeMap<(Timestamp, String), Counts>;

/// The rows of a report.
fn reported(journal: &SqliteJournal, company: CompanyId, step: Step, by: Dimension) -> Rows {
    let mut rows = Rows::new();
    let mut query = query(step, by);
    // Five minutes: many buckets, asked for in parts.
    while query.from < at("2026-11-20T00:00:00Z") {
        query.to = match step {
            Step::FiveMinutes => query.from + jiff::SignedDuration::from_hours(48),
            _ => query.to,
        };
        let report = report(journal, company, &query, &|| false).unwrap();
        for bucket in report.buckets {
            for (key, counts) in bucket.rows {
                rows.insert((bucket.start, key), counts);
            }
        }
        query.from = query.to;
    }
    rows
}

/// The same from the moments.
fn expected(moments: &Moments, step: Step, by: Dimension) -> Rows {
    let zone = TimeZone::get(ZONE).unwrap();
    let mut rows = Rows::new();
    for ((dimension, key, at), counts) in moments {
        if *dimension == by {
            let row = (step.start(*at, &zone), key.clone());
            rows.entry(row).or_default().merge(counts);
        }
    }
    rows
}

#[track_caller]
fn compare(journal: &SqliteJournal, company: CompanyId, moments: &Moments) {
    for step in Step::ALL {
        for by in Dimension::ALL {
            let (found, wanted) = (
                reported(journal, company, step, by),
                expected(moments, step, by),
            );
            for (row, counts) in &wanted {
                assert_eq!(found.get(row), Some(counts), "{step} {by} {row:?}");
            }
            assert_eq!(found.len(), wanted.len(), "{step} {by}");
        }
    }
}

#[test]
fn rows_equal_a_slow_count_of_random_histories() {
    for seed in 0..12 {
        let directory = tempfile::tempdir().unwrap();
        let journal = open(directory.path());
        let mut writer = Writer::new(&journal, seed);
        let company = writer.company;
        let mut counter = StatisticsCounter::default();
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..20 {
            writer.write(random.usize(1..40));
            match random.u32(..4) {
                0 => {}
                // The server starts anew: nothing is in memory.
                1 => counter = StatisticsCounter::default(),
                _ => {
                    counter.count(&journal, company, Some(ZONE), ALL).unwrap();
                }
            }
        }
        counter.count(&journal, company, Some(ZONE), ALL).unwrap();
        let moments = slow_count::count(&journal, company);
        assert!(moments.len() > 500, "{}", moments.len());
        compare(&journal, company, &moments);
    }
}

#[test]
fn an_old_journal_is_counted_from_its_first_entry_in_steps() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let mut writer = Writer::new(&journal, 99);
    // Entries of earlier versions do not name their queues.
    writer.has_scope = false;
    writer.write(1_500);
    let company = writer.company;
    let counter = StatisticsCounter::default();
    let first = counter.count(&journal, company, Some(ZONE), 1).unwrap();
    assert!(first.behind > 0 && first.feed == 1_000, "{first:?}");
    drop((counter, journal));

    let journal = open(directory.path());
    let counter = StatisticsCounter::default();
    let last = counter.count(&journal, company, Some(ZONE), ALL).unwrap();
    assert_eq!(last.behind, 0);
    compare(&journal, company, &slow_count::count(&journal, company));
}

#[test]
fn counting_twice_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let mut writer = Writer::new(&journal, 5);
    writer.write(60);
    let company = writer.company;
    let counter = StatisticsCounter::default();
    let position = journal.counted_position(company).unwrap();
    counter.count(&journal, company, Some(ZONE), ALL).unwrap();
    let moments = slow_count::count(&journal, company);
    compare(&journal, company, &moments);
    counter.count(&journal, company, Some(ZONE), ALL).unwrap();
    compare(&journal, company, &moments);
    // A second process that read the same entries does not add them again.
    let again = journal.add_counts(company, &position, position.clone(), BTreeMap::new());
    assert!(!again.unwrap());
    compare(&journal, company, &moments);
}

#[test]
fn counts_of_two_counters_on_one_journal_add_up() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let mut writer = Writer::new(&journal, 17);
    let company = writer.company;
    let counters = [StatisticsCounter::default(), StatisticsCounter::default()];
    for round in 0..20 {
        writer.write(15);
        counters[round % 2]
            .count(&journal, company, Some(ZONE), ALL)
            .unwrap();
    }
    // What one counter remembers of a conversation, the other has moved on: each must read
    // it again.
    compare(&journal, company, &slow_count::count(&journal, company));
}

#[test]
fn a_batch_whose_write_fails_is_counted_once_when_it_succeeds() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let mut writer = Writer::new(&journal, 23);
    let company = writer.company;
    let counter = StatisticsCounter::default();
    let database = || rusqlite::Connection::open(directory.path().join("journal.db")).unwrap();
    for round in 0..12 {
        writer.write(20);
        // The rows are written before the position: the whole transaction must go.
        let fails = "CREATE TRIGGER fails BEFORE INSERT ON statistic_position
                     BEGIN SELECT RAISE(ABORT, 'killed'); END";
        if round % 3 == 1 {
            database().execute_batch(fails).unwrap();
            let failed = counter.count(&journal, company, Some(ZONE), ALL);
            assert!(failed.is_err(), "{failed:?}");
            database().execute_batch("DROP TRIGGER fails").unwrap();
        }
        counter.count(&journal, company, Some(ZONE), ALL).unwrap();
    }
    compare(&journal, company, &slow_count::count(&journal, company));
}

#[test]
fn rows_outlive_the_entries_that_compaction_deletes() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let mut writer = Writer::new(&journal, 3);
    writer.write(400);
    let company = writer.company;
    let counter = StatisticsCounter::default();
    counter.count(&journal, company, Some(ZONE), ALL).unwrap();
    let moments = slow_count::count(&journal, company);
    let later = at("2027-01-01T00:00:00Z");
    assert!(journal.compact(later).unwrap().entries > 0);
    assert_eq!(journal.check().unwrap().findings, []);
    compare(&journal, company, &moments);
    // A conversation that goes on after its neighbours are gone counts on.
    writer.now = at("2026-11-15T00:00:00Z");
    counter.count(&journal, company, Some(ZONE), ALL).unwrap();
    compare(&journal, company, &moments);
}

#[test]
fn other_rules_count_what_is_stored_again() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let mut writer = Writer::new(&journal, 4);
    writer.write(300);
    let company = writer.company;
    let counter = StatisticsCounter::default();
    counter.count(&journal, company, Some(ZONE), ALL).unwrap();
    let moments = slow_count::count(&journal, company);
    journal.restart_counting(company, 0, ZONE).unwrap();
    let to = counter.count(&journal, company, None, ALL).unwrap();
    assert_eq!(to, CountedTo { behind: 0, ..to });
    compare(&journal, company, &moments);
}

#[test]
fn a_company_without_entries_has_no_rows() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let company = journal.company("acme").unwrap();
    let to = StatisticsCounter::default().count(&journal, company, Some(ZONE), ALL);
    assert_eq!(to.unwrap(), CountedTo { feed: 0, behind: 0 });
    assert!(reported(&journal, company, Step::Day, Dimension::Company).is_empty());
}

/// Measures: `cargo test --release -p patchbay-statistics -- --ignored --nocapture a_million`.
#[test]
#[ignore = "takes minutes; a measurement"]
#[allow(clippy::print_stdout, reason = "it prints what it measures")]
fn a_million_entries_are_counted_once_and_a_report_does_not_read_them() {
    use std::time::Instant;
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let mut writer = Writer::new(&journal, 1);
    writer.write_long(2_000, 500);
    let company = writer.company;
    let counter = StatisticsCounter::default();
    let started = Instant::now();
    let to = counter.count(&journal, company, Some(ZONE), ALL).unwrap();
    println!("counted {} entries in {:?}", to.feed, started.elapsed());
    assert_eq!(
        to,
        CountedTo {
            feed: 1_000_000,
            behind: 0
        }
    );
    for (step, by) in [
        (Step::Day, Dimension::Queue),
        (Step::Day, Dimension::Company),
    ] {
        let started = Instant::now();
        let found = report(&journal, company, &query(step, by), &|| false).unwrap();
        println!(
            "{step} by {by}: {} buckets in {:?}",
            found.buckets.len(),
            started.elapsed()
        );
    }
}

#[test]
fn counting_for_a_cancelled_report_ends_after_a_batch() {
    let directory = tempfile::tempdir().unwrap();
    let journal = open(directory.path());
    let company = journal.company("acme").unwrap();
    let note = Note {
        kind: 1,
        at: at("2026-10-24T00:00:00Z"),
        head: "{}".to_owned(),
    };
    let added = journal.append_notes(company, vec![note; 2_500]);
    assert_eq!(added.unwrap(), 1, "the number of the first");
    let counter = StatisticsCounter::default();
    let count = |is_cancelled: bool| {
        let counted = counter.count_until(&journal, company, Some(ZONE), ALL, &|| is_cancelled);
        counted.unwrap().behind
    };
    assert_eq!(count(true), 1_500);
    assert_eq!(count(true), 500);
    assert_eq!(count(false), 0);
}
