//! Orders of people that apply to a company until they are changed: bypasses, drain,
//! and names and ends of incidents.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use patchbay_journal::{CompanyId, Directive, Journal, JournalError};
use patchbay_model::bypass::{Bypass, BypassTarget, Bypasses};
use serde::{Deserialize, Serialize};

use super::incidents::IncidentNote;

/// Name of a drain in the journal.
pub(super) const DRAIN: &str = "drain";
/// Prefix of the name of a bypass in the journal.
const BYPASS: &str = "bypass ";
/// Prefix of the name of what a supervisor says about an incident.
pub(super) const INCIDENT: &str = "incident ";

/// A company accepts no interactions and finishes what is in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// Start.
    pub since: Timestamp,
    /// The operator.
    pub by: String,
    /// The operator's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The directives of a company, as the journal stores them.
#[derive(Debug, Default)]
pub(crate) struct Directives {
    bypasses: RwLock<Arc<Bypasses>>,
    drain: RwLock<Option<Drain>>,
    /// What supervisors say about incidents, by subject.
    incidents: RwLock<BTreeMap<String, IncidentNote>>,
    /// Held while a directive changes, here and in the journal.
    pub(crate) changing: Mutex<()>,
}

impl Directives {
    pub(crate) fn load(
        journal: &dyn Journal,
        company: CompanyId,
    ) -> Result<Directives, JournalError> {
        let mut bypasses = Bypasses::default();
        let mut drain = None;
        let mut incidents = BTreeMap::new();
        for directive in journal.directives(company)? {
            let corrupt = |error: serde_json::Error| {
                JournalError::Corrupt(format!("directive {:?}: {error}", directive.name))
            };
            match directive.name.as_str() {
                DRAIN => drain = serde_json::from_str(&directive.body).map_err(corrupt)?,
                name if name.starts_with(BYPASS) => {
                    bypasses.put(serde_json::from_str(&directive.body).map_err(corrupt)?);
                }
                name if name.starts_with(INCIDENT) => {
                    let noted = serde_json::from_str(&directive.body).map_err(corrupt)?;
                    incidents.insert(name[INCIDENT.len()..].to_owned(), noted);
                }
                // Of a newer version.
                _ => {}
            }
        }
        Ok(Directives {
            bypasses: RwLock::new(Arc::new(bypasses)),
            drain: RwLock::new(drain),
            incidents: RwLock::new(incidents),
            changing: Mutex::default(),
        })
    }

    /// All bypasses, including those that are over and not ended yet.
    pub(crate) fn bypasses(&self) -> Arc<Bypasses> {
        Arc::clone(&self.bypasses.read())
    }

    pub(crate) fn set_bypasses(&self, bypasses: Bypasses) {
        *self.bypasses.write() = Arc::new(bypasses);
    }

    /// The bypasses that hold at a time.
    pub(crate) fn bypasses_at(&self, now: Timestamp) -> Arc<Bypasses> {
        let all = self.bypasses();
        match all.next_end() {
            Some(end) if end <= now => Arc::new(all.at(now)),
            _ => all,
        }
    }

    pub(crate) fn drain(&self) -> Option<Drain> {
        self.drain.read().clone()
    }

    /// What a supervisor says about an incident.
    pub(crate) fn incident(&self, subject: &str) -> Option<IncidentNote> {
        self.incidents.read().get(subject).cloned()
    }

    /// Subjects of the incidents that a supervisor says something about.
    pub(crate) fn incident_subjects(&self) -> Vec<String> {
        self.incidents.read().keys().cloned().collect()
    }

    pub(crate) fn set_incident(&self, subject: &str, note: Option<IncidentNote>) {
        let mut incidents = self.incidents.write();
        match note {
            Some(note) => incidents.insert(subject.to_owned(), note),
            None => incidents.remove(subject),
        };
    }

    pub(crate) fn set_drain(&self, drain: Option<Drain>) {
        *self.drain.write() = drain;
    }
}

/// The row of a bypass.
pub(super) fn bypass_directive(bypass: &Bypass) -> Directive {
    Directive {
        name: bypass_name(&bypass.what),
        // A struct of strings and numbers: serialization cannot fail.
        body: serde_json::to_string(bypass).unwrap_or_default(),
    }
}

/// Name of a bypass in the journal.
pub(super) fn bypass_name(what: &BypassTarget) -> String {
    format!("{BYPASS}{what}")
}
