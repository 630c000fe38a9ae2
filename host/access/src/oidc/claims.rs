//! Checks a verified token's issuer, audience and times, and makes an identity of its
//! claims.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use patchbay_model::access::TokenScope;
use patchbay_model::input::ID_BYTES;
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value};

use super::TokenError;
use super::standing::texts;
use crate::ExternalIdentity;
use crate::settings::OidcSettings;

/// Longest subject in bytes (OpenID Connect Core 1.0, 2).
const SUBJECT_BYTES: usize = 255;

/// What a token is shown for.
#[derive(Clone, Copy)]
pub(super) enum Purpose<'p> {
    /// To call the API: it is meant for one of the settings' audiences.
    Call,
    /// To sign in: an ID token for this client, with the nonce of its request.
    SignIn { client: &'p str, nonce: &'p str },
}

/// A token that is valid now and meant for this host. Its claims may give no role.
pub(super) struct ValidToken {
    pub(super) claims: Map<String, Value>,
    /// `sub`.
    pub(super) subject: String,
    /// When it expires, clock skew included.
    until: Timestamp,
}

impl ValidToken {
    /// Checks the claims of a token whose signature was verified.
    pub(super) fn check(
        claims: Map<String, Value>,
        settings: &OidcSettings,
        purpose: Purpose<'_>,
        now: Timestamp,
    ) -> Result<ValidToken, TokenError> {
        if claims.get("iss").and_then(Value::as_str) != Some(settings.issuer.as_str()) {
            return Err(TokenError::Issuer);
        }
        check_audience(&claims, settings, purpose)?;
        let until = expiry(&claims, settings, now)?;
        let subject = claims.get("sub").and_then(Value::as_str);
        let subject = subject
            .filter(|text| !text.is_empty() && text.len() <= SUBJECT_BYTES)
            .filter(|text| !text.chars().any(char::is_control))
            .map(str::to_owned)
            .ok_or(TokenError::Claim("sub"))?;
        Ok(ValidToken {
            claims,
            subject,
            until,
        })
    }

    /// The identity of a caller, which ends with the token.
    pub(super) fn caller(self, issuer: &str, standing: TokenScope) -> ExternalIdentity {
        let until = Some(self.until);
        ExternalIdentity {
            until,
            ..self.signed_in(issuer, standing)
        }
    }

    /// The identity of a signed-in person. It does not end with the token: the session
    /// has times of its own.
    pub(super) fn signed_in(self, issuer: &str, standing: TokenScope) -> ExternalIdentity {
        let id = format!("oidc:{issuer}|{}", self.subject);
        ExternalIdentity {
            // Too long an id is replaced by its digest, which is as unique.
            id: match id.len() <= ID_BYTES {
                true => id,
                false => format!("oidc:{}{}", digest_of_issuer(issuer), sha256_hex(&id)),
            },
            name: standing.agent.clone().unwrap_or(self.subject),
            standing,
            until: None,
        }
    }
}

/// How the digest of a long id begins: with some of the issuer's own digest, which tells
/// issuers of one host apart.
fn digest_of_issuer(issuer: &str) -> String {
    format!("sha256:{:.16}:", sha256_hex(issuer))
}

/// Whether an identity's id is that of a person of this issuer.
pub(super) fn is_of_issuer(id: &str, issuer: &str) -> bool {
    let Some(rest) = id.strip_prefix("oidc:") else {
        return false;
    };
    let named = rest.strip_prefix(issuer);
    named.is_some_and(|rest| rest.starts_with('|')) || rest.starts_with(&digest_of_issuer(issuer))
}

/// Checks that a token is meant for this host, and an ID token that it answers the
/// host's own request (OpenID Connect Core 1.0, 3.1.3.7).
fn check_audience(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    purpose: Purpose<'_>,
) -> Result<(), TokenError> {
    let audiences = texts(claims.get("aud"));
    let (client, nonce) = match purpose {
        Purpose::Call => {
            let mut own = settings.audiences.iter();
            return match own.any(|own| audiences.contains(&own.as_str())) {
                true => Ok(()),
                false => Err(TokenError::Audience),
            };
        }
        Purpose::SignIn { client, nonce } => (client, nonce),
    };
    if !audiences.contains(&client) {
        return Err(TokenError::Client);
    }
    let is_for_several = claims["aud"].as_array().is_some_and(|all| all.len() > 1);
    let is_authorized = match claims.get("azp") {
        Some(party) => party.as_str() == Some(client),
        None => !is_for_several,
    };
    if !is_authorized {
        return Err(TokenError::AuthorizedParty);
    }
    if claims.get("nonce").and_then(Value::as_str) != Some(nonce) {
        return Err(TokenError::Nonce);
    }
    match claims.contains_key("iat") {
        true => Ok(()),
        false => Err(TokenError::Claim("iat")),
    }
}

fn sha256_hex(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// When the token expires, clock skew included; an error if it is not valid now.
fn expiry(
    claims: &Map<String, Value>,
    settings: &OidcSettings,
    now: Timestamp,
) -> Result<Timestamp, TokenError> {
    let skew = SignedDuration::from_secs(settings.clock_skew.0.into());
    let time = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        // Seconds since 1970, possibly with a fraction (RFC 7519, 2).
        Some(value) => value
            .as_f64()
            .filter(|seconds| seconds.abs() < 1e11)
            .and_then(|seconds| Timestamp::from_second(seconds as i64).ok())
            .map(Some)
            .ok_or(TokenError::Claim(name)),
    };
    let end = time("exp")?.ok_or(TokenError::Claim("exp"))?;
    let until = end.checked_add(skew).unwrap_or(Timestamp::MAX);
    if now >= until {
        return Err(TokenError::Expired);
    }
    let latest = now.checked_add(skew).unwrap_or(Timestamp::MAX);
    for begin in [time("nbf")?, time("iat")?].into_iter().flatten() {
        if begin > latest {
            return Err(TokenError::NotYet);
        }
    }
    Ok(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_of_the_issuer_that_its_id_names() {
        let issuer = "https://login.example/a";
        assert!(is_of_issuer("oidc:https://login.example/a|olga", issuer));
        assert!(is_of_issuer("oidc:https://login.example/a||", issuer));
        let long = format!("oidc:{}0a", digest_of_issuer(issuer));
        assert!(is_of_issuer(&long, issuer));
        assert!(!is_of_issuer(&long, "https://login.example/b"));
        for other in [
            "oidc:https://login.example/ab|olga",
            "oidc:https://login.example/|olga",
            "oidc:https://login.example/a",
            "certificate:https://login.example/a|olga",
            "oidc:sha256:0a",
            "",
        ] {
            assert!(!is_of_issuer(other, issuer), "{other}");
        }
    }
}
