//! Searches of the audit trail.

use jiff::Timestamp;
use patchbay_journal::limits::{AUDIT_SEARCHED_BYTES, AUDIT_SEARCHED_ENTRIES};
use patchbay_journal::{AuditPage, AuditSearch, EntryPage, Result};
use rusqlite::{Connection, params};

use super::audit::{COLUMNS, record};
use super::{Micros, Query, clamp_i64, database_error};

/// Entries that may stand on the other side of a time than their number says: entries of
/// one moment are numbered in the order of their writes.
const OUT_OF_ORDER: i64 = 1000;

/// A page of the entries that a search finds, in the order of `page`.
pub(super) fn find(
    sql: &Connection,
    search: &AuditSearch,
    page: EntryPage,
    limit: usize,
) -> Result<AuditPage> {
    let mut found = AuditPage::default();
    let Some((first, last)) = numbers(sql, search, page)? else {
        return Ok(found);
    };
    let order = match page {
        EntryPage::After(_) => "ASC",
        EntryPage::Before(_) => "DESC",
    };
    let (index, wanted) = match search {
        AuditSearch { act: Some(act), .. } => ("INDEXED BY audit_act WHERE act = ?3", act),
        AuditSearch {
            actor: Some(actor), ..
        } => ("INDEXED BY audit_actor WHERE actor = ?3", actor),
        AuditSearch {
            company: Some(company),
            ..
        } => ("INDEXED BY audit_company WHERE company = ?3", company),
        _ => ("WHERE ?3 = ''", &String::new()),
    };
    let query = format!(
        "SELECT {COLUMNS} FROM audit {index} AND number BETWEEN ?1 AND ?2 ORDER BY number {order}"
    );
    let mut statement = sql.prepare_cached(&query).map_err(database_error)?;
    let mut rows = statement
        .query(params![first, last, wanted])
        .map_err(database_error)?;
    let (mut entries, mut bytes) = (0, 0);
    while let Some(row) = rows.next().map_err(database_error)? {
        // What was found, or looked at, is enough: another page goes on.
        if found.records.len() == limit
            || entries == AUDIT_SEARCHED_ENTRIES
            || bytes >= AUDIT_SEARCHED_BYTES
        {
            return Ok(found);
        }
        let record = record(row).map_err(database_error)?;
        found.next = Some(record.number);
        entries += 1;
        bytes += record.entry.details.len();
        if search.finds(&record.entry) {
            found.records.push(record);
        }
    }
    found.next = None;
    Ok(found)
}

/// The lowest and the highest number that a page may have; none: no entry is of its time.
fn numbers(sql: &Connection, search: &AuditSearch, page: EntryPage) -> Result<Option<(i64, i64)>> {
    let (mut first, mut last) = match page {
        EntryPage::After(number) => (clamp_i64(number).saturating_add(1), i64::MAX),
        EntryPage::Before(number) => (0, clamp_i64(number).saturating_sub(1)),
    };
    let bound = |query: &str, time: Timestamp| -> Result<Option<i64>> {
        let number =
            sql.read_first(query, params![Micros(time), OUT_OF_ORDER], |row| row.get(0))?;
        Ok(number.flatten())
    };
    if let Some(from) = search.from {
        let query = "SELECT min(number) FROM
             (SELECT number FROM audit WHERE at >= ?1 ORDER BY at LIMIT ?2)";
        let Some(number) = bound(query, from)? else {
            return Ok(None);
        };
        first = first.max(number);
    }
    if let Some(to) = search.to {
        let query = "SELECT max(number) FROM
             (SELECT number FROM audit WHERE at < ?1 ORDER BY at DESC LIMIT ?2)";
        let Some(number) = bound(query, to)? else {
            return Ok(None);
        };
        last = last.min(number);
    }
    Ok(Some((first, last)))
}
