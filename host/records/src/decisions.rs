//! Stored decisions: list, read, mask, explain and replay them.
//!
//! A decision is identified by the number of its entry in the company's feed.

pub mod explain;
mod list;
mod masking;
mod recorded_input;

use patchbay_engine::replay::{
    NotReplayable, PluginReplay, PluginSource, RecordedResult, ReplayVerdict, replay,
};
use patchbay_journal::{CompanyId, Entry, Journal, JournalError, Purpose};
use patchbay_model::outcome::OutcomeKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::conversation_reader::open_sealed;

pub use list::{DecisionRow, Filter, Page, list};
pub use recorded_input::{RecordedInput, SourceTexts, TextSources};

/// A decision, as far as the journal retains it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredDecision {
    /// The public part.
    #[serde(flatten)]
    pub row: DecisionRow,
    /// Whether the author was erased, and the sealed part with them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
    /// The sealed record; absent if none was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Value>,
    /// What the plugins could read.
    #[serde(default, rename = "given", skip_serializing_if = "Option::is_none")]
    pub input: Option<RecordedInput>,
    /// The texts of [`Self::input`]; absent if one of the authors was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<SourceTexts>,
}

/// Result of [`StoredDecision::replay`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayReport {
    /// Number of the decision.
    pub id: u64,
    /// Verdict on the whole decision.
    #[serde(flatten)]
    pub whole: ReplayVerdict,
    /// Replay of each plugin.
    pub parts: Vec<PluginReplay>,
}

/// Reads a decision; `None` if the number is not that of a decision, or its
/// entry was deleted.
pub fn find(
    journal: &dyn Journal,
    company: CompanyId,
    id: u64,
) -> Result<Option<StoredDecision>, JournalError> {
    let Some(before) = id.checked_sub(1) else {
        return Ok(None);
    };
    let entries = journal.feed(company, before, 1)?.entries;
    let Some(entry) = entries.into_iter().find(|entry| entry.feed == id) else {
        return Ok(None);
    };
    let Some(row) = DecisionRow::from_entry(&entry) else {
        return Ok(None);
    };
    let mut decision = StoredDecision {
        row,
        erased: false,
        record: None,
        input: None,
        texts: None,
    };
    match open_record(journal, company, &entry)? {
        SealedRecord::Missing => {}
        SealedRecord::Erased => decision.erased = true,
        SealedRecord::Open(mut record) => {
            let input = record.as_object_mut().and_then(|it| it.remove("given"));
            let input = input.and_then(|it| serde_json::from_value::<RecordedInput>(it).ok());
            if let Some(input) = &input {
                decision.texts = input.open_texts(journal, company)?;
            }
            decision.input = input;
            decision.record = Some(record);
        }
    }
    Ok(Some(decision))
}

enum SealedRecord {
    Missing,
    Erased,
    Open(Value),
}

fn open_record(
    journal: &dyn Journal,
    company: CompanyId,
    entry: &Entry,
) -> Result<SealedRecord, JournalError> {
    let Some(contact) = entry.contact else {
        return Ok(SealedRecord::Missing);
    };
    match open_sealed(journal, company, contact, Purpose::Entry, &entry.sealed)? {
        None => Ok(SealedRecord::Erased),
        Some(plain) => serde_json::from_slice(&plain)
            .map(SealedRecord::Open)
            .map_err(|error| {
                JournalError::Corrupt(format!("the record of decision {}: {error}", entry.feed))
            }),
    }
}

impl StoredDecision {
    /// The recorded result of each plugin.
    pub fn plugin_results(&self) -> Vec<RecordedResult> {
        let record = self.record.as_ref();
        let results = record.and_then(|record| record["stamp"]["plugins"].as_array());
        let results = results.into_iter().flatten();
        results
            .filter_map(|result| serde_json::from_value(result.clone()).ok())
            .collect()
    }

    /// Repeats the decision in the sandbox and compares the results.
    pub fn replay(&self, plugins: &dyn PluginSource) -> ReplayReport {
        let parts = match self.erased {
            true => Vec::new(),
            false => replay(&self.plugin_results(), plugins),
        };
        let whole = match (self.erased, &self.record) {
            (true, _) => ReplayVerdict::not(NotReplayable::Erased),
            (false, None) => ReplayVerdict::not(NotReplayable::NoTranscript),
            (false, Some(_)) => overall_verdict(&parts),
        };
        ReplayReport {
            id: self.row.id,
            whole,
            parts,
        }
    }
}

/// The first that applies: a plugin diverged; plugins differ; a plugin that
/// has an answer was not replayable; all are the same.
fn overall_verdict(parts: &[PluginReplay]) -> ReplayVerdict {
    let verdicts = || parts.iter().map(|part| &part.verdict);
    if let Some(diverged) = verdicts().find(|it| matches!(it, ReplayVerdict::Diverged(_))) {
        return diverged.clone();
    }
    let mut all = Vec::new();
    for part in parts {
        if let ReplayVerdict::Different { differences } = &part.verdict {
            all.extend(differences.iter().cloned().map(|mut difference| {
                let field = std::mem::take(&mut difference.field);
                difference.field = format!("{}.{}.{field}", part.stage.as_str(), part.name);
                difference
            }));
        }
    }
    if !all.is_empty() {
        return ReplayVerdict::Different { differences: all };
    }
    // A plugin that was not called has no answer to compare.
    let not_called = |verdict: &&ReplayVerdict| {
        matches!(
            verdict,
            ReplayVerdict::NotReplayable {
                why: NotReplayable::NotCalled,
                ended: Some(OutcomeKind::Failed | OutcomeKind::Bypassed),
            }
        )
    };
    let mut others = verdicts().filter(|verdict| !not_called(verdict));
    let not = others.find(|verdict| matches!(verdict, ReplayVerdict::NotReplayable { .. }));
    not.cloned().unwrap_or(ReplayVerdict::Same)
}
