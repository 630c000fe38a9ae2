//! What the adapters of help desks have in common: an account, its user and its API.

use patchbay_adapter::{
    ConfigError, Credential, EncodeError, MessageIds, OutboundRequest, Reply, RequestMethod,
};
use serde_json::Value;

use crate::decision_rules::DecisionRules;

/// Longest number of a ticket, conversation, user or group.
const NUMBER_DIGITS: usize = 19;

/// An account of a help desk.
pub(crate) struct HelpDesk {
    /// Code of the channel.
    pub(crate) channel: &'static str,
    /// The company's account.
    pub(crate) account: String,
    /// Number of the user whose token is used: what this user writes is ignored.
    pub(crate) user: String,
    /// Base URL of the API.
    pub(crate) base: String,
    pub(crate) credential: Credential,
    pub(crate) ids: MessageIds,
    pub(crate) rules: DecisionRules,
}

impl HelpDesk {
    /// Checks the text of a reply, and gives the ticket or conversation to which it goes.
    pub(crate) fn check_reply<'r>(&self, reply: &Reply<'r>) -> Result<&'r str, EncodeError> {
        reply.check_text()?;
        self.thread(reply.account, reply.conversation)
    }

    /// The ticket or conversation that a reply or a decision is about.
    pub(crate) fn thread<'r>(
        &self,
        account: &str,
        conversation: Option<&'r str>,
    ) -> Result<&'r str, EncodeError> {
        if account != self.account {
            return Err(EncodeError::Account);
        }
        let thread = conversation.ok_or(EncodeError::Unanswered)?;
        number(thread).map(|_| thread).ok_or(EncodeError::Address)
    }

    /// A request with a body in JSON to a path below the base URL.
    pub(crate) fn request(
        &self,
        method: RequestMethod,
        key: String,
        path: &str,
        body: &Value,
    ) -> OutboundRequest {
        OutboundRequest {
            method,
            key,
            url: format!("{}{path}", self.base),
            content_type: "application/json".into(),
            headers: Vec::new(),
            body: body.to_string().into_bytes().into(),
            credential: self.credential.clone(),
        }
    }
}

/// Checks the setting `user`.
pub(crate) fn check_user(user: &str) -> Result<(), ConfigError> {
    match number(user) {
        Some(_) => Ok(()),
        None => Err(ConfigError::settings(
            "`user` must be the number of the user whose token is used, such as \"17\"",
        )),
    }
}

/// A number of the help desk: digits only.
pub(crate) fn number(text: &str) -> Option<u64> {
    let is_number =
        (1..=NUMBER_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_digits_only_and_fits() {
        for (text, found) in [
            ("0", Some(0)),
            ("8447388090495", Some(8_447_388_090_495)),
            ("9999999999999999999", Some(9_999_999_999_999_999_999)),
            ("", None),
            ("+1", None),
            ("-1", None),
            ("1/labels", None),
            ("1 ", None),
            ("١", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(number(text), found, "{text}");
        }
    }
}
