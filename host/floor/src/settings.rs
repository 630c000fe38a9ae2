//! A company's settings of its floor.

use patchbay_config::duration::Seconds;
use patchbay_model::capacity::Capacity;
use patchbay_model::desk::{BackOff, LONGEST_OFFER};
use serde::{Deserialize, Serialize};

use super::error::FloorError;

/// Settings of a floor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FloorSettings {
    /// Weight and maximum of each medium; see [`Capacity`] for the defaults.
    pub capacity: Capacity,
    /// Time until an offer times out, 1 s to [`LONGEST_OFFER`]; 120 s by
    /// default. A conversation's terms may override it.
    pub offer_timeout: Seconds,
    /// Time until a conversation may be offered again to an agent who refused.
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

pub(super) fn check_timeout(timeout: Seconds) -> Result<(), FloorError> {
    if timeout.0 == 0 || timeout > LONGEST_OFFER {
        return Err(FloorError::OfferTimeout { seconds: timeout.0 });
    }
    Ok(())
}
