//! Lists a company's decisions, newest first.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use patchbay_events::EventKind;
use patchbay_journal::{CompanyId, ContactId, Entry, Journal, JournalError};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Entries read at once; few, because each may hold a long record.
const CHUNK: u64 = 25;
/// Most entries read for one page.
const MAX_SCANNED: u64 = 5_000;
/// By how much entries that are next to each other may be out of order in time.
const DISORDER: SignedDuration = SignedDuration::from_secs(60);

/// The public part of a decision: codes and numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Number of the decision's entry in the company's feed.
    pub id: u64,
    /// Id of the conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// The channel's id of the interaction, where the entry is of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<String>,
    /// Kind of the entry.
    pub kind: String,
    /// When the decision was committed.
    pub at: Timestamp,
    /// Outcome of the decision.
    pub outcome: OutcomeKind,
    /// Number of the generation that decided.
    pub generation: u64,
    /// Stages with a plugin.
    pub stages: BTreeSet<Stage>,
    /// Names of the plugins.
    pub plugins: BTreeSet<String>,
    /// `kept` or `not-kept`; absent if no transcript was requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
}

impl DecisionRow {
    /// The decision of an entry; `None` if the entry is not a decision.
    pub fn from_entry(entry: &Entry) -> Option<DecisionRow> {
        let head: Value = serde_json::from_str(&entry.head).ok()?;
        let stamp = head.get("stamp")?;
        let plugins = stamp["plugins"].as_array().map_or(&[][..], Vec::as_slice);
        let kind = EventKind::from_number(entry.kind).map_or("unknown", EventKind::as_str);
        Some(DecisionRow {
            id: entry.feed,
            conversation: entry.conversation.map(|id| id.to_string()),
            interaction: head["interaction"].as_str().map(str::to_owned),
            kind: kind.to_owned(),
            at: entry.at,
            outcome: serde_json::from_value(head.get("outcome")?.clone()).ok()?,
            generation: stamp["generation"].as_u64()?,
            stages: plugins
                .iter()
                .filter_map(|plugin| serde_json::from_value(plugin.get("stage")?.clone()).ok())
                .collect(),
            plugins: plugins
                .iter()
                .filter_map(|plugin| plugin.get("name")?.as_str().map(str::to_owned))
                .collect(),
            transcript: head["transcript"].as_str().map(str::to_owned),
        })
    }
}

/// Filter and page of a list of decisions.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Committed at this time or later.
    pub since: Option<Timestamp>,
    /// Committed before this time.
    pub until: Option<Timestamp>,
    /// Made by this generation.
    pub generation: Option<u64>,
    /// About one of these contacts; empty: about any.
    pub contacts: Vec<ContactId>,
    /// With a plugin at this stage.
    pub stage: Option<Stage>,
    /// With this outcome.
    pub outcome: Option<OutcomeKind>,
    /// With this plugin.
    pub plugin: Option<String>,
    /// Of this conversation, by id.
    pub conversation: Option<String>,
    /// About this interaction, by the channel's id.
    pub interaction: Option<String>,
    /// With a smaller number than this; [`Page::next`] of the previous page.
    pub before: Option<u64>,
    /// Most decisions of the page.
    pub limit: usize,
}

impl Filter {
    /// The decision of an entry, if it is one that this filter wants.
    fn decision(&self, entry: &Entry) -> Option<DecisionRow> {
        let is_about = |contact: ContactId| self.contacts.contains(&contact);
        if !self.contacts.is_empty() && !entry.contact.is_some_and(is_about) {
            return None;
        }
        DecisionRow::from_entry(entry).filter(|row| self.matches(row))
    }

    fn matches(&self, row: &DecisionRow) -> bool {
        let plugin = self.plugin.as_ref();
        let is =
            |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        self.since.is_none_or(|since| row.at >= since)
            && self.until.is_none_or(|until| row.at < until)
            && (self.generation).is_none_or(|generation| row.generation == generation)
            && self.stage.is_none_or(|stage| row.stages.contains(&stage))
            && self.outcome.is_none_or(|outcome| row.outcome == outcome)
            && plugin.is_none_or(|plugin| row.plugins.contains(plugin))
            && is(&self.conversation, &row.conversation)
            && is(&self.interaction, &row.interaction)
    }
}

/// A page of decisions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    /// Newest first.
    pub decisions: Vec<DecisionRow>,
    /// [`Filter::before`] of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// One page of a company's decisions, newest first. Reads at most 5,000
/// entries: a page may be short although more decisions follow.
pub fn list(
    journal: &dyn Journal,
    company: CompanyId,
    filter: &Filter,
) -> Result<Page, JournalError> {
    let page = |decisions, next| Ok(Page { decisions, next });
    let ends = journal.feed(company, 0, 1)?;
    let before = filter.before.unwrap_or(u64::MAX);
    let mut last = before.saturating_sub(1).min(ends.newest);
    if let Some(until) = filter.until {
        let after = until.checked_add(DISORDER).unwrap_or(Timestamp::MAX);
        last = last_before(journal, company, ends.oldest, last, after)?;
    }
    let mut decisions: Vec<DecisionRow> = Vec::new();
    let mut scanned = 0;
    while last >= ends.oldest.max(1) {
        if scanned >= MAX_SCANNED {
            return page(decisions, Some(last + 1));
        }
        scanned += CHUNK;
        let after = last.saturating_sub(CHUNK);
        let mut entries = journal.feed(company, after, CHUNK as usize)?.entries;
        entries.retain(|entry| entry.feed <= last);
        // Lanes commit slightly out of order: stop after a whole older chunk.
        let is_over = filter.since.is_some_and(|since| {
            !entries.is_empty() && entries.iter().all(|entry| entry.at < since)
        });
        for row in entries
            .iter()
            .rev()
            .filter_map(|entry| filter.decision(entry))
        {
            if decisions.len() >= filter.limit {
                let next = decisions.last().map(|row| row.id);
                return page(decisions, next);
            }
            decisions.push(row);
        }
        if is_over {
            break;
        }
        last = after;
    }
    page(decisions, None)
}

/// The number of an entry near the last one before a time, between `oldest` and
/// `newest`: no later entry is before it, but for [`DISORDER`].
fn last_before(
    journal: &dyn Journal,
    company: CompanyId,
    oldest: u64,
    newest: u64,
    time: Timestamp,
) -> Result<u64, JournalError> {
    let (mut low, mut high) = (oldest.saturating_sub(1), newest);
    while low < high {
        let middle = low + (high - low) / 2;
        // Numbers may have gaps: the next entry after `middle` decides.
        let entries = journal.feed(company, middle, 1)?.entries;
        match entries.first() {
            Some(entry) if entry.feed <= high && entry.at < time => low = entry.feed,
            _ => high = middle,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_found_by_conversation_and_interaction() {
        let row: DecisionRow = serde_json::from_value(serde_json::json!({
            "id": 1, "conversation": "c1", "interaction": "m1", "kind": "message",
            "at": "2026-03-02T10:00:00Z", "outcome": "ok", "generation": 1,
            "stages": ["classify"], "plugins": ["care"],
        }))
        .expect("a row");
        let filter = |conversation: Option<&str>, interaction: Option<&str>| Filter {
            conversation: conversation.map(str::to_owned),
            interaction: interaction.map(str::to_owned),
            ..Filter::default()
        };
        for (conversation, interaction, is_match) in [
            (None, None, true),
            (Some("c1"), None, true),
            (Some("c1"), Some("m1"), true),
            (Some("c2"), None, false),
            (None, Some("m2"), false),
            (Some("c1"), Some("m2"), false),
        ] {
            let found = filter(conversation, interaction).matches(&row);
            assert_eq!(found, is_match, "{conversation:?} {interaction:?}");
        }
    }
}
