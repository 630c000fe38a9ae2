//! Keys of contacts in memory, so that sealing need not read the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

use crate::error::SealError;
use crate::sqlite::readers::Readers;
use crate::vault::{ContactKey, Person, Vault, WRAPPED_BYTES};

/// Keys kept; with more, all are forgotten and read again as they are needed.
const MOST: usize = 65_536;

#[derive(Default)]
pub(super) struct Keys {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: HashMap<Person, Arc<ContactKey>>,
    /// Rises with every erasure: a key read before it must not be kept after.
    erasures: u64,
}

impl Keys {
    pub(super) fn get(
        &self,
        readers: &Readers,
        vault: &Vault,
        person: Person,
    ) -> Result<Arc<ContactKey>, SealError> {
        let erasures = {
            let kept = self.kept();
            if let Some(key) = kept.keys.get(&person) {
                return Ok(Arc::clone(key));
            }
            kept.erasures
        };
        let key = readers.read(|sql| Ok(load(sql, vault, person)))??;
        let key = Arc::new(key);
        let mut kept = self.kept();
        if kept.erasures == erasures {
            if kept.keys.len() >= MOST {
                kept.keys.clear();
            }
            kept.keys.insert(person, Arc::clone(&key));
        }
        Ok(key)
    }

    /// Forget keys that were destroyed.
    pub(super) fn forget(&self, persons: impl IntoIterator<Item = Person>) {
        let mut kept = self.kept();
        kept.erasures += 1;
        for person in persons {
            kept.keys.remove(&person);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Read and unwrap a key.
pub(super) fn load(
    sql: &Connection,
    vault: &Vault,
    person: Person,
) -> Result<ContactKey, SealError> {
    let wrapped: Option<Vec<u8>> = sql
        .prepare_cached("SELECT wrapped FROM contact_key WHERE company = ?1 AND contact = ?2")
        .and_then(|mut statement| {
            statement
                .query_row(params![person.company, person.contact], |row| row.get(0))
                .optional()
        })
        .map_err(|error| SealError::Journal(error.into()))?;
    match wrapped {
        None => Err(SealError::NoContact(person.contact)),
        Some(wrapped) if wrapped == [0; WRAPPED_BYTES] => Err(SealError::Erased(person.contact)),
        Some(wrapped) => vault
            .unwrap_key(person, &wrapped)
            .map_err(|_| SealError::Broken),
    }
}
