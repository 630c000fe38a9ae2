//! Who logs in.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use zeroize::Zeroizing;

/// Most bytes of a user and of a password.
const LOGIN_BYTES: usize = 1_024;
/// Most bytes of a token: those of Microsoft have 2 to 4 KiB.
const TOKEN_BYTES: usize = 8 << 10;

/// A user, and what shows that it is the user. `Debug` hides both.
#[derive(Clone)]
pub struct Login {
    user: String,
    secret: Zeroizing<Vec<u8>>,
    is_token: bool,
}

/// A user, a password or a token that cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the user, the password or the token is empty, too long or has a control character")]
pub struct InvalidLogin;

impl Login {
    /// A user with a password: AUTHENTICATE PLAIN or LOGIN.
    ///
    /// # Errors
    /// One of them is empty, has more than 1,024 bytes or a control character.
    pub fn with_password(user: &str, password: &[u8]) -> Result<Login, InvalidLogin> {
        Login::of(user, password, LOGIN_BYTES, false)
    }

    /// A user with an access token of OAuth 2.0: AUTHENTICATE XOAUTH2.
    ///
    /// # Errors
    /// As [`Login::with_password`]; a token may have 8 KiB.
    pub fn with_token(user: &str, token: &[u8]) -> Result<Login, InvalidLogin> {
        Login::of(user, token, TOKEN_BYTES, true)
    }

    fn of(user: &str, secret: &[u8], most: usize, is_token: bool) -> Result<Login, InvalidLogin> {
        let is_control = |byte: &u8| *byte < b' ' || *byte == 0x7f;
        let fits =
            |bytes: &[u8], most| (1..=most).contains(&bytes.len()) && !bytes.iter().any(is_control);
        if !fits(user.as_bytes(), LOGIN_BYTES) || !fits(secret, most) {
            return Err(InvalidLogin);
        }
        Ok(Login {
            user: user.to_owned(),
            secret: Zeroizing::new(secret.to_vec()),
            is_token,
        })
    }

    pub(crate) fn is_token(&self) -> bool {
        self.is_token
    }

    /// The first answer of PLAIN (RFC 4616) or XOAUTH2, in base64.
    pub(crate) fn initial(&self) -> Zeroizing<String> {
        let (user, secret) = (self.user.as_bytes(), self.secret.as_slice());
        let plain = Zeroizing::new(match self.is_token {
            true => [b"user=", user, b"\x01auth=Bearer ", secret, b"\x01\x01"].concat(),
            false => [b"\0", user, b"\0", secret].concat(),
        });
        Zeroizing::new(STANDARD.encode(&*plain))
    }

    /// User and password as quoted strings; `None` if one has other bytes than ASCII.
    pub(crate) fn quoted(&self) -> Option<Zeroizing<String>> {
        let mut text = Zeroizing::new(String::with_capacity(
            2 * (self.user.len() + self.secret.len()) + 5,
        ));
        for (index, bytes) in [self.user.as_bytes(), &self.secret].into_iter().enumerate() {
            if !bytes.is_ascii() {
                return None;
            }
            text.push_str(if index == 0 { "\"" } else { " \"" });
            for byte in bytes {
                if matches!(byte, b'"' | b'\\') {
                    text.push('\\');
                }
                text.push(char::from(*byte));
            }
            text.push('"');
        }
        Some(text)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_written_as_each_mechanism_reads_it() {
        let login = Login::with_password("jo", b"hu\"s\\h").expect("valid");
        assert_eq!(*login.initial(), STANDARD.encode("\0jo\0hu\"s\\h"));
        assert_eq!(
            login.quoted().as_deref().map(String::as_str),
            Some(r#""jo" "hu\"s\\h""#)
        );
        assert!(!format!("{login:?}").contains("jo"));
        let other = Login::with_password("jo", "hüsh".as_bytes()).expect("valid");
        assert!(other.quoted().is_none());
    }

    /// The example of Google's page on XOAUTH2.
    #[test]
    fn a_token_is_written_as_google_shows_it() {
        let token = b"ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg";
        let login = Login::with_token("someuser@example.com", token).expect("valid");
        assert_eq!(
            *login.initial(),
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ=="
        );
    }

    #[test]
    fn what_would_change_the_command_is_refused() {
        for (user, secret) in [
            ("", "a"),
            ("a", ""),
            ("a\r\nb", "a"),
            ("a", "a\0b"),
            ("a", "a\x01auth"),
        ] {
            assert_eq!(
                Login::with_password(user, secret.as_bytes()).err(),
                Some(InvalidLogin)
            );
            assert_eq!(
                Login::with_token(user, secret.as_bytes()).err(),
                Some(InvalidLogin)
            );
        }
        assert!(Login::with_password("a", &[b'x'; LOGIN_BYTES + 1]).is_err());
        assert!(Login::with_token("a", &[b'x'; LOGIN_BYTES + 1]).is_ok());
    }
}
