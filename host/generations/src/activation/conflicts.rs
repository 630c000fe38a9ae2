//! Open work that refers to a queue or target the next generation lacks.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_company::CompanyFile;
use patchbay_journal::{CompanyId, ConversationId, Journal, JournalError, OutboxState};
use patchbay_model::channel;
use thiserror::Error;

use crate::Generation;

/// Rows read from the journal per call.
const PAGE: usize = 1_000;

/// Open work that refers to a queue or target the next generation lacks.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ActivationConflict {
    /// A removed queue, and the number of open conversations in it or from it.
    #[error(
        "the generation lacks queue {0:?}, which has {1} open conversations; say where they move with [queue.{0}] moved-to = \"…\", or --move {0}=…"
    )]
    Queue(String, u64),
    /// A removed target, and the number of its pending deliveries. Those that failed
    /// for good do not count: nothing sends them unless an operator retries them.
    #[error(
        "the generation lacks target {0:?}, which has {1} pending outbox items; wait until each is delivered or has failed for good (`patchbay outbox list --state waiting` shows them), or restore the target"
    )]
    Target(String, u64),
}

/// Queues and targets that open work may refer to: those of every generation
/// that was active since the last scan of all open work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveReferences {
    queues: BTreeSet<String>,
    targets: BTreeSet<String>,
}

impl LiveReferences {
    /// The queues and targets of a generation, and the queues it moves.
    pub fn of(generation: &Generation) -> LiveReferences {
        let queues = generation.queues.keys().chain(generation.moved.keys());
        LiveReferences {
            queues: queues.cloned().collect(),
            targets: generation.destinations(),
        }
    }

    /// Add those of another generation.
    #[must_use]
    pub fn with(mut self, generation: &Generation) -> LiveReferences {
        let LiveReferences { queues, targets } = LiveReferences::of(generation);
        self.queues.extend(queues);
        self.targets.extend(targets);
        self
    }
}

/// Queues and targets that a next generation has for open work.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProvidedReferences {
    /// Queues that stay or are new.
    pub(crate) queues: BTreeSet<String>,
    /// Removed queues whose conversations move.
    pub(crate) moved: BTreeSet<String>,
    targets: BTreeSet<String>,
}

impl ProvidedReferences {
    /// Those of a generation.
    pub(crate) fn of(generation: &Generation) -> ProvidedReferences {
        ProvidedReferences {
            queues: generation.queues.keys().cloned().collect(),
            moved: generation.moved.keys().cloned().collect(),
            targets: generation.destinations(),
        }
    }

    /// Those of a generation that is built from a company file.
    pub(crate) fn of_file(file: &CompanyFile) -> ProvidedReferences {
        ProvidedReferences {
            queues: file.queues().map(|(id, _)| id.clone()).collect(),
            moved: file.moved().map(|(from, _)| from.to_owned()).collect(),
            targets: destinations(file),
        }
    }
}

/// Names of everything that an outbox item can be sent to by a generation of the file.
fn destinations(file: &CompanyFile) -> BTreeSet<String> {
    let connected = file.channel.iter();
    let connected = connected.filter(|(_, entry)| !entry.connection.is_empty());
    let connected = connected.map(|(code, _)| channel::adapter_target(code));
    file.target.keys().cloned().chain(connected).collect()
}

/// All conflicts of a company's open work with a generation. Scans the open
/// work only where `references` is `None` or has something the generation
/// lacks.
pub(crate) fn activation_conflicts(
    journal: &dyn Journal,
    company: CompanyId,
    references: Option<&LiveReferences>,
    next: &ProvidedReferences,
) -> Result<Vec<ActivationConflict>, JournalError> {
    let has_queue = |queue: &String| next.queues.contains(queue) || next.moved.contains(queue);
    let has_target = |target: &String| has_destination(&next.targets, target);
    let mut conflicts = Vec::new();
    if !references.is_some_and(|known| known.queues.iter().all(has_queue)) {
        let mut queues = open_queues(journal, company)?;
        queues.retain(|queue, _| !has_queue(queue));
        let conflict = |(queue, number)| ActivationConflict::Queue(queue, number);
        conflicts.extend(queues.into_iter().map(conflict));
    }
    if !references.is_some_and(|known| known.targets.iter().all(has_target)) {
        let targets = count_of_missing(journal, company, OutboxState::Waiting, has_target)?;
        let conflict = |(target, number)| ActivationConflict::Target(target, number);
        conflicts.extend(targets.into_iter().map(conflict));
    }
    Ok(conflicts)
}

/// A warning for each removed target that deliveries failed for: to retry them, the target has to
/// come back. Scans the failed deliveries of the company.
pub(crate) fn lost_retries(
    journal: &dyn Journal,
    company: CompanyId,
    next: &Generation,
) -> Result<Vec<String>, JournalError> {
    let destinations = next.destinations();
    let has_target = |target: &String| has_destination(&destinations, target);
    let failed = count_of_missing(journal, company, OutboxState::Dead, has_target)?;
    let warning = |(target, number)| {
        format!(
            "the target {target:?} is removed: {number} deliveries to it that failed can be retried only when a later generation has it again"
        )
    };
    Ok(failed.into_iter().map(warning).collect())
}

/// Number of open conversations by the queue they are in or came from.
pub(crate) fn open_queues(
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
        if !full || after.is_none_or(|(owner, _)| owner != company) {
            return Ok(queues);
        }
    }
}

/// Whether an outbox item with this target can be sent. Of a connection that is gone,
/// another one of the adapter can have the account.
fn has_destination(destinations: &BTreeSet<String>, target: &str) -> bool {
    let adapter = channel::adapter_of_target(target).map(channel::adapter_target);
    let target = channel::transcription_service(target).unwrap_or(target);
    destinations.contains(adapter.as_deref().unwrap_or(target))
}

/// Number of outbox items in a state by target, for missing targets.
fn count_of_missing(
    journal: &dyn Journal,
    company: CompanyId,
    state: OutboxState,
    has_target: impl Fn(&String) -> bool,
) -> Result<BTreeMap<String, u64>, JournalError> {
    let mut targets = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = journal.outbox_items(company, state, &after, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(targets);
        };
        after.clone_from(&last.key);
        for item in page.into_iter().filter(|item| !has_target(&item.target)) {
            *targets.entry(item.target).or_default() += 1;
        }
    }
}
