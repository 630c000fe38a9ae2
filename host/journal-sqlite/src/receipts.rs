//! Receipts, found by outbox key and by message.

mod early_states;
#[cfg(test)]
mod tests;

use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::input;
use rusqlite::{Connection, Row, params};

use super::{
    Micros, Query, SqliteJournal, code, contact_exists, id, optional_id, optional_time, time,
};
use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{
    CompanyId, DeliveryReport, JournalError, NewReceipt, Receipt, ReceiptChange, Receipts, Result,
};

pub(super) use early_states::delete_older;

const COLUMNS: &str = "number, company, channel, message, key, part, parts, conversation, contact,
    account, sealed, accepted_at, state, state_at, reason";

/// A receipt with the number of its row.
fn numbered(row: &Row<'_>) -> rusqlite::Result<(i64, Receipt)> {
    Ok((row.get(0)?, receipt(row)?))
}

fn receipt(row: &Row<'_>) -> rusqlite::Result<Receipt> {
    Ok(Receipt {
        company: id(row, 1)?,
        channel: row.get(2)?,
        message: row.get(3)?,
        key: row.get(4)?,
        part: row.get(5)?,
        parts: row.get(6)?,
        conversation: optional_id(row, 7)?,
        contact: id(row, 8)?,
        account: row.get(9)?,
        sealed: row.get(10)?,
        accepted_at: time(row, 11)?,
        state: optional_state(row, 12)?,
        state_at: optional_time(row, 13)?,
        reason: row.get(14)?,
    })
}

fn optional_state(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<DeliveryState>> {
    match row.get_ref(column)? {
        rusqlite::types::ValueRef::Null => Ok(None),
        _ => code(row, column, DeliveryState::from_code).map(Some),
    }
}

impl Receipts for SqliteJournal {
    fn record_receipt(&self, new: NewReceipt) -> Result<Receipt> {
        check(&new)?;
        self.write(2, move |work| record(work.sql, &new))
    }

    fn receipts(&self, company: CompanyId, key: &str) -> Result<Vec<Receipt>> {
        let query = parts_query();
        self.read(|sql| sql.read_all(&query, params![company.0, key], receipt))
    }

    fn receipt(&self, company: CompanyId, channel: &str, message: &str) -> Result<Option<Receipt>> {
        let found = self.read(|sql| find(sql, company, channel, message))?;
        Ok(found.map(|(_, receipt)| receipt))
    }

    fn advance_receipt(
        &self,
        company: CompanyId,
        channel: &str,
        message: &str,
        report: DeliveryReport,
    ) -> Result<ReceiptChange> {
        check_message(channel, message)?;
        if let Some(reason) = &report.reason {
            check_length("reason", reason, limits::DELIVERY_REASON)?;
        }
        let (channel, message) = (channel.to_owned(), message.to_owned());
        self.write(1, move |work| {
            let most = limits::EARLY_STATES;
            advance(work.sql, company, &channel, &message, &report, most)
        })
    }
}

fn check(new: &NewReceipt) -> Result<()> {
    check_message(&new.channel, &new.message)?;
    check_length("outbox key", &new.key, limits::COMMIT_NAME)?;
    check_length("account", &new.account, input::NAME_BYTES)?;
    check_length("sealed part", &new.sealed, limits::RECEIPT_SEALED)?;
    if new.parts > limits::RECEIPT_PARTS || !(1..=new.parts).contains(&new.part) {
        let problem = format!(
            "must be 1 to the number of parts, which is at most {}",
            limits::RECEIPT_PARTS
        );
        return Err(JournalError::invalid("part", problem));
    }
    Ok(())
}

fn check_message(channel: &str, message: &str) -> Result<()> {
    check_length("channel", channel, input::CODE_BYTES)?;
    check_length("message id", message, input::ID_BYTES)
}

fn parts_query() -> String {
    format!("SELECT {COLUMNS} FROM receipt WHERE company = ?1 AND key = ?2 ORDER BY part")
}

fn find_query() -> String {
    format!(
        "SELECT {COLUMNS} FROM receipt WHERE company = ?1 AND channel = ?2 AND message = ?3
         ORDER BY number DESC LIMIT 1"
    )
}

/// The newest receipt of a message, with the number of its row.
fn find(
    sql: &Connection,
    company: CompanyId,
    channel: &str,
    message: &str,
) -> Result<Option<(i64, Receipt)>> {
    sql.read_first(
        &find_query(),
        params![company.0, channel, message],
        numbered,
    )
}

fn find_part(sql: &Connection, new: &NewReceipt) -> Result<Option<Receipt>> {
    let query =
        format!("SELECT {COLUMNS} FROM receipt WHERE company = ?1 AND key = ?2 AND part = ?3");
    sql.read_first(&query, params![new.company.0, new.key, new.part], receipt)
}

/// Record a receipt unless its part has one.
fn record(sql: &Connection, new: &NewReceipt) -> Result<Receipt> {
    if let Some(stored) = find_part(sql, new)? {
        return Ok(stored);
    }
    if !contact_exists(sql, new.company, new.contact)? {
        return Err(JournalError::NoContact(new.contact));
    }
    let early = early_states::take(sql, new.company, &new.channel, &new.message)?;
    // A conversation that is gone cannot delete the receipt: its age does.
    sql.run(
        "INSERT INTO receipt (company, channel, message, key, part, parts, conversation, contact,
           account, sealed, accepted_at, state, state_at, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6,
           (SELECT id FROM conversation WHERE company = ?1 AND id = ?7),
           ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        params![
            new.company.0,
            new.channel,
            new.message,
            new.key,
            new.part,
            new.parts,
            new.conversation.map(|it| it.0),
            new.contact.0,
            new.account,
            new.sealed,
            Micros(new.accepted_at),
            early.as_ref().map(|early| early.state.as_str()),
            early.as_ref().and_then(|early| early.at).map(Micros),
            early.as_ref().and_then(|early| early.reason.as_deref()),
        ],
    )?;
    sql.run(
        "UPDATE outbox SET begun_part = NULL WHERE company = ?1 AND key = ?2",
        params![new.company.0, new.key],
    )?;
    find_part(sql, new)?.ok_or_else(|| JournalError::Corrupt("a receipt vanished".to_owned()))
}

/// Apply a report to the newest receipt of a message. Without one, keep it; `most`
/// is how many messages of a company have reports kept.
fn advance(
    sql: &Connection,
    company: CompanyId,
    channel: &str,
    message: &str,
    report: &DeliveryReport,
    most: u64,
) -> Result<ReceiptChange> {
    let Some((number, mut receipt)) = find(sql, company, channel, message)? else {
        early_states::put(sql, company, channel, message, report, most)?;
        return Ok(ReceiptChange::Early);
    };
    if !changes(receipt.state, report.state) {
        return Ok(ReceiptChange::Unchanged(receipt));
    }
    sql.run(
        "UPDATE receipt SET state = ?2, state_at = ?3, reason = ?4 WHERE number = ?1",
        params![
            number,
            report.state.as_str(),
            report.at.map(Micros),
            report.reason
        ],
    )?;
    receipt.state = Some(report.state);
    receipt.state_at = report.at.map(|at| Micros(at).rounded());
    receipt.reason.clone_from(&report.reason);
    Ok(ReceiptChange::Advanced(receipt))
}

/// Whether a report changes a state.
fn changes(state: Option<DeliveryState>, reported: DeliveryState) -> bool {
    state.is_none_or(|state| state.after(reported) != state)
}

/// Finds early states of messages that have a receipt, of which there are none.
pub(super) const UNCLAIMED: &str = "SELECT e.company, count(*) FROM early_state e
    WHERE EXISTS (SELECT 1 FROM receipt r
      WHERE r.company = e.company AND r.channel = e.channel AND r.message = e.message)
    GROUP BY e.company";
