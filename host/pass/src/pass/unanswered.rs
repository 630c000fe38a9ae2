//! The messages that the customer waits with, and their reply clocks.

use std::sync::Arc;

use patchbay_events::StoppedClock;
use patchbay_journal::Input;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::interaction::Interaction;
use patchbay_model::situation::Situation;
use patchbay_model::sla::{ClockEvent, start_of};
use patchbay_records::snapshot::{from_unix_ms, unix_ms};
use patchbay_records::unanswered::{Answer, UnansweredMessage, Wording};

use super::Pass;
use super::unit_of_work::UnitOfWork;

/// Start of a clock for an input, in Unix milliseconds: as the channel dates it,
/// but not before the conversation.
fn start_ms(unit: &UnitOfWork, input: &Input, interaction: &Interaction) -> u64 {
    let written_at = interaction.written_at().unwrap_or(input.received_at);
    let started_ms = start_of(Some(unix_ms(written_at)), unix_ms(input.accepted_at));
    started_ms.max(unit.snapshot().clocks.created_ms())
}

fn wording(unit: &UnitOfWork, input: &Input, interaction: &Interaction) -> Wording {
    Wording {
        ordinal: input.ordinal.0,
        started_ms: start_ms(unit, input, interaction),
        written_at: interaction.written_at(),
        accepted_at: input.accepted_at,
    }
}

/// The customer writes in a conversation that waits on them: its resolution
/// clock goes on from the message, however long it waited for its decision.
pub(super) fn end_wait(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    interaction: &Interaction,
) {
    if unit.snapshot().state == ConversationState::WaitingOnCustomer {
        let since_ms = start_ms(unit, input, interaction);
        apply(pass, unit, ClockEvent::CustomerReturned { since_ms });
    }
}

/// While policies decide a message, the conversation that they read has it
/// unanswered: whether it expects a reply is not known before.
pub(super) fn view_as_unanswered(
    unit: &UnitOfWork,
    input: &Input,
    interaction: &Interaction,
    situation: &mut Situation,
) {
    if let Some(exchange) = &mut situation.exchange {
        let conversation = &mut Arc::make_mut(exchange).conversation;
        let started = from_unix_ms(start_ms(unit, input, interaction));
        conversation.unanswered_since.get_or_insert(started);
    }
}

/// A message, or new words of one, waits for a reply or expects none.
pub(super) fn track(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    interaction: &Interaction,
    (is_edit, expects_reply): (bool, bool),
) {
    match is_edit {
        true => edit(pass, unit, input, interaction, expects_reply),
        false => add(pass, unit, input, interaction, expects_reply),
    }
}

fn add(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    interaction: &Interaction,
    expects_reply: bool,
) {
    let wording = wording(unit, input, interaction);
    let started_ms = wording.started_ms;
    let message = UnansweredMessage::new(&interaction.id, expects_reply, wording);
    unit.snapshot_mut().unanswered.add(message);
    let event = ClockEvent::CustomerMessage {
        started_ms,
        expects_reply,
    };
    apply(pass, unit, event);
    start_silence_timer(pass, unit);
}

/// A message has new words. One that waits keeps its place; one that was
/// answered waits again, from the edit on.
fn edit(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    interaction: &Interaction,
    expects_reply: bool,
) {
    let new = wording(unit, input, interaction);
    let unanswered = &mut unit.snapshot_mut().unanswered;
    match unanswered.get_mut(&interaction.id) {
        Some(known) => {
            if expects_reply && !known.expects_reply {
                known.wording.started_ms = new.started_ms;
            }
            known.expects_reply = expects_reply;
            known.add_edit(new);
        }
        None => unanswered.add(UnansweredMessage::new(&interaction.id, expects_reply, new)),
    }
    follow(pass, unit);
}

/// An older wording of a message came late: the customer has waited since then.
pub(super) fn backdate(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    interaction: &Interaction,
) {
    let started_ms = start_ms(unit, input, interaction);
    if let Some(known) = unit.snapshot_mut().unanswered.get_mut(&interaction.id) {
        known.wording.started_ms = known.wording.started_ms.min(started_ms);
        follow(pass, unit);
    }
}

/// The customer took a message back. Returns whether it waited for a reply.
pub(super) fn remove(pass: &Pass<'_>, unit: &mut UnitOfWork, message: &str) -> bool {
    let removed = unit.snapshot_mut().unanswered.remove(message);
    if removed {
        follow(pass, unit);
    }
    removed
}

/// The channel has a reply. What it does not answer stays unanswered, with its
/// clock. Returns the reply clock that it stopped.
pub(super) fn answer(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    answer: Answer,
) -> Option<StoppedClock> {
    let effect = unit.snapshot_mut().unanswered.answer(answer);
    // The first reply to the customer ends the first response, whichever of
    // several messages it answers.
    let is_first = effect.answers_question && !unit.snapshot().clocks.was_answered();
    let ends_run = effect.ends_run || is_first;
    let mut stopped = None;
    if ends_run {
        let running = unit.snapshot().clocks.running_reply_clock();
        apply(pass, unit, ClockEvent::ReplyAccepted);
        let snapshot = unit.snapshot();
        let result = |clock| snapshot.clocks.result(clock, pass.hours(snapshot));
        stopped = running.and_then(result).map(StoppedClock::from);
        if let Some(started_ms) = unit.snapshot().unanswered.since_ms() {
            let event = ClockEvent::CustomerMessage {
                started_ms,
                expects_reply: true,
            };
            apply(pass, unit, event);
        }
    }
    let silent_after = pass.generation.desk.silent_after;
    let snapshot = unit.snapshot_mut();
    if ends_run || snapshot.clocks.unanswered_since().is_none() {
        snapshot.restart_silence_timer(silent_after, pass.now);
    }
    stopped
}

/// Bring the reply clock in line with the oldest message that waits.
fn follow(pass: &Pass<'_>, unit: &mut UnitOfWork) {
    let since_ms = unit.snapshot().unanswered.since_ms();
    apply(pass, unit, ClockEvent::UnansweredSince { since_ms });
    match since_ms {
        Some(_) => start_silence_timer(pass, unit),
        None => unit.snapshot_mut().silent_at = None,
    }
}

fn start_silence_timer(pass: &Pass<'_>, unit: &mut UnitOfWork) {
    let silent_after = pass.generation.desk.silent_after;
    let snapshot = unit.snapshot_mut();
    if snapshot.silent_at.is_none() {
        snapshot.restart_silence_timer(silent_after, pass.now);
    }
}

/// The clocks never refuse these events.
fn apply(pass: &Pass<'_>, unit: &mut UnitOfWork, event: ClockEvent) {
    let hours = pass.hours(unit.snapshot());
    let clocks = &mut unit.conversation.snapshot.clocks;
    let due = clocks.apply(unix_ms(pass.now), event, hours);
    unit.due.extend(due.unwrap_or_default());
}
