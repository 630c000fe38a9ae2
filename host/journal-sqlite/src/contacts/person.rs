//! Persons: which contacts are one, by merges and splits, and their erasure.

use jiff::Timestamp;
use patchbay_journal::vault::{Person, WRAPPED_BYTES};
use patchbay_journal::{
    CompanyId, ContactChange, ContactChangeKind, ContactId, JournalError, Result, UploadId,
};
use rusqlite::{Connection, Row, params};

use super::records;
use crate::database_error;
use crate::{
    Micros, Query, clamp_i64, code, files, id, only_id, opt_outs, optional_id, originals,
    seen_marks, time, value, word_lists,
};

/// Start of a query in which `person` holds the ids of all contacts that are
/// one person with the contact ?2 of company ?1.
pub(crate) const PERSON: &str = "WITH RECURSIVE
    up (id) AS (
      SELECT ?2 UNION
      SELECT c.merged_into FROM contact c JOIN up ON c.company = ?1 AND c.id = up.id
        WHERE c.merged_into IS NOT NULL),
    person (id) AS (
      SELECT up.id FROM up UNION
      SELECT c.id FROM contact c JOIN person ON c.company = ?1 AND c.merged_into = person.id)";

/// Whether a contact was erased; `None` if it does not exist.
pub(super) fn is_erased(sql: &Connection, person: Person) -> Result<Option<bool>> {
    let query = "SELECT erased_at IS NOT NULL FROM contact WHERE company = ?1 AND id = ?2";
    sql.read_first(query, params![person.company.0, person.contact.0], value)
}

/// When a contact was erased; `None` if it was not or does not exist.
pub(super) fn erased_at(sql: &Connection, person: Person) -> Result<Option<Timestamp>> {
    let query = "SELECT erased_at FROM contact
        WHERE company = ?1 AND id = ?2 AND erased_at IS NOT NULL";
    let key = params![person.company.0, person.contact.0];
    sql.read_first(query, key, |row| time(row, 0))
}

/// Refuse a contact that does not exist or was erased.
pub(super) fn check_alive(sql: &Connection, person: Person) -> Result<()> {
    match is_erased(sql, person)? {
        None => Err(JournalError::NoContact(person.contact)),
        Some(true) => Err(JournalError::Erased(person.contact)),
        Some(false) => Ok(()),
    }
}

/// The contact that a contact was merged into, if any.
fn find_parent(sql: &Connection, person: Person) -> Result<Option<ContactId>> {
    let query = "SELECT merged_into FROM contact WHERE company = ?1 AND id = ?2";
    sql.read_first(query, params![person.company.0, person.contact.0], |row| {
        optional_id(row, 0)
    })?
    .ok_or(JournalError::NoContact(person.contact))
}

/// The contact that stands for the person behind a contact.
pub(crate) fn find_root(sql: &Connection, person: Person) -> Result<ContactId> {
    let mut root = person;
    while let Some(contact) = find_parent(sql, root)? {
        root.contact = contact;
    }
    Ok(root.contact)
}

/// All contacts of the person behind a contact, in order.
pub(super) fn contacts(sql: &Connection, person: Person) -> Result<Vec<ContactId>> {
    let query = format!("{PERSON} SELECT id FROM person ORDER BY id");
    sql.read_all(&query, params![person.company.0, person.contact.0], only_id)
}

/// Who changes contacts of a company, and when.
pub(super) struct ChangeAuthor {
    pub(super) company: CompanyId,
    pub(super) name: String,
    pub(super) at: Timestamp,
}

impl ChangeAuthor {
    fn person(&self, contact: ContactId) -> Person {
        Person {
            company: self.company,
            contact,
        }
    }
}

pub(super) fn merge(
    sql: &Connection,
    by: &ChangeAuthor,
    contact: ContactId,
    into: ContactId,
) -> Result<u64> {
    check_alive(sql, by.person(contact))?;
    check_alive(sql, by.person(into))?;
    let from = find_root(sql, by.person(contact))?;
    let to = find_root(sql, by.person(into))?;
    if from == to {
        return Err(JournalError::SamePerson(contact, into));
    }
    apply(sql, by, ContactChangeKind::Merged, from, to, None)
}

pub(super) fn split(sql: &Connection, by: &ChangeAuthor, contact: ContactId) -> Result<u64> {
    match find_parent(sql, by.person(contact))? {
        Some(from) => apply(sql, by, ContactChangeKind::Split, contact, from, None),
        None => Err(JournalError::NotMerged(contact)),
    }
}

pub(super) fn undo(sql: &Connection, by: &ChangeAuthor, number: u64) -> Result<u64> {
    let refused = || JournalError::NotUndoable(number);
    let key = params![by.company.0, clamp_i64(number)];
    let query = "SELECT 1 FROM contact_change WHERE company = ?1 AND undoes = ?2";
    let undone = sql.has_row(query, key)?;
    let query = format!("SELECT {CHANGE} FROM contact_change WHERE company = ?1 AND number = ?2");
    let change = sql
        .read_first(&query, key, change)?
        .filter(|_| !undone)
        .ok_or_else(refused)?;
    let (contact, into) = (change.contact, change.into);
    let parent = find_parent(sql, by.person(contact))?;
    let inverse = match change.kind {
        ContactChangeKind::Merged if parent == Some(into) => ContactChangeKind::Split,
        ContactChangeKind::Split if parent.is_none() => {
            check_alive(sql, by.person(contact))?;
            check_alive(sql, by.person(into))?;
            if find_root(sql, by.person(into))? == contact {
                return Err(refused());
            }
            ContactChangeKind::Merged
        }
        _ => return Err(refused()),
    };
    apply(sql, by, inverse, contact, into, Some(number))
}

/// Whether a merge was not undone, and nothing split the two since then.
pub(super) fn is_in_force(sql: &Connection, company: CompanyId, number: u64) -> Result<bool> {
    let query = "SELECT 1 FROM contact_change m
        JOIN contact c ON c.company = m.company AND c.id = m.contact AND c.merged_into = m.into_
        WHERE m.company = ?1 AND m.number = ?2 AND NOT EXISTS
          (SELECT 1 FROM contact_change u WHERE u.company = ?1 AND u.undoes = ?2)";
    sql.has_row(query, params![company.0, clamp_i64(number)])
}

/// Apply a change and record it; returns its number.
fn apply(
    sql: &Connection,
    by: &ChangeAuthor,
    kind: ContactChangeKind,
    contact: ContactId,
    into: ContactId,
    undoes: Option<u64>,
) -> Result<u64> {
    let parent = match kind {
        ContactChangeKind::Merged => Some(into),
        ContactChangeKind::Split => None,
    };
    sql.run(
        "UPDATE contact SET merged_into = ?3 WHERE company = ?1 AND id = ?2",
        params![by.company.0, contact.0, parent.map(|it| it.0)],
    )?;
    let mut statement = sql
        .prepare_cached(
            "INSERT INTO contact_change (company, number, kind, contact, into_, by_, at, undoes)
         SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7
         FROM contact_change WHERE company = ?1 RETURNING number",
        )
        .map_err(database_error)?;
    let at = Micros(by.at);
    let values = params![
        by.company.0,
        kind.as_str(),
        contact.0,
        into.0,
        by.name,
        at,
        undoes
    ];
    statement.query_row(values, value).map_err(database_error)
}

const CHANGE: &str = "number, kind, contact, into_, by_, at, undoes";

fn change(row: &Row<'_>) -> rusqlite::Result<ContactChange> {
    Ok(ContactChange {
        number: row.get(0)?,
        kind: code(row, 1, ContactChangeKind::from_code)?,
        contact: id(row, 2)?,
        into: id(row, 3)?,
        by: row.get(4)?,
        at: time(row, 5)?,
        undoes: row.get(6)?,
    })
}

/// Merges and splits that touched a contact of the person, oldest first.
pub(super) fn changes(sql: &Connection, person: Person) -> Result<Vec<ContactChange>> {
    let query = format!(
        "{PERSON} SELECT {CHANGE} FROM contact_change
         WHERE company = ?1 AND (contact IN (SELECT id FROM person)
           OR into_ IN (SELECT id FROM person))
         ORDER BY number"
    );
    sql.read_all(&query, params![person.company.0, person.contact.0], change)
}

/// Destroy the keys, addresses and policy memory of contacts, and remove their files. Returns
/// those that were not erased before, and the files.
pub(super) fn erase(
    sql: &Connection,
    company: CompanyId,
    contacts: Vec<ContactId>,
    at: Timestamp,
) -> Result<(Vec<ContactId>, Vec<UploadId>)> {
    let (mut erased, mut removed) = (Vec::new(), Vec::new());
    for contact in contacts {
        if is_erased(sql, Person { company, contact })? == Some(true) {
            continue;
        }
        let destroy_key = format!(
            "UPDATE contact_key SET wrapped = zeroblob({WRAPPED_BYTES})
             WHERE company = ?1 AND contact = ?2"
        );
        for query in [
            destroy_key.as_str(),
            "DELETE FROM address WHERE company = ?1 AND contact = ?2",
            // Policies may have stored what the person wrote.
            "DELETE FROM state WHERE company = ?1 AND (scope = 'contact' AND owner = ?2
               OR scope = 'conversation' AND owner IN (SELECT id FROM conversation
                 WHERE company = ?1 AND contact = ?2))",
        ] {
            sql.run(query, params![company.0, contact.0])?;
        }
        originals::delete_of_contact(sql, company, contact)?;
        removed.extend(files::remove_of_contact(sql, company, contact)?);
        opt_outs::delete_of_contact(sql, company, contact)?;
        records::delete_of_contact(sql, company, contact)?;
        word_lists::delete_of_contact(sql, company, contact)?;
        seen_marks::delete_of_contact(sql, company, contact)?;
        sql.run(
            "UPDATE contact SET erased_at = ?3 WHERE company = ?1 AND id = ?2",
            params![company.0, contact.0, Micros(at)],
        )?;
        erased.push(contact);
    }
    Ok((erased, removed))
}
