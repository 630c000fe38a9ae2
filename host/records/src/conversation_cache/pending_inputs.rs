//! Accepted inputs and their parsed interactions, until a pass decides them:
//! saves reading the journal, opening the seal and parsing again.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use patchbay_journal::{Input, Ordinal};
use patchbay_model::interaction::Interaction;

/// Most bytes of the sealed bodies; the oldest inputs go first.
const MAX_BYTES: usize = 64 << 20;

/// An accepted input.
#[derive(Debug)]
pub struct PendingInput {
    /// As the journal stores it.
    pub input: Input,
    /// `None` where the input was read from the journal: its body is sealed.
    pub interaction: Option<Arc<Interaction>>,
}

/// The inputs that wait for a pass, bounded by bytes.
#[derive(Debug, Default)]
pub struct PendingInputs(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    inputs: BTreeMap<Ordinal, PendingInput>,
    bytes: usize,
    /// Counts the calls of [`PendingInputs::clear`].
    epoch: u64,
}

impl PendingInputs {
    /// To be read before an interaction is sealed and given to
    /// [`put`](Self::put): its author may be erased between the two.
    pub fn epoch(&self) -> u64 {
        self.0.lock().epoch
    }

    /// Put an input that was accepted. It is dropped where [`clear`](Self::clear) was called since
    /// `epoch`.
    pub fn put(&self, pending: PendingInput, epoch: u64) {
        let bytes = pending.input.body.len();
        let mut inner = self.0.lock();
        if inner.epoch != epoch || bytes > MAX_BYTES {
            return;
        }
        while inner.bytes + bytes > MAX_BYTES {
            let Some((_, oldest)) = inner.inputs.pop_first() else {
                break;
            };
            inner.bytes -= oldest.input.body.len();
        }
        inner.bytes += bytes;
        if let Some(before) = inner.inputs.insert(pending.input.ordinal, pending) {
            inner.bytes -= before.input.body.len();
        }
    }

    /// Take an input out to decide it; `None` where the journal has to be read.
    pub fn take(&self, ordinal: Ordinal) -> Option<PendingInput> {
        let mut inner = self.0.lock();
        let pending = inner.inputs.remove(&ordinal)?;
        inner.bytes -= pending.input.body.len();
        Some(pending)
    }

    /// Drop everything: a contact was erased, merged or split.
    pub fn clear(&self) {
        let mut inner = self.0.lock();
        let epoch = inner.epoch + 1;
        *inner = Inner {
            epoch,
            ..Inner::default()
        };
    }
}
