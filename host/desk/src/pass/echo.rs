//! The channel's copy of what the company sent: a reply of the desk that comes
//! back, or one that was written elsewhere.

use patchbay_journal::Input;
use patchbay_model::interaction::Interaction;
use patchbay_records::reply::ReplyStatus;
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
) {
    if interaction.automatic {
        return;
    }
    let answer = match known_reply(unit, input, interaction) {
        Some(reply) => {
            let sending = unit.snapshot().sending.iter();
            let mut sending = sending.filter(|sending| sending.id == reply);
            match sending.next() {
                // The channel has it, whatever its target says later.
                Some(sending) => sending.answer(),
                None => return,
            }
        }
        None => match interaction.received_at {
            Some(at) => Answer::WrittenBefore(at),
            None => Answer::Everything,
        },
    };
    unanswered::answer(pass, unit, answer);
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
