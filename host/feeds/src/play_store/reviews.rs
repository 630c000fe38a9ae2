//! The list of reviews.

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::Credential;
use patchbay_adapter::field::Fields;
use patchbay_adapter::poll::{PollFailure, PollFailureKind, PolledDocument};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{PlayStore, error_code};
use crate::review_poll::{Cadence, ListedReview, Page, ReviewList};
use crate::seen::Mark;

/// Most reviews of a page (assumption).
const PAGE: usize = 100;
/// Longest token of a page.
const TOKEN_BYTES: usize = 4 << 10;

impl ReviewList for PlayStore {
    const SCHEME: &'static str = "play-store:?";

    fn account(&self) -> &str {
        &self.account
    }

    fn digest(&self) -> String {
        self.ids.id(&self.account, "")
    }

    fn credential(&self) -> Credential {
        PlayStore::credential(self)
    }

    fn cadence(&self) -> Cadence {
        self.cadence
    }

    fn first_page(&self) -> String {
        self.url(&format!("?maxResults={PAGE}"))
    }

    /// Without reviews, a page is an object without fields.
    fn page(&self, document: &Value) -> Option<Page> {
        if !document.is_object() || document.get("error").is_some() {
            return None;
        }
        let reviews = document.list("reviews").iter().filter_map(|review| {
            let id = review.text(&["reviewId"])?;
            let message_id = self.ids.id(&self.account, id);
            let comment = user_comment(review).unwrap_or(&Value::Null);
            let at = last_modified(comment);
            let written = at.map(|at| at.to_string()).unwrap_or_default();
            let text = comment.text(&["text"]).unwrap_or_default();
            Some(ListedReview {
                mark: Mark::new(&message_id, &[&written, text]),
                message_id,
                at,
                review: review.clone(),
            })
        });
        let token = document.text(&["tokenPagination", "nextPageToken"]);
        let token = token.filter(|token| token.len() <= TOKEN_BYTES);
        Some(Page {
            reviews: reviews.collect(),
            next: token.map(|token| {
                let token = utf8_percent_encode(token, NON_ALPHANUMERIC);
                format!("{}&token={token}", self.first_page())
            }),
        })
    }

    fn refusal(&self, document: &PolledDocument) -> Option<PollFailure> {
        let failure = document.failure()?;
        let is_rate = error_code::is_rate(&document.response());
        Some(match is_rate && document.status == 403 {
            true => PollFailure {
                after: failure.after,
                ..PollFailure::new(
                    PollFailureKind::Limited,
                    "the provider gets too many requests (http 403)",
                )
            },
            false => failure,
        })
    }
}

/// What the customer wrote.
pub(super) fn user_comment(review: &Value) -> Option<&Value> {
    let mut comments = review.list("comments").iter();
    comments.find_map(|comment| comment.get("userComment"))
}

/// When a comment was last changed.
pub(super) fn last_modified(comment: &Value) -> Option<Timestamp> {
    let time = comment.get("lastModified")?;
    let seconds = time.seconds("seconds")?;
    let nanos = time.get("nanos").and_then(Value::as_i64).unwrap_or(0);
    let nanos = nanos.clamp(0, 999_999_999);
    seconds.checked_add(SignedDuration::from_nanos(nanos)).ok()
}
