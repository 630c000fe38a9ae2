//! Deciding the same by the other of two generations, and comparing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::Generation;
use crate::decide::DecideOptions;
use patchbay_engine::decision::Decision;
use patchbay_engine::replay::Difference;
use patchbay_journal::CompanyId;
use patchbay_model::directory::{Agent, Directory, Queue};
use patchbay_model::rollout::{RolloutKind, Share};
use patchbay_model::situation::Surroundings;
use serde_json::Value;

use super::scratch::Scratch;
use super::tally::{Example, failure};
use super::{Arm, Job, Rollout};
use crate::candidate_replay::compare;
use patchbay_records::history::summarize;

/// What the thread that decides beside the others keeps.
#[derive(Default)]
pub struct ShadowRunner {
    companies: HashMap<CompanyId, Own>,
}

/// What it keeps of one rollout.
struct Own {
    rollout: Arc<Rollout>,
    scratch: Scratch,
    /// The people as they were last seen, among the other's queues.
    seen: Option<(Arc<Directory>, Arc<Surroundings>)>,
}

impl Own {
    fn of(rollout: Arc<Rollout>) -> Own {
        let terms = &rollout.terms;
        let hears_all = terms.kind == RolloutKind::Shadow && terms.share == Share::ALL;
        let scratch = Scratch::new(hears_all);
        Own {
            rollout,
            scratch,
            seen: None,
        }
    }

    /// What the other generation has, with the people as they were seen.
    fn surroundings(&mut self, asked: &Generation, live: &Surroundings) -> Arc<Surroundings> {
        let own = &asked.surroundings;
        if let Some((of, made)) = &self.seen
            && Arc::ptr_eq(of, &live.directory)
        {
            return Arc::clone(made);
        }
        let made = Arc::new(Surroundings {
            directory: people(&live.directory, &own.directory),
            knowledge: Arc::clone(&own.knowledge),
            hours: Arc::clone(&own.hours),
            targets: Arc::clone(&own.targets),
            legacy_140: Arc::clone(&own.legacy_140),
        });
        self.seen = Some((Arc::clone(&live.directory), Arc::clone(&made)));
        made
    }
}

/// The people of one directory among the queues of another.
fn people(live: &Arc<Directory>, own: &Arc<Directory>) -> Arc<Directory> {
    if live.queue_ids().eq(own.queue_ids()) {
        return Arc::clone(live);
    }
    let queues = own.queue_ids().filter_map(|id| own.queue(id));
    let queues: Vec<Queue> = queues
        .map(|queue| match live.queue(&queue.id) {
            Some(seen) => Queue {
                waiting: seen.waiting,
                longest_wait: seen.longest_wait,
                open: seen.open,
                ..Queue::clone(queue)
            },
            None => Queue::clone(queue),
        })
        .collect();
    let agents = live.agents().iter().map(|agent| {
        let mut agent = Agent::clone(agent);
        agent.queues.retain(|id| own.queue(id).is_some());
        agent
    });
    let merged = Directory::new(agents.collect(), queues);
    merged.map_or_else(|_| Arc::clone(own), Arc::new)
}

impl ShadowRunner {
    /// Have the other generation decide it, and compare.
    pub fn decide(&mut self, job: Job) {
        let Job {
            rollout,
            arm,
            decision,
            by_policies,
            failed,
            question,
        } = job;
        let own = self
            .companies
            .entry(rollout.company)
            .or_insert_with(|| Own::of(Arc::clone(&rollout)));
        if !Arc::ptr_eq(&own.rollout, &rollout) {
            *own = Own::of(Arc::clone(&rollout));
        }
        let (decided, asked) = match arm {
            Arm::Control => (&rollout.control, &rollout.candidate),
            Arm::Candidate => (&rollout.candidate, &rollout.control),
        };
        let mut situation = question.situation;
        let remembers = question.by_itself.is_none();
        match &question.by_itself {
            Some(inquiry) => match inquiry.surroundings(asked) {
                Ok(surroundings) => situation.surroundings = surroundings,
                // What is asked does not fit it.
                Err(_) => {
                    rollout.tally().compared.failed += 1;
                    return;
                }
            },
            None => {
                situation.surroundings = own.surroundings(asked, &situation.surroundings);
                own.scratch.recall(&mut situation, decided, asked);
            }
        }
        let seen = situation.clone();
        // Nobody waits for it, and it keeps nobody waiting.
        let trying = DecideOptions::aside().bypassing(&question.bypasses);
        let patience = Duration::ZERO;
        let stages = question.stages;
        let (other, _) = match question.draft {
            Some(at_hand) => asked.check_on(situation, at_hand, &trying, patience),
            None => asked.decide_on(situation, &stages, &trying, patience),
        };
        if !by_policies && other.stamp.plugins.is_empty() {
            // Nobody decides about that in either.
            return;
        }
        if other.overloaded_plugin().is_some() {
            rollout.tally().compared.no_room += 1;
            return;
        }
        if remembers {
            own.scratch.remember(&seen, &other);
        }
        if arm == Arm::Control && !other.stamp.plugins.is_empty() {
            rollout.tally().candidate.count(&other);
        }
        if failed || failure(&other).is_some() {
            rollout.tally().compared.failed += 1;
            return;
        }
        let (control, candidate) = match arm {
            Arm::Control => (&decision, &other),
            Arm::Candidate => (&other, &decision),
        };
        let control = serde_json::to_value(control).unwrap_or(Value::Null);
        let differences = compare(&control, candidate, &stages);
        let examples = examples(differences, &decision, &other, arm, &seen, remembers);
        // Whoever decides in earnest waits for this lock: nothing is worked out
        // under it.
        rollout.tally().compare(examples);
    }

    /// Forget what is not tried any more.
    pub fn keep(&mut self, is_tried: impl Fn(&Arc<Rollout>) -> bool) {
        self.companies.retain(|_, own| is_tried(&own.rollout));
    }
}

/// Each difference with what both said, where everybody may read that: what a
/// policy put in its own words may quote the customer.
fn examples(
    differences: Vec<Difference>,
    decision: &Decision,
    other: &Decision,
    arm: Arm,
    situation: &patchbay_model::situation::Situation,
    is_kept: bool,
) -> Vec<(String, Example)> {
    if differences.is_empty() {
        return Vec::new();
    }
    let public = |decision| serde_json::to_value(summarize(decision)).unwrap_or_default();
    let (control, candidate) = match arm {
        Arm::Control => (public(decision), public(other)),
        Arm::Candidate => (public(other), public(decision)),
    };
    let exchange = situation.exchange.as_ref();
    let kept = exchange.filter(|_| is_kept);
    let of_difference = |difference: Difference| {
        let at = |view: &Value| {
            let path = difference.field.replace('[', ".").replace(']', "");
            let pointer = format!("/{}", path.replace('.', "/"));
            view.pointer(&pointer).cloned()
        };
        let example = Example {
            conversation: kept.map(|exchange| exchange.conversation.id.clone()),
            interaction: exchange.map(|exchange| exchange.interaction.id.clone()),
            control: at(&control),
            candidate: at(&candidate),
        };
        (difference.field, example)
    };
    differences.into_iter().map(of_difference).collect()
}
