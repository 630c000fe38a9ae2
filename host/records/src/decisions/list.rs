//! Which decisions there were, newest first.

use std::collections::BTreeSet;

use jiff::Timestamp;
use patchbay_journal::{CompanyId, Entry, Journal, JournalError};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use patchbay_model::event::EventKind;

/// Entries read at once: each may hold a long record.
const CHUNK: u64 = 25;
/// Entries looked at for one page.
const LOOKED_AT: u64 = 5_000;

/// What everybody may read of a decision in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number: that of its entry in the company's feed.
    pub id: u64,
    /// The conversation it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<String>,
    /// What happened: the kind of its entry.
    pub kind: String,
    /// When it was made.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: OutcomeKind,
    /// Number of the generation it was made by.
    pub generation: u64,
    /// Stages at which a plugin was asked.
    pub stages: BTreeSet<Stage>,
    /// Plugins that were asked.
    pub plugins: BTreeSet<String>,
    /// `kept`, or `not-kept` where one was wanted; absent: none was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
}

impl Line {
    /// The decision of an entry, where it is one.
    pub fn of(entry: &Entry) -> Option<Line> {
        let head: Value = serde_json::from_str(&entry.head).ok()?;
        let stamp = head.get("stamp")?;
        let parts = stamp["plugins"].as_array().map_or(&[][..], Vec::as_slice);
        let kind = EventKind::from_number(entry.kind).map_or("unknown", EventKind::as_str);
        Some(Line {
            id: entry.feed,
            conversation: entry.conversation.map(|id| id.to_string()),
            kind: kind.to_owned(),
            at: entry.at,
            outcome: serde_json::from_value(head.get("outcome")?.clone()).ok()?,
            generation: stamp["generation"].as_u64()?,
            stages: parts
                .iter()
                .filter_map(|part| serde_json::from_value(part.get("stage")?.clone()).ok())
                .collect(),
            plugins: parts
                .iter()
                .filter_map(|part| part.get("name")?.as_str().map(str::to_owned))
                .collect(),
            transcript: head["transcript"].as_str().map(str::to_owned),
        })
    }
}

/// Which decisions are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Made at this moment or later.
    pub since: Option<Timestamp>,
    /// With a plugin asked at this stage.
    pub stage: Option<Stage>,
    /// Ended this way.
    pub outcome: Option<OutcomeKind>,
    /// With this plugin asked.
    pub plugin: Option<String>,
    /// With a smaller number than this.
    pub before: Option<u64>,
    /// At most as many.
    pub limit: usize,
}

impl Filter {
    fn takes(&self, line: &Line) -> bool {
        self.since.is_none_or(|since| line.at >= since)
            && self.stage.is_none_or(|stage| line.stages.contains(&stage))
            && self.outcome.is_none_or(|outcome| line.outcome == outcome)
            && self
                .plugin
                .as_ref()
                .is_none_or(|plugin| line.plugins.contains(plugin))
    }
}

/// A stretch of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    /// Newest first.
    pub decisions: Vec<Line>,
    /// What to ask before for more; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A company's decisions, newest first.
///
/// # Errors
/// [`JournalError`].
pub fn list(
    journal: &dyn Journal,
    company: CompanyId,
    filter: &Filter,
) -> Result<Page, JournalError> {
    let ends = journal.feed(company, 0, 1)?;
    let before = filter.before.unwrap_or(u64::MAX);
    let mut last = before.saturating_sub(1).min(ends.newest);
    let mut decisions = Vec::new();
    let mut looked_at = 0;
    while last >= ends.oldest.max(1) {
        if looked_at >= LOOKED_AT {
            return Ok(page(decisions, Some(last + 1)));
        }
        looked_at += CHUNK;
        let after = last.saturating_sub(CHUNK);
        let entries = journal.feed(company, after, CHUNK as usize)?.entries;
        let entries = entries.iter().filter(|entry| entry.feed <= last);
        let entries: Vec<&Entry> = entries.collect();
        // Commits of several lanes stand a little out of order.
        let is_over = filter.since.is_some_and(|since| {
            !entries.is_empty() && entries.iter().all(|entry| entry.at < since)
        });
        for entry in entries.iter().rev() {
            let line = Line::of(entry).filter(|line| filter.takes(line));
            let Some(line) = line else {
                continue;
            };
            if decisions.len() >= filter.limit {
                let next = decisions.last().map(|line: &Line| line.id);
                return Ok(page(decisions, next));
            }
            decisions.push(line);
        }
        if is_over {
            break;
        }
        last = after;
    }
    Ok(page(decisions, None))
}

fn page(decisions: Vec<Line>, next: Option<u64>) -> Page {
    Page { decisions, next }
}
