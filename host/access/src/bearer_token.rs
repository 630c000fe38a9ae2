//! The token that a request shows.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use patchbay_journal::Secret;

use crate::AccessError;

pub(crate) const NO_TOKEN: &str =
    "send Authorization: Bearer and a token; `patchbay token create` makes one";
pub(crate) const NOT_A_TOKEN: &str =
    "is not a token: it must be Bearer, a space, and pb_ with 64 hexadecimal digits";

/// The token a request shows.
pub(crate) enum BearerToken {
    /// In the form of this host's tokens.
    Own(Secret),
    /// Anything else after `Bearer`.
    Foreign(String),
}

impl BearerToken {
    pub(crate) fn parse(text: &str) -> BearerToken {
        match Secret::parse(text) {
            Some(secret) => BearerToken::Own(secret),
            None => BearerToken::Foreign(text.to_owned()),
        }
    }
}

/// Reads `Authorization: Bearer …`, which must be there once.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Result<BearerToken, AccessError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(AccessError::Unauthenticated(NO_TOKEN)),
        (Some(_), Some(_)) => {
            return Err(AccessError::Unauthenticated(
                "send the Authorization header once",
            ));
        }
        (Some(value), None) => value,
    };
    // The scheme's case does not matter (RFC 9110, 11.1); the token's does.
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, rest) = text.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| BearerToken::parse(rest.trim_matches(' ')))
    });
    token.ok_or(AccessError::Unauthenticated(NOT_A_TOKEN))
}
