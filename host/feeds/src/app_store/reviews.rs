//! The list of reviews.

use jiff::Timestamp;
use patchbay_adapter::Credential;
use patchbay_adapter::field::Fields;
use patchbay_adapter::media::provider_url;
use serde_json::Value;

use super::AppStore;
use crate::review_poll::{Cadence, ListedReview, Page, ReviewList};
use crate::seen::Mark;

/// Most reviews of a page (assumption).
const PAGE: usize = 200;
/// Longest URL of a page.
const URL_BYTES: usize = 4 << 10;

impl ReviewList for AppStore {
    const SCHEME: &'static str = "app-store:?";

    fn account(&self) -> &str {
        &self.account
    }

    fn digest(&self) -> String {
        self.ids.id(&self.account, "")
    }

    fn credential(&self) -> Credential {
        AppStore::credential(self)
    }

    fn cadence(&self) -> Cadence {
        self.cadence
    }

    fn first_page(&self) -> String {
        self.reviews(&format!("sort=-createdDate&limit={PAGE}"))
    }

    fn page(&self, document: &Value) -> Option<Page> {
        if !document.get("data").is_some_and(Value::is_array) {
            return None;
        }
        let reviews = document.list("data").iter().filter_map(|review| {
            let id = review.text(&["id"])?;
            let message_id = self.ids.id(&self.account, id);
            let attribute = |name| review.text(&["attributes", name]).unwrap_or_default();
            let content = ["createdDate", "title", "body"].map(attribute);
            Some(ListedReview {
                mark: Mark::new(&message_id, &content),
                message_id,
                at: created(review),
                review: review.clone(),
            })
        });
        // Another host must not get the token.
        let next = document.text(&["links", "next"]);
        let next = next.filter(|next| next.len() <= URL_BYTES);
        Some(Page {
            reviews: reviews.collect(),
            next: next.and_then(|next| provider_url(next, &[], &self.base)),
        })
    }
}

/// When a review was written.
pub(super) fn created(review: &Value) -> Option<Timestamp> {
    review.text(&["attributes", "createdDate"])?.parse().ok()
}
