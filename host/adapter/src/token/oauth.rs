//! Access tokens of OAuth 2.0 that a refresh token renews (RFC 6749, 6).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use ring::digest::{Context, SHA256};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{
    AccessToken, KEPT_TOKEN_BYTES, NewToken, TOKEN_BYTES, TokenProvider, TokenRequest, usable_life,
};
use crate::outcome::{LONGEST_WAIT, Response};
use crate::poll::{PollFailure, PollFailureKind};
use crate::secret::Secret;

/// How long a token is used of which the provider does not say how long it lives.
const UNKNOWN_LIFE: Duration = Duration::from_secs(600);
/// What a form keeps as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*');

/// What renews the access token of a user. `Debug` hides the secrets.
#[derive(Clone, Debug)]
pub struct OAuthRefresh {
    /// URL of the token endpoint.
    pub url: String,
    /// Id of the company's application.
    pub client_id: String,
    /// Secret of the application; `None` for one without.
    pub client_secret: Option<Secret>,
    /// The refresh token of the company file. Where the provider replaces it with each
    /// token, the host keeps the newest.
    pub refresh_token: Secret,
    /// Rights to ask for; `None`: those that the refresh token has.
    pub scope: Option<String>,
    /// Name of the setting that has the URL, for errors.
    pub url_setting: &'static str,
    /// Whether the application proves itself by `Authorization: Basic` (RFC 6749, 2.3.1)
    /// and not in the body.
    pub has_basic_login: bool,
}

impl OAuthRefresh {
    /// The form, a body of `application/x-www-form-urlencoded`.
    fn form(&self, refresh_token: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut form = Zeroizing::new(b"grant_type=refresh_token".to_vec());
        let secret = self.client_secret.as_ref().map(Secret::expose);
        let parameters = [
            ("refresh_token", Some(refresh_token)),
            ("client_id", Some(self.client_id.as_bytes())),
            ("client_secret", secret.filter(|_| !self.has_basic_login)),
            ("scope", self.scope.as_deref().map(str::as_bytes)),
        ];
        for (name, value) in parameters {
            let Some(value) = value else {
                continue;
            };
            form.extend_from_slice(b"&");
            form.extend_from_slice(name.as_bytes());
            form.extend_from_slice(b"=");
            push_encoded(value, &mut form);
        }
        form
    }

    /// `Authorization: Basic` of the application: its id and secret, each encoded as in a
    /// form.
    fn basic_login(&self) -> Option<Zeroizing<String>> {
        let secret = self
            .client_secret
            .as_ref()
            .filter(|_| self.has_basic_login)?;
        let mut pair = Zeroizing::new(Vec::new());
        push_encoded(self.client_id.as_bytes(), &mut pair);
        pair.push(b':');
        push_encoded(secret.expose(), &mut pair);
        Some(Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair))))
    }
}

fn push_encoded(value: &[u8], to: &mut Vec<u8>) {
    for part in percent_encode(value, FORM) {
        to.extend_from_slice(part.as_bytes());
    }
}

impl TokenProvider for OAuthRefresh {
    fn request(&self, kept: Option<&[u8]>, _now: Timestamp) -> TokenRequest {
        let login = self.basic_login();
        TokenRequest::Post {
            url: self.url.clone(),
            headers: login.map(|it| ("authorization", it)).into_iter().collect(),
            content_type: "application/x-www-form-urlencoded",
            body: self.form(kept.unwrap_or(self.refresh_token.expose())),
        }
    }

    fn read(&self, response: &Response<'_>) -> Result<NewToken, PollFailure> {
        let (access, refresh_token) = read_answer(response, self.url_setting)?;
        // A provider may replace the refresh token, and the one before is void then.
        let renewed = refresh_token.map(String::into_bytes);
        let renewed = renewed.filter(|it| {
            let is_new = it.as_slice() != self.refresh_token.expose();
            is_new && (1..=KEPT_TOKEN_BYTES).contains(&it.len())
        });
        Ok(NewToken {
            access,
            keep: renewed.map(Zeroizing::new),
        })
    }

    fn is_kept_void(&self, response: &Response<'_>) -> bool {
        matches!(response.status, 400 | 401) && error_code(response.body) == Some("invalid_grant")
    }

    fn identity(&self) -> [u8; 32] {
        let mut digest = Context::new(&SHA256);
        let parts = [
            self.url.as_bytes(),
            self.client_id.as_bytes(),
            self.refresh_token.expose(),
        ];
        for part in parts {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let mut identity = [0; 32];
        identity.copy_from_slice(digest.finish().as_ref());
        identity
    }
}

/// The access token of an answer, and the refresh token if it has one. `url_setting` is the
/// setting with the URL of the token endpoint. Nothing of the answer but a code of RFC 6749,
/// 5.2 is in the error.
pub(super) fn read_answer(
    response: &Response<'_>,
    url_setting: &str,
) -> Result<(AccessToken, Option<String>), PollFailure> {
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
    let (Some(token), Some(answer)) = (token, answer) else {
        let problem = format!("the answer has no access token: check `{url_setting}`");
        return failed(PollFailureKind::Unavailable, problem);
    };
    let life = answer.expires_in.map(Duration::from_secs);
    let life = life.map_or(UNKNOWN_LIFE, |life| life.min(LONGEST_WAIT));
    let access = AccessToken {
        token,
        life: usable_life(life),
    };
    Ok((access, answer.refresh_token))
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: Option<String>,
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

    fn refresh() -> OAuthRefresh {
        OAuthRefresh {
            url: "https://server.example/token".to_owned(),
            client_id: "s6BhdRkqt3".to_owned(),
            client_secret: None,
            refresh_token: Secret::new("tGzv3JOkF0XG5Qx2TlKWIA").expect("a secret"),
            scope: None,
            url_setting: "token-url",
            has_basic_login: false,
        }
    }

    fn form(refresh: &OAuthRefresh, kept: Option<&[u8]>) -> (String, Option<String>) {
        let request = refresh.request(kept, Timestamp::UNIX_EPOCH);
        let TokenRequest::Post { headers, body, .. } = request else {
            panic!("a request");
        };
        let login = headers.iter().find(|(name, _)| *name == "authorization");
        let body = String::from_utf8(body.to_vec()).expect("ASCII");
        (body, login.map(|(_, value)| value.to_string()))
    }

    fn read(status: u16, body: &str) -> Result<NewToken, PollFailure> {
        refresh().read(&Response {
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
        let (body, login) = form(&refresh(), None);
        assert_eq!(
            body,
            "grant_type=refresh_token&refresh_token=tGzv3JOkF0XG5Qx2TlKWIA&client_id=s6BhdRkqt3"
        );
        assert_eq!(login, None);
        let all = OAuthRefresh {
            client_secret: Secret::new("a&b=c+d e").ok(),
            scope: Some("https://mail.example/IMAP offline_access".to_owned()),
            ..refresh()
        };
        let (body, login) = form(&all, Some(b"kept"));
        assert!(body.contains("refresh_token=kept&"), "{body}");
        assert!(body.ends_with(
            "&client_secret=a%26b%3Dc%2Bd%20e&scope=https%3A%2F%2Fmail.example%2FIMAP%20offline_access"
        ), "{body}");
        assert_eq!(login, None);
        assert!(!format!("{all:?}").contains("tGzv"));
    }

    /// The values of RFC 6749, 2.3.1.
    #[test]
    fn an_application_can_prove_itself_in_a_header() {
        let basic = OAuthRefresh {
            client_secret: Secret::new("7Fjfp0ZBr1KtDRbnfVdmIw").ok(),
            has_basic_login: true,
            ..refresh()
        };
        let (body, login) = form(&basic, None);
        assert!(!body.contains("client_secret"), "{body}");
        let expected = "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3";
        assert_eq!(login.as_deref(), Some(expected));
    }

    #[test]
    fn a_new_refresh_token_is_kept_until_the_secret_is_replaced() {
        let kept = |body| read(200, body).expect("a token").keep;
        let same = r#"{"access_token":"a","refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA"}"#;
        assert_eq!(kept(same), None);
        let new = r#"{"access_token":"a","refresh_token":"new"}"#;
        assert_eq!(kept(new).as_deref().map(Vec::as_slice), Some(&b"new"[..]));
        assert_eq!(kept(r#"{"access_token":"a","refresh_token":""}"#), None);
        let replaced = OAuthRefresh {
            refresh_token: Secret::new("other").expect("a secret"),
            ..refresh()
        };
        assert_eq!(refresh().identity(), refresh().identity());
        assert_ne!(refresh().identity(), replaced.identity());
    }

    /// The answer of RFC 6749, 5.1.
    #[test]
    fn an_answer_has_a_token_and_its_life() {
        let body = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","example_parameter":"example_value"}"#;
        let token = read(200, body).expect("a token");
        assert_eq!(token.access.token.expose(), b"2YotnFZFEjr1zCsicMWpAA");
        assert_eq!(token.access.life.as_secs(), 3_480);
        assert_eq!(
            read(200, r#"{"access_token":"a"}"#).map(|it| it.access.life.as_secs()),
            Ok(480)
        );
        let short = read(200, r#"{"access_token":"a","expires_in":60}"#);
        assert_eq!(short.map(|it| it.access.life.as_secs()), Ok(30));
        let long = read(
            200,
            r#"{"access_token":"a","expires_in":18446744073709551615}"#,
        );
        assert_eq!(long.map(|it| it.access.life.as_secs()), Ok(86_280));
    }

    #[test]
    fn only_a_refused_grant_is_void() {
        for (status, body, is_void) in [
            (400, r#"{"error":"invalid_grant"}"#, true),
            (401, r#"{"error":"invalid_grant"}"#, true),
            (401, r#"{"error":"invalid_client"}"#, false),
            (400, r#"{"error":"invalid_scope"}"#, false),
            (403, r#"{"error":"invalid_grant"}"#, false),
            (403, "<html>", false),
            (500, r#"{"error":"invalid_grant"}"#, false),
        ] {
            let response = Response {
                status,
                headers: Headers::default(),
                body: body.as_bytes(),
                at: Timestamp::UNIX_EPOCH,
            };
            assert_eq!(
                refresh().is_kept_void(&response),
                is_void,
                "{status} {body}"
            );
        }
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
