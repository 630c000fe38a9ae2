//! The journal in a SQLite file: one process, one writer thread, group commit. The
//! schema and its migrations are in `schema.rs`; what a journal promises is in
//! `patchbay-journal`.
#![forbid(unsafe_code)]

mod acknowledgements;
mod audit;
mod audit_search;
mod backup;
mod byte_counter;
mod change_record;
mod check;
mod commits;
mod compact;
mod company;
mod connection_records;
mod contacts;
mod conversation_entries;
mod conversations;
mod counted_table;
mod directives;
mod entries;
mod files;
mod generations;
mod intake;
mod lanes;
mod lock;
mod long_value;
mod maintenance;
mod meta;
mod opt_outs;
mod originals;
mod outbox;
mod person_overview;
mod policy_memory;
mod quarantine;
mod reader_pool;
mod receipts;
mod restore;
mod rollouts;
mod roster;
mod runs;
mod schema;
mod seal;
mod seen_marks;
mod sessions;
mod statistics;
mod storage_monitor;
mod token_check;
mod tokens;
mod word_lists;
mod writer;
mod writer_cache;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use parking_lot::RwLock;
use rusqlite::Connection;

use crate::lanes::{Lanes, PreviousRun};
use patchbay_journal::vault::{MasterKey, Vault, ensure_private_directory};
use patchbay_journal::{CompanyId, JournalError, Result};
use patchbay_sqlite::{
    Micros, Query, clamp_i64, code, database_error, id, only_id, optional_id, optional_time, time,
    value,
};

pub use restore::restore;
pub use token_check::has_tokens;

use audit::{append_audit, check_audit};
use byte_counter::{ByteCounter, StorageLimits};
use change_record::ChangeRecord;
use contacts::{PERSON, contact_exists, index_addresses};
use entries::{append_notes, check_notes};
use files::RemovalSignal;
use intake::Backlog;
use lock::{append_suffix, lock};
use meta::{read_number, write_number};
use outbox::UNSENT;
use reader_pool::ReaderPool;
use seal::{KeyCache, load_key};
use writer::{WriteTransaction, Writer};
use writer_cache::{WriterCache, decided_mark, newest_feed, oldest_feed};

/// Number in `meta`: the last run whose crashes were counted.
const RUN: &str = "run";
/// Finds the ordinal of the newest stored input; 0 without one.
const NEWEST_INPUT: &str = "SELECT coalesce(max(ordinal), 0) FROM inbound";

/// Files and limits of a journal.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database. Beside it: its log and index (`-wal`, `-shm`), the lock
    /// (`.lock`) and the inputs in flight (`.lanes`).
    pub path: PathBuf,
    /// The master key; created together with a new database. Keep a copy
    /// elsewhere: without it no personal data can be read.
    pub key_file: PathBuf,
    /// Most workers that decide at the same time; default 256.
    pub lanes: u16,
    /// Connections that read; default 4.
    pub readers: usize,
    /// Connections that requests of one company use at once, see
    /// [`read_for`](patchbay_journal::read_for); default 2.
    pub readers_per_company: usize,
    /// Most pending inputs of one company; default 100,000.
    pub backlog_per_company: u64,
    /// Most pending inputs of all companies; default 1,000,000.
    pub backlog: u64,
    /// [`retry_after`](patchbay_journal::AcceptOutcome::Busy) of refused arrivals; default
    /// 1 s.
    pub retry_after: Duration,
    /// Most bytes that a company stores; default 64 GiB. Beyond them its arrivals
    /// are refused.
    pub stored_bytes_per_company: u64,
    /// The same for companies that differ, by name.
    pub stored_bytes_of: BTreeMap<String, u64>,
    /// Further bytes that a company's agents may store; default 1 GiB.
    pub stored_bytes_reserve: u64,
}

impl Options {
    /// The defaults, for a database and its master key.
    pub fn new(path: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            key_file: key_file.into(),
            lanes: 256,
            readers: 4,
            readers_per_company: 2,
            backlog_per_company: 100_000,
            backlog: 1_000_000,
            retry_after: Duration::from_secs(1),
            stored_bytes_per_company: 64 << 30,
            stored_bytes_of: BTreeMap::new(),
            stored_bytes_reserve: 1 << 30,
        }
    }
}

/// A journal in a SQLite file.
pub struct SqliteJournal {
    path: PathBuf,
    // Dropped in this order: the last connection merges the log into the
    // database, and the lock is released after the last write.
    readers: ReaderPool,
    writer: Writer,
    lanes: Lanes,
    vault: Arc<Vault>,
    keys: KeyCache,
    companies: RwLock<HashMap<String, CompanyId>>,
    backlog: Backlog,
    bytes: ByteCounter,
    /// Wakes the task that deletes pieces of removed files.
    removal: RemovalSignal,
    /// The log may hold traces of destroyed keys.
    unscrubbed: AtomicBool,
    _lock: File,
}

impl std::fmt::Debug for SqliteJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteJournal")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl SqliteJournal {
    /// Open a journal; create it if there is none. Counts a crash for each
    /// input that was in flight when the last run ended.
    ///
    /// # Errors
    /// [`JournalError::InUse`], [`JournalError::NewerSchema`],
    /// [`JournalError::NotAJournal`] and [`JournalError::WrongKey`], after which
    /// no file was changed; [`JournalError::InsecureFile`]; and errors of disk
    /// and database.
    pub fn open(options: &Options) -> Result<SqliteJournal> {
        let path = &options.path;
        if let Some(parent) = path.parent() {
            ensure_private_directory(parent)?;
        }
        let lock = lock(path)?;
        let is_new = schema::read_version(path)? == 0;
        let master = match is_new {
            true => MasterKey::read_or_create(&options.key_file)?,
            false => MasterKey::read(&options.key_file)?,
        };
        let vault = Vault::new(&master);
        if !is_new {
            check_key(path, &options.key_file, &vault)?;
        }
        let mut connection = schema::open_writer(path, vault.check())?;
        let limits = StorageLimits {
            of_each: options.stored_bytes_per_company,
            of: options.stored_bytes_of.clone(),
            reserve: options.stored_bytes_reserve,
        };
        let bytes = ByteCounter::install(&connection, limits)?;

        index_addresses(&mut connection, &vault, &bytes)?;

        let lanes_path = append_suffix(path, ".lanes");
        let (lanes, previous) = Lanes::open(&lanes_path, options.lanes)?;
        let run = count_crashes(&mut connection, &previous)?;
        lanes.start_run(run)?;

        let cache = WriterCache::load(&connection)?;
        let readers = ReaderPool::open(path, options.readers, options.readers_per_company)?;
        let writer = Writer::start(connection, cache, bytes.clone())
            .map_err(|error| JournalError::Disk(error.to_string()))?;
        // The last run may have ended between an erasure and its scrub.
        let scrubbed = schema::scrub(path)?;
        Ok(SqliteJournal {
            path: path.clone(),
            writer,
            readers,
            lanes,
            vault: Arc::new(vault),
            keys: KeyCache::default(),
            companies: RwLock::default(),
            backlog: Backlog {
                per_company: options.backlog_per_company,
                total: options.backlog,
                retry_after: options.retry_after,
            },
            bytes,
            removal: RemovalSignal::default(),
            unscrubbed: AtomicBool::new(!scrubbed),
            _lock: lock,
        })
    }

    /// Limit the size of the database in bytes (rounded down to pages, never
    /// below its current size). Writes beyond it fail with
    /// [`JournalError::DiskFull`], as on a full disk.
    ///
    /// # Errors
    /// Errors of the database.
    pub fn limit_bytes(&self, bytes: u64) -> Result<()> {
        self.write(1, move |work| {
            let page: u64 = work
                .sql
                .pragma_query_value(None, "page_size", value)
                .map_err(database_error)?;
            let pages = (bytes / page).clamp(1, 0xffff_fffe);
            let limit = format!("PRAGMA max_page_count = {pages}");
            work.sql
                .query_row(&limit, [], |_| Ok(()))
                .map_err(database_error)
        })
    }

    /// Read from one snapshot of the database.
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.readers.read(read)
    }

    /// Run an operation of about `weight` rows on the writer thread, and wait
    /// until its effect is durable. It may run more than once, each time after
    /// a rollback.
    fn write<T: Send + 'static>(
        &self,
        weight: usize,
        operation: impl FnMut(&mut WriteTransaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.writer.call(weight, operation, |_| {})
    }
}

/// Refuse a database that was created with another master key.
fn check_key(path: &Path, key_file: &Path, vault: &Vault) -> Result<()> {
    let query = "SELECT value FROM meta WHERE name = 'key_check'";
    match schema::open_reader(path)?.read_first(query, [], value::<Vec<u8>>)? {
        Some(stored) if stored == vault.check() => Ok(()),
        _ => Err(JournalError::WrongKey {
            key: key_file.to_owned(),
            path: path.to_owned(),
        }),
    }
}

/// Count the crash of the previous run, exactly once even if this start is
/// interrupted. Returns the number of the new run.
fn count_crashes(connection: &mut Connection, previous: &PreviousRun) -> Result<u64> {
    let transaction = connection.transaction().map_err(database_error)?;
    let counted = read_number(&transaction, RUN)?;
    if previous.run > counted {
        intake::count_crash(&transaction, &previous.in_flight)?;
        write_number(&transaction, RUN, previous.run)?;
    }
    transaction.commit().map_err(database_error)?;
    Ok(previous.run.max(counted) + 1)
}
