//! Numbers of decisions that are compared before they are committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Number of a decision: that of its entry in the company's feed. It is unknown until the
/// pass of the decision is committed, and stays unknown where it never is. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct DecisionNumber(Arc<AtomicU64>);

impl DecisionNumber {
    /// The decision was committed with this number.
    pub fn set(&self, number: u64) {
        self.0.store(number, Ordering::Relaxed);
    }

    /// The number; `None` until the decision is committed.
    pub fn get(&self) -> Option<u64> {
        // Numbers of a feed begin with 1.
        Some(self.0.load(Ordering::Relaxed)).filter(|number| *number > 0)
    }

    pub(super) fn is_unknown(&self) -> bool {
        self.get().is_none()
    }
}

impl PartialEq for DecisionNumber {
    fn eq(&self, other: &DecisionNumber) -> bool {
        self.get() == other.get()
    }
}

impl Serialize for DecisionNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DecisionNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<DecisionNumber, D::Error> {
        let number = Option::<u64>::deserialize(deserializer)?;
        Ok(DecisionNumber(Arc::new(AtomicU64::new(
            number.unwrap_or_default(),
        ))))
    }
}
