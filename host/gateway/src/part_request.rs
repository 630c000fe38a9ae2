//! One part of a reply as egress sends it, and what its result means.

use jiff::Timestamp;
use patchbay_channels::{
    Adapter, Exchange, Headers, MailAnswer, Outbound, OutboundMail, Outcome, Response,
};
use patchbay_outbound::courier::Delivery;
use patchbay_outbound::egress::{
    Egress, EgressRequest, ExchangeFailure, InvalidMail, MailLogin, MailSubmission,
};
use thiserror::Error;

use crate::http_request::{self, RequestError};

/// A part, ready to leave.
pub(crate) enum PartRequest {
    /// A request to the provider's API.
    Http(EgressRequest),
    /// A mail for the company's mail server.
    Mail {
        submission: MailSubmission,
        message_id: String,
    },
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
}

impl PartError {
    /// Whether the connection is wrong, and not this reply.
    pub(crate) fn is_of_connection(self) -> bool {
        match self {
            PartError::Request(_)
            | PartError::Mail(InvalidMail::Login | InvalidMail::UnencryptedLogin) => true,
            PartError::Mail(
                InvalidMail::Sender | InvalidMail::Recipient | InvalidMail::Message,
            ) => false,
        }
    }
}

impl PartRequest {
    /// Builds the request or the mail of a part.
    pub(crate) fn build(part: &Outbound) -> Result<PartRequest, PartError> {
        match part {
            Outbound::Http(request) => Ok(PartRequest::Http(http_request::build(request)?)),
            Outbound::Mail(mail) => Ok(PartRequest::Mail {
                submission: submission(mail)?,
                message_id: mail.message_id.clone(),
            }),
        }
    }

    /// Sends it, and asks the adapter what the result means.
    pub(crate) async fn send(
        self,
        egress: &Egress,
        delivery: &Delivery,
        adapter: &dyn Adapter,
    ) -> Outcome {
        let failure = match self {
            PartRequest::Http(request) => match egress.exchange(request).await {
                Ok(answer) => {
                    let headers = answer.headers.iter();
                    let headers: Headers<'_> = headers
                        .map(|(name, value)| (name.as_str(), value.as_bytes()))
                        .collect();
                    return adapter.outcome(&Exchange::Answered(Response {
                        status: answer.status.as_u16(),
                        headers,
                        body: &answer.body,
                        at: Timestamp::now(),
                    }));
                }
                Err(failure) => failure,
            },
            PartRequest::Mail {
                submission,
                message_id,
            } => match egress.submit_mail(&submission).await {
                Ok(reply) => {
                    return adapter.outcome(&Exchange::MailAnswered(MailAnswer {
                        message_id: &message_id,
                        step: reply.step,
                        code: reply.code,
                        text: &reply.text,
                    }));
                }
                Err(failure) => failure,
            },
        };
        let (company, key) = (&delivery.company, &delivery.key);
        tracing::info!(company, key, error = %failure, "a provider did not answer");
        adapter.outcome(&match failure {
            ExchangeFailure::Unsent(_) => Exchange::Unsent,
            ExchangeFailure::Lost(_) => Exchange::Lost,
        })
    }
}

fn submission(mail: &OutboundMail) -> Result<MailSubmission, InvalidMail> {
    let login = mail.credential.as_ref();
    let login = login.map(|login| MailLogin::new(&login.user, login.password.expose()));
    MailSubmission::new(
        mail.server.clone(),
        login.transpose()?,
        (&mail.from, &mail.to),
        mail.message.clone(),
    )
}

#[cfg(test)]
mod tests {
    use patchbay_channels::{MailCredential, Secret};
    use patchbay_model::mail_server::MailServer;

    use super::*;

    fn mail(server: &str, user: &str, to: &str) -> Outbound {
        Outbound::Mail(OutboundMail {
            key: "k/1".to_owned(),
            server: MailServer::parse(server).expect("an address"),
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
        let error = |part: Outbound| PartRequest::build(&part).err();
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
