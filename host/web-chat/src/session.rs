//! Sessions of visitors. The host stores none: a token says who its bearer is, signed
//! by a key of the company and the connection.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::{CompanyKey, Rejection};
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Separates these codes from others under the company's key; change it with every
/// change of the form of a token.
const DOMAIN: &[u8] = b"patchbay channels chat session 1\0";
/// How long a token is valid. Renewing a session gives another one.
const VALIDITY: SignedDuration = SignedDuration::from_hours(24);
/// How long a session can be renewed.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Longest token, in bytes.
const TOKEN_BYTES: usize = 1_536;
/// Begins the addresses of visitors whom the site does not name.
const ANONYMOUS: &str = "visitor:";

/// Who a visitor is. `Debug` shows neither address nor key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Address of the visitor: the site's id of a known customer, or random.
    #[serde(rename = "a")]
    address: String,
    /// Whether the site vouches for the address.
    #[serde(rename = "k")]
    is_known: bool,
    /// When it began, in Unix milliseconds.
    #[serde(rename = "b")]
    begun_ms: i64,
    /// When the token ends, in Unix milliseconds.
    #[serde(rename = "x")]
    ends_ms: i64,
}

impl Session {
    /// A session of a visitor whom the site does not name. `random` makes the address.
    pub(super) fn anonymous(random: [u8; 16], now: Timestamp) -> Session {
        let digits = random.iter().map(|byte| format!("{byte:02x}"));
        let address = format!("{ANONYMOUS}{}", digits.collect::<String>());
        Session::begin(address, false, now)
    }

    /// A session of a customer whom the site named.
    pub(super) fn known(user: &str, now: Timestamp) -> Session {
        Session::begin(user.to_owned(), true, now)
    }

    fn begin(address: String, is_known: bool, now: Timestamp) -> Session {
        let begun_ms = now.as_millisecond();
        Session {
            address,
            is_known,
            begun_ms,
            ends_ms: begun_ms.saturating_add(milliseconds(VALIDITY)),
        }
    }

    /// The session with a later end; `None` once it is too old to go on.
    pub(super) fn renewed(&self, now: Timestamp) -> Option<Session> {
        let now = now.as_millisecond();
        let last = self.begun_ms.saturating_add(milliseconds(LONGEST));
        (now < last).then(|| Session {
            ends_ms: now.saturating_add(milliseconds(VALIDITY)).min(last),
            ..self.clone()
        })
    }

    /// Address of the visitor.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether the site vouches for the address.
    pub fn is_known(&self) -> bool {
        self.is_known
    }

    /// When it began.
    pub fn begun_at(&self) -> Timestamp {
        Timestamp::from_millisecond(self.begun_ms).unwrap_or(Timestamp::MIN)
    }

    /// When its token ends.
    pub fn ends_at(&self) -> Timestamp {
        Timestamp::from_millisecond(self.ends_ms).unwrap_or(Timestamp::MIN)
    }

    /// Whether its token is valid at a time.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        now < self.ends_at()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("is_known", &self.is_known)
            .finish_non_exhaustive()
    }
}

fn milliseconds(duration: SignedDuration) -> i64 {
    duration.as_secs() * 1_000
}

/// Whether an address is one that the host makes for anonymous visitors.
pub(super) fn is_anonymous(address: &str) -> bool {
    address.starts_with(ANONYMOUS)
}

/// Signs the tokens of one connection of a company.
pub(super) struct SessionKey(hmac::Key);

impl SessionKey {
    pub(super) fn new(key: &CompanyKey, account: &str) -> SessionKey {
        let key = key.derive(&[DOMAIN, account.as_bytes()]);
        SessionKey(hmac::Key::new(hmac::HMAC_SHA256, &*key))
    }

    /// The token of a session.
    pub(super) fn token(&self, session: &Session) -> String {
        // A struct of plain values: serialization cannot fail.
        let document = serde_json::to_vec(session).unwrap_or_default();
        let document = BASE64_URL_SAFE_NO_PAD.encode(document);
        let code = hmac::sign(&self.0, document.as_bytes());
        format!("{document}.{}", BASE64_URL_SAFE_NO_PAD.encode(code))
    }

    /// The session of a token, over or not.
    ///
    /// # Errors
    /// It was not made by this connection.
    pub(super) fn session(&self, token: &str) -> Result<Session, Rejection> {
        if token.len() > TOKEN_BYTES {
            return Err(Rejection::Malformed);
        }
        let (document, code) = token.split_once('.').ok_or(Rejection::Malformed)?;
        let code = BASE64_URL_SAFE_NO_PAD.decode(code);
        let code = code.map_err(|_| Rejection::Malformed)?;
        hmac::verify(&self.0, document.as_bytes(), &code).map_err(|_| Rejection::Mismatch)?;
        let document = BASE64_URL_SAFE_NO_PAD.decode(document);
        let document = document.map_err(|_| Rejection::Malformed)?;
        serde_json::from_slice(&document).map_err(|_| Rejection::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3_600).expect("in range")
    }

    fn key(company: u8, account: &str) -> SessionKey {
        SessionKey::new(&CompanyKey::new([company; 32]), account)
    }

    #[test]
    fn a_token_is_valid_for_a_day_and_renewed_for_thirty() {
        let session = Session::anonymous([7; 16], at(0));
        assert_eq!(session.address(), format!("visitor:{}", "07".repeat(16)));
        assert!(session.is_valid(at(23)) && !session.is_valid(at(24)));
        let mut renewed = session.clone();
        for hour in (20..720).step_by(20) {
            renewed = renewed.renewed(at(hour)).expect("not too old");
            assert_eq!(renewed.begun_at(), at(0));
            assert_eq!(renewed.ends_at(), at((hour + 24).min(720)), "{hour}");
        }
        assert_eq!(renewed.renewed(at(720)), None);
    }

    #[test]
    fn a_token_is_of_one_company_and_one_connection() {
        let session = Session::known("4711", at(0));
        let token = key(1, "site").token(&session);
        assert_eq!(key(1, "site").session(&token), Ok(session));
        for other in [key(2, "site"), key(1, "shop"), key(1, "sit")] {
            assert_eq!(other.session(&token), Err(Rejection::Mismatch));
        }
        let shown = format!("{:?}", Session::known("4711", at(0)));
        assert!(!shown.contains("4711"), "{shown}");
    }

    #[test]
    fn a_token_that_was_changed_is_refused() {
        let key = key(1, "site");
        let token = key.token(&Session::known("4711", at(0)));
        for index in 0..token.len() {
            for bit in 0..8 {
                let mut bytes = token.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                if let Ok(other) = String::from_utf8(bytes) {
                    assert!(key.session(&other).is_err(), "{other}");
                }
            }
            assert!(key.session(&token[..index]).is_err());
        }
        let code = token.split_once('.').expect("two parts").1;
        for other in [
            String::new(),
            ".".to_owned(),
            format!("{token}."),
            format!("{token}A"),
            format!("{token}="),
            format!(" {token}"),
            format!(".{code}"),
            token.replace('.', ".."),
            "x".repeat(100_000),
        ] {
            assert!(key.session(&other).is_err(), "{other}");
        }
    }
}
