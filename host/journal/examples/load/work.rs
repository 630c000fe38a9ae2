//! What is done for an interaction: taken in, and recorded in its conversation.

use std::error::Error;

use jiff::Timestamp;
use patchbay_journal::{
    Accepted, Arrival, Commit, CompanyId, Conversation, ConversationId, Journal, Kind, NewEntry,
    Ordinal, SqliteJournal,
};
use patchbay_model::conversation::ConversationState;

pub(crate) type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Bytes of a sealed body, a snapshot and a sealed entry, as a typical social
/// message makes them.
const BODY: usize = 400;
const SNAPSHOT: usize = 300;
const HEAD: usize = 300;
const SEALED: usize = 600;

/// An interaction to be made up.
#[derive(Clone, Copy)]
pub(crate) struct Interaction {
    pub(crate) company: CompanyId,
    pub(crate) worker: u32,
    /// Conversation of the worker it belongs to.
    pub(crate) conversation: u64,
    /// How many of that conversation came before.
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
            message,
            kind: Kind::Message,
            in_reply_to: None,
            body: vec![7; BODY],
            contact: None,
            received_at: now,
            accepted_at: now,
            traceparent: None,
            no_edit: false,
        }
    }

    fn decided(self, thread: &[u8], input: Ordinal) -> Commit {
        let now = Timestamp::now();
        Commit {
            expected: self.before,
            conversation: Conversation {
                company: self.company,
                id: ConversationId::of(self.company, thread, 0),
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
            sent: Vec::new(),
            at: now,
        }
    }
}

/// Take interactions in, and record them if so told.
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
        let Accepted::Taken(taken) = accepted else {
            return Err("an arrival was not taken".into());
        };
        lane = interaction.worker as u16;
        journal.claimed(lane, taken.ordinal)?;
        commits.push(interaction.decided(&taken.thread, taken.ordinal));
    }
    for answer in journal.commit_all(commits)? {
        answer?;
    }
    Ok(journal.released(lane)?)
}
