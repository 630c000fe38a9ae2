//! A part of a reply, or a question to a provider, as egress sends it.

use jiff::Timestamp;
use patchbay_adapter::poll::MailboxAccess;
use patchbay_adapter::probe::{Probe, ProbeRequest};
use patchbay_adapter::{
    Exchange, Headers, MailAnswer, MailCredential, Outbound, OutboundMail, Outcome, Receipt,
    Response, Secret, TokenSource,
};
use patchbay_outbound::courier::Delivery;
use patchbay_outbound::egress::{
    EgressRequest, ExchangeFailure, InvalidMail, MailCheck, MailLogin, MailSubmission,
};
use thiserror::Error;

use crate::access_tokens::TokenAccess;
use crate::http_request::{self, RequestError};
use crate::mailbox_session;

/// A part or a question, ready to leave.
pub(crate) enum PartRequest {
    /// A request to the provider's API.
    Http(EgressRequest),
    /// A mail for the company's mail server.
    Mail {
        submission: MailSubmission,
        message_id: String,
    },
    /// A session with the company's mail server without a mail.
    MailCheck(MailCheck),
    /// A session with the company's mail server that opens a folder.
    FolderCheck(MailboxAccess),
    /// Nothing to send: the journal has it.
    History { key: String },
}

/// Why a part cannot leave. Contains no secret and no part of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum PartError {
    /// The request, its URL or its credential.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The mail, or the login.
    #[error(transparent)]
    Mail(#[from] InvalidMail),
    /// A file whose request is not made yet.
    #[error("the file of the reply was not encoded")]
    File,
}

impl PartError {
    /// Whether the connection is wrong, and not this reply.
    pub(crate) fn is_of_connection(self) -> bool {
        match self {
            PartError::Request(_)
            | PartError::Mail(InvalidMail::Login | InvalidMail::UnencryptedLogin) => true,
            PartError::File
            | PartError::Mail(
                InvalidMail::Sender | InvalidMail::Recipient | InvalidMail::Message,
            ) => false,
        }
    }
}

/// The source of the token of a part.
pub(crate) fn token_source(part: &Outbound) -> Option<&TokenSource> {
    match part {
        Outbound::Http(request) => http_request::token_source(&request.credential),
        Outbound::File(_) | Outbound::Mail(_) | Outbound::History { .. } => None,
    }
}

/// The source of the token of a question.
pub(crate) fn probe_token_source(probe: &Probe) -> Option<&TokenSource> {
    match &probe.request {
        ProbeRequest::Get(query) => http_request::token_source(query.credential.as_ref()?),
        ProbeRequest::Post(request) => http_request::token_source(&request.credential),
        ProbeRequest::Mail(_) | ProbeRequest::Mailbox(_) => None,
    }
}

impl PartRequest {
    /// Builds the request or the mail of a part. `token` is that of [`token_source`].
    pub(crate) fn build(part: &Outbound, token: Option<&Secret>) -> Result<PartRequest, PartError> {
        match part {
            Outbound::Http(request) => Ok(PartRequest::Http(http_request::build(request, token)?)),
            Outbound::File(_) => Err(PartError::File),
            Outbound::Mail(mail) => Ok(PartRequest::Mail {
                submission: submission(mail)?,
                message_id: mail.message_id.clone(),
            }),
            Outbound::History { key } => Ok(PartRequest::History { key: key.clone() }),
        }
    }

    /// Builds a question. `token` is that of [`probe_token_source`].
    pub(crate) fn build_probe(
        probe: &Probe,
        token: Option<&Secret>,
    ) -> Result<PartRequest, PartError> {
        Ok(match &probe.request {
            ProbeRequest::Get(query) => {
                let (url, headers) = http_request::build_query(query, token)?;
                PartRequest::Http(EgressRequest::get(url, headers))
            }
            ProbeRequest::Post(request) => PartRequest::Http(http_request::build(request, token)?),
            ProbeRequest::Mail(probe) => {
                let login = login(probe.credential.as_ref())?;
                let check = MailCheck::new(probe.server.clone(), login, &probe.domain)?;
                PartRequest::MailCheck(check)
            }
            ProbeRequest::Mailbox(access) => PartRequest::FolderCheck(access.clone()),
        })
    }

    /// Sends a part; `read` tells what the result means.
    pub(crate) async fn send(
        self,
        tokens: &TokenAccess,
        delivery: &Delivery,
        read: impl Fn(&Exchange<'_>) -> Outcome,
    ) -> Outcome {
        if let PartRequest::History { key } = self {
            return Outcome::Accepted(Receipt {
                provider_id: key,
                recipient: None,
            });
        }
        let (outcome, failure) = self.exchange(tokens, read).await;
        if let Some(failure) = failure {
            let (company, key) = (&delivery.company, &delivery.key);
            tracing::info!(company, key, error = %failure, "a provider did not answer");
        }
        outcome
    }

    /// Sends it. Returns what `read` makes of the result, and why there is no answer.
    pub(crate) async fn exchange<T>(
        self,
        tokens: &TokenAccess,
        read: impl FnOnce(&Exchange<'_>) -> T,
    ) -> (T, Option<ExchangeFailure>) {
        let egress = &tokens.egress;
        let (answer, message_id) = match self {
            // Nothing leaves: there is no answer.
            PartRequest::History { .. } => return (read(&Exchange::Unsent), None),
            PartRequest::Http(request) => match egress.exchange(request).await {
                Ok(answer) => {
                    let headers = answer.headers.iter();
                    let headers: Headers<'_> = headers
                        .map(|(name, value)| (name.as_str(), value.as_bytes()))
                        .collect();
                    let response = Response {
                        status: answer.status.as_u16(),
                        headers,
                        body: &answer.body,
                        at: Timestamp::now(),
                    };
                    return (read(&Exchange::Answered(response)), None);
                }
                Err(failure) => (Err(failure), String::new()),
            },
            PartRequest::FolderCheck(access) => {
                let checked = mailbox_session::check(&access, tokens).await;
                let opened = checked.map_err(|error| error.into_failure());
                return (read(&Exchange::MailboxOpened(opened)), None);
            }
            PartRequest::Mail {
                submission,
                message_id,
            } => (egress.submit_mail(&submission).await, message_id),
            PartRequest::MailCheck(check) => (egress.check_mail(&check).await, String::new()),
        };
        match answer {
            Ok(reply) => {
                let answer = MailAnswer {
                    message_id: &message_id,
                    step: reply.step,
                    code: reply.code,
                    text: &reply.text,
                };
                (read(&Exchange::MailAnswered(answer)), None)
            }
            Err(failure @ ExchangeFailure::Unsent(_)) => (read(&Exchange::Unsent), Some(failure)),
            Err(failure @ ExchangeFailure::Lost(_)) => (read(&Exchange::Lost), Some(failure)),
        }
    }
}

fn login(credential: Option<&MailCredential>) -> Result<Option<MailLogin>, InvalidMail> {
    let login = credential.map(|login| MailLogin::new(&login.user, login.password.expose()));
    login.transpose()
}

fn submission(mail: &OutboundMail) -> Result<MailSubmission, InvalidMail> {
    MailSubmission::new(
        mail.server.clone(),
        login(mail.credential.as_ref())?,
        (&mail.from, &mail.to),
        mail.message.clone(),
    )
}

#[cfg(test)]
mod tests {
    use patchbay_adapter::MailCredential;
    use patchbay_model::mail_server::{MailProtocol, MailServer};

    use super::*;

    fn mail(server: &str, user: &str, to: &str) -> Outbound {
        Outbound::Mail(OutboundMail {
            key: "k/1".to_owned(),
            server: MailServer::parse(MailProtocol::Smtp, server).expect("an address"),
            credential: Some(MailCredential {
                user: user.to_owned(),
                password: Secret::new("hush").expect("a secret"),
            }),
            message_id: "k@care.example".to_owned(),
            from: "help@care.example".to_owned(),
            to: to.to_owned(),
            message: b"Subject: x\r\n\r\nHello\r\n".to_vec(),
        })
    }

    #[test]
    fn a_mail_that_cannot_leave_is_the_connections_fault_or_the_replys() {
        let error = |part: Outbound| PartRequest::build(&part, None).err();
        let (tls, jo) = ("smtps://mail.example", "jo@example.org");
        assert_eq!(error(mail(tls, "care", jo)), None);
        for (part, expected, is_of_connection) in [
            (mail(tls, "", jo), InvalidMail::Login, true),
            (
                mail("smtp-plain://10.0.0.2", "care", jo),
                InvalidMail::UnencryptedLogin,
                true,
            ),
            (
                mail(tls, "care", "jo@example.org>\r\nRCPT TO:<eve@example.org"),
                InvalidMail::Recipient,
                false,
            ),
        ] {
            let found = error(part).expect("invalid");
            assert_eq!(found, PartError::Mail(expected));
            assert_eq!(found.is_of_connection(), is_of_connection);
        }
    }
}
