//! The mailbox from which the mails of a connection are read by IMAP.

use std::net::IpAddr;

use patchbay_adapter::poll::{MailboxAccess, MailboxLogin};
use patchbay_adapter::token::OAuthRefresh;
use patchbay_adapter::{
    ConfigError, InboundWay, MailCredential, SecretError, SecretStore, TokenSource,
};
use patchbay_config::web_address::WebAddress;
use patchbay_model::codes;
use patchbay_model::mail_server::{MailProtocol, MailSecurity, MailServer};
use ring::digest;

use super::Settings;

/// Password of the user at the mailbox.
pub(super) const MAILBOX_PASSWORD: &str = "mailbox-password";
/// Access token of the user at the mailbox.
pub(super) const MAILBOX_TOKEN: &str = "mailbox-token";
/// Token that renews access tokens.
pub(super) const MAILBOX_REFRESH_TOKEN: &str = "mailbox-refresh-token";
/// Secret of the application that renews them.
pub(super) const MAILBOX_CLIENT_SECRET: &str = "mailbox-client-secret";
/// Most bytes of the user and of the password.
const LOGIN_BYTES: usize = 1_024;
/// Most bytes of a token.
const TOKEN_BYTES: usize = 8 << 10;
/// Most bytes of the name of a folder.
const FOLDER_BYTES: usize = 512;
/// Most days of mails before the first poll.
const HISTORY_DAYS: u32 = 365;

codes! {
    /// How the host logs in.
    pub enum LoginWay {
        /// By a password.
        Password = "password",
        /// By an access token of OAuth 2.0.
        Token = "xoauth2",
        /// By an access token of OAuth 2.0 that the host renews.
        Refresh = "oauth2",
    }
}

/// A folder of a mailbox, and from when on its mails are read.
#[derive(Clone, Debug)]
pub(super) struct Mailbox {
    pub(super) access: MailboxAccess,
    /// Days before the first poll.
    pub(super) history_days: u32,
    /// Tells mailboxes apart: a digest of server, user and folder.
    pub(super) identity: String,
}

impl Mailbox {
    /// The mailbox of the settings, with its password or token; `None` where mails come
    /// another way.
    ///
    /// # Errors
    /// A setting does not fit, or the secret is missing.
    pub(super) fn open(
        settings: &Settings,
        secrets: &SecretStore,
    ) -> Result<Option<Mailbox>, ConfigError> {
        let Some(server) = server(settings)? else {
            return Ok(None);
        };
        let user = settings.mailbox_user.clone().unwrap_or_default();
        let folder = settings.mailbox_folder.clone();
        let identity = identity(&server, &user, &folder);
        let login = match settings.mailbox_login {
            LoginWay::Password => {
                MailboxLogin::Password(credential(&user, MAILBOX_PASSWORD, secrets)?)
            }
            LoginWay::Token => MailboxLogin::Token(credential(&user, MAILBOX_TOKEN, secrets)?),
            LoginWay::Refresh => MailboxLogin::Source {
                source: TokenSource::new(oauth_refresh(settings, secrets)?),
                user,
            },
        };
        Ok(Some(Mailbox {
            access: MailboxAccess {
                server,
                login,
                folder,
            },
            history_days: settings.mailbox_history_days,
            identity,
        }))
    }
}

/// Checks the settings.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let invalid = |problem: &str| Err(ConfigError::settings(problem));
    let server = server(settings)?;
    if settings.inbound != InboundWay::Imap {
        return match settings.mailbox.is_some() || settings.mailbox_user.is_some() {
            true => invalid("`mailbox` and `mailbox-user` need `inbound = \"imap\"`"),
            false => Ok(()),
        };
    }
    let Some(server) = server else {
        return invalid(
            "`inbound = \"imap\"` needs `mailbox`, the server to read from, such as \"imaps://mail.example.com\"",
        );
    };
    let is_this_machine = server.host() == "localhost"
        || (server.host().parse::<IpAddr>()).is_ok_and(|it| it.to_canonical().is_loopback());
    if server.security() == MailSecurity::None && !is_this_machine {
        return invalid(
            "`mailbox` must begin with imaps:// or imap://: imap-plain:// is for a server on this machine, such as \"imap-plain://127.0.0.1\"",
        );
    }
    let fits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && !text.chars().any(char::is_control)
    };
    match &settings.mailbox_user {
        None => return invalid("`inbound = \"imap\"` needs `mailbox-user`, who logs in there"),
        Some(user) if !fits(user, LOGIN_BYTES) => {
            return invalid("`mailbox-user` must have 1 to 1,024 bytes and no control characters");
        }
        Some(_) => {}
    }
    if !fits(&settings.mailbox_folder, FOLDER_BYTES) {
        return invalid("`mailbox-folder` must have 1 to 512 bytes and no control characters");
    }
    if settings.mailbox_history_days > HISTORY_DAYS {
        return invalid("`mailbox-history-days` must be at most 365");
    }
    check_refresh(settings)
}

/// Checks what renews the access token.
fn check_refresh(settings: &Settings) -> Result<(), ConfigError> {
    let invalid = |problem: &str| Err(ConfigError::settings(problem));
    let (url, client) = (&settings.mailbox_token_url, &settings.mailbox_client_id);
    if settings.mailbox_login != LoginWay::Refresh {
        let is_given = url.is_some() || client.is_some() || settings.mailbox_scope.is_some();
        return match is_given {
            true => invalid(
                "`mailbox-token-url`, `mailbox-client-id` and `mailbox-scope` need `mailbox-login = \"oauth2\"`",
            ),
            false => Ok(()),
        };
    }
    let Some(url) = url else {
        return invalid(
            "`mailbox-login = \"oauth2\"` needs `mailbox-token-url`, where the provider renews access tokens",
        );
    };
    if let Err(error) = WebAddress::parse(url) {
        return Err(ConfigError::settings(format!(
            "`mailbox-token-url` {error}"
        )));
    }
    match client.as_ref().is_some_and(|client| !client.is_empty()) {
        true => Ok(()),
        false => invalid(
            "`mailbox-login = \"oauth2\"` needs `mailbox-client-id`, the id of the company's application",
        ),
    }
}

fn oauth_refresh(settings: &Settings, secrets: &SecretStore) -> Result<OAuthRefresh, ConfigError> {
    // Some applications have no secret.
    let client_secret = match secrets.get(MAILBOX_CLIENT_SECRET) {
        Ok(secrets) => Some(secrets.first().clone()),
        Err(ConfigError::Secret {
            problem: SecretError::Missing,
            ..
        }) => None,
        Err(error) => return Err(error),
    };
    Ok(OAuthRefresh {
        url: settings.mailbox_token_url.clone().unwrap_or_default(),
        client_id: settings.mailbox_client_id.clone().unwrap_or_default(),
        client_secret,
        refresh_token: secrets.get(MAILBOX_REFRESH_TOKEN)?.first().clone(),
        scope: settings.mailbox_scope.clone(),
        url_setting: "mailbox-token-url",
        has_basic_login: false,
    })
}

fn server(settings: &Settings) -> Result<Option<MailServer>, ConfigError> {
    let parse = |text| MailServer::parse(MailProtocol::Imap, text);
    let server = settings.mailbox.as_deref().map(parse).transpose();
    server.map_err(|error| ConfigError::settings(format!("`mailbox` {error}")))
}

fn credential(
    user: &str,
    role: &'static str,
    secrets: &SecretStore,
) -> Result<MailCredential, ConfigError> {
    let secret = secrets.get(role)?.first();
    let (most, form) = match role {
        MAILBOX_TOKEN => (
            TOKEN_BYTES,
            "must have at most 8,192 bytes and no control characters",
        ),
        _ => (
            LOGIN_BYTES,
            "must have at most 1,024 bytes and no control characters",
        ),
    };
    let bytes = secret.expose();
    let is_control = |byte: &u8| *byte < b' ' || *byte == 0x7f;
    if bytes.len() > most || bytes.iter().any(is_control) {
        let problem = SecretError::Form(form);
        return Err(ConfigError::Secret { role, problem });
    }
    Ok(MailCredential {
        user: user.to_owned(),
        password: secret.clone(),
    })
}

fn identity(server: &MailServer, user: &str, folder: &str) -> String {
    // Not how it is encrypted: that does not make it another mailbox.
    let (host, port) = (server.host(), server.port());
    let text = format!("{host}\n{port}\n{user}\n{folder}");
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let bytes = digest.as_ref().iter().take(8);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}
