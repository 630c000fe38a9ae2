//! An input: a customer's message or edit is decided; deletions, reactions and
//! echoes are recorded.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchbay_events::{Departure, StaleCause};
use patchbay_events::{Event, QuarantinedEvent};
use patchbay_floor::Hold;
use patchbay_journal::{Input, InputKind, Ordinal, WordingStatus};
use patchbay_model::conversation::{RouteCause, Trigger, TriggerCode};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::decision::route::RoutePlan;
use patchbay_model::decision::stage::Stage;
use patchbay_model::interaction::Interaction;
use patchbay_model::outcome::OutcomeKind;
use patchbay_model::sla::Targets;
use patchbay_records::conversation_cache::CachedText;
use patchbay_records::conversation_cache::PendingInput;
use patchbay_records::conversation_reader;
use patchbay_records::snapshot::span;

use super::unit_of_work::UnitOfWork;
use super::{
    Pass, PassError, act, commit, decide, echo, load, place, running_clocks, state_changes,
    transcription, unanswered, words,
};
use crate::floor_state::FollowUp;

/// Decide or record an input.
pub(super) fn decide_input(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    pending: &PendingInput,
    quarantined: bool,
) -> Result<(), PassError> {
    let input = &pending.input;
    let is_new = unit.conversation.row.sequence == 0;
    let interaction = match &pending.interaction {
        Some(interaction) => Some(Arc::clone(interaction)),
        None => conversation_reader::open_input(pass.journal, input)?.map(Arc::new),
    };
    let Some(interaction) = interaction else {
        // Erasure since it was accepted: only its arrival is recorded.
        if is_new {
            pass.enter(unit, ConversationState::Resolved);
        }
        commit::record_input(pass, unit, input, None);
        return Ok(());
    };
    let text = CachedText {
        ordinal: input.ordinal,
        contact: input.contact,
        interaction,
    };
    let customer = unit.contact();
    let is_superseded = input.wording == WordingStatus::Superseded;
    if input.kind == InputKind::Message {
        // A sender's clock does not lengthen a reply window.
        let at = input.received_at.min(input.accepted_at);
        let last = &mut unit.snapshot_mut().last_inbound_at;
        *last = (*last).max(Some(at));
    }
    if matches!(input.kind, InputKind::Message | InputKind::Edit) {
        unit.conversation.identify_customer(input.contact);
    }
    words::note_input(unit, input, &text.interaction, customer);
    match input.kind {
        InputKind::Message | InputKind::Edit if is_superseded => {
            unanswered::backdate(pass, unit, input, &text.interaction);
        }
        InputKind::Message | InputKind::Edit => {
            let says_nothing_new = unit
                .conversation
                .text(&text.interaction.id)
                .is_some_and(|known| known.interaction.says_the_same(&text.interaction));
            if !text.interaction.automatic && !says_nothing_new {
                return decide_message(pass, unit, input, text, (is_new, quarantined));
            }
            let mut event = commit::input_event(input);
            event.automatic = text.interaction.automatic;
            put_text(unit, text, input.wording == WordingStatus::Newer);
            if is_new {
                pass.enter(unit, ConversationState::Resolved);
            }
            commit::record_input_event(pass, unit, input, Event::of_input(event), None);
            return Ok(());
        }
        InputKind::Counters => {
            unit.conversation.replace_text(&text);
        }
        InputKind::Delete if !is_superseded => {
            take_back(pass, unit, input, &text.interaction.id);
            return Ok(());
        }
        InputKind::Delete | InputKind::Reaction => {}
        InputKind::Echo => {
            let effect = echo::apply(pass, unit, input, &text.interaction);
            if is_new {
                pass.enter(unit, ConversationState::WaitingOnCustomer);
                unit.snapshot_mut().visibility = text.interaction.visibility;
            }
            let mut event = commit::input_event(input);
            event.automatic = text.interaction.automatic;
            event.clock = effect.clock;
            unit.conversation.add_text(text);
            if effect.is_of_reply {
                unit.snapshot_mut().skip_last_message(input.ordinal.0);
            }
            commit::record_input_event(pass, unit, input, Event::of_input(event), None);
            return Ok(());
        }
    }
    if is_new {
        // It refers to nothing the company knows.
        pass.enter(unit, ConversationState::Resolved);
    }
    commit::record_input(pass, unit, input, None);
    Ok(())
}

/// The customer took a message back. If nothing else waits, the conversation is
/// resolved and an offer of it withdrawn, unless its agent has answered the
/// customer before: what was said then may still need work.
fn take_back(pass: &Pass<'_>, unit: &mut UnitOfWork, input: &Input, message: &str) {
    let is_new = unit.conversation.row.sequence == 0;
    unit.conversation.remove_message(message);
    let was_unanswered = unanswered::remove(pass, unit, message);
    if is_new {
        pass.enter(unit, ConversationState::Resolved);
    }
    commit::record_input(pass, unit, input, None);
    if was_unanswered {
        state_changes::make_stale(pass, unit, StaleCause::CustomerWrote);
        let snapshot = unit.snapshot();
        let stays = snapshot.owner.is_some() && snapshot.clocks.was_answered();
        if snapshot.unanswered.is_empty() && !stays {
            state_changes::change_state(pass, unit, ConversationState::Resolved, None);
        }
    }
}

/// List a text. An edit keeps the place of its message, which may be older than
/// every listed one.
fn put_text(unit: &mut UnitOfWork, text: CachedText, is_edit: bool) {
    match is_edit {
        false => unit.conversation.add_text(text),
        true if unit.conversation.replace_text(&text) => {}
        true => unit.conversation.add_oldest_text(text),
    }
}

/// A customer's message, or an edit of one.
fn decide_message(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    text: CachedText,
    (is_new, quarantined): (bool, bool),
) -> Result<(), PassError> {
    let interaction = &Arc::clone(&text.interaction);
    let is_edit = input.wording == WordingStatus::Newer && !is_new;
    if !is_edit {
        unit.snapshot_mut().add_received(pass.now);
    }
    // The company, or a program, may have written before the customer.
    if unit.latest_message().is_none() && unit.snapshot().visibility.is_none() {
        unit.snapshot_mut().visibility = interaction.visibility;
    }
    unanswered::end_wait(pass, unit, input, interaction);
    let is_back = wake(pass, unit);
    state_changes::make_stale(pass, unit, StaleCause::CustomerWrote);
    let snapshot = unit.snapshot();
    let needs_route = snapshot.owner.is_none() && (snapshot.plan.is_none() || is_back);
    if quarantined {
        quarantine(pass, unit, input, text, (is_edit, needs_route));
        return Ok(());
    }
    let mut stages = BTreeSet::from([Stage::Classify, Stage::Escalate]);
    if needs_route {
        stages.insert(Stage::Route);
    }
    let mut policy_input = load::decision_input(pass, &unit.conversation, &text)?;
    unanswered::view_as_unanswered(unit, input, interaction, &mut policy_input.situation);
    let returned = needs_route && find_familiar_agent(pass, unit, input)?;
    let mut result = decide::decide(pass, policy_input.clone(), &stages)?;
    let ordinal = text.ordinal;
    put_text(unit, text, is_edit);
    let merged = result.decision.classification.as_ref();
    let classification = merged.map(|merged| &merged.classification);
    let expects_reply = classification.and_then(|answer| answer.reply_expected);
    // An edit of an older message leaves that of the newest.
    let latest = unit.latest_message();
    let snapshot = unit.snapshot_mut();
    match latest.is_some_and(|latest| latest.ordinal == ordinal) {
        true => snapshot.set_assessment(ordinal, classification),
        false => snapshot.set_earlier_assessment(ordinal, classification),
    }
    join_incident(pass, unit);
    let expects_reply = expects_reply.unwrap_or(true);
    unanswered::track(pass, unit, input, interaction, (is_edit, expects_reply));
    if let Some(plan) = result.decision.route.clone() {
        act::follow_plan(pass, unit, plan);
    }
    let unique = input.ordinal.to_string();
    act::carry_out(pass, unit, &mut result, policy_input, &unique)?;
    act::alert_failed_escalation(pass, unit, &result.decision);
    commit::record_input(pass, unit, input, Some(&result));
    commit::remember(pass, unit, &result);
    // A route policy may leave it resolved: nothing to escalate.
    if returned && unit.snapshot().state != ConversationState::Resolved {
        let trigger = Trigger::of(TriggerCode::CustomerReturned);
        unit.follow_ups.push(FollowUp::Escalate(trigger));
    }
    if !is_edit {
        transcription::request(pass, unit, input, interaction);
        detect_surges(pass, unit, (ordinal, interaction))?;
    }
    act::follow_up(pass, unit)
}

/// A message reactivates a conversation that was answered or resolved. Returns
/// whether it is routed again.
pub(super) fn wake(pass: &Pass<'_>, unit: &mut UnitOfWork) -> bool {
    let id = unit.conversation.row.id;
    let snapshot = unit.snapshot_mut();
    let before = snapshot.state;
    if before == ConversationState::Resolved {
        snapshot.cause = RouteCause::Reopened;
        snapshot.clear_owner();
        snapshot.queue = None;
        // Nothing is due while it runs: no clock runs.
        let _ = running_clocks::retarget(pass, unit, Targets::default(), pass.now);
        pass.enter(unit, ConversationState::Queued);
        return true;
    }
    let Some(owner) = snapshot.owner.clone() else {
        if before != ConversationState::WaitingOnCustomer {
            return false;
        }
        // Its agent left meanwhile; or the company wrote first and it was
        // never routed.
        if snapshot.plan.is_some() {
            snapshot.cause = RouteCause::Returned;
        }
        pass.enter(unit, ConversationState::Queued);
        return true;
    };
    let mut floor = pass.floor.lock();
    if !floor.is_signed_in(&owner) {
        // It must not wait for an agent who is offline.
        let returned = floor.take_back(id, Departure::Offline, pass.now);
        drop(floor);
        if returned.is_ok() {
            pass.enter(unit, ConversationState::Queued);
            place::apply_floor_events(pass, unit);
        }
        return false;
    }
    if matches!(
        before,
        ConversationState::WaitingOnCustomer | ConversationState::Wrapping
    ) {
        let resumed = floor.hold(id, Hold::Active, pass.now);
        if resumed.is_ok_and(|resumed| resumed.exceeds_capacity) {
            // The owner is preferred once they have capacity again.
            let returned = floor.take_back(id, Departure::NoCapacity, pass.now);
            drop(floor);
            if returned.is_ok() {
                unit.snapshot_mut().familiar = Some(owner);
                place::apply_floor_events(pass, unit);
            }
            return false;
        }
        drop(floor);
        pass.enter(unit, ConversationState::Active);
    }
    false
}

/// Quarantined input (three crashes): skip all policies, use the default queue,
/// record `quarantined`.
fn quarantine(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    text: CachedText,
    (is_edit, needs_route): (bool, bool),
) {
    tracing::error!(
        company = pass.generation.company,
        conversation = %unit.conversation.row.id,
        input = %input.ordinal,
        "input quarantined: it was in progress at three crashes; no policy is called about it again"
    );
    unit.snapshot_mut().set_assessment(text.ordinal, None);
    let interaction = Arc::clone(&text.interaction);
    put_text(unit, text, is_edit);
    unanswered::track(pass, unit, input, &interaction, (is_edit, true));
    if needs_route {
        let queue = pass.generation.pipelines.default_queue();
        act::follow_plan(pass, unit, RoutePlan::to_queue(queue, ""));
    }
    let event = Event::Quarantined(QuarantinedEvent {
        interaction: input.message.clone(),
        kind: input.kind,
        channel: input.channel.clone(),
        received_at: input.received_at,
        outcome: OutcomeKind::Quarantined,
    });
    commit::record_input_event(pass, unit, input, event, None);
}

/// Remember the agent who answered the contact within the same-agent window.
/// Returns whether there is one.
fn find_familiar_agent(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
) -> Result<bool, PassError> {
    let within = span(pass.generation.desk.same_agent);
    let answer = load::last_answer(pass, &unit.conversation, input.contact)?;
    let recent = answer.filter(|(at, _)| pass.now.duration_since(*at) <= within);
    unit.snapshot_mut().familiar = recent.map(|(_, agent)| agent);
    Ok(unit.snapshot().familiar.is_some())
}

/// A message about the subject of an open incident belongs to it.
fn join_incident(pass: &Pass<'_>, unit: &mut UnitOfWork) {
    let Some(subject) = top_intent(unit) else {
        return;
    };
    let is_open = pass.floor.lock().overview.is_open(&subject);
    let snapshot = unit.snapshot_mut();
    if snapshot.incident.is_none() && is_open {
        snapshot.join_incident(subject, pass.now);
    }
}

/// Call escalation where unusually many customers write about the same subject.
fn detect_surges(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    message: (Ordinal, &Interaction),
) -> Result<(), PassError> {
    let Some(subject) = top_intent(unit) else {
        return Ok(());
    };
    let rules = &pass.generation.desk.surge;
    for trigger in pass.surges.count(rules, &subject, message, pass.now) {
        act::escalate(pass, unit, act::triggered(trigger))?;
    }
    Ok(())
}

fn top_intent(unit: &UnitOfWork) -> Option<String> {
    let assessment = unit.snapshot().assessment.as_ref()?;
    Some(assessment.top_intent()?.name.clone())
}
