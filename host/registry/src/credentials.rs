//! Credentials for registries, from the configuration of Docker.

mod helper;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_pack::regular_file::read_text;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::RegistryError;

/// Most bytes of the configuration.
const CONFIG_BYTES: u64 = 1 << 20;
/// The name of Docker Hub in the configuration.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// What a registry is shown. Its text is in no message and no log.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Name and password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// A token with which the token service gives others.
    IdentityToken(Zeroizing<String>),
    /// A token for the registry itself.
    RegistryToken(Zeroizing<String>),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::Password { .. } => "Password",
            Credentials::IdentityToken(_) => "IdentityToken",
            Credentials::RegistryToken(_) => "RegistryToken",
        })
    }
}

/// Where credentials come from: the file `config.json` of Docker.
#[derive(Clone, Debug, Default)]
pub struct DockerConfig {
    path: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ConfigFile {
    auths: BTreeMap<String, AuthEntry>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
    #[serde(rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct AuthEntry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    #[serde(rename = "identitytoken")]
    identity_token: Option<String>,
    #[serde(rename = "registrytoken")]
    registry_token: Option<String>,
}

impl DockerConfig {
    /// `config.json` in `$DOCKER_CONFIG` or in `~/.docker`.
    pub fn of_user() -> DockerConfig {
        let named = std::env::var_os("DOCKER_CONFIG").filter(|path| !path.is_empty());
        let home = std::env::var_os("HOME").filter(|path| !path.is_empty());
        let directory = named
            .map(PathBuf::from)
            .or_else(|| Some(Path::new(&home?).join(".docker")));
        DockerConfig {
            path: directory.map(|directory| directory.join("config.json")),
        }
    }

    /// This file.
    pub fn at(path: impl Into<PathBuf>) -> DockerConfig {
        DockerConfig {
            path: Some(path.into()),
        }
    }

    /// No credentials.
    pub fn none() -> DockerConfig {
        DockerConfig::default()
    }

    /// The credentials of a host; `None` where there are none. May run a credential helper, for at
    /// most half a minute. Blocks.
    ///
    /// # Errors
    /// [`RegistryError::Credentials`], which says nothing of what is secret.
    pub fn find(&self, host: &str) -> Result<Option<Credentials>, RegistryError> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let text = match read_text(path, CONFIG_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => Zeroizing::new(text.map_err(|error| wrong(path, error))?),
        };
        let config: ConfigFile = serde_json::from_str(&text).map_err(|error| {
            // The message of an error may quote a value.
            let place = format!("line {} column {}", error.line(), error.column());
            wrong(path, format_args!("it is not valid at {place}"))
        })?;
        let keys = keys(host);
        let helper = keys.iter().find_map(|key| config.helpers.get(key));
        if let Some(helper) = helper.or(config.store.as_ref())
            && let Some(found) = helper::get(helper, &keys[0])?
        {
            return Ok(Some(found));
        }
        let mut entries = config.auths.iter();
        let entry = entries.find(|(key, _)| keys.iter().any(|wanted| is_same_host(key, wanted)));
        let Some((_, entry)) = entry else {
            return Ok(None);
        };
        let read = entry.credentials();
        read.map_err(|problem| wrong(path, format_args!("the entry of {host} {problem}")))
    }
}

impl AuthEntry {
    fn credentials(&self) -> Result<Option<Credentials>, &'static str> {
        let token = |token: &Option<String>| {
            let token = token.clone().map(Zeroizing::new);
            token.filter(|token| !token.is_empty())
        };
        if let Some(token) = token(&self.registry_token) {
            return Ok(Some(Credentials::RegistryToken(token)));
        }
        if let Some(token) = token(&self.identity_token) {
            return Ok(Some(Credentials::IdentityToken(token)));
        }
        if let Some(auth) = token(&self.auth) {
            let bytes = STANDARD.decode(auth.trim()).map(Zeroizing::new);
            let bytes = bytes.map_err(|_| "has an `auth` that is not base64")?;
            let text = std::str::from_utf8(&bytes).map_err(|_| "has an `auth` that is no text")?;
            let pair = text.trim_end_matches('\0').split_once(':');
            let (user, password) = pair.ok_or("has an `auth` without a colon")?;
            return Ok(Some(Credentials::Password {
                user: user.to_owned(),
                password: Zeroizing::new(password.to_owned()),
            }));
        }
        match (&self.username, &self.password) {
            (Some(user), Some(password)) if !user.is_empty() => Ok(Some(Credentials::Password {
                user: user.clone(),
                password: Zeroizing::new(password.clone()),
            })),
            _ => Ok(None),
        }
    }
}

/// The names of a host in the configuration, the usual one first.
fn keys(host: &str) -> Vec<String> {
    match host {
        "docker.io" | "index.docker.io" => vec![
            DOCKER_HUB.to_owned(),
            "docker.io".to_owned(),
            "index.docker.io".to_owned(),
        ],
        host => vec![host.to_owned(), format!("https://{host}")],
    }
}

/// Whether a key names this host: `https://` before it and a path after it do not count.
fn is_same_host(key: &str, wanted: &str) -> bool {
    fn host(key: &str) -> &str {
        let key = key.strip_prefix("https://").unwrap_or(key);
        let key = key.strip_prefix("http://").unwrap_or(key);
        key.split('/').next().unwrap_or_default()
    }
    host(key) == host(wanted)
}

fn wrong(path: &Path, problem: impl fmt::Display) -> RegistryError {
    RegistryError::Credentials(format!("{}: {problem}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(config: &str, host: &str) -> Result<Option<Credentials>, RegistryError> {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("config.json");
        std::fs::write(&path, config).expect("written");
        DockerConfig::at(path).find(host)
    }

    fn password(user: &str, password: &str) -> Option<Credentials> {
        Some(Credentials::Password {
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        })
    }

    #[test]
    fn the_entry_of_the_host_is_used() {
        let auth = STANDARD.encode("ana:p:w");
        let config = format!(
            r#"{{"auths": {{"registry.example": {{"auth": "{auth}"}}, "https://other.example:5000/v2/": {{"username": "bo", "password": "x"}}, "token.example": {{"auth": "{auth}", "identitytoken": "t"}}}}}}"#
        );
        let found = |host: &str| find(&config, host).expect("readable");
        assert_eq!(found("registry.example"), password("ana", "p:w"));
        assert_eq!(found("other.example:5000"), password("bo", "x"));
        assert_eq!(found("other.example"), None);
        assert_eq!(found("registry.example.evil"), None);
        let token = Zeroizing::new("t".to_owned());
        assert_eq!(
            found("token.example"),
            Some(Credentials::IdentityToken(token))
        );
    }

    #[test]
    fn docker_hub_has_its_old_name() {
        let auth = STANDARD.encode("ana:pw");
        let config = format!(r#"{{"auths": {{"{DOCKER_HUB}": {{"auth": "{auth}"}}}}}}"#);
        let found = find(&config, "docker.io").expect("readable");
        assert_eq!(found, password("ana", "pw"));
    }

    #[test]
    fn without_a_file_there_are_no_credentials() {
        let none = DockerConfig::at("/nonexistent/config.json").find("registry.example");
        assert_eq!(none.expect("no file"), None);
        assert_eq!(find("{}", "registry.example").expect("empty"), None);
    }

    #[test]
    fn an_error_says_nothing_secret() {
        for config in [
            r#"{"auths": {"registry.example": {"auth": "c2VjcmV0"}}}"#,
            r#"{"auths": {"registry.example": {"auth": "secret"}}}"#,
            r#"{"auths": {"registry.example": {"auth": secret}}}"#,
            r#"{"auths": {"registry.example": {"auth": ["secret"]}}}"#,
            r#"{"auths": {"registry.example": "secret"}}"#,
        ] {
            let error = find(config, "registry.example").expect_err(config);
            let text = format!("{error} {error:?}");
            assert!(
                !text.contains("secret") && text.contains("config.json"),
                "{text}"
            );
        }
        let credentials = password("ana", "secret").expect("some");
        assert!(!format!("{credentials:?}").contains("secret"));
    }
}
