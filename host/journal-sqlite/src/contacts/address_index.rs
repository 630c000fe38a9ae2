//! Stores addresses of earlier versions under the hash of their canonical form
//! as well, so that every spelling finds their contact.

use patchbay_journal::vault::{Person, Vault};
use patchbay_journal::{CompanyId, ContactId, Purpose, Result, SealError};
use patchbay_model::address;
use rusqlite::{Connection, params};

use super::super::{ByteCounter, Query, load_key, read_number, write_number};
use crate::database_error;
use crate::id;

/// Number in `meta`: version of the rules for canonical forms by which the
/// addresses are stored.
const RULES: &str = "address_rules";
/// Addresses per transaction.
const PAGE: usize = 1_000;

struct StoredAddress {
    company: CompanyId,
    hash: Vec<u8>,
    channel: String,
    contact: ContactId,
    sealed: Vec<u8>,
}

/// Bring the stored addresses up to the present rules. Does nothing where they
/// are; else takes about ten seconds for a million addresses. An interrupted run
/// is repeated by the next start.
pub(in super::super) fn index_addresses(
    connection: &mut Connection,
    vault: &Vault,
    bytes: &ByteCounter,
) -> Result<()> {
    if read_number(connection, RULES)? == address::RULES {
        return Ok(());
    }
    let (mut company, mut hash) = (CompanyId(0), Vec::new());
    loop {
        let transaction = connection.transaction().map_err(database_error)?;
        let page = read_page(&transaction, company, &hash)?;
        let Some(last) = page.last() else {
            write_number(&transaction, RULES, address::RULES)?;
            transaction.commit().map_err(database_error)?;
            return Ok(());
        };
        (company, hash) = (last.company, last.hash.clone());
        for stored in &page {
            index_address(&transaction, vault, stored)?;
        }
        bytes.save(&transaction)?;
        transaction.commit().map_err(database_error)?;
        bytes.commit();
    }
}

fn read_page(sql: &Connection, company: CompanyId, hash: &[u8]) -> Result<Vec<StoredAddress>> {
    let query = format!(
        "SELECT company, hash, channel, contact, sealed FROM address
         WHERE (company, hash) > (?1, ?2) ORDER BY company, hash LIMIT {PAGE}"
    );
    sql.read_all(&query, params![company.0, hash], |row| {
        Ok(StoredAddress {
            company: id(row, 0)?,
            hash: row.get(1)?,
            channel: row.get(2)?,
            contact: id(row, 3)?,
            sealed: row.get(4)?,
        })
    })
}

fn index_address(sql: &Connection, vault: &Vault, stored: &StoredAddress) -> Result<()> {
    let (company, contact) = (stored.company, stored.contact);
    let person = Person { company, contact };
    let key = match load_key(sql, vault, person) {
        Ok(key) => key,
        Err(SealError::Journal(error)) => return Err(error),
        // Erased or damaged; `check` reports damage.
        Err(_) => return Ok(()),
    };
    let plain = key.open(person, Purpose::Address, &stored.sealed).ok();
    let Some(given) = plain.and_then(|plain| String::from_utf8(plain).ok()) else {
        return Ok(());
    };
    let canonical = address::canonical(&stored.channel, &given);
    let hash = vault.address_hash(company, &stored.channel, &canonical);
    if stored.hash == hash {
        return Ok(());
    }
    // Two contacts of one address, from before: each keeps what it has, and
    // other spellings find one of them.
    sql.run(
        "INSERT OR IGNORE INTO address (company, hash, channel, contact, sealed)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![company.0, hash, stored.channel, contact.0, stored.sealed],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use patchbay_journal::Contacts;

    use crate::{Options, SqliteJournal};

    /// A journal in which the addresses of a channel are stored under the hash
    /// of what was given, as earlier versions did.
    fn stored_before(options: &Options, addresses: &[(&str, &str)]) -> (CompanyId, Vec<ContactId>) {
        let journal = SqliteJournal::open(options).expect("a journal");
        let company = patchbay_journal::Companies::company(&journal, "acme").expect("a company");
        let now = Timestamp::UNIX_EPOCH;
        let contacts = addresses.iter().map(|&(channel, given)| {
            // Control characters keep an address from having a form.
            let unique = format!("\0{given}");
            let found = journal.find_or_create_contact(company, channel, &unique, now);
            let contact = found.expect("a contact").contact;
            let vault = std::sync::Arc::clone(&journal.vault);
            let (channel, given) = (channel.to_owned(), given.to_owned());
            let change = journal.write(1, move |work| {
                let person = Person { company, contact };
                let key = load_key(work.sql, &vault, person)
                    .map_err(|_| patchbay_journal::JournalError::NoContact(contact))?;
                let sealed = key
                    .seal(person, Purpose::Address, given.as_bytes())
                    .expect("sealed");
                let hash = vault.address_hash(company, &channel, &given);
                work.sql.run(
                    "UPDATE address SET hash = ?1, sealed = ?2 WHERE company = ?3 AND contact = ?4",
                    params![hash, sealed, company.0, contact.0],
                )?;
                write_number(work.sql, RULES, 0)
            });
            change.expect("written");
            contact
        });
        (company, contacts.collect())
    }

    #[test]
    fn contacts_stored_by_an_earlier_version_are_found_by_every_spelling() {
        let place = tempfile::tempdir().expect("a directory");
        let options = Options::new(place.path().join("j.db"), place.path().join("key"));
        let stored = [
            ("email", "Jo@Example.org"),
            ("sms", "0041 79 123 45 67"),
            ("x", "@Jo"),
        ];
        let (company, contacts) = stored_before(&options, &stored);
        for _ in 0..2 {
            let journal = SqliteJournal::open(&options).expect("opens");
            for (spelling, contact) in [
                (("email", "Jo@Example.org"), contacts[0]),
                (("email", "jo@example.org"), contacts[0]),
                (("sms", "0041 79 123 45 67"), contacts[1]),
                (("sms", "+41791234567"), contacts[1]),
                (("x", "jo"), contacts[2]),
            ] {
                let (channel, given) = spelling;
                let found =
                    journal.find_or_create_contact(company, channel, given, Timestamp::UNIX_EPOCH);
                assert_eq!(found.expect("found").contact, contact, "{spelling:?}");
            }
            let addresses = journal.addresses(company, contacts[0]).expect("read");
            assert_eq!(
                addresses,
                [("email".to_owned(), "Jo@Example.org".to_owned())]
            );
        }
    }

    #[test]
    fn two_contacts_of_one_address_stay_two() {
        let place = tempfile::tempdir().expect("a directory");
        let options = Options::new(place.path().join("j.db"), place.path().join("key"));
        let (company, contacts) = stored_before(&options, &[("x", "@Jo"), ("x", "@jO")]);
        let journal = SqliteJournal::open(&options).expect("opens");
        let find = |given: &str| {
            let found = journal.find_or_create_contact(company, "x", given, Timestamp::UNIX_EPOCH);
            found.expect("found").contact
        };
        assert_eq!([find("@Jo"), find("@jO")], [contacts[0], contacts[1]]);
        assert!(contacts.contains(&find("jo")));
    }
}
