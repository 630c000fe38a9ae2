//! A poll of the account's notifications: back to what is known, then forward from there.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::document;
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::ProviderQuery;
use patchbay_adapter::poll::{
    NextPoll, Poll, PollAnswer, PollFailure, PollFailureKind, PollQuery, PollRequest, PollStep,
    PolledDelivery, PolledDocument,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Bluesky, answer, notification};

/// URL of a request that a notification is kept as. No webhook's URL begins so.
const URL: &str = "bluesky:?";
/// Notifications that are asked for at once, as long as their pages are not too large.
const PAGE: usize = 50;
/// Most bytes of an answer.
const ANSWER_BYTES: usize = 4 << 20;
/// Most pages that a poll reads back.
const PAGES: usize = 100;
/// So many old ones in succession, at the end of a page: there is nothing new before them.
const ENOUGH: usize = 10;
/// Longest cursor of the provider.
const CURSOR_BYTES: usize = 512;
/// How far behind the newest notification others are looked for: they come in the order of
/// a time that their authors say.
const MARGIN: SignedDuration = SignedDuration::from_mins(15);
/// Most notifications that are known by their URI.
const SEEN: usize = 150;
/// Between polls.
const PAUSE: Duration = Duration::from_secs(60);
/// Digits of a digest in the cursor.
const DIGITS: usize = 12;

/// How far the notifications were read. No personal data.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    /// Digest of the account and its server.
    account: String,
    /// Notifications before this were taken, or are left out.
    since: Timestamp,
    /// Digests of the last ones that were taken, the oldest first.
    seen: VecDeque<String>,
    /// How often a page was asked for without an answer.
    #[serde(default)]
    failures: u8,
}

/// A poll.
#[derive(Debug)]
pub(super) struct NotificationPoll {
    adapter: Bluesky,
    cursor: Cursor,
    now: Timestamp,
    stage: Stage,
    /// Where the pages begin that were read on the way back.
    places: Vec<String>,
    /// Those of them that have something new, the newest first.
    pages: Vec<String>,
    /// The new ones of the first page. It is not read again, because more may have come.
    first: Vec<Value>,
    /// When the newest was indexed that this poll has read.
    newest: Option<Timestamp>,
}

/// What is asked next.
#[derive(Debug)]
enum Stage {
    /// The page at this place, on the way back; `None`: the first.
    Back(Option<String>),
    /// The page at this place, on the way forward.
    Forward(String),
    Done,
}

/// A page of notifications.
struct Page {
    /// The newest first, each with the time at which it was indexed.
    notifications: Vec<(Timestamp, Value)>,
    /// Where the older ones begin.
    next: Option<String>,
}

impl NotificationPoll {
    /// A poll from a cursor on. One that is not understood, or of another account, counts as
    /// none.
    pub(super) fn new(
        adapter: &Bluesky,
        cursor: Option<&[u8]>,
        now: Timestamp,
    ) -> NotificationPoll {
        let account = digest(adapter, &["cursor", &adapter.base]);
        let cursor = cursor.and_then(|bytes| serde_json::from_slice::<Cursor>(bytes).ok());
        let cursor = cursor.filter(|cursor| cursor.account == account);
        let cursor = cursor.unwrap_or_else(|| {
            let hours = i64::from(adapter.history_days) * 24;
            let since = now.checked_sub(SignedDuration::from_hours(hours));
            Cursor {
                account,
                since: since.unwrap_or(Timestamp::MIN),
                seen: VecDeque::new(),
                failures: 0,
            }
        });
        NotificationPoll {
            adapter: adapter.clone(),
            cursor,
            now,
            stage: Stage::Back(None),
            places: Vec::new(),
            pages: Vec::new(),
            first: Vec::new(),
            newest: None,
        }
    }

    /// Goes on to the page before, or turns round.
    fn read_back(&mut self, place: Option<String>, page: Page) -> Vec<PolledDelivery> {
        self.places.extend(place.clone());
        let since = self.cursor.since;
        let mut last = page.notifications.iter().rev().take(ENOUGH);
        let is_old = !page.notifications.is_empty() && last.all(|(at, _)| *at < since);
        let next = page
            .next
            .filter(|next| !is_old && !self.places.contains(next));
        let new = self.untaken(page.notifications);
        match place {
            None => self.first = new,
            Some(place) if !new.is_empty() => self.pages.push(place),
            Some(_) => {}
        }
        match next.filter(|_| self.places.len() + 1 < PAGES) {
            Some(next) => {
                self.stage = Stage::Back(Some(next));
                Vec::new()
            }
            None => self.go_forward(),
        }
    }

    /// Goes on to the page after, and ends with the first.
    fn go_forward(&mut self) -> Vec<PolledDelivery> {
        if let Some(place) = self.pages.pop() {
            self.stage = Stage::Forward(place);
            return Vec::new();
        }
        self.stage = Stage::Done;
        let first = std::mem::take(&mut self.first);
        let deliveries = self.deliver(first);
        // Only now nothing before it is missing.
        let newest = self.newest.map(|at| at.min(self.now));
        let newest = newest.and_then(|at| at.checked_sub(MARGIN).ok());
        self.cursor.since = newest.unwrap_or(self.cursor.since).max(self.cursor.since);
        deliveries
    }

    /// Those that were not taken before, the oldest first.
    fn untaken(&mut self, notifications: Vec<(Timestamp, Value)>) -> Vec<Value> {
        let since = self.cursor.since;
        let new = notifications.into_iter().rev();
        let mut new: Vec<(Timestamp, Value)> = new.filter(|(at, _)| *at >= since).collect();
        self.newest = new.iter().map(|(at, _)| *at).chain(self.newest).max();
        new.retain(|(_, content)| !self.cursor.seen.contains(&self.digest_of(content)));
        new.sort_by_key(|(at, _)| *at);
        new.into_iter().map(|(_, content)| content).collect()
    }

    fn deliver(&mut self, contents: Vec<Value>) -> Vec<PolledDelivery> {
        let mut deliveries = Vec::with_capacity(contents.len());
        for content in contents {
            let digest = self.digest_of(&content);
            // A page can have what another had.
            if self.cursor.seen.contains(&digest) {
                continue;
            }
            self.cursor.seen.push_back(digest);
            if self.cursor.seen.len() > SEEN {
                self.cursor.seen.pop_front();
            }
            deliveries.push(PolledDelivery {
                url: URL.to_owned(),
                headers: vec![("content-type", "application/json".to_owned())],
                // A parsed document: serialization cannot fail.
                body: serde_json::to_vec(&content).unwrap_or_default(),
            });
        }
        deliveries
    }

    /// Digest of what a notification is about.
    fn digest_of(&self, content: &Value) -> String {
        let uri = content.text(&["uri"]).unwrap_or_default();
        let reason = content.text(&["reason"]).unwrap_or_default();
        digest(&self.adapter, &["seen", uri, reason])
    }

    fn query(&self, place: Option<&str>) -> PollStep {
        // A page that is too large for the host fails each time: ask for fewer.
        let limit = PAGE
            .checked_shr(u32::from(self.cursor.failures))
            .unwrap_or(0);
        let limit = limit.max(1);
        let reasons = notification::REASONS
            .map(|it| format!("&reasons={it}"))
            .concat();
        let place = place.map(|place| utf8_percent_encode(place, NON_ALPHANUMERIC));
        let place = place
            .map(|place| format!("&cursor={place}"))
            .unwrap_or_default();
        let method = "app.bsky.notification.listNotifications";
        let query = format!("{method}?limit={limit}{reasons}{place}");
        PollStep::Ask(PollRequest::Get(PollQuery {
            query: ProviderQuery {
                url: self.adapter.method(&query),
                credential: Some(self.adapter.credential()),
            },
            headers: Vec::new(),
            answer_bytes: ANSWER_BYTES,
        }))
    }
}

impl Poll for NotificationPoll {
    fn step(&self) -> PollStep {
        match &self.stage {
            Stage::Back(place) => self.query(place.as_deref()),
            Stage::Forward(place) => self.query(Some(place)),
            Stage::Done => PollStep::Done(NextPoll {
                at_latest: PAUSE,
                otherwise: PAUSE,
            }),
        }
    }

    fn answer(&mut self, answer: PollAnswer) -> Result<Vec<PolledDelivery>, PollFailure> {
        let (PollAnswer::Document(document), false) = (answer, matches!(self.stage, Stage::Done))
        else {
            let kind = PollFailureKind::Unavailable;
            return Err(PollFailure::new(
                kind,
                "the answer is not one to the request",
            ));
        };
        let page = read_page(&document)?;
        self.cursor.failures = 0;
        Ok(match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Back(place) => self.read_back(place, page),
            Stage::Forward(_) => {
                let new = self.untaken(page.notifications);
                let mut deliveries = self.deliver(new);
                deliveries.extend(self.go_forward());
                deliveries
            }
            Stage::Done => Vec::new(),
        })
    }

    /// Requests are about pages, and about no single notification.
    fn pass_over(&mut self) -> Option<PolledDelivery> {
        None
    }

    /// While a page is asked for, it counts that as a failure: the host stores this cursor
    /// only if no answer is taken.
    fn cursor(&self) -> Vec<u8> {
        let mut cursor = self.cursor.clone();
        if !matches!(self.stage, Stage::Done) {
            cursor.failures = cursor.failures.saturating_add(1);
        }
        // A struct of plain values: serialization cannot fail.
        serde_json::to_vec(&cursor).unwrap_or_default()
    }
}

fn digest(adapter: &Bluesky, parts: &[&str]) -> String {
    let mut digest = adapter.ids.conversation(&adapter.account, parts);
    digest.truncate(DIGITS);
    digest
}

fn read_page(document: &PolledDocument) -> Result<Page, PollFailure> {
    let response = document.response();
    if answer::ends_session(&response) {
        let problem = "the server does not accept the session";
        return Err(PollFailure::new(PollFailureKind::Unauthorised, problem));
    }
    if let Some(failure) = document.failure() {
        return Err(PollFailure {
            after: answer::wait(&response),
            ..failure
        });
    }
    let malformed = || {
        let problem = "the answer is not a list of notifications: check `api-base`";
        PollFailure::new(PollFailureKind::Unavailable, problem)
    };
    let mut page = document::parse(&document.body).map_err(|_| malformed())?;
    let list = page.get_mut("notifications").map(Value::take);
    let Some(Value::Array(list)) = list else {
        return Err(malformed());
    };
    let notifications = list.into_iter().map(|content| {
        let at = content.text(&["indexedAt"])?.parse().ok()?;
        Some((at, content))
    });
    let notifications: Option<Vec<(Timestamp, Value)>> = notifications.collect();
    let next = page.text(&["cursor"]).filter(|it| it.len() <= CURSOR_BYTES);
    Ok(Page {
        notifications: notifications.ok_or_else(malformed)?,
        next: next.map(str::to_owned),
    })
}
