//! What Twilio says of a call in a request.

use patchbay_adapter::{InboundRequest, form};

use super::turn::Turn;
use crate::twilio::Parameters;

/// Parameter that [`Call`] finds in the URL to which the status of a reply's call goes: the
/// key of the reply.
pub(super) const REPLY: &str = "reply";

/// Fragment of a URL: Twilio repeats a request that fails, up to three times. Without it
/// what a caller says while the host is busy would be lost. Twilio signs no fragment.
pub(super) const RETRIES: &str = "#rc=3&rp=5xx,ct,rt";

/// A request about a call.
pub(super) struct Call {
    pub(super) parameters: Parameters,
    pub(super) turn: Turn,
    /// The key of the reply for which the host placed the call.
    pub(super) reply: Option<String>,
}

/// What a request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// How far a call of the company came.
    Outgoing,
    /// A call comes in.
    Start,
    /// The caller said this, perhaps as the last words before hanging up.
    Speech(String),
    /// The caller said nothing.
    Silence,
    /// A call that came in is over; the status with which it ended.
    End(String),
}

impl Call {
    /// Reads a request.
    pub(super) fn read(request: &InboundRequest<'_>) -> Call {
        let query = form::parameters(request.query().as_bytes());
        let mut keys = query
            .into_iter()
            .filter(|(name, _)| name == REPLY.as_bytes());
        let key = keys.next().map(|(_, value)| value);
        Call {
            parameters: Parameters::read(request),
            turn: Turn::read(request),
            reply: key.and_then(|key| String::from_utf8(key).ok()),
        }
    }

    /// What it says.
    pub(super) fn occasion(&self) -> Occasion {
        let direction = self.parameters.text("Direction");
        if self.reply.is_some() || direction.as_deref() == Some("outbound-api") {
            return Occasion::Outgoing;
        }
        let speech = self.parameters.text("SpeechResult").unwrap_or_default();
        if !speech.trim().is_empty() {
            return Occasion::Speech(speech.trim().to_owned());
        }
        let status = self.parameters.text("CallStatus").unwrap_or_default();
        match &*status {
            "completed" | "busy" | "no-answer" | "failed" | "canceled" => {
                Occasion::End(status.into_owned())
            }
            _ if self.turn.round == 0 => Occasion::Start,
            _ => Occasion::Silence,
        }
    }
}
