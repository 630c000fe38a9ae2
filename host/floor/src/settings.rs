//! What a company may choose about its floor.

use patchbay_model::capacity::Capacity;
use patchbay_model::desk::BackOff;
use patchbay_model::duration::Seconds;
use serde::{Deserialize, Serialize};

use super::error::FloorError;

pub use patchbay_model::desk::LONGEST_OFFER;

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
