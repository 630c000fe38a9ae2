//! The desk's state of a conversation between two passes: all that the next
//! decision needs, without the customer's texts.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use patchbay_config::duration::Seconds;
use patchbay_floor::{ConversationRecord, OfferId};
use patchbay_journal::Ordinal;
use patchbay_model::channel::Visibility;
use patchbay_model::conversation::{Conversation, RouteCause, add_tags};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::hours::Hours;
use patchbay_model::sla::{ClockEvent, Due, SlaClocks, Targets};
use serde::{Deserialize, Serialize};

use crate::earlier_assessments::EarlierAssessments;
use crate::last_message::LastMessage;
use crate::reply::{PendingReply, ReplyRecord, UnconfirmedReply};
use crate::unanswered::{UnansweredMessage, UnansweredMessages, Wording};

/// Most earlier interactions of a conversation that a policy may read.
pub const MAX_RECENT: usize = 64;
/// Age up to which an inbound interaction counts as recent.
pub const RECENT_PERIOD: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Replies whose status is retained, for repeated requests without a search of the history,
/// and to recognise their echoes; more while those under way are more.
const MAX_REPLY_RECORDS: usize = 8;
/// Most replies whose status is retained while they are under way.
const MAX_REPLY_RECORDS_UNDER_WAY: usize = 64;
/// Most re-decisions of one conversation within an hour; beyond, it goes to
/// the default queue.
const MAX_REDECISIONS: usize = 20;

/// Business hours by name.
pub type Calendars = BTreeMap<String, Hours>;

/// State of a conversation, stored as JSON in its journal row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Code of the channel.
    pub channel: String,
    /// State of the conversation.
    pub state: ConversationState,
    /// Cause of the last route.
    pub cause: RouteCause,
    /// When its first interaction was accepted.
    pub created_at: Timestamp,
    /// Number of interactions.
    pub interaction_count: u32,
    /// The channel's time of the customer's newest message: reply windows count from
    /// it. Absent in snapshots of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_inbound_at: Option<Timestamp>,
    /// Queue it waits in or came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Agent who owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Agent who last replied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_agent: Option<String>,
    /// Priority, 0 to 100.
    #[serde(default)]
    pub priority: u8,
    /// Tags, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The SLA clocks.
    pub clocks: SlaClocks,
    /// Digest of the hours and targets that the clocks follow; absent before
    /// the first route and in snapshots of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_rules: Option<u64>,
    /// The current route, without the policy's texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<RoutePlan>,
    /// Classification of the newest inbound interaction, without the policy's
    /// texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Classification>,
    /// Ordinal of the interaction that `assessment` is about; absent in
    /// snapshots of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed: Option<u64>,
    /// Classifications of earlier messages that wait for a reply.
    #[serde(default, skip_serializing_if = "EarlierAssessments::is_empty")]
    pub earlier_assessments: EarlierAssessments,
    /// Whether replies need approval.
    #[serde(default)]
    pub needs_approval: bool,
    /// Team that approves them; absent: any supervisor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<String>,
    /// When it is routed again, if a policy put it on hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_until: Option<Timestamp>,
    /// Incident it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// Since when; absent in snapshots of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident_since: Option<Timestamp>,
    /// Escalation calls that policies scheduled, sorted by time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wake_ups: Vec<WakeUp>,
    /// Ordinals of its newest interactions, newest first, and of the newest
    /// message of a customer. An edited one keeps its place, with the ordinal of
    /// the edit.
    #[serde(default)]
    pub recent: Vec<u64>,
    /// The newest message by either side; absent in snapshots of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message: Option<LastMessage>,
    /// Ordinal of the newest message of its customer that has their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<u64>,
    /// Ordinal of the message that its customer deleted last: it names the
    /// address for a reply where no message is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<u64>,
    /// When the inbound ones of the last seven days were accepted, newest
    /// first; at most 64.
    #[serde(default)]
    pub received: Vec<Timestamp>,
    /// Times of re-decisions within the last hour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redecided: Vec<Timestamp>,
    /// What was reported last to the help desk that keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<ReportedPlace>,
    /// When it was resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Timestamp>,
    /// Who may read it; absent: the channel's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Its state on the floor; absent if it is not on the floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<ConversationRecord>,
    /// The offer its owner accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<OfferId>,
    /// When its last agent replied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// Agent who recently answered the same customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub familiar: Option<String>,
    /// When it stops holding capacity, unless the customer writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub park_at: Option<Timestamp>,
    /// When its wrap-up ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrap_until: Option<Timestamp>,
    /// When its agent counts as silent, unless they reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_at: Option<Timestamp>,
    /// The reply that waits for approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<PendingReply>,
    /// Replies that the channel has not confirmed, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sending: Vec<UnconfirmedReply>,
    /// Status of its newest replies, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<ReplyRecord>,
    /// What the customer wrote since the last reply.
    #[serde(default, skip_serializing_if = "UnansweredMessages::is_empty")]
    pub unanswered: UnansweredMessages,
}

/// Where a conversation is, as a help desk was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedPlace {
    /// Key of the report.
    pub key: String,
    /// Its queue.
    pub queue: Option<String>,
    /// The agent who has it, or for whom it waits.
    pub agent: Option<String>,
    /// Priority, 0 to 100.
    pub priority: u8,
}

/// An escalation call that a policy scheduled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WakeUp {
    /// When to call.
    pub at: Timestamp,
    /// Name chosen by the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Snapshot {
    /// A new conversation, queued. `started_ms` is the start of its clocks, in
    /// Unix milliseconds.
    pub fn new(channel: &str, created_at: Timestamp, started_ms: u64) -> Snapshot {
        Snapshot {
            channel: channel.to_owned(),
            state: ConversationState::Queued,
            cause: RouteCause::New,
            created_at,
            interaction_count: 0,
            last_inbound_at: None,
            queue: None,
            owner: None,
            last_agent: None,
            priority: 0,
            tags: Vec::new(),
            clocks: SlaClocks::new(started_ms, Targets::default()),
            clock_rules: None,
            plan: None,
            assessment: None,
            assessed: None,
            earlier_assessments: EarlierAssessments::default(),
            needs_approval: false,
            approvers: None,
            held_until: None,
            incident: None,
            incident_since: None,
            wake_ups: Vec::new(),
            recent: Vec::new(),
            last_message: None,
            named: None,
            deleted: None,
            received: Vec::new(),
            redecided: Vec::new(),
            resolved_at: None,
            reported: None,
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
            unanswered: UnansweredMessages::default(),
        }
    }

    /// The conversation as policies read it; the window for replies is not known here.
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
            reply_window_ends: None,
            incident: self.incident.clone(),
        }
    }

    /// Puts it into the incident of a subject. One that is in it stays in it since then:
    /// only another conversation reopens an incident that a supervisor closed.
    pub fn join_incident(&mut self, subject: String, now: Timestamp) {
        if self.incident.as_ref() != Some(&subject) {
            self.incident = Some(subject);
            self.incident_since = Some(now);
        }
    }

    /// Stores the classification of its newest inbound interaction; `None`
    /// where no classifier had an opinion.
    pub fn set_assessment(&mut self, of: Ordinal, classification: Option<&Classification>) {
        let before = self.assessment.take().zip(self.assessed);
        if self.unanswered.is_empty() {
            self.earlier_assessments.clear();
        } else if let Some((before, assessed)) = before
            && assessed != of.0
        {
            self.earlier_assessments.add(assessed, before);
        }
        self.assessment = classification.map(Classification::retained);
        self.assessed = self.assessment.is_some().then_some(of.0);
    }

    /// Stores the classification of an inbound interaction that is not the
    /// newest: its words changed.
    pub fn set_earlier_assessment(&mut self, of: Ordinal, classification: Option<&Classification>) {
        let retained = classification.map(Classification::retained);
        self.earlier_assessments.replace(of.0, retained);
    }

    /// Forgets interactions that their author took back. The classification is
    /// then that of the newest one left.
    pub fn forget_interactions(&mut self, removed: &[u64]) {
        self.recent.retain(|known| !removed.contains(known));
        if self.assessed.is_some_and(|of| removed.contains(&of)) {
            let newest = self.earlier_assessments.take_newest_of(&self.recent);
            (self.assessed, self.assessment) = newest.unzip();
        }
    }

    /// The stored classification, if it is that of this interaction.
    pub fn assessment_of(&self, interaction: Ordinal) -> Option<&Classification> {
        let is_of = match self.assessed {
            Some(assessed) => assessed == interaction.0,
            // Earlier versions stored it for the newest one.
            None => self.recent.contains(&interaction.0),
        };
        self.assessment.as_ref().filter(|_| is_of)
    }

    /// Lists the message of a running reply clock, where an earlier version
    /// stored the conversation and listed none.
    pub(crate) fn list_unlisted_message(&mut self) {
        let Some(started_ms) = self.clocks.unanswered_since() else {
            return;
        };
        if self.unanswered.since_ms().is_none() {
            let wording = Wording {
                ordinal: 0,
                started_ms,
                written_at: None,
                accepted_at: from_unix_ms(started_ms),
            };
            self.unanswered
                .add(UnansweredMessage::new("", true, wording));
        }
    }

    /// Whether a new message joins it: unresolved, or resolved within the
    /// reopening window.
    pub fn accepts_message(&self, within: Seconds, now: Timestamp) -> bool {
        match self.resolved_at {
            None => true,
            Some(at) => now.duration_since(at) <= span(within),
        }
    }

    /// Records a reply's status, replacing that of the same id.
    pub fn record_reply(&mut self, record: ReplyRecord) {
        self.answers.retain(|known| known.id != record.id);
        let is_done = |known: &ReplyRecord| {
            let pending = self.pending.iter().map(|pending| &pending.id);
            let sending = self.sending.iter().map(|sending| &sending.id);
            pending.chain(sending).all(|id| *id != known.id)
        };
        let oldest_done = self.answers.iter().position(is_done);
        self.answers.push(record);
        if self.answers.len() > MAX_REPLY_RECORDS_UNDER_WAY {
            self.answers.remove(0);
        } else if self.answers.len() > MAX_REPLY_RECORDS
            && let Some(oldest) = oldest_done
        {
            self.answers.remove(oldest);
        }
    }

    /// Whether a reply may have been sent that `answers` does not list any more: the history
    /// has it.
    pub fn may_have_forgotten_replies(&self) -> bool {
        self.answers.len() >= MAX_REPLY_RECORDS
    }

    /// Counts an interaction and lists it as recent. Returns the one that is
    /// not listed any more, which is the oldest but for `keep`.
    pub fn add_interaction(
        &mut self,
        interaction: Ordinal,
        keep: Option<Ordinal>,
    ) -> Option<Ordinal> {
        self.interaction_count = self.interaction_count.saturating_add(1);
        let dropped = self.drop_oldest(keep);
        self.recent.insert(0, interaction.0);
        dropped
    }

    /// Makes room for another recent interaction.
    fn drop_oldest(&mut self, keep: Option<Ordinal>) -> Option<Ordinal> {
        if self.recent.len() < MAX_RECENT {
            return None;
        }
        let is_droppable = |known: &u64| keep.is_none_or(|keep| keep.0 != *known);
        let oldest = self.recent.iter().rposition(is_droppable)?;
        Some(Ordinal(self.recent.remove(oldest)))
    }

    /// Replaces an interaction by a newer input of the same message, in its
    /// place. Its classification stays that of its words.
    pub fn replace_interaction(&mut self, before: Ordinal, now: Ordinal) {
        for known in &mut self.recent {
            if *known == before.0 {
                *known = now.0;
            }
        }
        if self.assessed == Some(before.0) {
            self.assessed = Some(now.0);
        }
        self.earlier_assessments.renumber(before.0, now.0);
        self.renumber_last_message(before.0, now.0);
    }

    /// Lists an interaction as the oldest recent one, without counting it.
    /// Returns the one that is not listed any more, as
    /// [`add_interaction`](Self::add_interaction) does.
    pub fn add_oldest(&mut self, interaction: Ordinal, keep: Option<Ordinal>) -> Option<Ordinal> {
        let dropped = self.drop_oldest(keep);
        self.recent.push(interaction.0);
        dropped
    }

    /// Counts an inbound interaction for [`Self::recent_count`].
    pub fn add_received(&mut self, at: Timestamp) {
        self.received.insert(0, at);
        self.received
            .retain(|earlier| at.duration_since(*earlier) <= RECENT_PERIOD);
        self.received.truncate(MAX_RECENT);
    }

    /// Inbound interactions within [`RECENT_PERIOD`].
    pub fn recent_count(&self, now: Timestamp) -> u32 {
        let lately = |at: &&Timestamp| now.duration_since(**at) <= RECENT_PERIOD;
        self.received.iter().filter(lately).count() as u32
    }

    /// Whether another re-decision is allowed now.
    pub fn has_redecision_budget(&self, now: Timestamp) -> bool {
        let hour = SignedDuration::from_hours(1);
        let lately = |at: &&Timestamp| now.duration_since(**at) < hour;
        self.redecided.iter().filter(lately).count() < MAX_REDECISIONS
    }

    /// Counts a re-decision and returns true, or returns false if it is not
    /// allowed.
    pub fn count_redecision(&mut self, now: Timestamp) -> bool {
        let hour = SignedDuration::from_hours(1);
        self.redecided.retain(|at| now.duration_since(*at) < hour);
        if self.redecided.len() >= MAX_REDECISIONS {
            return false;
        }
        self.redecided.push(now);
        true
    }

    /// Add tags; see [`add_tags`].
    pub fn add_tags(&mut self, tags: &[String]) {
        add_tags(&mut self.tags, tags);
    }

    /// The calendar of its SLA targets.
    pub fn hours<'a>(&self, calendars: &'a Calendars) -> Option<&'a Hours> {
        calendars.get(self.clocks.targets().hours.as_ref()?)
    }

    /// Enters a state and clears the timers of the previous one. A state that
    /// the SLA clocks reject is ignored. Returns what fell due before.
    #[must_use]
    pub fn enter(
        &mut self,
        state: ConversationState,
        now: Timestamp,
        hours: Option<&Hours>,
    ) -> Vec<Due> {
        let event = ClockEvent::State { state };
        let Ok(due) = self.clocks.apply(unix_ms(now), event, hours) else {
            return Vec::new();
        };
        self.state = state;
        self.resolved_at = (state == ConversationState::Resolved).then_some(now);
        if state == ConversationState::Resolved {
            self.unanswered.clear();
        }
        if state != ConversationState::WaitingOnCustomer {
            self.park_at = None;
        }
        if state != ConversationState::Wrapping {
            self.wrap_until = None;
        }
        due
    }

    /// Restarts the timer for a silent agent; clears it unless the customer
    /// waits for a reply of the owner.
    pub fn restart_silence_timer(&mut self, silent_after: Seconds, now: Timestamp) {
        let waits = self.owner.is_some() && self.clocks.unanswered_since().is_some();
        let at = now.checked_add(span(silent_after)).ok();
        self.silent_at = at.filter(|_| waits);
    }

    /// Time and agent of the last reply.
    pub fn last_answer(&self) -> Option<(Timestamp, String)> {
        Some((self.answered_at?, self.last_agent.clone()?))
    }

    /// Removes the owner and their timers.
    pub fn clear_owner(&mut self) {
        self.owner = None;
        self.accepted = None;
        self.silent_at = None;
        self.park_at = None;
        self.drop_stopped_timers();
    }

    /// Drops the timers of an owner that replies stopped: a reply that is taken back
    /// starts them again only for the same owner.
    pub fn drop_stopped_timers(&mut self) {
        for undo in self.sending.iter_mut().flat_map(|it| &mut it.undo) {
            undo.silent_at = None;
        }
    }

    /// Whether it has an owner who waits on the customer.
    pub fn waits_on_customer(&self) -> bool {
        self.owner.is_some() && self.state == ConversationState::WaitingOnCustomer
    }

    /// When its next timer is due.
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

/// Seconds as a signed duration.
pub fn span(seconds: Seconds) -> SignedDuration {
    SignedDuration::from_secs(seconds.0.into())
}

/// Unix milliseconds; 0 before 1970.
pub fn unix_ms(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond()).unwrap_or(0)
}

/// The moment of Unix milliseconds; beyond the calendar, its last moment.
pub fn from_unix_ms(ms: u64) -> Timestamp {
    i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
}
