//! The live feed: what happens to a company's conversations, as it happens.

#![allow(
    unused_qualifications,
    reason = "the macro that describes a route writes them"
)]

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use patchbay_desk::history::EntryKind;
use patchbay_journal::{CompanyId, Entry};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use utoipa::IntoParams;

use crate::access::Caller;
use crate::app::App;
use crate::guard;
use crate::problem::{Kind, Problem};
use crate::schema;

/// Entries read at once.
const PAGE: usize = 256;
/// A sign of life on a quiet feed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What to follow.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Follow {
    /// Kinds of entries wanted, separated by commas; all unless said.
    kinds: Option<String>,
}

/// Follow what happens
///
/// Server-sent events; each is a CloudEvents 1.0 document whose `id` is the
/// company's feed number. A client that comes back with `Last-Event-ID` goes on
/// after that one, without a gap or a repeat; without it the feed starts with
/// what happens next. An id that is no longer kept is answered 410.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/events",
    operation_id = "events",
    tag = "conversations",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("Last-Event-ID" = Option<u64>, Header, description = "Go on after this event."),
        Follow,
    ),
    responses(
        (status = 200, description = "The events.", body = String, content_type = "text/event-stream"),
        (status = 410, description = "What follows the id given is no longer kept: read the open conversations, and go on from the `newest` number told.", body = crate::problem::ProblemDocument, content_type = "application/problem+json"),
        schema::NoDocument,
    )
)]
pub(super) async fn follow(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(company): Path<String>,
    Query(wanted): Query<Follow>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kinds = kinds(wanted.kinds.as_deref())?;
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
                .detail(format!("the newest event is {}", feed.newest)));
        }
        Some(after) if !feed.follows(after) => {
            return Err(Problem::of(Kind::Gone).detail(format!(
                "events before {} are no longer kept; read /v1/companies/{name}/conversations and follow after {}",
                feed.oldest, feed.newest
            )));
        }
        Some(after) => after,
    };
    let follower = Follower {
        changed: app.changes.subscribe(),
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
    changed: watch::Receiver<u64>,
    name: String,
    company: CompanyId,
    /// None: all.
    kinds: Option<Vec<EntryKind>>,
    after: u64,
    read: std::vec::IntoIter<Entry>,
}

impl Follower {
    /// The next event; none once the server stops, the journal fails, or
    /// whoever follows would be let in no more.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Follower)> {
        loop {
            if !self.stands() {
                return None;
            }
            for entry in self.read.by_ref() {
                self.after = entry.feed;
                let kind = EntryKind::of(entry.kind);
                let wanted = self
                    .kinds
                    .as_ref()
                    .is_none_or(|kinds| kind.is_some_and(|kind| kinds.contains(&kind)));
                if wanted {
                    let event = self.event(&entry, kind);
                    return Some((Ok(event), self));
                }
            }
            self.changed.borrow_and_update();
            let (company, after) = (self.company, self.after);
            let feed = self
                .app
                .read(move |desk| Ok(desk.journal().feed(company, after, PAGE)?))
                .await
                .ok()?;
            // A follower so slow that what it has to read next is gone is cut
            // off: it comes back and is told.
            if !feed.follows(after) {
                return None;
            }
            let is_empty = feed.entries.is_empty();
            self.read = feed.entries.into_iter();
            if is_empty {
                self.changed.changed().await.ok()?;
                if self.app.is_stopping() {
                    return None;
                }
            }
        }
    }

    /// Whether whoever follows still is who they were, and on the roster.
    fn stands(&self) -> bool {
        self.app.access.stands(&self.caller)
            && guard::is_on_the_roster(&self.app, Some(&self.caller)).is_ok()
    }

    fn event(&self, entry: &Entry, kind: Option<EntryKind>) -> Event {
        let kind = kind.map_or("unknown", EntryKind::as_str);
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

fn kinds(wanted: Option<&str>) -> Result<Option<Vec<EntryKind>>, Problem> {
    let Some(wanted) = wanted else {
        return Ok(None);
    };
    let kind = |code: &str| {
        EntryKind::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == code)
            .ok_or_else(|| {
                let known: Vec<_> = EntryKind::ALL.iter().map(|kind| kind.as_str()).collect();
                Problem::of(Kind::InvalidInput)
                    .field("kinds")
                    .detail(format!(
                        "{code:?} is no kind; there are {}",
                        known.join(", ")
                    ))
            })
    };
    wanted
        .split(',')
        .map(|code| kind(code.trim()))
        .collect::<Result<_, _>>()
        .map(Some)
}
