//! Looking for damage.

use rusqlite::{Connection, params};

use crate::error::{JournalError, SealError};
use crate::id::{CompanyId, ContactId};
use crate::maintain::{CheckReport, Finding};
use crate::sqlite::{audit, keys, outbox};
use crate::vault::{ContactKey, Person, Purpose, Vault};

/// Most findings listed.
const MOST: usize = 1000;

/// Look at everything, in one state of the database.
pub(super) fn check(sql: &Connection, vault: &Vault) -> Result<CheckReport, JournalError> {
    let mut report = CheckReport::default();
    // A page that cannot be read ends the search: that much is then known.
    let looked = database(sql, &mut report)
        .and_then(|()| orphans(sql, &mut report))
        .and_then(|()| sequences(sql, &mut report))
        .and_then(|()| feeds(sql, &mut report))
        .and_then(|()| lines(sql, &mut report))
        .and_then(|()| trail(sql, &mut report))
        .and_then(|()| seals(sql, vault, &mut report));
    match looked {
        Err(JournalError::Corrupt(text)) => report.findings.push(Finding::Damaged(text)),
        Err(error) => return Err(error),
        Ok(()) => {}
    }
    report.findings.truncate(MOST);
    Ok(report)
}

fn database(sql: &Connection, report: &mut CheckReport) -> Result<(), JournalError> {
    let mut statement = sql.prepare("PRAGMA integrity_check(100)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        if text != "ok" {
            report.findings.push(Finding::Damaged(text));
        }
    }
    Ok(())
}

fn orphans(sql: &Connection, report: &mut CheckReport) -> Result<(), JournalError> {
    let mut statement =
        sql.prepare("SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY \"table\"")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.findings.push(Finding::Orphan {
            table: row.get(0)?,
            rows: row.get(1)?,
        });
    }
    Ok(())
}

fn sequences(sql: &Connection, report: &mut CheckReport) -> Result<(), JournalError> {
    let mut statement = sql.prepare(
        "SELECT v.company, lower(hex(v.id)), v.sequence, coalesce(n.entries, 0)
         FROM conversation v LEFT JOIN
           (SELECT company, conversation, count(*) AS entries, max(sequence) AS last
            FROM entry WHERE conversation IS NOT NULL GROUP BY conversation, company) n
           ON n.company = v.company AND n.conversation = v.number
         WHERE n.entries IS NOT v.sequence OR n.last IS NOT v.sequence LIMIT ?1",
    )?;
    let mut rows = statement.query([MOST as i64])?;
    while let Some(row) = rows.next()? {
        report.findings.push(Finding::Sequence {
            company: row.get(0)?,
            conversation: row.get(1)?,
            says: row.get(2)?,
            entries: row.get(3)?,
        });
    }
    Ok(())
}

fn trail(sql: &Connection, report: &mut CheckReport) -> Result<(), JournalError> {
    let broken = audit::verify(sql, None)?.broken;
    report.findings.extend(broken.map(Finding::Audit));
    Ok(())
}

fn feeds(sql: &Connection, report: &mut CheckReport) -> Result<(), JournalError> {
    let mut statement = sql.prepare(
        "SELECT c.id, max(e.feed) - c.feed_oldest + 1 - count(*) FROM company c
         JOIN entry e ON e.company = c.id AND e.feed >= c.feed_oldest GROUP BY c.id
         HAVING max(e.feed) - c.feed_oldest + 1 <> count(*)",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.findings.push(Finding::FeedGap {
            company: row.get(0)?,
            missing: row.get(1)?,
        });
    }
    Ok(())
}

fn lines(sql: &Connection, report: &mut CheckReport) -> Result<(), JournalError> {
    for (company, key) in outbox::astray(sql, MOST)? {
        let text = format!(
            "item {key:?} of company {} in the outbox is out of order: it or one after it is stuck or goes too early",
            company.0
        );
        report.findings.push(Finding::Damaged(text));
    }
    Ok(())
}

/// Everything sealed, by whose key: a key is unwrapped once.
fn seals(sql: &Connection, vault: &Vault, report: &mut CheckReport) -> Result<(), JournalError> {
    let tables = [
        ("inbound", "body", Purpose::Message),
        ("entry", "sealed", Purpose::Entry),
        ("address", "sealed", Purpose::Address),
    ];
    for (table, column, purpose) in tables {
        let query = format!(
            "SELECT company, contact, {column} FROM {table}
             WHERE contact IS NOT NULL AND length({column}) > 0 ORDER BY company, contact"
        );
        let mut statement = sql.prepare(&query)?;
        let mut rows = statement.query(params![])?;
        let mut known: Option<(Person, Result<ContactKey, SealError>)> = None;
        while let Some(row) = rows.next()? {
            let person = Person {
                company: row.get::<_, CompanyId>(0)?,
                contact: row.get::<_, ContactId>(1)?,
            };
            if known.as_ref().is_none_or(|(of, _)| *of != person) {
                known = Some((person, keys::load(sql, vault, person)));
            }
            let sealed: Vec<u8> = row.get(2)?;
            match known.as_ref().map(|(_, key)| key) {
                Some(Ok(key)) if key.open(person, purpose, &sealed).is_ok() => report.seals += 1,
                Some(Err(SealError::Erased(_))) => report.erased += 1,
                _ => report.unopenable += 1,
            }
        }
    }
    Ok(())
}
