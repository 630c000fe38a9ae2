//! The load: an interaction is accepted, and committed to its conversation.

use std::error::Error;

use jiff::Timestamp;
use patchbay_journal::{
    AcceptOutcome, Arrival, Commit, Commits, CompanyId, Conversation, ConversationId, EntryScope,
    InputKind, Intake, NewEntry, Ordinal,
};
use patchbay_journal_sqlite::SqliteJournal;
use patchbay_model::conversation_state::ConversationState;

pub(crate) type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Bytes of a sealed body, a snapshot, a head and a sealed entry of a typical
/// social message.
const BODY: usize = 400;
const SNAPSHOT: usize = 300;
const HEAD: usize = 300;
const SEALED: usize = 600;

/// An interaction to generate.
#[derive(Clone, Copy)]
pub(crate) struct Interaction {
    pub(crate) company: CompanyId,
    pub(crate) worker: u32,
    /// Number of its conversation among those of the worker.
    pub(crate) conversation: u64,
    /// Number of earlier interactions of that conversation.
    pub(crate) before: u64,
}

impl Interaction {
    fn arrival(self) -> Arrival {
        let thread = format!("{}-{}", self.worker, self.conversation);
        let message = format!("{}-{:020}-{}", self.worker, self.conversation, self.before);
        let now = Timestamp::now();
        Arrival {
            company: self.company,
            channel: "x".to_owned(),
            account: String::new(),
            thread: blake3::hash(thread.as_bytes()).as_bytes()[..16].to_vec(),
            digest: *blake3::hash(message.as_bytes()).as_bytes(),
            said: *blake3::hash(message.as_bytes()).as_bytes(),
            details: [0; 32],
            written_at: None,
            message,
            kind: InputKind::Message,
            in_reply_to: None,
            participants_only: false,
            body: vec![7; BODY],
            contact: None,
            received_at: now,
            accepted_at: now,
            traceparent: None,
            no_edit: false,
            is_final: false,
        }
    }

    fn decision(self, thread: &[u8], input: Ordinal) -> Commit {
        let now = Timestamp::now();
        Commit {
            expected: self.before,
            scope: EntryScope::default(),
            conversation: Conversation {
                company: self.company,
                id: ConversationId::derive(self.company, thread, 0),
                sequence: 0,
                thread: thread.to_vec(),
                contact: None,
                state: ConversationState::Queued,
                queue: Some("general".to_owned()),
                owner: None,
                due_at: Some(now),
                opened_at: Timestamp::UNIX_EPOCH,
                snapshot: vec![7; SNAPSHOT],
            },
            entries: vec![NewEntry {
                kind: 1,
                at: now,
                input: Some(input),
                head: "h".repeat(HEAD),
                sealed: vec![7; SEALED],
                contact: None,
            }],
            state: Vec::new(),
            outbox: Vec::new(),
            words: Vec::new(),
            has_outdated_words: false,
            sent: Vec::new(),
            failed: Vec::new(),
            taken_back: Vec::new(),
            files: Vec::new(),
            removed_files: Vec::new(),
            at: now,
        }
    }
}

/// Accept interactions, and commit them if `commit` is set.
pub(crate) fn handle(
    journal: &SqliteJournal,
    interactions: &[Interaction],
    commit: bool,
) -> Outcome {
    let arrivals = interactions.iter().map(|interaction| interaction.arrival());
    let accepted = journal.accept(arrivals.collect())?;
    if !commit {
        return Ok(());
    }
    let mut commits = Vec::with_capacity(accepted.len());
    let mut lane = 0;
    for (interaction, accepted) in interactions.iter().zip(&accepted) {
        let AcceptOutcome::Accepted(input) = accepted else {
            return Err("an arrival was not accepted".into());
        };
        lane = interaction.worker as u16;
        journal.mark_in_flight(lane, input.ordinal)?;
        commits.push(interaction.decision(&input.thread, input.ordinal));
    }
    for answer in journal.commit_all(commits)? {
        answer?;
    }
    Ok(journal.clear_in_flight(lane)?)
}
