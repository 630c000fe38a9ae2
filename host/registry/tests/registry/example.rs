//! A pack, a registry, and a store.

use std::collections::BTreeMap;
use std::time::Duration;

use patchbay_engine::component::Digest;
use patchbay_outbound::egress::{Egress, EgressSettings};
use patchbay_pack::Pack;
use patchbay_pack::bundle::Bundle;
use patchbay_pack::manifest::Manifest;
use patchbay_pack::pack_file::{PackFile, PackParts};
use patchbay_pack::signature::{SecretKey, generate};
use patchbay_pack::store::PackStore;
use patchbay_registry::{
    DockerConfig, PulledPack, PushedPack, Reach, Registry, RegistryError, RegistryLimits,
};
use patchbay_test_registry::TestRegistry;
use tempfile::TempDir;

/// Bytes of a chunk of an upload.
pub(crate) const CHUNK: usize = 1_000;
/// Bytes of the component: several chunks.
pub(crate) const COMPONENT: usize = 10_500;

/// The pack `care` in a version.
pub(crate) fn pack_file(version: &str) -> PackFile {
    let text = format!("[pack]\nname = \"care\"\nversion = \"{version}\"\npublisher = \"acme\"\n");
    let section = Manifest::parse(&text).expect("a manifest").pack;
    let component: Vec<u8> = (0..COMPONENT)
        .map(|at| (at % 251) as u8 ^ version.len() as u8)
        .collect();
    let bundle = Bundle {
        name: "care".to_owned(),
        manifest: Some(text),
        schema: None,
        component: Digest::of(&component),
        cases: BTreeMap::new(),
        tested: None,
        is_stored: false,
        data: BTreeMap::new(),
        provenance: None,
    };
    PackFile::from_parts(PackParts {
        pack: Pack::from_bundle(bundle, component.into(), |_| None).expect("a pack"),
        section,
        exports: Vec::new(),
        imports: Vec::new(),
        readme: Some("# Care\n".to_owned()),
        sbom: None,
    })
    .expect("a pack file")
}

/// The same pack with one more signature, by a new key.
pub(crate) fn signed(file: PackFile) -> PackFile {
    let keys = generate(None, "acme").expect("keys");
    let key = SecretKey::read(&keys.secret, None).expect("a key");
    let text = key.sign(file.image_bytes(), "care").expect("a signature");
    file.with_signature(&text).expect("signed")
}

pub(crate) fn limits() -> RegistryLimits {
    RegistryLimits {
        answer: Duration::from_secs(5),
        pause: Duration::from_millis(400),
        repetitions: 3,
        backoff: Duration::from_millis(1),
        chunk: CHUNK,
        ..RegistryLimits::default()
    }
}

/// A registry, and a store to pull into.
pub(crate) struct Place {
    pub(crate) registry: TestRegistry,
    pub(crate) store: PackStore,
    directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        let directory = tempfile::tempdir().expect("a directory");
        Place {
            registry: TestRegistry::start(),
            store: PackStore::at(directory.path().join("store")),
            directory,
        }
    }

    /// A place whose registry holds a pack as `acme/care` with its version as tag.
    pub(crate) async fn with(file: &PackFile) -> Place {
        let place = Place::new();
        place.push(file, "acme/care").await.expect("pushed");
        place.registry.take_lines();
        place
    }

    /// A client of a repository, `acme/care:1.0.0`.
    pub(crate) fn client(&self, path: &str) -> Registry {
        self.client_with(path, DockerConfig::none())
    }

    pub(crate) fn client_with(&self, path: &str, credentials: DockerConfig) -> Registry {
        Place::client_of(&self.registry.host(), path, credentials)
    }

    /// A client of another registry.
    pub(crate) fn client_of(host: &str, path: &str, credentials: DockerConfig) -> Registry {
        let reference = format!("{host}/{path}");
        let reference = reference.parse().expect("a reference");
        let reach = Reach::of_typed(Egress::new(EgressSettings::default()));
        Registry::new(reference, reach, credentials).with_limits(limits())
    }

    /// Credentials for the registry, `ana:secret`.
    pub(crate) fn credentials(&self, pair: &str) -> DockerConfig {
        self.credentials_of(&self.registry.host(), pair)
    }

    /// Credentials for another registry.
    pub(crate) fn credentials_of(&self, host: &str, pair: &str) -> DockerConfig {
        let (user, password) = pair.split_once(':').expect("a pair");
        let path = self.directory.path().join("config.json");
        let text = format!(
            r#"{{"auths": {{"{host}": {{"username": "{user}", "password": "{password}"}}}}}}"#
        );
        std::fs::write(&path, text).expect("written");
        DockerConfig::at(path)
    }

    pub(crate) async fn push(
        &self,
        file: &PackFile,
        path: &str,
    ) -> Result<PushedPack, RegistryError> {
        self.client(path).push(file, false, &|_| {}).await
    }

    pub(crate) async fn pull(&self, path: &str) -> Result<PulledPack, RegistryError> {
        self.client(path).pull(&self.store, &|_| {}).await
    }

    /// Why a pull is refused.
    pub(crate) async fn pull_error(&self, path: &str) -> String {
        self.pull(path).await.expect_err("refused").to_string()
    }

    /// Bytes of unfinished downloads.
    pub(crate) fn partial_bytes(&self) -> u64 {
        let directory = self.store.partial_downloads().expect("a directory");
        let entries = std::fs::read_dir(directory).expect("listed");
        entries
            .map(|entry| entry.expect("an entry").metadata().expect("there").len())
            .sum()
    }
}
