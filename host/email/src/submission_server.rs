//! The mail server that sends the replies of a connection.

use patchbay_adapter::{ConfigError, MailCredential, SecretError, SecretStore};
use patchbay_model::mail_server::{MailProtocol, MailSecurity, MailServer};

use super::{SUBMISSION_PASSWORD, Settings};

/// Most bytes of the user and of the password.
const LOGIN_BYTES: usize = 1024;

/// A server and the login there.
#[derive(Clone, Debug)]
pub(super) struct SubmissionServer {
    pub(super) server: MailServer,
    pub(super) credential: Option<MailCredential>,
}

impl SubmissionServer {
    /// The server of the settings, with its password.
    ///
    /// # Errors
    /// A setting does not fit; the settings name a user, and there is no password.
    pub(super) fn open(
        settings: &Settings,
        secrets: &SecretStore,
    ) -> Result<Option<SubmissionServer>, ConfigError> {
        let Some(server) = server(settings)? else {
            return Ok(None);
        };
        let credential = match &settings.submission_user {
            None => None,
            Some(user) => Some(credential(user, secrets)?),
        };
        Ok(Some(SubmissionServer { server, credential }))
    }
}

/// Checks the settings.
pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let invalid = |problem: &str| Err(ConfigError::settings(problem));
    let server = server(settings)?;
    let Some(user) = &settings.submission_user else {
        return Ok(());
    };
    let Some(server) = server else {
        return invalid("`submission-user` needs `submission`, the mail server of the user");
    };
    if server.security() == MailSecurity::None {
        return invalid(
            "`submission-user` needs a `submission` that begins with smtps:// or smtp://: a password is sent over TLS only",
        );
    }
    if user.chars().any(char::is_control) || !(1..=LOGIN_BYTES).contains(&user.len()) {
        return invalid("`submission-user` must have 1 to 1,024 bytes and no control characters");
    }
    Ok(())
}

fn server(settings: &Settings) -> Result<Option<MailServer>, ConfigError> {
    let parse = |text| MailServer::parse(MailProtocol::Smtp, text);
    let server = settings.submission.as_deref().map(parse);
    let server = server.transpose();
    server.map_err(|error| ConfigError::settings(format!("`submission` {error}")))
}

fn credential(user: &str, secrets: &SecretStore) -> Result<MailCredential, ConfigError> {
    let password = secrets.get(SUBMISSION_PASSWORD)?.first();
    let bytes = password.expose();
    if bytes.len() > LOGIN_BYTES || bytes.contains(&0) {
        return Err(ConfigError::Secret {
            role: SUBMISSION_PASSWORD,
            problem: SecretError::Form("must have at most 1,024 bytes and no NUL"),
        });
    }
    Ok(MailCredential {
        user: user.to_owned(),
        password: password.clone(),
    })
}
