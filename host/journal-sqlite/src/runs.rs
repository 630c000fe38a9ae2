//! Runs of the host, in the table `meta`.

use jiff::Timestamp;
use patchbay_journal::{Result, Run, Runs};
use rusqlite::Connection;

use super::meta::{read_number, write_number};
use super::{Query, SqliteJournal, value};

const NUMBER: &str = "run";
/// Microseconds since 1970.
const NEWEST_TIME: &str = "newest_time";
/// Longest time between two notes, in microseconds, with a margin.
const NOTE_GAP: i64 = 600 * 1_000_000;

impl Runs for SqliteJournal {
    fn begin_run(&self) -> Result<Run> {
        self.write(1, |work| {
            let number = read_number(work.sql, NUMBER)?.saturating_add(1);
            write_number(work.sql, NUMBER, number)?;
            let newest = newest_time(work.sql)?;
            let newest_time = newest.and_then(|micros| Timestamp::from_microsecond(micros).ok());
            Ok(Run {
                number,
                newest_time,
            })
        })
    }

    fn note_time(&self, at: Timestamp) -> Result<()> {
        let micros = u64::try_from(at.as_microsecond()).unwrap_or(0);
        self.write(1, move |work| write_number(work.sql, NEWEST_TIME, micros))
    }
}

/// The noted time, or that of the newest input or entry where that is a little
/// later: it came after the note. A much later one is from before the host
/// accepted an earlier time.
fn newest_time(sql: &Connection) -> Result<Option<i64>> {
    let noted = i64::try_from(read_number(sql, NEWEST_TIME)?).unwrap_or(0);
    let mut newest = Some(noted).filter(|micros| *micros > 0);
    let latest = newest.map_or(i64::MAX, |noted| noted.saturating_add(NOTE_GAP));
    for query in [
        "SELECT accepted_at FROM inbound ORDER BY ordinal DESC LIMIT 1",
        "SELECT at FROM entry ORDER BY rowid DESC LIMIT 1",
    ] {
        let stored = sql.read_first(query, [], value::<i64>)?;
        newest = newest.max(stored.filter(|micros| *micros <= latest));
    }
    Ok(newest)
}
