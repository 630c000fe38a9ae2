//! The session of a poller with a mail server.

use std::time::Duration;

use patchbay_adapter::poll::{
    MailboxAccess, MailboxLogin, PollAnswer, PollFailure, PollFailureKind, PollRequest,
};
use patchbay_imap::{Change, ImapError, ImapStep, Login, Session, SessionLimits};
use patchbay_model::mail_server::MailSecurity;
use patchbay_outbound::egress::{Egress, EgressError, MailStream};

use crate::access_tokens::{HeldToken, TokenAccess};

/// A session, if one is open.
#[derive(Debug, Default)]
pub(crate) struct MailboxSession {
    open: Option<Session<MailStream>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum MailboxError {
    Egress(EgressError),
    Token(PollFailure),
    Login,
    Imap(ImapError),
}

impl From<ImapError> for MailboxError {
    fn from(error: ImapError) -> MailboxError {
        MailboxError::Imap(error)
    }
}

impl From<EgressError> for MailboxError {
    fn from(error: EgressError) -> MailboxError {
        MailboxError::Egress(error)
    }
}

impl MailboxSession {
    /// Asks. `grow` is called with the bytes of a mail before they are kept; `false` ends
    /// the session.
    pub(crate) async fn ask(
        &mut self,
        request: &PollRequest,
        tokens: &TokenAccess,
        grow: impl FnMut(usize) -> bool + Send,
    ) -> Result<PollAnswer, MailboxError> {
        let asked = self.try_ask(request, tokens, grow).await;
        match &asked {
            Ok(_) | Err(MailboxError::Imap(ImapError::Refused { .. })) => {}
            Err(_) => self.open = None,
        }
        asked
    }

    async fn try_ask(
        &mut self,
        request: &PollRequest,
        tokens: &TokenAccess,
        grow: impl FnMut(usize) -> bool + Send,
    ) -> Result<PollAnswer, MailboxError> {
        if let PollRequest::OpenFolder(access) = request {
            return self.open_folder(access, tokens).await;
        }
        let session = self.open.as_mut().ok_or(ImapError::Ended {
            step: ImapStep::Folder,
            problem: "no folder is open".to_owned(),
        })?;
        Ok(match request {
            PollRequest::OpenFolder(access) => self.open_folder(access, tokens).await?,
            PollRequest::Get(_) => {
                return Err(MailboxError::Imap(ImapError::Ended {
                    step: ImapStep::Folder,
                    problem: "a mailbox has no documents".to_owned(),
                }));
            }
            PollRequest::ListMails { from, to } => {
                PollAnswer::Mails(session.list(*from, *to).await?)
            }
            PollRequest::ReadMail {
                uid,
                content,
                bytes,
            } => PollAnswer::Mail(session.fetch(*uid, *content, *bytes, grow).await?),
        })
    }

    /// Opens the folder in the session that is open, or in a new one.
    async fn open_folder(
        &mut self,
        access: &MailboxAccess,
        tokens: &TokenAccess,
    ) -> Result<PollAnswer, MailboxError> {
        if let Some(session) = &mut self.open {
            match session.examine(&access.folder).await {
                Ok(folder) => return Ok(PollAnswer::Folder(folder)),
                Err(error @ ImapError::Refused { .. }) => return Err(error.into()),
                // Servers close sessions that were idle.
                Err(_) => self.open = None,
            }
        }
        let mut session = connect(access, tokens).await?;
        let folder = session.examine(&access.folder).await?;
        self.open = Some(session);
        Ok(PollAnswer::Folder(folder))
    }

    /// Whether [`MailboxSession::wait`] notices a new mail at once.
    pub(crate) fn can_wait(&self) -> bool {
        self.open.as_ref().is_some_and(Session::can_wait)
    }

    /// Waits for a mail, at most a time. Returns whether the server let it wait. A session
    /// that ends meanwhile is no failure: the next poll opens another.
    pub(crate) async fn wait(&mut self, time: Duration) -> bool {
        let Some(session) = &mut self.open else {
            return false;
        };
        match session.wait(time).await {
            Ok(Change::Mails | Change::Nothing) => true,
            Err(ImapError::Refused { .. }) => false,
            Err(_) => {
                self.open = None;
                false
            }
        }
    }
}

/// Opens a folder in a session of its own, and says goodbye.
///
/// # Errors
/// [`MailboxError`].
pub(crate) async fn check(
    access: &MailboxAccess,
    tokens: &TokenAccess,
) -> Result<(), MailboxError> {
    let mut session = connect(access, tokens).await?;
    session.examine(&access.folder).await?;
    session.log_out().await;
    Ok(())
}

/// Connects and logs in, with another access token if the server refuses the one that was
/// held: it can end before its time.
async fn connect(
    access: &MailboxAccess,
    tokens: &TokenAccess,
) -> Result<Session<MailStream>, MailboxError> {
    let mut is_second = false;
    loop {
        let (login, held) = login(access, tokens).await?;
        let refused = match log_in(access, &login, &tokens.egress).await {
            Err(
                refused @ MailboxError::Imap(ImapError::Refused {
                    step: ImapStep::Login,
                    ..
                }),
            ) => refused,
            result => return result,
        };
        let Some(held) = held else {
            return Err(refused);
        };
        tokens.forget(&held.token).await;
        if held.is_fresh || is_second {
            return Err(refused);
        }
        is_second = true;
    }
}

/// The login, and its access token if that comes from a source.
async fn login(
    access: &MailboxAccess,
    tokens: &TokenAccess,
) -> Result<(Login, Option<HeldToken>), MailboxError> {
    let mut held = None;
    let login = match &access.login {
        MailboxLogin::Password(it) => Login::with_password(&it.user, it.password.expose()),
        MailboxLogin::Token(it) => Login::with_token(&it.user, it.password.expose()),
        MailboxLogin::Source { user, source } => {
            held = tokens
                .token(Some(source))
                .await
                .map_err(MailboxError::Token)?;
            let token = held.as_ref().map_or(&b""[..], |it| it.token.expose());
            Login::with_token(user, token)
        }
    };
    let login = login.map_err(|_| MailboxError::Login)?;
    Ok((login, held))
}

/// Connects, and logs in once.
async fn log_in(
    access: &MailboxAccess,
    login: &Login,
    egress: &Egress,
) -> Result<Session<MailStream>, MailboxError> {
    let limits = SessionLimits::default();
    let stream = egress.connect_mail(&access.server).await?;
    let mut session = Session::begin(stream, limits).await?;
    if access.server.security() == MailSecurity::StartTls {
        let stream = session.start_tls().await?;
        let stream = egress.secure_mail(&access.server, stream).await?;
        session = Session::resume(stream, limits).await?;
    }
    session.log_in(login).await?;
    Ok(session)
}

/// Response codes of a login (RFC 5530) that say nothing about the user and the password.
const LATER: [&str; 4] = ["UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT"];

impl MailboxError {
    /// What it means for the poll. Names neither the user nor an address of the host's
    /// network.
    pub(crate) fn into_failure(self) -> PollFailure {
        use PollFailureKind::{HostBusy, NotFound, Unauthorised, Unavailable};
        let (kind, problem) = match self {
            MailboxError::Token(failure) => return failure,
            MailboxError::Egress(error) => (Unavailable, error.without_address()),
            MailboxError::Login => {
                let problem =
                    "the user, the password or the token has characters that cannot be sent";
                (Unauthorised, problem.to_owned())
            }
            MailboxError::Imap(ImapError::NoRoom) => (HostBusy, ImapError::NoRoom.to_string()),
            MailboxError::Imap(ImapError::Refused {
                step: ImapStep::Login,
                code,
            }) => {
                let is_later = code.as_deref().is_some_and(|code| LATER.contains(&code));
                let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
                match is_later {
                    true => (
                        Unavailable,
                        format!("the mail server takes no login now{code}"),
                    ),
                    false => (
                        Unauthorised,
                        format!("the mail server refuses the login{code}"),
                    ),
                }
            }
            MailboxError::Imap(ImapError::Refused {
                step: ImapStep::Folder,
                code,
            }) => {
                let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
                (
                    NotFound,
                    format!("the mail server does not open the folder{code}"),
                )
            }
            MailboxError::Imap(error) => (Unavailable, error.to_string()),
        };
        PollFailure::new(kind, problem)
    }
}
