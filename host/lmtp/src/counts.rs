//! What the listener did, for metrics.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use patchbay_model::codes;

codes! {
    /// What became of a connection.
    pub enum ConnectionResult {
        /// It was served.
        Accepted = "accepted",
        /// There were too many, in all or from its address.
        TooMany = "too-many",
        /// Its address may not deliver.
        NotAllowed = "not-allowed",
    }
}

/// Counts since the server started.
#[derive(Debug, Default)]
pub struct LmtpCounts(Mutex<LmtpReading>);

/// The counts at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LmtpReading {
    /// Open connections.
    pub open: u64,
    /// Connections by result.
    pub connections: BTreeMap<ConnectionResult, u64>,
    /// Replies about recipients by code: 250 for each that a mail was stored for, and
    /// refusals at RCPT and after the mail. 100 codes at most, as there are replies.
    pub recipients: BTreeMap<u16, u64>,
}

impl LmtpCounts {
    /// The counts now.
    pub fn read(&self) -> LmtpReading {
        self.0.lock().clone()
    }

    pub(crate) fn count_connection(&self, result: ConnectionResult) {
        *self.0.lock().connections.entry(result).or_default() += 1;
    }

    pub(crate) fn count_recipients(&self, codes: &[u16]) {
        if codes.is_empty() {
            return;
        }
        let mut reading = self.0.lock();
        for code in codes {
            *reading.recipients.entry(*code).or_default() += 1;
        }
    }

    pub(crate) fn open(&self) {
        self.0.lock().open += 1;
    }

    pub(crate) fn close(&self) {
        self.0.lock().open -= 1;
    }
}
