//! Vonage: the Messages and Voice APIs send a JWT, the SMS API a parameter `sig`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::mac::{self, Hash};
use super::signature::Spelling;
use super::{Rejection, are_equal, freshness, jwt};
use crate::form::{self, Parameter};
use crate::request::InboundRequest;
use crate::secret::Secrets;

#[derive(Deserialize)]
struct Claims {
    iss: String,
    iat: i64,
    #[serde(default)]
    exp: Option<i64>,
    #[serde(default)]
    payload_hash: Option<String>,
}

/// A JWT (HS256) in `Authorization: Bearer`, issued by `Vonage` at a recent time,
/// with the digest of the body.
pub(super) fn verify_messages(
    request: &InboundRequest<'_>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<(), Rejection> {
    let value = request.headers.required("authorization")?;
    let (kind, token) = value.split_once(' ').ok_or(Rejection::Malformed)?;
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(Rejection::Malformed);
    }
    let claims: Claims = jwt::read(token, secrets, &[Hash::Sha256])?;
    if claims.iss != "Vonage" {
        return Err(Rejection::Mismatch);
    }
    freshness::check(claims.iat, now)?;
    let is_over = |exp: i64| now.as_second() > exp.saturating_add(freshness::SKEW_SECONDS);
    if claims.exp.is_some_and(is_over) {
        return Err(Rejection::Stale);
    }
    let digest = mac::hex(mac::sha256(request.body).as_ref());
    let is_signed = match &claims.payload_hash {
        Some(given) => are_equal(digest.as_bytes(), given.as_bytes()),
        None => request.body.is_empty(),
    };
    match is_signed {
        true => Ok(()),
        false => Err(Rejection::Mismatch),
    }
}

/// The parameters of the query or the body, sorted by name, each as `&name=value`
/// with `&` and `=` of the value replaced by `_`, signed with the signature
/// secret. The code is hexadecimal in lower case (seen in the vendor's test of its
/// SDK; that callbacks never have it in upper case is an assumption).
pub(super) fn verify_sms(
    hash: Hash,
    request: &InboundRequest<'_>,
    secrets: &Secrets,
    now: Timestamp,
) -> Result<(), Rejection> {
    let mut parameters = sms_parameters(request)?;
    parameters.sort();
    let is_doubled = |pair: &[Parameter]| pair[0].0 == pair[1].0;
    if parameters.windows(2).any(is_doubled) {
        return Err(Rejection::Doubled);
    }
    let text = |name: &str| -> Result<&str, Rejection> {
        let value = form::only(&parameters, name)?.filter(|value| !value.is_empty());
        let value = value.ok_or(Rejection::Missing)?;
        std::str::from_utf8(value).map_err(|_| Rejection::Malformed)
    };
    let given = Spelling::Hex.read(text("sig")?, hash.bytes())?;
    freshness::check_seconds(text("timestamp")?, now)?;
    let mut message = Vec::new();
    let signed = parameters.iter().filter(|(name, _)| name != b"sig");
    for (name, value) in signed {
        message.push(b'&');
        message.extend(name);
        message.push(b'=');
        let masked = value.iter().map(|byte| match byte {
            b'&' | b'=' => b'_',
            other => *other,
        });
        message.extend(masked);
    }
    hash.check(secrets, &[&message], &given)
}

/// Parameters of the query, and of the body as JSON or as a form.
fn sms_parameters(request: &InboundRequest<'_>) -> Result<Vec<Parameter>, Rejection> {
    let mut parameters = form::parameters(request.query().as_bytes());
    let media_type = request.headers.only("content-type")?.unwrap_or_default();
    if media_type
        .to_ascii_lowercase()
        .starts_with("application/json")
    {
        let fields: Map<String, Value> =
            serde_json::from_slice(request.body).map_err(|_| Rejection::Malformed)?;
        for (name, value) in fields {
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) if !number.is_f64() => number.to_string(),
                _ => return Err(Rejection::Malformed),
            };
            parameters.push((name.into_bytes(), text.into_bytes()));
        }
    } else {
        parameters.extend(form::parameters(request.body));
    }
    Ok(parameters)
}
