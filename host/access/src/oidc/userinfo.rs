//! Asks the issuer's UserInfo endpoint for claims that the ID token lacks (OpenID Connect
//! Core 1.0, 5.3): with scopes, an issuer may give claims there alone (5.4).

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{Egress, EgressAnswer, EgressRequest};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::sign_in_failure::{LoggedFailure, SignInFailure};

/// The claims at the UserInfo endpoint about the person of an access token, who must have
/// the subject of the ID token. Within the limits of outgoing requests; the answer may
/// have at most 64 KiB.
pub(super) async fn fetch(
    egress: &Egress,
    endpoint: WebAddress,
    access_token: Zeroizing<String>,
    subject: &str,
) -> Result<Map<String, Value>, LoggedFailure> {
    let request = EgressRequest::get(endpoint, headers(access_token)?);
    let answer = egress.exchange(request).await;
    let answer = answer
        .map_err(|failure| SignInFailure::without_answer("UserInfo endpoint", failure.error()))?;
    read(&answer, subject)
}

fn headers(access_token: Zeroizing<String>) -> Result<HeaderMap, LoggedFailure> {
    let login = Zeroizing::new(format!("Bearer {}", *access_token));
    let mut login = HeaderValue::from_str(&login).map_err(|_| {
        let detail = "the access_token of the token answer cannot be sent in a header".to_owned();
        (SignInFailure::InvalidAnswer, detail)
    })?;
    login.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, login);
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(headers)
}

fn read(answer: &EgressAnswer, subject: &str) -> Result<Map<String, Value>, LoggedFailure> {
    if answer.status != StatusCode::OK {
        let status = answer.status.as_u16();
        let detail = format!("the UserInfo endpoint answered {status}");
        return Err((SignInFailure::with_status(answer.status), detail));
    }
    let refused = |failure, detail: &str| Err((failure, detail.to_owned()));
    if is_jwt(answer) {
        let detail = "the UserInfo answer is a JWT; configure this client at the issuer to get it as JSON (without userinfo_signed_response_alg and userinfo_encrypted_response_alg)";
        return refused(SignInFailure::Misconfigured, detail);
    }
    let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(&answer.body) else {
        let detail = "the UserInfo answer is not a JSON object";
        return refused(SignInFailure::InvalidAnswer, detail);
    };
    // Core 5.3.2: otherwise another person's token was put in place of the right one.
    if claims.get("sub").and_then(Value::as_str) != Some(subject) {
        let detail = "`sub` of the UserInfo answer is not that of the ID token";
        return refused(SignInFailure::InvalidAnswer, detail);
    }
    Ok(claims)
}

/// Whether an answer is signed or encrypted: by its type, or because it begins as only a
/// JWT does, `{"` in base64url.
fn is_jwt(answer: &EgressAnswer) -> bool {
    let kind = answer.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/jwt") || answer.body.starts_with(b"ey")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_reason() {
        use SignInFailure::*;
        let json = "application/json; charset=utf-8";
        for (status, kind, body, expected) in [
            (200, json, r#"{"sub":"olga","role":"s3cret"}"#, None),
            (200, "", r#"{"sub":"olga"}"#, None),
            (200, json, r#"{"sub":"Olga"}"#, Some(InvalidAnswer)),
            (200, json, r#"{"sub":["olga"]}"#, Some(InvalidAnswer)),
            (200, json, r#"{"role":"s3cret"}"#, Some(InvalidAnswer)),
            (200, json, r#"["sub"]"#, Some(InvalidAnswer)),
            (200, json, "<html>s3cret", Some(InvalidAnswer)),
            (200, json, "", Some(InvalidAnswer)),
            (200, "application/jwt", "eyJ.s3cret.x", Some(Misconfigured)),
            (
                200,
                "Application/JWT;x=y",
                r#"{"sub":"olga"}"#,
                Some(Misconfigured),
            ),
            (200, json, "eyJ.s3cret.x", Some(Misconfigured)),
            (204, json, "", Some(IssuerUnavailable)),
            (302, json, "", Some(IssuerUnavailable)),
            (400, json, r#"{"sub":"olga"}"#, Some(Misconfigured)),
            (401, json, r#"{"error":"s3cret"}"#, Some(Misconfigured)),
            (403, json, "", Some(Misconfigured)),
            (429, json, "", Some(IssuerUnavailable)),
            (500, json, r#"{"sub":"olga"}"#, Some(IssuerUnavailable)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
            let answer = EgressAnswer {
                status: StatusCode::from_u16(status).expect("a status"),
                headers,
                body: body.into(),
            };
            let got = read(&answer, "olga");
            let failure = got.as_ref().err().map(|(failure, _)| *failure);
            assert_eq!(failure, expected, "{status} {kind} {body}");
            if let Err((_, detail)) = got {
                assert!(!detail.contains("s3cret"), "{detail}");
            }
        }
    }

    #[test]
    fn an_access_token_is_sent_in_the_header_and_shown_nowhere() {
        let sent = headers(Zeroizing::new("t0ken".to_owned())).expect("headers");
        assert_eq!(sent[AUTHORIZATION], "Bearer t0ken");
        assert!(!format!("{sent:?}").contains("t0ken"));
        let (failure, detail) = headers(Zeroizing::new("t0\r\nken".to_owned())).expect_err("no");
        assert_eq!(failure, SignInFailure::InvalidAnswer);
        assert!(!detail.contains("t0"), "{detail}");
    }
}
