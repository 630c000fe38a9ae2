//! Proves to a registry who asks: with a password, or with a token of its token service.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use patchbay_config::web_address::WebAddress;
use serde::Deserialize;
use tokio::time::sleep;
use zeroize::Zeroizing;

use super::{Access, Call, Registry};
use crate::challenge::Challenge;
use crate::credentials::Credentials;
use crate::error::RegistryError;

/// Most bytes of the answer of a token service.
const TOKEN_BYTES: u64 = 64 << 10;
/// Name of this client.
const CLIENT: &str = "patchbay";

#[derive(Deserialize)]
struct TokenDocument {
    #[serde(default)]
    token: String,
    #[serde(default)]
    access_token: String,
}

impl Registry {
    /// Gets what the registry asks for in these header fields. `false` where it asks for nothing that
    /// this client has.
    pub(super) async fn authorize(&mut self, headers: &HeaderMap) -> Result<bool, RegistryError> {
        let Some(challenge) = Challenge::read(headers) else {
            return Ok(false);
        };
        let credentials = self.credentials().await?;
        let text = match (challenge, credentials) {
            (_, Some(Credentials::RegistryToken(token))) => bearer(&token),
            (Challenge::Basic, Some(Credentials::Password { user, password })) => {
                basic(&user, &password)
            }
            (Challenge::Basic, _) => return Ok(false),
            (Challenge::Bearer { realm, service }, credentials) => {
                bearer(&self.token(&realm, service.as_deref(), credentials).await?)
            }
        };
        let Ok(mut value) = HeaderValue::from_str(&text) else {
            let problem = "gives a token with characters that no token has".to_owned();
            return Err(self.misbehaved(problem));
        };
        value.set_sensitive(true);
        self.authorization = Some(value);
        Ok(true)
    }

    /// The credentials of the registry; looked up once.
    async fn credentials(&mut self) -> Result<Option<Credentials>, RegistryError> {
        if self.found.is_none() {
            let (config, host) = (self.credentials.clone(), self.reference.host().to_owned());
            // A helper may ask a person.
            let found = tokio::task::spawn_blocking(move || config.find(&host)).await;
            self.found = Some(found.map_err(|error| {
                RegistryError::Credentials(format!("the look-up ended early: {error}"))
            })??);
        }
        Ok(self.found.clone().flatten())
    }

    /// A token of the token service, for this repository alone whatever the registry asks for.
    async fn token(
        &mut self,
        realm: &str,
        service: Option<&str>,
        credentials: Option<Credentials>,
    ) -> Result<Zeroizing<String>, RegistryError> {
        let rights = match self.access {
            Access::Pull => "pull",
            Access::Push => "pull,push",
        };
        let scope = format!("repository:{}:{rights}", self.reference.repository());
        let call = match credentials {
            Some(Credentials::IdentityToken(token)) => {
                let fields = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", &token),
                    ("service", service.unwrap_or_default()),
                    ("scope", &scope),
                    ("client_id", CLIENT),
                ];
                let form = Zeroizing::new(query(&fields));
                let call = Call::new(Method::POST, self.token_service(realm, "")?);
                call.with(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .with_body(Bytes::copy_from_slice(form.as_bytes()))
            }
            other => {
                let mut fields = vec![("scope", scope.as_str()), ("client_id", CLIENT)];
                fields.extend(service.map(|service| ("service", service)));
                let mut call = Call::new(Method::GET, self.token_service(realm, &query(&fields))?);
                if let Some(Credentials::Password { user, password }) = other {
                    let value = HeaderValue::from_str(&basic(&user, &password));
                    let mut value = value.map_err(|_| {
                        RegistryError::Credentials("the password has control characters".to_owned())
                    })?;
                    value.set_sensitive(true);
                    call.headers.insert(AUTHORIZATION, value);
                }
                call
            }
        };
        let mut repetition = 0;
        let answer = loop {
            match self.send(&call, None).await {
                Err(error) if error.is_transient() && repetition < self.limits.repetitions => {
                    sleep(self.limits.wait(repetition, None)).await;
                    repetition += 1;
                }
                sent => break sent?,
            }
        };
        if answer.status.as_u16() != 200 {
            return Err(self.refusal(answer, "the token service").await);
        }
        let body = Zeroizing::new(self.read(answer, TOKEN_BYTES, "a token").await?);
        let document: Option<TokenDocument> = serde_json::from_slice(&body).ok();
        let token = document.map(|document| match document.token.is_empty() {
            true => document.access_token,
            false => document.token,
        });
        match token.filter(|token| !token.is_empty()) {
            Some(token) => Ok(Zeroizing::new(token)),
            None => Err(self.misbehaved("has a token service that gives no token".to_owned())),
        }
    }

    /// The address of the token service, with further fields in its query.
    fn token_service(&self, realm: &str, fields: &str) -> Result<WebAddress, RegistryError> {
        let address = match (fields.is_empty(), realm.contains('?')) {
            (true, _) => realm.to_owned(),
            (false, true) => format!("{realm}&{fields}"),
            (false, false) => format!("{realm}?{fields}"),
        };
        WebAddress::parse(&address)
            .map_err(|error| self.misbehaved(format!("names a token service whose URL {error}")))
    }
}

fn bearer(token: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("Bearer {token}"))
}

fn basic(user: &str, password: &str) -> Zeroizing<String> {
    let pair = Zeroizing::new(format!("{user}:{password}"));
    Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())))
}

/// Fields as a query or a form, escaped.
fn query(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().filter(|(_, value)| !value.is_empty());
    let texts: Vec<String> = fields
        .map(|(key, value)| format!("{key}={}", escape(value)))
        .collect();
    texts.join("&")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(byte.into());
            }
            _ => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_add_a_field() {
        let text = query(&[
            ("scope", "repository:a/b:pull,push"),
            ("service", "a&b=c d"),
            ("x", ""),
        ]);
        assert_eq!(
            text,
            "scope=repository%3Aa%2Fb%3Apull%2Cpush&service=a%26b%3Dc%20d"
        );
    }
}
