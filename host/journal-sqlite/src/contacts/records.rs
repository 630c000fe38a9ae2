//! Records of people, and the links between contacts that they make.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use patchbay_model::contact_record::{ContactRecord, RecordChange, RecordContent};
use patchbay_model::input;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::person::{self, ChangeAuthor, PERSON, find_root};
use super::{Address, create, find, last_erasure};
use crate::{Micros, Query, SqliteJournal, append_audit, check_audit, id, load_key, only_id, time};
use patchbay_journal::limits::{self, check_count, check_length};
use patchbay_journal::vault::{ContactKey, Person, Vault};
use patchbay_journal::{
    CompanyId, ContactId, ContactRecords, JournalError, Purpose, RecordImport, RecordOutcome,
    RecordRefusal, RecordStatus, Result, Seal, SealError, StoredRecord,
};

/// In place of a channel, in the hash of a CRM's id. No channel has such a code.
const RECORD: &str = "\0record";
/// Class of the keyed digest of what a record says.
const DIGEST_CLASS: u8 = 8;
/// Rows that a record writes, about.
const WEIGHT: usize = 8;

impl ContactRecords for SqliteJournal {
    fn import_contact_records(
        &self,
        records: Vec<ContactRecord>,
        import: RecordImport,
    ) -> Result<Vec<RecordOutcome>> {
        check_count("number of records", records.len(), limits::CONTACT_RECORDS)?;
        check_length("name", &import.by, input::NAME_BYTES)?;
        check_audit(&import.audit)?;
        let company = import.company;
        let records: Vec<PreparedRecord> = records
            .into_iter()
            .map(|record| PreparedRecord::new(&self.vault, company, record))
            .collect::<Result<_>>()?;
        if import.dry_run {
            return self.read(|sql| {
                let mut claims = Claims::default();
                let plan = |record| {
                    let plan = plan(sql, &self.vault, &import, record, &mut claims)?;
                    Ok(plan.map_or_else(RecordOutcome::refused, |plan| plan.forecast()))
                };
                records.iter().map(plan).collect()
            });
        }
        let erasures = self.keys.erasures();
        let vault = Arc::clone(&self.vault);
        let weight = WEIGHT * records.len();
        let (outcomes, keys) = self.write(weight, move |work| {
            let is_deletion = |record: &PreparedRecord| record.content.is_none();
            if !records.iter().all(is_deletion) {
                work.bytes.check(company)?;
            }
            let mut claims = Claims::default();
            let mut keys = Vec::new();
            let mut outcomes = Vec::with_capacity(records.len());
            for record in &records {
                let plan = plan(work.sql, &vault, &import, record, &mut claims)?;
                outcomes.push(match plan {
                    Err(refusal) => RecordOutcome::refused(refusal),
                    Ok(plan) => plan.execute(work.sql, &vault, &import, record, &mut keys)?,
                });
            }
            if outcomes.iter().any(RecordOutcome::is_change) {
                let mut audit = import.audit.clone();
                audit.details = counts(&outcomes);
                append_audit(work.sql, &audit)?;
            }
            Ok((outcomes, keys))
        })?;
        self.keys.insert(erasures, keys);
        Ok(outcomes)
    }

    fn contact_records(&self, company: CompanyId, contact: ContactId) -> Result<Vec<StoredRecord>> {
        let query = format!(
            "{PERSON} SELECT contact, updated_at, sealed FROM contact_record
             WHERE company = ?1 AND contact IN (SELECT id FROM person)
             ORDER BY contact <> ?2, updated_at DESC, id"
        );
        let rows: Vec<(ContactId, Micros, Vec<u8>)> = self.read(|sql| {
            sql.read_all(&query, params![company.0, contact.0], |row| {
                Ok((id(row, 0)?, Micros(time(row, 1)?), row.get(2)?))
            })
        })?;
        let mut records = Vec::with_capacity(rows.len());
        for (contact, updated_at, sealed) in rows {
            match self.open(company, contact, Purpose::ContactRecord, &sealed) {
                Ok(plain) => {
                    let document = SealedRecord::parse(contact, &plain)?;
                    records.push(StoredRecord {
                        contact,
                        id: document.id,
                        content: document.content,
                        updated_at: updated_at.0,
                    });
                }
                // Erased after it was read.
                Err(SealError::Erased(_)) => {}
                Err(SealError::Journal(error)) => return Err(error),
                Err(SealError::NotAuthentic | SealError::NoContact(_)) => {
                    return Err(damaged(contact));
                }
            }
        }
        Ok(records)
    }
}

fn damaged(contact: ContactId) -> JournalError {
    JournalError::Corrupt(format!("the record of contact {contact}"))
}

/// Numbers of an import, for the audit trail.
fn counts(outcomes: &[RecordOutcome]) -> String {
    let of = |status| {
        let same = outcomes.iter().filter(|one| one.result == Ok(status));
        same.count()
    };
    let refused = outcomes.iter().filter(|one| one.result.is_err()).count();
    let sum = |number: fn(&RecordOutcome) -> usize| outcomes.iter().map(number).sum::<usize>();
    json!({
        "created": of(RecordStatus::Created),
        "updated": of(RecordStatus::Updated),
        "unchanged": of(RecordStatus::Unchanged),
        "deleted": of(RecordStatus::Deleted),
        "refused": refused,
        "linked": sum(|one| one.linked.len()),
        "unlinked": sum(|one| one.unlinked.len()),
    })
    .to_string()
}

/// Delete the records sealed for a contact.
pub(super) fn delete_of_contact(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<()> {
    let query = "DELETE FROM contact_record WHERE company = ?1 AND contact = ?2";
    sql.run(query, params![company.0, contact.0])?;
    Ok(())
}

/// A record with its hashes.
struct PreparedRecord {
    /// Keyed hash of the CRM's id.
    key: [u8; 32],
    id: String,
    /// None: it is to be deleted.
    content: Option<RecordContent>,
    /// Keyed digest of the content.
    digest: [u8; 32],
    /// Each once.
    addresses: Vec<Address>,
}

impl PreparedRecord {
    fn new(vault: &Vault, company: CompanyId, record: ContactRecord) -> Result<PreparedRecord> {
        check_length("id of a record", &record.id, input::ID_BYTES)?;
        let key = vault.address_hash(company, RECORD, &record.id);
        let content = match record.change {
            RecordChange::Put(content) => Some(content),
            RecordChange::Delete => None,
        };
        let mut addresses: Vec<Address> = Vec::new();
        for one in content.iter().flat_map(|content| &content.addresses) {
            let address = Address::new(vault, company, &one.channel, &one.address)?;
            if !addresses.iter().any(|known| known.hash == address.hash) {
                addresses.push(address);
            }
        }
        if content.is_some() && addresses.is_empty() {
            return Err(JournalError::invalid("record", "must have an address"));
        }
        let mut sorted = content.clone();
        if let Some(content) = &mut sorted {
            content.addresses.sort();
            content.addresses.dedup();
        }
        // Plain values: serialization cannot fail.
        let said = serde_json::to_vec(&sorted).unwrap_or_default();
        check_length("record", &said, limits::CONTACT_RECORD)?;
        Ok(PreparedRecord {
            key,
            id: record.id,
            content,
            digest: vault.digest(DIGEST_CLASS, blake3::hash(&said).as_bytes()),
            addresses,
        })
    }
}

/// A record as it is sealed.
#[derive(Serialize, Deserialize)]
struct SealedRecord {
    id: String,
    content: RecordContent,
    /// Contacts that it made one person with its own.
    links: Vec<Link>,
}

impl SealedRecord {
    fn parse(contact: ContactId, plain: &[u8]) -> Result<SealedRecord> {
        serde_json::from_slice(plain).map_err(|_| damaged(contact))
    }
}

/// A merge that a record made.
#[derive(Clone, Serialize, Deserialize)]
struct Link {
    /// The contact of the address, in hexadecimal digits.
    contact: String,
    /// Number of the change.
    change: u64,
}

/// A stored record, as an import finds it.
struct Stored {
    contact: ContactId,
    digest: Vec<u8>,
    links: Vec<Link>,
}

fn stored(
    sql: &Connection,
    vault: &Vault,
    company: CompanyId,
    key: &[u8; 32],
) -> Result<Option<Stored>> {
    let query = "SELECT contact, digest, sealed FROM contact_record WHERE company = ?1 AND id = ?2";
    let read = |row: &Row<'_>| Ok((id(row, 0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?));
    let Some((contact, digest, sealed)) = sql.read_first(query, params![company.0, key], read)?
    else {
        return Ok(None);
    };
    let person = Person { company, contact };
    let key = load_key(sql, vault, person).map_err(|error| match error {
        SealError::Journal(error) => error,
        _ => damaged(contact),
    })?;
    let plain = key.open(person, Purpose::ContactRecord, &sealed);
    let plain = plain.map_err(|_| damaged(contact))?;
    Ok(Some(Stored {
        contact,
        digest,
        links: SealedRecord::parse(contact, &plain)?.links,
    }))
}

/// What the earlier records of an import claim. A dry run does not find it in the
/// journal.
#[derive(Default)]
struct Claims {
    ids: HashSet<[u8; 32]>,
    /// Ids of records by hashes of addresses.
    addresses: HashMap<[u8; 32], [u8; 32]>,
}

/// What an import does with a record.
enum Plan {
    Nothing(RecordStatus),
    Delete {
        undo: Vec<u64>,
    },
    Put {
        is_new: bool,
        /// The contact to seal it for; `None`: that of the first address, which is
        /// new.
        contact: Option<ContactId>,
        /// Links to undo first.
        undo: Vec<u64>,
        /// Links that stay.
        links: Vec<Link>,
        /// Contacts that a person split off by hand.
        apart: Vec<ContactId>,
    },
}

fn plan(
    sql: &Connection,
    vault: &Vault,
    import: &RecordImport,
    record: &PreparedRecord,
    claims: &mut Claims,
) -> Result<Result<Plan, RecordRefusal>> {
    let company = import.company;
    if !claims.ids.insert(record.key) {
        return Ok(Err(RecordRefusal::IdTwice));
    }
    let stored = stored(sql, vault, company, &record.key)?;
    let Some(content) = &record.content else {
        return Ok(Ok(match stored {
            None => Plan::Nothing(RecordStatus::Absent),
            Some(stored) => Plan::Delete {
                undo: stored.links.iter().map(|link| link.change).collect(),
            },
        }));
    };
    let is_claimed = |address: &Address| {
        let claimed = claims.addresses.get(&address.hash);
        claimed.is_some_and(|by| *by != record.key)
    };
    if record.addresses.iter().any(is_claimed) {
        return Ok(Err(RecordRefusal::AddressTwice));
    }
    let mut claim = || {
        let hashes = record.addresses.iter().map(|address| address.hash);
        claims
            .addresses
            .extend(hashes.map(|hash| (hash, record.key)));
    };
    if stored
        .as_ref()
        .is_some_and(|stored| stored.digest == record.digest)
    {
        claim();
        return Ok(Ok(Plan::Nothing(RecordStatus::Unchanged)));
    }
    let mut contacts = Vec::with_capacity(record.addresses.len());
    for address in &record.addresses {
        let found = find(sql, address)?.map(|found| found.contact);
        if found.is_none()
            && !import.restores_erased
            && let Some(at) = last_erasure(sql, vault, address)?
        {
            return Ok(Err(RecordRefusal::Erased(at)));
        }
        contacts.extend(found);
    }
    // It moves when it no longer names the address of its own contact.
    let kept = stored.as_ref().map(|stored| stored.contact);
    let kept = kept.filter(|contact| contacts.contains(contact));
    let contact = kept.or(contacts.first().copied());
    let Links { undo, links, apart } = match &stored {
        Some(stored) => sort_links(sql, company, stored, kept, &contacts)?,
        None => Links::default(),
    };
    let root = |contact| find_root(sql, Person { company, contact });
    // Its own person may have another record, if contacts were merged by hand.
    let own = stored
        .as_ref()
        .map(|stored| root(stored.contact))
        .transpose()?;
    let mut people: Vec<ContactId> = Vec::new();
    for contact in contacts.iter().filter(|contact| !apart.contains(contact)) {
        let person = root(*contact)?;
        if own != Some(person)
            && let Some(other) = other_record(sql, company, *contact, &record.key)?
        {
            return Ok(Err(RecordRefusal::OtherRecord(other)));
        }
        if !people.contains(&person) {
            people.push(person);
        }
    }
    if people.len() > 1 && !content.verified {
        return Ok(Err(RecordRefusal::DifferentPeople(people)));
    }
    claim();
    Ok(Ok(Plan::Put {
        is_new: stored.is_none(),
        contact,
        undo,
        links,
        apart,
    }))
}

/// The links of a stored record, by what becomes of them.
#[derive(Default)]
struct Links {
    undo: Vec<u64>,
    links: Vec<Link>,
    apart: Vec<ContactId>,
}

/// `kept` is the record's contact, unless it moves; `contacts` are those of its
/// addresses.
fn sort_links(
    sql: &Connection,
    company: CompanyId,
    stored: &Stored,
    kept: Option<ContactId>,
    contacts: &[ContactId],
) -> Result<Links> {
    let mut sorted = Links::default();
    for link in &stored.links {
        let contact = link.contact.parse();
        let contact: ContactId = contact.map_err(|_| damaged(stored.contact))?;
        let is_named = contacts.contains(&contact);
        let is_in_force = person::is_in_force(sql, company, link.change)?;
        match (is_named, is_in_force) {
            (true, false) => {
                sorted.apart.push(contact);
                sorted.links.push(link.clone());
            }
            (true, true) if kept.is_some() => sorted.links.push(link.clone()),
            (_, true) => sorted.undo.push(link.change),
            (false, false) => {}
        }
    }
    Ok(sorted)
}

/// A contact of the same person that has another record.
fn other_record(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
    key: &[u8; 32],
) -> Result<Option<ContactId>> {
    let query = format!(
        "{PERSON} SELECT contact FROM contact_record
         WHERE company = ?1 AND contact IN (SELECT id FROM person) AND id <> ?3 LIMIT 1"
    );
    sql.read_first(&query, params![company.0, contact.0, key], only_id)
}

impl Plan {
    fn status(&self) -> RecordStatus {
        match self {
            Plan::Nothing(status) => *status,
            Plan::Delete { .. } => RecordStatus::Deleted,
            Plan::Put { is_new: true, .. } => RecordStatus::Created,
            Plan::Put { is_new: false, .. } => RecordStatus::Updated,
        }
    }

    /// What a dry run answers.
    fn forecast(&self) -> RecordOutcome {
        RecordOutcome::of(self.status())
    }

    fn execute(
        self,
        sql: &Connection,
        vault: &Vault,
        import: &RecordImport,
        record: &PreparedRecord,
        keys: &mut Vec<(Person, ContactKey)>,
    ) -> Result<RecordOutcome> {
        let company = import.company;
        let mut outcome = RecordOutcome::of(self.status());
        let by = ChangeAuthor {
            company,
            name: import.by.clone(),
            at: import.at,
        };
        match self {
            Plan::Nothing(_) => {}
            Plan::Delete { undo } => {
                let query = "DELETE FROM contact_record WHERE company = ?1 AND id = ?2
                    RETURNING contact";
                let contact: Option<ContactId> =
                    sql.read_first(query, params![company.0, record.key], only_id)?;
                if let Some(contact) = contact {
                    outcome.contacts = person::contacts(sql, Person { company, contact })?;
                }
                outcome.unlinked = undo_links(sql, &by, &undo)?;
                outcome.moves_history = !outcome.unlinked.is_empty();
            }
            Plan::Put {
                contact,
                undo,
                mut links,
                apart,
                ..
            } => {
                outcome.unlinked = undo_links(sql, &by, &undo)?;
                outcome.moves_history = !outcome.unlinked.is_empty();
                outcome.left_apart = apart.len();
                let mut contact = contact;
                for address in &record.addresses {
                    let (found, is_known) = match find(sql, address)? {
                        Some(found) => (found.contact, true),
                        None => {
                            let (person, key) = create(sql, vault, address, import.at)?;
                            keys.push((person, key));
                            (person.contact, false)
                        }
                    };
                    let into = *contact.get_or_insert(found);
                    if apart.contains(&found) {
                        continue;
                    }
                    match person::merge(sql, &by, found, into) {
                        Ok(change) => {
                            outcome.linked.push(change);
                            outcome.moves_history |= is_known;
                            links.push(Link {
                                contact: found.to_string(),
                                change,
                            });
                        }
                        // The contact itself, or one person already.
                        Err(JournalError::SamePerson(..)) => {}
                        Err(error) => return Err(error),
                    }
                }
                let contact = contact.ok_or_else(|| {
                    JournalError::Corrupt("a record without an address".to_owned())
                })?;
                put(sql, vault, import, record, contact, links)?;
                outcome.contacts = person::contacts(sql, Person { company, contact })?;
            }
        }
        Ok(outcome)
    }
}

/// Undo links that are still in force; returns the numbers of the new changes.
fn undo_links(sql: &Connection, by: &ChangeAuthor, links: &[u64]) -> Result<Vec<u64>> {
    let mut undone = Vec::new();
    for change in links {
        match person::undo(sql, by, *change) {
            Ok(number) => undone.push(number),
            // Split by hand, or by the erasure of one of the two.
            Err(JournalError::NotUndoable(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(undone)
}

fn put(
    sql: &Connection,
    vault: &Vault,
    import: &RecordImport,
    record: &PreparedRecord,
    contact: ContactId,
    links: Vec<Link>,
) -> Result<()> {
    let Some(content) = record.content.clone() else {
        return Ok(());
    };
    let person = Person {
        company: import.company,
        contact,
    };
    let key = load_key(sql, vault, person).map_err(|error| match error {
        SealError::Journal(error) => error,
        _ => JournalError::Corrupt(format!("the key of contact {contact}")),
    })?;
    let document = SealedRecord {
        id: record.id.clone(),
        content,
        links,
    };
    // Plain values: serialization cannot fail.
    let plain = serde_json::to_vec(&document).unwrap_or_default();
    let sealed = key
        .seal(person, Purpose::ContactRecord, &plain)
        .map_err(|_| JournalError::Corrupt(format!("the key of contact {contact}")))?;
    sql.run(
        "INSERT INTO contact_record (company, id, contact, digest, updated_at, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET contact = ?3, digest = ?4, updated_at = ?5, sealed = ?6",
        params![
            import.company.0,
            record.key,
            contact.0,
            record.digest,
            Micros(import.at),
            sealed,
        ],
    )?;
    Ok(())
}
