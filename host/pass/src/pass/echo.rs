//! The channel's copy of what the company sent: a reply of the desk that comes
//! back, or one that was written elsewhere.

use patchbay_events::StoppedClock;
use patchbay_journal::Input;
use patchbay_model::interaction::Interaction;
use patchbay_records::reply::{self, ReplyStatus};
use patchbay_records::unanswered::Answer;

use super::unit_of_work::UnitOfWork;
use super::{Pass, unanswered};

/// An echo answers what the customer wrote before it. The echo of a known reply
/// answers what that reply answers, once; one that a program wrote answers
/// nothing.
pub(super) fn apply(
    pass: &Pass<'_>,
    unit: &mut UnitOfWork,
    input: &Input,
    interaction: &Interaction,
) -> EchoEffect {
    if interaction.automatic {
        return EchoEffect::default();
    }
    let known = known_reply(unit, input, interaction);
    let answer = answer_of(unit, known.as_ref(), interaction);
    EchoEffect {
        is_of_reply: known.is_some(),
        clock: answer.and_then(|answer| unanswered::answer(pass, unit, answer)),
    }
}

/// What an echo did.
#[derive(Debug, Default)]
pub(super) struct EchoEffect {
    /// Whether it is of a known reply.
    pub(super) is_of_reply: bool,
    /// The reply clock that it stopped.
    pub(super) clock: Option<StoppedClock>,
}

/// What an echo answers; `None`: nothing more than was answered already.
fn answer_of(unit: &UnitOfWork, known: Option<&String>, echo: &Interaction) -> Option<Answer> {
    let names: Vec<&str> = reply::names_in_echo(echo).collect();
    let mut sending = unit.snapshot().sending.iter();
    let sending = sending.find(|sending| {
        known == Some(&sending.id)
            || names.contains(&sending.key.as_str())
            || names.contains(&sending.id.as_str())
    });
    if let Some(sending) = sending {
        // The channel has it, whatever its target says later.
        return Some(sending.answer());
    }
    // Of older replies only the key tells that they are the desk's.
    let conversation = unit.conversation.row.id;
    let is_own = |name: &&str| reply::is_outbox_key_of(conversation, name);
    if known.is_some() || names.iter().any(is_own) {
        return None;
    }
    Some(match echo.received_at {
        Some(at) => Answer::WrittenBefore(at),
        None => Answer::Everything,
    })
}

/// The id of the desk's reply that came back: the one the echo names, else one
/// with its text.
fn known_reply(unit: &mut UnitOfWork, input: &Input, echo: &Interaction) -> Option<String> {
    let went_out = |status| {
        matches!(
            status,
            ReplyStatus::Published | ReplyStatus::Delivered | ReplyStatus::Undeliverable
        )
    };
    let answers = &mut unit.snapshot_mut().answers;
    let mut sent = answers.iter_mut().filter(|known| went_out(known.status));
    let named = sent.position(|known| {
        let expected = known.echo.as_ref();
        expected.is_some_and(|expected| expected.is_named_by(&known.id, echo))
    });
    let mut sent = answers.iter_mut().filter(|known| went_out(known.status));
    let found = match named {
        Some(position) => sent.nth(position),
        None => sent.find(|known| {
            let expected = known.echo.as_ref();
            expected.is_some_and(|expected| expected.resembles(echo, input.accepted_at))
        }),
    }?;
    if let Some(expected) = &mut found.echo {
        expected.has_come = true;
    }
    Some(found.id.clone())
}
