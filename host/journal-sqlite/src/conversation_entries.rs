//! Entries of one kind in one conversation.

use patchbay_journal::{CompanyId, ConversationEntries, ConversationId, Entry, Result};
use rusqlite::params;

use super::entries::{COLUMNS, entry};
use super::{Query, SqliteJournal, clamp_i64};

/// Start of a query of the entries of the kind ?3 of the conversation ?2.
fn of_kind() -> String {
    format!(
        "SELECT {COLUMNS} FROM conversation v CROSS JOIN entry e INDEXED BY entry_sequence
           ON e.company = ?1 AND e.conversation = v.number
         WHERE v.company = ?1 AND v.id = ?2 AND e.kind = ?3"
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
            "{} AND e.sequence < ?4 ORDER BY e.sequence DESC LIMIT ?5",
            of_kind()
        );
        let before = before.map_or(i64::MAX, clamp_i64);
        let params = params![company.0, conversation.0, kind, before, clamp_i64(limit)];
        let mut newest_first = self.read(|sql| sql.read_all(&query, params, entry))?;
        newest_first.reverse();
        Ok(newest_first)
    }

    fn entry_with(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kind: u16,
        (field, text): (&'static str, &str),
    ) -> Result<Option<Entry>> {
        let query = format!("{} AND json_extract(e.head, ?4) = ?5 LIMIT 1", of_kind());
        let path = format!("$.{field}");
        let params = params![company.0, conversation.0, kind, path, text];
        self.read(|sql| sql.read_first(&query, params, entry))
    }
}
