//! What the desk answers to a delivery.

use patchbay_pass::ReceiptStatus;

/// The answer to one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The channel's id of the interaction.
    pub interaction: String,
    /// Whether the desk accepted it.
    pub status: ReceiptStatus,
}
