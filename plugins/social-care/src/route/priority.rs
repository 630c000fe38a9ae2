//! Priority of a conversation, 0 to 100.

use patchbay_sdk::prelude::*;

use super::Situation;

/// Urgency where no classifier gave one.
const UNKNOWN: u32 = 40;

/// The urgency, raised for reach, mood, repeated contact and the cause of the route.
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
        (situation.cause == RouteCause::Reopened, 5),
        (situation.cause == RouteCause::Returned, 6),
        (situation.cause == RouteCause::Expired, 8),
    ];
    let urgency = situation.urgency.map_or(UNKNOWN, u32::from);
    let added: u32 = additions
        .into_iter()
        .filter_map(|(holds, points)| holds.then_some(points))
        .sum();
    // An agent or an escalation may have raised it: never lower it.
    let current = if situation.cause == RouteCause::New {
        0
    } else {
        u32::from(situation.conversation.priority())
    };
    (urgency + added).clamp(current.min(100), 100) as u8
}
