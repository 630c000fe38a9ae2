//! Deletes packs that no generation needs.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use patchbay_engine::component::Digest;
use serde::Serialize;

use super::{PackStore, named_digest, references};
use crate::pack_file::PackFile;

/// Age of an unfinished download that no process continues.
const PARTIAL_AGE: Duration = Duration::from_secs(86_400);

/// What a collection deleted, or would delete, and what it kept.
#[derive(Debug, Default, Serialize)]
pub struct Collection {
    /// The deleted packs.
    pub deleted: Vec<DeletedPack>,
    /// The packs that stay.
    pub kept: Vec<KeptPack>,
    /// Deleted downloads that were never finished.
    pub partial: usize,
    /// Bytes that became free.
    pub bytes: u64,
}

/// A pack that was deleted.
#[derive(Debug, Serialize)]
pub struct DeletedPack {
    /// Its file.
    pub file: PathBuf,
    /// Its digest, that of the file's name.
    pub digest: Option<Digest>,
    /// Length of the file.
    pub bytes: u64,
}

/// A pack that stays.
#[derive(Debug, Serialize)]
pub struct KeptPack {
    /// Its file.
    pub file: PathBuf,
    /// Its digest.
    pub digest: Option<Digest>,
    /// Why it stays, as half a sentence.
    pub because: &'static str,
}

impl PackStore {
    /// Deletes the packs that were not pulled or used for `age` and are not needed: neither their
    /// digest nor that of their component is in `needed`. Waits until no process reads the store.
    /// With `dry_run`, only says what it would delete.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn collect(
        &self,
        needed: &BTreeSet<Digest>,
        age: Duration,
        dry_run: bool,
    ) -> io::Result<Collection> {
        let mut done = Collection::default();
        if !self.directory().exists() {
            return Ok(done);
        }
        let _lock = self.lock_alone()?;
        let now = SystemTime::now();
        for file in self.files() {
            let found = fs::metadata(&file)?;
            let digest = named_digest(&file);
            let is_recent = is_younger(&found, age, now);
            let because = match is_needed(&file, digest, needed) {
                true => Some("a generation needs it"),
                false => is_recent.then_some("it was used within the age"),
            };
            if let Some(because) = because {
                done.kept.push(KeptPack {
                    file,
                    digest,
                    because,
                });
                continue;
            }
            if !dry_run {
                fs::remove_file(&file)?;
            }
            done.bytes += found.len();
            done.deleted.push(DeletedPack {
                file,
                digest,
                bytes: found.len(),
            });
        }
        self.collect_partial(&mut done, now, dry_run)?;
        if !dry_run {
            let kept: BTreeSet<Digest> = done.kept.iter().filter_map(|one| one.digest).collect();
            references::update(self.directory(), |all| {
                all.retain(|_, digest| kept.contains(digest));
            })?;
        }
        Ok(done)
    }

    /// Deletes old downloads that no process continues: it would hold their lock.
    fn collect_partial(
        &self,
        done: &mut Collection,
        now: SystemTime,
        dry_run: bool,
    ) -> io::Result<()> {
        for entry in fs::read_dir(self.partial_downloads()?)?.flatten() {
            let path = entry.path();
            let Ok(found) = fs::metadata(&path) else {
                continue;
            };
            let is_open = || File::open(&path).is_ok_and(|file| file.try_lock().is_err());
            if !found.is_file() || is_younger(&found, PARTIAL_AGE, now) || is_open() {
                continue;
            }
            if !dry_run {
                fs::remove_file(&path)?;
            }
            done.partial += 1;
            done.bytes += found.len();
        }
        Ok(())
    }
}

fn is_younger(found: &fs::Metadata, age: Duration, now: SystemTime) -> bool {
    let used = found.modified().unwrap_or(now);
    // A time in the future is young.
    now.duration_since(used).map_or(true, |since| since < age)
}

/// A damaged file is needed by no generation: no generation can use it.
fn is_needed(file: &Path, digest: Option<Digest>, needed: &BTreeSet<Digest>) -> bool {
    if digest.is_some_and(|digest| needed.contains(&digest)) {
        return true;
    }
    PackFile::open(file).is_ok_and(|file| needed.contains(&file.pack().digest()))
}
