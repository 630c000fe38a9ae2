//! The customer in a message, echo or status.

use patchbay_adapter::field::{Fields, cut};
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::Author;
use serde_json::Value;

/// A customer: a business-scoped user id, a phone number, or both. Since users
/// have names of their own, their number can be absent.
pub(super) struct Customer<'a> {
    /// The address that stays: the user id, else the number as it came. A user id
    /// belongs to one business portfolio.
    pub(super) address: Option<&'a str>,
    /// Another address of the same person.
    pub(super) second_address: Option<&'a str>,
    name: Option<&'a str>,
    /// Their name on WhatsApp, which changes.
    pub(super) username: Option<&'a str>,
}

impl<'a> Customer<'a> {
    /// The customer with this user id and number, as fields of a message say, and
    /// what the list of contacts adds. The number of a message and of its contact
    /// can be two spellings of one: so the contact of a delivery with one message is
    /// its sender's, and among several the same user id or number decides.
    pub(super) fn find(
        user: Option<&'a str>,
        number: Option<&'a str>,
        contacts: &'a [Value],
        is_only_message: bool,
    ) -> Customer<'a> {
        let is_same = |contact: &&Value| {
            let is = |field: &str, known: Option<&str>| {
                known.is_some() && contact.text(&[field]) == known
            };
            is("user_id", user) || is("wa_id", number)
        };
        let is_other = |contact: &Value| {
            let known = contact.text(&["user_id"]);
            known.is_some() && user.is_some() && known != user
        };
        let contact = match contacts {
            [only] if is_only_message && !is_other(only) => Some(only),
            several => several.iter().find(is_same),
        };
        let field = |path: &[&str]| contact.and_then(|contact| contact.text(path));
        let user = user.or_else(|| field(&["user_id"]));
        let registered = field(&["wa_id"]);
        let number = number.or(registered);
        let (address, second_address) = match user {
            Some(_) => (user, number),
            None => (number, registered),
        };
        Customer {
            address,
            second_address: second_address.filter(|second| address != Some(*second)),
            name: field(&["profile", "name"]),
            username: field(&["profile", "username"]),
        }
    }

    /// The author of an interaction.
    pub(super) fn author(&self) -> Author {
        Author {
            address: self.address.map(str::to_owned),
            name: self.name.map(|name| cut(name, NAME_BYTES).to_owned()),
            reach: None,
            verified: None,
        }
    }
}
