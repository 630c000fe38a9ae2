//! Access tokens, stored without their secrets.

use std::fmt;

use jiff::Timestamp;
use patchbay_config::duration::Seconds;
use patchbay_model::access::TokenScope;
use zeroize::Zeroizing;

use crate::vault::random;
use crate::{AuditEntry, JournalError, Result, TokenId};

/// Prefix of every secret, so that scanners find leaked ones.
const PREFIX: &str = "pb_";
/// Random bytes of a secret.
const BYTES: usize = 32;

/// What a caller authenticates with. Shown once, when the token is created, and
/// not stored.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A new random secret.
    ///
    /// # Errors
    /// [`JournalError::Disk`] when the system provides no random bytes.
    pub fn generate() -> Result<Secret> {
        let bytes = Zeroizing::new(random_bytes::<BYTES>()?);
        let digits = blake3::Hash::from(*bytes).to_hex();
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + digits.len()));
        text.push_str(PREFIX);
        text.push_str(&digits);
        Ok(Secret(text))
    }

    /// Read a secret from its text; `None` if the text has another form. An
    /// unknown secret parses too: look up its [`hash`](Secret::hash).
    pub fn parse(text: &str) -> Option<Secret> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (digits.len() == 2 * BYTES && digits.bytes().all(is_hex))
            .then(|| Secret(Zeroizing::new(text.to_owned())))
    }

    /// The text of the secret, to show to its holder.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The hash to store and look up. A fast hash without salt is enough: there
    /// are 2²⁵⁶ equally likely secrets, so guessing is hopeless. Looking a
    /// token up by hash leaks nothing through timing, because an attacker
    /// cannot choose the hash.
    pub fn hash(&self) -> SecretHash {
        SecretHash(blake3::derive_key(
            "patchbay 2026 token secret",
            self.0.as_bytes(),
        ))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A secret's hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

/// A stored token. Times are stored to the microsecond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id, used to list and revoke it and as the actor in the audit trail.
    pub id: TokenId,
    /// Hash of its secret.
    pub hash: SecretHash,
    /// Name its holder acts under; 1 to 256 bytes.
    pub name: String,
    /// Company, role and agent it speaks for.
    pub standing: TokenScope,
    /// When it was created.
    pub created_at: Timestamp,
    /// Actor who created it.
    pub created_by: String,
    /// When it expires; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// A token without expiry. An agent's token has the agent's id as its name;
    /// for others the name defaults to the token's id.
    pub fn new(
        id: TokenId,
        secret: &Secret,
        name: Option<String>,
        standing: TokenScope,
        created_at: Timestamp,
        created_by: impl Into<String>,
    ) -> Token {
        let name = name.or_else(|| standing.agent.clone());
        Token {
            id,
            hash: secret.hash(),
            name: name.unwrap_or_else(|| id.to_string()),
            standing,
            created_at,
            created_by: created_by.into(),
            expires_at: None,
            revoked_at: None,
        }
    }

    /// Set the lifetime, counted from the whole second of creation; `None`:
    /// unlimited.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Option<Seconds>) -> Token {
        self.expires_at = lifetime.map(|lifetime| {
            let second = self
                .created_at
                .as_second()
                .saturating_add(lifetime.0.into());
            Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
        });
        self
    }

    /// Its state at a time.
    pub fn state(&self, now: Timestamp) -> TokenState {
        if self.revoked_at.is_some() {
            return TokenState::Revoked;
        }
        match self.expires_at {
            Some(expires_at) if expires_at <= now => TokenState::Expired,
            _ => TokenState::Active,
        }
    }
}

patchbay_model::codes! {
    /// State of a token.
    pub enum TokenState {
        /// Valid.
        Active = "active",
        /// Past its expiry.
        Expired = "expired",
        /// Revoked.
        Revoked = "revoked",
    }
}

impl TokenId {
    /// A new random id.
    ///
    /// # Errors
    /// [`JournalError::Disk`] when the system provides no random bytes.
    pub fn generate() -> Result<TokenId> {
        random_bytes().map(TokenId)
    }
}

/// 32 random hexadecimal digits, for an id that no caller chose.
///
/// # Errors
/// [`JournalError::Disk`] when the system provides no random bytes.
pub fn random_id() -> Result<String> {
    Ok(TokenId::generate()?.to_string())
}

fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    random().map_err(|error| JournalError::Disk(error.to_string()))
}

/// Stores the tokens of the host and of all companies.
pub trait Tokens {
    /// Store a token, together with the audit entry about it.
    ///
    /// # Errors
    /// [`JournalError::Invalid`] for a standing that is contradictory,
    /// [`JournalError::NoAgent`] for an agent who is not on the roster.
    fn put_token(&self, token: Token, audit: AuditEntry) -> Result<()>;

    // Host-wide.

    /// All tokens, expired and revoked ones included, in order of creation.
    fn tokens(&self) -> Result<Vec<Token>>;

    /// Revoke a token, together with the audit entry about it. Returns `false`
    /// if it was revoked before; then nothing is written.
    ///
    /// # Errors
    /// [`JournalError::NoToken`].
    fn revoke_token(&self, id: TokenId, at: Timestamp, audit: AuditEntry) -> Result<bool>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_parses_from_its_own_text_only() {
        let secret = Secret::generate().expect("random bytes");
        let text = secret.reveal().to_owned();
        assert_eq!(
            Secret::parse(&text).expect("a secret").hash(),
            secret.hash()
        );
        assert_ne!(
            Secret::generate().expect("random bytes").hash(),
            secret.hash()
        );
        for wrong in [
            "",
            "pb_",
            &text[..66],
            &format!("{text}0"),
            &text.to_uppercase(),
            &text.replace("pb_", "pb-"),
            &format!("pb_{}", "g".repeat(64)),
            &format!("pb_{}", "é".repeat(32)),
        ] {
            assert!(Secret::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_token_is_active_until_its_lifetime_ends() {
        let (id, secret) = (TokenId([0; 16]), Secret::generate().expect("random bytes"));
        let standing = TokenScope {
            company: None,
            role: patchbay_model::access::Role::Auditor,
            agent: None,
        };
        let at = |second, nano| Timestamp::new(second, nano).expect("a time");
        let token = Token::new(id, &secret, None, standing, at(100, 9), "local");
        assert_eq!(token.name, id.to_string());
        let unlimited = token.clone().with_lifetime(None);
        assert_eq!(unlimited.state(Timestamp::MAX), TokenState::Active);
        let an_hour = token.with_lifetime(Some(Seconds(3_600)));
        assert_eq!(an_hour.state(at(3_699, 0)), TokenState::Active);
        assert_eq!(an_hour.state(at(3_700, 0)), TokenState::Expired);
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let secret = Secret::generate().expect("random bytes");
        let shown = format!("{secret:?} {:?}", secret.hash());
        assert_eq!(shown, "Secret SecretHash");
    }
}
