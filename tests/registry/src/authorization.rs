//! What the registry asks of clients.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::answer::Canned;

/// The token that the registry gives.
const TOKEN: &str = "the-token";

/// What the registry asks of clients.
#[derive(Clone, Debug, Default)]
pub enum Protection {
    /// Nothing.
    #[default]
    None,
    /// This name and password, `ana:secret`.
    Basic(String),
    /// A token of its service at `/token`, which wants this name and password; without them it gives
    /// tokens to all.
    Token(Option<String>),
    /// A token of a service elsewhere.
    TokenOf {
        /// Address of the service.
        realm: String,
    },
}

impl Protection {
    /// The answer to a client that does not prove who it is.
    pub(crate) fn refusal(&self, authorization: Option<&str>, own: &str) -> Option<Canned> {
        let (wanted, challenge) = match self {
            Protection::None => return None,
            Protection::Basic(pair) => (basic(pair), "Basic realm=\"test\"".to_owned()),
            Protection::Token(_) => (
                format!("Bearer {TOKEN}"),
                format!("Bearer realm=\"http://{own}/token\",service=\"test\""),
            ),
            Protection::TokenOf { realm } => (
                format!("Bearer {TOKEN}"),
                format!("Bearer realm=\"{realm}\",service=\"test\""),
            ),
        };
        let body = r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#;
        let refusal = || {
            Canned::status(401)
                .with("www-authenticate", &challenge)
                .with_body(body)
        };
        (authorization != Some(&wanted)).then(refusal)
    }

    /// The answer of the token service.
    pub(crate) fn token(&self, authorization: Option<&str>) -> Canned {
        match self {
            Protection::Token(Some(pair)) if authorization != Some(&basic(pair)) => {
                Canned::status(401)
            }
            Protection::Token(_) => {
                Canned::status(200).with_body(format!(r#"{{"token":"{TOKEN}","expires_in":300}}"#))
            }
            _ => Canned::status(404),
        }
    }
}

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}
