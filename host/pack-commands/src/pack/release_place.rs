//! Where releases of packs are published: a directory of pack files, or a repository of a registry.

use std::fmt;
use std::path::{Path, PathBuf};

use patchbay_command::args::PublishTarget;
use patchbay_command::changed_file::ChangedFile;
use patchbay_command::exit::{Exit, Failure};
use patchbay_command::registry::{
    TransferDisplay, block_on, credentials, failure, tagged_versions, typed_reach,
};
use patchbay_engine::component::Digest;
use patchbay_pack::pack_file::{EXTENSION, PackFile, version_tag};
use patchbay_pack::source::{AvailablePacks, PackPlaces};
use patchbay_pack::store::PackStore;
use patchbay_registry::{Reference, Registry, RegistryError};
use semver::Version;
use tempfile::TempDir;

/// A place of releases.
pub(super) enum ReleasePlace {
    /// A directory.
    Directory(PathBuf),
    /// A repository.
    Registry(Repository),
}

/// A repository, with a store for what is pulled to compare it.
pub(super) struct Repository {
    reference: Reference,
    store: PackStore,
    /// The store, where this user has none.
    _temporary: Option<TempDir>,
}

/// A release that is there.
pub(super) struct PublishedRelease {
    pub(super) version: Version,
    target: ReleaseTarget,
}

/// Where one release is, or goes to.
#[derive(Clone)]
pub(super) enum ReleaseTarget {
    File(PathBuf),
    Registry(Reference),
}

impl fmt::Display for ReleaseTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReleaseTarget::File(path) => path.display().fmt(f),
            ReleaseTarget::Registry(reference) => reference.fmt(f),
        }
    }
}

impl ReleasePlace {
    /// A directory must exist; a registry is not asked yet.
    pub(super) fn open(target: &PublishTarget) -> Result<ReleasePlace, Failure> {
        match target {
            PublishTarget::Directory(path) if path.is_dir() => {
                Ok(ReleasePlace::Directory(path.clone()))
            }
            PublishTarget::Directory(path) => Err(Failure::advised(
                Exit::Machine,
                format!("{} is no directory", path.display()),
                "create it, and name it under `packs` in the server settings of the hosts that read it",
            )),
            PublishTarget::Registry(reference) => {
                Ok(ReleasePlace::Registry(Repository::open(reference.clone())?))
            }
        }
    }

    /// The releases of a pack that are there.
    pub(super) fn releases(&self, name: &str) -> Result<Vec<PublishedRelease>, Failure> {
        match self {
            ReleasePlace::Directory(path) => releases_in(path, name),
            ReleasePlace::Registry(repository) => repository.releases(name),
        }
    }

    /// Reads a release. Nothing is added to the store of the user.
    pub(super) fn open_release(&self, release: &PublishedRelease) -> Result<PackFile, Failure> {
        match (self, &release.target) {
            (ReleasePlace::Registry(repository), ReleaseTarget::Registry(reference)) => {
                repository.pull(reference)
            }
            (_, ReleaseTarget::File(path)) => super::open(path),
            (ReleasePlace::Directory(_), ReleaseTarget::Registry(reference)) => {
                Err(Failure::machine(format!("{reference} is in no directory")))
            }
        }
    }

    /// The digest of a release.
    pub(super) fn digest(&self, release: &PublishedRelease) -> Result<Digest, Failure> {
        match &release.target {
            ReleaseTarget::File(path) => Ok(super::open(path)?.digest()),
            ReleaseTarget::Registry(reference) => {
                let mut registry = Registry::new(reference.clone(), typed_reach(), credentials());
                let digest = block_on(registry.digest())?.map_err(failure)?;
                digest.ok_or_else(|| {
                    Failure::new(Exit::NotRight, format!("{reference} was deleted meanwhile"))
                })
            }
        }
    }

    /// Where a pack goes; `same` is the release of its version that is there.
    pub(super) fn target(
        &self,
        file: &PackFile,
        same: Option<&PublishedRelease>,
    ) -> Result<ReleaseTarget, Failure> {
        if let Some(same) = same {
            return Ok(same.target.clone());
        }
        let (name, version) = (&file.pack().name, file.pack().version.to_string());
        match self {
            ReleasePlace::Directory(path) => Ok(ReleaseTarget::File(
                path.join(format!("{name}-{version}.{EXTENSION}")),
            )),
            ReleasePlace::Registry(repository) => {
                let tagged = repository.reference.with_tag(&version_tag(&version));
                let reference = tagged.map_err(|error| failure(error.into()))?;
                Ok(ReleaseTarget::Registry(reference))
            }
        }
    }

    /// Publishes a pack. A version that is there gets the signatures that are new.
    pub(super) fn write(&self, file: &PackFile, target: &ReleaseTarget) -> Result<(), Failure> {
        match target {
            ReleaseTarget::File(path) => ChangedFile::lock(path)?.write(&file.write()),
            ReleaseTarget::Registry(reference) => {
                let mut registry = Registry::new(reference.clone(), typed_reach(), credentials());
                let display = TransferDisplay::start();
                let pushed = block_on(registry.push(file, false, &|step| display.show(step)))?;
                display.finish();
                pushed.map(|_| ()).map_err(failure)
            }
        }
    }
}

fn releases_in(directory: &Path, name: &str) -> Result<Vec<PublishedRelease>, Failure> {
    let places = PackPlaces {
        directories: vec![directory.to_owned()],
        store: None,
    };
    let known = AvailablePacks::find(name, &places);
    if let Some(broken) = known.broken.first() {
        // It may be the version before.
        return Err(Failure::advised(
            Exit::Pack,
            broken,
            "remove the file or replace it by a valid one",
        ));
    }
    let files = known.packs.into_iter().filter(|pack| pack.is_file);
    let releases = files.map(|pack| PublishedRelease {
        version: pack.version,
        target: ReleaseTarget::File(pack.path),
    });
    Ok(releases.collect())
}

impl Repository {
    fn open(reference: Reference) -> Result<Repository, Failure> {
        let (store, temporary) = match PackStore::of_user() {
            Some(store) => (store, None),
            None => {
                let directory = tempfile::tempdir().map_err(Failure::machine)?;
                (PackStore::at(directory.path()), Some(directory))
            }
        };
        Ok(Repository {
            reference,
            store,
            _temporary: temporary,
        })
    }

    fn releases(&self, name: &str) -> Result<Vec<PublishedRelease>, Failure> {
        if self.reference.name() != name {
            return Err(Failure::advised(
                Exit::NotRight,
                format!("the pack {name:?} does not belong in {}", self.reference),
                format!("the last part of a repository is the name of its pack: write …/{name}"),
            ));
        }
        let tagged = match block_on(tagged_versions(&self.reference, typed_reach()))? {
            // Nothing was pushed there yet.
            Err(RegistryError::NotFound { .. }) => Vec::new(),
            tagged => tagged.map_err(failure)?,
        };
        let releases = tagged.into_iter().map(|(version, reference)| {
            let target = ReleaseTarget::Registry(reference);
            PublishedRelease { version, target }
        });
        Ok(releases.collect())
    }

    /// Pulls a release, or reads it in the store, without adding it there: who signed it is not checked.
    fn pull(&self, reference: &Reference) -> Result<PackFile, Failure> {
        let mut registry = Registry::new(reference.clone(), typed_reach(), credentials());
        let display = TransferDisplay::start();
        let pulled = block_on(registry.pull(&self.store, &|step| display.show(step)))?;
        display.finish();
        Ok(pulled.map_err(failure)?.file)
    }
}
