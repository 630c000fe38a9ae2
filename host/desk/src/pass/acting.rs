//! Carrying out what policies decided: routes and escalations.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_generation::decide::Made;
use patchbay_model::decision::escalation::Action;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::situation::Situation;
use patchbay_model::sla::Targets;

use super::{Pass, Undecided};
use crate::snapshot::Snapshot;

impl Pass<'_> {
    /// Carry out what escalation asked for; what has to go out.
    pub(super) fn act(
        &self,
        snapshot: &mut Snapshot,
        made: &mut Made<'_>,
        situation: Situation,
        unique: &str,
    ) -> Result<Vec<(String, Action)>, Undecided> {
        let Some(escalation) = made.decision.escalation.clone() else {
            return Ok(Vec::new());
        };
        let mut outbox = Vec::new();
        let mut re_route = None;
        for (number, action) in escalation.actions.into_iter().enumerate() {
            match action.kind.as_str() {
                "raise-priority" => {
                    let least = action.priority.unwrap_or(snapshot.priority);
                    snapshot.priority = snapshot.priority.max(least);
                }
                "require-approval" => snapshot.needs_approval = true,
                "open-incident" => {
                    let usual = || {
                        let said = snapshot.assessment.as_ref();
                        let intent = said.and_then(|said| said.top_intent());
                        intent.map_or_else(|| "general".to_owned(), |intent| intent.name.clone())
                    };
                    snapshot.incident = Some(action.target.clone().unwrap_or_else(usual));
                }
                "wake-up" => {
                    if let Some(at) = action.at {
                        snapshot.wake_ups.push(at);
                        snapshot.wake_ups.sort();
                        snapshot.wake_ups.dedup();
                        snapshot.wake_ups.truncate(16);
                    }
                }
                "notify" => outbox.push((format!("{unique}-{number}"), action)),
                "re-route" => re_route = Some(action),
                // Validated: nothing else comes this far.
                _ => {}
            }
        }
        if let Some(action) = re_route {
            self.re_route(snapshot, made, situation, action)?;
        }
        Ok(outbox)
    }

    /// To the queue escalation names, else where the routing policies now say.
    fn re_route(
        &self,
        snapshot: &mut Snapshot,
        made: &mut Made<'_>,
        mut situation: Situation,
        action: Action,
    ) -> Result<(), Undecided> {
        snapshot.cause = "re-routed".to_owned();
        if let Some(queue) = action.target {
            self.follow(snapshot, RoutePlan::to_queue(&queue, ""));
            return Ok(());
        }
        if !snapshot.may_redecide(self.now) {
            tracing::warn!(
                "a conversation was routed again too often within an hour; it goes to the default queue"
            );
            let queue = self.generation.pipelines.default_queue();
            self.follow(snapshot, RoutePlan::to_queue(queue, ""));
            return Ok(());
        }
        if let Some(exchange) = &mut situation.exchange {
            let exchange = Arc::make_mut(exchange);
            exchange.conversation = snapshot.as_read(exchange.conversation.id.clone());
        }
        situation.assessment = snapshot.assessment.clone().map(Arc::new);
        situation.trigger = None;
        let routed = self.ask(situation, &BTreeSet::from([Stage::Route]))?;
        if let Some(plan) = routed.decision.route.clone() {
            self.follow(snapshot, plan.clone());
            made.decision.route = Some(plan);
        }
        made.decision
            .stamp
            .plugins
            .extend(routed.decision.stamp.plugins);
        Ok(())
    }

    pub(super) fn follow(&self, snapshot: &mut Snapshot, plan: RoutePlan) {
        let default_queue = self.generation.pipelines.default_queue();
        let queue = match plan.target.kind.as_str() {
            "queue" => plan.target.id.as_deref().unwrap_or(default_queue),
            _ => default_queue,
        };
        let terms = self
            .generation
            .queues
            .get(queue)
            .cloned()
            .unwrap_or_default();
        let targets = Targets::merged(&terms.sla, &plan.sla);
        let calendars = &self.generation.surroundings.hours;
        snapshot.follow(plan, targets, terms.priority, self.now, calendars);
    }
}
