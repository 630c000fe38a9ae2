//! How a network writes and is answered.

use serde_json::Value;

use super::connection::Connection;
use super::customer_book::CustomerMessage;

/// A network that delivers to a webhook and is answered over HTTP.
#[derive(Debug)]
pub(super) struct Network {
    /// Code of the channel of its connection.
    pub(super) channel: &'static str,
    /// The provider's id of a customer's message of a number.
    pub(super) message_id: fn(u64) -> String,
    /// The provider's id of the customer of a number, who has an address.
    pub(super) customer_id: fn(u64, &str) -> String,
    /// The delivery of a message.
    pub(super) delivery: fn(&Connection, &CustomerMessage<'_>) -> Delivery,
    /// What a request to the path of its API answers. `None`: it is no reply.
    pub(super) answered: for<'a> fn(&'a str, &'a Value) -> Option<Answered<'a>>,
    /// Status and document by which the provider accepts the reply of a number.
    pub(super) accepted: fn(u64) -> (u16, Value),
    /// Status and document by which it asks for fewer requests.
    pub(super) busy: fn() -> (u16, Value),
}

/// A request to the host.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// What a reply answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answered<'a> {
    /// A message, by the provider's id.
    Message(&'a str),
    /// The newest message of a customer, by the provider's id.
    Customer(&'a str),
}
