//! Access to the server of a settings file, and to its journal when no server
//! runs.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::Timestamp;
use patchbay_client::{BlockingClient, ClientError, ClientOptions, Problem, TlsFiles};
use patchbay_config::name_suggestion;
use patchbay_journal::{AuditEntry, CompanyId, Journal, JournalError, Secret};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_settings::{JournalSettings, ServerSettings};
use serde_json::Value;

use crate::exit::{Exit, Failure, io};
use crate::policy::rejected;

/// Environment variable with the token.
const TOKEN: &str = "PATCHBAY_TOKEN";

/// Global flags of the command line; set once, before any command runs.
static CREDENTIALS: OnceLock<Credentials> = OnceLock::new();

/// Files with which this process authenticates to servers.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// File with the token; `None`: the environment variable.
    pub token_file: Option<PathBuf>,
    /// Client certificate and key.
    pub identity: Option<(PathBuf, PathBuf)>,
}

impl Credentials {
    /// Use these for every request of the process.
    pub fn install(self) {
        let _ = CREDENTIALS.set(self);
    }

    /// The token, if there is one. Errors do not repeat its text.
    fn token(&self) -> Result<Option<String>, Failure> {
        let (text, source) = match &self.token_file {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(io(path))?;
                (text, path.display().to_string())
            }
            None => match std::env::var(TOKEN) {
                Ok(text) if !text.trim().is_empty() => (text, TOKEN.to_owned()),
                Ok(_) | Err(std::env::VarError::NotPresent) => return Ok(None),
                Err(std::env::VarError::NotUnicode(_)) => (String::new(), TOKEN.to_owned()),
            },
        };
        let text = text.trim();
        match Secret::parse(text).is_some() || is_jwt(text) {
            true => Ok(Some(text.to_owned())),
            false => Err(Failure::advised(
                Exit::Usage,
                format!("{source} does not hold a valid token"),
                "expected pb_ and 64 hexadecimal digits, as `patchbay token create` prints, or a JWT of the OIDC issuer in the server's settings",
            )),
        }
    }
}

/// Whether a text has the form of a JWT: three parts in base64url.
fn is_jwt(text: &str) -> bool {
    let is_base64url = |part: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !part.is_empty() && part.bytes().all(known)
    };
    text.split('.').count() == 3 && text.split('.').all(is_base64url)
}

/// Read a settings file.
pub fn settings(config: &Path) -> Result<ServerSettings, Failure> {
    if !config.exists() {
        return Err(Failure::advised(
            Exit::Machine,
            format!("the settings file {} does not exist", config.display()),
            "name one with --config; host/settings/patchbay.example.toml is a commented example",
        ));
    }
    ServerSettings::read(config).map_err(rejected)
}

/// The journal of settings; an error if they name none.
pub fn journal_settings<'a>(
    settings: &'a ServerSettings,
    config: &Path,
) -> Result<&'a JournalSettings, Failure> {
    settings.journal.as_ref().ok_or_else(|| {
        Failure::advised(
            Exit::NotRight,
            format!("{} configures no journal", config.display()),
            "set `path` under [journal]; host/settings/patchbay.example.toml has an example",
        )
    })
}

/// A client of the server of a settings file.
pub fn connect(config: &Path) -> Result<BlockingClient, Failure> {
    client(&settings(config)?)
}

fn client(settings: &ServerSettings) -> Result<BlockingClient, Failure> {
    let credentials = CREDENTIALS.get().cloned().unwrap_or_default();
    // A running server writes its address beside the journal: with port 0 the
    // settings do not have it.
    let written = settings.journal.as_ref().and_then(|journal| {
        let address = std::fs::read_to_string(journal.address()).ok()?;
        address.trim().parse().ok()
    });
    let options = ClientOptions {
        address: written.unwrap_or(settings.listen),
        token: credentials.token()?,
        tls: settings.tls.as_ref().map(|tls| TlsFiles {
            server_certificate: tls.certificate.clone(),
            identity: credentials.identity,
        }),
    };
    Ok(BlockingClient::new(options)?)
}

/// A journal file that no server has open, or the server that has it open.
pub enum JournalAccess {
    /// The journal's file: no server has it open.
    File(Box<SqliteJournal>),
    /// The server that has it open.
    Server(Box<BlockingClient>),
}

impl JournalAccess {
    /// Open the journal of a settings file. It must exist.
    pub fn open(config: &Path) -> Result<JournalAccess, Failure> {
        JournalAccess::open_or(config, |journal| {
            Err(Failure::advised(
                Exit::Machine,
                format!("the journal {} does not exist", journal.path.display()),
                format!(
                    "start the server to create it: patchbay serve --config {}",
                    config.display()
                ),
            ))
        })
    }

    /// Open the journal of a settings file, and create it if it does not exist.
    pub fn open_or_create(config: &Path) -> Result<JournalAccess, Failure> {
        JournalAccess::open_or(config, |_| Ok(()))
    }

    /// Open the journal of a settings file; where it does not exist, an empty one in a directory.
    pub fn open_or_scratch(config: &Path, scratch: &Path) -> Result<JournalAccess, Failure> {
        let settings = settings(config)?;
        if journal_settings(&settings, config)?.path.exists() {
            return JournalAccess::open(config);
        }
        let options = Options::new(scratch.join("journal.db"), scratch.join("journal.key"));
        let journal = SqliteJournal::open(&options).map_err(Failure::machine)?;
        Ok(JournalAccess::File(Box::new(journal)))
    }

    fn open_or(
        config: &Path,
        missing: impl FnOnce(&JournalSettings) -> Result<(), Failure>,
    ) -> Result<JournalAccess, Failure> {
        let settings = settings(config)?;
        let journal = journal_settings(&settings, config)?;
        if !journal.path.exists() {
            missing(journal)?;
        }
        match SqliteJournal::open(&Options::new(&journal.path, &journal.key)) {
            Ok(journal) => Ok(JournalAccess::File(Box::new(journal))),
            Err(JournalError::InUse { .. }) => {
                client(&settings).map(|client| JournalAccess::Server(Box::new(client)))
            }
            Err(error) => Err(Failure::machine(error)),
        }
    }
}

/// Id of a company in a journal; an unknown name is an error with suggestions.
pub fn find_company(journal: &dyn Journal, name: &str) -> Result<CompanyId, Failure> {
    if let Some(company) = journal.find_company(name)? {
        return Ok(company);
    }
    let all = journal.active_generations()?;
    let mut names: Vec<String> = all.into_iter().map(|active| active.name).collect();
    names.sort();
    Err(Failure::advised(
        Exit::NotRight,
        format!("unknown company {name:?}"),
        name_suggestion::suggest(name, "companies", &names),
    ))
}

/// An entry of the audit trail for an action on the journal file.
pub fn audit_entry(action: &str, company: Option<&str>, details: &Value) -> AuditEntry {
    let actor = "command-line".to_owned();
    AuditEntry::new(Timestamp::now(), company, actor, action, details)
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Failure {
        let exit = match error {
            JournalError::NoContact(_)
            | JournalError::Erased(_)
            | JournalError::SamePerson(..)
            | JournalError::NotMerged(_)
            | JournalError::NotUndoable(_)
            | JournalError::AddressTaken(_)
            | JournalError::NoOutboxItem(_)
            | JournalError::NoAgent(_)
            | JournalError::NoToken(_)
            | JournalError::NoGeneration(_)
            | JournalError::GenerationInUse(_)
            | JournalError::GenerationMoved { .. }
            | JournalError::GenerationTaken { .. }
            | JournalError::Exists { .. }
            | JournalError::NotAJournal { .. }
            | JournalError::Invalid { .. } => Exit::NotRight,
            _ => Exit::Machine,
        };
        Failure::new(exit, error)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        match error {
            ClientError::Problem(problem) => problem.into(),
            ClientError::NoAnswer { .. } => Failure::advised(
                Exit::Machine,
                error,
                "start the server: patchbay serve --config FILE",
            ),
            ClientError::Request(_) => Failure::new(Exit::Usage, error),
            ClientError::Certificate { .. } => Failure::machine(error),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        let title = problem.title();
        if problem.status == 401 {
            // Only a caller that sent a token learns what is wrong with it.
            let message = match problem.kind() {
                "invalid-token" => problem.detail().unwrap_or(title),
                _ => title,
            };
            return Failure::advised(
                Exit::NotRight,
                message,
                "set PATCHBAY_TOKEN or --token-file; an operator creates tokens with `patchbay token create`",
            );
        }
        let exit = match problem.status {
            400..500 => Exit::NotRight,
            _ => Exit::Machine,
        };
        if let Some(reasons) = problem.reasons() {
            let text =
                |field: &'static str| move |one: &Value| one[field].as_str().map(str::to_owned);
            let messages: Vec<String> = reasons.iter().filter_map(text("message")).collect();
            let help = reasons.iter().find_map(text("help"));
            return Failure::with_help(exit, messages.join("\n"), help);
        }
        Failure::with_help(exit, title, problem.detail().map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_has_three_parts_in_base64url() {
        assert!(is_jwt("eyJhbGciOiJFUzI1NiJ9.e30.c2ln_-A"));
        for text in ["", "a.b", "a.b.c.d", "a..c", "a.b.c\nx", "a.b.c d", "é.b.c"] {
            assert!(!is_jwt(text), "{text}");
        }
    }
}
