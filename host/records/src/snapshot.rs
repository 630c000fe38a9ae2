//! A conversation as the desk keeps it between two passes: everything the next
//! decision needs, and nothing a customer wrote.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use patchbay_journal::Ordinal;
use patchbay_model::conversation::{Conversation, ConversationState, RouteCause};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::duration::Seconds;
use patchbay_model::hours::Hours;
use patchbay_model::interaction::Visibility;
use patchbay_model::sla::{ClockEvent, SlaClocks, Targets};
use serde::{Deserialize, Serialize};

use patchbay_floor::{ConversationRecord, OfferId};
use crate::reply::{Answered, PendingReply, Sending};

/// Most interactions of a conversation a policy may read back.
pub const MAX_RECENT: usize = 64;
/// How long an inbound interaction counts as recent.
pub const RECENT_PERIOD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Answers that are remembered, for whoever asks for one again.
const ANSWERS: usize = 8;
/// Re-decisions of one conversation within an hour; what asks for more gets the
/// default queue.
const REDECISIONS: usize = 20;

/// Business hours by name.
pub type Calendars = BTreeMap<String, Hours>;

/// The desk's part of a conversation's row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Code of the channel.
    pub channel: String,
    /// Where it stands.
    pub state: ConversationState,
    /// Why the last route was asked for.
    pub cause: RouteCause,
    /// When its first interaction was accepted.
    pub created_at: Timestamp,
    /// How many interactions it holds.
    pub interaction_count: u32,
    /// Queue it waits in or came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Agent who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Agent who last replied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<String>,
    /// 0 to 100.
    #[serde(default)]
    pub priority: u8,
    /// Sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The SLA clocks.
    pub clocks: SlaClocks,
    /// Where it goes and on what terms; without the policy's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<RoutePlan>,
    /// What the newest inbound interaction is; without the policy's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Classification>,
    /// Whether replies need an approval.
    #[serde(default)]
    pub needs_approval: bool,
    /// Team that approves them; absent: any supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<String>,
    /// When it is routed again, where a policy put it on hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// Incident it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// Moments at which a policy asked to be called, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wake_ups: Vec<WakeUp>,
    /// Its newest interactions, newest first.
    #[serde(default)]
    pub recent: Vec<u64>,
    /// When the inbound ones of the last seven days were accepted, newest
    /// first; at most 64.
    #[serde(default)]
    pub received: Vec<Timestamp>,
    /// When it was decided about again within the last hour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redecided: Vec<Timestamp>,
    /// When it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// Who may read it; absent: the channel's usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// How it stands on the floor; absent where it is not on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<ConversationRecord>,
    /// The offer by which its owner took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<OfferId>,
    /// When its last agent replied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Agent who answered the same customer not long before it was routed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub familiar: Option<String>,
    /// When it stops holding capacity, unless the customer writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub park_at: Option<Timestamp>,
    /// When its wrapping up ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_until: Option<Timestamp>,
    /// When its agent is silent, unless they reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_at: Option<Timestamp>,
    /// The reply that waits for approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingReply>,
    /// Replies on their way to the channel, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sending: Vec<Sending>,
    /// What became of its newest replies, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answered>,
}

/// A moment at which a policy asked to be called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WakeUp {
    /// When.
    pub at: Timestamp,
    /// The name it gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Snapshot {
    /// A conversation that begins.
    pub fn new(channel: &str, created_at: Timestamp) -> Snapshot {
        Snapshot {
            channel: channel.to_owned(),
            state: ConversationState::Queued,
            cause: RouteCause::New,
            created_at,
            interaction_count: 0,
            queue: None,
            owner: None,
            last_agent: None,
            priority: 0,
            tags: Vec::new(),
            clocks: SlaClocks::new(unix_ms(created_at), Targets::default()),
            plan: None,
            assessment: None,
            needs_approval: false,
            approvers: None,
            held_until: None,
            incident: None,
            wake_ups: Vec::new(),
            recent: Vec::new(),
            received: Vec::new(),
            redecided: Vec::new(),
            resolved_at: None,
            visibility: None,
            floor: None,
            accepted: None,
            answered_at: None,
            familiar: None,
            park_at: None,
            wrap_until: None,
            silent_at: None,
            pending: None,
            sending: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// As policies read it.
    pub fn policy_view(&self, id: String) -> Conversation {
        let unanswered = self.clocks.unanswered_since();
        Conversation {
            id,
            state: self.state,
            cause: self.cause.clone(),
            created_at: Some(self.created_at),
            interaction_count: self.interaction_count,
            queue: self.queue.clone(),
            owner: self.owner.clone(),
            last_agent: self.last_agent.clone(),
            priority: self.priority,
            tags: self.tags.clone(),
            unanswered_since: unanswered.map(from_unix_ms),
            incident: self.incident.clone(),
        }
    }

    /// Whether a new message still belongs to it.
    pub fn takes_more(&self, within: Seconds, now: Timestamp) -> bool {
        match self.resolved_at {
            None => true,
            Some(at) => now.duration_since(at) <= span(within),
        }
    }

    /// Remember what became of a reply.
    pub fn record_answer(&mut self, answered: Answered) {
        self.answers.retain(|known| known.id != answered.id);
        self.answers.push(answered);
        if self.answers.len() > ANSWERS {
            self.answers.remove(0);
        }
    }

    /// One more interaction.
    pub fn add_interaction(&mut self, interaction: Ordinal) {
        self.interaction_count = self.interaction_count.saturating_add(1);
        self.recent.insert(0, interaction.0);
        self.recent.truncate(MAX_RECENT);
    }

    /// The customer wrote.
    pub fn add_received(&mut self, at: Timestamp) {
        self.received.insert(0, at);
        self.received
            .retain(|earlier| at.duration_since(*earlier) <= RECENT_PERIOD);
        self.received.truncate(MAX_RECENT);
    }

    /// How many inbound interactions it had in the seven days before.
    pub fn recent_count(&self, now: Timestamp) -> u32 {
        let lately = |at: &&Timestamp| now.duration_since(**at) <= RECENT_PERIOD;
        self.received.iter().filter(lately).count() as u32
    }

    /// Whether it may be decided about again.
    pub fn has_budget(&self, now: Timestamp) -> bool {
        let hour = SignedDuration::from_hours(1);
        let lately = |at: &&Timestamp| now.duration_since(**at) < hour;
        self.redecided.iter().filter(lately).count() < REDECISIONS
    }

    /// Count a decision made again; whether there is budget for it.
    pub fn count_redecision(&mut self, now: Timestamp) -> bool {
        let hour = SignedDuration::from_hours(1);
        self.redecided.retain(|at| now.duration_since(*at) < hour);
        if self.redecided.len() >= REDECISIONS {
            return false;
        }
        self.redecided.push(now);
        true
    }

    pub fn tag(&mut self, tags: &[String]) {
        self.tags.extend(tags.iter().cloned());
        self.tags.sort();
        self.tags.dedup();
        self.tags.truncate(MAX_RECENT);
    }

    /// The calendar its targets are counted in.
    pub fn hours<'a>(&self, calendars: &'a Calendars) -> Option<&'a Hours> {
        calendars.get(self.clocks.targets().hours.as_ref()?)
    }

    /// Be in a state. Its clocks never refuse the states that are entered
    /// here.
    pub fn enter(
        &mut self,
        state: ConversationState,
        now: Timestamp,
        hours: Option<&Hours>,
    ) {
        let event = ClockEvent::State { state };
        if self.clocks.apply(unix_ms(now), event, hours).is_ok() {
            self.state = state;
            self.resolved_at = (state == ConversationState::Resolved).then_some(now);
            if state != ConversationState::WaitingOnCustomer {
                self.park_at = None;
            }
            if state != ConversationState::Wrapping {
                self.wrap_until = None;
            }
        }
    }

    /// Its agent is silent so long after now, if the customer waits for them.
    pub fn expect_answer(&mut self, silent_after: Seconds, now: Timestamp) {
        let waits = self.owner.is_some() && self.clocks.unanswered_since().is_some();
        let at = now.checked_add(span(silent_after)).ok();
        self.silent_at = at.filter(|_| waits);
    }

    /// When its customer was last answered, and by whom.
    pub fn last_answer(&self) -> Option<(Timestamp, String)> {
        Some((self.answered_at?, self.last_agent.clone()?))
    }

    /// Nobody owns it any more.
    pub fn clear_owner(&mut self) {
        self.owner = None;
        self.accepted = None;
        self.silent_at = None;
        self.park_at = None;
    }

    /// Whether an agent holds it who has nothing to do for it: its customer is
    /// next.
    pub fn waits_on_customer(&self) -> bool {
        self.owner.is_some() && self.state == ConversationState::WaitingOnCustomer
    }

    /// When something is to be done about it if nobody says anything.
    pub fn due_at(&self, hours: Option<&Hours>) -> Option<Timestamp> {
        let clock = self.clocks.next_event(hours);
        let clock = clock.map(|due| from_unix_ms(due.at_ms));
        let wake_up = self.wake_ups.first().map(|wake_up| wake_up.at);
        [
            clock,
            wake_up,
            self.park_at,
            self.wrap_until,
            self.silent_at,
            self.held_until,
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

/// So many seconds.
pub fn span(seconds: Seconds) -> SignedDuration {
    SignedDuration::from_secs(seconds.0.into())
}

/// Unix milliseconds; 0 before 1970.
pub fn unix_ms(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

pub fn from_unix_ms(ms: u64) -> Timestamp {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}
