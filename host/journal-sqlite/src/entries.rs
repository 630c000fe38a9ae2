//! The history of conversations and companies.

use jiff::Timestamp;
use patchbay_journal::limits::{self, check_count, check_length};
use patchbay_journal::{
    CompanyId, ContactId, ConversationId, Entries, Entry, EntryPage, EntryScope, FeedPage,
    MessagePage, Note, PlacedMessage, Result,
};
use rusqlite::{Row, params};

use super::intake::{COLUMNS as INPUT_COLUMNS, read_input};
use super::{
    Micros, PERSON, Query, SqliteJournal, WriteTransaction, clamp_i64, id, newest_feed,
    oldest_feed, optional_id, time, value,
};

pub(super) const COLUMNS: &str =
    "v.id, e.sequence, e.feed, e.kind, e.at, e.input, e.head, e.sealed, e.contact, e.scope";

pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        conversation: optional_id(row, 0)?,
        sequence: row.get(1)?,
        feed: row.get(2)?,
        kind: row.get(3)?,
        at: time(row, 4)?,
        input: optional_id(row, 5)?,
        head: row.get(6)?,
        sealed: row.get(7)?,
        contact: optional_id(row, 8)?,
        scope: match row.get_ref(9)?.as_str_or_null()? {
            Some(text) => EntryScope::from_text(text),
            None => None,
        },
    })
}

impl Entries for SqliteJournal {
    fn entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let query = format!(
            "SELECT {COLUMNS} FROM conversation v CROSS JOIN entry e
               ON e.company = ?1 AND e.conversation = v.number
             WHERE v.company = ?1 AND v.id = ?2 AND e.sequence > ?3 ORDER BY e.sequence LIMIT ?4"
        );
        let params = params![
            company.0,
            conversation.0,
            clamp_i64(after),
            clamp_i64(limit)
        ];
        self.read(|sql| sql.read_all(&query, params, entry))
    }

    fn entries_before(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let query = format!(
            "SELECT {COLUMNS} FROM conversation v CROSS JOIN entry e INDEXED BY entry_sequence
               ON e.company = ?1 AND e.conversation = v.number
             WHERE v.company = ?1 AND v.id = ?2 AND e.sequence < ?3
             ORDER BY e.sequence DESC LIMIT ?4"
        );
        let params = params![
            company.0,
            conversation.0,
            clamp_i64(before),
            clamp_i64(limit)
        ];
        let mut newest_first = self.read(|sql| sql.read_all(&query, params, entry))?;
        newest_first.reverse();
        Ok(newest_first)
    }

    fn messages(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        page: MessagePage,
        limit: usize,
    ) -> Result<Vec<PlacedMessage>> {
        let (place, bound, order) = match page {
            MessagePage::After(place) => (place, ">", "ASC"),
            MessagePage::Before(place) => (place, "<", "DESC"),
        };
        // Where the place is one of the conversation, the entries before or after it need
        // not be read. Inputs are recorded in the order of their ordinals.
        let entry_of_place = "SELECT e.sequence FROM entry e JOIN conversation v
               ON v.number = e.conversation
             WHERE e.company = ?1 AND e.input = ?3 AND v.id = ?2";
        let query = format!(
            "SELECT {INPUT_COLUMNS}, p.ordinal, e.sequence
             FROM conversation v CROSS JOIN entry e INDEXED BY entry_sequence
               ON e.company = ?1 AND e.conversation = v.number
             CROSS JOIN inbound p ON p.ordinal = e.input
             CROSS JOIN inbound i ON i.ordinal =
               (SELECT c.ordinal FROM inbound c
                WHERE c.company = ?1 AND c.channel = p.channel AND c.account = p.account
                  AND c.message = p.message AND c.kind <> 'reaction'
                  AND ifnull(c.wording, 0) <> 2
                ORDER BY c.ordinal DESC LIMIT 1)
             WHERE v.company = ?1 AND v.id = ?2 AND e.sequence {bound} ?4 AND e.input {bound} ?3
               AND p.kind IN ('message', 'edit', 'echo')
               AND ifnull(p.wording, p.kind = 'edit') = 0
             ORDER BY e.sequence {order} LIMIT ?5"
        );
        let (company, place) = (company.0, clamp_i64(place.0));
        let mut found = self.read(|sql| {
            let key = params![company, conversation.0, place];
            let known: Option<i64> = sql.read_first(entry_of_place, key, value)?;
            let any = match page {
                MessagePage::After(_) => 0,
                MessagePage::Before(_) => i64::MAX,
            };
            let sequence = known.unwrap_or(any);
            let params = params![company, conversation.0, place, sequence, clamp_i64(limit)];
            sql.read_all(&query, params, |row| {
                Ok(PlacedMessage {
                    input: read_input(row)?,
                    place: id(row, 15)?,
                    sequence: row.get(16)?,
                })
            })
        })?;
        if matches!(page, MessagePage::Before(_)) {
            found.reverse();
        }
        Ok(found)
    }

    fn journey(
        &self,
        company: CompanyId,
        contact: ContactId,
        page: EntryPage,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let (bound, number, order) = match page {
            EntryPage::After(feed) => ("e.feed > ?3", feed, "ASC"),
            EntryPage::Before(feed) => ("e.feed < ?3", feed, "DESC"),
        };
        // Through the person's few conversations, not along the company's feed.
        let query = format!(
            "{PERSON} SELECT {COLUMNS} FROM conversation v CROSS JOIN entry e INDEXED BY entry_sequence
               ON e.company = ?1 AND e.conversation = v.number
             WHERE v.company = ?1 AND v.contact IN (SELECT id FROM person) AND {bound}
             ORDER BY e.feed {order} LIMIT ?4"
        );
        let params = params![company.0, contact.0, clamp_i64(number), clamp_i64(limit)];
        self.read(|sql| sql.read_all(&query, params, entry))
    }

    fn thread_entries(
        &self,
        company: CompanyId,
        thread: &[u8],
        kinds: &[u16],
        page: EntryPage,
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let (bound, number, order) = match page {
            EntryPage::After(feed) => ("e.feed > ?3", feed, "ASC"),
            EntryPage::Before(feed) => ("e.feed < ?3", feed, "DESC"),
        };
        let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        let query = format!(
            "SELECT v.id, e.sequence, e.feed, e.kind, e.at, e.input, e.head, x'', e.contact, NULL
             FROM conversation v CROSS JOIN entry e INDEXED BY entry_sequence
               ON e.company = ?1 AND e.conversation = v.number
             WHERE v.company = ?1 AND v.thread = ?2 AND {bound} AND e.kind IN ({})
             ORDER BY e.feed {order} LIMIT ?4",
            kinds.join(", ")
        );
        let params = params![company.0, thread, clamp_i64(number), clamp_i64(limit)];
        let mut entries = self.read(|sql| sql.read_all(&query, params, entry))?;
        if matches!(page, EntryPage::Before(_)) {
            entries.reverse();
        }
        Ok(entries)
    }

    fn feed(&self, company: CompanyId, after: u64, limit: usize) -> Result<FeedPage> {
        let query = format!(
            "SELECT {COLUMNS} FROM entry e LEFT JOIN conversation v ON v.number = e.conversation
             WHERE e.company = ?1 AND e.feed > ?2 ORDER BY e.feed LIMIT ?3"
        );
        let params = params![company.0, clamp_i64(after), clamp_i64(limit)];
        self.read(|sql| {
            Ok(FeedPage {
                entries: sql.read_all(&query, params, entry)?,
                oldest: oldest_feed(sql, company)?,
                newest: newest_feed(sql, company)?,
            })
        })
    }

    fn newest_note(
        &self,
        company: CompanyId,
        kinds: &[u16],
        after: Timestamp,
    ) -> Result<Option<Entry>> {
        let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        let query = format!(
            "SELECT {COLUMNS} FROM entry e INDEXED BY entry_note
             LEFT JOIN conversation v ON v.number = e.conversation
             WHERE e.company = ?1 AND e.conversation IS NULL AND e.at > ?2 AND e.kind IN ({})
             ORDER BY e.at DESC, e.feed DESC LIMIT 1",
            kinds.join(", ")
        );
        self.read(|sql| sql.read_first(&query, params![company.0, Micros(after)], entry))
    }

    fn append_notes(&self, company: CompanyId, notes: Vec<Note>) -> Result<u64> {
        check_notes(&notes)?;
        self.write(notes.len(), move |work| append_notes(work, company, &notes))
    }
}

pub(super) fn check_notes(notes: &[Note]) -> Result<()> {
    check_count("number of notes", notes.len(), limits::NOTES)?;
    for note in notes {
        check_length("head", &note.head, limits::NOTE_HEAD)?;
    }
    Ok(())
}

/// Append notes to the company's feed; returns the number of the first.
pub(super) fn append_notes(
    work: &mut WriteTransaction<'_>,
    company: CompanyId,
    notes: &[Note],
) -> Result<u64> {
    let first = work
        .cache
        .assign_feed(work.sql, company, notes.len() as u64)?;
    for (note, index) in notes.iter().zip(0..) {
        work.sql.run(
            "INSERT INTO entry (company, feed, conversation, sequence, kind, at, head, sealed)
             VALUES (?1, ?2, NULL, 0, ?3, ?4, ?5, x'')",
            params![
                company.0,
                first + index,
                note.kind,
                Micros(note.at),
                note.head
            ],
        )?;
    }
    Ok(first)
}
