//! Acknowledged alerts.

use patchbay_journal::limits::check_length;
use patchbay_journal::{
    Acknowledgement, Acknowledgements, CompanyId, Entry, EntryPage, Note, Result,
};
use patchbay_model::input;
use rusqlite::{Row, params};

use super::entries::{COLUMNS, entry};
use super::{ChangeRecord, Micros, Query, SqliteJournal, clamp_i64, optional_time, time};

/// Entries that supervisors watch.
const WATCHED: &str = "kind BETWEEN 48 AND 63";

impl Acknowledgements for SqliteJournal {
    fn alert_entries(
        &self,
        company: CompanyId,
        page: EntryPage,
        only_open: bool,
        limit: usize,
    ) -> Result<Vec<(Entry, Option<Acknowledgement>)>> {
        let (bound, number, order) = match page {
            EntryPage::After(feed) => (">", feed, "ASC"),
            EntryPage::Before(feed) => ("<", feed, "DESC"),
        };
        let query = format!(
            "SELECT {COLUMNS}, a.at, a.by_ FROM entry e INDEXED BY entry_watched
             LEFT JOIN conversation v ON v.number = e.conversation
             LEFT JOIN acknowledgement a ON a.company = e.company AND a.feed = e.feed
             WHERE e.company = ?1 AND e.feed {bound} ?2 AND e.{WATCHED}
               AND (NOT ?3 OR a.at IS NULL)
             ORDER BY e.feed {order} LIMIT ?4"
        );
        let params = params![company.0, clamp_i64(number), only_open, clamp_i64(limit)];
        let read = |row: &Row<'_>| {
            let acknowledgement = match optional_time(row, 10)? {
                Some(at) => Some(Acknowledgement {
                    at,
                    by: row.get(11)?,
                }),
                None => None,
            };
            Ok((entry(row)?, acknowledgement))
        };
        self.read(|sql| sql.read_all(&query, params, read))
    }

    fn acknowledge(
        &self,
        company: CompanyId,
        alert: u64,
        acknowledgement: Acknowledgement,
        note: Note,
    ) -> Result<Option<(Acknowledgement, bool)>> {
        check_length("by", &acknowledgement.by, input::ID_BYTES)?;
        let record = ChangeRecord::new(company, vec![note], None)?;
        self.write(1 + record.len(), move |work| {
            let key = params![company.0, clamp_i64(alert)];
            let known =
                format!("SELECT 1 FROM entry WHERE company = ?1 AND feed = ?2 AND {WATCHED}");
            if !work.sql.has_row(&known, key)? {
                return Ok(None);
            }
            let first = "SELECT at, by_ FROM acknowledgement WHERE company = ?1 AND feed = ?2";
            let first = work.sql.read_first(first, key, |row| {
                Ok(Acknowledgement {
                    at: time(row, 0)?,
                    by: row.get(1)?,
                })
            })?;
            if let Some(first) = first {
                return Ok(Some((first, false)));
            }
            work.sql.run(
                "INSERT INTO acknowledgement (company, feed, at, by_) VALUES (?1, ?2, ?3, ?4)",
                params![
                    company.0,
                    clamp_i64(alert),
                    Micros(acknowledgement.at),
                    acknowledgement.by
                ],
            )?;
            record.append(work)?;
            Ok(Some((acknowledgement.clone(), true)))
        })
    }
}
