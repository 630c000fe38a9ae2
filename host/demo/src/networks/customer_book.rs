//! Which rows of the demo are which messages of the networks.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::network::{Answered, Network};

/// A message of a customer, with the numbers of which its network makes ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct CustomerMessage<'a> {
    /// The row: an interaction in Patchbay's own form.
    pub(super) row: &'a Value,
    /// Number of the message in the company.
    pub(super) number: u64,
    /// Number of the customer.
    pub(super) customer: u64,
    /// Number of the first message of the thread.
    pub(super) root: u64,
    /// Number of the customer's message that this one goes on from.
    pub(super) parent: Option<u64>,
}

impl<'a> CustomerMessage<'a> {
    pub(super) fn text(&self) -> &'a str {
        self.row["text"].as_str().unwrap_or_default()
    }

    pub(super) fn address(&self) -> &'a str {
        self.row["author"]["address"].as_str().unwrap_or_default()
    }

    pub(super) fn name(&self) -> &'a str {
        self.row["author"]["name"].as_str().unwrap_or_default()
    }

    /// When it was written.
    pub(super) fn at(&self) -> Timestamp {
        let at = self.row["received_at"].as_str().unwrap_or_default();
        at.parse().unwrap_or_default()
    }

    /// Its files.
    pub(super) fn attachments(&self) -> &'a [Value] {
        let attachments = self.row["attachments"].as_array();
        attachments.map(Vec::as_slice).unwrap_or_default()
    }
}

/// Ids given so far.
#[derive(Debug, Default)]
pub(super) struct CustomerBook {
    messages: u64,
    /// Number of each customer, by channel and address.
    customers: HashMap<(String, String), u64>,
    /// Number of the first message of each thread, by channel and key.
    threads: HashMap<(String, String), u64>,
    /// Number of the message of each row.
    numbers: HashMap<String, u64>,
    /// Row of each message, by the provider's id.
    rows: HashMap<String, String>,
    /// Newest row of each customer, by channel and the provider's id.
    newest: HashMap<(String, String), String>,
    /// Message-ID of the mail that answered a row.
    reply_mails: HashMap<String, String>,
}

impl CustomerBook {
    /// The message that a row becomes on a network.
    pub(super) fn write<'a>(&mut self, network: &Network, row: &'a Value) -> CustomerMessage<'a> {
        let message = self.number(row);
        let id = (network.message_id)(message.number);
        let customer = (network.customer_id)(message.customer, message.address());
        self.file(&message, id, customer);
        message
    }

    /// Numbers a message.
    pub(super) fn number<'a>(&mut self, row: &'a Value) -> CustomerMessage<'a> {
        self.messages += 1;
        let number = self.messages;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (channel, address) = (text(&row["channel"]), text(&row["author"]["address"]));
        let thread = row["conversation"].as_str().unwrap_or(&address).to_owned();
        let next = self.customers.len() as u64 + 1;
        let customer = *self
            .customers
            .entry((channel.clone(), address))
            .or_insert(next);
        let root = *self.threads.entry((channel, thread)).or_insert(number);
        let parent = row["in_reply_to"].as_str();
        let parent = parent.and_then(|row| self.numbers.get(row)).copied();
        self.numbers.insert(text(&row["id"]), number);
        CustomerMessage {
            row,
            number,
            customer,
            root,
            parent,
        }
    }

    /// Files a message under the provider's ids of it and of its author.
    pub(super) fn file(&mut self, message: &CustomerMessage<'_>, id: String, customer: String) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (row, channel) = (text(&message.row["id"]), text(&message.row["channel"]));
        self.newest.insert((channel, customer), row.clone());
        self.rows.insert(id, row);
    }

    /// Row of a message, by the provider's id.
    pub(super) fn row_of(&self, id: &str) -> Option<String> {
        self.rows.get(id).cloned()
    }

    /// Row that a reply answers.
    pub(super) fn answered(&self, channel: &str, answered: Answered<'_>) -> Option<String> {
        match answered {
            Answered::Message(id) => self.row_of(id),
            Answered::Customer(id) => {
                let customer = (channel.to_owned(), id.to_owned());
                self.newest.get(&customer).cloned()
            }
        }
    }

    /// Records the Message-ID of a mail that answers a row.
    pub(super) fn record_reply_mail(&mut self, row: String, message_id: String) {
        self.reply_mails.insert(row, message_id);
    }

    /// Message-ID of the mail that answered a row.
    pub(super) fn reply_mail(&self, row: &str) -> Option<&str> {
        self.reply_mails.get(row).map(String::as_str)
    }
}
