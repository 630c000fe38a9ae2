//! The journal in a SQLite file: one host, one writer thread, group commit.

mod accept;
mod audit;
mod backup;
mod check;
mod commit;
mod compact;
mod contacts;
mod directives;
mod generations;
mod journal;
mod keys;
mod ledger;
mod memory;
mod notes;
mod outbox;
mod person;
mod read;
mod readers;
mod restore;
mod rollouts;
mod roster;
mod row;
mod schema;
mod tokens;
mod writer;

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use crate::error::JournalError;
use crate::id::CompanyId;
use crate::lanes::Lanes;
use crate::vault::{MasterKey, Vault, make_private};

pub use restore::restore;

use accept::Backlog;
use keys::Keys;
use ledger::Ledger;
use readers::Readers;
use writer::Writer;

/// How often a lock that is held is tried for, and the pause between: half a
/// second in all.
const LOCK_TRIES: u32 = 25;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Where a journal is and what it holds itself to.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database. Beside it: its log and index (`-wal`, `-shm`), the lock
    /// (`.lock`) and the marks of what is in flight (`.lanes`).
    pub path: PathBuf,
    /// The master key; made together with a new database. Keep a copy
    /// elsewhere: without it nothing personal can be read.
    pub key_file: PathBuf,
    /// Workers that may decide at once; 256 unless set.
    pub lanes: u16,
    /// Connections that read; 4 unless set.
    pub readers: usize,
    /// Inputs of one company that may wait; 100,000 unless set.
    pub backlog_per_company: u64,
    /// Inputs of all companies that may wait; 1,000,000 unless set.
    pub backlog: u64,
    /// What those that are refused are told to wait; 1 s unless set.
    pub retry_after: Duration,
}

impl Options {
    /// The usual, for a database and its master key.
    pub fn new(path: impl Into<PathBuf>, key_file: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            key_file: key_file.into(),
            lanes: 256,
            readers: 4,
            backlog_per_company: 100_000,
            backlog: 1_000_000,
            retry_after: Duration::from_secs(1),
        }
    }
}

/// A journal in a SQLite file.
pub struct SqliteJournal {
    path: PathBuf,
    // In this order: the last connection to be closed is the one that can fold
    // the log into the database, and the lock goes after the last write.
    readers: Readers,
    writer: Writer,
    lanes: Lanes,
    vault: Arc<Vault>,
    keys: Keys,
    companies: RwLock<HashMap<String, CompanyId>>,
    backlog: Backlog,
    /// An erasure left traces in the log that are still to be removed.
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
    /// Open a journal, making it where there is none. Inputs the last run had
    /// in flight when it ended get their crash counted.
    ///
    /// # Errors
    /// [`JournalError::InUse`], [`JournalError::Newer`],
    /// [`JournalError::Foreign`], [`JournalError::WrongKey`],
    /// [`JournalError::Open`], and whatever disk and database answer. After
    /// each of the first four, nothing was touched.
    pub fn open(options: &Options) -> Result<SqliteJournal, JournalError> {
        let path = &options.path;
        if let Some(parent) = path.parent() {
            make_private(parent)?;
        }
        let lock = lock(&beside(path, ".lock"))?;
        let fresh = schema::version_of(path)? == 0;
        let master = match fresh {
            true => MasterKey::read_or_make(&options.key_file)?,
            false => MasterKey::read(&options.key_file)?,
        };
        let vault = Vault::new(&master);
        if !fresh {
            refuse_wrong_key(options, &vault)?;
        }
        let mut connection = schema::writer(path, vault.check())?;

        let (lanes, left) = Lanes::open(&beside(path, ".lanes"), options.lanes)?;
        let run = count_crashes(&mut connection, &left)?;
        lanes
            .begin(run)
            .map_err(JournalError::file("cannot write", &beside(path, ".lanes")))?;

        let ledger = Ledger::load(&connection)?;
        let readers = Readers::open(path, options.readers)?;
        let writer = Writer::start(connection, ledger)
            .map_err(|error| JournalError::Disk(error.to_string()))?;
        // The last run may have ended between an erasure and its traces.
        let scrubbed = schema::scrub(path)?;
        Ok(SqliteJournal {
            path: path.clone(),
            writer,
            readers,
            lanes,
            vault: Arc::new(vault),
            keys: Keys::default(),
            companies: RwLock::default(),
            backlog: Backlog {
                per_company: options.backlog_per_company,
                in_all: options.backlog,
                retry_after: options.retry_after,
            },
            unscrubbed: AtomicBool::new(!scrubbed),
            _lock: lock,
        })
    }

    /// Let the database grow to at most so many bytes (rounded down to pages,
    /// and never below what it has). What does not fit is answered with
    /// [`JournalError::Full`], as on a full disk.
    ///
    /// # Errors
    /// Whatever the database answers.
    pub fn limit_bytes(&self, bytes: u64) -> Result<(), JournalError> {
        self.writer.call(1, move |work| {
            let page: u64 = work
                .sql
                .pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = (bytes / page).clamp(1, 0xffff_fffe);
            work.sql
                .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
            Ok(())
        })
    }

    fn company_id(&self, name: &str) -> Result<CompanyId, JournalError> {
        row::within("company", name.len(), patchbay_model::input::ID_BYTES)?;
        let known = self
            .companies
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .copied();
        if let Some(id) = known {
            return Ok(id);
        }
        let wanted = name.to_owned();
        let id = self.writer.call(1, move |work| {
            let find = "SELECT id FROM company WHERE name = ?1";
            let found = work
                .sql
                .prepare_cached(find)?
                .query_row([&wanted], |row| row.get(0))
                .optional()?;
            if let Some(id) = found {
                return Ok(id);
            }
            let make = "INSERT INTO company (name) VALUES (?1) RETURNING id";
            let mut make = work.sql.prepare_cached(make)?;
            Ok(make.query_row([&wanted], |row| row.get(0))?)
        })?;
        self.companies
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name.to_owned(), id);
        Ok(id)
    }

    /// Remove traces of erased keys from the log. Answers whether none are
    /// left.
    fn scrub(&self) -> Result<bool, JournalError> {
        self.unscrubbed.store(true, Ordering::SeqCst);
        let scrubbed = schema::scrub(&self.path)?;
        self.unscrubbed.store(!scrubbed, Ordering::SeqCst);
        Ok(scrubbed)
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Hold the lock for as long as the file is open. It names its holder, for
/// whoever comes second.
fn lock(path: &Path) -> Result<File, JournalError> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(JournalError::file("cannot open", path))?;
    match lock_soon(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            return Err(JournalError::InUse {
                path: path.to_owned(),
                holder: holder.trim().parse().ok(),
            });
        }
        Err(TryLockError::Error(error)) => {
            return Err(JournalError::file("cannot lock", path)(error));
        }
    }
    // Only a courtesy: the lock holds without it.
    let _ = file.set_len(0);
    let _ = writeln!(file, "{}", std::process::id());
    Ok(file)
}

/// Take the lock, also from a holder that is just ending: its own end, or that
/// of a program it starts, which has the file open until it runs.
fn lock_soon(file: &File) -> Result<(), TryLockError> {
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            taken => return taken,
        }
    }
    file.try_lock()
}

fn refuse_wrong_key(options: &Options, vault: &Vault) -> Result<(), JournalError> {
    let kept: Option<Vec<u8>> = schema::reader(&options.path)?
        .query_row(
            "SELECT value FROM meta WHERE name = 'key_check'",
            [],
            |row| row.get(0),
        )
        .optional()?;
    match kept {
        Some(kept) if kept == vault.check() => Ok(()),
        _ => Err(JournalError::WrongKey {
            key: options.key_file.clone(),
            path: options.path.clone(),
        }),
    }
}

/// Count the crash of a run, once however often the start after it is
/// interrupted. Answers the number of the run that begins.
fn count_crashes(
    connection: &mut Connection,
    left: &crate::lanes::Left,
) -> Result<u64, JournalError> {
    let transaction = connection.transaction()?;
    let counted: Option<[u8; 8]> = transaction
        .query_row("SELECT value FROM meta WHERE name = 'run'", [], |row| {
            row.get(0)
        })
        .optional()?;
    let counted = counted.map_or(0, u64::from_le_bytes);
    if left.run > counted {
        accept::crashed(&transaction, &left.in_flight)?;
        transaction.execute(
            "INSERT INTO meta (name, value) VALUES ('run', ?1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [left.run.to_le_bytes().as_slice()],
        )?;
    }
    transaction.commit()?;
    Ok(left.run.max(counted) + 1)
}
