//! Addresses, and the contacts made at first sight of them.

use jiff::Timestamp;
use patchbay_model::input;
use rusqlite::{Connection, OptionalExtension, params};

use crate::contact::Found;
use crate::error::JournalError;
use crate::id::{CompanyId, ContactId};
use crate::sqlite::keys;
use crate::sqlite::person::{alive, root, stands};
use crate::sqlite::read::PERSON;
use crate::sqlite::row::{At, within};
use crate::vault::{Person, Purpose, Vault};

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
