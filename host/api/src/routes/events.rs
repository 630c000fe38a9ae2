//! The live feed of a company's events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

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
use patchbay_http::work_share::on_share_of;
use patchbay_journal::{CompanyId, Entry, FeedPage};
use patchbay_service::app::App;
use patchbay_service::feed_signals::FeedFollower;
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::IntoParams;

use patchbay_http::descriptions;

/// Entries read from the journal at once.
const PAGE: usize = 256;
/// Interval of comments that keep an idle connection open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct FollowQuery {
    /// Kinds of entries, separated by commas. Default all.
    kinds: Option<String>,
}

/// Follow events
///
/// Server-sent events; each is a CloudEvents 1.0 document whose `id` is its number
/// in the company's feed. A client that reconnects with `Last-Event-ID` continues
/// after that event without gaps or repeats; without the header the feed starts
/// with the next event. An id that is no longer stored is answered 410. Streams are
/// bounded by token, company and host; one beyond is answered 429.
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
        (status = 410, description = "Events after the given id are no longer stored. List the open conversations, then follow after the newest number in `detail`.", body = ProblemDocument, content_type = "application/problem+json"),
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
    let kinds = parse_kinds(query.kinds.as_deref())?;
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
    let permit = app.bounds.enter(Bound::Streams, &Requester::current())?;
    let name = company.clone();
    let (id, feed) = app
        .read(move |desk| {
            let id = desk.company(&company)?;
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
            )));
        }
        Some(after) => after,
    };
    let follower = Follower {
        feed: app.feeds.follow(id),
        permit,
        app,
        caller,
        name,
        company: id,
        kinds,
        after,
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
    /// Its share of the bound on streams.
    #[allow(dead_code, reason = "held while the stream is open")]
    permit: BoundPermit,
    name: String,
    company: CompanyId,
    /// None: all kinds.
    kinds: Option<Vec<EventKind>>,
    after: u64,
    read: std::vec::IntoIter<Entry>,
}

impl Follower {
    /// The next event; none if the server stops, the journal fails, or the caller's
    /// access ends.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Follower)> {
        loop {
            if !self.has_access() {
                return None;
            }
            for entry in self.read.by_ref() {
                self.after = entry.feed;
                let kind = EventKind::from_number(entry.kind);
                let wanted = self
                    .kinds
                    .as_ref()
                    .is_none_or(|kinds| kind.is_some_and(|kind| kinds.contains(&kind)));
                if wanted {
                    let event = self.event(&entry, kind);
                    return Some((Ok(event), self));
                }
            }
            let feed = self.read_feed().await.ok()?;
            let after = self.after;
            // The next entries of a slow follower are deleted: it reconnects and
            // is answered 410.
            if !feed.continues_from(after) {
                return None;
            }
            let is_empty = feed.entries.is_empty();
            self.read = feed.entries.clone().into_iter();
            if is_empty {
                self.feed.changed().await?;
                if self.app.is_stopping() {
                    return None;
                }
            }
        }
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
        let data: Value = serde_json::from_str(&entry.head).unwrap_or(Value::Null);
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

fn parse_kinds(codes: Option<&str>) -> Result<Option<Vec<EventKind>>, Problem> {
    let Some(codes) = codes else {
        return Ok(None);
    };
    let kind = |code: &str| {
        EventKind::from_code(code).ok_or_else(|| {
            let known: Vec<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
            Problem::of(Kind::InvalidInput)
                .field("kinds")
                .detail(format!(
                    "{code:?} is not a kind of entry; the kinds are {}",
                    known.join(", ")
                ))
        })
    };
    codes
        .split(',')
        .map(|code| kind(code.trim()))
        .collect::<Result<_, _>>()
        .map(Some)
}
