//! What operators ordered for a company, as the desk has it at hand.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use patchbay_journal::{CompanyId, Directive, Journal, JournalError, Note};
use patchbay_model::bypass::{Bypass, Bypassed, Bypasses};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use patchbay_records::history::EntryKind;

/// Name of the directive that has a company take nothing in.
pub(super) const DRAIN: &str = "drain";
/// How the names of directives begin that bypass something.
const BYPASS: &str = "bypass ";

/// Nothing is taken in any more, while what is at hand is finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// Since when.
    pub since: Timestamp,
    /// Who ordered it.
    pub by: String,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What operators ordered for a company.
#[derive(Debug, Default)]
pub(super) struct Orders {
    bypasses: RwLock<Arc<Bypasses>>,
    drain: RwLock<Option<Drain>>,
    /// Held while they change, here and in the journal.
    pub(super) changing: Mutex<()>,
}

impl Orders {
    /// What the journal keeps of a company's.
    pub(super) fn read_back(
        journal: &dyn Journal,
        company: CompanyId,
    ) -> Result<Orders, JournalError> {
        let mut bypasses = Bypasses::default();
        let mut drain = None;
        for directive in journal.directives(company)? {
            let corrupt = |error: serde_json::Error| {
                JournalError::Corrupt(format!("the directive {:?}: {error}", directive.name))
            };
            match directive.name.as_str() {
                DRAIN => drain = serde_json::from_str(&directive.body).map_err(corrupt)?,
                name if name.starts_with(BYPASS) => {
                    bypasses.put(serde_json::from_str(&directive.body).map_err(corrupt)?);
                }
                // Somebody else's.
                _ => {}
            }
        }
        Ok(Orders {
            bypasses: RwLock::new(Arc::new(bypasses)),
            drain: RwLock::new(drain),
            changing: Mutex::default(),
        })
    }

    /// What is bypassed, over or not.
    pub(super) fn bypasses(&self) -> Arc<Bypasses> {
        let bypasses = self.bypasses.read();
        Arc::clone(&bypasses.unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn set_bypasses(&self, bypasses: Bypasses) {
        let mut place = self
            .bypasses
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *place = Arc::new(bypasses);
    }

    /// Whether nothing is taken in, by whom and why.
    pub(super) fn drain(&self) -> Option<Drain> {
        let drain = self.drain.read();
        drain.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_drain(&self, drain: Option<Drain>) {
        *self.drain.write().unwrap_or_else(PoisonError::into_inner) = drain;
    }
}

/// A bypass as the journal keeps it.
pub(super) fn directive(bypass: &Bypass) -> Directive {
    Directive {
        name: name(&bypass.what),
        // Its own type writes it: that cannot fail.
        body: serde_json::to_string(bypass).unwrap_or_default(),
    }
}

/// Under which name the journal keeps a bypass.
pub(super) fn name(what: &Bypassed) -> String {
    format!("{BYPASS}{what}")
}

/// What the feed says of a bypass; not the operator's own words.
pub(super) fn note(kind: EntryKind, bypass: &Bypass, more: Value, at: Timestamp) -> Note {
    let mut head = json!({
        "bypassed": bypass.what,
        "until": bypass.until,
        "let_through": bypass.let_through,
    });
    if let (Value::Object(head), Value::Object(more)) = (&mut head, more) {
        head.extend(more);
    }
    Note {
        kind: kind as u16,
        at,
        head: head.to_string(),
    }
}
