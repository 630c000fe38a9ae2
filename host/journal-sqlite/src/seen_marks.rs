//! How far each person has read a conversation.

use jiff::Timestamp;
use patchbay_journal::limits::{SEEN_MARKS, check_length};
use patchbay_journal::{CompanyId, ContactId, ConversationId, Result, SeenMark, SeenMarks};
use patchbay_model::input;
use rusqlite::{Connection, Row, params};

use super::{Micros, Query, SqliteJournal, clamp_i64, value};

impl SeenMarks for SqliteJournal {
    fn mark_seen(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        person: &str,
        sequence: u64,
        at: Timestamp,
    ) -> Result<Option<SeenMark>> {
        check_length("person", person, input::ID_BYTES)?;
        let known = self.read(|sql| find(sql, company, conversation, person))?;
        if known.is_some_and(|known| known.sequence >= sequence) {
            return Ok(known);
        }
        let person = person.to_owned();
        self.write(1, move |work| {
            let number = "SELECT number FROM conversation WHERE company = ?1 AND id = ?2";
            let key = params![company.0, conversation.0];
            let number: Option<i64> = work.sql.read_first(number, key, value)?;
            let Some(number) = number else {
                return Ok(None);
            };
            let (seen, at) = (clamp_i64(sequence), Micros(at));
            work.sql.run(
                "INSERT INTO seen_mark (company, conversation, person, sequence, input, at)
                 VALUES (?1, ?2, ?3, ?4, ifnull((SELECT input FROM entry INDEXED BY entry_sequence
                   WHERE company = ?1 AND conversation = ?2 AND sequence <= ?4
                     AND input IS NOT NULL ORDER BY sequence DESC LIMIT 1), 0), ?5)
                 ON CONFLICT (company, conversation, person) DO UPDATE
                 SET sequence = excluded.sequence, input = excluded.input, at = excluded.at
                 WHERE excluded.sequence > seen_mark.sequence",
                params![company.0, number, person, seen, at],
            )?;
            work.sql.run(
                "DELETE FROM seen_mark WHERE company = ?1 AND conversation = ?2 AND person IN
                   (SELECT person FROM seen_mark WHERE company = ?1 AND conversation = ?2
                    ORDER BY at DESC, person LIMIT -1 OFFSET ?3)",
                params![company.0, number, SEEN_MARKS],
            )?;
            find(work.sql, company, conversation, &person)
        })
    }

    fn seen_marks(
        &self,
        company: CompanyId,
        person: &str,
        conversations: &[ConversationId],
    ) -> Result<Vec<Option<SeenMark>>> {
        self.read(|sql| {
            let mut all = conversations.iter();
            all.try_fold(Vec::new(), |mut marks, id| {
                marks.push(find(sql, company, *id, person)?);
                Ok(marks)
            })
        })
    }
}

fn find(
    sql: &Connection,
    company: CompanyId,
    conversation: ConversationId,
    person: &str,
) -> Result<Option<SeenMark>> {
    let query = "SELECT m.sequence, m.input FROM conversation v CROSS JOIN seen_mark m
         ON m.company = v.company AND m.conversation = v.number AND m.person = ?3
         WHERE v.company = ?1 AND v.id = ?2";
    let mark = |row: &Row<'_>| {
        Ok(SeenMark {
            sequence: row.get(0)?,
            input: row.get(1)?,
        })
    };
    sql.read_first(query, params![company.0, conversation.0, person], mark)
}

/// Deletes those of the conversations of a contact that is erased.
pub(super) fn delete_of_contact(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<u64> {
    sql.run(
        "DELETE FROM seen_mark WHERE company = ?1 AND conversation IN
           (SELECT number FROM conversation WHERE company = ?1 AND contact = ?2)",
        params![company.0, contact.0],
    )
}

/// Deletes those of a conversation.
pub(super) fn delete_of_conversation(
    sql: &Connection,
    company: CompanyId,
    conversation: i64,
) -> Result<u64> {
    let query = "DELETE FROM seen_mark WHERE company = ?1 AND conversation = ?2";
    sql.run(query, params![company.0, conversation])
}
