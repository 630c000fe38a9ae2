//! Customers whom the site knows: it passes their id with a code that only its server
//! can make.

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::Secrets;
use patchbay_adapter::verify::{SKEW_SECONDS, is_hmac_sha256};
use patchbay_model::{address, identifier};
use serde::Deserialize;
use thiserror::Error;

use super::CHANNEL;
use super::session::is_anonymous;

/// Longest id of a customer, in bytes.
const USER_BYTES: usize = 256;
/// How old a code with a time may be.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// What a page sends to begin a session. `Debug` is not implemented: it names a person.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// The site's id of the customer; absent for a visitor whom it does not name.
    #[serde(default)]
    pub user_id: Option<String>,
    /// Hexadecimal HMAC-SHA256, by the widget secret, of the id; and where `iat` is
    /// given, of the id, a line feed, and `iat` in decimal.
    #[serde(default)]
    pub user_hash: Option<String>,
    /// When the code was made, in Unix seconds.
    #[serde(default)]
    pub iat: Option<i64>,
}

/// Why a page cannot name a customer. Contains no id and no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// Anonymous visitors may not write.
    #[error("this chat is for customers whom the site names: pass user_id and user_hash")]
    Anonymous,
    /// The connection has no secret.
    #[error("this chat knows no customers: the connection has no `widget-secret`")]
    NoSecret,
    /// A part is missing, or given without the others.
    #[error("user_id and user_hash belong together; iat only with them")]
    Incomplete,
    /// The id cannot be an address.
    #[error(
        "user_id must have 1 to {USER_BYTES} bytes, no control or invisible characters, be in the Unicode normalization form C, and not begin with \"visitor:\""
    )]
    User,
    /// The connection asks for a time.
    #[error("this chat needs iat, the time at which user_hash was made")]
    NoTime,
    /// The code is too old, or of the future.
    #[error("iat is more than a day old, or in the future")]
    Stale,
    /// The code is not the site's.
    #[error("user_hash is not the code of user_id")]
    Mismatch,
}

/// How the connection knows customers.
pub(super) struct IdentityRule {
    pub(super) secrets: Option<Secrets>,
    pub(super) allows_anonymous: bool,
    pub(super) needs_time: bool,
}

impl IdentityRule {
    /// The id of the customer whom a page names; `None` for an anonymous visitor.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub(super) fn check<'r>(
        &self,
        request: &'r SessionRequest,
        now: Timestamp,
    ) -> Result<Option<&'r str>, IdentityError> {
        let (user, hash) = match (&request.user_id, &request.user_hash) {
            (Some(user), Some(hash)) => (user.as_str(), hash),
            (None, None) if request.iat.is_none() => {
                return match self.allows_anonymous {
                    true => Ok(None),
                    false => Err(IdentityError::Anonymous),
                };
            }
            _ => return Err(IdentityError::Incomplete),
        };
        let secrets = self.secrets.as_ref().ok_or(IdentityError::NoSecret)?;
        let is_address = user.len() <= USER_BYTES && identifier::problem(user).is_none();
        // Two spellings of one contact would share a conversation.
        let is_canonical = address::canonical(CHANNEL, user) == user;
        if !is_address || !is_canonical || is_anonymous(user) {
            return Err(IdentityError::User);
        }
        let time = request.iat.map(|iat| iat.to_string());
        let is_code = match &time {
            None if self.needs_time => return Err(IdentityError::NoTime),
            None => is_hmac_sha256(secrets, &[user.as_bytes()], hash),
            // No id has a line feed: no code without a time is one with a time.
            Some(time) => is_hmac_sha256(secrets, &[user.as_bytes(), b"\n", time.as_bytes()], hash),
        };
        if !is_code {
            return Err(IdentityError::Mismatch);
        }
        if let Some(iat) = request.iat {
            let made_at = Timestamp::from_second(iat).map_err(|_| IdentityError::Stale)?;
            let age = now.duration_since(made_at);
            let is_fresh = age <= LONGEST && age >= -SignedDuration::from_secs(SKEW_SECONDS);
            if !is_fresh {
                return Err(IdentityError::Stale);
            }
        }
        Ok(Some(user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;
    const NOW: i64 = 1_767_225_600;

    fn code(secret: &str, message: &str) -> String {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let code = ring::hmac::sign(&key, message.as_bytes());
        let digits = code.as_ref().iter().map(|byte| format!("{byte:02x}"));
        digits.collect()
    }

    fn rule(secret: Option<&str>) -> IdentityRule {
        IdentityRule {
            secrets: secret.map(|secret| Secrets::one(secret).expect("a secret")),
            allows_anonymous: true,
            needs_time: false,
        }
    }

    fn request(user: &str, hash: &str, iat: Option<i64>) -> SessionRequest {
        SessionRequest {
            user_id: Some(user.to_owned()),
            user_hash: Some(hash.to_owned()),
            iat,
        }
    }

    fn check(
        rule: &IdentityRule,
        request: &SessionRequest,
    ) -> Result<Option<String>, IdentityError> {
        let now = Timestamp::from_second(NOW).expect("in range");
        Ok(rule.check(request, now)?.map(str::to_owned))
    }

    /// Computed with Python: `hmac.new(b"hush", b"4711", "sha256").hexdigest()`, and of
    /// `b"4711\n1767225600"`.
    #[test]
    fn a_customer_is_known_by_the_code_of_the_site() {
        let plain = code("hush", "4711");
        assert_eq!(
            plain,
            "a10c34ff350d40a71bb4eeec225cee75bdd6fc84c1424fbfcd98563ffdd6bdae"
        );
        let timed = code("hush", &format!("4711\n{NOW}"));
        assert_eq!(
            timed,
            "f41a4ecc1836eead7d71174c1f86e6679dfa7862104a455ef5de87c416cee54e"
        );
        let rule = rule(Some("hush"));
        let known = Ok(Some("4711".to_owned()));
        assert_eq!(check(&rule, &request("4711", &plain, None)), known);
        assert_eq!(check(&rule, &request("4711", &timed, Some(NOW))), known);
    }

    #[test]
    fn a_code_of_another_customer_secret_form_or_time_is_refused() {
        let rule = rule(Some("hush"));
        let plain = code("hush", "4711");
        let timed = code("hush", &format!("4711\n{NOW}"));
        for hash in [
            "",
            &plain.to_uppercase(),
            &plain[..63],
            &format!("{plain}0"),
            &format!(" {plain}"),
            &code("other", "4711"),
            &code("hush", "4712"),
            &timed,
        ] {
            let refused = check(&rule, &request("4711", hash, None));
            assert_eq!(refused, Err(IdentityError::Mismatch), "{hash}");
        }
        // The time is signed.
        for iat in [NOW + 1, NOW - 1] {
            let refused = check(&rule, &request("4711", &timed, Some(iat)));
            assert_eq!(refused, Err(IdentityError::Mismatch));
        }
        // A code without a time is none of another id with a time.
        let joined = code("hush", "4711.1767225600");
        let refused = check(&rule, &request("4711", &joined, Some(NOW)));
        assert_eq!(refused, Err(IdentityError::Mismatch));
        for (iat, result) in [
            (NOW - DAY, Ok(Some("4711".to_owned()))),
            (NOW - DAY - 1, Err(IdentityError::Stale)),
            (NOW + 300, Ok(Some("4711".to_owned()))),
            (NOW + 301, Err(IdentityError::Stale)),
            (i64::MAX, Err(IdentityError::Stale)),
            (i64::MIN, Err(IdentityError::Stale)),
        ] {
            let hash = code("hush", &format!("4711\n{iat}"));
            assert_eq!(
                check(&rule, &request("4711", &hash, Some(iat))),
                result,
                "{iat}"
            );
        }
    }

    #[test]
    fn an_id_cannot_be_that_of_an_anonymous_visitor() {
        let rule = rule(Some("hush"));
        for user in [
            "",
            "visitor:07",
            "a\nb",
            " a",
            "a\u{200b}",
            &"x".repeat(257),
            // Other spellings of `Kim`, `\u{e9}` and a grave accent: the same contact.
            "\u{212a}im",
            "e\u{301}",
            "a\u{1fef}b",
        ] {
            let refused = check(&rule, &request(user, &code("hush", user), None));
            assert_eq!(refused, Err(IdentityError::User), "{user:?}");
        }
        let longest = "x".repeat(256);
        let taken = check(&rule, &request(&longest, &code("hush", &longest), None));
        assert_eq!(taken, Ok(Some(longest)));
    }

    #[test]
    fn the_parts_belong_together_and_the_connection_says_who_may_write() {
        let hash = code("hush", "4711");
        let whole = request("4711", &hash, None);
        let none = SessionRequest::default();
        let mut partial = [whole.clone(), whole.clone(), none.clone()];
        partial[0].user_hash = None;
        partial[1].user_id = None;
        partial[2].iat = Some(NOW);
        for request in &partial {
            let refused = check(&rule(Some("hush")), request);
            assert_eq!(refused, Err(IdentityError::Incomplete));
        }
        assert_eq!(check(&rule(None), &none), Ok(None));
        assert_eq!(check(&rule(None), &whole), Err(IdentityError::NoSecret));
        let strict = IdentityRule {
            allows_anonymous: false,
            needs_time: true,
            ..rule(Some("hush"))
        };
        assert_eq!(check(&strict, &none), Err(IdentityError::Anonymous));
        assert_eq!(check(&strict, &whole), Err(IdentityError::NoTime));
    }
}
