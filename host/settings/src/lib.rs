//! What the operator decides about the server: `patchbay.toml`.

mod bounds_section;
mod client_secret;
mod company_files;
mod lmtp_section;
mod named_paths;
mod settings_file;
mod sign_in_section;
mod trust_sections;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use patchbay_clock::Clock;
use patchbay_config::bound::BoundSettings;
use patchbay_config::duration::Seconds;
use patchbay_config::file_problem::FileProblem;
use patchbay_desk::LoadBounds;
use patchbay_engine::config::EngineSettings;
use patchbay_generations::Environment;
use patchbay_generations::assemble::InvalidFile;
use patchbay_outbound::egress::{AddressRange, EgressSettings};
use patchbay_pack::store::PackStore;
use patchbay_pack::trust::TrustSource;
use patchbay_pack_build::Sources;
use tracing::level_filters::LevelFilter;

pub use client_secret::{ClientSecretProblem, read_client_secret};
pub use company_files::{CompanyFiles, NOT_A_COMPANY_FILE};
pub use named_paths::check_named_paths;
pub use patchbay_access::oidc::Algorithm;
pub use patchbay_access::settings::{
    Grant, Identity, OidcSettings, SecretPlace, SignInSettings, TlsSettings,
};
pub use patchbay_lmtp::{LmtpAddress, LmtpSettings};
pub use patchbay_telemetry::TelemetrySettings;

/// A complete, commented example of the file. Every value is the default,
/// except names and paths.
pub const EXAMPLE: &str = include_str!("../patchbay.example.toml");

/// What the operator decides about the server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Address to listen on; port 0 takes any free one. Must be a loopback
    /// address while the host has no tokens. Default `127.0.0.1:7420`.
    pub listen: SocketAddr,
    /// Largest request body, in bytes. Default 1 MiB.
    pub body_limit: u64,
    /// Bytes of all request bodies in memory; a request beyond is answered
    /// `overloaded`. Default 256 MiB.
    pub body_budget: u64,
    /// How long a client may take to send a body. Default 10 s.
    pub request_timeout: Duration,
    /// How long a client may take to send a request's head, and how long a
    /// connection may stay idle. Default 10 s.
    pub header_timeout: Duration,
    /// How long a client may leave a part of an answer unread. Default 10 s.
    pub write_timeout: Duration,
    /// How long a request may wait for a thread before it is answered
    /// `overloaded`; callers may ask for less. Default 2 s.
    pub deadline: Duration,
    /// Threads that decide. Default one per core.
    pub workers: usize,
    /// Requests that may wait for such a thread. Default 4096.
    pub queue_length: usize,
    /// Admission under overload.
    pub admission: AdmissionSettings,
    /// Connections open at once. Default 16384.
    pub connections: usize,
    /// How long requests in progress may take to finish when the server stops.
    /// Default 10 s.
    pub shutdown: Duration,
    /// The company files; a directory stands for every `.toml` file in it.
    pub companies: Vec<PathBuf>,
    /// Whether company files are applied when they change or appear. Default
    /// no.
    pub watch: bool,
    /// Addresses of proxies in front, whose `X-Forwarded-For` names the client. Default
    /// none: the client is whoever connects.
    pub trusted_proxies: Vec<AddressRange>,
    /// Whether the server refuses to start if a company's active generation
    /// cannot be built, instead of answering 503 for that company. Default no.
    pub strict: bool,
    /// Directories in which packs are found by name.
    pub packs: Vec<PathBuf>,
    /// Packs that were pulled from registries, for all companies. Default that of the user; in
    /// [`ServerSettings::default`] none.
    pub store: Option<PackStore>,
    /// Which packs are trusted. Default: all while the server listens on loopback, and
    /// none without a trust policy beyond it.
    pub trust: TrustSource,
    /// Whether directories of sources are built where a company file names them.
    /// Default refused.
    pub sources: Sources,
    /// The engine, with the ceilings of all limits.
    pub engine: EngineSettings,
    /// Where conversations are stored; absent: stateless decisions only.
    pub journal: Option<JournalSettings>,
    /// Whether conversations can be searched. `false`: no words are stored, and those that
    /// are stored are deleted. Default true.
    pub search: bool,
    /// Where the companies' mail servers deliver mails; absent: nowhere.
    pub lmtp: Option<LmtpSettings>,
    /// The desk's clock. Default the system's; the demo uses another.
    pub clock: Clock,
    /// Start at the clock's time although the journal has seen a later one.
    /// Default false; only `patchbay serve --accept-clock` sets it.
    pub accept_clock: bool,
    /// Addresses that outbound requests may reach.
    pub egress: EgressSettings,
    /// Environment variables that a company file may name as signing keys when
    /// it is applied with a token, by company.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// Where the secrets of connections are read. Default this process's environment;
    /// tests use another.
    pub environment: Environment,
    /// OpenID Connect issuer whose bearer tokens are accepted, or by which people sign in
    /// to the console. Default none.
    pub oidc: Option<OidcSettings>,
    /// The server's certificate; absent: plain HTTP.
    pub tls: Option<TlsSettings>,
    /// The log.
    pub log: LogSettings,
    /// Traces.
    pub telemetry: TelemetrySettings,
    /// What one company, token or component may use of the host.
    pub bounds: BoundSettings,
}

/// Admission under overload: what is queued, and what is turned away first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionSettings {
    /// Bounds from which the desk counts as busy, and as full.
    pub load: LoadBounds,
    /// Requests of one company that may wait for a thread. Default 1024.
    pub queue_per_company: usize,
    /// Actions of one company's agents that may wait at once. Default 128.
    pub requests_per_company: usize,
    /// Inputs of all companies that may wait for a decision. Default
    /// 1,000,000.
    pub backlog: u64,
}

impl Default for AdmissionSettings {
    fn default() -> AdmissionSettings {
        AdmissionSettings {
            load: LoadBounds::default(),
            queue_per_company: 1024,
            requests_per_company: 128,
            backlog: 1_000_000,
        }
    }
}

/// Where conversations are stored, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalSettings {
    /// The database; created if it does not exist.
    pub path: PathBuf,
    /// The master key of personal data; created with the database.
    pub key: PathBuf,
    /// Directory for backups of a running server. Default `backups` beside the
    /// database.
    pub backups: PathBuf,
    /// Inputs of one company that may wait for a decision; further ones are
    /// answered `busy`. Default 100,000.
    pub backlog: u64,
    /// Age, since their last change, at which resolved conversations and
    /// finished items are deleted. Default none: only on demand.
    pub retain: Option<Seconds>,
    /// Bytes of mails as they came that a company keeps; the oldest make room. 0: none
    /// is kept. Default 4 GiB.
    pub originals: u64,
    /// Free bytes on the journal's disk below which an alert is raised.
    /// Default 64 MiB.
    pub low_space: u64,
}

impl JournalSettings {
    /// The defaults for a database at a path.
    pub fn at(path: PathBuf) -> JournalSettings {
        JournalSettings {
            key: path.with_extension("key"),
            backups: path.with_file_name("backups"),
            path,
            backlog: 100_000,
            retain: None,
            originals: 4 << 30,
            low_space: 64 << 20,
        }
    }

    /// The file in which a running server writes its address, for the command
    /// line.
    pub fn address(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".address");
        name.into()
    }
}

/// The log. The server emits events; the program that runs it installs their
/// subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// Least important level that is written. Default `info`.
    pub level: LevelFilter,
    /// Format of a line. Default text.
    pub format: LogFormat,
}

/// Format of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Text for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

impl Default for LogSettings {
    fn default() -> LogSettings {
        LogSettings {
            level: LevelFilter::INFO,
            format: LogFormat::Text,
        }
    }
}

impl Default for ServerSettings {
    fn default() -> ServerSettings {
        ServerSettings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7420)),
            body_limit: 1 << 20,
            body_budget: 256 << 20,
            request_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            deadline: Duration::from_secs(2),
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            queue_length: 4096,
            admission: AdmissionSettings::default(),
            connections: 16_384,
            shutdown: Duration::from_secs(10),
            companies: Vec::new(),
            watch: false,
            trusted_proxies: Vec::new(),
            strict: false,
            packs: Vec::new(),
            store: None,
            trust: TrustSource::default(),
            sources: Sources::Refuse,
            engine: EngineSettings::default(),
            journal: None,
            search: true,
            lmtp: None,
            clock: Clock::system(),
            accept_clock: false,
            egress: EgressSettings::default(),
            secrets: BTreeMap::new(),
            environment: Environment::default(),
            oidc: None,
            tls: None,
            log: LogSettings::default(),
            telemetry: TelemetrySettings::default(),
            bounds: BoundSettings::default(),
        }
    }
}

/// Whether a file of a directory is a company file, its ending in upper or lower
/// case, and not a hidden file of an editor or mounted volume.
fn is_company_file(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    name.ends_with(".toml") && !name.starts_with('.')
}

impl ServerSettings {
    /// Whether callers can authenticate without a token of the journal: through
    /// an issuer or a client certificate.
    pub fn has_external_identities(&self) -> bool {
        let certificates = self.tls.iter().any(|tls| !tls.identities.is_empty());
        self.oidc.is_some() || certificates
    }

    /// Environment variables that a company's file may name.
    pub fn secrets_of(&self, company: &str) -> BTreeSet<String> {
        self.secrets.get(company).cloned().unwrap_or_default()
    }

    /// Read a settings file; relative paths in it are relative to its directory.
    ///
    /// # Errors
    /// Every problem, with its place in the file.
    pub fn read(path: &Path) -> Result<ServerSettings, InvalidFile> {
        let text = InvalidFile::read(path)?;
        let beside = path.parent().unwrap_or(Path::new("."));
        ServerSettings::parse(&text, beside)
            .map_err(|problems| InvalidFile::new(path, text, problems.into()))
    }

    /// Read settings from a file's text; relative paths in it are relative to
    /// `beside`.
    ///
    /// # Errors
    /// Every problem, with its place in the file.
    pub fn parse(text: &str, beside: &Path) -> Result<ServerSettings, Vec<FileProblem>> {
        settings_file::parse(text, beside)
    }
}
