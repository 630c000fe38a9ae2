//! What customers said about messages to them, the latest of each kind.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::limits::{self, check_count, check_length};
use patchbay_journal::{
    COMPANY_SOURCE, CompanyId, ContactId, OptOut, OptOutImport, OptOutOutcome, OptOuts, Result,
    in_effect,
};
use patchbay_model::contact_record::RecordAddress;
use patchbay_model::input;
use patchbay_model::opt_out_entry::OptOutEntry;
use rusqlite::{Connection, Row, params};
use serde_json::json;

use super::contacts::{Address, create, find};
use super::{Micros, Query, SqliteJournal, append_audit, check_audit, clamp_i64, id, time};

impl OptOuts for SqliteJournal {
    fn record_opt_out(&self, new: OptOut) -> Result<bool> {
        for (what, code) in [
            ("channel", &new.channel),
            ("purpose", &new.purpose),
            ("source", &new.source),
        ] {
            check_length(what, code, input::CODE_BYTES)?;
        }
        check_length("account", &new.account, input::NAME_BYTES)?;
        // Most words that opt in are answers of people who never opted out.
        let stored = self.opt_outs(new.company, new.contact)?;
        let counts = in_effect(&stored, &new.channel, &new.account, &new.purpose);
        if counts.is_none() && !new.is_opted_out {
            return Ok(false);
        }
        self.write(1, move |work| {
            work.bytes.check(new.company)?;
            record(work.sql, &new)
        })
    }

    fn import_opt_outs(
        &self,
        entries: Vec<OptOutEntry>,
        import: OptOutImport,
    ) -> Result<Vec<OptOutOutcome>> {
        check_count("number of entries", entries.len(), limits::CONTACT_RECORDS)?;
        check_audit(&import.audit)?;
        let company = import.company;
        let entries: Vec<(OptOutEntry, Address)> = entries
            .into_iter()
            .map(|entry| {
                let RecordAddress { channel, address } = &entry.address;
                let address = Address::new(&self.vault, company, channel, address)?;
                check_length("source", &entry.source, SOURCE)?;
                check_length("account", &entry.account, input::NAME_BYTES)?;
                Ok((entry, address))
            })
            .collect::<Result<_>>()?;
        if import.dry_run {
            return self.read(|sql| {
                let plan = |(entry, address): &(OptOutEntry, Address)| {
                    let found = find(sql, address)?.map(|found| found.contact);
                    plan(sql, &import, found, entry)
                };
                entries.iter().map(plan).collect()
            });
        }
        let erasures = self.keys.erasures();
        let vault = Arc::clone(&self.vault);
        let (outcomes, keys) = self.write(4 * entries.len(), move |work| {
            work.bytes.check(company)?;
            let mut keys = Vec::new();
            let mut outcomes = Vec::with_capacity(entries.len());
            for (entry, address) in &entries {
                let found = find(work.sql, address)?.map(|found| found.contact);
                let outcome = plan(work.sql, &import, found, entry)?;
                if let OptOutOutcome::Changed { .. } = outcome {
                    let contact = match found {
                        Some(contact) => contact,
                        None => {
                            let (person, key) = create(work.sql, &vault, address, import.at)?;
                            keys.push((person, key));
                            person.contact
                        }
                    };
                    record(work.sql, &said(&import, contact, entry))?;
                }
                outcomes.push(outcome);
            }
            let is_change =
                |outcome: &OptOutOutcome| matches!(outcome, OptOutOutcome::Changed { .. });
            if outcomes.iter().any(is_change) {
                let mut audit = import.audit.clone();
                audit.details = counts(&entries, &outcomes);
                append_audit(work.sql, &audit)?;
            }
            Ok((outcomes, keys))
        })?;
        self.keys.insert(erasures, keys);
        Ok(outcomes)
    }

    fn opt_outs_of_company(
        &self,
        company: CompanyId,
        after: Option<ContactId>,
        contacts: usize,
    ) -> Result<Vec<OptOut>> {
        let query = format!(
            "SELECT {COLUMNS} FROM opt_out WHERE company = ?1 AND contact IN
               (SELECT DISTINCT contact FROM opt_out
                WHERE company = ?1 AND (?2 IS NULL OR contact > ?2) ORDER BY contact LIMIT ?3)
             ORDER BY contact, channel, account, purpose"
        );
        let params = params![company.0, after.map(|it| it.0), clamp_i64(contacts)];
        self.read(|sql| sql.read_all(&query, params, opt_out))
    }

    fn opt_outs(&self, company: CompanyId, contact: ContactId) -> Result<Vec<OptOut>> {
        self.read(|sql| stored(sql, company, contact))
    }
}

pub(super) const COLUMNS: &str =
    "company, contact, channel, account, purpose, is_opted_out, source, at";
/// Most bytes of the source of an entry: with the prefix it is a code.
const SOURCE: usize = input::CODE_BYTES - COMPANY_SOURCE.len();

fn stored(sql: &Connection, company: CompanyId, contact: ContactId) -> Result<Vec<OptOut>> {
    let query = format!(
        "SELECT {COLUMNS} FROM opt_out WHERE company = ?1 AND contact = ?2
         ORDER BY channel, account, purpose"
    );
    sql.read_all(&query, params![company.0, contact.0], opt_out)
}

/// What an entry says about a contact.
fn said(import: &OptOutImport, contact: ContactId, entry: &OptOutEntry) -> OptOut {
    OptOut {
        company: import.company,
        contact,
        channel: entry.address.channel.clone(),
        account: entry.account.clone(),
        purpose: entry.purpose.as_str().to_owned(),
        is_opted_out: entry.is_opted_out,
        source: format!("{COMPANY_SOURCE}{}", entry.source),
        at: time_of(import, entry),
    }
}

/// One of the future would win over what the customer says until then.
fn time_of(import: &OptOutImport, entry: &OptOutEntry) -> Timestamp {
    entry.at.unwrap_or(import.at).min(import.at)
}

/// What an import does with an entry about a contact, if there is one.
fn plan(
    sql: &Connection,
    import: &OptOutImport,
    contact: Option<ContactId>,
    entry: &OptOutEntry,
) -> Result<OptOutOutcome> {
    let changed = |overrides| Ok(OptOutOutcome::Changed { overrides });
    let stored = match contact {
        Some(contact) => stored(sql, import.company, contact)?,
        None => Vec::new(),
    };
    let (channel, purpose) = (&entry.address.channel, entry.purpose.as_str());
    let at = time_of(import, entry);
    if entry.is_opted_out {
        // The customer's own word stays, so that no list takes it back later.
        let counts = in_effect(&stored, channel, &entry.account, purpose);
        let is_new = counts.is_none_or(|counts| !counts.is_opted_out && counts.at <= at);
        return match is_new {
            true => changed(false),
            false => Ok(OptOutOutcome::Unchanged),
        };
    }
    // About all accounts, it takes back what was said about each.
    let is_account = |said: &&OptOut| entry.account.is_empty() || said.account == entry.account;
    let opted_out: Vec<&OptOut> = stored
        .iter()
        .filter(|said| said.channel == *channel && said.purpose == purpose)
        .filter(|said| is_account(said) || said.account.is_empty())
        .filter(|said| {
            let counts = in_effect(&stored, channel, &said.account, purpose);
            counts.is_some_and(|counts| counts.is_opted_out && counts.at < at)
        })
        .collect();
    let by_customer = opted_out.iter().find(|said| !said.is_by_company());
    match (by_customer, opted_out.is_empty()) {
        (Some(said), _) if !import.overrides => Ok(OptOutOutcome::Refused(said.at)),
        (by_customer, false) => changed(by_customer.is_some()),
        (_, true) => Ok(OptOutOutcome::Unchanged),
    }
}

/// Numbers of an import, for the audit trail.
fn counts(entries: &[(OptOutEntry, Address)], outcomes: &[OptOutOutcome]) -> String {
    let count = |is: fn(&OptOutEntry, &OptOutOutcome) -> bool| {
        let all = entries.iter().zip(outcomes);
        all.filter(|((entry, _), outcome)| is(entry, outcome))
            .count()
    };
    use OptOutOutcome::{Changed, Refused};
    json!({
        "opted_out": count(|entry, outcome| entry.is_opted_out && matches!(outcome, Changed { .. })),
        "opted_in": count(|entry, outcome| !entry.is_opted_out && matches!(outcome, Changed { .. })),
        "overridden": count(|_, outcome| *outcome == Changed { overrides: true }),
        "refused": count(|_, outcome| matches!(outcome, Refused(_))),
    })
    .to_string()
}

pub(super) fn opt_out(row: &Row<'_>) -> rusqlite::Result<OptOut> {
    Ok(OptOut {
        company: id(row, 0)?,
        contact: id(row, 1)?,
        channel: row.get(2)?,
        account: row.get(3)?,
        purpose: row.get(4)?,
        is_opted_out: row.get(5)?,
        source: row.get(6)?,
        at: time(row, 7)?,
    })
}

/// Stores what is newer than the stored. Of two at one time, the opt-out counts.
fn record(sql: &Connection, new: &OptOut) -> Result<bool> {
    let changed = sql.run(
        "INSERT INTO opt_out (company, contact, channel, account, purpose, is_opted_out, source, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET is_opted_out = ?6, source = ?7, at = ?8
         WHERE ?8 > at OR (?8 = at AND ?6 > is_opted_out)",
        params![
            new.company.0,
            new.contact.0,
            new.channel,
            new.account,
            new.purpose,
            new.is_opted_out,
            new.source,
            Micros(new.at),
        ],
    )?;
    Ok(changed > 0)
}

/// Deletes what a contact said.
pub(super) fn delete_of_contact(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<()> {
    let query = "DELETE FROM opt_out WHERE company = ?1 AND contact = ?2";
    sql.run(query, params![company.0, contact.0])?;
    Ok(())
}
