//! The settings of a connection in the company file.

use patchbay_adapter::{ConfigError, InboundWay};
use patchbay_model::address;
use patchbay_model::input::NAME_BYTES;
use serde::Deserialize;

use super::mailbox::LoginWay;
use super::{CHANNEL, KIND, mailbox, submission_server};

/// Settings in the company file.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Settings {
    /// How mails come in.
    #[serde(default = "webhook")]
    pub(super) inbound: InboundWay,
    /// Addresses of the company to which customers write.
    pub(super) accounts: Vec<String>,
    /// Domain of the Message-IDs of replies.
    pub(super) message_domain: String,
    /// Name beside the company's address in replies.
    #[serde(default)]
    pub(super) sender_name: Option<String>,
    /// Domain of which every address `reply+…` and `bounce+…` reaches this channel.
    #[serde(default)]
    pub(super) token_domain: Option<String>,
    /// Name of the company's mail server in `Authentication-Results`.
    #[serde(default)]
    pub(super) authserv_id: Option<String>,
    /// How many `Received` fields the company's servers add.
    #[serde(default = "one")]
    pub(super) own_hops: usize,
    /// Addresses of forms and of forwarders whose `Reply-To` is the customer.
    #[serde(default)]
    pub(super) forwarders: Vec<String>,
    /// Ids of the company's own lists (`List-Id`), by which customers write to it.
    #[serde(default)]
    pub(super) own_lists: Vec<String>,
    /// The mail server whose mailbox is read.
    #[serde(default)]
    pub(super) mailbox: Option<String>,
    /// The user there.
    #[serde(default)]
    pub(super) mailbox_user: Option<String>,
    /// How the user logs in.
    #[serde(default = "password")]
    pub(super) mailbox_login: LoginWay,
    /// Where the provider renews access tokens.
    #[serde(default)]
    pub(super) mailbox_token_url: Option<String>,
    /// Id of the company's application there.
    #[serde(default)]
    pub(super) mailbox_client_id: Option<String>,
    /// Rights that the token is asked for with.
    #[serde(default)]
    pub(super) mailbox_scope: Option<String>,
    /// The folder that is read.
    #[serde(default = "inbox")]
    pub(super) mailbox_folder: String,
    /// Days of mails before the first poll.
    #[serde(default = "one_day")]
    pub(super) mailbox_history_days: u32,
    /// The mail server that sends replies.
    #[serde(default)]
    pub(super) submission: Option<String>,
    /// The user there.
    #[serde(default)]
    pub(super) submission_user: Option<String>,
}

fn webhook() -> InboundWay {
    InboundWay::Webhook
}

fn one() -> usize {
    1
}

fn password() -> LoginWay {
    LoginWay::Password
}

fn inbox() -> String {
    "INBOX".to_owned()
}

fn one_day() -> u32 {
    1
}

/// Without accounts.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            inbound: webhook(),
            accounts: Vec::new(),
            message_domain: String::new(),
            sender_name: None,
            token_domain: None,
            authserv_id: None,
            own_hops: one(),
            forwarders: Vec::new(),
            own_lists: Vec::new(),
            mailbox: None,
            mailbox_user: None,
            mailbox_login: password(),
            mailbox_token_url: None,
            mailbox_client_id: None,
            mailbox_scope: None,
            mailbox_folder: inbox(),
            mailbox_history_days: one_day(),
            submission: None,
            submission_user: None,
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let invalid = |problem: &str| Err(ConfigError::settings(problem));
        if self.accounts.is_empty() || !self.accounts.iter().all(|it| is_address(it)) {
            return invalid(
                "`accounts` must list the addresses to which customers write, such as \"help@example.com\"",
            );
        }
        if !self.forwarders.iter().all(|it| is_address(it)) {
            return invalid("`forwarders` must list addresses, such as \"form@example.com\"");
        }
        if !is_domain(&self.message_domain) {
            return invalid("`message-domain` must be a domain, such as \"care.example.com\"");
        }
        if !self.token_domain.as_deref().is_none_or(is_domain) {
            return invalid("`token-domain` must be a domain, such as \"care.example.com\"");
        }
        let is_name = |name: &str| name.len() <= NAME_BYTES && !name.chars().any(char::is_control);
        if !self.sender_name.as_deref().is_none_or(is_name) {
            return invalid("`sender-name` must have no control characters and at most 512 bytes");
        }
        if !KIND.inbound.contains(&self.inbound) {
            return invalid("`inbound` must be \"webhook\", \"lmtp\" or \"imap\"");
        }
        if self.own_hops == 0 {
            return invalid(
                "`own-hops` must be at least 1: the server that takes mails in adds a field",
            );
        }
        mailbox::check(self)?;
        submission_server::check(self)
    }

    pub(super) fn is_forwarder(&self, from: Option<&str>) -> bool {
        let Some(from) = from.map(|from| address::canonical(CHANNEL, from)) else {
            return false;
        };
        self.forwarders
            .iter()
            .any(|known| address::canonical(CHANNEL, known) == from)
    }
}

/// Whether a text is an address that can stand in a header and an envelope as it is.
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_part =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    (1..=64).contains(&local.len()) && local.bytes().all(is_part) && is_domain(domain)
}

pub(super) fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_domains_have_their_form() {
        for good in [
            "help@example.com",
            "a+b@x.example",
            "o'neil@sub.example.com",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "@",
            "a@b",
            "a b@example.com",
            "a@b@",
            "a\r\n@example.com",
            "<a@example.com>",
            "a@example..com",
            "a@-x.example",
            "é@example.com",
            "a@example.com.",
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }
}
