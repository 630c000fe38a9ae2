//! What a caller hears next. Nothing that the caller said is in it.

use patchbay_adapter::InboundRequest;

use super::Voice;
use super::call::{Call, Occasion};
use super::turn::Turn;
use super::twiml::{self, HANG_UP, REJECT};

/// Most turns of a call: the last one is not answered with another.
const ROUNDS: u32 = 20;
/// How often a caller who says nothing is asked.
const SILENT_ROUNDS: u32 = 2;

/// The document that answers a request.
pub(super) fn next(adapter: &Voice, request: &InboundRequest<'_>) -> String {
    let call = Call::read(request);
    let texts = &adapter.texts;
    let say = |text: &str| twiml::say(&adapter.speech, text);
    let ask = |text: &str, has_spoken| {
        let action = call.turn.next(has_spoken).url(request);
        twiml::gather(&adapter.speech, &action, text)
    };
    let goodbye = || format!("{}{HANG_UP}", say(&texts.goodbye));
    let Turn { round, has_spoken } = call.turn;
    let verbs = match (call.occasion(), adapter.called(&call)) {
        // Twilio reads only the status of the answer.
        (Occasion::Outgoing | Occasion::End(_), _) => String::new(),
        // What the caller says would reach no agent.
        (_, None) => REJECT.to_owned(),
        (Occasion::Start, _) => ask(&texts.greeting, false),
        (Occasion::Speech(_), _) if round >= ROUNDS => {
            format!("{}{}", say(&texts.confirmation), goodbye())
        }
        (Occasion::Speech(_), _) => ask(&texts.confirmation, true),
        (Occasion::Silence, _) if has_spoken || round >= SILENT_ROUNDS => goodbye(),
        (Occasion::Silence, _) => ask(&texts.greeting, false),
    };
    twiml::document(&verbs)
}
