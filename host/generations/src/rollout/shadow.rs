//! Repeats decisions with the other generation of a rollout, and compares.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_engine::decision::Decision;
use patchbay_engine::replay::Difference;
use patchbay_journal::CompanyId;
use patchbay_model::directory::{Agent, Directory, Queue};
use patchbay_model::rollout::{RolloutKind, Share};
use patchbay_model::situation::{Situation, Surroundings};
use patchbay_records::history::summarize;
use serde_json::Value;

use super::scratch::ScratchState;
use super::tally::{Example, failure};
use super::{Arm, ComparisonJob, DecisionNumber, Rollout};
use crate::Generation;
use crate::decide::DecideOptions;
use crate::replay::candidate_replay::compare;

/// State of the comparison thread.
#[derive(Default)]
pub struct ShadowRunner {
    companies: HashMap<CompanyId, CompanyRun>,
}

/// State for the rollout of one company.
struct CompanyRun {
    rollout: Arc<Rollout>,
    state: ScratchState,
    /// The last live directory, and the other generation's data with it.
    last: Option<(Arc<Directory>, Arc<Surroundings>)>,
}

impl CompanyRun {
    fn new(rollout: Arc<Rollout>) -> CompanyRun {
        let terms = &rollout.terms;
        let sees_all = terms.kind == RolloutKind::Shadow && terms.share == Share::ALL;
        CompanyRun {
            state: ScratchState::new(sees_all),
            rollout,
            last: None,
        }
    }

    /// The other generation's data with the live agents.
    fn surroundings(&mut self, other: &Generation, live: &Arc<Directory>) -> Arc<Surroundings> {
        if let Some((directory, surroundings)) = &self.last
            && Arc::ptr_eq(directory, live)
        {
            return Arc::clone(surroundings);
        }
        let directory = merge_directories(live, &other.surroundings.directory);
        let surroundings = other.surroundings_with(directory);
        self.last = Some((Arc::clone(live), Arc::clone(&surroundings)));
        surroundings
    }
}

/// The live agents and queue loads, with the queues of `own`.
fn merge_directories(live: &Arc<Directory>, own: &Arc<Directory>) -> Arc<Directory> {
    if live.queue_ids().eq(own.queue_ids()) {
        return Arc::clone(live);
    }
    let queues = own.queue_ids().filter_map(|id| own.queue(id));
    let queues = queues.map(|queue| match live.queue(&queue.id) {
        Some(live) => Queue {
            waiting: live.waiting,
            longest_wait: live.longest_wait,
            open: live.open,
            ..Queue::clone(queue)
        },
        None => Queue::clone(queue),
    });
    let agents = live.agents().iter().map(|agent| {
        let mut agent = Agent::clone(agent);
        agent.queues.retain(|id| own.queue(id).is_some());
        agent
    });
    let merged = Directory::new(agents.collect(), queues.collect());
    merged.map_or_else(|_| Arc::clone(own), Arc::new)
}

impl ShadowRunner {
    /// Repeat a decision with the other generation and count the comparison.
    pub fn run(&mut self, job: ComparisonJob) {
        let (rollout, arm, input) = (job.rollout, job.arm, job.input);
        let new_run = || CompanyRun::new(Arc::clone(&rollout));
        let run = self
            .companies
            .entry(rollout.company)
            .or_insert_with(new_run);
        if !Arc::ptr_eq(&run.rollout, &rollout) {
            *run = new_run();
        }
        let (decider, other) = match arm {
            Arm::Control => (&rollout.control, &rollout.candidate),
            Arm::Candidate => (&rollout.candidate, &rollout.control),
        };
        let mut situation = input.situation;
        let has_state = input.stateless.is_none();
        match &input.stateless {
            Some(inquiry) => match inquiry.surroundings(other) {
                Ok(surroundings) => situation.surroundings = surroundings,
                // The request does not fit the other generation.
                Err(_) => {
                    rollout.tally().compared.failed += 1;
                    return;
                }
            },
            None => {
                let live = Arc::clone(&situation.surroundings.directory);
                situation.surroundings = run.surroundings(other, &live);
                run.state.load(&mut situation, decider, other);
            }
        }
        let before = situation.clone();
        let options = DecideOptions {
            shadow: true,
            bypasses: input.bypasses,
            ..DecideOptions::default()
        };
        // A comparison does not wait for an instance: live decisions come first.
        let (repeated, _) = other.run_policies(
            situation,
            input.draft,
            &input.stages,
            &options,
            Duration::ZERO,
        );
        if !job.called_policies && repeated.stamp.plugins.is_empty() {
            return;
        }
        if repeated.overloaded_plugin().is_some() {
            rollout.tally().compared.no_room += 1;
            return;
        }
        if has_state {
            run.state.apply_writes(&before, &repeated);
        }
        if arm == Arm::Control && !repeated.stamp.plugins.is_empty() {
            rollout.tally().candidate.count(&repeated);
        }
        if job.failed || failure(&repeated).is_some() {
            rollout.tally().compared.failed += 1;
            return;
        }
        let (control, candidate) = match arm {
            Arm::Control => (&job.decision, &repeated),
            Arm::Candidate => (&repeated, &job.decision),
        };
        let value = serde_json::to_value(control).unwrap_or(Value::Null);
        let differences = compare(&value, candidate, &input.stages);
        // Deciding threads wait for the tally's lock: prepare the examples
        // before taking it.
        let about = (&before, &input.number);
        let examples = examples(differences, control, candidate, about, has_state);
        rollout.tally().compare(examples);
    }

    /// Drop the state of rollouts that ended.
    pub fn retain(&mut self, is_running: impl Fn(&Arc<Rollout>) -> bool) {
        self.companies.retain(|_, run| is_running(&run.rollout));
    }
}

/// Each difference with both values, where the public summary has them: other
/// texts of a policy may quote the customer.
fn examples(
    differences: Vec<Difference>,
    control: &Decision,
    candidate: &Decision,
    (situation, number): (&Situation, &DecisionNumber),
    is_stored: bool,
) -> Vec<(String, Example)> {
    if differences.is_empty() {
        return Vec::new();
    }
    let summary = |decision| serde_json::to_value(summarize(decision)).unwrap_or_default();
    let (control, candidate) = (summary(control), summary(candidate));
    let exchange = situation.exchange.as_ref();
    let stored = exchange.filter(|_| is_stored);
    let example = |difference: Difference| {
        let at = |summary: &Value| {
            let path = difference.field.replace('[', ".").replace(']', "");
            let pointer = format!("/{}", path.replace('.', "/"));
            summary.pointer(&pointer).cloned()
        };
        let example = Example {
            decision: number.clone(),
            conversation: stored.map(|exchange| exchange.conversation.id.clone()),
            interaction: exchange.map(|exchange| exchange.interaction.id.clone()),
            control: at(&control),
            candidate: at(&candidate),
        };
        (difference.field, example)
    };
    differences.into_iter().map(example).collect()
}
