//! The contact of a conversation, and the network by which it came.

use patchbay_adapter::field::Fields;
use serde_json::Value;

use crate::desk_item::Customer;
use crate::help_desk::number;
use crate::network;

/// Networks by the class of an inbox.
const NETWORKS: &[(&str, &str)] = &[
    ("Channel::Api", "api"),
    ("Channel::Email", "email"),
    ("Channel::FacebookPage", "messenger"),
    ("Channel::Instagram", "instagram-direct"),
    ("Channel::Line", "line"),
    ("Channel::Sms", "sms"),
    ("Channel::Telegram", "telegram"),
    ("Channel::TwilioSms", "sms"),
    ("Channel::TwitterProfile", "x-direct"),
    ("Channel::Voice", "phone"),
    ("Channel::WebWidget", "chat"),
    ("Channel::Whatsapp", "whatsapp"),
];

/// Begins an address that is the number of a contact.
const CONTACT: &str = "contact:";

/// A contact. Its address is the identifier that the company's site gave it, else the
/// number of the contact, which is then the second address. An identifier that looks like
/// the number of another contact is no address.
pub(super) fn customer(contact: Option<&Value>) -> Customer {
    let Some(contact) = contact else {
        return Customer::default();
    };
    let own = contact.id(&["id"]).filter(|id| number(id).is_some());
    let own = own.map(|id| format!("{CONTACT}{id}"));
    let identifier = contact.text(&["identifier"]);
    let identifier = identifier.filter(|it| !it.starts_with(CONTACT));
    let (address, second_address) = match identifier {
        Some(identifier) => (Some(identifier.to_owned()), own),
        None => (own, None),
    };
    Customer {
        address,
        second_address,
        name: contact.text(&["name"]).map(str::to_owned),
    }
}

/// The code of the network behind a conversation.
pub(super) fn network(conversation: &Value) -> Option<String> {
    let class = conversation.text(&["channel"])?;
    let kind = conversation.text(&["additional_attributes", "type"]);
    let source = conversation.text(&["contact_inbox", "source_id"]);
    let is_whatsapp = source.is_some_and(|source| source.starts_with("whatsapp:"));
    let code = match (class, kind) {
        ("Channel::TwilioSms", _) if is_whatsapp => "whatsapp",
        ("Channel::TwitterProfile", Some("tweet")) => "x",
        ("Channel::FacebookPage", Some("instagram_direct_message")) => "instagram-direct",
        _ => match network::find(NETWORKS, class) {
            Some(code) => code,
            None => return network::as_code(class.rsplit("::").next()?),
        },
    };
    Some(code.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_network_is_that_of_the_inbox() {
        for (conversation, code) in [
            (json!({"channel": "Channel::Whatsapp"}), Some("whatsapp")),
            (json!({"channel": "Channel::TwilioSms"}), Some("sms")),
            (
                json!({"channel": "Channel::TwilioSms", "contact_inbox": {"source_id": "whatsapp:+351912345678"}}),
                Some("whatsapp"),
            ),
            (
                json!({"channel": "Channel::TwitterProfile", "additional_attributes": {"type": "tweet"}}),
                Some("x"),
            ),
            (
                json!({"channel": "Channel::TwitterProfile"}),
                Some("x-direct"),
            ),
            (
                json!({"channel": "Channel::FacebookPage", "additional_attributes": {"type": "instagram_direct_message"}}),
                Some("instagram-direct"),
            ),
            (json!({"channel": "Channel::Tiktok"}), Some("tiktok")),
            (json!({"channel": "::"}), None),
            (json!({"channel": 7}), None),
            (json!({}), None),
        ] {
            assert_eq!(network(&conversation).as_deref(), code, "{conversation}");
        }
    }

    #[test]
    fn an_identifier_that_looks_like_a_number_of_a_contact_is_no_address() {
        let address = |contact: Value| {
            let customer = customer(Some(&contact));
            (customer.address, customer.second_address)
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            address(json!({"id": 8, "identifier": "u-4711"})),
            (text("u-4711"), text("contact:8"))
        );
        assert_eq!(
            address(json!({"id": 8, "identifier": "contact:9"})),
            (text("contact:8"), None)
        );
        assert_eq!(
            address(json!({"id": 8, "identifier": null})),
            (text("contact:8"), None)
        );
        assert_eq!(address(json!({"id": "x"})), (None, None));
        assert_eq!(customer(None).address, None);
    }
}
