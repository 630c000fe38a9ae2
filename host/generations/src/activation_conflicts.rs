//! Work at hand that a setup has no room for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::Generation;
use patchbay_journal::{CompanyId, ConversationId, Journal, JournalError, OutboxState};

/// Conversations and outbox items read at once.
const PAGE: usize = 1_000;

/// Work at hand that a setup has no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActivationConflict {
    /// Conversations wait in a queue that is gone, or came from it.
    Queue {
        /// The queue.
        queue: String,
        /// How many.
        conversations: u64,
    },
    /// Something waits to be sent to a target that is gone, or was given up.
    Target {
        /// The target.
        target: String,
        /// How much.
        items: u64,
    },
}

impl fmt::Display for ActivationConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ActivationConflict::Queue {
                queue,
                conversations,
            } => write!(
                f,
                "{conversations} open conversations are in queue {queue:?}, which is gone; say where they go with [queue.{queue}] moved-to = \"…\", or --move {queue}=…"
            ),
            ActivationConflict::Target { target, items } => write!(
                f,
                "{items} items in the outbox are for target {target:?}, which is gone; let them go out first, or keep the target"
            ),
        }
    }
}

/// Queues and targets that work at hand may be in or for: of the setups a
/// company has decided by since all of it was looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveReferences {
    queues: BTreeSet<String>,
    targets: BTreeSet<String>,
}

impl LiveReferences {
    /// Those of a setup. What moved may still be on its way.
    pub fn by(generation: &Generation) -> LiveReferences {
        let queues = generation.queues.keys().chain(generation.moved.keys());
        LiveReferences {
            queues: queues.cloned().collect(),
            targets: generation.targets.keys().cloned().collect(),
        }
    }

    /// And those of another.
    pub fn and(mut self, generation: &Generation) -> LiveReferences {
        let LiveReferences { queues, targets } = LiveReferences::by(generation);
        self.queues.extend(queues);
        self.targets.extend(targets);
        self
    }
}

/// Everything a company has at hand that a setup has no room for. Where what
/// may be at hand is known, and the setup has room for all of that, nothing is
/// looked through.
///
/// # Errors
/// When the journal cannot be read.
pub fn activation_conflicts(
    journal: &dyn Journal,
    company: CompanyId,
    references: Option<&LiveReferences>,
    next: &Generation,
) -> Result<Vec<ActivationConflict>, JournalError> {
    let has_queue =
        |queue: &String| next.queues.contains_key(queue) || next.moved.contains_key(queue);
    let queues = match references.is_some_and(|references| references.queues.iter().all(has_queue))
    {
        true => BTreeMap::new(),
        false => {
            let mut queues = open_queues(journal, company)?;
            queues.retain(|queue, _| !has_queue(queue));
            queues
        }
    };
    let has_target = |target: &String| next.targets.contains_key(target);
    let targets =
        match references.is_some_and(|references| references.targets.iter().all(has_target)) {
            true => BTreeMap::new(),
            false => undeliverable(journal, company, has_target)?,
        };
    let queues = queues
        .into_iter()
        .map(|(queue, conversations)| ActivationConflict::Queue {
            queue,
            conversations,
        });
    let targets = targets
        .into_iter()
        .map(|(target, items)| ActivationConflict::Target { target, items });
    Ok(queues.chain(targets).collect())
}

/// Queues a company has conversations in, or from, and how many.
///
/// # Errors
/// When the journal cannot be read.
pub fn open_queues(
    journal: &dyn Journal,
    company: CompanyId,
) -> Result<BTreeMap<String, u64>, JournalError> {
    let mut queues: BTreeMap<String, u64> = BTreeMap::new();
    let mut after = Some((company, ConversationId([0; 16])));
    loop {
        let page = journal.unresolved_conversations(after, PAGE)?;
        let full = page.len() == PAGE;
        after = page.last().map(|last| (last.company, last.id));
        let ours = page.into_iter().take_while(|row| row.company == company);
        for queue in ours.filter_map(|row| row.queue) {
            *queues.entry(queue).or_default() += 1;
        }
        if !full || after.is_none_or(|(whose, _)| whose != company) {
            return Ok(queues);
        }
    }
}

/// What is on its way, or was given up, by its target, where that is not there.
fn undeliverable(
    journal: &dyn Journal,
    company: CompanyId,
    has_target: impl Fn(&String) -> bool,
) -> Result<BTreeMap<String, u64>, JournalError> {
    let mut targets = BTreeMap::new();
    for state in [OutboxState::Waiting, OutboxState::Dead] {
        let mut after = String::new();
        loop {
            let page = journal.outbox_items(company, state, &after, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            after.clone_from(&last.key);
            for item in page {
                if !has_target(&item.target) {
                    *targets.entry(item.target).or_default() += 1;
                }
            }
        }
    }
    Ok(targets)
}
