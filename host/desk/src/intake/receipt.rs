//! What the desk answers to a delivery.

use std::time::Duration;

use patchbay_journal::{InputKind, Ordinal};

/// The answer to one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The channel's id of the interaction.
    pub interaction: String,
    /// Whether the desk accepted it.
    pub status: ReceiptStatus,
}

/// Whether the desk accepted a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// It is on disk and will be decided.
    Accepted {
        /// Its place in the order of acceptance.
        ordinal: Ordinal,
        /// Its kind: a message whose id is known with other words is an edit.
        kind: InputKind,
    },
    /// The same words were accepted before.
    Duplicate {
        /// The place of the first one.
        ordinal: Ordinal,
    },
    /// Its id is known with other words, and it must not be an edit
    /// ([`Delivery::is_final`](crate::Delivery::is_final)).
    Conflict,
    /// The company stores as much as it may. The caller delivers it again once
    /// data was deleted.
    Full {
        /// How many bytes the company may store.
        limit: u64,
    },
    /// Too many inputs wait. The caller delivers it again.
    Busy {
        /// When to deliver it again.
        retry_after: Duration,
    },
}
