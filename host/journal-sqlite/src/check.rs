//! Check for damage.

use patchbay_journal::vault::{ContactKey, Person, Vault};
use patchbay_journal::{
    CheckFinding, CheckReport, CompanyId, ConnectionRecordKind, JournalError, Purpose, Result,
    SealError,
};
use rusqlite::{Connection, Row, params_from_iter};

use super::{Query, audit, byte_counter, id, load_key, outbox, receipts};
use crate::database_error;

/// Most findings reported.
const LIMIT: usize = 1000;

/// Check everything in one snapshot of the database.
pub(super) fn check(sql: &Connection, vault: &Vault) -> Result<CheckReport> {
    let mut report = CheckReport::default();
    // A page that cannot be read ends the check with what was found so far.
    let result = check_database(sql, &mut report)
        .and_then(|()| check_references(sql, &mut report))
        .and_then(|()| check_sequences(sql, &mut report))
        .and_then(|()| check_feeds(sql, &mut report))
        .and_then(|()| check_outbox(sql, &mut report))
        .and_then(|()| check_early_states(sql, &mut report))
        .and_then(|()| check_stored_bytes(sql, &mut report))
        .and_then(|()| check_audit(sql, &mut report))
        .and_then(|()| check_seals(sql, vault, &mut report))
        .and_then(|()| check_company_seals(sql, vault, &mut report));
    match result {
        Err(JournalError::Corrupt(text)) => report.findings.push(CheckFinding::Damaged(text)),
        Err(error) => return Err(error),
        Ok(()) => {}
    }
    report.findings.truncate(LIMIT);
    Ok(report)
}

/// Report a finding for each row. Those before a failure stay.
fn report_rows(
    sql: &Connection,
    report: &mut CheckReport,
    query: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<CheckFinding>,
) -> Result<()> {
    let mut statement = sql.prepare(query).map_err(database_error)?;
    let mut rows = statement.query([]).map_err(database_error)?;
    while let Some(row) = rows.next().map_err(database_error)? {
        report.findings.push(read(row).map_err(database_error)?);
    }
    Ok(())
}

fn check_database(sql: &Connection, report: &mut CheckReport) -> Result<()> {
    report_rows(sql, report, "PRAGMA integrity_check(100)", |row| {
        row.get(0).map(CheckFinding::Damaged)
    })?;
    // The one row of a sound database.
    let ok = CheckFinding::Damaged("ok".to_owned());
    report.findings.retain(|finding| *finding != ok);
    Ok(())
}

fn check_references(sql: &Connection, report: &mut CheckReport) -> Result<()> {
    let query = "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY \"table\"";
    report_rows(sql, report, query, |row| {
        Ok(CheckFinding::Orphan {
            table: row.get(0)?,
            rows: row.get(1)?,
        })
    })
}

fn check_sequences(sql: &Connection, report: &mut CheckReport) -> Result<()> {
    let query = format!(
        "SELECT v.company, lower(hex(v.id)), v.sequence, coalesce(n.entries, 0)
         FROM conversation v LEFT JOIN
           (SELECT company, conversation, count(*) AS entries, max(sequence) AS last
            FROM entry WHERE conversation IS NOT NULL GROUP BY conversation, company) n
           ON n.company = v.company AND n.conversation = v.number
         WHERE n.entries IS NOT v.sequence OR n.last IS NOT v.sequence LIMIT {LIMIT}"
    );
    report_rows(sql, report, &query, |row| {
        Ok(CheckFinding::Sequence {
            company: id(row, 0)?,
            conversation: row.get(1)?,
            expected: row.get(2)?,
            entries: row.get(3)?,
        })
    })
}

fn check_feeds(sql: &Connection, report: &mut CheckReport) -> Result<()> {
    let query = "SELECT c.id, max(e.feed) - c.feed_oldest + 1 - count(*) FROM company c
         JOIN entry e ON e.company = c.id AND e.feed >= c.feed_oldest GROUP BY c.id
         HAVING max(e.feed) - c.feed_oldest + 1 <> count(*)";
    report_rows(sql, report, query, |row| {
        Ok(CheckFinding::FeedGap {
            company: id(row, 0)?,
            missing: row.get(1)?,
        })
    })
}

fn check_outbox(sql: &Connection, report: &mut CheckReport) -> Result<()> {
    for (company, key) in outbox::find_misplaced(sql, LIMIT)? {
        let text = format!(
            "outbox item {key:?} of company {} is out of order: it or a later one is stuck or delivered too early",
            company.0
        );
        report.findings.push(CheckFinding::Damaged(text));
    }
    Ok(())
}

fn check_early_states(sql: &Connection, report: &mut CheckReport) -> Result<()> {
    if !has_table(sql, "early_state")? {
        return Ok(());
    }
    report_rows(sql, report, receipts::UNCLAIMED, |row| {
        let (company, count): (u32, u64) = (row.get(0)?, row.get(1)?);
        Ok(CheckFinding::Damaged(format!(
            "{count} states of messages of company {company} are missing from their receipts"
        )))
    })
}

/// Whether the database has a table. A backup of an earlier version may lack it.
fn has_table(sql: &Connection, name: &str) -> Result<bool> {
    sql.has_row("SELECT 1 FROM sqlite_schema WHERE name = ?1", [name])
}

fn check_stored_bytes(sql: &Connection, report: &mut CheckReport) -> Result<()> {
    if !has_table(sql, "stored_bytes")? {
        return Ok(());
    }
    let differences = byte_counter::find_differences(sql)?.into_iter();
    let findings = differences.map(|(company, counted, found)| CheckFinding::StoredBytes {
        company,
        counted,
        found,
    });
    report.findings.extend(findings);
    Ok(())
}

fn check_audit(sql: &Connection, report: &mut CheckReport) -> Result<()> {
    let broken = audit::verify(sql, None)?.broken;
    report.findings.extend(broken.map(CheckFinding::Audit));
    Ok(())
}

/// Open everything sealed, ordered by contact: each key is unwrapped once.
fn check_seals(sql: &Connection, vault: &Vault, report: &mut CheckReport) -> Result<()> {
    let tables = [
        ("inbound", "body", Purpose::Message),
        ("entry", "sealed", Purpose::Entry),
        ("address", "sealed", Purpose::Address),
        ("receipt", "sealed", Purpose::Receipt),
        ("original", "sealed", Purpose::Original),
        ("contact_record", "sealed", Purpose::ContactRecord),
        ("word_list", "sealed", Purpose::Words),
        ("file", "sealed", Purpose::File),
        ("file_piece", "sealed", Purpose::File),
    ];
    for (table, column, purpose) in tables {
        if !has_table(sql, table)? {
            continue;
        }
        let query = format!(
            "SELECT company, contact, {column} FROM {table}
             WHERE contact IS NOT NULL AND length({column}) > 0 ORDER BY company, contact"
        );
        let mut statement = sql.prepare(&query).map_err(database_error)?;
        let mut rows = statement.query([]).map_err(database_error)?;
        let mut known: Option<(Person, Result<ContactKey, SealError>)> = None;
        while let Some(row) = rows.next().map_err(database_error)? {
            let person = Person {
                company: id(row, 0).map_err(database_error)?,
                contact: id(row, 1).map_err(database_error)?,
            };
            if known.as_ref().is_none_or(|(of, _)| *of != person) {
                known = Some((person, load_key(sql, vault, person)));
            }
            let sealed: Vec<u8> = row.get(2).map_err(database_error)?;
            match known.as_ref().map(|(_, key)| key) {
                Some(Ok(key)) if key.open(person, purpose, &sealed).is_ok() => report.seals += 1,
                Some(Err(SealError::Erased(_))) => report.erased += 1,
                _ => report.unopenable += 1,
            }
        }
    }
    Ok(())
}

/// Open everything that is sealed under the key of a company.
fn check_company_seals(sql: &Connection, vault: &Vault, report: &mut CheckReport) -> Result<()> {
    let mut tables = vec![
        // Until version 10.
        ("poll_cursor", "", Purpose::PollCursor),
        ("quarantine", "", Purpose::Quarantine),
    ];
    tables.extend(
        ConnectionRecordKind::ALL.map(|kind| ("connection_record", kind.as_str(), kind.purpose())),
    );
    for (table, kind, purpose) in tables {
        if !has_table(sql, table)? {
            continue;
        }
        let of_kind = if kind.is_empty() {
            ""
        } else {
            "WHERE kind = ?1"
        };
        let query = format!("SELECT company, sealed FROM {table} {of_kind}");
        let mut statement = sql.prepare(&query).map_err(database_error)?;
        let kind = (!kind.is_empty()).then_some(kind);
        let mut rows = statement
            .query(params_from_iter(kind))
            .map_err(database_error)?;
        while let Some(row) = rows.next().map_err(database_error)? {
            let company: CompanyId = id(row, 0).map_err(database_error)?;
            let sealed: Vec<u8> = row.get(1).map_err(database_error)?;
            match vault.company_key(company).open(purpose, &sealed) {
                Ok(_) => report.seals += 1,
                Err(_) => report.unopenable += 1,
            }
        }
    }
    Ok(())
}
