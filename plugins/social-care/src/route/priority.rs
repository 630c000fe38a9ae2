//! Who comes first, 0 to 100.

use super::Situation;

/// Where no classifier said how urgent it is.
const UNKNOWN: u32 = 40;

/// The urgency, and what the customer's standing and story add to it.
pub(super) fn of(situation: &Situation<'_>) -> u8 {
    let settings = &situation.policy.settings;
    let very_widely_seen =
        situation.widely_seen() && situation.reach >= settings.wide_reach.saturating_mul(10);
    let additions = [
        (situation.widely_seen(), 5),
        (very_widely_seen, 8),
        (situation.verified && situation.public, 4),
        (situation.mood <= -0.5, 4),
        (situation.comes_again(), 6),
        (situation.cause == "reopened", 5),
        (situation.cause == "returned", 6),
        (situation.cause == "expired", 8),
    ];
    let urgency = situation.urgency.map_or(UNKNOWN, u32::from);
    let added: u32 = additions
        .into_iter()
        .filter_map(|(holds, points)| holds.then_some(points))
        .sum();
    // What has been raised by hand or by an escalation stays raised.
    let kept = if situation.cause == "new" {
        0
    } else {
        u32::from(situation.conversation.priority())
    };
    (urgency + added).clamp(kept.min(100), 100) as u8
}
