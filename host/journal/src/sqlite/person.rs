//! Which contacts are one person, who said so, and their erasure.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::contact::{ContactChange, ContactChangeKind};
use crate::error::JournalError;
use crate::id::{CompanyId, ContactId};
use crate::sqlite::read::PERSON;
use crate::sqlite::row::{At, Coded, place};
use crate::vault::WRAPPED_BYTES;

/// Whether a contact is there, and if so whether it was erased.
pub(super) fn stands(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<Option<bool>, JournalError> {
    let erased = sql
        .prepare_cached("SELECT erased_at IS NOT NULL FROM contact WHERE company = ?1 AND id = ?2")?
        .query_row(params![company, contact], |row| row.get(0))
        .optional()?;
    Ok(erased)
}

/// Refuse a contact that is not there or was erased.
pub(super) fn alive(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<(), JournalError> {
    match stands(sql, company, contact)? {
        None => Err(JournalError::NoContact(contact)),
        Some(true) => Err(JournalError::Erased(contact)),
        Some(false) => Ok(()),
    }
}

/// The contact a contact was merged into, if any.
fn parent(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<Option<ContactId>, JournalError> {
    let parent = sql
        .prepare_cached("SELECT merged_into FROM contact WHERE company = ?1 AND id = ?2")?
        .query_row(params![company, contact], |row| row.get(0))
        .optional()?;
    parent.ok_or(JournalError::NoContact(contact))
}

/// The contact that stands for the person.
pub(super) fn root(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<ContactId, JournalError> {
    let mut at = contact;
    while let Some(into) = parent(sql, company, at)? {
        at = into;
    }
    Ok(at)
}

/// All contacts of the person, and the one that stands for them.
pub(super) fn person(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<(ContactId, Vec<ContactId>), JournalError> {
    let root = root(sql, company, contact)?;
    let query = format!("{PERSON} SELECT id FROM person ORDER BY id");
    let mut statement = sql.prepare_cached(&query)?;
    let rows = statement.query_map(params![company, contact], |row| row.get(0))?;
    Ok((root, rows.collect::<Result<_, _>>()?))
}

/// Who did something to contacts, and when.
pub(super) struct By {
    pub(super) company: CompanyId,
    pub(super) name: String,
    pub(super) at: Timestamp,
}

/// Make two contacts one person.
pub(super) fn merge(
    sql: &Connection,
    by: &By,
    contact: ContactId,
    into: ContactId,
) -> Result<u64, JournalError> {
    alive(sql, by.company, contact)?;
    alive(sql, by.company, into)?;
    let (from, to) = (
        root(sql, by.company, contact)?,
        root(sql, by.company, into)?,
    );
    if from == to {
        return Err(JournalError::SamePerson(contact, into));
    }
    link(sql, by, from, to, None)
}

/// Part a contact from the one it was merged into.
pub(super) fn split(sql: &Connection, by: &By, contact: ContactId) -> Result<u64, JournalError> {
    match parent(sql, by.company, contact)? {
        Some(from) => unlink(sql, by, contact, from, None),
        None => Err(JournalError::NotMerged(contact)),
    }
}

/// Undo a change, as a change of its own.
pub(super) fn undo(sql: &Connection, by: &By, number: u64) -> Result<u64, JournalError> {
    let not = || JournalError::NotUndoable(number);
    let undone = sql
        .prepare_cached("SELECT 1 FROM contact_change WHERE company = ?1 AND undoes = ?2")?
        .exists(params![by.company, place(number)])?;
    let query = format!("SELECT {CHANGE} FROM contact_change WHERE company = ?1 AND number = ?2");
    let change = sql
        .prepare_cached(&query)?
        .query_row(params![by.company, place(number)], change)
        .optional()?
        .filter(|_| !undone)
        .ok_or_else(not)?;
    let (contact, into) = (change.contact, change.into);
    let parent = parent(sql, by.company, contact)?;
    match change.kind {
        ContactChangeKind::Merged if parent == Some(into) => {
            unlink(sql, by, contact, into, Some(number))
        }
        ContactChangeKind::Split if parent.is_none() => {
            alive(sql, by.company, contact)?;
            alive(sql, by.company, into)?;
            if root(sql, by.company, into)? == contact {
                return Err(not());
            }
            link(sql, by, contact, into, Some(number))
        }
        _ => Err(not()),
    }
}

fn link(
    sql: &Connection,
    by: &By,
    contact: ContactId,
    into: ContactId,
    undoes: Option<u64>,
) -> Result<u64, JournalError> {
    set_parent(sql, by.company, contact, Some(into))?;
    record(sql, by, ContactChangeKind::Merged, (contact, into), undoes)
}

fn unlink(
    sql: &Connection,
    by: &By,
    contact: ContactId,
    from: ContactId,
    undoes: Option<u64>,
) -> Result<u64, JournalError> {
    set_parent(sql, by.company, contact, None)?;
    record(sql, by, ContactChangeKind::Split, (contact, from), undoes)
}

fn set_parent(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
    into: Option<ContactId>,
) -> Result<(), JournalError> {
    sql.prepare_cached("UPDATE contact SET merged_into = ?3 WHERE company = ?1 AND id = ?2")?
        .execute(params![company, contact, into])?;
    Ok(())
}

fn record(
    sql: &Connection,
    by: &By,
    kind: ContactChangeKind,
    (contact, into): (ContactId, ContactId),
    undoes: Option<u64>,
) -> Result<u64, JournalError> {
    let number = sql
        .prepare_cached(
            "INSERT INTO contact_change (company, number, kind, contact, into_, by_, at, undoes)
             SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7
             FROM contact_change WHERE company = ?1 RETURNING number",
        )?
        .query_row(
            params![
                by.company,
                kind.as_str(),
                contact,
                into,
                by.name,
                At(by.at),
                undoes
            ],
            |row| row.get(0),
        )?;
    Ok(number)
}

const CHANGE: &str = "number, kind, contact, into_, by_, at, undoes";

fn change(row: &Row<'_>) -> rusqlite::Result<ContactChange> {
    Ok(ContactChange {
        number: row.get(0)?,
        kind: row.get::<_, Coded<ContactChangeKind>>(1)?.0,
        contact: row.get(2)?,
        into: row.get(3)?,
        by: row.get(4)?,
        at: row.get::<_, At>(5)?.0,
        undoes: row.get(6)?,
    })
}

/// Changes of a person's contacts.
pub(super) fn changes(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<Vec<ContactChange>, JournalError> {
    let query = format!(
        "{PERSON} SELECT {CHANGE} FROM contact_change
         WHERE company = ?1 AND (contact IN (SELECT id FROM person)
           OR into_ IN (SELECT id FROM person))
         ORDER BY number"
    );
    let mut statement = sql.prepare_cached(&query)?;
    let rows = statement.query_map(params![company, contact], change)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Destroy the keys and addresses of a person, and what policies remember of
/// them. Answers which contacts lost
/// theirs.
pub(super) fn erase(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
    at: Timestamp,
) -> Result<Vec<ContactId>, JournalError> {
    let (_, contacts) = person(sql, company, contact)?;
    let mut erased = Vec::new();
    for contact in contacts {
        if stands(sql, company, contact)? == Some(true) {
            continue;
        }
        let key = params![company, contact];
        sql.execute(
            &format!(
                "UPDATE contact_key SET wrapped = zeroblob({WRAPPED_BYTES})
                 WHERE company = ?1 AND contact = ?2"
            ),
            key,
        )?;
        sql.execute(
            "DELETE FROM address WHERE company = ?1 AND contact = ?2",
            key,
        )?;
        // Policies may have noted what the person wrote.
        sql.execute(
            "DELETE FROM state WHERE company = ?1 AND (scope = 'contact' AND owner = ?2
               OR scope = 'conversation' AND owner IN (SELECT id FROM conversation
                 WHERE company = ?1 AND contact = ?2))",
            key,
        )?;
        sql.execute(
            "UPDATE contact SET erased_at = ?3 WHERE company = ?1 AND id = ?2",
            params![company, contact, At(at)],
        )?;
        erased.push(contact);
    }
    Ok(erased)
}
