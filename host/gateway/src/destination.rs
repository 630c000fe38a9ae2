//! Sends replies by a channel's connections.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_adapter::poll::{PollFailure, PollFailureKind};
use patchbay_adapter::{
    Adapter, EncodeError, Exchange, FileRequest, Outbound, OutboundFile, Outcome, Reason, Receipt,
    Reply,
};
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
use crate::part_request::{PartRequest, token_source};
use crate::reply_document::ReplyDocument;

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
        let refused = |problem: &str| failed(FinalKind::Refused, problem);
        let document = ReplyDocument::parse(&delivery.body)
            .ok_or_else(|| refused("a channel takes no notices, only replies"))?;
        let prepared = self.prepare(delivery, &document).await?;
        let Ok(adapter) = &prepared.connection.adapter else {
            return Err(broken(NOT_OPEN));
        };
        // By the clock that the desk shows the window's end by.
        let now = self.gateway.desk.now();
        let settings = &prepared.connection.settings;
        let window = settings.reply_window(&document.channel, prepared.last_inbound);
        if !window.is_open(now) && !document.is_template() {
            let problem = "the time for free replies is over: the customer has to write again, or you send a template";
            return Err(failed(FinalKind::WindowClosed, problem));
        }
        if let Some(opt_out) = &prepared.opt_out {
            return Err(opted_out(opt_out));
        }
        let mut loaded = self
            .load_files(delivery, &document, settings.adapter)
            .await?;
        let whole = loaded.take_whole();
        let files = match &whole {
            Some(whole) => whole.reply_files(),
            None => document.empty_files(),
        };
        let reply = document.reply(&delivery.key, &files, prepared.last_inbound, now);
        let plan = adapter.encode(&reply).map_err(|error| match error {
            EncodeError::WindowClosed => failed(FinalKind::WindowClosed, &error.to_string()),
            error => refused(&error.to_string()),
        })?;
        drop(files);
        // The parts have the bytes now.
        drop(whole);
        let files = document.empty_files();
        let reply = document.reply(&delivery.key, &files, prepared.last_inbound, now);
        let tokens = self.tokens(delivery, &prepared.connection, egress);
        for (number, outbound) in (1..).zip(&plan) {
            if prepared.progress.accepted.contains(&number) {
                continue;
            }
            let part = Part::of(number, &plan);
            let is_idempotent = prepared.connection.settings.adapter.is_idempotent;
            if !is_idempotent && prepared.progress.begun == Some(number) {
                // The host ended between sending it and recording the result.
                let reason = "the host stopped while it was sent";
                return Err(uncertain(part, reason));
            }
            let begun = (!is_idempotent).then_some(number);
            let way = (&tokens, delivery);
            let outcome = match outbound {
                Outbound::File(file) => {
                    let content = loaded.read(self, delivery, file.position).await;
                    let content = content.map_err(|failure| part.describe(failure))?;
                    self.send_file(way, &**adapter, (&reply, file, content), begun)
                        .await
                }
                whole => {
                    let read = |exchange: &Exchange<'_>| adapter.outcome(exchange);
                    self.send_part(way, whole, begun, read).await
                }
            };
            let receipt = receipt(outcome?, part)?;
            prepared.connection.access_works();
            self.record(delivery, &document, part, receipt).await?;
        }
        Ok(())
    }

    /// Sends a file in a message of its own. Where the provider stores it first, that is no
    /// message: it is repeated at every attempt, and only the message is recorded as begun.
    async fn send_file(
        &self,
        way: (&TokenAccess, &Delivery),
        adapter: &dyn Adapter,
        (reply, file, content): (&Reply<'_>, &OutboundFile, Vec<u8>),
        begun: Option<u32>,
    ) -> Result<Outcome, SendFailure> {
        let refused = |error: EncodeError| failed(FinalKind::Refused, &error.to_string());
        let request = adapter.encode_file(reply, file, &content);
        // The request has the bytes now.
        drop(content);
        let message = match request.map_err(refused)? {
            FileRequest::Message(message) => message,
            FileRequest::Upload(upload) => {
                let read = |exchange: &Exchange<'_>| adapter.upload_outcome(exchange);
                let upload = Outbound::Http(upload);
                let stored = match self.send_part(way, &upload, None, read).await? {
                    Outcome::Accepted(stored) => stored.provider_id,
                    other => return Ok(other),
                };
                let message = adapter.encode_stored_file(reply, file, &stored);
                message.map_err(refused)?
            }
        };
        let read = |exchange: &Exchange<'_>| adapter.outcome(exchange);
        self.send_part(way, &Outbound::Http(message), begun, read)
            .await
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

    /// Sends a part, with another access token if the provider refuses the one that was
    /// held: it can end before its time. Records before that the part of this number
    /// begins.
    pub(crate) async fn send_part(
        &self,
        (tokens, delivery): (&TokenAccess, &Delivery),
        part: &Outbound,
        mut begun: Option<u32>,
        read: impl Fn(&Exchange<'_>) -> Outcome,
    ) -> Result<Outcome, SendFailure> {
        let mut is_second = false;
        loop {
            let held = tokens.token(token_source(part)).await;
            let held = held.map_err(|failure| without_token(&failure))?;
            let built = PartRequest::build(part, held.as_ref().map(|it| &it.token));
            let built = built.map_err(|error| match error.is_of_connection() {
                true => broken(&error.to_string()),
                false => failed(FinalKind::Refused, &error.to_string()),
            })?;
            if let Some(number) = begun.take() {
                self.begin(delivery, number).await?;
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
        let read = spawn_blocking(move || -> Result<Option<Prepared>, DeskError> {
            let all = gateway.connections_of(&company, &adapter)?;
            let Some(connection) = find_connection(all, account.as_deref()) else {
                return Ok(None);
            };
            let channels = gateway.desk.channels();
            let last_inbound = match document.conversation {
                Some(conversation) => channels.last_inbound(&company, conversation)?,
                None => None,
            };
            Ok(Some(Prepared {
                connection,
                opt_out: gateway.forbidding_opt_out(&company, &document)?,
                progress: channels.progress(&company, &key)?,
                last_inbound,
            }))
        });
        match read.await {
            Ok(Ok(Some(prepared))) => Ok(prepared),
            Ok(Ok(None)) => Err(failed(FinalKind::Refused, NO_CONNECTION)),
            Ok(Err(error)) => Err(retry(&error.to_string())),
            Err(_) => Err(retry("the reply could not be read")),
        }
    }

    /// Records that sending a part begins.
    async fn begin(&self, delivery: &Delivery, part: u32) -> Result<(), SendFailure> {
        let gateway = Arc::clone(&self.gateway);
        let (company, key) = (delivery.company.clone(), delivery.key.clone());
        let begun = spawn_blocking(move || {
            let channels = gateway.desk.channels();
            channels.begin_part(&company, &key, part)
        });
        match begun.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(retry(&error.to_string())),
            Err(_) => Err(retry("the reply could not be prepared")),
        }
    }

    /// Records an accepted part, so that it is not sent again.
    async fn record(
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

/// A part of a reply, by its number.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    /// From 1.
    number: u32,
    parts: u32,
    /// All parts of a reply; none of a decision.
    plan: &'a [Outbound],
}

impl<'a> Part<'a> {
    /// The part of this number of a reply.
    fn of(number: u32, plan: &'a [Outbound]) -> Part<'a> {
        let parts = u32::try_from(plan.len()).unwrap_or(u32::MAX);
        Part {
            number,
            parts,
            plan,
        }
    }

    /// The request of this number of so many that write a decision.
    pub(crate) fn of_decision(number: u32, parts: u32) -> Part<'static> {
        Part {
            number,
            parts,
            plan: &[],
        }
    }

    /// The same failure, with the part and what went out before it.
    fn describe(self, mut failure: SendFailure) -> SendFailure {
        failure.problem = Problem::plain(self.problem(&failure.problem.recorded));
        failure
    }

    /// A problem of the part, with what went out before it.
    fn problem(self, problem: &str) -> String {
        let Part { number, parts, .. } = self;
        if parts < 2 {
            return problem.to_owned();
        }
        let before = number.saturating_sub(1) as usize;
        let file = match self.plan.get(before) {
            Some(Outbound::File(file)) => format!(", file {}", file.position + 1),
            _ => String::new(),
        };
        let sent = sent_parts(self.plan.get(..before).unwrap_or_default());
        format!("part {number} of {parts}{file}: {problem}; {before} parts went out{sent}")
    }
}

/// What some parts are, if files are among them: `: the text and file 1`. Files are named by
/// their position, since their names can tell something of the customer.
fn sent_parts(parts: &[Outbound]) -> String {
    let (mut has_text, mut files) = (false, Vec::new());
    for part in parts {
        match part {
            Outbound::File(file) => {
                has_text |= file.caption.is_some();
                files.push((file.position + 1).to_string());
            }
            _ => has_text = true,
        }
    }
    let text = if has_text { "the text" } else { "" };
    match (has_text, files.len()) {
        (_, 0) => String::new(),
        (true, 1) => format!(": {text} and file {}", files[0]),
        (false, 1) => format!(": file {}", files[0]),
        (true, _) => format!(": {text} and files {}", files.join(", ")),
        (false, _) => format!(": files {}", files.join(", ")),
    }
}

/// The receipt of an accepted part, or what the courier does about another outcome.
pub(crate) fn receipt(outcome: Outcome, part: Part<'_>) -> Result<Receipt, SendFailure> {
    let of_part = |what: &str, reason: &Reason| of_part(part, what, reason.as_str());
    Err(match outcome {
        Outcome::Accepted(receipt) => return Ok(receipt),
        Outcome::Retry { after, reason } => SendFailure {
            kind: SendFailureKind::Retry { after },
            problem: Problem::plain(of_part("the channel did not take it now", &reason)),
            health: TargetHealth::Failing,
        },
        Outcome::WindowClosed(reason) => failed(
            FinalKind::WindowClosed,
            &of_part("the time for free replies is over", &reason),
        ),
        Outcome::RecipientUnreachable(reason) => failed(
            FinalKind::RecipientUnreachable,
            &of_part("the channel cannot reach the customer", &reason),
        ),
        Outcome::Refused(reason) => failed(
            FinalKind::Refused,
            &of_part("the channel refused it", &reason),
        ),
        Outcome::ChannelBroken(reason) => broken(&of_part(
            "the account cannot send: renew its access",
            &reason,
        )),
        Outcome::Uncertain(reason) => uncertain(part, reason.as_str()),
    })
}

fn of_part(part: Part<'_>, what: &str, reason: &str) -> String {
    part.problem(&format!("{what} ({reason})"))
}

fn uncertain(part: Part<'_>, reason: &str) -> SendFailure {
    let what = "it may have arrived; look at the provider before you retry";
    failed(FinalKind::Uncertain, &of_part(part, what, reason))
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
