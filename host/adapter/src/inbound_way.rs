//! The ways in which a provider's messages reach the host.

use patchbay_model::codes;
use serde_json::{Map, Value};

/// Setting that names the way. An adapter with one way has no such setting.
const SETTING: &str = "inbound";

codes! {
    /// The way in which messages reach a connection.
    pub enum InboundWay {
        /// The provider sends requests to the connection's URL, and signs them.
        Webhook = "webhook",
        /// The company's mail server delivers by LMTP to the address of the server
        /// settings. The connection has no URL and no secret for it.
        Lmtp = "lmtp",
        /// The host reads a mailbox by IMAP, as
        /// [`Adapter::poll`](crate::Adapter::poll) says. The connection has no URL.
        Imap = "imap",
        /// The host asks the provider's API, as
        /// [`Adapter::poll`](crate::Adapter::poll) says. The connection has no URL.
        Poll = "poll",
    }
}

impl InboundWay {
    /// Whether the host must ask the provider.
    pub fn is_polled(self) -> bool {
        match self {
            InboundWay::Imap | InboundWay::Poll => true,
            InboundWay::Webhook | InboundWay::Lmtp => false,
        }
    }

    /// The way that the settings of a connection name. If they name none, the first of
    /// those that its adapter has.
    pub fn of(ways: &[InboundWay], settings: &Map<String, Value>) -> InboundWay {
        let code = settings.get(SETTING).and_then(Value::as_str);
        let named = code.and_then(InboundWay::from_code);
        let named = named.filter(|way| ways.contains(way));
        named
            .or(ways.first().copied())
            .unwrap_or(InboundWay::Webhook)
    }
}
