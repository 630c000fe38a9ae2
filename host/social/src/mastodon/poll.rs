//! A poll of the account's notifications: where to begin, which are new, and which were
//! edited since.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::document;
use patchbay_adapter::field::Fields;
use patchbay_adapter::poll::{
    NextPoll, Poll, PollAnswer, PollFailure, PollFailureKind, PollQuery, PollRequest, PollStep,
    PolledDelivery, PolledDocument,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Mastodon, answer, is_id, notification};

/// Start of the URL of a request that a notification is kept as. No webhook's URL begins so.
pub(super) const SCHEME: &str = "mastodon:?";
/// Notifications that are asked for at once, as long as their pages are not too large.
const PAGE: usize = 40;
/// Most bytes of an answer.
const ANSWER_BYTES: usize = 4 << 20;
/// Most requests of a poll: a server takes 300 in five minutes.
const REQUESTS: u32 = 50;
/// Most pages that are read to find where the first poll begins.
const HISTORY_PAGES: u32 = 20;
/// How often the root of a thread is asked for that the server does not deliver.
const LOOK_UPS: u8 = 5;
/// Between polls.
const PAUSE: Duration = Duration::from_secs(60);
/// Most edits that are known: twice those of a page.
const EDITS: usize = 80;
/// Digits of a digest in the cursor.
const DIGITS: usize = 12;

/// How far the notifications were read. No personal data.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    /// Digest of the account and its server.
    account: String,
    /// Notifications before this are left out; only while `newest` is absent.
    since: Timestamp,
    /// Every notification up to this id was taken, or left out.
    newest: Option<String>,
    /// Digests of the edits that were taken, the oldest first.
    #[serde(default)]
    edits: Vec<String>,
    /// How often the same page was asked for without an answer.
    #[serde(default)]
    pages: u8,
    /// The thread that was asked for without an answer: digest of the status, and how often.
    #[serde(default)]
    look_up: Option<(String, u8)>,
}

/// A poll.
#[derive(Debug)]
pub(super) struct NotificationPoll {
    adapter: Mastodon,
    cursor: Cursor,
    stage: Stage,
    /// Notifications of a page that are not delivered yet, the oldest first.
    queue: VecDeque<Notification>,
    /// Whether the queue is of the newest page, which is read for edits.
    is_for_edits: bool,
    asked: u32,
}

/// What is asked next.
#[derive(Debug)]
enum Stage {
    /// The notifications before this id, to find where to begin.
    Start(Option<String>),
    /// The notifications after the cursor.
    New,
    /// The thread of the status with this id, for the first of the queue.
    LookUp(String),
    /// The newest notifications.
    Edits,
    Done,
}

/// A notification as the server wrote it.
#[derive(Debug)]
struct Notification {
    id: String,
    content: Value,
}

impl Notification {
    /// When it was sent.
    fn at(&self) -> Option<Timestamp> {
        self.content.text(&["created_at"])?.parse().ok()
    }
}

/// Ids in their order: the longer one is newer.
fn order(id: &str) -> (usize, &str) {
    (id.len(), id)
}

impl NotificationPoll {
    /// A poll from a cursor on. One that is not understood, or of another account, counts as
    /// none.
    pub(super) fn new(
        adapter: &Mastodon,
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
                newest: None,
                edits: Vec::new(),
                pages: 0,
                look_up: None,
            }
        });
        NotificationPoll {
            adapter: adapter.clone(),
            stage: match &cursor.newest {
                None => Stage::Start(None),
                Some(_) => Stage::New,
            },
            cursor,
            queue: VecDeque::new(),
            is_for_edits: false,
            asked: 0,
        }
    }

    /// Of the cursor: the ids of the page after it are greater.
    fn is_new(&self, notification: &Notification) -> bool {
        let newest = self.cursor.newest.as_deref();
        newest.is_none_or(|newest| order(newest) < order(&notification.id))
    }

    /// Looks for the last notification that is too old.
    fn find_start(&mut self, before: Option<&str>, page: Vec<Notification>) {
        let since = self.cursor.since;
        let mut newest_first = page.iter().rev();
        let old = newest_first.find(|it| it.at().is_some_and(|at| at < since));
        let first = page.first();
        let is_further =
            |first: &&Notification| before.is_none_or(|before| order(&first.id) < order(before));
        self.stage = match (old, first.filter(is_further)) {
            (Some(old), _) => self.begin_after(old.id.clone()),
            (None, Some(first)) if self.asked < HISTORY_PAGES => {
                Stage::Start(Some(first.id.clone()))
            }
            // The older ones are left out.
            (None, Some(first)) => self.begin_after(first.id.clone()),
            // There never was one.
            (None, None) if before.is_none() => Stage::Done,
            (None, None) => self.begin_after("0".to_owned()),
        };
    }

    fn begin_after(&mut self, id: String) -> Stage {
        self.cursor.newest = Some(id);
        Stage::New
    }

    /// Takes the new ones of a page.
    fn read_new(&mut self, page: Vec<Notification>) -> Vec<PolledDelivery> {
        let new: VecDeque<Notification> = page.into_iter().filter(|it| self.is_new(it)).collect();
        if new.is_empty() {
            self.stage = Stage::Edits;
            return Vec::new();
        }
        (self.queue, self.is_for_edits) = (new, false);
        self.deliver_on()
    }

    /// Takes those of the newest page whose status was edited since.
    fn read_edits(&mut self, page: Vec<Notification>) -> Vec<PolledDelivery> {
        let known: Vec<(Option<String>, Notification)> = page
            .into_iter()
            .filter(|it| !self.is_new(it))
            .map(|it| (self.edit(&it), it))
            .collect();
        let current: Vec<&String> = known.iter().filter_map(|(edit, _)| edit.as_ref()).collect();
        self.cursor.edits.retain(|edit| current.contains(&edit));
        let is_untaken = |edit: &Option<String>| {
            let edit = edit.as_ref();
            edit.is_some_and(|edit| !self.cursor.edits.contains(edit))
        };
        let untaken = known.into_iter().filter(|(edit, _)| is_untaken(edit));
        let untaken = untaken.map(|(_, notification)| notification).collect();
        (self.queue, self.is_for_edits) = (untaken, true);
        self.deliver_on()
    }

    /// Digest of the wording of a status that was edited.
    fn edit(&self, notification: &Notification) -> Option<String> {
        let status = notification.content.get("status")?;
        let at = status.text(&["edited_at"])?;
        let id = status.id(&["id"])?;
        Some(digest(&self.adapter, &["edit", &id, at]))
    }

    /// Delivers the queue up to the first whose thread must be asked for.
    fn deliver_on(&mut self) -> Vec<PolledDelivery> {
        let mut deliveries = Vec::new();
        while let Some(first) = self.queue.front() {
            let status = notification::answers(&self.adapter, &first.content);
            if let Some(status) = status.filter(|status| !self.is_given_up(status)) {
                self.stage = Stage::LookUp(status);
                return deliveries;
            }
            deliveries.extend(self.deliver(None));
        }
        self.stage = match self.is_for_edits {
            false => Stage::New,
            true => Stage::Done,
        };
        deliveries
    }

    /// Delivers the first of the queue.
    fn deliver(&mut self, root: Option<&str>) -> Option<PolledDelivery> {
        let notification = self.queue.pop_front()?;
        self.cursor.edits.extend(self.edit(&notification));
        let surplus = self.cursor.edits.len().saturating_sub(EDITS);
        self.cursor.edits.drain(..surplus);
        self.cursor.look_up = None;
        if !self.is_for_edits {
            self.cursor.newest = Some(notification.id);
        }
        let root = root.map(|root| format!("root={root}")).unwrap_or_default();
        Some(PolledDelivery {
            url: format!("{SCHEME}{root}"),
            headers: vec![("content-type", "application/json".to_owned())],
            // A parsed document: serialization cannot fail.
            body: serde_json::to_vec(&notification.content).unwrap_or_default(),
        })
    }

    /// Whether the server did not answer the request for a thread several times.
    fn is_given_up(&self, status: &str) -> bool {
        let failed = self.cursor.look_up.as_ref();
        failed.is_some_and(|(of, times)| *times >= LOOK_UPS && *of == self.look_up_digest(status))
    }

    fn look_up_digest(&self, status: &str) -> String {
        digest(&self.adapter, &["look-up", status])
    }

    fn is_asking(&self) -> bool {
        !matches!(self.stage, Stage::Done) && self.asked < REQUESTS
    }

    fn query(&self, target: &str) -> PollStep {
        PollStep::Ask(PollRequest::Get(PollQuery {
            query: self.adapter.query(target),
            headers: Vec::new(),
            answer_bytes: ANSWER_BYTES,
        }))
    }

    fn page_query(&self, place: &str) -> PollStep {
        // A page that is too large for the host fails each time: ask for fewer.
        let limit = PAGE.checked_shr(u32::from(self.cursor.pages)).unwrap_or(0);
        let types = notification::TYPES
            .map(|it| format!("&types[]={it}"))
            .concat();
        let filtered = match self.adapter.reads_filtered {
            true => "&include_filtered=true",
            false => "",
        };
        let limit = limit.max(1);
        self.query(&format!(
            "/api/v1/notifications?limit={limit}{types}{filtered}{place}"
        ))
    }
}

impl Poll for NotificationPoll {
    fn step(&self) -> PollStep {
        let newest = self.cursor.newest.as_deref().unwrap_or_default();
        match &self.stage {
            _ if !self.is_asking() => {}
            Stage::Done => {}
            Stage::Start(None) | Stage::Edits => return self.page_query(""),
            Stage::Start(Some(before)) => return self.page_query(&format!("&max_id={before}")),
            Stage::New => return self.page_query(&format!("&min_id={newest}")),
            Stage::LookUp(status) => {
                return self.query(&format!("/api/v1/statuses/{status}/context"));
            }
        }
        PollStep::Done(NextPoll {
            at_latest: PAUSE,
            otherwise: PAUSE,
        })
    }

    fn answer(&mut self, answer: PollAnswer) -> Result<Vec<PolledDelivery>, PollFailure> {
        let PollAnswer::Document(document) = answer else {
            return Err(unexpected());
        };
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Done => Err(unexpected()),
            Stage::LookUp(status) => match read_root(&document) {
                Ok(root) => {
                    self.asked += 1;
                    let mut deliveries = Vec::from_iter(self.deliver(root.as_deref()));
                    deliveries.extend(self.deliver_on());
                    Ok(deliveries)
                }
                Err(failure) => {
                    self.stage = Stage::LookUp(status);
                    Err(failure)
                }
            },
            stage => match read_page(&document) {
                Ok(page) => {
                    self.asked += 1;
                    self.cursor.pages = 0;
                    Ok(match stage {
                        Stage::Start(before) => {
                            self.find_start(before.as_deref(), page);
                            Vec::new()
                        }
                        Stage::Edits => self.read_edits(page),
                        _ => self.read_new(page),
                    })
                }
                Err(failure) => {
                    self.stage = stage;
                    Err(failure)
                }
            },
        }
    }

    /// Requests are about pages and threads, and about no single notification.
    fn pass_over(&mut self) -> Option<PolledDelivery> {
        None
    }

    /// While something is asked, it counts that as a failure: the host stores this cursor
    /// only if no answer is taken.
    fn cursor(&self) -> Vec<u8> {
        let mut cursor = self.cursor.clone();
        match &self.stage {
            _ if !self.is_asking() => {}
            Stage::Start(_) | Stage::New | Stage::Edits => {
                cursor.pages = cursor.pages.saturating_add(1);
            }
            Stage::LookUp(status) => {
                let of = self.look_up_digest(status);
                let before = cursor.look_up.filter(|(before, _)| *before == of);
                let times = before.map_or(0, |(_, times)| times).saturating_add(1);
                cursor.look_up = Some((of, times));
            }
            Stage::Done => {}
        }
        // A struct of plain values: serialization cannot fail.
        serde_json::to_vec(&cursor).unwrap_or_default()
    }
}

fn digest(adapter: &Mastodon, parts: &[&str]) -> String {
    let mut digest = adapter.ids.conversation(&adapter.account, parts);
    digest.truncate(DIGITS);
    digest
}

fn unexpected() -> PollFailure {
    let kind = PollFailureKind::Unavailable;
    PollFailure::new(kind, "the answer is not one to the request")
}

fn refusal(document: &PolledDocument) -> Option<PollFailure> {
    document.failure().map(|failure| PollFailure {
        after: answer::wait(&document.response()),
        ..failure
    })
}

/// The notifications of a page, the oldest first.
fn read_page(document: &PolledDocument) -> Result<Vec<Notification>, PollFailure> {
    if let Some(failure) = refusal(document) {
        return Err(failure);
    }
    let malformed = || {
        let problem = "the answer is not a list of notifications: check `api-base`";
        PollFailure::new(PollFailureKind::Unavailable, problem)
    };
    let Ok(Value::Array(list)) = document::parse(&document.body) else {
        return Err(malformed());
    };
    let notifications = list.into_iter().map(|content| {
        let id = content.id(&["id"]).filter(|id| is_id(id))?.into_owned();
        Some(Notification { id, content })
    });
    let notifications: Option<Vec<Notification>> = notifications.collect();
    let mut notifications = notifications.ok_or_else(malformed)?;
    notifications.sort_by(|a, b| order(&a.id).cmp(&order(&b.id)));
    notifications.dedup_by(|a, b| a.id == b.id);
    Ok(notifications)
}

/// The id of the root of a thread; `None` if the server does not say it.
fn read_root(document: &PolledDocument) -> Result<Option<String>, PollFailure> {
    match refusal(document) {
        // The status was deleted since.
        Some(failure) if failure.kind == PollFailureKind::NotFound => return Ok(None),
        Some(failure) => return Err(failure),
        None => {}
    }
    let thread = document::parse(&document.body).unwrap_or_default();
    let above = thread.list("ancestors");
    let is_root = |status: &&Value| status.id(&["in_reply_to_id"]).is_none();
    let root = above.iter().find(is_root).or_else(|| above.first());
    let id = root.and_then(|root| root.id(&["id"]));
    Ok(id.filter(|id| is_id(id)).map(|id| id.into_owned()))
}
