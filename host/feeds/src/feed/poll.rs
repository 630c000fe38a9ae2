//! A poll of a feed: one request, and of its answer the entries that are new or edited.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::media::ProviderQuery;
use patchbay_adapter::poll::{
    NextPoll, POLL_ANSWER_BYTES, Poll, PollAnswer, PollFailure, PollFailureKind, PollQuery,
    PollRequest, PollStep, PolledDelivery, PolledDocument,
};
use patchbay_adapter::{LONGEST_WAIT, Response};
use serde::{Deserialize, Serialize};

use super::Feed;
use super::cadence::{self, Advice, LEAST};
use super::document::Document;
use super::entry::Entry;
use crate::polled::{days_before, document};
use crate::seen::{MOST_SEEN, Mark, SeenItems, Sight};

/// Start of the URL of a request that an entry is kept as. No webhook's URL begins so.
const SCHEME: &str = "feed:?";
/// What is asked for; servers of feeds answer with what they have.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5";
/// Longest validator that is sent back.
const VALIDATOR_BYTES: usize = 256;
/// Entries that are new to the host are taken if their date is at most so long before the
/// last poll: some are published with the date at which they were written.
const LATE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The same where the settings name another address.
const OTHER_ADDRESS: SignedDuration = SignedDuration::from_hours(24);
/// A date may be so far ahead of the host's clock.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// What was read of a feed. No personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// [`Feed::address_digest`].
    feed: String,
    /// `ETag` and `Last-Modified` of the last document, as they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    /// What was written before this is not taken.
    since: Timestamp,
    /// When the feed last answered, to the second.
    asked: Timestamp,
    /// [`Advice`] of the last document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<u32>,
    #[serde(default)]
    skip: u32,
    seen: SeenItems,
}

/// A poll.
#[derive(Debug)]
pub(super) struct FeedPoll {
    feed: Feed,
    now: Timestamp,
    /// Absent: the feed was never read.
    cursor: Option<Cursor>,
    /// Present: everything is read.
    next: Option<Duration>,
}

impl FeedPoll {
    /// A poll from a cursor on. One that is not understood counts as none.
    pub(super) fn new(feed: &Feed, cursor: Option<&[u8]>, now: Timestamp) -> FeedPoll {
        let cursor = cursor.and_then(|bytes| serde_json::from_slice::<Cursor>(bytes).ok());
        let mut poll = FeedPoll {
            feed: feed.clone(),
            now,
            cursor,
            next: None,
        };
        // The host may have been restarted since.
        if let Some(cursor) = poll.same_feed() {
            let since = Duration::try_from(now.duration_since(cursor.asked));
            let rest = since.ok().and_then(|since| LEAST.checked_sub(since));
            poll.next = rest.filter(|rest| !rest.is_zero());
        }
        poll
    }

    /// The cursor, if it is of the address that the settings name.
    fn same_feed(&self) -> Option<&Cursor> {
        let cursor = self.cursor.as_ref();
        cursor.filter(|cursor| cursor.feed == self.feed.address_digest)
    }

    /// Nothing has changed.
    fn unchanged(&mut self, answer: &Response<'_>) -> Result<(), PollFailure> {
        let asked = self.second();
        let same = self.same_feed().is_some();
        let Some(cursor) = self.cursor.as_mut().filter(|_| same) else {
            let problem =
                "the feed was never read, and its server answers that it did not change (http 304)";
            return Err(failure(PollFailureKind::Unavailable, problem));
        };
        cursor.asked = asked;
        let advice = Advice {
            ttl_minutes: cursor.ttl,
            skipped_hours: cursor.skip,
        };
        self.next = Some(cadence::wait(self.feed.interval, answer, advice));
        Ok(())
    }

    /// The time at which the poll began, to the second.
    fn second(&self) -> Timestamp {
        Timestamp::from_second(self.now.as_second()).unwrap_or(self.now)
    }

    fn read(&mut self, answer: &Response<'_>) -> Result<Vec<PolledDelivery>, PollFailure> {
        let content_type = answer.headers.only("content-type").ok().flatten();
        let document = Document::read(answer.body, content_type).map_err(|problem| {
            let problem = format!("what `url` names {problem}");
            failure(PollFailureKind::Unavailable, problem)
        })?;
        let is_same = self.same_feed().is_some();
        let since = match &self.cursor {
            Some(cursor) => {
                let margin = if is_same { LATE } else { OTHER_ADDRESS };
                let recent = cursor.asked.checked_sub(margin);
                cursor.since.max(recent.unwrap_or(Timestamp::MIN))
            }
            None => days_before(self.now, self.feed.history_days),
        };
        let seen = self.cursor.take().map(|cursor| cursor.seen);
        let (entries, seen) = self.select(document.entries, since, seen, is_same);
        let advice = Advice {
            ttl_minutes: document.ttl_minutes,
            skipped_hours: document.skipped_hours,
        };
        // Of a document that is not whole, the next one must come whole.
        let validator = |name| validator(answer, name).filter(|_| !document.is_broken);
        self.cursor = Some(Cursor {
            feed: self.feed.address_digest.clone(),
            etag: validator("etag"),
            last_modified: validator("last-modified"),
            since,
            asked: self.second(),
            ttl: advice.ttl_minutes,
            skip: advice.skipped_hours,
            seen,
        });
        self.next = Some(cadence::wait(self.feed.interval, answer, advice));
        Ok(entries.iter().map(|entry| self.delivery(entry)).collect())
    }

    /// The entries to deliver, the oldest first, and what was seen then. Of two with one id,
    /// the first counts.
    fn select(
        &self,
        entries: Vec<Entry>,
        since: Timestamp,
        seen: Option<SeenItems>,
        is_same: bool,
    ) -> (Vec<Entry>, SeenItems) {
        let mut seen = seen.unwrap_or_default();
        let mut marks = Vec::new();
        let mut selected = Vec::new();
        let mut ids = std::collections::HashSet::new();
        for (index, mut entry) in entries.into_iter().enumerate() {
            let id = self.feed.message_id(&entry);
            let mark = Mark::new(&id, &entry.wording());
            if !ids.insert(id) {
                continue;
            }
            marks.push(mark);
            let latest = self.now.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
            for date in [&mut entry.published, &mut entry.updated] {
                date.take_if(|date| *date > latest);
            }
            let is_taken = match (seen.sight(mark), entry.date()) {
                (Sight::Same, _) => false,
                (Sight::Changed, _) => true,
                (Sight::New, Some(date)) => date >= since,
                // What stood in the feed before the first poll is of unknown age, and so
                // is what stands behind those that can be remembered.
                (Sight::New, None) => is_same && index < MOST_SEEN,
            };
            if is_taken {
                selected.push(entry);
            }
        }
        seen.remember(marks);
        // Most feeds have the newest first.
        selected.reverse();
        if selected.iter().all(|entry| entry.date().is_some()) {
            selected.sort_by_key(Entry::date);
        }
        (selected, seen)
    }

    fn delivery(&self, entry: &Entry) -> PolledDelivery {
        let (account, id) = (&self.feed.account, self.feed.message_id(entry));
        PolledDelivery {
            url: format!("{SCHEME}account={account}&entry={id}"),
            headers: Vec::new(),
            // A struct of plain values: serialization cannot fail.
            body: serde_json::to_vec(entry).unwrap_or_default(),
        }
    }
}

impl Poll for FeedPoll {
    fn step(&self) -> PollStep {
        if let Some(wait) = self.next {
            return PollStep::Done(NextPoll {
                at_latest: wait,
                otherwise: wait,
            });
        }
        let mut headers = vec![("accept", ACCEPT.to_owned())];
        if let Some(cursor) = self.same_feed() {
            let validators = [
                ("if-none-match", &cursor.etag),
                ("if-modified-since", &cursor.last_modified),
            ];
            for (name, value) in validators {
                headers.extend(value.clone().map(|value| (name, value)));
            }
        }
        PollStep::Ask(PollRequest::Get(PollQuery {
            query: ProviderQuery {
                url: self.feed.url.clone(),
                credential: None,
            },
            headers,
            answer_bytes: POLL_ANSWER_BYTES,
        }))
    }

    fn answer(&mut self, answer: PollAnswer) -> Result<Vec<PolledDelivery>, PollFailure> {
        let document = document(answer)?;
        match document.status {
            200 => self.read(&document.response()),
            304 => {
                self.unchanged(&document.response())?;
                Ok(Vec::new())
            }
            _ => Err(refusal(&document)),
        }
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

/// A header by which the server knows the document again, as it came.
fn validator(answer: &Response<'_>, name: &str) -> Option<String> {
    let value = answer.headers.only(name).ok()??;
    (1..=VALIDATOR_BYTES)
        .contains(&value.len())
        .then(|| value.to_owned())
}

fn failure(kind: PollFailureKind, problem: impl Into<String>) -> PollFailure {
    PollFailure {
        after: Some(LEAST),
        ..PollFailure::new(kind, problem)
    }
}

/// Why there is no document. The feed is not asked again for five minutes at least.
fn refusal(document: &PolledDocument) -> PollFailure {
    let status = document.status;
    let moved = |problem| {
        failure(
            PollFailureKind::NotFound,
            format!("{problem} (http {status})"),
        )
    };
    match status {
        301 | 308 => moved(
            "the feed has moved for good: set `url` to the new address, which its server names in `Location`",
        ),
        410 => PollFailure {
            after: Some(LONGEST_WAIT),
            ..moved("the feed was removed for good: remove the connection, or set another `url`")
        },
        _ => {
            let nothing = format!("the server of the feed answers without it (http {status})");
            let failed = document.failure();
            let failed = failed.unwrap_or_else(|| failure(PollFailureKind::Unavailable, nothing));
            PollFailure {
                after: Some(failed.after.unwrap_or_default().max(LEAST)),
                ..failed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_less_than_four_kibibytes() {
        let mut seen = SeenItems::default();
        seen.remember((0..1_000).map(|id| Mark::new(&id.to_string(), &[])));
        let longest = Some("\"\\".repeat(VALIDATOR_BYTES / 2));
        let time = Timestamp::MAX;
        let cursor = Cursor {
            feed: "0123456789abcdef".to_owned(),
            etag: longest.clone(),
            last_modified: longest,
            since: time,
            asked: time,
            ttl: Some(u32::MAX),
            skip: u32::MAX,
            seen,
        };
        let bytes = serde_json::to_vec(&cursor).expect("JSON");
        assert!(bytes.len() < 4 << 10, "{}", bytes.len());
        assert_eq!(serde_json::from_slice::<Cursor>(&bytes).ok(), Some(cursor));
    }
}
