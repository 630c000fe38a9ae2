//! Ids that the company's replies carry: the Message-ID, made of the key of the
//! reply, and addresses that contain it.

use patchbay_model::codes;

use crate::message_id::{CompanyKey, MessageIds};
use crate::verify::are_equal;

/// Longest key.
pub(super) const KEY_BYTES: usize = 128;
/// Hexadecimal digits of the code in an address. A guess costs a mail.
const CODE_DIGITS: usize = 12;
/// Longest local part of an address (RFC 5321).
const LOCAL_BYTES: usize = 64;

codes! {
    /// What an address with a key is for.
    pub(super) enum TokenUse {
        /// `Reply-To` of a reply.
        Reply = "reply",
        /// Its return path: a report about it comes back there.
        Bounce = "bounce",
    }
}

/// Makes and recognises the ids of the company's replies.
pub(super) struct OwnIds {
    /// Domain of the Message-IDs.
    message_domain: String,
    /// Domain of addresses with a key, if they reach the channel.
    token_domain: Option<String>,
    codes: MessageIds,
}

impl OwnIds {
    pub(super) fn new(
        key: &CompanyKey,
        message_domain: String,
        token_domain: Option<String>,
    ) -> OwnIds {
        OwnIds {
            message_domain,
            token_domain,
            codes: MessageIds::new(key, "email-token"),
        }
    }

    /// The Message-ID of a reply, without brackets.
    pub(super) fn message_id(&self, key: &str) -> String {
        format!("{key}@{}", self.message_domain)
    }

    /// The key in a Message-ID of a reply.
    pub(super) fn key<'a>(&self, message_id: &'a str) -> Option<&'a str> {
        let (key, domain) = message_id.split_once('@')?;
        (is_key(key) && domain.eq_ignore_ascii_case(&self.message_domain)).then_some(key)
    }

    /// The address with a key; `None` if the channel has none, or the key does not
    /// fit.
    pub(super) fn token_address(&self, used: TokenUse, key: &str) -> Option<String> {
        let domain = self.token_domain.as_deref()?;
        // Some servers change the case of an address.
        let has_one_case = !key
            .bytes()
            .any(|byte| byte.is_ascii_uppercase() || byte == b'.');
        let local = format!("{used}+{key}.{}", self.code(used, key));
        (is_key(key) && has_one_case && local.len() <= LOCAL_BYTES)
            .then(|| format!("{local}@{domain}"))
    }

    /// What an address with a key says, if the company made it.
    pub(super) fn token(&self, address: &str) -> Option<(TokenUse, String)> {
        let (local, domain) = address.rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(self.token_domain.as_deref()?) {
            return None;
        }
        let local = local.to_ascii_lowercase();
        let (used, token) = local.split_once('+')?;
        let (key, code) = token.rsplit_once('.')?;
        let used = TokenUse::from_code(used)?;
        are_equal(code.as_bytes(), self.code(used, key).as_bytes()).then(|| (used, key.to_owned()))
    }

    fn code(&self, used: TokenUse, key: &str) -> String {
        let mut code = self.codes.id(used.as_str(), key);
        code.truncate(CODE_DIGITS);
        code
    }
}

/// Whether a text can be the left side of a Message-ID without quotes.
pub(super) fn is_key(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=KEY_BYTES).contains(&text.len())
        && text.bytes().all(is_part)
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(key: u8) -> OwnIds {
        let domain = "care.northwind.example".to_owned();
        OwnIds::new(&CompanyKey::new([key; 32]), domain.clone(), Some(domain))
    }

    const KEY: &str = "reply-0123456789abcdef0123456789abcdef-12345";

    #[test]
    fn a_message_id_has_the_key_of_its_reply() {
        let ids = own(1);
        let id = ids.message_id("reply-01J");
        assert_eq!(id, "reply-01J@care.northwind.example");
        assert_eq!(ids.key(&id), Some("reply-01J"));
        assert_eq!(
            ids.key("reply-01J@CARE.northwind.example"),
            Some("reply-01J")
        );
        for other in [
            "reply-01J@northwind.example",
            "reply-01J",
            "@care.northwind.example",
            "a b@care.northwind.example",
            "a@b@care.northwind.example",
        ] {
            assert_eq!(ids.key(other), None, "{other}");
        }
    }

    #[test]
    fn only_the_company_makes_an_address_with_a_key() {
        for used in TokenUse::ALL {
            let address = own(1).token_address(used, KEY).expect("fits");
            assert!(address.starts_with(&format!("{used}+{KEY}.")));
            assert!(
                address
                    .split('@')
                    .next()
                    .is_some_and(|local| local.len() <= LOCAL_BYTES)
            );
            for spelled in [address.clone(), address.to_uppercase()] {
                assert_eq!(own(1).token(&spelled), Some((used, KEY.to_owned())));
                assert_eq!(own(2).token(&spelled), None, "another company");
            }
            for (from, to) in [
                ("12345.", "12346."),
                ("@care.", "@other."),
                (used.as_str(), "none"),
                (".", ""),
            ] {
                let forged = address.replacen(from, to, 1);
                assert_eq!(own(1).token(&forged), None, "{forged}");
            }
        }
        let reply = own(1).token_address(TokenUse::Reply, KEY).expect("fits");
        assert_eq!(own(1).token(&reply.replacen("reply", "bounce", 1)), None);
        for key in ["", "Upper", "a.b", "a@b", "a b", &"k".repeat(60)] {
            assert_eq!(own(1).token_address(TokenUse::Reply, key), None, "{key}");
        }
    }
}
