//! Registries of packs, and the local store of what was pulled.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use jiff::Timestamp;
use patchbay_company::CompanyFile;
use patchbay_config::file_problem::FileProblem;
use patchbay_engine::component::Digest;
use patchbay_generations::assemble::InvalidFile;
use patchbay_outbound::egress::Egress;
use patchbay_pack::pack_file::{PackFile, version_tag};
use patchbay_pack::source::{PackPlaces, REGISTRY_SCHEME, locate};
use patchbay_pack::store::PackStore;
use patchbay_pack::trust::{TrustReport, TrustSource};
use patchbay_registry::{
    DockerConfig, Reach, Reference, ReferenceError, Registry, RegistryError, Step,
};
use patchbay_settings::ServerSettings;
use semver::Version;

use crate::args::HostFlag;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::policy::rejected;
use crate::server::settings;

/// Settings file where none is named.
const CONFIG: &str = "patchbay.toml";

/// The settings file of the host; `None` where none is named and none is here.
pub fn host_config(host: &HostFlag) -> Option<PathBuf> {
    match &host.config {
        Some(path) => Some(path.clone()),
        None => Some(PathBuf::from(CONFIG)).filter(|path| path.exists()),
    }
}

/// The settings of the host, where it has a file of them.
pub fn host_settings(host: &HostFlag) -> Result<Option<ServerSettings>, Failure> {
    host_config(host).map(|path| settings(&path)).transpose()
}

/// The store of the host, or of the user.
pub fn store_of(host: &HostFlag) -> Result<Option<PackStore>, Failure> {
    Ok(match host_settings(host)? {
        Some(settings) => settings.store,
        None => PackStore::of_user(),
    })
}

/// For a registry that a person typed.
pub fn typed_reach() -> Reach {
    Reach::of_typed(Egress::new(Default::default()))
}

/// The credentials of `docker login`.
pub fn credentials() -> DockerConfig {
    DockerConfig::of_user()
}

/// Runs a transfer to its end.
pub fn block_on<T>(transfer: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    Ok(runtime.map_err(Failure::machine)?.block_on(transfer))
}

/// An error of a registry with its exit code.
pub fn failure(error: RegistryError) -> Failure {
    let exit = match error {
        RegistryError::Reference(_) => Exit::Usage,
        RegistryError::Pack { .. } => Exit::Pack,
        RegistryError::NotFound { .. }
        | RegistryError::Denied { .. }
        | RegistryError::Refused(_)
        | RegistryError::Misbehaved { .. }
        | RegistryError::Mismatch(_) => Exit::NotRight,
        RegistryError::Connection(_)
        | RegistryError::Status { .. }
        | RegistryError::Slow { .. }
        | RegistryError::Credentials(_)
        | RegistryError::Io { .. } => Exit::Machine,
    };
    Failure::new(exit, error)
}

/// Shows a transfer on a terminal.
pub struct TransferDisplay {
    bar: ProgressBar,
}

impl TransferDisplay {
    /// Shows a bar, which [`finish`](Self::finish) removes.
    pub fn start() -> TransferDisplay {
        TransferDisplay {
            bar: output::byte_progress(),
        }
    }

    /// Shows a step of the transfer.
    pub fn show(&self, step: Step<'_>) {
        match step {
            Step::Begin { name, bytes } => {
                self.bar.set_prefix(name.to_owned());
                self.bar.set_length(bytes);
                self.bar.set_position(0);
            }
            Step::At(bytes) => self.bar.set_position(bytes),
            Step::Note(text) => self.bar.suspend(|| output::note(text)),
        }
    }

    /// Removes the display.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A pack to pull into the store.
pub struct PullRequest<'a> {
    /// The pack in the registry.
    pub reference: &'a Reference,
    /// Where it is kept.
    pub store: &'a PackStore,
    /// Policy that must accept it; `None`: no policy is known.
    pub trust: Option<&'a TrustSource>,
}

/// A pack that was pulled and is in the store.
pub struct StoredPull {
    /// The pack.
    pub file: PackFile,
    /// Its file in the store.
    pub path: PathBuf,
    /// Bytes that were downloaded; 0 if the store had them.
    pub downloaded: u64,
    /// Whether a policy with keys or rules checked it.
    pub is_checked: bool,
    /// Who signed it, and whether that is trusted.
    pub report: TrustReport,
}

impl PullRequest<'_> {
    /// Pulls the pack, and keeps it if the policy accepts it.
    pub fn pull(&self, reach: Reach) -> Result<StoredPull, Failure> {
        let policy = self.trust.map(TrustSource::policy).transpose();
        let policy = policy.map_err(|problem| Failure::new(Exit::NotRight, problem))?;
        let mut registry = Registry::new(self.reference.clone(), reach, credentials());
        let display = TransferDisplay::start();
        let pulled = block_on(registry.pull(self.store, &|step| display.show(step)))?;
        display.finish();
        let pulled = pulled.map_err(failure)?;
        let report = match &policy {
            None => TrustReport::default(),
            Some(policy) => {
                let checked = policy.check(pulled.file.pack(), Timestamp::now(), &[]);
                checked.map_err(|error| {
                    Failure::new(
                        Exit::NotRight,
                        format!("{} is not trusted: {error}", self.reference),
                    )
                })?
            }
        };
        let directory = self.store.directory();
        let failed = || crate::exit::io(directory);
        let path = self.store.insert(&pulled.file).map_err(failed())?;
        if self.reference.digest().is_none() {
            let name = self.reference.to_string();
            let digest = pulled.file.digest();
            self.store.record(&name, digest).map_err(failed())?;
        }
        Ok(StoredPull {
            path,
            downloaded: pulled.downloaded,
            is_checked: matches!(self.trust, Some(TrustSource::File(_))),
            report,
            file: pulled.file,
        })
    }
}

/// Digests of the packs that a company file names in registries, by their names in it. Pulls what a
/// tag is now, and digests that the store does not have; with `offline`, connects nowhere.
pub fn resolve_company_file(
    path: &Path,
    settings: &ServerSettings,
    offline: bool,
) -> Result<BTreeMap<String, Digest>, Failure> {
    let document = InvalidFile::read(path).map_err(rejected)?;
    let mut resolved = BTreeMap::new();
    // What is wrong with the file is reported when it is built.
    let Ok(reading) = CompanyFile::read(&document) else {
        return Ok(resolved);
    };
    let (mut problems, mut exit) = (Vec::new(), Exit::NotRight);
    for entry in reading.file.plugin.values() {
        let name = entry.pack.get_ref();
        if !name.starts_with(REGISTRY_SCHEME) || resolved.contains_key(name) {
            continue;
        }
        match resolve(name, path, settings, offline) {
            Ok(digest) => {
                resolved.insert(name.clone(), digest);
            }
            Err(failed) => {
                if failed.exit == Exit::Machine {
                    exit = Exit::Machine;
                }
                let message = failed.report.to_string();
                problems.push(FileProblem::at(entry.pack.span(), message));
            }
        }
    }
    match problems.is_empty() {
        true => Ok(resolved),
        false => {
            let shown = path.display().to_string();
            Err(Failure::located(exit, &shown, &document, problems))
        }
    }
}

fn resolve(
    name: &str,
    file: &Path,
    settings: &ServerSettings,
    offline: bool,
) -> Result<Digest, Failure> {
    let wrong = |message: &dyn std::fmt::Display| Failure::new(Exit::NotRight, message);
    let reference: Reference = name
        .parse()
        .map_err(|error: ReferenceError| wrong(&error))?;
    let places = PackPlaces {
        directories: Vec::new(),
        store: settings.store.clone(),
    };
    let is_pinned = reference.digest().is_some();
    match locate(name, file, &places) {
        Ok(found) if offline || is_pinned => {
            let damaged = || wrong(&format_args!("{} is damaged", found.path.display()));
            return found.digest.ok_or_else(damaged);
        }
        Err(error) if offline => return Err(wrong(&error)),
        _ => {}
    }
    Ok(pull_named(&reference, settings)?.file.digest())
}

/// Pulls a pack that a company file names into the store of the server, where its trust policy accepts
/// it.
pub fn pull_named(reference: &Reference, settings: &ServerSettings) -> Result<StoredPull, Failure> {
    let Some(store) = &settings.store else {
        return Err(Failure::new(
            Exit::NotRight,
            "there is no store for packs of registries: set `store` in patchbay.toml, or HOME in the environment",
        ));
    };
    let request = PullRequest {
        reference,
        store,
        trust: Some(&settings.trust),
    };
    request.pull(named_reach(settings))
}

/// The versions in the repository that a company file names, the lowest first, each with its reference.
pub fn named_versions(
    reference: &Reference,
    settings: &ServerSettings,
) -> Result<Vec<(Version, Reference)>, Failure> {
    block_on(tagged_versions(reference, named_reach(settings)))?.map_err(failure)
}

/// The versions in a repository, the lowest first, each with its reference.
pub async fn tagged_versions(
    reference: &Reference,
    reach: Reach,
) -> Result<Vec<(Version, Reference)>, RegistryError> {
    let mut registry = Registry::new(reference.clone(), reach, credentials());
    let versions = registry.versions().await?.into_iter();
    let tagged = versions.map(|version| {
        let tagged = reference.with_tag(&version_tag(&version.to_string()))?;
        Ok((version, tagged))
    });
    tagged.collect()
}

/// For a registry that a company file names.
fn named_reach(settings: &ServerSettings) -> Reach {
    let allow = settings.egress.allow.clone();
    Reach::of_named(Egress::new(settings.egress.clone()), allow)
}
