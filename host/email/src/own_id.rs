//! Ids that the company's replies carry: the Message-ID, made of the key of the
//! reply, and addresses that contain it.

use patchbay_adapter::verify::are_equal;
use patchbay_adapter::{CompanyKey, MessageIds};
use patchbay_model::{address, codes};

use super::CHANNEL;

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

/// What an address with a key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) used: TokenUse,
    /// Key of the reply.
    pub(super) key: String,
    /// The account that sent the reply.
    pub(super) account: String,
}

/// Makes and recognises the ids of the company's replies.
pub(super) struct OwnIds {
    /// Domain of the Message-IDs.
    message_domain: String,
    /// Domain of addresses with a key, if they reach the channel.
    token_domain: Option<String>,
    /// The accounts that send replies.
    accounts: Vec<String>,
    codes: MessageIds,
}

impl OwnIds {
    pub(super) fn new(
        key: &CompanyKey,
        message_domain: String,
        token_domain: Option<String>,
        accounts: Vec<String>,
    ) -> OwnIds {
        OwnIds {
            message_domain,
            token_domain,
            accounts,
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
    pub(super) fn token_address(&self, used: TokenUse, key: &str, account: &str) -> Option<String> {
        let domain = self.token_domain.as_deref()?;
        // Some servers change the case of an address.
        let has_one_case = !key
            .bytes()
            .any(|byte| byte.is_ascii_uppercase() || byte == b'.');
        let local = format!("{used}+{key}.{}", self.code(used, key, account));
        (is_key(key) && has_one_case && local.len() <= LOCAL_BYTES)
            .then(|| format!("{local}@{domain}"))
    }

    /// What an address with a key says, if the company made it.
    pub(super) fn token(&self, address: &str) -> Option<Token> {
        let (local, domain) = address.rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(self.token_domain.as_deref()?) {
            return None;
        }
        let local = local.to_ascii_lowercase();
        let (used, token) = local.split_once('+')?;
        let (key, code) = token.rsplit_once('.')?;
        let used = TokenUse::from_code(used)?;
        let is_of = |account: &&String| {
            are_equal(code.as_bytes(), self.code(used, key, account).as_bytes())
        };
        let account = self.accounts.iter().find(is_of)?;
        Some(Token {
            used,
            key: key.to_owned(),
            account: account.clone(),
        })
    }

    /// Whether an address has the form of those with a key, also of another maker: every
    /// such address of the domain reaches the channel.
    pub(super) fn has_form_of_token(&self, address: &str) -> bool {
        let Some((local, domain)) = address.rsplit_once('@') else {
            return false;
        };
        let is_use = |(used, _): (&str, &str)| {
            TokenUse::ALL
                .iter()
                .any(|known| known.as_str().eq_ignore_ascii_case(used))
        };
        let domains = self.token_domain.iter();
        domains
            .filter(|own| own.eq_ignore_ascii_case(domain))
            .any(|_| local.split_once('+').is_some_and(is_use))
    }

    /// The code that only the company can make, for one account.
    fn code(&self, used: TokenUse, key: &str, account: &str) -> String {
        let account = address::canonical(CHANNEL, account);
        let mut code = self.codes.id(&account, &format!("{used}/{key}"));
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

    const HELP: &str = "help@northwind.example";
    const SALES: &str = "Sales@northwind.example";

    fn own(key: u8) -> OwnIds {
        let domain = "care.northwind.example".to_owned();
        let accounts = [HELP, SALES].map(str::to_owned).to_vec();
        OwnIds::new(
            &CompanyKey::new([key; 32]),
            domain.clone(),
            Some(domain),
            accounts,
        )
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
        for (used, account) in [
            (TokenUse::Reply, HELP),
            (TokenUse::Reply, SALES),
            (TokenUse::Bounce, HELP),
            (TokenUse::Bounce, SALES),
        ] {
            let address = own(1).token_address(used, KEY, account).expect("fits");
            assert!(address.starts_with(&format!("{used}+{KEY}.")));
            let local = address.split('@').next().unwrap_or_default();
            assert!(local.len() <= LOCAL_BYTES);
            let token = Token {
                used,
                key: KEY.to_owned(),
                account: account.to_owned(),
            };
            for spelled in [address.clone(), address.to_uppercase()] {
                assert_eq!(own(1).token(&spelled), Some(token.clone()));
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
        let address = |key| own(1).token_address(TokenUse::Reply, key, HELP);
        let reply = address(KEY).expect("fits");
        assert_eq!(own(1).token(&reply.replacen("reply", "bounce", 1)), None);
        let other = own(1).token_address(TokenUse::Reply, KEY, "other@northwind.example");
        assert_eq!(own(1).token(&other.expect("fits")), None);
        for key in ["", "Upper", "a.b", "a@b", "a b", &"k".repeat(60)] {
            assert_eq!(address(key), None, "{key}");
        }
    }
}
