//! The audit trail, each record chained to the one before it.

use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{
    AuditBreak, AuditChain, AuditEntry, AuditFlaw, AuditHash, AuditPage, AuditRecord, AuditSearch,
    AuditTrail, EntryPage, JournalError, Result,
};
use patchbay_model::input;
use rusqlite::{Connection, Row, params};

use super::{Micros, Query, SqliteJournal, audit_search, clamp_i64, id, schema, time};
use crate::database_error;

impl AuditTrail for SqliteJournal {
    fn append_audit(&self, entry: AuditEntry) -> Result<u64> {
        check_audit(&entry)?;
        self.write(1, move |work| append_audit(work.sql, &entry))
    }

    fn audit_records(
        &self,
        company: Option<&str>,
        page: EntryPage,
        limit: usize,
    ) -> Result<Vec<AuditRecord>> {
        let (bound, number, order) = match page {
            EntryPage::After(number) => ("number > ?2", number, "ASC"),
            EntryPage::Before(number) => ("number < ?2", number, "DESC"),
        };
        let condition = match company {
            Some(_) => "company = ?1",
            None => "?1 IS NULL",
        };
        let query = format!(
            "SELECT {COLUMNS} FROM audit WHERE {condition} AND {bound} ORDER BY number {order} LIMIT ?3"
        );
        let params = params![company, clamp_i64(number), clamp_i64(limit)];
        self.read(|sql| sql.read_all(&query, params, record))
    }

    fn search_audit(
        &self,
        search: &AuditSearch,
        page: EntryPage,
        limit: usize,
    ) -> Result<AuditPage> {
        self.read(|sql| audit_search::find(sql, search, page, limit))
    }

    fn verify_audit(&self, expected: Option<AuditHash>) -> Result<AuditChain> {
        // It may take long: not on a connection that others wait for.
        verify(&schema::open_reader(&self.path)?, expected)
    }
}

pub(super) fn check_audit(entry: &AuditEntry) -> Result<()> {
    let company = entry.company.as_deref();
    if company.is_some_and(str::is_empty) {
        return Err(JournalError::invalid("company", "must not be empty"));
    }
    check_length("company", company.unwrap_or_default(), input::ID_BYTES)?;
    check_length("actor", &entry.actor, input::ID_BYTES)?;
    check_length("act", &entry.act, limits::AUDIT_ACT)?;
    check_length("details", &entry.details, limits::AUDIT_DETAILS)
}

/// Append an action; returns its number.
pub(super) fn append_audit(sql: &Connection, entry: &AuditEntry) -> Result<u64> {
    let last: Option<(u64, AuditHash)> = sql.read_first(
        "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1",
        [],
        |row| Ok((row.get(0)?, id(row, 1)?)),
    )?;
    let (number, previous) = last.unwrap_or_default();
    let entry = AuditEntry {
        at: Micros(entry.at).rounded(),
        ..entry.clone()
    };
    let AuditRecord {
        number,
        entry,
        previous,
        hash,
    } = AuditRecord::new(number, previous, entry);
    sql.run(
        "INSERT INTO audit (number, at, company, actor, act, details, previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            clamp_i64(number),
            Micros(entry.at),
            entry.company,
            entry.actor,
            entry.act,
            entry.details,
            previous.0,
            hash.0,
        ],
    )?;
    Ok(number)
}

pub(super) const COLUMNS: &str = "number, at, company, actor, act, details, previous, hash";

pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    Ok(AuditRecord {
        number: row.get(0)?,
        entry: AuditEntry {
            at: time(row, 1)?,
            company: row.get(2)?,
            actor: row.get(3)?,
            act: row.get(4)?,
            details: row.get(5)?,
        },
        previous: id(row, 6)?,
        hash: id(row, 7)?,
    })
}

/// Verify the trail from its start to the first broken record.
pub(super) fn verify(sql: &Connection, expected: Option<AuditHash>) -> Result<AuditChain> {
    let mut chain = AuditChain::default();
    if expected == Some(chain.head) {
        chain.expected = Some(0);
    }
    let query = format!("SELECT {COLUMNS} FROM audit ORDER BY number");
    let mut statement = sql.prepare_cached(&query).map_err(database_error)?;
    let mut rows = statement.query([]).map_err(database_error)?;
    while let Some(row) = rows.next().map_err(database_error)? {
        let number = chain.entries + 1;
        // A value that does not convert was changed.
        let verified = record(row)
            .map_err(|_| AuditFlaw::Changed)
            .and_then(|record| verify_record(&record, number, chain.head));
        match verified {
            Ok(hash) => {
                chain.entries = number;
                chain.head = hash;
                if expected == Some(hash) {
                    chain.expected = Some(number);
                }
            }
            Err(flaw) => {
                chain.broken = Some(AuditBreak { number, flaw });
                break;
            }
        }
    }
    Ok(chain)
}

fn verify_record(
    record: &AuditRecord,
    number: u64,
    previous: AuditHash,
) -> Result<AuditHash, AuditFlaw> {
    if record.number != number {
        return Err(AuditFlaw::Missing);
    }
    if record.compute_hash() != record.hash {
        return Err(AuditFlaw::Changed);
    }
    if record.previous != previous {
        return Err(AuditFlaw::Unchained);
    }
    Ok(record.hash)
}
