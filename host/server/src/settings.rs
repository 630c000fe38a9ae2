//! What the operator decides about the server: `patchbay.toml`.

mod file;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use patchbay_desk::{Clock, LoadBounds};
use patchbay_engine::config::EngineSettings;
use patchbay_generation::assemble::Rejected;
use patchbay_model::duration::Seconds;
use patchbay_model::located::Located;
use patchbay_model::web_address::WebAddress;
use patchbay_outbound::egress::EgressSettings;
use tracing::level_filters::LevelFilter;

use crate::workers::Room;
pub use trust::{Algorithm, Grant, Identity, OidcSettings, TlsSettings};

/// A complete, commented example of the file; every value in it that is not a
/// name is the default.
pub const EXAMPLE: &str = include_str!("../patchbay.example.toml");

/// What the operator decides about the server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Address to listen on; port 0 takes any free one. Without tokens it must
    /// be a loopback address. Default `127.0.0.1:7420`.
    pub listen: SocketAddr,
    /// Most bytes of a request's body. Default 1 MiB.
    pub body_limit: u64,
    /// Most bytes of all bodies held at once; a request that finds no room is
    /// told `overloaded`. Default 256 MiB.
    pub body_budget: u64,
    /// How long a client may take to send a body. Default 10 s.
    pub request_timeout: Duration,
    /// How long a client may take to send the head of a request, and how long
    /// a connection may stay idle between two. Default 10 s.
    pub header_timeout: Duration,
    /// How long a client may leave a piece of an answer unread before it is cut
    /// off. Default 10 s.
    pub write_timeout: Duration,
    /// How long a request waits for a place before it is told `overloaded`;
    /// callers may ask for less. Default 2 s.
    pub deadline: Duration,
    /// Threads that decide. Default: as many as there are cores.
    pub workers: usize,
    /// Requests that may wait for such a thread. Default 4096.
    pub queue_length: usize,
    /// What is let in, and what is left out first.
    pub admission: AdmissionSettings,
    /// Connections that may be open at once. Default 16384.
    pub connections: usize,
    /// How long what was begun may take to finish once the server is told to
    /// stop. Default 10 s.
    pub shutdown: Duration,
    /// The company files; a directory stands for every `.toml` in it.
    pub companies: Vec<PathBuf>,
    /// Whether a company file that changes, or comes into a directory of them,
    /// is applied. Default no.
    pub watch: bool,
    /// Whether a company whose kept setup cannot be built keeps the server from
    /// starting, rather than being answered 503. Default no.
    pub strict: bool,
    /// Directories in which packs are found by name.
    pub packs: Vec<PathBuf>,
    /// The engine, with the ceiling of all limits.
    pub engine: EngineSettings,
    /// Where conversations are kept; absent: the server only decides.
    pub journal: Option<JournalSettings>,
    /// What time it is at the desk: the system's, unless a day is played.
    pub clock: Clock,
    /// What may be reached from here.
    pub egress: EgressSettings,
    /// Environment variables a company's setup may name as signing keys when
    /// it is applied with a token, by company.
    pub secrets: BTreeMap<String, BTreeSet<String>>,
    /// Whose bearer tokens are taken beside the journal's own; absent: nobody's.
    pub oidc: Option<OidcSettings>,
    /// How the server proves who it is; absent: it speaks plain HTTP.
    pub tls: Option<TlsSettings>,
    /// What is logged.
    pub log: LogSettings,
    /// What is traced.
    pub telemetry: TelemetrySettings,
}

/// Where traces go, and how many.
#[derive(Clone, Debug, PartialEq)]
pub struct TelemetrySettings {
    /// The collector's address for traces, over OTLP/HTTP; absent, as it is by
    /// default: nothing is traced.
    pub otlp: Option<WebAddress>,
    /// The share of traces that is kept, 0 to 1. Default 0.01.
    pub sample: f64,
}

impl Default for TelemetrySettings {
    fn default() -> TelemetrySettings {
        TelemetrySettings {
            otlp: None,
            sample: 0.01,
        }
    }
}

/// What is let in, and what is left out first where more is asked for than can
/// be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionSettings {
    /// From where on the desk is busy, and full.
    pub load: LoadBounds,
    /// Requests of one company that may wait for a thread. Default 1024.
    pub queue_per_company: usize,
    /// Things that people of one company may have asked for and wait for at
    /// once. Default 128.
    pub requests_per_company: usize,
    /// Inputs of all companies that may wait to be decided about. Default
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

/// Where conversations are kept, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalSettings {
    /// The database; made where there is none.
    pub path: PathBuf,
    /// The master key of everything personal in it; made with the database.
    pub key: PathBuf,
    /// Directory in which a running server makes backups. Default: `backups`
    /// beside the database.
    pub backups: PathBuf,
    /// Inputs of one company that may wait to be decided about; further ones
    /// are told to come again. Default 100,000.
    pub backlog: u64,
    /// How long what is resolved and done is kept after it was last touched;
    /// absent, as it is by default: until somebody compacts it.
    pub retain: Option<Seconds>,
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
        }
    }

    /// The file in which a server that has the journal open says where it
    /// listens.
    pub fn address(&self) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".address");
        name.into()
    }
}

/// What is logged, and how. The server emits events; whoever runs it installs
/// what writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    /// The least important level that is written. Default `info`.
    pub level: LevelFilter,
    /// How lines are written. Default text.
    pub format: LogFormat,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
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
            strict: false,
            packs: Vec::new(),
            engine: EngineSettings::default(),
            journal: None,
            clock: Clock::system(),
            egress: EgressSettings::default(),
            secrets: BTreeMap::new(),
            oidc: None,
            tls: None,
            log: LogSettings::default(),
            telemetry: TelemetrySettings::default(),
        }
    }
}

/// Whether a file of a directory is a company's: not what an editor or a
/// mounted volume keeps beside it.
fn is_company_file(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy();
    name.ends_with(".toml") && !name.starts_with('.')
}

impl ServerSettings {
    /// How many requests may wait for a thread.
    pub(crate) fn room(&self) -> Room {
        Room {
            in_all: self.queue_length,
            per_company: self.admission.queue_per_company,
        }
    }

    /// Whether anybody can be known who has no token of the journal's.
    pub(crate) fn knows_others(&self) -> bool {
        let certificates = self.tls.iter().any(|tls| !tls.identities.is_empty());
        self.oidc.is_some() || certificates
    }

    /// The company files there are now, each directory's by name. A directory
    /// that cannot be read stands for itself: reading it says why.
    pub fn company_files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        for named in &self.companies {
            match named.is_dir().then(|| std::fs::read_dir(named)) {
                Some(Ok(entries)) => {
                    let mut within: Vec<_> = entries.filter_map(Result::ok).collect();
                    within.retain(|entry| is_company_file(&entry.file_name()));
                    within.sort_by_key(std::fs::DirEntry::file_name);
                    files.extend(within.iter().map(std::fs::DirEntry::path));
                }
                _ => files.push(named.clone()),
            }
        }
        files
    }

    /// Environment variables a company may name.
    pub(crate) fn secrets_of(&self, company: &str) -> BTreeSet<String> {
        self.secrets.get(company).cloned().unwrap_or_default()
    }

    /// Read a settings file; relative paths in it begin at its directory.
    ///
    /// # Errors
    /// Everything that is wrong with it, with its places.
    pub fn read(path: &Path) -> Result<ServerSettings, Rejected> {
        let rejected = |text: String, problems| Rejected {
            path: path.to_owned(),
            text,
            problems,
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            let problem = Located::whole(format!("cannot be read: {error}"));
            rejected(String::new(), vec![problem])
        })?;
        let beside = path.parent().unwrap_or(Path::new("."));
        ServerSettings::parse(&text, beside).map_err(|problems| rejected(text, problems))
    }

    /// Read settings from a file's text; relative paths in it begin at
    /// `beside`.
    ///
    /// # Errors
    /// Everything that is wrong with it, with its places.
    pub fn parse(text: &str, beside: &Path) -> Result<ServerSettings, Vec<Located>> {
        file::parse(text, beside)
    }
}
