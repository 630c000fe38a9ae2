//! Access tokens of OAuth 2.0 that a refresh token renews (RFC 6749, 6).

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::outcome::{LONGEST_WAIT, Response};
use crate::poll::{PollFailure, PollFailureKind};
use crate::secret::Secret;

/// How long a token is used before its end: clocks differ, and sessions take time.
const MARGIN: Duration = Duration::from_secs(120);
/// How long a token is used of which the provider does not say how long it lives.
const UNKNOWN_LIFE: Duration = Duration::from_secs(600);
/// Longest access token.
const TOKEN_BYTES: usize = 8 << 10;
/// What a form keeps as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*');

/// What renews the access token of a user. `Debug` hides the secrets.
#[derive(Clone, Debug)]
pub struct TokenRefresh {
    /// URL of the token endpoint.
    pub url: String,
    /// Id of the company's application.
    pub client_id: String,
    /// Secret of the application; `None` for one without.
    pub client_secret: Option<Secret>,
    /// The refresh token.
    pub refresh_token: Secret,
    /// Rights to ask for; `None`: those that the refresh token has.
    pub scope: Option<String>,
}

/// An access token. `Debug` hides it.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: Secret,
    /// How long it can be used from now on.
    pub life: Duration,
}

impl TokenRefresh {
    /// Body of the request: a POST of `application/x-www-form-urlencoded`.
    pub fn body(&self) -> Zeroizing<Vec<u8>> {
        let mut body = Zeroizing::new(b"grant_type=refresh_token".to_vec());
        let secret = self.client_secret.as_ref().map(Secret::expose);
        let parameters = [
            ("refresh_token", Some(self.refresh_token.expose())),
            ("client_id", Some(self.client_id.as_bytes())),
            ("client_secret", secret),
            ("scope", self.scope.as_deref().map(str::as_bytes)),
        ];
        for (name, value) in parameters {
            let Some(value) = value else {
                continue;
            };
            body.extend_from_slice(b"&");
            body.extend_from_slice(name.as_bytes());
            body.extend_from_slice(b"=");
            for part in percent_encode(value, FORM) {
                body.extend_from_slice(part.as_bytes());
            }
        }
        body
    }

    /// The token of an answer.
    ///
    /// # Errors
    /// The provider does not give one, and why. Nothing of the answer but a code of RFC
    /// 6749, 5.2 is in the error.
    pub fn read(response: &Response<'_>) -> Result<AccessToken, PollFailure> {
        let failed = |kind, problem: String| Err(PollFailure::new(kind, problem));
        match response.status {
            200 => {}
            400 | 401 | 403 => {
                let code = error_code(response.body);
                let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
                let problem = format!("the provider does not renew the access token{code}");
                return failed(PollFailureKind::Unauthorised, problem);
            }
            429 => {
                let problem = "the provider gets too many requests for access tokens";
                return Err(PollFailure {
                    after: response.retry_after(),
                    ..PollFailure::new(PollFailureKind::Limited, problem)
                });
            }
            status => {
                let problem = format!("the provider of access tokens fails (http {status})");
                return failed(PollFailureKind::Unavailable, problem);
            }
        }
        let answer: Option<Answer> = serde_json::from_slice(response.body).ok();
        let token = answer
            .as_ref()
            .filter(|it| it.access_token.len() <= TOKEN_BYTES);
        let token = token.and_then(|it| Secret::new(it.access_token.as_bytes()).ok());
        let Some(token) = token else {
            let problem = "the answer has no access token: check `mailbox-token-url`";
            return failed(PollFailureKind::Unavailable, problem.to_owned());
        };
        let life = answer.and_then(|it| it.expires_in).map(Duration::from_secs);
        let life = life.map_or(UNKNOWN_LIFE, |life| life.min(LONGEST_WAIT));
        Ok(AccessToken {
            token,
            life: life.saturating_sub(MARGIN),
        })
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// A code that the RFC or OpenID Connect names.
fn error_code(body: &[u8]) -> Option<&'static str> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    let known = [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
        "interaction_required",
        "consent_required",
    ];
    known.into_iter().find(|code| *code == refusal.error)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::request::Headers;

    fn refresh() -> TokenRefresh {
        TokenRefresh {
            url: "https://server.example/token".to_owned(),
            client_id: "s6BhdRkqt3".to_owned(),
            client_secret: None,
            refresh_token: Secret::new("tGzv3JOkF0XG5Qx2TlKWIA").expect("a secret"),
            scope: None,
        }
    }

    fn read(status: u16, body: &str) -> Result<AccessToken, PollFailure> {
        TokenRefresh::read(&Response {
            status,
            headers: [("retry-after", b"7".as_slice())]
                .into_iter()
                .collect::<Headers<'_>>(),
            body: body.as_bytes(),
            at: Timestamp::UNIX_EPOCH,
        })
    }

    /// The values of RFC 6749, 6.
    #[test]
    fn the_request_is_a_form() {
        let body = String::from_utf8(refresh().body().to_vec()).expect("ASCII");
        assert_eq!(
            body,
            "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&client_id=s6BhdRkqt3"
        );
        let all = TokenRefresh {
            client_secret: Secret::new("a&b=c+d e").ok(),
            scope: Some("https://mail.example/IMAP offline_access".to_owned()),
            ..refresh()
        };
        let body = String::from_utf8(all.body().to_vec()).expect("ASCII");
        assert!(body.ends_with(
            "&client_secret=a%26b%3Dc%2Bd%20e&scope=https%3A%2F%2Fmail.example%2FIMAP%20offline_access"
        ), "{body}");
        assert!(!format!("{all:?}").contains("tGzv"));
    }

    /// The answer of RFC 6749, 5.1.
    #[test]
    fn an_answer_has_a_token_and_its_life() {
        let body = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}"#;
        let token = read(200, body).expect("a token");
        assert_eq!(token.token.expose(), b"2YotnFZFEjr1zCsicMWpAA");
        assert_eq!(token.life.as_secs(), 3_480);
        assert_eq!(
            read(200, r#"{"access_token":"a"}"#).map(|it| it.life.as_secs()),
            Ok(480)
        );
        let short = read(200, r#"{"access_token":"a","expires_in":60}"#);
        assert_eq!(short.map(|it| it.life.as_secs()), Ok(0));
        let long = read(
            200,
            r#"{"access_token":"a","expires_in":18446744073709551615}"#,
        );
        assert_eq!(long.map(|it| it.life.as_secs()), Ok(86_280));
    }

    #[test]
    fn a_refusal_has_a_known_code_only() {
        use PollFailureKind::{Limited, Unauthorised, Unavailable};
        for (status, body, kind, part) in [
            (
                400,
                r#"{"error":"invalid_grant","error_description":"jo@example.org"}"#,
                Unauthorised,
                "token (invalid_grant)",
            ),
            (
                401,
                r#"{"error":"invalid_client"}"#,
                Unauthorised,
                "(invalid_client)",
            ),
            (
                400,
                r#"{"error":"jo@example.org"}"#,
                Unauthorised,
                "access token",
            ),
            (403, "<html>", Unauthorised, "access token"),
            (429, "", Limited, "too many"),
            (503, "", Unavailable, "http 503"),
            (302, "", Unavailable, "http 302"),
            (200, "<html>", Unavailable, "no access token"),
            (
                200,
                r#"{"access_token":""}"#,
                Unavailable,
                "no access token",
            ),
            (200, r#"{"access_token":7}"#, Unavailable, "no access token"),
        ] {
            let failure = read(status, body).expect_err("refused");
            assert_eq!(failure.kind, kind, "{status} {body}");
            assert!(failure.problem.contains(part), "{failure}");
            assert!(!failure.problem.contains("example"), "{failure}");
            let after = (kind == Limited).then(|| Duration::from_secs(7));
            assert_eq!(failure.after, after);
        }
    }
}
