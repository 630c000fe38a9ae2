//! SLA targets that differ from the queue's.

use patchbay_sdk::prelude::*;

use crate::SocialCare;

/// Targets in seconds by clock, of the highest service level the priority reaches.
pub(super) fn targets(policy: &SocialCare, priority: u8, public: bool) -> Vec<(SlaClock, u32)> {
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
            SlaClock::FirstResponse,
            level.first_response.map(|span| span.share(share)),
        ),
        (
            SlaClock::NextResponse,
            level.next_response.map(|span| span.seconds()),
        ),
        (
            SlaClock::Resolution,
            level.resolution.map(|span| span.seconds()),
        ),
    ]
    .into_iter()
    .filter_map(|(clock, seconds)| Some((clock, seconds?)))
    .collect()
}
