//! Where the versions of packs are found that a company file names: pack directories, the store, and
//! the registry that it names.

use std::path::{Path, PathBuf};

use patchbay_command::exit::Failure;
use patchbay_command::registry::{named_versions, pull_named};
use patchbay_command::server::settings;
use patchbay_pack::Pack;
use patchbay_pack::source::{AvailablePacks, PackPlaces, REGISTRY_SCHEME, locate};
use patchbay_pack_build::{BuildOptions, Sources, open_pack};
use patchbay_registry::{Reference, ReferenceError};
use patchbay_settings::ServerSettings;
use semver::{Comparator, Op, Version};

/// Where packs are looked for, and whether sources are built.
pub(super) struct PackSources {
    settings: ServerSettings,
    places: PackPlaces,
    build: BuildOptions,
    /// Whether registries are asked.
    is_online: bool,
}

/// A version of a pack that this host can use.
pub(super) struct FoundVersion {
    pub(super) version: Version,
    pub(super) origin: VersionOrigin,
}

/// Where a version is.
#[derive(Clone)]
pub(super) enum VersionOrigin {
    /// A pack file, or a directory of sources.
    Path(PathBuf),
    /// A registry, under the tag of the version.
    Registry(Reference),
}

/// The versions of a pack.
pub(super) struct FoundVersions {
    /// Each of them, the highest first.
    pub(super) versions: Vec<FoundVersion>,
    /// Files and manifests of this name that cannot be read: one sentence each.
    pub(super) broken: Vec<String>,
    /// Why the registry that the file names cannot tell its versions.
    pub(super) registry_problem: Option<String>,
}

impl FoundVersions {
    /// The highest version that is no pre-release.
    pub(super) fn newest(&self) -> Option<&FoundVersion> {
        let mut versions = self.versions.iter();
        versions.find(|found| found.version.pre.is_empty())
    }

    /// The highest version that is no pre-release and promises to be compatible with another.
    pub(super) fn newest_compatible(&self, with: &Version) -> Option<&FoundVersion> {
        let range = Comparator {
            op: Op::Caret,
            major: with.major,
            minor: Some(with.minor),
            patch: Some(with.patch),
            pre: with.pre.clone(),
        };
        let mut versions = self.versions.iter();
        versions.find(|found| found.version.pre.is_empty() && range.matches(&found.version))
    }
}

impl PackSources {
    /// Those of a server; with `is_online`, registries too.
    pub(super) fn read(config: &Path, is_online: bool) -> Result<PackSources, Failure> {
        let settings = settings(config)?;
        let build = BuildOptions {
            sources: settings.sources,
            ..BuildOptions::default()
        };
        let places = PackPlaces {
            directories: settings.packs.clone(),
            store: settings.store.clone(),
        };
        Ok(PackSources {
            settings,
            places,
            build,
            is_online,
        })
    }

    /// Reads a version. One of a registry is pulled into the store, where the trust policy accepts it.
    pub(super) fn open(&self, origin: &VersionOrigin) -> Result<Pack, String> {
        match origin {
            VersionOrigin::Path(path) => self.open_path(path),
            VersionOrigin::Registry(reference) => self.pull(reference),
        }
    }

    fn open_path(&self, path: &Path) -> Result<Pack, String> {
        open_pack(path, &self.build).map_err(|error| error.to_string())
    }

    fn pull(&self, reference: &Reference) -> Result<Pack, String> {
        let pulled = pull_named(reference, &self.settings).map_err(|failure| text_of(&failure))?;
        Ok(pulled.file.into_pack())
    }

    /// The pack that a company file names. One of a registry is that of the last pull, so that this
    /// changes nothing for `apply --offline`; it is pulled where it never was.
    pub(super) fn current(&self, wanted: &str, beside: &Path) -> Result<Pack, String> {
        match locate(wanted, beside, &self.places) {
            Ok(found) => self.open_path(&found.path),
            Err(error) => match reference_in(wanted)?.filter(|_| self.is_online) {
                Some(reference) => self.pull(&reference),
                None => Err(error.to_string()),
            },
        }
    }

    /// The versions of a pack that this host can use; those beside the company file count too, where
    /// it names a pack by path, and those of the registry that it names.
    pub(super) fn versions(&self, name: &str, wanted: &str, beside: &Path) -> FoundVersions {
        let is_path = wanted.contains('/') || wanted.ends_with(".pack");
        let named = is_path && !wanted.starts_with(REGISTRY_SCHEME);
        let path = named.then(|| beside.join(wanted));
        let directory = path.as_deref().and_then(Path::parent).map(Path::to_owned);
        let mut places = self.places.clone();
        places.directories.extend(directory);
        let known = AvailablePacks::find(name, &places);
        let builds = self.build.sources == Sources::Build;
        let usable = known
            .packs
            .into_iter()
            .filter(|pack| pack.is_file || builds);
        let (mut versions, registry_problem) = match self.registry_versions(wanted) {
            Ok(versions) => (versions, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        versions.extend(usable.map(|pack| FoundVersion {
            version: pack.version,
            origin: VersionOrigin::Path(pack.path),
        }));
        // Stable: of equal versions, that of the registry is first.
        versions.sort_by(|one, other| other.version.cmp(&one.version));
        FoundVersions {
            versions,
            broken: known.broken,
            registry_problem,
        }
    }

    /// The versions in the registry that a company file names; none where it names none.
    fn registry_versions(&self, wanted: &str) -> Result<Vec<FoundVersion>, String> {
        let Some(reference) = reference_in(wanted)?.filter(|_| self.is_online) else {
            return Ok(Vec::new());
        };
        let tagged = named_versions(&reference, &self.settings);
        let tagged = tagged.map_err(|failure| text_of(&failure))?.into_iter();
        let found = tagged.map(|(version, reference)| FoundVersion {
            version,
            origin: VersionOrigin::Registry(reference),
        });
        Ok(found.collect())
    }
}

/// The reference to a registry that a company file names; `None` where it names a pack otherwise.
fn reference_in(wanted: &str) -> Result<Option<Reference>, String> {
    if !wanted.starts_with(REGISTRY_SCHEME) {
        return Ok(None);
    }
    let parsed = wanted.parse();
    parsed
        .map(Some)
        .map_err(|error: ReferenceError| error.to_string())
}

fn text_of(failure: &Failure) -> String {
    failure.report.to_string()
}
