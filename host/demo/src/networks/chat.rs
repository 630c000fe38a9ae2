//! The web chat on the company's site: each visitor is a customer whom the site names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_client::{Client, ClientError, Method, Response, path_segment};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::connection::Connection;
use super::network::Answered;
use super::{Networks, signature};
use crate::company_api::{CompanyApi, Rejection};

pub(super) const CHANNEL: &str = "chat";

/// Pause after a poll that failed.
const PAUSE: Duration = Duration::from_millis(200);

/// The chat of one company.
#[derive(Debug)]
pub(super) struct Chat {
    /// Name of the connection.
    name: String,
    /// A site whose pages may open the chat.
    origin: String,
    /// Makes the codes of customers.
    secret: String,
    /// Session token of each visitor, by address.
    sessions: Mutex<BTreeMap<String, String>>,
}

impl Chat {
    /// The chat of a connection.
    pub(super) fn open(connection: &Connection) -> Option<Chat> {
        let origin = connection.first("origins");
        (!origin.is_empty()).then(|| Chat {
            name: connection.name().to_owned(),
            origin: origin.to_owned(),
            secret: connection.secret("widget-secret").to_owned(),
            sessions: Mutex::default(),
        })
    }

    /// Writes a visitor's message. The first one begins their session.
    pub(super) async fn write(
        &self,
        networks: &Arc<Networks>,
        api: &CompanyApi,
        row: &Value,
    ) -> Result<Value, Rejection> {
        let (id, body, address) = {
            let mut book = networks.book.lock();
            let message = book.number(row);
            let address = message.address().to_owned();
            let id = format!("00000000-0000-4000-8000-{:012x}", message.number);
            book.file(&message, format!("{address}/{id}"), address.clone());
            (id, message.text(), address)
        };
        let token = self.session(networks, api, &address).await?;
        let body = json!({"id": id, "text": body}).to_string();
        let path = self.path(&networks.company, "messages");
        api.deliver(&path, &self.headers(&token), body).await
    }

    /// The visitor's session token.
    async fn session(
        &self,
        networks: &Arc<Networks>,
        api: &CompanyApi,
        address: &str,
    ) -> Result<String, Rejection> {
        let mut sessions = self.sessions.lock().await;
        if let Some(token) = sessions.get(address) {
            return Ok(token.clone());
        }
        let code = signature::hex(&self.secret, address.as_bytes());
        let body = json!({"user_id": address, "user_hash": code}).to_string();
        let path = self.path(&networks.company, "sessions");
        let granted = api.deliver(&path, &self.headers(""), body).await?;
        let token = granted["token"].as_str().unwrap_or_default().to_owned();
        sessions.insert(address.to_owned(), token.clone());
        let visitor = Visitor {
            networks: Arc::clone(networks),
            client: api.client(),
            address: address.to_owned(),
            path: self.path(&networks.company, "events?poll=true"),
            headers: self.headers(&token),
        };
        tokio::spawn(visitor.read_replies());
        Ok(token)
    }

    fn path(&self, company: &str, resource: &str) -> String {
        format!("/widget/{}/{}/{resource}", path_segment(company), self.name)
    }

    /// Headers of a visitor's page; without a token, of one without a session.
    fn headers(&self, token: &str) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("origin", self.origin.clone()),
            ("content-type", "application/json".to_owned()),
        ];
        if !token.is_empty() {
            headers.push(("authorization", format!("Bearer {token}")));
        }
        headers
    }

    /// Number of replies in the histories of all visitors.
    pub(super) async fn replies(&self, company: &str, client: &Client) -> Result<u64, ClientError> {
        let mut replies = 0;
        for token in self.sessions.lock().await.values() {
            let mut before = String::new();
            loop {
                let path = self.path(company, &format!("history{before}"));
                let page = get(client, &path, &self.headers(token)).await?;
                let page = page.into_result()?;
                let items = page["items"].as_array().into_iter().flatten();
                replies += items.filter(|item| item["type"] == "reply").count() as u64;
                match page["earlier"].as_str() {
                    Some(earlier) => before = format!("?before={}", path_segment(earlier)),
                    None => break,
                }
            }
        }
        Ok(replies)
    }
}

async fn get(
    client: &Client,
    path: &str,
    headers: &[(&'static str, String)],
) -> Result<Response, ClientError> {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    client
        .send(Method::GET, path, &headers, String::new())
        .await
}

/// A visitor's page, which waits for replies.
struct Visitor {
    networks: Arc<Networks>,
    client: Client,
    address: String,
    path: String,
    headers: Vec<(&'static str, String)>,
}

impl Visitor {
    /// Reads replies for as long as the demo runs.
    async fn read_replies(self) {
        let mut cursor = String::new();
        loop {
            let mut headers = self.headers.clone();
            if !cursor.is_empty() {
                headers.push(("last-event-id", cursor.clone()));
            }
            let answer = get(&self.client, &self.path, &headers).await;
            let news = match answer.and_then(Response::into_result) {
                Ok(news) => news,
                // The server is overloaded, or stops.
                Err(_) => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            for item in news["items"].as_array().into_iter().flatten() {
                if item["type"] == "reply" {
                    let answered = Answered::Customer(&self.address);
                    self.networks.read(CHANNEL, answered);
                }
            }
            if let Some(next) = news["cursor"].as_str() {
                next.clone_into(&mut cursor);
            }
        }
    }
}
