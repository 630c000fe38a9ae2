//! Reading decisions back: which there were, what one was made on, what each
//! policy read and said, and the same again in the sandbox.
//!
//! A decision is known by the number of its entry in the company's feed.

pub mod explain;
mod given;
mod list;
mod mask;

use patchbay_engine::replay::{
    NotReplayable, PluginReplay, PluginSource, RecordedResult, ReplayVerdict, replay,
};
use patchbay_journal::{CompanyId, Entry, Journal, JournalError, Purpose, SealError};
use patchbay_model::outcome::OutcomeKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use given::{RecordedInput, Sources, Texts};
pub use list::{Filter, Line, Page, list};

/// A decision, as far as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptDecision {
    /// What everybody may read of it.
    #[serde(flatten)]
    pub line: Line,
    /// Whether its author was erased: then there is nothing more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// The whole decision; absent where nothing was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Value>,
    /// What it was made on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<RecordedInput>,
    /// What had been said; absent where one of the authors was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<Texts>,
}

/// What replaying a decision came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayReport {
    /// Number of the decision.
    pub id: u64,
    /// What all parts together came to.
    #[serde(flatten)]
    pub whole: ReplayVerdict,
    /// Each plugin's part.
    pub parts: Vec<PluginReplay>,
}

/// A decision by its number; none where that is something else, or gone.
///
/// # Errors
/// [`JournalError`].
pub fn find(
    journal: &dyn Journal,
    company: CompanyId,
    id: u64,
) -> Result<Option<KeptDecision>, JournalError> {
    let Some(before) = id.checked_sub(1) else {
        return Ok(None);
    };
    let entries = journal.feed(company, before, 1)?.entries;
    let Some(entry) = entries.into_iter().find(|entry| entry.feed == id) else {
        return Ok(None);
    };
    let Some(line) = Line::of(&entry) else {
        return Ok(None);
    };
    let mut kept = KeptDecision {
        line,
        erased: false,
        record: None,
        given: None,
        texts: None,
    };
    match opened(journal, company, &entry)? {
        Opened::Nothing => {}
        Opened::Erased => kept.erased = true,
        Opened::Record(mut record) => {
            let given = record
                .as_object_mut()
                .and_then(|fields| fields.remove("given"));
            let given = given.and_then(|given| serde_json::from_value::<RecordedInput>(given).ok());
            if let Some(given) = &given {
                kept.texts = given.open(journal, company)?;
            }
            kept.given = given;
            kept.record = Some(record);
        }
    }
    Ok(Some(kept))
}

/// What the sealed part of an entry holds.
enum Opened {
    Nothing,
    Erased,
    Record(Value),
}

fn opened(
    journal: &dyn Journal,
    company: CompanyId,
    entry: &Entry,
) -> Result<Opened, JournalError> {
    let Some(contact) = entry.contact else {
        return Ok(Opened::Nothing);
    };
    match journal.open(company, contact, Purpose::Entry, &entry.sealed) {
        Ok(plain) => serde_json::from_slice(&plain)
            .map(Opened::Record)
            .map_err(|error| {
                JournalError::Corrupt(format!("the record of decision {}: {error}", entry.feed))
            }),
        Err(SealError::Erased(_)) => Ok(Opened::Erased),
        Err(SealError::Journal(error)) => Err(error),
        Err(error) => Err(JournalError::Corrupt(error.to_string())),
    }
}

impl KeptDecision {
    /// Each plugin's part.
    pub fn parts(&self) -> Vec<RecordedResult> {
        let parts = self.record.as_ref();
        let parts = parts.and_then(|record| record["stamp"]["plugins"].as_array());
        let parts = parts.into_iter().flatten();
        parts
            .filter_map(|part| serde_json::from_value(part.clone()).ok())
            .collect()
    }

    /// With what looks like personal data masked, and without who wrote.
    #[must_use]
    pub fn masked(&self) -> Value {
        mask::masked(self)
    }

    /// Something that was made of it, masked alike.
    #[must_use]
    pub fn hide(&self, document: &Value) -> Value {
        mask::hide(self, document)
    }

    /// The same decision again, in the sandbox.
    pub fn replay(&self, kept: &dyn PluginSource) -> ReplayReport {
        let parts = match self.erased {
            true => Vec::new(),
            false => replay(&self.parts(), kept),
        };
        let whole = match (self.erased, &self.record) {
            (true, _) => ReplayVerdict::not(NotReplayable::Erased),
            (false, None) => ReplayVerdict::not(NotReplayable::NoTranscript),
            (false, Some(_)) => whole(&parts),
        };
        ReplayReport {
            id: self.line.id,
            whole,
            parts,
        }
    }
}

/// What parts come to together: one that differs makes the whole differ; one
/// that was not compared is no difference, but the whole is not the same
/// either, unless it had nothing to compare.
fn whole(parts: &[PluginReplay]) -> ReplayVerdict {
    let results = || parts.iter().map(|part| &part.verdict);
    if let Some(diverged) = results().find(|part| matches!(part, ReplayVerdict::Diverged(_))) {
        return diverged.clone();
    }
    let mut all = Vec::new();
    for part in parts {
        if let ReplayVerdict::Different { differences } = &part.verdict {
            let named = differences.iter().cloned().map(|mut difference| {
                let field = std::mem::take(&mut difference.field);
                difference.field = format!("{}.{}.{field}", part.stage.as_str(), part.name);
                difference
            });
            all.extend(named);
        }
    }
    if !all.is_empty() {
        return ReplayVerdict::Different { differences: all };
    }
    let not_called = |part: &&ReplayVerdict| {
        matches!(
            part,
            ReplayVerdict::NotReplayable {
                why: NotReplayable::NotCalled,
                ended: Some(OutcomeKind::Failed | OutcomeKind::Bypassed),
            }
        )
    };
    let mut others = results().filter(|part| !not_called(part));
    let not = others.find(|part| matches!(part, ReplayVerdict::NotReplayable { .. }));
    match not {
        Some(not) => not.clone(),
        None => ReplayVerdict::Same,
    }
}
