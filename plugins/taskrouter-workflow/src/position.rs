//! Where a conversation is in the workflow, between two decisions.

use patchbay_sdk::prelude::*;
use state::Scope;

const KEY: &str = "position";

/// A target that a conversation is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// Filter, from 0.
    pub(crate) filter: usize,
    /// Target of the filter, from 0; of a plan with several the last.
    pub(crate) target: usize,
    /// When the filter was entered.
    pub(crate) entered: Timestamp,
    /// When the target's timeout is over; absent without one.
    pub(crate) deadline: Option<Timestamp>,
    /// Whether the host goes on at once if no agent can take the conversation.
    pub(crate) may_skip: bool,
    /// Whether an earlier filter ended by its timeout.
    pub(crate) timed_out: bool,
    /// How often the plan of this target was made again, since its agents are looked up each time.
    pub(crate) renewals: u32,
    /// Whether the plan's end means that it is made again.
    pub(crate) renews: bool,
}

impl Position {
    /// The beginning of a filter.
    pub(crate) fn at_filter(filter: usize, entered: Timestamp, timed_out: bool) -> Position {
        Position {
            filter,
            target: 0,
            entered,
            deadline: None,
            may_skip: false,
            timed_out,
            renewals: 0,
            renews: false,
        }
    }

    /// Whether the plan ended before the timeout because no agent could take the conversation.
    pub(crate) fn was_skipped(&self, now: Timestamp) -> bool {
        self.may_skip && self.deadline.is_none_or(|deadline| now < deadline)
    }

    /// Remembers it, for the workflow of a fingerprint.
    pub(crate) fn store(&self, fingerprint: u64) {
        let deadline = self.deadline.map_or("-".to_owned(), |at| at.to_string());
        let text = format!(
            "{fingerprint:x} {} {} {} {deadline} {} {} {} {}",
            self.filter,
            self.target,
            self.entered,
            u8::from(self.may_skip),
            u8::from(self.timed_out),
            self.renewals,
            u8::from(self.renews),
        );
        state::set(Scope::Conversation, KEY, text);
    }

    /// The remembered position, if it is of this workflow.
    pub(crate) fn load(fingerprint: u64) -> Option<Position> {
        let text = state::text(Scope::Conversation, KEY)?;
        let mut parts = text.split(' ');
        let of = u64::from_str_radix(parts.next()?, 16).ok()?;
        let mut next = || parts.next();
        let position = Position {
            filter: next()?.parse().ok()?,
            target: next()?.parse().ok()?,
            entered: next()?.parse().ok()?,
            deadline: match next()? {
                "-" => None,
                at => Some(at.parse().ok()?),
            },
            may_skip: next()? == "1",
            timed_out: next()? == "1",
            renewals: next()?.parse().ok()?,
            renews: next()? == "1",
        };
        (of == fingerprint).then_some(position)
    }
}
