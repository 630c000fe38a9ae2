//! Contacts and their addresses.

mod address_index;
mod person;
mod records;

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_model::{address, input};
use rusqlite::{Connection, params};

use super::{
    Micros, Query, SqliteJournal, append_audit, append_notes, check_audit, check_notes, id,
    load_key, only_id,
};
use patchbay_journal::limits::check_length;
use patchbay_journal::vault::{ContactKey, Person, Vault};
use patchbay_journal::{
    AddressRecord, AuditEntry, CompanyId, ContactChange, ContactId, ContactMatch, Contacts,
    Erasure, ErasureNotes, FoundContact, JournalError, Purpose, Result, Seal, SealError,
};

pub(super) use address_index::index_addresses;
pub(super) use person::{PERSON, find_root};

use person::{ChangeAuthor, check_alive, is_erased};

impl Contacts for SqliteJournal {
    fn find_or_create_contact(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
        at: Timestamp,
    ) -> Result<ContactMatch> {
        let address = [(channel.to_owned(), address.to_owned())];
        let found = self.find_or_create_contacts(company, &address, at)?;
        let found = found.first().map(|found| found.contact);
        found.ok_or_else(|| JournalError::Corrupt("no contact for an address".to_owned()))
    }

    fn address_record(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
    ) -> Result<AddressRecord> {
        let address = Address::new(&self.vault, company, channel, address)?;
        self.read(|sql| {
            Ok(AddressRecord {
                contact: find(sql, &address)?,
                erased_at: last_erasure(sql, &self.vault, &address)?,
            })
        })
    }

    fn find_or_create_contacts(
        &self,
        company: CompanyId,
        addresses: &[(String, String)],
        at: Timestamp,
    ) -> Result<Vec<FoundContact>> {
        let addresses: Vec<Address> = addresses
            .iter()
            .map(|(channel, address)| Address::new(&self.vault, company, channel, address))
            .collect::<Result<_>>()?;
        let find_all = |sql: &Connection| -> Result<Vec<Option<ContactMatch>>> {
            addresses.iter().map(|address| find(sql, address)).collect()
        };
        let known = self.read(find_all)?;
        let is_new = |found: &Option<ContactMatch>| found.is_none();
        if !known.iter().any(is_new) {
            let known = known.into_iter().flatten();
            return Ok(known.map(self::known).collect());
        }
        let erasures = self.keys.erasures();
        let vault = Arc::clone(&self.vault);
        let created = known.iter().filter(|found| is_new(found)).count();
        let (found, keys) = self.write(3 * created, move |work| {
            work.bytes.check(company)?;
            let (mut all, mut keys) = (Vec::with_capacity(addresses.len()), Vec::new());
            for (address, known) in addresses.iter().zip(&known) {
                let known = match known {
                    Some(known) => Some(*known),
                    // Another caller, or this one, may have created it meanwhile.
                    None => find(work.sql, address)?,
                };
                all.push(match known {
                    Some(known) => self::known(known),
                    None => {
                        let (person, key) = create(work.sql, &vault, address, at)?;
                        keys.push((person, key));
                        FoundContact {
                            contact: ContactMatch {
                                contact: person.contact,
                                person: person.contact,
                            },
                            is_new: true,
                        }
                    }
                });
            }
            Ok((all, keys))
        })?;
        // The first message is sealed next.
        self.keys.insert(erasures, keys);
        Ok(found)
    }

    fn add_address(
        &self,
        company: CompanyId,
        contact: ContactId,
        channel: &str,
        address: &str,
    ) -> Result<()> {
        let address = Address::new(&self.vault, company, channel, address)?;
        let vault = Arc::clone(&self.vault);
        self.write(1, move |work| {
            check_alive(work.sql, Person { company, contact })?;
            match find(work.sql, &address)? {
                None => {
                    let key = load_key(work.sql, &vault, Person { company, contact });
                    let key = key.map_err(|_| {
                        JournalError::Corrupt(format!("the key of contact {contact}"))
                    })?;
                    insert(work.sql, &key, &address, contact)
                }
                Some(found) if found.contact == contact => Ok(()),
                Some(found) => Err(JournalError::AddressTaken(found.contact)),
            }
        })
    }

    fn addresses(&self, company: CompanyId, contact: ContactId) -> Result<Vec<(String, String)>> {
        let query = format!(
            "{PERSON} SELECT contact, channel, sealed FROM address
             WHERE company = ?1 AND contact IN (SELECT id FROM person)"
        );
        let sealed: Vec<(ContactId, String, Vec<u8>)> = self.read(|sql| {
            find_root(sql, Person { company, contact })?;
            sql.read_all(&query, params![company.0, contact.0], |row| {
                Ok((id(row, 0)?, row.get(1)?, row.get(2)?))
            })
        })?;
        let damaged = || JournalError::Corrupt(format!("an address of contact {contact}"));
        let mut addresses = Vec::with_capacity(sealed.len());
        for (contact, channel, sealed) in sealed {
            match self.open(company, contact, Purpose::Address, &sealed) {
                Ok(plain) => {
                    let address = String::from_utf8(plain).map_err(|_| damaged())?;
                    addresses.push((channel, address));
                }
                // Erased after it was read.
                Err(SealError::Erased(_)) => {}
                Err(SealError::Journal(error)) => return Err(error),
                Err(SealError::NotAuthentic | SealError::NoContact(_)) => return Err(damaged()),
            }
        }
        addresses.sort();
        // An address can be stored under two hashes.
        addresses.dedup();
        Ok(addresses)
    }

    fn person_contacts(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<(ContactId, Vec<ContactId>)> {
        self.read(|sql| {
            let person = Person { company, contact };
            Ok((find_root(sql, person)?, person::contacts(sql, person)?))
        })
    }

    fn merge_contacts(
        &self,
        company: CompanyId,
        contact: ContactId,
        into: ContactId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64> {
        self.change_contacts(company, by, at, audit, move |sql, by| {
            person::merge(sql, by, contact, into)
        })
    }

    fn split_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64> {
        self.change_contacts(company, by, at, audit, move |sql, by| {
            person::split(sql, by, contact)
        })
    }

    fn undo_contact_change(
        &self,
        company: CompanyId,
        change: u64,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64> {
        self.change_contacts(company, by, at, audit, move |sql, by| {
            person::undo(sql, by, change)
        })
    }

    fn contact_changes(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<Vec<ContactChange>> {
        self.read(|sql| person::changes(sql, Person { company, contact }))
    }

    fn erase_person_with(
        &self,
        company: CompanyId,
        contact: ContactId,
        at: Timestamp,
        audit: AuditEntry,
        notes: ErasureNotes,
    ) -> Result<Erasure> {
        check_audit(&audit)?;
        let (contacts, files) = self.write(8, move |work| {
            let person = Person { company, contact };
            find_root(work.sql, person)?;
            let contacts = person::contacts(work.sql, person)?;
            let (erased, files) = person::erase(work.sql, company, contacts, at)?;
            if !erased.is_empty() {
                let notes = notes(&erased);
                check_notes(&notes)?;
                append_notes(work, company, &notes)?;
            }
            append_audit(work.sql, &audit)?;
            Ok((erased, files))
        })?;
        let erased = contacts.iter().map(|contact| Person {
            company,
            contact: *contact,
        });
        self.keys.remove(erased);
        let scrubbed = self.scrub()?;
        // Nothing opens them any more.
        self.delete_own_pieces(files);
        Ok(Erasure { contacts, scrubbed })
    }
}

/// Whether a company has a contact, erased or not.
pub(super) fn contact_exists(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<bool> {
    Ok(is_erased(sql, Person { company, contact })?.is_some())
}

impl SqliteJournal {
    /// Merge or split contacts; returns the number of the change.
    fn change_contacts(
        &self,
        company: CompanyId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
        change: impl Fn(&Connection, &ChangeAuthor) -> Result<u64> + Send + 'static,
    ) -> Result<u64> {
        check_length("name", by, input::NAME_BYTES)?;
        check_audit(&audit)?;
        let by = ChangeAuthor {
            company,
            name: by.to_owned(),
            at,
        };
        self.write(2, move |work| {
            let number = change(work.sql, &by)?;
            append_audit(work.sql, &audit)?;
            Ok(number)
        })
    }
}

/// A contact that existed before.
fn known(contact: ContactMatch) -> FoundContact {
    FoundContact {
        contact,
        is_new: false,
    }
}

/// An address, and the hashes it may be stored under.
pub(super) struct Address {
    company: CompanyId,
    channel: String,
    /// As the channel gave it.
    address: String,
    /// Of its canonical form.
    hash: [u8; 32],
    /// Of the address as given, where it differs: contacts created before there
    /// was a canonical form have only this one, or both.
    as_given: Option<[u8; 32]>,
}

impl Address {
    pub(super) fn new(
        vault: &Vault,
        company: CompanyId,
        channel: &str,
        address: &str,
    ) -> Result<Address> {
        check_length("channel", channel, input::CODE_BYTES)?;
        check_length("address", address, input::NAME_BYTES)?;
        if address.is_empty() {
            return Err(JournalError::invalid("address", "must not be empty"));
        }
        let canonical = address::canonical(channel, address);
        let hash = |form: &str| vault.address_hash(company, channel, form);
        Ok(Address {
            company,
            channel: channel.to_owned(),
            hash: hash(&canonical),
            as_given: (canonical != address).then(|| hash(address)),
            address: address.to_owned(),
        })
    }
}

pub(super) fn find(sql: &Connection, address: &Address) -> Result<Option<ContactMatch>> {
    let company = address.company;
    let query = "SELECT contact FROM address WHERE company = ?1 AND hash = ?2";
    let mut contact = None;
    for hash in address.as_given.iter().chain([&address.hash]) {
        contact = sql.read_first(query, params![company.0, hash], only_id)?;
        if contact.is_some() {
            break;
        }
    }
    let Some(contact) = contact else {
        return Ok(None);
    };
    let person = find_root(sql, Person { company, contact })?;
    Ok(Some(ContactMatch { contact, person }))
}

/// When the last erased contact of an address was erased: [`create`] numbers them.
fn last_erasure(sql: &Connection, vault: &Vault, address: &Address) -> Result<Option<Timestamp>> {
    let mut last = None;
    for number in 0.. {
        let contact = vault.contact_id(&address.hash, number);
        let company = address.company;
        match person::erased_at(sql, Person { company, contact })? {
            Some(erased_at) => last = Some(erased_at),
            None => break,
        }
    }
    Ok(last)
}

/// Create the contact of a new address.
pub(super) fn create(
    sql: &Connection,
    vault: &Vault,
    address: &Address,
    at: Timestamp,
) -> Result<(Person, ContactKey)> {
    let company = address.company;
    // A contact that exists without its address was erased. The next message
    // from the address is of a new contact.
    let mut erased = 0;
    let person = loop {
        let contact = vault.contact_id(&address.hash, erased);
        let person = Person { company, contact };
        if is_erased(sql, person)?.is_none() {
            break person;
        }
        erased += 1;
    };
    let contact = person.contact;
    let (key, wrapped) = vault
        .new_key(person)
        .map_err(|error| JournalError::Disk(error.to_string()))?;
    sql.run(
        "INSERT INTO contact (company, id, created_at) VALUES (?1, ?2, ?3)",
        params![company.0, contact.0, Micros(at)],
    )?;
    sql.run(
        "INSERT INTO contact_key (company, contact, wrapped) VALUES (?1, ?2, ?3)",
        params![company.0, contact.0, wrapped],
    )?;
    insert(sql, &key, address, contact)?;
    Ok((person, key))
}

/// Give a contact an address that is not stored yet.
fn insert(sql: &Connection, key: &ContactKey, address: &Address, contact: ContactId) -> Result<()> {
    let company = address.company;
    let person = Person { company, contact };
    let sealed = key
        .seal(person, Purpose::Address, address.address.as_bytes())
        .map_err(|_| JournalError::invalid("address", "is too long"))?;
    sql.run(
        "INSERT INTO address (company, hash, channel, contact, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![company.0, address.hash, address.channel, contact.0, sealed],
    )?;
    Ok(())
}
