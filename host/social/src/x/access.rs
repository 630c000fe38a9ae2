//! The access of the company's user to the API: a token of the settings, or one that the
//! host renews.

use patchbay_adapter::token::OAuthRefresh;
use patchbay_adapter::{ConfigError, Credential, SecretError, SecretStore, TokenSource};

use super::{ACCESS_TOKEN, CLIENT_SECRET, REFRESH_TOKEN};

/// Most bytes of a client id.
const CLIENT_ID_BYTES: usize = 256;

/// The credential of requests to the API. With a client id the host renews the token.
///
/// # Errors
/// The client id has another form, or a secret is missing.
pub(super) fn credential(
    client_id: Option<String>,
    base: &str,
    secrets: &SecretStore,
) -> Result<Credential, ConfigError> {
    let Some(client_id) = client_id else {
        let token = secrets.get(ACCESS_TOKEN)?.first();
        return Ok(Credential::Bearer(token.clone()));
    };
    let is_visible = client_id.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_visible || !(1..=CLIENT_ID_BYTES).contains(&client_id.len()) {
        return Err(ConfigError::settings(
            "`client-id` must be the OAuth 2.0 client ID of the app, visible characters without blanks",
        ));
    }
    // A public client, such as a native app, has no secret.
    let client_secret = match secrets.get(CLIENT_SECRET) {
        Ok(secrets) => Some(secrets.first().clone()),
        Err(ConfigError::Secret {
            problem: SecretError::Missing,
            ..
        }) => None,
        Err(error) => return Err(error),
    };
    Ok(Credential::Token(TokenSource::new(OAuthRefresh {
        url: format!("{base}/2/oauth2/token"),
        client_id,
        client_secret,
        refresh_token: secrets.get(REFRESH_TOKEN)?.first().clone(),
        scope: None,
        url_setting: "api-base",
        has_basic_login: true,
    })))
}
