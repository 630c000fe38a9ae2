//! A poll of the reviews of a store, which lists them in pages, those that were written or
//! changed last first.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::Credential;
use patchbay_adapter::document::parse;
use patchbay_adapter::media::ProviderQuery;
use patchbay_adapter::poll::{
    NextPoll, Poll, PollAnswer, PollFailure, PollFailureKind, PollQuery, PollRequest, PollStep,
    PolledDelivery, PolledDocument,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::polled::{days_before, document};
use crate::seen::{Mark, SeenItems, Sight};

/// Most pages of a poll.
const MOST_PAGES: usize = 100;
/// Most bytes of a page. Reviews are short.
const PAGE_BYTES: usize = 4 << 20;
/// Reviews are taken that were written so long before the newest one that was seen: stores
/// publish some later than others.
const LATE: SignedDuration = SignedDuration::from_hours(24);
/// Parameter of a delivery that stands for reviews which were not read.
const UNREAD: &str = "&unread=";

/// The list of an app's reviews.
pub(crate) trait ReviewList: fmt::Debug + Clone + Send {
    /// Start of the URL of a request that a review is kept as. No webhook's URL begins so.
    const SCHEME: &'static str;

    /// The app.
    fn account(&self) -> &str;

    /// A digest of what the settings name: of another one, nothing was read.
    fn digest(&self) -> String;

    fn credential(&self) -> Credential;

    /// How often and how far back reviews are asked for.
    fn cadence(&self) -> Cadence;

    /// URL of the first page.
    fn first_page(&self) -> String;

    /// The reviews of a page; `None` if the document is not one.
    fn page(&self, document: &Value) -> Option<Page>;

    /// Why there is no page; `None`: there is one.
    fn refusal(&self, document: &PolledDocument) -> Option<PollFailure> {
        document.failure()
    }
}

/// How often reviews are asked for, and how old the first may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cadence {
    pub(crate) interval: Duration,
    pub(crate) history_days: u32,
}

/// A page of reviews.
pub(crate) struct Page {
    pub(crate) reviews: Vec<ListedReview>,
    /// URL of the next one.
    pub(crate) next: Option<String>,
}

/// A review of a page.
pub(crate) struct ListedReview {
    pub(crate) message_id: String,
    /// When it was written or changed.
    pub(crate) at: Option<Timestamp>,
    pub(crate) mark: Mark,
    /// As the store wrote it.
    pub(crate) review: Value,
}

/// What was read of a list. No personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// [`ReviewList::digest`].
    list: String,
    /// What was written before this is not taken.
    since: Timestamp,
    seen: SeenItems,
}

/// A poll. The cursor moves when all pages were read: a review that comes in between moves
/// the others to later pages.
#[derive(Debug)]
pub(crate) struct ReviewPoll<L> {
    list: L,
    /// As it was stored.
    cursor: Option<Cursor>,
    /// What is older is not taken.
    since: Timestamp,
    is_first: bool,
    now: Timestamp,
    /// URL of the next page; `None`: everything is read.
    next: Option<String>,
    /// Pages and reviews that were read.
    pages: HashSet<String>,
    ids: HashSet<String>,
    marks: Vec<Mark>,
    newest: Option<Timestamp>,
}

impl<L: ReviewList> ReviewPoll<L> {
    /// A poll from a cursor on. One that is not understood counts as none.
    pub(crate) fn new(list: &L, cursor: Option<&[u8]>, now: Timestamp) -> ReviewPoll<L> {
        let cursor = cursor.and_then(|bytes| serde_json::from_slice::<Cursor>(bytes).ok());
        let cursor = cursor.filter(|cursor| cursor.list == list.digest());
        let first = days_before(now, list.cadence().history_days);
        ReviewPoll {
            since: cursor.as_ref().map_or(first, |cursor| cursor.since),
            is_first: cursor.is_none(),
            next: Some(list.first_page()),
            list: list.clone(),
            cursor,
            now,
            pages: HashSet::new(),
            ids: HashSet::new(),
            marks: Vec::new(),
            newest: None,
        }
    }

    /// The reviews of a page to deliver, the oldest first.
    fn read(&mut self, url: String, page: Page) -> Vec<PolledDelivery> {
        let seen = self.cursor.as_ref().map(|cursor| &cursor.seen);
        let (mut taken, mut has_recent) = (Vec::new(), false);
        for listed in page.reviews {
            if !self.ids.insert(listed.message_id.clone()) {
                continue;
            }
            let at = listed.at.filter(|at| *at <= self.now);
            self.newest = self.newest.max(at);
            let is_recent = listed.at.is_some_and(|at| at >= self.since);
            has_recent |= is_recent;
            self.marks.push(listed.mark);
            let sight = seen.map_or(Sight::New, |seen| seen.sight(listed.mark));
            let is_taken = match sight {
                Sight::Same => false,
                Sight::Changed => true,
                Sight::New => is_recent || (listed.at.is_none() && !self.is_first),
            };
            if is_taken {
                taken.push(self.delivery(&listed));
            }
        }
        taken.reverse();
        self.pages.insert(url);
        // A page with nothing new to it, or that was read, is the last.
        let next = page
            .next
            .filter(|next| has_recent && !self.pages.contains(next));
        let is_cut = next.is_some() && self.pages.len() == MOST_PAGES;
        if is_cut {
            let more = format!("{UNREAD}{}", self.ids.len());
            taken.push(self.kept(&more, Vec::new()));
        }
        self.next = next.filter(|_| !is_cut);
        if self.next.is_none() {
            self.complete();
        }
        taken
    }

    fn complete(&mut self) {
        let late = self.newest.and_then(|newest| newest.checked_sub(LATE).ok());
        let mut seen = self.cursor.take().map(|cursor| cursor.seen);
        let mut seen = seen.take().unwrap_or_default();
        seen.remember(std::mem::take(&mut self.marks));
        self.cursor = Some(Cursor {
            list: self.list.digest(),
            since: late.map_or(self.since, |late| late.max(self.since)),
            seen,
        });
    }

    fn delivery(&self, listed: &ListedReview) -> PolledDelivery {
        let review = format!("&review={}", listed.message_id);
        self.kept(&review, listed.review.to_string().into_bytes())
    }

    fn kept(&self, what: &str, body: Vec<u8>) -> PolledDelivery {
        PolledDelivery {
            url: format!("{}account={}{what}", L::SCHEME, self.list.account()),
            headers: Vec::new(),
            body,
        }
    }
}

impl<L: ReviewList> Poll for ReviewPoll<L> {
    fn step(&self) -> PollStep {
        let Some(url) = &self.next else {
            let interval = self.list.cadence().interval;
            return PollStep::Done(NextPoll {
                at_latest: interval,
                otherwise: interval,
            });
        };
        PollStep::Ask(PollRequest::Get(PollQuery {
            query: ProviderQuery {
                url: url.clone(),
                credential: Some(self.list.credential()),
            },
            headers: vec![("accept", "application/json".to_owned())],
            answer_bytes: PAGE_BYTES,
        }))
    }

    fn answer(&mut self, answer: PollAnswer) -> Result<Vec<PolledDelivery>, PollFailure> {
        let document = document(answer)?;
        if let Some(failure) = self.list.refusal(&document) {
            return Err(failure);
        }
        let page = parse(&document.body).ok();
        let page = page.and_then(|page| self.list.page(&page)).ok_or_else(|| {
            let problem = "the answer is not a list of reviews: check `api-base`";
            PollFailure::new(PollFailureKind::Unavailable, problem)
        })?;
        Ok(match self.next.take() {
            Some(url) => self.read(url, page),
            None => Vec::new(),
        })
    }

    fn pass_over(&mut self) -> Option<PolledDelivery> {
        None
    }

    fn cursor(&self) -> Vec<u8> {
        // A struct of plain values: serialization cannot fail.
        let cursor = self.cursor.as_ref();
        cursor.map_or(Vec::new(), |it| serde_json::to_vec(it).unwrap_or_default())
    }
}

/// Why a request that reviews are kept as has none; `None` if it has one.
pub(crate) fn problem(url: &str) -> Option<String> {
    let (_, count) = url.split_once(UNREAD)?;
    let count = count.parse::<u32>().ok()?;
    Some(format!(
        "the store has more new reviews than the {count} that one poll reads; the older ones are there only"
    ))
}
