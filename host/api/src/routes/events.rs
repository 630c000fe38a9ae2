//! The live feed of a company's events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use patchbay_access::Caller;
use patchbay_config::bound::Bound;
use patchbay_events::EventKind;
use patchbay_http::bounds::{BoundPermit, Requester};
use patchbay_http::problem::{Kind, Problem, ProblemDocument};
use patchbay_http::request_fields::parse_flag;
use patchbay_http::work_share::on_share_of;
use patchbay_journal::{CompanyId, Entry, FeedPage};
use patchbay_service::app::App;
use patchbay_service::feed_signals::FeedFollower;
use patchbay_service::live_signals::LiveSignal;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::Receiver;
use utoipa::IntoParams;

use patchbay_http::descriptions;

use super::actions::actor;
use super::conversations::conversation_id;
use super::feed_filter::{FeedFilter, data_of, parse_kinds};
use super::viewers::viewer_documents;

/// Entries read from the journal at once.
const PAGE: usize = 256;
/// Entries that a filter leaves out until the stream repeats its position.
const MOST_SKIPPED: u64 = 1_000;
/// How long the client waits for that otherwise.
const POSITION_INTERVAL: Duration = Duration::from_secs(30);
/// How long a stream goes on at most after its caller's access ended by itself. A token that
/// is revoked ends its streams at once.
const ACCESS_INTERVAL: Duration = Duration::from_secs(30);
/// Interval of comments that keep an idle connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FollowQuery {
    /// Kinds of entries, separated by commas. Default all.
    kinds: Option<String>,
    /// Only entries about conversations that this agent owns or is offered, or did before
    /// the entry, and those of the company but for the presence and roster of others.
    agent: Option<String>,
    /// Only entries about conversations that wait in this queue or came from it, or did
    /// before the entry, and those of the company.
    queue: Option<String>,
    /// Only entries about this conversation, and those of the company.
    #[param(pattern = "^[0-9a-f]{32}$")]
    conversation: Option<String>,
    /// Whether the stream also has signals for the caller, which are not entries of the
    /// feed and have no id: `viewers`, `{"conversation": …, "viewers": […]}`, where the
    /// people change who have a conversation open that the caller owns or has open, or
    /// what these do; and `seen`, `{"conversation": …, "seen": …}`, where the caller has
    /// read on in another place. A signal may be lost. Default false.
    #[param(value_type = Option<bool>)]
    signals: Option<String>,
    /// With `signals`, the id of the agent or supervisor whose signals these are; required
    /// without tokens.
    by: Option<String>,
}

/// Follow events
///
/// Server-sent events; each is a CloudEvents 1.0 document whose `id` is its number
/// in the company's feed. A client that reconnects with `Last-Event-ID` continues
/// after that event without gaps or repeats; without the header the feed starts
/// with the next event. An id that is no longer stored is answered 410. Each stream
/// begins with an event `position`: its id is the number after which the stream goes
/// on, its data `{"newest": …}` the newest number of the feed. A stream whose filter
/// leaves events out repeats `position` now and then, so that the client's last id
/// stays near the newest. Streams are bounded by token, company and host; one beyond
/// is answered 429.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/events",
    operation_id = "events",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("Last-Event-ID" = Option<u64>, Header, description = "Continue after this event."),
        FollowQuery,
    ),
    responses(
        descriptions::ReadErrors,
        (status = 200, description = "The events.", body = String, content_type = "text/event-stream"),
        (status = 410, description = "Events after the given id are no longer stored. List the open conversations, then follow after `newest`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many event streams are open.", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub(super) async fn follow(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(company): Path<String>,
    Query(query): Query<FollowQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let conversation = query.conversation.as_deref().map(conversation_id);
    let filter = FeedFilter {
        kinds: parse_kinds(query.kinds.as_deref())?,
        agent: query.agent,
        queue: query.queue,
        conversation: conversation
            .transpose()
            .map_err(|problem| problem.field("conversation"))?,
    };
    let after = match headers.get("last-event-id") {
        None => None,
        Some(value) => Some(
            value
                .to_str()
                .ok()
                .and_then(|text| text.parse::<u64>().ok())
                .ok_or_else(|| {
                    Problem::of(Kind::BadHeader)
                        .field("Last-Event-ID")
                        .detail("Last-Event-ID must be the id of an event: a whole number")
                })?,
        ),
    };
    let wants_signals = parse_flag("signals", query.signals.as_deref())?.unwrap_or(false);
    let person = match wants_signals {
        true => Some(actor(&caller, query.by, None)?.id),
        false => None,
    };
    let permit = app.bounds.enter(Bound::Streams, &Requester::current())?;
    let (name, checked) = (company.clone(), filter.clone());
    let (id, feed) = app
        .read(move |desk| {
            let id = desk.company(&company)?;
            checked.check(desk, (&company, id))?;
            let feed = desk.journal().feed(id, after.unwrap_or(u64::MAX - 1), 1)?;
            Ok((id, feed))
        })
        .await?;
    let after = match after {
        None => feed.newest,
        Some(after) if after > feed.newest => {
            return Err(Problem::of(Kind::BadHeader)
                .field("Last-Event-ID")
                .detail(format!("is greater than the newest event, {}", feed.newest)));
        }
        Some(after) if !feed.continues_from(after) => {
            return Err(Problem::of(Kind::Gone).detail(format!(
                "events before {} are no longer stored; list /v1/companies/{name}/conversations, then follow after {}",
                feed.oldest, feed.newest
            )).newest(feed.newest));
        }
        Some(after) => after,
    };
    let follower = Follower {
        feed: app.feeds.follow(id),
        signals: person.map(|person| app.live_signals.follow(id, &person)),
        permit,
        app,
        caller,
        name,
        company: id,
        filter,
        after,
        newest: feed.newest,
        announced: None,
        announced_at: Instant::now(),
        read: Vec::new().into_iter(),
    };
    let events = stream::unfold(follower, Follower::next);
    Ok(Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response())
}

struct Follower {
    app: Arc<App>,
    caller: Caller,
    feed: FeedFollower,
    /// What is not in the feed, if the caller wants it.
    signals: Option<Receiver<LiveSignal>>,
    /// Its share of the bound on streams.
    #[allow(dead_code, reason = "held while the stream is open")]
    permit: BoundPermit,
    name: String,
    company: CompanyId,
    filter: FeedFilter,
    /// Number of the last entry that was read.
    after: u64,
    /// The newest number of the feed, as far as it is known.
    newest: u64,
    /// The last id that the client got; none before the first event.
    announced: Option<u64>,
    announced_at: Instant,
    read: std::vec::IntoIter<Entry>,
}

impl Follower {
    /// The next event; none if the server stops, the journal fails, or the caller's
    /// access ends.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Follower)> {
        if self.announced.is_none() {
            return Some((Ok(self.position()), self));
        }
        loop {
            if !self.has_access() {
                return None;
            }
            if let Some(signal) = self.signals.as_mut().and_then(|it| it.try_recv().ok()) {
                return Some((Ok(signal_event(signal)), self));
            }
            for entry in self.read.by_ref() {
                self.after = entry.feed;
                let kind = EventKind::from_number(entry.kind);
                if self.filter.wants(&entry, kind) {
                    self.announce(entry.feed);
                    let event = self.event(&entry, kind);
                    return Some((Ok(event), self));
                }
            }
            // Much was left out: without a new id the client would resume too far back.
            if self.is_behind(MOST_SKIPPED) {
                return Some((Ok(self.position()), self));
            }
            let feed = self.read_feed().await.ok()?;
            let after = self.after;
            // The next entries of a slow follower are deleted: it reconnects and
            // is answered 410.
            if !feed.continues_from(after) {
                return None;
            }
            let is_empty = feed.entries.is_empty();
            self.newest = self.newest.max(feed.newest);
            self.read = feed.entries.clone().into_iter();
            if is_empty {
                let is_behind = self.is_behind(1);
                let wait = match is_behind {
                    true => POSITION_INTERVAL.saturating_sub(self.announced_at.elapsed()),
                    false => ACCESS_INTERVAL,
                };
                let signal = async {
                    match &mut self.signals {
                        Some(signals) => signals.recv().await,
                        None => None,
                    }
                };
                let has_changed = tokio::select! {
                    has_changed = self.feed.changed_within(wait) => has_changed?,
                    Some(signal) = signal => return Some((Ok(signal_event(signal)), self)),
                };
                if is_behind && !has_changed {
                    return Some((Ok(self.position()), self));
                }
                if self.app.is_stopping() {
                    return None;
                }
            }
        }
    }

    /// Whether the client's last id is at least so many entries behind.
    fn is_behind(&self, entries: u64) -> bool {
        self.after.saturating_sub(self.announced.unwrap_or(0)) >= entries
    }

    fn announce(&mut self, id: u64) {
        self.announced = Some(id);
        self.announced_at = Instant::now();
    }

    /// The event that tells the client how far the stream is.
    fn position(&mut self) -> Event {
        self.announce(self.after);
        let newest = self.newest.max(self.after);
        Event::default()
            .id(self.after.to_string())
            .event("position")
            .data(json!({"newest": newest}).to_string())
    }

    async fn read_feed(&mut self) -> Result<Arc<FeedPage>, Problem> {
        let (company, after) = (self.company, self.after);
        let desk = self.app.desk()?;
        let (shares, name) = (&self.app.shares, self.name.as_str());
        let read = on_share_of(&shares.followers, Some(name.into()), move || {
            desk.journal().feed(company, after, PAGE)
        });
        let read = async { Ok(read.await??) };
        self.feed.page(after, read).await
    }

    /// Whether the caller is still authenticated, and on the roster.
    fn has_access(&self) -> bool {
        self.app.access.is_valid(&self.caller) && self.app.check_roster(Some(&self.caller)).is_ok()
    }

    fn event(&self, entry: &Entry, kind: Option<EventKind>) -> Event {
        let kind = kind.map_or("unknown", EventKind::as_str);
        let data = data_of(entry);
        let about = match entry.conversation {
            Some(_) => "conversation",
            None => "company",
        };
        let mut document = json!({
            "specversion": "1.0",
            "id": entry.feed.to_string(),
            "source": format!("/v1/companies/{}", self.name),
            "type": format!("patchbay.{about}.{kind}"),
            "time": entry.at,
            "datacontenttype": "application/json",
            "data": data,
        });
        if let Some(conversation) = entry.conversation {
            document["subject"] = conversation.to_string().into();
        }
        Event::default()
            .id(entry.feed.to_string())
            .event(kind)
            .data(document.to_string())
    }
}

/// The event of a signal. It has no id: a stream that resumes goes on after the last entry.
fn signal_event(signal: LiveSignal) -> Event {
    let (kind, data) = match signal {
        LiveSignal::Viewers(conversation, viewers) => {
            let viewers = viewer_documents(viewers);
            let data = json!({"conversation": conversation.to_string(), "viewers": viewers});
            ("viewers", data)
        }
        LiveSignal::Seen(conversation, seen) => {
            let data = json!({"conversation": conversation.to_string(), "seen": seen});
            ("seen", data)
        }
    };
    Event::default().event(kind).data(data.to_string())
}
