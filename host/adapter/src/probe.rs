//! Questions that ask a provider whether a connection works, and what the answers show.

use patchbay_model::codes;
use patchbay_model::mail_server::MailServer;
use serde::Serialize;

use crate::media::ProviderQuery;
use crate::outcome::{Exchange, Response};
use crate::poll::MailboxAccess;
use crate::poll::{PollFailure, PollFailureKind};
use crate::reply::{Credential, MailCredential, OutboundRequest, RequestMethod};

/// Most questions of a connection: what belongs to further accounts is not asked.
pub const MOST_PROBES: usize = 20;

/// A question to a provider. It changes nothing and reaches no customer.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What is asked, a code of the adapter.
    pub topic: &'static str,
    /// The account that it is about; empty: the connection.
    pub account: String,
    /// How it is asked.
    pub request: ProbeRequest,
}

/// How a question is asked.
#[derive(Clone, Debug)]
pub enum ProbeRequest {
    /// GET.
    Get(ProviderQuery),
    /// POST.
    Post(OutboundRequest),
    /// A session with the mail server up to the login, then NOOP and QUIT.
    Mail(MailProbe),
    /// A session with a mail server that opens the folder and reads no mail.
    Mailbox(MailboxAccess),
}

/// A session with a mail server without a mail.
#[derive(Clone, Debug)]
pub struct MailProbe {
    /// The server.
    pub server: MailServer,
    /// The login there.
    pub credential: Option<MailCredential>,
    /// Domain in EHLO.
    pub domain: String,
}

impl Probe {
    /// GET of a URL.
    pub fn get(topic: &'static str, url: String, credential: Credential) -> Probe {
        Probe {
            topic,
            account: String::new(),
            request: ProbeRequest::Get(ProviderQuery {
                url,
                credential: Some(credential),
            }),
        }
    }

    /// POST of an empty JSON object.
    pub fn post(topic: &'static str, url: String, credential: Credential) -> Probe {
        Probe {
            topic,
            account: String::new(),
            request: ProbeRequest::Post(OutboundRequest {
                method: RequestMethod::Post,
                key: String::new(),
                url,
                content_type: "application/json".into(),
                headers: Vec::new(),
                body: b"{}".to_vec().into(),
                credential,
            }),
        }
    }

    /// The question about one account of the connection.
    pub fn about(self, account: &str) -> Probe {
        Probe {
            account: account.to_owned(),
            ..self
        }
    }
}

codes! {
    /// What a finding says of the connection.
    pub enum Verdict {
        /// This works.
        Right = "right",
        /// This does not work.
        Wrong = "wrong",
        /// It works, and could do more.
        Advice = "advice",
        /// The provider cannot be asked.
        Unchecked = "unchecked",
    }
}

/// What an answer shows. It contains no value of the answer and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it says.
    pub verdict: Verdict,
    /// What it is about, a code: `token`, `webhook-url`.
    pub code: &'static str,
    /// In words, with what to do.
    pub text: String,
}

impl Finding {
    fn new(verdict: Verdict, code: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            verdict,
            code,
            text: text.into(),
        }
    }

    /// Something that works.
    pub fn right(code: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(Verdict::Right, code, text)
    }

    /// Something that does not work.
    pub fn wrong(code: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(Verdict::Wrong, code, text)
    }

    /// Something that works and could do more.
    pub fn advice(code: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(Verdict::Advice, code, text)
    }

    /// Something that the provider cannot be asked.
    pub fn unchecked(code: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(Verdict::Unchecked, code, text)
    }

    /// Whose the token is: `found` is the account that the provider names.
    pub fn of_account(found: Option<&str>, account: &str) -> Finding {
        match found {
            Some(found) if found == account => Finding::right(
                "token",
                format!("the token is valid and belongs to the account {account}"),
            ),
            Some(_) => Finding::wrong(
                "account",
                format!(
                    "the token is valid and belongs to another account than {account}: use its token, or correct the setting"
                ),
            ),
            None => Finding::unexpected(),
        }
    }

    /// That the provider gives no access token.
    pub fn of_token_failure(failure: &PollFailure) -> Finding {
        let problem = &failure.problem;
        match failure.kind {
            PollFailureKind::Unauthorised | PollFailureKind::NotFound => {
                let text = format!("{problem}: renew the secrets of the connection");
                Finding::wrong("token", text)
            }
            PollFailureKind::Unavailable => Finding::wrong("token", problem.clone()),
            PollFailureKind::Limited | PollFailureKind::HostBusy => {
                Finding::unchecked("busy", format!("{problem}: test again later"))
            }
        }
    }

    /// Whether the webhook is registered at the host's URL.
    pub fn of_webhook(found: Option<&str>, url: Option<&str>) -> Finding {
        let code = "webhook-url";
        match (found.filter(|found| !found.is_empty()), url) {
            (_, None) => Finding::unchecked(
                code,
                "the URL of the webhook is not known: set public-url in the company file",
            ),
            (Some(found), Some(url)) if found == url => {
                Finding::right(code, "the webhook is registered at the URL of this host")
            }
            (Some(_), Some(url)) => Finding::wrong(
                code,
                format!("the webhook is registered at another URL: register {url}"),
            ),
            (None, Some(url)) => {
                Finding::wrong(code, format!("no webhook is registered: register {url}"))
            }
        }
    }

    /// Whether everything is subscribed: without one of `needed` no message of a channel
    /// comes, and `others` bring more.
    pub fn of_subscriptions(
        is_subscribed: impl Fn(&str) -> bool,
        needed: &[&str],
        others: &[&str],
    ) -> Vec<Finding> {
        let code = "subscriptions";
        let missing = |names: &[&str]| {
            let names = names.iter().filter(|name| !is_subscribed(name));
            names.copied().collect::<Vec<_>>().join(", ")
        };
        let (needed, others) = (missing(needed), missing(others));
        let mut findings = Vec::new();
        if !needed.is_empty() {
            let text = format!("not subscribed, so their messages do not come: {needed}");
            findings.push(Finding::wrong(code, text));
        }
        if !others.is_empty() {
            let text = format!("not subscribed, so these events do not come: {others}");
            findings.push(Finding::advice(code, text));
        }
        if findings.is_empty() {
            findings.push(Finding::right(code, "every event is subscribed"));
        }
        findings
    }

    /// The provider asks to wait.
    pub fn busy() -> Finding {
        let text = "the provider gets too many requests now: test again later";
        Finding::unchecked("busy", text)
    }

    /// The token is not accepted; `reason` is the provider's code.
    pub fn of_token(reason: &str) -> Finding {
        let text = format!("the provider does not accept the token ({reason}): renew it");
        Finding::wrong("token", text)
    }

    /// The provider refuses the question; `reason` is its code.
    pub fn refused(reason: &str) -> Finding {
        let text = format!("the provider refuses the question ({reason})");
        Finding::wrong("refused", text)
    }

    /// The answer does not have the form of the provider's.
    pub fn unexpected() -> Finding {
        let text = "the answer is not one of this provider: check `api-base`";
        Finding::wrong("unexpected-answer", text)
    }
}

/// The answer to a question.
///
/// # Errors
/// What it shows that there is none, or one that says no more than its status.
pub fn answer<'e, 'a>(exchange: &'e Exchange<'a>) -> Result<&'e Response<'a>, Finding> {
    let response = match exchange {
        Exchange::Answered(response) => response,
        Exchange::Unsent => {
            let text = "the host cannot connect to the provider: the server's log says why";
            return Err(Finding::wrong("unreachable", text));
        }
        Exchange::Lost => {
            let text = "the provider did not answer in time: the server's log says more";
            return Err(Finding::wrong("no-answer", text));
        }
        Exchange::MailAnswered(_) | Exchange::MailboxOpened(_) => return Err(Finding::unexpected()),
    };
    let status = response.status;
    match status {
        429 => Err(Finding::busy()),
        300..=399 => Err(Finding::unexpected()),
        500.. => {
            let text = format!("the provider failed (http {status}): test again later");
            Err(Finding::wrong("provider-failed", text))
        }
        _ => Ok(response),
    }
}

/// The answer to a question, if it is a success.
///
/// # Errors
/// As [`answer`]; every status but 2xx.
pub fn success<'e, 'a>(exchange: &'e Exchange<'a>) -> Result<&'e Response<'a>, Finding> {
    let response = answer(exchange)?;
    match response.status {
        200..=299 => Ok(response),
        status @ (401 | 403) => Err(Finding::of_token(&format!("http {status}"))),
        status => Err(Finding::refused(&format!("http {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_compared_with_the_url_of_the_host() {
        let ours = "https://care.example/webhooks/n/line/main";
        for (found, url, verdict) in [
            (Some(ours), Some(ours), Verdict::Right),
            (Some("https://old.example/"), Some(ours), Verdict::Wrong),
            (Some(""), Some(ours), Verdict::Wrong),
            (None, Some(ours), Verdict::Wrong),
            (Some(ours), None, Verdict::Unchecked),
            (None, None, Verdict::Unchecked),
        ] {
            let finding = Finding::of_webhook(found, url);
            assert_eq!(finding.verdict, verdict, "{found:?} {url:?}");
            assert!(!finding.text.contains("old.example"), "{finding:?}");
        }
    }

    #[test]
    fn a_missing_subscription_is_wrong_or_advice() {
        let verdicts = |subscribed: &[&str]| -> Vec<Verdict> {
            let is_subscribed = |name: &str| subscribed.contains(&name);
            let findings = Finding::of_subscriptions(is_subscribed, &["a", "b"], &["c"]);
            findings.iter().map(|finding| finding.verdict).collect()
        };
        assert_eq!(verdicts(&["a", "b", "c"]), [Verdict::Right]);
        assert_eq!(verdicts(&["a", "b"]), [Verdict::Advice]);
        assert_eq!(verdicts(&["a", "c"]), [Verdict::Wrong]);
        assert_eq!(verdicts(&[]), [Verdict::Wrong, Verdict::Advice]);
    }
}
