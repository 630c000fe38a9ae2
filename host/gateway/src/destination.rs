//! Sends replies by a channel's connections.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_adapter::poll::{PollFailure, PollFailureKind};
use patchbay_adapter::{Exchange, Outbound, Outcome, Receipt};
use patchbay_desk::{AcceptedPart, DeskError, SendProgress};
use patchbay_journal::OptOut;
use patchbay_model::final_failure::FinalKind;
use patchbay_outbound::courier::{
    Delivery, Destination, Problem, SendFailure, SendFailureKind, Sent, TargetHealth,
};
use patchbay_outbound::egress::Egress;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::access_tokens::TokenAccess;
use crate::connection::Connection;
use crate::connections::find_connection;
use crate::decision_document::DecisionDocument;
use crate::gateway::Gateway;
use crate::part::{Part, interrupted};
use crate::part_request::{PartRequest, token_source};
use crate::reply_attempt::{PartStart, ReplyAttempt};
use crate::reply_document::ReplyDocument;
use crate::reply_source::ReplySource;

/// How often the host tries to record a part that the provider accepted.
const RECORD_ATTEMPTS: u32 = 5;
/// Why a connection that is not open sends nothing.
pub(crate) const NOT_OPEN: &str =
    "a secret of the connection is not set; the server's log says which";
/// Why nothing goes to an account that no connection has.
pub(crate) const NO_CONNECTION: &str = "no connection of the company file has the account that the customer wrote to; add it, then retry";
/// Pause between these attempts.
const RECORD_PAUSE: Duration = Duration::from_millis(200);

/// The connections of one adapter, as a destination of replies.
pub struct ConnectionDestination {
    pub(crate) gateway: Arc<Gateway>,
    /// Name of the adapter.
    pub(crate) adapter: String,
}

impl ConnectionDestination {
    /// The connections of an adapter.
    pub fn new(gateway: Arc<Gateway>, adapter: &str) -> ConnectionDestination {
        ConnectionDestination {
            gateway,
            adapter: adapter.to_owned(),
        }
    }

    async fn send_reply(&self, egress: &Egress, delivery: &Delivery) -> Result<(), SendFailure> {
        let document = ReplyDocument::parse(&delivery.body).ok_or_else(|| {
            let problem = "a channel takes no notices, only replies";
            failed(FinalKind::Refused, problem)
        })?;
        let prepared = self.prepare(delivery, &document).await?;
        // By the clock that the desk shows the window's end by.
        let now = self.gateway.desk.now();
        prepared.check(&document, now)?;
        let tokens = self.tokens(delivery, &prepared.connection, egress);
        let source = ReplySource {
            gateway: Arc::clone(&self.gateway),
            connection: prepared.connection,
            company: delivery.company.clone(),
            key: delivery.key.clone(),
            last_inbound: prepared.last_inbound,
            document,
            now,
        };
        let attempt = ReplyAttempt {
            destination: self,
            delivery,
            tokens,
            source: Arc::new(source),
            accepted: prepared.progress.accepted,
        };
        attempt.send().await
    }

    /// What gets the tokens of a connection for a delivery.
    pub(crate) fn tokens(
        &self,
        delivery: &Delivery,
        connection: &Arc<Connection>,
        egress: &Egress,
    ) -> TokenAccess {
        TokenAccess {
            gateway: Arc::clone(&self.gateway),
            company: delivery.company.as_str().into(),
            connection: Arc::clone(connection),
            egress: egress.clone(),
        }
    }

    /// Sends a request, with another access token if the provider refuses the one that was
    /// held: it can end before its time. Of a reply, `start` is done before.
    pub(crate) async fn send_request(
        &self,
        (tokens, delivery): (&TokenAccess, &Delivery),
        request: &Outbound,
        start: Option<&PartStart>,
        read: impl Fn(&Exchange<'_>) -> Outcome,
    ) -> Result<Outcome, SendFailure> {
        let mut is_second = false;
        loop {
            let held = tokens.token(token_source(request)).await;
            let held = held.map_err(|failure| without_token(&failure))?;
            let built = PartRequest::build(request, held.as_ref().map(|it| &it.token));
            let built = built.map_err(|error| match error.is_of_connection() {
                true => broken(&error.to_string()),
                false => failed(FinalKind::Refused, &error.to_string()),
            })?;
            if let Some(start) = start {
                start.record().await?;
            }
            let outcome = built.send(tokens, delivery, &read).await;
            let (Outcome::ChannelBroken(_), Some(held)) = (&outcome, held) else {
                return Ok(outcome);
            };
            tokens.forget(&held.token).await;
            if held.is_fresh || is_second {
                return Ok(outcome);
            }
            is_second = true;
        }
    }

    /// Reads what the journal knows of a reply.
    async fn prepare(
        &self,
        delivery: &Delivery,
        document: &ReplyDocument,
    ) -> Result<Prepared, SendFailure> {
        let gateway = Arc::clone(&self.gateway);
        let (company, adapter) = (delivery.company.clone(), self.adapter.clone());
        let key = delivery.key.clone();
        let account = document.account.clone();
        let document = document.clone();
        let read = spawn_blocking(
            move || -> Result<Result<Prepared, SendFailure>, DeskError> {
                let channels = gateway.desk.channels();
                let progress = channels.progress(&company, &key)?;
                // Before anything else that ends or postpones the reply: a part that may have been
                // sent is left to a person.
                if let Some(part) = progress.uncertain_part() {
                    return Ok(Err(interrupted(part, progress.accepted.len())));
                }
                let all = gateway.connections_of(&company, &adapter)?;
                let Some(connection) = find_connection(all, account.as_deref()) else {
                    return Ok(Err(failed(FinalKind::Refused, NO_CONNECTION)));
                };
                let last_inbound = match document.conversation {
                    Some(conversation) => channels.last_inbound(&company, conversation)?,
                    None => None,
                };
                Ok(Ok(Prepared {
                    connection,
                    opt_out: gateway.forbidding_opt_out(&company, &document)?,
                    progress,
                    last_inbound,
                }))
            },
        );
        match read.await {
            Ok(Ok(prepared)) => prepared,
            Ok(Err(error)) => Err(retry(&error.to_string())),
            Err(_) => Err(retry("the reply could not be read")),
        }
    }

    /// Records an accepted part, so that it is not sent again.
    pub(crate) async fn record(
        &self,
        delivery: &Delivery,
        document: &ReplyDocument,
        part: Part<'_>,
        receipt: Receipt,
    ) -> Result<(), SendFailure> {
        for attempt in 1..=RECORD_ATTEMPTS {
            let gateway = Arc::clone(&self.gateway);
            let adapter = self.adapter.clone();
            let (company, key) = (delivery.company.clone(), delivery.key.clone());
            let (channel, account) = (document.channel.clone(), document.account.clone());
            let receipt = receipt.clone();
            let recorded = spawn_blocking(move || {
                let account = account.unwrap_or_default();
                let ids = gateway.message_ids(&company, &channel)?;
                let accepted = AcceptedPart {
                    key: &key,
                    part: part.number,
                    parts: part.parts,
                    adapter: &adapter,
                    account: &account,
                    message: ids.id(&account, &receipt.provider_id),
                    provider_id: receipt.provider_id,
                    recipient: receipt.recipient,
                };
                gateway.desk.channels().record_receipt(&company, accepted)
            });
            match recorded.await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => {
                    let (company, key) = (&delivery.company, &delivery.key);
                    tracing::error!(company, key, attempt, %error, "cannot record that a provider accepted a reply");
                }
                Err(_) => {}
            }
            sleep(RECORD_PAUSE * attempt).await;
        }
        Err(failed(
            FinalKind::Uncertain,
            "the channel accepted a part of the reply, and the host could not record it",
        ))
    }
}

impl Destination for ConnectionDestination {
    fn send<'a>(&'a self, egress: &'a Egress, delivery: &'a Delivery, _: Timestamp) -> Sent<'a> {
        Box::pin(async move {
            match DecisionDocument::parse(&delivery.body) {
                Some(decision) => self.send_decision(egress, delivery, &decision).await,
                None => self.send_reply(egress, delivery).await,
            }
        })
    }
}

/// What the journal and the connections know of a reply.
struct Prepared {
    connection: Arc<Connection>,
    progress: SendProgress,
    last_inbound: Option<Timestamp>,
    /// What the customer said that forbids a message to them.
    opt_out: Option<OptOut>,
}

impl Prepared {
    /// Checks that the connection is open and the customer may get the reply now.
    fn check(&self, document: &ReplyDocument, now: Timestamp) -> Result<(), SendFailure> {
        if self.connection.adapter.is_err() {
            return Err(broken(NOT_OPEN));
        }
        let settings = &self.connection.settings;
        let window = settings.reply_window(&document.channel, self.last_inbound);
        if !window.is_open(now) && !document.is_template() {
            let problem = "the time for free replies is over: the customer has to write again, or you send a template";
            return Err(failed(FinalKind::WindowClosed, problem));
        }
        match &self.opt_out {
            Some(opt_out) => Err(opted_out(opt_out)),
            None => Ok(()),
        }
    }
}

/// Why a customer who opted out gets nothing.
pub(crate) fn opted_out(opt_out: &OptOut) -> SendFailure {
    let (source, at) = (&opt_out.source, opt_out.at);
    let problem =
        format!("the customer opted out of messages ({source}, {at}) and has to opt in again");
    failed(FinalKind::RecipientUnreachable, &problem)
}

pub(crate) fn failed(kind: FinalKind, problem: &str) -> SendFailure {
    SendFailure {
        kind: SendFailureKind::Final(kind),
        problem: Problem::plain(problem),
        health: TargetHealth::Healthy,
    }
}

/// What it means for a reply that there is no access token.
fn without_token(failure: &PollFailure) -> SendFailure {
    let health = TargetHealth::Failing;
    let kind = match failure.kind {
        PollFailureKind::Unauthorised | PollFailureKind::NotFound => SendFailureKind::ChannelBroken,
        PollFailureKind::Unavailable | PollFailureKind::Limited | PollFailureKind::HostBusy => {
            let after = failure.after;
            SendFailureKind::Retry { after }
        }
    };
    SendFailure {
        kind,
        problem: Problem::plain(&failure.problem),
        health,
    }
}

pub(crate) fn broken(problem: &str) -> SendFailure {
    SendFailure {
        kind: SendFailureKind::ChannelBroken,
        problem: Problem::plain(problem),
        health: TargetHealth::Failing,
    }
}

pub(crate) fn retry(problem: &str) -> SendFailure {
    SendFailure {
        kind: SendFailureKind::Retry { after: None },
        problem: Problem::plain(problem),
        health: TargetHealth::Unknown,
    }
}
