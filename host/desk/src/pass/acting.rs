//! Carrying out what policies decided: routes and escalations.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_engine::decision::Decision;
use patchbay_model::conversation::{ConversationState, RouteCause, Trigger};
use patchbay_model::decision::escalation::{ActionKind, EscalationAction};
use patchbay_model::decision::route::{RoutePlan, TargetKind};
use patchbay_model::decision::stage::Stage;
use patchbay_model::interaction::Direction;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::{ClockEvent, Targets};
use serde_json::json;

use super::asking::{Asked, Matter};
use super::sheet::Sheet;
use super::{Pass, Undecided};
use crate::assignment::{Consequence, Departure};
use patchbay_records::history::EntryKind;
use crate::memory::Text;
use patchbay_records::snapshot::{WakeUp, unix_ms};

/// Most moments at which one conversation may ask to be called.
const WAKE_UPS: usize = 16;

impl Pass<'_> {
    /// Do what follows from what happened: ask where it goes now, and whether
    /// more people must know.
    pub(super) fn follow_up(&self, sheet: &mut Sheet) -> Result<(), Undecided> {
        // What is asked may itself have consequences; the budget of
        // re-decisions ends that.
        while let Some(next) = sheet.consequences.pop() {
            match next {
                Consequence::Escalate(trigger) => {
                    self.escalate(sheet, EntryKind::Triggered, trigger)?;
                }
                Consequence::Route(cause) => self.route_again(sheet, cause)?,
            }
        }
        Ok(())
    }

    /// Ask escalation about a trigger, and carry out what it says.
    pub(super) fn escalate(
        &self,
        sheet: &mut Sheet,
        kind: EntryKind,
        trigger: Trigger,
    ) -> Result<(), Undecided> {
        let head = json!({"trigger": trigger});
        // Absent where its author was erased: nothing an answer could be about.
        let Some(latest) = latest(sheet) else {
            self.record(sheet, kind, head, None);
            return Ok(());
        };
        if !self.has_budget(sheet) {
            self.record(sheet, kind, head, None);
            return Ok(());
        }
        let mut matter = self.matter(&sheet.known, sheet.contact(), &latest)?;
        matter.situation.trigger = Some(Arc::new(trigger));
        let mut asked = self.ask(matter.clone(), &BTreeSet::from([Stage::Escalate]))?;
        let unique = format!("{}-{}", sheet.known.row.id, sheet.next_entry());
        self.act(sheet, &mut asked, matter, &unique)?;
        self.warn_of_failed_escalation(sheet, asked.decision());
        self.record(sheet, kind, head, Some(&asked));
        self.remember(sheet, asked.decision(), sheet.contact());
        Ok(())
    }

    /// Whether it may be decided about again; if not, that is told once an
    /// hour.
    fn has_budget(&self, sheet: &mut Sheet) -> bool {
        if sheet.snapshot().may_redecide(self.now) {
            if !sheet.snapshot().has_budget(self.now) {
                tracing::warn!(
                    company = self.generation.company,
                    conversation = %sheet.known.row.id,
                    "decided about again too often within an hour; its policies are not asked any more"
                );
                self.alert(sheet, "decided-too-often", json!({}));
            }
            return true;
        }
        false
    }

    /// A conversation nobody owns is routed again.
    fn route_again(&self, sheet: &mut Sheet, cause: RouteCause) -> Result<(), Undecided> {
        let snapshot = &sheet.known.snapshot;
        let waits = matches!(
            snapshot.state,
            ConversationState::Queued | ConversationState::Reserved
        );
        if snapshot.owner.is_some() || !waits {
            return Ok(());
        }
        sheet.snapshot().cause = cause.clone();
        let Some(latest) = latest(sheet) else {
            return Ok(());
        };
        if !self.has_budget(sheet) {
            let queue = self.generation.pipelines.default_queue();
            self.follow(sheet, RoutePlan::to_queue(queue, ""));
            return Ok(());
        }
        let matter = self.matter(&sheet.known, sheet.contact(), &latest)?;
        let asked = self.ask(matter, &BTreeSet::from([Stage::Route]))?;
        if let Some(plan) = asked.decision().route.clone() {
            let mut silent = plan.clone();
            silent.why.clear();
            // The same again must not take back what has widened since.
            if cause != RouteCause::Expired || sheet.known.snapshot.plan.as_ref() != Some(&silent) {
                self.follow(sheet, plan);
            }
        }
        self.record(
            sheet,
            EntryKind::Routed,
            json!({"cause": cause}),
            Some(&asked),
        );
        self.remember(sheet, asked.decision(), sheet.contact());
        Ok(())
    }

    /// Carry out what escalation asked for.
    pub(super) fn act(
        &self,
        sheet: &mut Sheet,
        asked: &mut Asked<'_>,
        matter: Matter,
        unique: &str,
    ) -> Result<(), Undecided> {
        let Some(escalation) = asked.decision().escalation.clone() else {
            return Ok(());
        };
        let mut re_route = None;
        for (number, action) in escalation.actions.into_iter().enumerate() {
            let snapshot = sheet.snapshot();
            match &action.kind {
                ActionKind::RaisePriority => {
                    let least = action.priority.unwrap_or(snapshot.priority);
                    snapshot.priority = snapshot.priority.max(least);
                }
                ActionKind::RequireApproval => {
                    snapshot.needs_approval = true;
                    snapshot.approvers.clone_from(&action.target);
                }
                ActionKind::OpenIncident => {
                    let usual = || {
                        let said = snapshot.assessment.as_ref();
                        let intent = said.and_then(|said| said.top_intent());
                        intent.map_or_else(|| "general".to_owned(), |intent| intent.name.clone())
                    };
                    snapshot.incident = Some(action.target.clone().unwrap_or_else(usual));
                }
                ActionKind::WakeUp => {
                    if let Some(at) = action.at {
                        let name = action.target.clone();
                        snapshot.wake_ups.retain(|known| known.name != name);
                        snapshot.wake_ups.push(WakeUp { at, name });
                        snapshot.wake_ups.sort();
                        snapshot.wake_ups.truncate(WAKE_UPS);
                    }
                }
                ActionKind::Notify => self.notify(sheet, format!("notify-{unique}-{number}"), &action),
                ActionKind::ReRoute => re_route = Some(action),
                // The engine refuses an answer with an unknown kind.
                ActionKind::Other(kind) => {
                    tracing::error!(company = self.generation.company, kind, "an escalation requests an action this host does not know; the action is skipped");
                }
            }
        }
        if let Some(action) = re_route {
            self.re_route(sheet, asked, matter, action)?;
        }
        Ok(())
    }

    /// To the queue escalation names, else where the routing policies now say.
    /// Whoever owns it does not any more.
    fn re_route(
        &self,
        sheet: &mut Sheet,
        asked: &mut Asked<'_>,
        mut matter: Matter,
        action: EscalationAction,
    ) -> Result<(), Undecided> {
        sheet.snapshot().cause = RouteCause::ReRouted;
        self.take_from_owner(sheet, Departure::GivenBack);
        if let Some(queue) = action.target {
            self.follow(sheet, RoutePlan::to_queue(&queue, ""));
            return Ok(());
        }
        if !self.has_budget(sheet) {
            let queue = self.generation.pipelines.default_queue();
            self.follow(sheet, RoutePlan::to_queue(queue, ""));
            return Ok(());
        }
        let snapshot = &sheet.known.snapshot;
        let situation = &mut matter.situation;
        if let Some(exchange) = &mut situation.exchange {
            let exchange = Arc::make_mut(exchange);
            exchange.conversation = snapshot.as_read(exchange.conversation.id.clone());
        }
        situation.assessment = snapshot.assessment.clone().map(Arc::new);
        situation.trigger = None;
        let routed = self.ask(matter, &BTreeSet::from([Stage::Route]))?;
        if let Some(plan) = routed.decision().route.clone() {
            self.follow(sheet, plan.clone());
            asked.made.decision.route = Some(plan);
        }
        asked.also(routed);
        Ok(())
    }

    /// Go by a route plan: from the end of this pass on it waits on its terms.
    pub(super) fn follow(&self, sheet: &mut Sheet, mut plan: RoutePlan) {
        plan.why.clear();
        let default_queue = self.generation.pipelines.default_queue();
        let present = sheet.known.snapshot.queue.as_deref();
        let queue = match plan.target.kind {
            TargetKind::Queue => plan.target.id.as_deref(),
            _ => plan.target.queue.as_deref().or(present),
        };
        let queue = queue.unwrap_or(default_queue).to_owned();
        let queue = queue.as_str();
        let terms = self.generation.queues.get(queue).cloned();
        let terms = terms.unwrap_or_default();
        let targets = Targets::merged(&terms.sla, &plan.sla);
        let hours = self.hours(&sheet.known.snapshot);
        let snapshot = &mut sheet.known.snapshot;
        snapshot.priority = plan
            .priority
            .unwrap_or(terms.priority)
            .max(snapshot.priority);
        snapshot.tag(&plan.tags);
        if *snapshot.clocks.targets() != targets {
            // Counted by the hours before; what this makes due rings by itself
            // at once.
            let event = ClockEvent::Retarget { targets };
            let _ = snapshot.clocks.apply(unix_ms(self.now), event, hours);
        }
        snapshot.queue = Some(queue.to_owned());
        let state = match plan.target.kind {
            TargetKind::Hold => ConversationState::OnHold,
            TargetKind::Close => ConversationState::Resolved,
            _ => ConversationState::Queued,
        };
        let until = plan.target.until;
        snapshot.plan = Some(plan);
        self.enter(sheet, state);
        sheet.snapshot().held_until = until.filter(|_| state == ConversationState::OnHold);
        sheet.is_routed = state == ConversationState::Queued;
    }

    /// A failing escalator must not fail in silence.
    pub(super) fn warn_of_failed_escalation(&self, sheet: &mut Sheet, decision: &Decision) {
        // Of what is bypassed whoever bypassed it knows.
        let failed = decision.stamp.plugins.iter().find(|part| {
            let outcome = part.outcome;
            part.stage == Stage::Escalate
                && outcome.is_failure()
                && outcome != OutcomeKind::Bypassed
        });
        if let Some(failed) = failed {
            let about = json!({"stage": failed.stage, "plugin": failed.name});
            self.alert(sheet, "escalation-failed", about);
        }
    }
}

/// The newest thing the customer said that is at hand.
pub(super) fn latest(sheet: &Sheet) -> Option<Text> {
    let mut texts = sheet.known.texts.iter();
    let inbound = texts.find(|text| text.interaction.direction == Direction::Inbound);
    let any = sheet.known.texts.first();
    inbound.or(any).cloned()
}
