//! Sessions: the app password begins one, and its refresh token renews it.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use patchbay_adapter::field::Fields;
use patchbay_adapter::poll::{PollFailure, PollFailureKind};
use patchbay_adapter::token::{
    AccessToken, KEPT_TOKEN_BYTES, NewToken, TOKEN_BYTES, TOKEN_MARGIN, TokenProvider, TokenRequest,
};
use patchbay_adapter::{LONGEST_WAIT, Response, Secret};
use ring::digest;
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::answer;

/// How long a token is used that does not say how long it lives.
const UNKNOWN_LIFE: Duration = Duration::from_secs(600);
/// Refusals that an operator can do something about.
const KNOWN: [&str; 9] = [
    "AuthenticationRequired",
    "AuthFactorTokenRequired",
    "AccountTakedown",
    "AccountDeactivated",
    "AccountSuspended",
    "ExpiredToken",
    "InvalidToken",
    "InvalidRequest",
    "RateLimitExceeded",
];

/// The login of an account. `Debug` hides the password.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) base: String,
    pub(super) account: String,
    pub(super) password: Secret,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("base", &self.base)
            .field("account", &self.account)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Login<'a> {
    identifier: &'a str,
    password: &'a str,
}

impl Session {
    fn post(&self, method: &str, body: Vec<u8>) -> TokenRequest {
        TokenRequest::Post {
            url: format!("{}/xrpc/com.atproto.server.{method}", self.base),
            headers: Vec::new(),
            content_type: "application/json",
            body: Zeroizing::new(body),
        }
    }
}

impl TokenProvider for Session {
    fn request(&self, kept: Option<&[u8]>, _now: Timestamp) -> TokenRequest {
        let token = kept.and_then(|token| std::str::from_utf8(token).ok());
        if let Some(token) = token {
            let mut request = self.post("refreshSession", Vec::new());
            if let TokenRequest::Post { headers, .. } = &mut request {
                let value = Zeroizing::new(format!("Bearer {token}"));
                headers.push(("authorization", value));
            }
            return request;
        }
        let login = Login {
            identifier: &self.account,
            // It was checked when the channel was opened.
            password: std::str::from_utf8(self.password.expose()).unwrap_or_default(),
        };
        // Two texts: serialization cannot fail.
        self.post(
            "createSession",
            serde_json::to_vec(&login).unwrap_or_default(),
        )
    }

    /// Nothing of the answer but a known code is in the error.
    fn read(&self, response: &Response<'_>) -> Result<NewToken, PollFailure> {
        let failed = |kind, problem: String| Err(PollFailure::new(kind, problem));
        match response.status {
            200 => {}
            400 | 401 | 403 => {
                let document = response.json();
                let code = document.text(&["error"]).unwrap_or_default();
                let code = KNOWN.into_iter().find(|known| *known == code);
                let code = code.map(|code| format!(" ({code})")).unwrap_or_default();
                let problem = format!(
                    "the server does not begin a session{code}: check `account` and the app password"
                );
                return failed(PollFailureKind::Unauthorised, problem);
            }
            429 => {
                let problem = "the server gets too many requests for sessions";
                return Err(PollFailure {
                    after: answer::wait(response),
                    ..PollFailure::new(PollFailureKind::Limited, problem)
                });
            }
            status => {
                let problem = format!("the server of sessions fails (http {status})");
                return failed(PollFailureKind::Unavailable, problem);
            }
        }
        let document = response.json();
        if let Some(did) = document.text(&["did"])
            && did != self.account
        {
            let problem = "the app password belongs to another account than `account`";
            return failed(PollFailureKind::Unauthorised, problem.to_owned());
        }
        let token = |name: &str, most| {
            let token = document.text(&[name])?;
            (token.len() <= most && is_token(token)).then_some(token)
        };
        let access = token("accessJwt", TOKEN_BYTES);
        let secret = access.and_then(|token| Secret::new(token.as_bytes()).ok());
        let (Some(access), Some(secret)) = (access, secret) else {
            let problem = "the answer has no session: check `api-base`".to_owned();
            return failed(PollFailureKind::Unavailable, problem);
        };
        let refresh = token("refreshJwt", KEPT_TOKEN_BYTES);
        Ok(NewToken {
            access: AccessToken {
                token: secret,
                life: life(access)
                    .unwrap_or(UNKNOWN_LIFE)
                    .saturating_sub(TOKEN_MARGIN),
            },
            keep: refresh.map(|token| Zeroizing::new(token.as_bytes().to_vec())),
        })
    }

    fn is_kept_void(&self, response: &Response<'_>) -> bool {
        let document = response.json();
        let code = document.text(&["error"]).unwrap_or_default();
        let is_void = ["ExpiredToken", "InvalidToken"].contains(&code);
        matches!(response.status, 400 | 401) && is_void
    }

    fn identity(&self) -> [u8; 32] {
        let mut digest = digest::Context::new(&digest::SHA256);
        let parts = [
            self.base.as_bytes(),
            self.account.as_bytes(),
            self.password.expose(),
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

/// Whether a text can be in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// How long a token lives, by its own times: the server's clock may differ from the host's.
fn life(token: &str) -> Option<Duration> {
    let claims = token.split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let time = |name: &str| claims.get(name).and_then(Value::as_u64);
    let life = time("exp")?.checked_sub(time("iat")?)?;
    Some(Duration::from_secs(life).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use patchbay_adapter::Headers;

    use super::*;

    fn session() -> Session {
        Session {
            base: "https://pds.example".to_owned(),
            account: "did:plc:care".to_owned(),
            password: Secret::new("ab\"cd-hush").expect("a secret"),
        }
    }

    fn request(kept: Option<&[u8]>) -> (String, Option<String>, String) {
        let request = session().request(kept, Timestamp::UNIX_EPOCH);
        let TokenRequest::Post {
            url, headers, body, ..
        } = request
        else {
            panic!("a request");
        };
        let header = headers.first();
        let header = header.map(|(name, value)| format!("{name}: {}", value.as_str()));
        (url, header, String::from_utf8(body.to_vec()).expect("text"))
    }

    fn read(status: u16, body: &str) -> Result<NewToken, PollFailure> {
        session().read(&Response {
            status,
            headers: [("ratelimit-reset", b"7".as_slice())]
                .into_iter()
                .collect::<Headers<'_>>(),
            body: body.as_bytes(),
            at: Timestamp::UNIX_EPOCH,
        })
    }

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_password_begins_a_session_and_the_kept_token_renews_it() {
        let (url, header, body) = request(None);
        assert_eq!(
            url,
            "https://pds.example/xrpc/com.atproto.server.createSession"
        );
        assert_eq!(header, None);
        assert_eq!(
            body,
            r#"{"identifier":"did:plc:care","password":"ab\"cd-hush"}"#
        );
        let (url, header, body) = request(Some(b"refresh.jwt.x"));
        assert_eq!(
            url,
            "https://pds.example/xrpc/com.atproto.server.refreshSession"
        );
        assert_eq!(
            header.as_deref(),
            Some("authorization: Bearer refresh.jwt.x")
        );
        assert_eq!(body, "");
        // What was kept is no text.
        assert!(request(Some(b"\xff")).0.ends_with("createSession"));
        assert!(!format!("{:?}", session()).contains("hush"));
    }

    #[test]
    fn a_session_has_a_token_its_life_and_the_token_that_renews_it() {
        let access = token(r#"{"iat":1772532000,"exp":1772539200}"#);
        let body = |more: &str| {
            format!(
                r#"{{"accessJwt":"{access}","refreshJwt":"r.e.f","handle":"care.example"{more}}}"#
            )
        };
        let new = read(200, &body(r#","did":"did:plc:care""#)).expect("a session");
        assert_eq!(new.access.token.expose(), access.as_bytes());
        assert_eq!(new.access.life.as_secs(), 7_200 - 120);
        assert_eq!(new.keep.as_deref().map(Vec::as_slice), Some(&b"r.e.f"[..]));
        let other = read(200, &body(r#","did":"did:plc:other""#)).expect_err("another account");
        assert_eq!(other.kind, PollFailureKind::Unauthorised);
        assert!(other.problem.contains("another account"), "{other}");
    }

    #[test]
    fn the_life_of_a_token_is_bounded() {
        for (access, seconds) in [
            (token(r#"{"iat":5,"exp":65}"#), 0),
            (
                token(r#"{"iat":0,"exp":18446744073709551615}"#),
                86_400 - 120,
            ),
            (token(r#"{"iat":9,"exp":5}"#), 480),
            (token(r#"{"exp":5}"#), 480),
            (token("[]"), 480),
            ("opaque".to_owned(), 480),
            ("a.%%.c".to_owned(), 480),
        ] {
            let body = format!(r#"{{"accessJwt":"{access}"}}"#);
            let new = read(200, &body).expect("a session");
            assert_eq!(new.access.life.as_secs(), seconds, "{access}");
            assert_eq!(new.keep, None);
        }
    }

    #[test]
    fn a_refusal_has_a_known_code_only() {
        use PollFailureKind::{Limited, Unauthorised, Unavailable};
        let long = format!(r#"{{"accessJwt":"{}"}}"#, "x".repeat(TOKEN_BYTES + 1));
        for (status, body, kind, part) in [
            (
                401,
                r#"{"error":"AuthenticationRequired","message":"jo@a.example"}"#,
                Unauthorised,
                "(AuthenticationRequired)",
            ),
            (
                401,
                r#"{"error":"AuthFactorTokenRequired"}"#,
                Unauthorised,
                "(AuthFactorTokenRequired)",
            ),
            (
                400,
                r#"{"error":"ExpiredToken"}"#,
                Unauthorised,
                "(ExpiredToken)",
            ),
            (400, r#"{"error":"jo@a.example"}"#, Unauthorised, "session:"),
            (403, "<html>", Unauthorised, "session:"),
            (429, "", Limited, "too many"),
            (502, "", Unavailable, "http 502"),
            (302, "", Unavailable, "http 302"),
            (200, "<html>", Unavailable, "no session"),
            (200, r#"{"accessJwt":"a b"}"#, Unavailable, "no session"),
            (200, r#"{"accessJwt":7}"#, Unavailable, "no session"),
            (200, &long, Unavailable, "no session"),
        ] {
            let failure = read(status, body).expect_err("refused");
            assert_eq!(failure.kind, kind, "{status} {body}");
            assert!(failure.problem.contains(part), "{failure}");
            assert!(!failure.problem.contains("jo@"), "{failure}");
            let after = (kind == Limited).then(|| Duration::from_secs(7));
            assert_eq!(failure.after, after);
        }
    }

    #[test]
    fn what_is_kept_belongs_to_server_account_and_password() {
        let identity = session().identity();
        assert_eq!(session().identity(), identity);
        for other in [
            Session {
                base: "https://b.example".to_owned(),
                ..session()
            },
            Session {
                account: "did:plc:other".to_owned(),
                ..session()
            },
            Session {
                password: Secret::new("x").expect("a secret"),
                ..session()
            },
        ] {
            assert_ne!(other.identity(), identity, "{other:?}");
        }
    }
}
