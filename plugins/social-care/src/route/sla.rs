//! What the customer is promised, where it differs from the queue's own.

use crate::SocialCare;

/// Targets in seconds, by clock.
pub(super) fn targets(policy: &SocialCare, priority: u8, public: bool) -> Vec<(&'static str, u32)> {
    let settings = &policy.settings;
    let reached = settings
        .service_levels
        .iter()
        .filter(|level| level.priority <= priority);
    let Some(level) = reached.max_by_key(|level| level.priority) else {
        return Vec::new();
    };
    let share = if public { settings.public_share } else { 1.0 };
    [
        (
            "first-response",
            level.first_response.map(|span| span.share(share)),
        ),
        (
            "next-response",
            level.next_response.map(|span| span.seconds()),
        ),
        ("resolution", level.resolution.map(|span| span.seconds())),
    ]
    .into_iter()
    .filter_map(|(clock, seconds)| Some((clock, seconds?)))
    .collect()
}
