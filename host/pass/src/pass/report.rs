//! What the policies decided, for the help desk that keeps the conversation.

use patchbay_engine::decision::{Decision, Fallback};
use patchbay_journal::{NewOutbox, OutboxState};
use patchbay_model::decision::classification::Classification;
use patchbay_model::decision::route::TargetKind;
use patchbay_model::decision::stage::Stage;
use patchbay_records::outbox_payload::Payload;
use patchbay_records::snapshot::ReportedPlace;
use serde_json::json;

use super::Pass;
use super::unit_of_work::UnitOfWork;

/// Note that a decision changes what a help desk knows of the conversation.
pub(super) fn note(unit: &mut UnitOfWork, decision: &Decision) {
    let classified = decision.classification.as_ref();
    let is_of_conversation =
        classified.is_some() || decision.route.is_some() || decision.escalation.is_some();
    // A check of a draft says nothing of the conversation.
    if !is_of_conversation {
        return;
    }
    let is_default = |it: &Fallback| it.stage == Stage::Route && it.plugin.is_none();
    let route = decision.route.as_ref();
    // That no policy had an opinion is no reason.
    let route = route.filter(|_| !decision.fallbacks.iter().any(is_default));
    let reasons = [
        classified.map(|merged| &merged.classification.why),
        route.map(|plan| &plan.why),
        decision.escalation.as_ref().map(|answer| &answer.why),
    ];
    let reasons = reasons.into_iter().flatten();
    let reasons = reasons.filter(|why| !why.is_empty()).cloned();
    unit.report.get_or_insert_default().extend(reasons);
}

/// Whether a report waits after a failed attempt.
fn is_failing(pass: &Pass<'_>, key: &str) -> bool {
    let item = pass.journal.outbox_item(pass.company, key).ok().flatten();
    item.is_some_and(|item| item.state == OutboxState::Waiting && item.attempts > 0)
}

/// Add the report of this pass to the outbox, if a policy decided and the conversation is
/// of a help desk.
pub(super) fn add(pass: &Pass<'_>, unit: &mut UnitOfWork) {
    let Some(reasons) = unit.report.take() else {
        return;
    };
    let Some(latest) = unit.latest_message() else {
        return;
    };
    let interaction = &latest.interaction;
    let account = interaction.account.as_deref();
    let Some(target) = pass
        .generation
        .decision_target(&interaction.channel, account)
    else {
        return;
    };
    let id = unit.conversation.row.id;
    let snapshot = unit.snapshot();
    let none = Classification::default();
    let assessment = snapshot.assessment.as_ref().unwrap_or(&none);
    let intents: Vec<&str> = assessment.intents.iter().map(|it| &*it.name).collect();
    let waits_for = snapshot.plan.as_ref().map(|plan| &plan.target);
    let waits_for = waits_for.filter(|target| target.kind == TargetKind::Agent);
    let agent = snapshot
        .owner
        .as_ref()
        .or(waits_for.and_then(|it| it.id.as_ref()));
    let key = format!("decision-{id}-{}", unit.next_entry());
    let now = ReportedPlace {
        key: key.clone(),
        queue: snapshot.queue.clone(),
        agent: agent.cloned(),
        priority: snapshot.priority,
    };
    // While the help desk fails, the newest takes the place of the one before, with all
    // that it said of the place: they must not pile up before replies.
    let last = snapshot.reported.clone();
    let replaced = last.as_ref().map(|last| last.key.clone());
    let replaced = replaced.filter(|key| is_failing(pass, key));
    // What did not change may have been changed by a person at the help desk.
    let last = last.filter(|_| replaced.is_none());
    let last = last.as_ref();
    let queue = (last.map(|it| &it.queue) != Some(&now.queue)).then_some(&now.queue);
    let agent = (last.map(|it| &it.agent) != Some(&now.agent)).then_some(&now.agent);
    let priority = (last.map(|it| it.priority) != Some(now.priority)).then_some(now.priority);
    let report = json!({
        "type": "decision",
        "id": key,
        "company": pass.generation.company,
        "conversation": id.to_string(),
        "channel": interaction.channel,
        "account": account,
        "thread": interaction.conversation,
        "message_provider_id": interaction.attributes.get("provider_id"),
        "labels": interaction.attributes.get("labels"),
        "intents": intents,
        "topics": assessment.topics,
        "tags": snapshot.tags,
        "language": assessment.language,
        "sentiment": assessment.sentiment,
        "urgency": assessment.urgency,
        "spam": assessment.spam,
        "queue": queue,
        "agent": agent,
        "priority": priority,
        "reasons": reasons,
        "at": pass.now,
    });
    unit.snapshot_mut().reported = Some(now);
    unit.sent.extend(replaced);
    let payload = Payload::seal(pass.journal, pass.company, unit.contact(), &report);
    unit.outbox.push(NewOutbox {
        key,
        target,
        payload: payload.to_bytes(),
        conversation: Some(id),
        not_before: pass.now,
        can_take_back: false,
    });
}
