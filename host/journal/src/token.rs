//! Tokens: who may ask, without what they prove it by.

use std::fmt;
use std::fmt::Write;

use jiff::Timestamp;
use patchbay_model::access::TokenScope;
use patchbay_model::duration::Seconds;
use zeroize::Zeroizing;

use crate::error::JournalError;
use crate::id::TokenId;
use crate::vault::random;

/// What every secret begins with, so that one left somewhere can be searched
/// for.
const PREFIX: &str = "pb_";
/// Random bytes of a secret.
const BYTES: usize = 32;

/// What a caller shows. It is told once, to whoever has the token made, and
/// kept nowhere.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// A secret nobody had before.
    ///
    /// # Errors
    /// [`JournalError::Disk`] where the system gives no random bytes.
    pub fn make() -> Result<Secret, JournalError> {
        let bytes = random::<BYTES>().map_err(|error| JournalError::Disk(error.to_string()))?;
        let bytes = Zeroizing::new(bytes);
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 2 * BYTES));
        text.push_str(PREFIX);
        for byte in bytes.iter() {
            // A string takes everything.
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Secret(text))
    }

    /// A secret as somebody shows it; nothing where it cannot be one. Whether
    /// it is anybody's is another question.
    pub fn parse(text: &str) -> Option<Secret> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (digits.len() == 2 * BYTES && digits.bytes().all(is_hex))
            .then(|| Secret(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself, for whoever it was made for.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it. A fast hash without salt or stretching is enough:
    /// there are 2²⁵⁶ secrets, all equally likely, so there is no list of likely
    /// ones to try. And it makes looking one up safe: who tries secrets learns
    /// nothing from how long a comparison of hashes takes, for they cannot
    /// choose the hash.
    pub fn hash(&self) -> SecretHash {
        let hash = blake3::Hasher::new_derive_key("patchbay 2026 token secret")
            .update(self.0.as_bytes())
            .finalize();
        SecretHash(*hash.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// A secret's hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretHash(pub(crate) [u8; 32]);

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its id, by which it is listed, revoked, and named in the audit trail.
    pub id: TokenId,
    /// Hash of its secret.
    pub hash: SecretHash,
    /// Under which name its holder acts; 1 to 256 bytes.
    pub name: String,
    /// For whom it speaks.
    pub standing: TokenScope,
    /// When it was made; kept to the microsecond, as are the others.
    pub created_at: Timestamp,
    /// Who had it made.
    pub created_by: String,
    /// From when on it is worth nothing; absent: never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// A token for a secret. An agent's acts under the agent's id; another's
    /// under the name given, or else under its own id, which nobody else has.
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

    /// The same, good for a while, to the second; absent: until it is revoked.
    #[must_use]
    pub fn good_for(mut self, span: Option<Seconds>) -> Token {
        let end = |span: Seconds| {
            let second = self.created_at.as_second().saturating_add(span.0.into());
            Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
        };
        self.expires_at = span.map(end);
        self
    }

    /// Where it stands at a time.
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

/// Where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// It is good.
    Active,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

impl TokenState {
    /// The code, as in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            TokenState::Active => "active",
            TokenState::Expired => "expired",
            TokenState::Revoked => "revoked",
        }
    }
}

impl TokenId {
    /// An id nobody had before.
    ///
    /// # Errors
    /// [`JournalError::Disk`] where the system gives no random bytes.
    pub fn make() -> Result<TokenId, JournalError> {
        random()
            .map(TokenId)
            .map_err(|error| JournalError::Disk(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_and_no_other_does() {
        let secret = Secret::make().expect("random bytes");
        let text = secret.reveal().to_owned();
        assert_eq!(
            Secret::parse(&text).expect("a secret").hash(),
            secret.hash()
        );
        assert_ne!(Secret::make().expect("random bytes").hash(), secret.hash());
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
    fn a_token_is_good_until_its_span_is_over() {
        let (id, secret) = (TokenId([0; 16]), Secret::make().expect("random bytes"));
        let standing = TokenScope {
            company: None,
            role: patchbay_model::access::Role::Auditor,
            agent: None,
        };
        let at = |second, nano| Timestamp::new(second, nano).expect("a time");
        let token = Token::new(id, &secret, None, standing, at(100, 9), "local");
        assert_eq!(token.name, id.to_string());
        let for_ever = token.clone().good_for(None);
        assert_eq!(for_ever.state(Timestamp::MAX), TokenState::Active);
        let an_hour = token.good_for(Some(Seconds(3_600)));
        assert_eq!(an_hour.state(at(3_699, 0)), TokenState::Active);
        assert_eq!(an_hour.state(at(3_700, 0)), TokenState::Expired);
    }

    #[test]
    fn a_secret_is_not_shown_by_accident() {
        let secret = Secret::make().expect("random bytes");
        let shown = format!("{secret:?} {:?}", secret.hash());
        assert_eq!(shown, "Secret SecretHash");
    }
}
