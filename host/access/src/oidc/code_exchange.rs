//! Exchanges the code that a browser brings for tokens, at the issuer (RFC 6749, 4.1.3).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{Egress, EgressAnswer, EgressRequest};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::sign_in_failure::{LoggedFailure, SignInFailure};

/// What a form keeps as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*');
/// Error codes of a token endpoint (RFC 6749, 5.2), the only ones that the log repeats.
const KNOWN_ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// The secret by which the issuer knows this host. `Debug` does not show it.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// The secret of this text.
    pub fn new(text: String) -> ClientSecret {
        ClientSecret(Zeroizing::new(text))
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret")
    }
}

/// This host, as the issuer knows it.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) id: String,
    /// Absent for a public client.
    pub(super) secret: Option<ClientSecret>,
    /// Where the issuer sends the browser back.
    pub(super) redirect: String,
}

/// What the issuer gives for a code: in memory only, and not shown by `Debug`.
pub(super) struct Tokens {
    /// Unverified.
    pub(super) id: Zeroizing<String>,
    /// For the UserInfo endpoint; or why the host cannot use it there.
    pub(super) access: Result<Zeroizing<String>, &'static str>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    id_token: Option<String>,
    access_token: Option<Value>,
    token_type: Option<Value>,
}

impl TokenAnswer {
    fn into_tokens(self) -> Option<Tokens> {
        let is_bearer = match &self.token_type {
            // Required by RFC 6749, 5.1. Not every issuer sends it.
            None | Some(Value::Null) => true,
            Some(Value::String(kind)) => kind.eq_ignore_ascii_case("Bearer"),
            Some(_) => false,
        };
        let access = match self.access_token {
            Some(Value::String(token)) => Some(Zeroizing::new(token)),
            _ => None,
        };
        Some(Tokens {
            id: Zeroizing::new(self.id_token?),
            access: match (is_bearer, access) {
                (true, Some(token)) => Ok(token),
                (false, Some(_)) => Err("the token_type of the token answer is not Bearer"),
                (_, None) => Err("the token answer has no access_token"),
            },
        })
    }
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
}

impl Client {
    /// The tokens for a code. The issuer gets the request once at most.
    pub(super) async fn exchange(
        &self,
        egress: &Egress,
        endpoint: WebAddress,
        code: &str,
        verifier: &str,
    ) -> Result<Tokens, LoggedFailure> {
        let request = EgressRequest::post(endpoint, self.headers(), self.form(code, verifier));
        let answer = egress.exchange(request).await;
        let answer = answer
            .map_err(|failure| SignInFailure::without_answer("token endpoint", failure.error()))?;
        read(&answer)
    }

    fn form(&self, code: &str, verifier: &str) -> Vec<u8> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect),
            ("code_verifier", verifier),
        ];
        // With a secret, the Authorization header names the client.
        if self.secret.is_none() {
            fields.push(("client_id", &self.id));
        }
        form(&fields).into_bytes()
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(CONTENT_TYPE, form);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let login = self.secret.as_ref().and_then(|secret| {
            let pair = Zeroizing::new(format!("{}:{}", encoded(&self.id), encoded(&secret.0)));
            let login = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
            HeaderValue::from_str(&login).ok()
        });
        if let Some(mut login) = login {
            login.set_sensitive(true);
            headers.insert(AUTHORIZATION, login);
        }
        headers
    }
}

/// Fields as `application/x-www-form-urlencoded`, also for the query of an address.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter();
    let pairs = fields.map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    percent_encode(text.as_bytes(), FORM).to_string()
}

fn read(answer: &EgressAnswer) -> Result<Tokens, LoggedFailure> {
    if answer.status == StatusCode::OK {
        let tokens: Option<TokenAnswer> = serde_json::from_slice(&answer.body).ok();
        let tokens = tokens.and_then(TokenAnswer::into_tokens);
        return tokens.ok_or_else(|| {
            let detail = "the answer of the token endpoint has no id_token".to_owned();
            (SignInFailure::InvalidAnswer, detail)
        });
    }
    let error: Option<ErrorAnswer> = serde_json::from_slice(&answer.body).ok();
    let error = error.and_then(|answer| {
        let mut known = KNOWN_ERRORS.into_iter();
        known.find(|known| *known == answer.error)
    });
    let failure = match (SignInFailure::with_status(answer.status), error) {
        (SignInFailure::Misconfigured, Some("invalid_grant")) => SignInFailure::InvalidAnswer,
        (failure, _) => failure,
    };
    let (status, error) = (answer.status.as_u16(), error.unwrap_or("no known error"));
    let detail = format!("the token endpoint answered {status} with {error}");
    Err((failure, detail))
}

#[cfg(test)]
mod tests {
    use patchbay_outbound::egress::EgressAnswer;

    use super::*;

    fn client(secret: Option<&str>) -> Client {
        Client {
            id: "care desk".to_owned(),
            secret: secret.map(|text| ClientSecret::new(text.to_owned())),
            redirect: "https://care.example/v1/session/callback".to_owned(),
        }
    }

    #[test]
    fn a_client_with_a_secret_proves_itself_in_the_header_and_a_public_one_names_itself() {
        let private = client(Some("s: é+%"));
        let login = private.headers()[AUTHORIZATION].clone();
        // Both parts are encoded as in a form (RFC 6749, 2.3.1).
        let expected = STANDARD.encode("care%20desk:s%3A%20%C3%A9%2B%25");
        assert_eq!(login.to_str().expect("text"), format!("Basic {expected}"));
        let form = "grant_type=authorization_code&code=a%26b&redirect_uri=https%3A%2F%2Fcare.example%2Fv1%2Fsession%2Fcallback&code_verifier=v";
        assert_eq!(private.form("a&b", "v"), form.as_bytes());
        let public = client(None);
        assert!(!public.headers().contains_key(AUTHORIZATION));
        let named = format!("{form}&client_id=care%20desk");
        assert_eq!(public.form("a&b", "v"), named.as_bytes());
        assert!(!format!("{private:?}").contains("é"));
    }

    #[test]
    fn each_answer_has_its_reason() {
        let read = |status: u16, body: &'static str| {
            let answer = EgressAnswer {
                status: StatusCode::from_u16(status).expect("a status"),
                headers: HeaderMap::new(),
                body: body.into(),
            };
            read(&answer)
        };
        let tokens = read(200, r#"{"id_token":"a.b.c","access_token":"x"}"#);
        let tokens = tokens.expect("tokens");
        assert_eq!(*tokens.id, "a.b.c");
        assert_eq!(format!("{tokens:?}"), "Tokens");
        // An ID token may suffice, so an access token of no use is no failure yet.
        for (rest, access) in [
            (r#""access_token":"x","token_type":"Bearer""#, Ok("x")),
            (r#""access_token":"x","token_type":"bearer""#, Ok("x")),
            (r#""access_token":"x""#, Ok("x")),
            (
                r#""access_token":"x","token_type":"DPoP""#,
                Err("the token_type of the token answer is not Bearer"),
            ),
            (
                r#""access_token":7,"token_type":"Bearer""#,
                Err("the token answer has no access_token"),
            ),
            (
                r#""token_type":"Bearer""#,
                Err("the token answer has no access_token"),
            ),
        ] {
            let body = format!("{{\"id_token\":\"a.b.c\",{rest}}}");
            let tokens = read(200, body.leak()).expect("tokens");
            let got = tokens.access.as_ref().map(|token| token.as_str());
            assert_eq!(got.map_err(|why| *why), access, "{rest}");
        }
        use SignInFailure::*;
        for (status, body, failure) in [
            (200, r#"{"access_token":"x"}"#, InvalidAnswer),
            (200, r#"{"id_token":7}"#, InvalidAnswer),
            (200, "<html>", InvalidAnswer),
            (400, r#"{"error":"invalid_grant"}"#, InvalidAnswer),
            (401, r#"{"error":"invalid_client"}"#, Misconfigured),
            (400, r#"{"error":"s3cret text"}"#, Misconfigured),
            (404, "", Misconfigured),
            (302, "", IssuerUnavailable),
            (429, "", IssuerUnavailable),
            (503, r#"{"error":"invalid_grant"}"#, IssuerUnavailable),
        ] {
            let (got, detail) = read(status, body).expect_err(body);
            assert_eq!(got, failure, "{status} {body}");
            assert!(!detail.contains("s3cret"), "{detail}");
        }
    }
}
