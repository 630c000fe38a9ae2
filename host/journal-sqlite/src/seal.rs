//! Sealing under the keys of contacts and companies, and a cache of the keys of
//! contacts.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use patchbay_journal::vault::{ContactKey, Person, Vault, WRAPPED_BYTES};
use patchbay_journal::{CompanyId, ContactId, Purpose, Seal, SealError};
use rusqlite::{Connection, params};
use zeroize::Zeroizing;

use super::{Query, SqliteJournal, value};

/// Most cached keys. One more empties the cache.
const CAPACITY: usize = 65_536;

impl Seal for SqliteJournal {
    fn seal(
        &self,
        company: CompanyId,
        contact: ContactId,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let person = Person { company, contact };
        let key = self.contact_key(person)?;
        key.seal(person, purpose, plain)
            .map_err(|_| SealError::NotAuthentic)
    }

    fn open(
        &self,
        company: CompanyId,
        contact: ContactId,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let person = Person { company, contact };
        let key = self.contact_key(person)?;
        key.open(person, purpose, sealed)
            .map_err(|_| SealError::NotAuthentic)
    }

    fn seal_company(
        &self,
        company: CompanyId,
        purpose: Purpose,
        plain: Vec<u8>,
    ) -> Result<Vec<u8>, SealError> {
        let sealed = self.vault.company_key(company).seal(purpose, plain);
        sealed.map_err(|_| SealError::NotAuthentic)
    }

    fn open_company(
        &self,
        company: CompanyId,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let plain = self.vault.company_key(company).open(purpose, sealed);
        plain.map_err(|_| SealError::NotAuthentic)
    }

    fn derive_company_key(&self, company: CompanyId, context: &str) -> Zeroizing<[u8; 32]> {
        self.vault.derive_company_key(company, context)
    }
}

impl SqliteJournal {
    fn contact_key(&self, person: Person) -> Result<Arc<ContactKey>, SealError> {
        let erasures = {
            let cache = self.keys.0.lock();
            if let Some(key) = cache.keys.get(&person) {
                return Ok(Arc::clone(key));
            }
            cache.erasures
        };
        let key = self.read(|sql| Ok(load_key(sql, &self.vault, person)))??;
        let key = Arc::new(key);
        self.keys.0.lock().insert(erasures, person, &key);
        Ok(key)
    }
}

/// Unwrapped keys of contacts.
#[derive(Default)]
pub(super) struct KeyCache(Mutex<CachedKeys>);

#[derive(Default)]
struct CachedKeys {
    keys: HashMap<Person, Arc<ContactKey>>,
    /// Counts erasures: a key that was read before one is not cached after it.
    erasures: u64,
}

impl CachedKeys {
    fn insert(&mut self, erasures: u64, person: Person, key: &Arc<ContactKey>) {
        if self.erasures == erasures {
            if self.keys.len() >= CAPACITY {
                self.keys.clear();
            }
            self.keys.insert(person, Arc::clone(key));
        }
    }
}

impl KeyCache {
    /// Number of erasures so far, to be read before keys are.
    pub(super) fn erasures(&self) -> u64 {
        self.0.lock().erasures
    }

    /// Cache keys, unless one was destroyed since `erasures` was read.
    pub(super) fn insert(&self, erasures: u64, keys: Vec<(Person, ContactKey)>) {
        let mut cache = self.0.lock();
        for (person, key) in keys {
            cache.insert(erasures, person, &Arc::new(key));
        }
    }

    /// Remove keys that were destroyed.
    pub(super) fn remove(&self, persons: impl Iterator<Item = Person>) {
        let mut cache = self.0.lock();
        cache.erasures += 1;
        for person in persons {
            cache.keys.remove(&person);
        }
    }
}

/// Read and unwrap a contact's key.
pub(super) fn load_key(
    sql: &Connection,
    vault: &Vault,
    person: Person,
) -> Result<ContactKey, SealError> {
    let query = "SELECT wrapped FROM contact_key WHERE company = ?1 AND contact = ?2";
    let key = params![person.company.0, person.contact.0];
    match sql.read_first(query, key, value::<Vec<u8>>)? {
        None => Err(SealError::NoContact(person.contact)),
        Some(wrapped) if wrapped == [0; WRAPPED_BYTES] => Err(SealError::Erased(person.contact)),
        Some(wrapped) => vault
            .unwrap_key(person, &wrapped)
            .map_err(|_| SealError::NotAuthentic),
    }
}
