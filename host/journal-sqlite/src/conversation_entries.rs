//! Entries of some kinds in one conversation.

use patchbay_journal::{CompanyId, ConversationEntries, ConversationId, Entry, Result};
use rusqlite::params;

use super::entries::{COLUMNS, entry};
use super::{Query, SqliteJournal, clamp_i64};

/// Start of a query of the entries of some kinds of the conversation ?2.
fn of_kinds(kinds: &[u16]) -> String {
    let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    format!(
        "SELECT {COLUMNS} FROM conversation v CROSS JOIN entry e INDEXED BY entry_sequence
           ON e.company = ?1 AND e.conversation = v.number
         WHERE v.company = ?1 AND v.id = ?2 AND e.kind IN ({})",
        kinds.join(", ")
    )
}

impl ConversationEntries for SqliteJournal {
    fn newest_entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kind: u16,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let query = format!(
            "{} AND e.sequence < ?3 ORDER BY e.sequence DESC LIMIT ?4",
            of_kinds(&[kind])
        );
        let before = before.map_or(i64::MAX, clamp_i64);
        let params = params![company.0, conversation.0, before, clamp_i64(limit)];
        let mut newest_first = self.read(|sql| sql.read_all(&query, params, entry))?;
        newest_first.reverse();
        Ok(newest_first)
    }

    fn newest_entry_with(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kinds: &[u16],
        (field, text): (&'static str, &str),
    ) -> Result<Option<Entry>> {
        let query = format!(
            "{} AND json_extract(e.head, ?3) = ?4 ORDER BY e.sequence DESC LIMIT 1",
            of_kinds(kinds)
        );
        let path = format!("$.{field}");
        let params = params![company.0, conversation.0, path, text];
        self.read(|sql| sql.read_first(&query, params, entry))
    }
}
