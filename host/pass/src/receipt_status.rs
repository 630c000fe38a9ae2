//! Whether a delivery is accepted.

use std::time::Duration;

use patchbay_journal::{InputKind, Ordinal};

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
    /// Its id is known with other words, and its sender says that it is no edit.
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
