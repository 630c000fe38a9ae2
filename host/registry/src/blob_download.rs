//! Downloads blobs into a file that a later attempt continues.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, RANGE};
use hyper::{Method, StatusCode};
use patchbay_engine::component::Digest;
use patchbay_pack::image::Descriptor;
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use crate::error::RegistryError;
use crate::session::{Call, Registry};
use crate::step::{Step, Watcher};

/// Time between two looks at a download of another process.
const LOCK_PAUSE: Duration = Duration::from_millis(200);

/// A blob as far as it is downloaded.
struct PartialBlob {
    path: PathBuf,
    file: File,
    length: u64,
    hash: Sha256,
}

impl PartialBlob {
    /// What an earlier attempt left.
    fn open(path: &Path) -> std::io::Result<PartialBlob> {
        let mut options = File::options();
        options.create(true).truncate(false).read(true).write(true);
        Ok(PartialBlob {
            path: path.to_owned(),
            file: options.open(path)?,
            length: 0,
            hash: Sha256::new(),
        })
    }

    /// Whether the path still leads to this file.
    fn is_in_place(&self) -> bool {
        let named = std::fs::metadata(&self.path);
        let (Ok(named), Ok(own)) = (named, self.file.metadata()) else {
            return false;
        };
        (named.dev(), named.ino()) == (own.dev(), own.ino())
    }

    /// Reads what is there; the lock of the file must be held.
    fn read_back(&mut self, most: u64) -> std::io::Result<()> {
        if self.file.metadata()?.len() > most {
            return self.clear();
        }
        self.file.seek(SeekFrom::Start(0))?;
        (self.length, self.hash) = (0, Sha256::new());
        let mut buffer = vec![0; 64 << 10];
        loop {
            match self.file.read(&mut buffer)? {
                0 => return Ok(()),
                read => {
                    self.hash.update(&buffer[..read]);
                    self.length += read as u64;
                }
            }
        }
    }

    fn clear(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        (self.length, self.hash) = (0, Sha256::new());
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn digest(&self) -> Digest {
        Digest::from(<[u8; 32]>::from(self.hash.clone().finalize()))
    }

    /// The whole bytes; the file is removed.
    fn take(mut self) -> std::io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes)?;
        let _ = std::fs::remove_file(&self.path);
        Ok(bytes)
    }
}

impl Registry {
    /// Downloads a blob. What arrived before an error stays in `directory`, and the next attempt
    /// continues it.
    pub(crate) async fn download(
        &mut self,
        blob: &Descriptor,
        name: &str,
        directory: &Path,
        watch: Watcher<'_>,
    ) -> Result<Vec<u8>, RegistryError> {
        let path = directory.join(blob.digest.hex());
        let failed = || RegistryError::io(&path);
        watch(Step::Begin {
            name,
            bytes: blob.size,
        });
        let limit = self.limits.transfer(blob.size);
        let until = Instant::now() + limit;
        let mut partial = self.lock(&path, limit, watch).await?;
        partial.read_back(blob.size).map_err(failed())?;
        let mut is_resumed = partial.length > 0;
        watch(Step::At(partial.length));
        let mut failures = 0;
        loop {
            while partial.length < blob.size {
                let before = partial.length;
                let fetched = self.fetch(blob, name, &mut partial, until, watch).await;
                let Err(error) = fetched else { continue };
                if !error.is_transient() {
                    return Err(error);
                }
                failures = if partial.length > before {
                    1
                } else {
                    failures + 1
                };
                if failures > self.limits.repetitions {
                    return Err(error);
                }
                sleep(self.limits.wait(failures - 1, None)).await;
            }
            let found = partial.digest();
            if found == blob.digest {
                return partial.take().map_err(failed());
            }
            partial.clear().map_err(failed())?;
            if !is_resumed {
                let _ = std::fs::remove_file(&path);
                return Err(self.misbehaved(format!(
                    "sends {name} with the digest {found} instead of {}",
                    blob.digest
                )));
            }
            // What was left may have been damaged here.
            is_resumed = false;
        }
    }

    /// Opens the file of a download, alone.
    async fn lock(
        &self,
        path: &Path,
        limit: Duration,
        watch: Watcher<'_>,
    ) -> Result<PartialBlob, RegistryError> {
        let until = Instant::now() + limit;
        let mut was_told = false;
        loop {
            let partial = PartialBlob::open(path).map_err(RegistryError::io(path))?;
            if partial.file.try_lock().is_ok() {
                // Another process may have ended its download meanwhile and removed the file.
                if partial.is_in_place() {
                    return Ok(partial);
                }
                continue;
            }
            if !was_told {
                watch(Step::Note(
                    "another process downloads this pack; waiting for it",
                ));
                was_told = true;
            }
            if Instant::now() > until {
                return Err(self.slow("the download of another process", limit));
            }
            sleep(LOCK_PAUSE).await;
        }
    }

    /// Fetches what is missing of a blob.
    async fn fetch(
        &mut self,
        blob: &Descriptor,
        name: &str,
        partial: &mut PartialBlob,
        until: Instant,
        watch: Watcher<'_>,
    ) -> Result<(), RegistryError> {
        let path = partial.path.clone();
        let failed = || RegistryError::io(&path);
        let to = self.address(&format!("blobs/{}", blob.digest))?;
        let mut call = Call::new(Method::GET, to);
        if partial.length > 0 {
            call = call.with(RANGE, &format!("bytes={}-", partial.length));
        }
        let mut answer = self.open_blob(&call).await?;
        match answer.status {
            StatusCode::OK => partial.clear().map_err(failed())?,
            StatusCode::PARTIAL_CONTENT if partial.length > 0 => {
                let starts_there = content_start(&answer.headers) == Some(partial.length);
                if !starts_there {
                    return Err(self.misbehaved(format!(
                        "continues {name} elsewhere than asked, at byte {}",
                        partial.length
                    )));
                }
            }
            // It does not resume: from the start.
            StatusCode::RANGE_NOT_SATISFIABLE if partial.length > 0 => {
                partial.clear().map_err(failed())?;
                return Err(self.interrupted(name));
            }
            _ => return Err(self.refusal(answer, name).await),
        }
        self.require_identity(&answer, name)?;
        let stated = answer.headers.get(CONTENT_LENGTH);
        let stated = stated.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if let Some(stated) =
            stated.filter(|stated| partial.length.saturating_add(*stated) != blob.size)
        {
            return Err(self.misbehaved(format!(
                "sends {} bytes of {name}, but its manifest says {}",
                partial.length.saturating_add(stated),
                blob.size
            )));
        }
        let limit = self.limits.transfer(blob.size);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.slow(name, limit));
            }
            let piece = answer.piece(self.limits.pause.min(left)).await;
            match piece.map_err(RegistryError::Connection)? {
                Some(piece) if partial.length + piece.len() as u64 > blob.size => {
                    partial.clear().map_err(failed())?;
                    return Err(self.misbehaved(format!(
                        "sends more than the {} bytes of {name} that its manifest says",
                        blob.size
                    )));
                }
                Some(piece) => {
                    partial.append(&piece).map_err(failed())?;
                    watch(Step::At(partial.length));
                }
                None if partial.length < blob.size => return Err(self.interrupted(name)),
                None => return Ok(()),
            }
        }
    }

    /// A small blob, in memory.
    pub(crate) async fn read_blob(
        &mut self,
        blob: &Descriptor,
        most: u64,
        name: &str,
    ) -> Result<Vec<u8>, RegistryError> {
        if blob.size > most {
            return Err(self.misbehaved(format!(
                "has {name} of {} bytes; the limit is {most}",
                blob.size
            )));
        }
        let to = self.address(&format!("blobs/{}", blob.digest))?;
        let answer = self.open_blob(&Call::new(Method::GET, to)).await?;
        if answer.status != StatusCode::OK {
            return Err(self.refusal(answer, name).await);
        }
        let bytes = self.read(answer, blob.size, name).await?;
        let found = Digest::of(&bytes);
        match found == blob.digest {
            true => Ok(bytes),
            false => Err(self.misbehaved(format!(
                "sends {name} with the digest {found} instead of {}",
                blob.digest
            ))),
        }
    }
}

/// Where a part of a body starts: `bytes START-END/TOTAL`.
fn content_start(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let range = text.trim().strip_prefix("bytes ")?;
    range.split_once('-')?.0.trim().parse().ok()
}
