//! What a company may choose about its floor.

use patchbay_model::duration::Seconds;
use serde::{Deserialize, Serialize};

use super::capacity::Capacity;
use super::error::FloorError;

/// Longest an offer may stand: a day.
pub const LONGEST_OFFER: Seconds = Seconds(86_400);

/// How a floor behaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FloorSettings {
    /// Weights and maxima; see [`Capacity`] for the default.
    pub capacity: Capacity,
    /// How long an offer stands unless its conversation says otherwise, 1 s to
    /// [`LONGEST_OFFER`]; 120 s by default.
    pub offer_timeout: Seconds,
    /// When whoever refused a conversation may be asked again.
    pub back_off: BackOff,
}

impl Default for FloorSettings {
    fn default() -> Self {
        FloorSettings {
            capacity: Capacity::default(),
            offer_timeout: Seconds(120),
            back_off: BackOff::default(),
        }
    }
}

impl FloorSettings {
    pub(super) fn check(&self) -> Result<(), FloorError> {
        check_timeout(self.offer_timeout)
    }
}

pub(super) fn check_timeout(timeout: Seconds) -> Result<(), FloorError> {
    if timeout.0 == 0 || timeout > LONGEST_OFFER {
        return Err(FloorError::OfferTimeout { seconds: timeout.0 });
    }
    Ok(())
}

/// How long somebody who declined a conversation, or let the offer time out,
/// is left alone with it while nobody else fits. It doubles with each refusal
/// of the same conversation by the same agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct BackOff {
    /// After the first refusal; 30 s by default.
    pub first: Seconds,
    /// Longest; 15 minutes by default.
    pub longest: Seconds,
}

impl Default for BackOff {
    fn default() -> Self {
        BackOff {
            first: Seconds(30),
            longest: Seconds(900),
        }
    }
}

impl BackOff {
    /// How long after this many refusals, at least 1.
    pub fn after(self, refusals: u32) -> Seconds {
        let doublings = refusals.saturating_sub(1).min(31);
        let seconds = u64::from(self.first.0) << doublings;
        Seconds(u32::try_from(seconds).unwrap_or(u32::MAX)).min(self.longest)
    }
}
