//! An app of Meta: its accounts, the address of the API, and its secrets.

use std::collections::BTreeSet;
use std::fmt;

use patchbay_adapter::media::encode;
use patchbay_adapter::{
    AccountConfig, Acknowledgement, ConfigError, InboundRequest, Rejection, Scheme, Secrets,
    VerifiedRequest, api_base,
};
use serde::Deserialize;

use super::handshake;

/// Secret that signs deliveries.
pub(crate) const APP_SECRET: &str = "app-secret";
/// Token of the handshake.
pub(crate) const VERIFY_TOKEN: &str = "verify-token";
/// Token of requests to the API.
pub(crate) const ACCESS_TOKEN: &str = "access-token";

/// Settings of every channel of Meta in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct AppSettings {
    /// Ids of the accounts.
    accounts: Vec<String>,
    /// Base URL of the API.
    #[serde(default)]
    api_base: Option<String>,
    /// Version of the API.
    #[serde(default = "default_version")]
    api_version: String,
}

fn default_version() -> String {
    "v24.0".to_owned()
}

/// An app with its settings and secrets.
pub(crate) struct App {
    accounts: BTreeSet<String>,
    /// Base URL with version, without a slash at its end.
    endpoint: String,
    app_secret: Secrets,
    verify_token: Secrets,
    pub(crate) access_token: Secrets,
}

/// Whether a text can stand in the path of a URL as it is.
pub(super) fn is_segment(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(is_part) && text.bytes().any(|it| it != b'.')
}

impl App {
    /// Opens an app. `what` says what the accounts are and where their ids are shown.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub(crate) fn open(
        config: &AccountConfig,
        default_base: &str,
        what: &str,
    ) -> Result<App, ConfigError> {
        let AppSettings {
            accounts,
            api_base: base,
            api_version,
        } = config.read_settings()?;
        if accounts.is_empty() || !accounts.iter().all(|id| is_segment(id)) {
            return Err(ConfigError::settings(format!(
                "`accounts` must list {what}"
            )));
        }
        if !is_segment(&api_version) {
            let problem = "`api-version` must be a version such as \"v24.0\"";
            return Err(ConfigError::settings(problem));
        }
        let base = api_base(base.as_deref().unwrap_or(default_base))?;
        Ok(App {
            accounts: accounts.into_iter().collect(),
            endpoint: format!("{base}/{api_version}"),
            app_secret: config.secrets.get(APP_SECRET)?.clone(),
            verify_token: config.secrets.get(VERIFY_TOKEN)?.clone(),
            access_token: config.secrets.get(ACCESS_TOKEN)?.clone(),
        })
    }

    /// Number of accounts.
    pub(super) fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Whether an account is in the settings.
    pub(crate) fn serves(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    /// Answers the request by which Meta checks the URL.
    ///
    /// # Errors
    /// It does not know the token, or does not have the form of one.
    pub(crate) fn handshake(
        &self,
        request: &InboundRequest<'_>,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        handshake::answer(request, &self.verify_token)
    }

    /// Checks the signature of a delivery.
    ///
    /// # Errors
    /// [`Rejection`].
    pub(crate) fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: jiff::Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Meta.verify(request, &self.app_secret, now)
    }

    /// The URL of an object by its id; `None` if the id cannot stand in a path.
    pub(crate) fn object_url(&self, id: &str) -> Option<String> {
        Some(format!("{}/{}", self.endpoint, encode(id)?))
    }

    /// Base URL of the API with its version.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Ids of the accounts.
    pub(crate) fn account_ids(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().map(String::as_str)
    }

    /// The URL of a path below the version of the API.
    pub(super) fn path(&self, path: &str) -> String {
        format!("{}/{path}", self.endpoint)
    }

    /// The URL of a call: `{object}/{edge}`. Both are segments of a path.
    pub(crate) fn url(&self, object: &str, edge: &str) -> String {
        format!("{}/{object}/{edge}", self.endpoint)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}
