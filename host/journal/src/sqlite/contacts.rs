//! People: their addresses, and which contacts are one person.

use jiff::Timestamp;
use patchbay_model::input;
use rusqlite::{Connection, OptionalExtension, params};

use crate::contact::{ContactChange, ContactChangeKind, Found};
use crate::error::JournalError;
use crate::id::{CompanyId, ContactId};
use crate::sqlite::keys;
use crate::sqlite::read::PERSON;
use crate::sqlite::row::{At, Coded, within};
use crate::vault::{Person, Purpose, Vault, WRAPPED_BYTES};

/// An address, and what it is found by.
pub(super) struct Address {
    pub(super) company: CompanyId,
    pub(super) channel: String,
    pub(super) address: String,
    pub(super) hash: [u8; 32],
    pub(super) at: Timestamp,
}

impl Address {
    pub(super) fn new(
        vault: &Vault,
        company: CompanyId,
        channel: &str,
        address: &str,
        at: Timestamp,
    ) -> Result<Address, JournalError> {
        within("channel", channel.len(), input::CODE_BYTES)?;
        within("address", address.len(), input::NAME_BYTES)?;
        if address.is_empty() {
            return Err(JournalError::invalid("address", "must not be empty"));
        }
        Ok(Address {
            company,
            channel: channel.to_owned(),
            address: address.to_owned(),
            hash: vault.address_hash(company, channel, address),
            at,
        })
    }
}

/// The contact of an address, if it was seen before.
pub(super) fn find(
    sql: &Connection,
    company: CompanyId,
    hash: &[u8; 32],
) -> Result<Option<Found>, JournalError> {
    let contact: Option<ContactId> = sql
        .prepare_cached("SELECT contact FROM address WHERE company = ?1 AND hash = ?2")?
        .query_row(params![company, hash], |row| row.get(0))
        .optional()?;
    contact
        .map(|contact| {
            let person = root(sql, company, contact)?;
            Ok(Found { contact, person })
        })
        .transpose()
}

/// The contact of an address, made if it was not seen before.
pub(super) fn find_or_make(
    sql: &Connection,
    vault: &Vault,
    address: &Address,
) -> Result<Found, JournalError> {
    if let Some(found) = find(sql, address.company, &address.hash)? {
        return Ok(found);
    }
    let mut erased = 0;
    let contact = loop {
        let id = vault.contact_id(&address.hash, erased);
        // Gone from its address and still there: it was erased. Whoever
        // writes now is somebody new.
        if stands(sql, address.company, id)?.is_none() {
            break id;
        }
        erased += 1;
    };
    let person = Person {
        company: address.company,
        contact,
    };
    let wrapped = vault
        .new_key(person)
        .map_err(|error| JournalError::Disk(error.to_string()))?;
    sql.prepare_cached("INSERT INTO contact (company, id, created_at) VALUES (?1, ?2, ?3)")?
        .execute(params![address.company, contact, At(address.at)])?;
    sql.prepare_cached("INSERT INTO contact_key (company, contact, wrapped) VALUES (?1, ?2, ?3)")?
        .execute(params![address.company, contact, wrapped])?;
    put(sql, vault, address, contact)?;
    Ok(Found {
        contact,
        person: contact,
    })
}

/// Give a contact one more address.
pub(super) fn add(
    sql: &Connection,
    vault: &Vault,
    address: &Address,
    contact: ContactId,
) -> Result<(), JournalError> {
    alive(sql, address.company, contact)?;
    match find(sql, address.company, &address.hash)? {
        None => put(sql, vault, address, contact),
        Some(found) if found.contact == contact => Ok(()),
        Some(found) => Err(JournalError::AddressTaken(found.contact)),
    }
}

fn put(
    sql: &Connection,
    vault: &Vault,
    address: &Address,
    contact: ContactId,
) -> Result<(), JournalError> {
    let person = Person {
        company: address.company,
        contact,
    };
    let damaged = |_| JournalError::Corrupt(format!("the key of contact {contact}"));
    let sealed = keys::load(sql, vault, person)
        .map_err(damaged)?
        .seal(person, Purpose::Address, address.address.as_bytes())
        .map_err(|_| JournalError::invalid("address", "is too long"))?;
    sql.prepare_cached(
        "INSERT INTO address (company, hash, channel, contact, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        address.company,
        address.hash,
        address.channel,
        contact,
        sealed
    ])?;
    Ok(())
}

/// Sealed addresses of a person: of which contact, on which channel.
pub(super) fn addresses(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<Vec<(ContactId, String, Vec<u8>)>, JournalError> {
    let query = format!(
        "{PERSON} SELECT contact, channel, sealed FROM address
         WHERE company = ?1 AND contact IN (SELECT id FROM person)"
    );
    let mut statement = sql.prepare_cached(&query)?;
    let rows = statement.query_map(params![company, contact], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether a contact is there, and if so whether it was erased.
fn stands(
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

fn alive(sql: &Connection, company: CompanyId, contact: ContactId) -> Result<(), JournalError> {
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
fn root(
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
    let change = changes(sql, by.company, None)?
        .into_iter()
        .filter(|change| change.number == number || change.undoes == Some(number))
        .collect::<Vec<_>>();
    let [change] = change.as_slice() else {
        return Err(not());
    };
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

/// Changes of a person's contacts, or all of a company's.
pub(super) fn changes(
    sql: &Connection,
    company: CompanyId,
    contact: Option<ContactId>,
) -> Result<Vec<ContactChange>, JournalError> {
    let query = format!(
        "{PERSON} SELECT number, kind, contact, into_, by_, at, undoes FROM contact_change
         WHERE company = ?1 AND (?2 IS NULL OR contact IN (SELECT id FROM person)
           OR into_ IN (SELECT id FROM person))
         ORDER BY number"
    );
    let mut statement = sql.prepare_cached(&query)?;
    let rows = statement.query_map(params![company, contact], |row| {
        Ok(ContactChange {
            number: row.get(0)?,
            kind: row.get::<_, Coded<ContactChangeKind>>(1)?.0,
            contact: row.get(2)?,
            into: row.get(3)?,
            by: row.get(4)?,
            at: row.get::<_, At>(5)?.0,
            undoes: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Destroy the keys and addresses of a person. Answers which contacts lost
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
        sql.execute(
            "UPDATE contact SET erased_at = ?3 WHERE company = ?1 AND id = ?2",
            params![company, contact, At(at)],
        )?;
        erased.push(contact);
    }
    Ok(erased)
}
