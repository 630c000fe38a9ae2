//! The networks on which a company's customers write. A message becomes a delivery as
//! the network's provider sends it, signed by the secret of the company's connection,
//! and stand-ins for the providers receive the replies.

mod chat;
mod connection;
mod customer_book;
mod email;
mod facebook;
mod mail_server;
mod network;
mod provider;
mod signature;
mod whatsapp;
mod x;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use patchbay_client::Client;
use serde_json::Value;
use tokio::sync::mpsc;
use toml::Table;

use crate::company_api::{CompanyApi, Rejection};
use crate::problem_log::ProblemLog;
use chat::Chat;
use connection::{Connection, connections};
use customer_book::CustomerBook;
use network::{Answered, Delivery, Network};

pub(crate) use mail_server::MailServer;
pub(crate) use provider::Provider;

/// Networks that deliver to a webhook and are answered over HTTP.
const WEBHOOK_NETWORKS: [&Network; 3] = [&x::X, &facebook::FACEBOOK, &whatsapp::WHATSAPP];

/// Where the stand-ins listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StandInAddresses {
    /// APIs of providers, by HTTP.
    pub(crate) api: SocketAddr,
    /// The companies' mail servers, by SMTP.
    pub(crate) mail: SocketAddr,
}

/// What the stand-ins of a company received.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReceivedReplies {
    /// Replies accepted.
    pub(crate) accepted: u64,
    /// Attempts answered "too many requests".
    pub(crate) turned_away: u64,
}

/// The networks of one company.
#[derive(Debug)]
pub(crate) struct Networks {
    company: String,
    /// By the code of the channel.
    connections: BTreeMap<String, Connection>,
    book: Mutex<CustomerBook>,
    received: Mutex<ReceivedReplies>,
    /// Receives the id of the row that a reply answers.
    reader: mpsc::UnboundedSender<String>,
    chat: Option<Chat>,
    problems: ProblemLog,
}

impl Networks {
    /// The networks that a company file connects. Points the connections at the
    /// stand-ins and makes a secret for each of their variables; replies are read by
    /// `reader`.
    pub(crate) fn connect(
        company: &str,
        file: &mut Table,
        addresses: StandInAddresses,
        reader: mpsc::UnboundedSender<String>,
        problems: ProblemLog,
    ) -> Networks {
        let connections = connections(company, file, addresses);
        Networks {
            company: company.to_owned(),
            chat: connections.get(chat::CHANNEL).and_then(Chat::open),
            connections,
            book: Mutex::default(),
            received: Mutex::default(),
            reader,
            problems,
        }
    }

    /// Name and value of each variable that holds a secret of a connection.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (String, String)> {
        let connections = self.connections.values();
        connections.flat_map(|connection| connection.variables.clone())
    }

    /// Delivers a message of a customer: on its network, or without one over the API.
    /// Returns whether the host accepted it.
    pub(crate) async fn deliver(self: &Arc<Self>, api: &CompanyApi, row: &Value) -> bool {
        let channel = row["channel"].as_str().unwrap_or_default();
        let network = WEBHOOK_NETWORKS
            .into_iter()
            .find(|network| network.channel == channel);
        let delivered = match (network, self.connections.get(channel)) {
            (Some(network), Some(connection)) => {
                let request = {
                    let mut book = self.book.lock();
                    let message = book.write(network, row);
                    (network.delivery)(connection, &message)
                };
                self.post(api, connection, channel, request).await
            }
            (None, Some(connection)) if channel == email::CHANNEL => {
                let request = email::delivery(connection, &mut self.book.lock(), row);
                self.post(api, connection, channel, request).await
            }
            _ => match &self.chat {
                Some(chat) if channel == chat::CHANNEL => chat.write(self, api, row).await,
                _ => api.post_interaction(row).await,
            },
        };
        match delivered {
            Ok(_) => true,
            // The problem log has the others.
            Err(Rejection { kind }) if kind.is_empty() => false,
            Err(Rejection { kind }) => {
                let problem = format!("{}: {channel}: not accepted: {kind}", self.company);
                self.problems.report(problem);
                false
            }
        }
    }

    /// Sends a delivery to the webhook of a connection.
    async fn post(
        &self,
        api: &CompanyApi,
        connection: &Connection,
        channel: &str,
        delivery: Delivery,
    ) -> Result<Value, Rejection> {
        let path = connection.webhook_path(&self.company, channel);
        api.deliver(&path, &delivery.headers, delivery.body).await
    }

    /// Id of the row that became the provider's message of this id.
    pub(crate) fn row_of(&self, provider_id: &str) -> Option<String> {
        self.book.lock().row_of(provider_id)
    }

    /// What the stand-ins received; of the chat, the replies that visitors can read.
    pub(crate) async fn received(&self, client: &Client) -> ReceivedReplies {
        let mut received = *self.received.lock();
        if let Some(chat) = &self.chat {
            match chat.replies(&self.company, client).await {
                Ok(replies) => received.accepted += replies,
                Err(error) => {
                    let problem = format!("{}: chat: {error}", self.company);
                    self.problems.report(problem);
                }
            }
        }
        received
    }

    /// Records a reply, and lets its customer read it. Returns its number.
    fn accept(&self, channel: &str, answered: Answered<'_>) -> u64 {
        let number = {
            let mut received = self.received.lock();
            received.accepted += 1;
            received.accepted
        };
        self.read(channel, answered);
        number
    }

    /// Lets the customer whom a reply answers read it.
    fn read(&self, channel: &str, answered: Answered<'_>) {
        let row = self.book.lock().answered(channel, answered);
        match row {
            // Without a reader the day is over.
            Some(row) => drop(self.reader.send(row)),
            None => {
                let problem = format!("{}: {channel}: a reply answers no message", self.company);
                self.problems.report(problem);
            }
        }
    }

    /// Counts an attempt that was turned away.
    fn turn_away(&self) {
        self.received.lock().turned_away += 1;
    }
}
