//! Entries of some kinds in one conversation.

use patchbay_journal::{CompanyId, ConversationEntries, ConversationId, Entry, Result, WrittenId};
use rusqlite::params;

use super::entries::{COLUMNS, entry};
use super::{Query, SqliteJournal, clamp_i64};

/// Start of a query of the entries of some kinds of the conversation ?2.
fn of_kinds(kinds: &[u16], index: &str) -> String {
    let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    format!(
        "SELECT {COLUMNS} FROM conversation v CROSS JOIN entry e INDEXED BY {index}
           ON e.company = ?1 AND e.conversation = v.number
         WHERE v.company = ?1 AND v.id = ?2 AND e.kind IN ({})",
        kinds.join(", ")
    )
}

/// The query of the newest entry about what has the id ?3. It repeats the condition and the
/// expression of an index.
fn about(kinds: &[u16], id: WrittenId<'_>) -> String {
    let (index, condition, field) = match id {
        WrittenId::Reply(_) => ("entry_reply", "e.kind BETWEEN 95 AND 111", "$.reply"),
        WrittenId::Note(_) => ("entry_written_note", "e.kind = 112", "$.note"),
    };
    format!(
        "{} AND {condition} AND json_extract(e.head, '{field}') = ?3
         ORDER BY e.sequence DESC LIMIT 1",
        of_kinds(kinds, index)
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
            of_kinds(&[kind], "entry_sequence")
        );
        let before = before.map_or(i64::MAX, clamp_i64);
        let params = params![company.0, conversation.0, before, clamp_i64(limit)];
        let mut newest_first = self.read(|sql| sql.read_all(&query, params, entry))?;
        newest_first.reverse();
        Ok(newest_first)
    }

    fn newest_entry_about(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        kinds: &[u16],
        id: WrittenId<'_>,
    ) -> Result<Option<Entry>> {
        let query = about(kinds, id);
        let (WrittenId::Reply(text) | WrittenId::Note(text)) = id;
        let params = params![company.0, conversation.0, text];
        self.read(|sql| sql.read_first(&query, params, entry))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, StatementStatus};

    use super::*;
    use crate::schema;

    /// Steps of SQLite's machine until the newest entry about a reply or note is found.
    fn steps(sql: &Connection, kind: u16, id: WrittenId<'_>) -> (Option<u64>, i32) {
        let mut statement = sql.prepare(&about(&[kind], id)).expect("prepared");
        let (WrittenId::Reply(text) | WrittenId::Note(text)) = id;
        let mut rows = statement.query(params![1, [0_u8; 16], text]).expect("read");
        let row = rows.next().expect("read");
        let found = row.map(|row| entry(row).expect("an entry").sequence);
        drop(rows);
        (found, statement.get_status(StatementStatus::VmStep))
    }

    #[test]
    fn a_reply_or_note_is_found_as_fast_in_a_conversation_of_any_length() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("journal.db");
        let sql = schema::open_writer(&path, &[0; 16]).expect("opened");
        sql.execute_batch(
            "INSERT INTO company (id, name) VALUES (1, 'acme');
             INSERT INTO conversation (company, id, sequence, state, touched_at, snapshot,
               thread, opened_at, live)
             VALUES (1, zeroblob(16), 1, 'active', 0, x'01', x'02', 0, 1);",
        )
        .expect("a conversation");
        // Three entries about each reply, a note, and one of another kind.
        let lengthen = |to: u64| {
            let added = sql.execute(
                "WITH RECURSIVE n (i) AS (
                   SELECT 1 + (SELECT count(*) FROM entry) UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                 INSERT INTO entry (company, feed, conversation, sequence, kind, at, head, sealed)
                 SELECT 1, i, 1, i,
                   CASE i % 5 WHEN 0 THEN 95 WHEN 1 THEN 96 WHEN 2 THEN 103 WHEN 3 THEN 112 ELSE 1 END, 0,
                   CASE i % 5 WHEN 3 THEN json_object('note', 'n' || i)
                     WHEN 4 THEN '{}' ELSE json_object('reply', 'r' || (i / 5)) END, x''
                 FROM n",
                [to],
            );
            added.expect("entries");
        };
        let wanted = [
            (95, WrittenId::Reply("r1")),
            (103, WrittenId::Reply("r1")),
            (112, WrittenId::Note("n8")),
            (95, WrittenId::Reply("new")),
            (112, WrittenId::Note("new")),
        ];
        let all = || wanted.map(|(kind, id)| steps(&sql, kind, id));
        lengthen(20);
        let short = all();
        assert_eq!(
            short.map(|(found, _)| found),
            [Some(5), Some(7), Some(8), None, None]
        );
        lengthen(5_000);
        assert_eq!(all(), short);
    }
}
