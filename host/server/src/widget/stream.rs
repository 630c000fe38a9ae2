//! What happens in a visitor's conversation, as it happens: server-sent events, or one
//! answer that waits for them where a proxy holds streams back.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use patchbay_config::bound::Bound;
use patchbay_gateway::{ChatConnection, ChatRefusal, History, HistoryItem, HistoryPage, Visitor};
use patchbay_http::bounds::{BoundPermit, Requester};
use patchbay_http::problem::Problem;
use patchbay_http::work_share::on_share_of;
use patchbay_journal::CompanyId;
use patchbay_service::app::App;
use patchbay_service::chat_signals::{ChatWatch, News};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::{PageRequest, find, foreign_cursor, no_store, refuse, required_token};

/// Interval of comments that keep an idle stream open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a stream stays open: the page opens another, with a renewed token.
const LONGEST_STREAM: Duration = Duration::from_secs(3_600);
/// How long an answer waits for something to happen; below the usual patience of
/// proxies.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

#[derive(Deserialize)]
pub(super) struct EventsQuery {
    /// Cursor after which to go on, where the header cannot be sent.
    after: Option<String>,
    /// Whether to answer once with what happened, instead of a stream.
    #[serde(default)]
    poll: bool,
}

/// Follows the visitor's conversation after the cursor in `Last-Event-ID`.
pub(super) async fn follow(
    State(app): State<Arc<App>>,
    Path((company, connection)): Path<(String, String)>,
    Query(query): Query<EventsQuery>,
    request: Request,
) -> Result<Response, Problem> {
    let page = PageRequest::check(&app, &company, &connection, &request)?;
    let headers = request.headers();
    let token = required_token(headers)?;
    let address = page.chat.address(&token).map_err(refuse)?;
    let last = headers.get("last-event-id");
    let last = match last.map(HeaderValue::to_str) {
        None => None,
        Some(Ok(cursor)) => Some(cursor.to_owned()),
        Some(Err(_)) => return Err(foreign_cursor()),
    };
    let id = page.chat.company()?;
    let requester = Requester {
        company: Some(company.as_str().into()),
        token: Some(address.as_str().into()),
    };
    let client = Requester {
        company: None,
        token: Some(page.client.to_string().into()),
    };
    let (of_client, of_visitor, patience) = match query.poll {
        true => (Bound::ChatClientPolls, Bound::ChatPolls, LONGEST_WAIT),
        false => (Bound::ChatClientStreams, Bound::ChatStreams, LONGEST_STREAM),
    };
    let permits = [
        app.bounds.enter(of_client, &client)?,
        app.bounds.enter(of_visitor, &requester)?,
    ];
    let mut follower = Follower {
        by_address: app.chat_signals.watch(id, address.as_bytes()),
        by_thread: None,
        app,
        permits,
        company: id,
        place: (company, connection),
        token,
        cursor: last.or(query.after),
        read: VecDeque::new(),
        seen: News::default(),
        until: Instant::now() + patience,
    };
    // A refused session or cursor is an answer, not a stream that ends.
    let mut first = follower.read().await?;
    if query.poll {
        return follower.answer(first).await;
    }
    follower.read.extend(first.items.drain(..));
    let ready = Event::default().event("ready").data("{}");
    let begun = stream::iter([Ok::<Event, Infallible>(ready)]);
    let events = futures_util::StreamExt::chain(begun, stream::unfold(follower, Follower::next));
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = no_store(Sse::new(events).keep_alive(keep_alive).into_response());
    let name = HeaderName::from_static("x-accel-buffering");
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static("no"));
    Ok(response)
}

/// What ended a wait.
enum Wake {
    /// There may be something to read.
    Changed,
    /// An agent is typing.
    Typing,
    /// The time is over, or the server stops.
    Over,
}

struct Follower {
    app: Arc<App>,
    /// Its share of the bounds on streams or on polls: of its client, and of its visitor.
    #[allow(dead_code, reason = "held while the stream is open or the poll waits")]
    permits: [BoundPermit; 2],
    company: CompanyId,
    /// Names of company and connection.
    place: (String, String),
    token: String,
    /// Wakes at the visitor's first message.
    by_address: ChatWatch,
    /// Wakes at what happens on the thread; absent until they write.
    by_thread: Option<ChatWatch>,
    cursor: Option<String>,
    read: VecDeque<HistoryItem>,
    /// What it has noticed of the watches.
    seen: News,
    until: Instant,
}

impl Follower {
    /// The next event; none if the session, the time or the server ends.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Follower)> {
        loop {
            if let Some(item) = self.read.pop_front() {
                // Plain values: serialization cannot fail.
                let data = serde_json::to_string(&item).unwrap_or_default();
                let event = Event::default()
                    .id(item.cursor)
                    .event(item.content.as_str())
                    .data(data);
                return Some((Ok(event), self));
            }
            match self.wait().await {
                Wake::Over => return None,
                Wake::Typing => {
                    let event = Event::default().event("typing").data("{}");
                    return Some((Ok(event), self));
                }
                Wake::Changed => {
                    let news = self.read().await.ok()?;
                    self.read.extend(news.items);
                }
            }
        }
    }

    /// One answer with what happened, at the latest when the time is over.
    async fn answer(mut self, mut news: History) -> Result<Response, Problem> {
        let mut typing = false;
        while news.items.is_empty() && !typing {
            match self.wait().await {
                Wake::Over => break,
                Wake::Typing => typing = true,
                Wake::Changed => news = self.read().await?,
            }
        }
        let document = json!({"items": news.items, "cursor": news.cursor, "typing": typing});
        Ok(no_store(Json(document).into_response()))
    }

    /// Reads what came after the cursor. Watches the thread before it reads, so that
    /// nothing in between is missed.
    async fn read(&mut self) -> Result<History, Problem> {
        loop {
            let (visitor, chat) = self.visitor().await?;
            if let (Some(thread), None) = (visitor.thread(), &self.by_thread) {
                self.by_thread = Some(self.app.chat_signals.watch(self.company, thread));
                self.seen.typed = self.news().typed;
            }
            // Before it is read: what happens then is read again.
            self.seen.changes = self.news().changes;
            let cursor = self.cursor.clone();
            let read = move || match &cursor {
                Some(cursor) => chat.history(&visitor, HistoryPage::After(cursor)),
                None => {
                    // From now on.
                    let newest = chat.history(&visitor, HistoryPage::Newest)?;
                    Ok(newest.map(History::into_end))
                }
            };
            let name: Arc<str> = self.place.0.as_str().into();
            let read = on_share_of(&self.app.shares.followers, Some(name), read).await?;
            let news = read.map_err(refuse)?.ok_or_else(foreign_cursor)?;
            self.cursor = Some(news.cursor.clone());
            if !news.items.is_empty() || !news.has_more {
                return Ok(news);
            }
        }
    }

    /// The visitor, if the session and the connection are still valid.
    async fn visitor(&self) -> Result<(Visitor, ChatConnection), Problem> {
        let chat = find(&self.app, &self.place.0, &self.place.1)?;
        let token = self.token.clone();
        let name: Arc<str> = self.place.0.as_str().into();
        let work = move || {
            let visitor = chat.visitor(&token)?;
            Ok::<_, ChatRefusal>((visitor, chat))
        };
        let visitor = on_share_of(&self.app.shares.followers, Some(name), work).await?;
        visitor.map_err(refuse)
    }

    /// What the watches say now.
    fn news(&self) -> News {
        let first = *self.by_address.news.borrow();
        let thread = self.by_thread.as_ref();
        let thread = thread.map(|watch| *watch.news.borrow());
        let thread = thread.unwrap_or_default();
        News {
            changes: first.changes + thread.changes,
            typed: thread.typed,
        }
    }

    async fn wait(&mut self) -> Wake {
        loop {
            if self.app.is_stopping() {
                return Wake::Over;
            }
            let news = self.news();
            if news.changes != self.seen.changes {
                return Wake::Changed;
            }
            if news.typed != self.seen.typed {
                self.seen.typed = news.typed;
                return Wake::Typing;
            }
            let on_thread = async {
                match &mut self.by_thread {
                    Some(watch) => watch.news.changed().await,
                    None => std::future::pending().await,
                }
            };
            let changed = tokio::select! {
                changed = on_thread => changed.is_ok(),
                changed = self.by_address.news.changed() => changed.is_ok(),
                () = sleep_until(self.until) => false,
            };
            if !changed {
                return Wake::Over;
            }
        }
    }
}
