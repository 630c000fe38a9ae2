//! What lists show of a conversation.

use jiff::Timestamp;
use patchbay_desk::Desk;
use patchbay_http::problem::Problem;
use patchbay_journal::{CompanyId, SeenMark};
use patchbay_model::sla::{Clock, ClockPhase, ClockReading};
use patchbay_records::conversation_list::{ListedConversation, Preview, read_previews};
use patchbay_records::last_message::MessageAuthor;
use patchbay_records::snapshot::{from_unix_ms, unix_ms};
use patchbay_service::viewers::Viewer;
use serde::Serialize;
use utoipa::ToSchema;

use super::viewers::{ViewerDocument, viewer_documents};

/// A conversation without its messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationSummary {
    /// Id of the conversation.
    id: String,
    /// `queued`, `reserved`, `active`, `waiting-on-customer`, `on-hold`,
    /// `awaiting-approval`, `wrapping` or `resolved`.
    state: &'static str,
    /// Code of the channel.
    channel: String,
    /// Id of the contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
    /// The newest known display name of the customer. Absent for the role `integrator`,
    /// and where the customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 160)]
    name: Option<String>,
    /// The begin of the newest message, by either side, in one line. Absent as `name` is,
    /// and where the message has no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 160)]
    snippet: Option<String>,
    /// When the newest message was accepted or published.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Timestamp>,
    /// Who wrote the newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MessageAuthorCode>)]
    last_message_from: Option<MessageAuthor>,
    /// Queue it waits in or came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<String>,
    /// Agent who owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// 0 to 100.
    priority: u8,
    /// Tags, sorted.
    tags: Vec<String>,
    /// Whether every reply needs approval.
    needs_approval: bool,
    /// Subject of the incident it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<String>,
    /// When its first interaction was accepted.
    created_at: Timestamp,
    /// Its SLA clocks that have a target and have run. A missed one stays.
    clocks: Vec<ClockDocument>,
    /// The nearest deadline of its SLA clocks: when a target is used up, or was if
    /// the customer still waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    /// The SLA clock of `due_at`, such as `first-response`.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_clock: Option<&'static str>,
    /// When the at-risk share of the target of `due_at` is used up; absent once the
    /// escalation policies were called for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_risk_at: Option<Timestamp>,
    /// Number of interactions.
    interactions: u32,
    /// Number of its last history entry.
    sequence: u64,
    /// Number of the newest history entry that the caller has seen, as `mark_seen` was
    /// told; only in lists for agents, supervisors and operators, and absent where they
    /// have seen none.
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<u64>,
    /// Whether the caller has not seen its newest message; `false` where an agent wrote
    /// that. Only in lists for agents, supervisors and operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<bool>,
    /// Who has it open, the caller included; at most 32. Only in lists for agents,
    /// supervisors and operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    viewers: Option<Vec<ViewerDocument>>,
}

/// What a conversation is to the person who lists it.
#[derive(Debug)]
pub(super) struct PersonalView {
    /// How far they have read it.
    pub(super) seen: Option<SeenMark>,
    /// Whether its newest message is news for them.
    pub(super) is_unread: bool,
    /// Who has it open.
    pub(super) viewers: Vec<Viewer>,
}

/// An SLA clock of a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClockDocument {
    /// Which clock.
    #[schema(value_type = ClockCode)]
    clock: Clock,
    /// What it does now.
    #[schema(value_type = ClockPhaseCode)]
    state: ClockPhase,
    /// Its target, in seconds of working time.
    target_seconds: u32,
    /// When the target is or was used up; absent while the clock stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Timestamp>,
    /// When the at-risk share of the target is or was used up; absent while the clock
    /// stands, and once the target is missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_risk_at: Option<Timestamp>,
    /// When the target was missed, in the newest run that missed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    missed_at: Option<Timestamp>,
    /// How many runs missed the target, each once. The reply clock `next-response` runs
    /// anew for each unanswered message.
    misses: u32,
}

impl ClockDocument {
    fn new(reading: &ClockReading, now: Timestamp) -> ClockDocument {
        let now_ms = unix_ms(now);
        let (state, missed) = (reading.phase_at(now_ms), reading.missed_at(now_ms));
        let at_risk = reading.at_risk_ms.filter(|_| state == ClockPhase::Running);
        let is_counted = state != ClockPhase::Missed || reading.misses > 0;
        ClockDocument {
            clock: reading.clock,
            state,
            target_seconds: reading.target.0,
            deadline: reading.deadline_ms.map(from_unix_ms),
            at_risk_at: at_risk.map(from_unix_ms),
            missed_at: missed.map(from_unix_ms),
            // The host may not have noted a miss of this moment yet.
            misses: reading.misses + u32::from(!is_counted),
        }
    }
}

impl ConversationSummary {
    /// The same for the person who lists it.
    pub(super) fn for_person(self, view: Option<PersonalView>) -> ConversationSummary {
        match view {
            None => self,
            Some(view) => ConversationSummary {
                seen: view.seen.map(|seen| seen.sequence),
                unread: Some(view.is_unread),
                viewers: Some(viewer_documents(view.viewers)),
                ..self
            },
        }
    }

    /// A conversation as it is at a moment.
    pub(super) fn new(
        row: &ListedConversation,
        preview: Preview,
        now: Timestamp,
    ) -> ConversationSummary {
        let deadline = row.deadline;
        let clocks = row.clocks.iter();
        ConversationSummary {
            id: row.id.to_string(),
            state: row.state.as_str(),
            channel: row.channel.clone(),
            contact: row.contact.map(|contact| contact.to_string()),
            name: preview.name,
            snippet: preview.snippet,
            last_message_at: row.last_message_at,
            last_message_from: row.last_message_from,
            queue: row.queue.clone(),
            owner: row.owner.clone(),
            priority: row.priority,
            tags: row.tags.clone(),
            needs_approval: row.needs_approval,
            incident: row.incident.clone(),
            created_at: row.created_at,
            clocks: clocks.map(|clock| ClockDocument::new(clock, now)).collect(),
            due_at: deadline.map(|deadline| from_unix_ms(deadline.at_ms)),
            due_clock: deadline.map(|deadline| deadline.clock.as_str()),
            at_risk_at: deadline.and_then(|deadline| Some(from_unix_ms(deadline.at_risk_ms?))),
            interactions: row.interactions,
            sequence: row.sequence,
            seen: None,
            unread: None,
            viewers: None,
        }
    }
}

patchbay_http::code_schemas! {
    MessageAuthorCode of MessageAuthor, "Who wrote a message.", |author| match author {
        MessageAuthor::Customer => "the customer, or another person outside of the company",
        MessageAuthor::Agent => "a person of the company",
        MessageAuthor::Policy => "a policy, or another program of the company",
    };
    ClockCode of Clock, "SLA clock.", |_| "";
    ClockPhaseCode of ClockPhase, "What an SLA clock does.", |phase| match phase {
        ClockPhase::Running => "it runs, and its target is not used up",
        ClockPhase::Paused => "the conversation waits on its customer or is on hold",
        ClockPhase::Met => "it was stopped in time",
        ClockPhase::Missed => "its target is or was used up; it stays so until a new run begins",
    };
}

/// The summaries of conversations as they are now, in their order.
pub(super) fn read_summaries(
    desk: &Desk,
    company: CompanyId,
    rows: &[ListedConversation],
) -> Result<Vec<ConversationSummary>, Problem> {
    let previews = read_previews(&**desk.journal(), company, rows.iter())?;
    let now = desk.now();
    let rows = rows.iter().zip(previews);
    let summary = |(row, preview)| ConversationSummary::new(row, preview, now);
    Ok(rows.map(summary).collect())
}
