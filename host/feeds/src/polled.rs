//! What the polls of this crate have in common.

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::field::cut;
use patchbay_adapter::poll::{PollAnswer, PollFailure, PollFailureKind, PolledDocument};
use patchbay_model::input::NAME_BYTES;

/// The document of an answer.
///
/// # Errors
/// It is the answer to a request that these polls never make.
pub(crate) fn document(answer: PollAnswer) -> Result<PolledDocument, PollFailure> {
    match answer {
        PollAnswer::Document(document) => Ok(document),
        PollAnswer::Folder(_) | PollAnswer::Mails(_) | PollAnswer::Mail(_) => {
            Err(PollFailure::new(
                PollFailureKind::Unavailable,
                "the answer is not one to the request",
            ))
        }
    }
}

/// A time so many days before another.
pub(crate) fn days_before(time: Timestamp, days: u32) -> Timestamp {
    let days = SignedDuration::from_hours(i64::from(days) * 24);
    time.checked_sub(days).unwrap_or(Timestamp::MIN)
}

/// A name in one line; `None` if nothing of it can be shown.
pub(crate) fn name(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let name: String = words.join(" ");
    let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
    let name = cut(&name, NAME_BYTES).trim();
    (!name.is_empty()).then(|| name.to_owned())
}
