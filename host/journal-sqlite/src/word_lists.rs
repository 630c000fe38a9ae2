//! Word lists of conversations.

use std::sync::Arc;

use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{
    CollectedWords, Commit, CompanyId, ContactId, ConversationId, NO_WORDS, OutdatedWords, Result,
    StoredWordList, WordLists,
};
use rusqlite::{Connection, Row, params};

use super::{Query, SqliteJournal, clamp_i64, id, read_number, value, write_number};

/// Number in `meta`: version of the rules by which words are made.
const RULES: &str = "word_rules";

impl WordLists for SqliteJournal {
    fn last_word_list(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        contact: ContactId,
    ) -> Result<Option<StoredWordList>> {
        let query = "SELECT w.part, w.sealed FROM conversation v
             CROSS JOIN word_list w ON w.conversation = v.number AND w.contact = ?3
             WHERE v.company = ?1 AND v.id = ?2 ORDER BY w.part DESC LIMIT 1";
        self.read(|sql| {
            sql.read_first(
                query,
                params![company.0, conversation.0, contact.0],
                |row| {
                    Ok(StoredWordList {
                        conversation,
                        contact,
                        part: row.get(0)?,
                        sealed: row.get(1)?,
                    })
                },
            )
        })
    }

    fn word_lists(
        &self,
        company: CompanyId,
        conversations: &[ConversationId],
    ) -> Result<Vec<StoredWordList>> {
        let query = "SELECT w.contact, w.part, w.sealed FROM conversation v
             CROSS JOIN word_list w ON w.conversation = v.number
             WHERE v.company = ?1 AND v.id = ?2 ORDER BY w.contact, w.part LIMIT ?3";
        self.read(|sql| {
            let mut lists = Vec::new();
            for conversation in conversations {
                let most = limits::WORD_LISTS - lists.len();
                if most == 0 {
                    break;
                }
                let values = params![company.0, conversation.0, clamp_i64(most)];
                lists.extend(sql.read_all(query, values, |row| stored(row, *conversation))?);
            }
            Ok(lists)
        })
    }

    fn more_word_lists(
        &self,
        company: CompanyId,
        after: &StoredWordList,
    ) -> Result<Vec<StoredWordList>> {
        let query = "SELECT w.contact, w.part, w.sealed FROM conversation v
             CROSS JOIN word_list w ON w.conversation = v.number
             WHERE v.company = ?1 AND v.id = ?2 AND (w.contact, w.part) > (?3, ?4)
             ORDER BY w.contact, w.part LIMIT ?5";
        let conversation = after.conversation;
        self.read(|sql| {
            let most = clamp_i64(limits::WORD_LISTS);
            let values = params![company.0, conversation.0, after.contact.0, after.part, most];
            sql.read_all(query, values, |row| stored(row, conversation))
        })
    }

    fn count_outdated_words(&self, company: CompanyId) -> Result<u64> {
        let query = "SELECT count(*) FROM outdated_words WHERE company = ?1";
        self.read(|sql| Ok(sql.read_first(query, [company.0], value)?.unwrap_or(0)))
    }

    fn set_word_rules(&self, rules: u64) -> Result<()> {
        if self.read(|sql| read_number(sql, RULES))? == rules {
            return Ok(());
        }
        let query = match rules {
            NO_WORDS => "DELETE FROM outdated_words",
            _ => {
                "INSERT OR IGNORE INTO outdated_words (conversation, company)
                 SELECT number, company FROM conversation"
            }
        };
        self.write(limits::COMMIT_ENTRIES, move |work| {
            work.sql.run(query, [])?;
            write_number(work.sql, RULES, rules)
        })
    }

    fn delete_word_lists(&self, limit: usize) -> Result<bool> {
        let any = "SELECT 1 FROM word_list LIMIT 1";
        if !self.read(|sql| sql.has_row(any, []))? {
            return Ok(false);
        }
        let query = "DELETE FROM word_list WHERE (conversation, contact, part) IN
             (SELECT conversation, contact, part FROM word_list LIMIT ?1)";
        let limit = clamp_i64(limit);
        let deleted = self.write(limits::COMMIT_ENTRIES, move |work| {
            work.sql.run(query, [limit])
        })?;
        Ok(deleted > 0)
    }

    fn outdated_words(&self, after: u64, limit: usize) -> Result<Vec<OutdatedWords>> {
        let query = "SELECT o.conversation, o.company, v.id FROM outdated_words o
             JOIN conversation v ON v.number = o.conversation
             WHERE o.conversation > ?1 ORDER BY o.conversation LIMIT ?2";
        self.read(|sql| {
            sql.read_all(query, params![clamp_i64(after), clamp_i64(limit)], |row| {
                Ok(OutdatedWords {
                    place: row.get(0)?,
                    company: id(row, 1)?,
                    conversation: id(row, 2)?,
                })
            })
        })
    }

    fn replace_word_lists(&self, collected: Vec<CollectedWords>) -> Result<()> {
        for (_, sealed) in collected.iter().flat_map(|one| &one.lists) {
            check_length("word list", sealed, limits::COMMIT_PART)?;
        }
        let rows = collected.iter().map(|one| 2 + one.lists.len()).sum();
        let collected = Arc::new(collected);
        self.write(rows, move |work| {
            let mut all = collected.iter();
            all.try_for_each(|one| replace(work.sql, one))
        })
    }
}

/// The list of a row with its contact, part and sealed words.
fn stored(row: &Row<'_>, conversation: ConversationId) -> rusqlite::Result<StoredWordList> {
    Ok(StoredWordList {
        conversation,
        contact: id(row, 0)?,
        part: row.get(1)?,
        sealed: row.get(2)?,
    })
}

/// Write the lists of a commit, and note whether the words of its conversation are outdated.
/// Returns whether all lists are stored.
pub(super) fn write(sql: &Connection, commit: &Commit, conversation: i64) -> Result<bool> {
    let company = commit.conversation.company;
    if commit.has_outdated_words {
        // The message may be of an earlier conversation of the thread.
        sql.run(
            "INSERT OR IGNORE INTO outdated_words (conversation, company)
             SELECT number, company FROM conversation WHERE company = ?1 AND thread = ?2",
            params![company.0, commit.conversation.thread],
        )?;
    }
    let mut is_outdated = false;
    for list in &commit.words {
        let values = params![
            conversation,
            list.contact.0,
            list.part,
            company.0,
            list.sealed
        ];
        let query = match list.is_new {
            true => {
                "INSERT OR IGNORE INTO word_list (conversation, contact, part, company, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5)"
            }
            false => {
                "UPDATE word_list SET sealed = ?5
                 WHERE conversation = ?1 AND contact = ?2 AND part = ?3 AND company = ?4"
            }
        };
        // The words were collected again, or the contact erased, since the pass read them.
        is_outdated |= sql.run(query, values)? == 0;
    }
    if is_outdated {
        set_outdated(sql, company, conversation)?;
    }
    Ok(!is_outdated)
}

fn set_outdated(sql: &Connection, company: CompanyId, conversation: i64) -> Result<()> {
    sql.run(
        "INSERT OR IGNORE INTO outdated_words (conversation, company) VALUES (?1, ?2)",
        params![conversation, company.0],
    )?;
    Ok(())
}

fn replace(sql: &Connection, new: &CollectedWords) -> Result<()> {
    let (company, sequence) = (new.company, clamp_i64(new.sequence));
    let query = "SELECT number FROM conversation
         WHERE company = ?1 AND id = ?2 AND sequence = ?3";
    let of = params![company.0, new.conversation.0, sequence];
    let Some(number) = sql.read_first(query, of, value::<i64>)? else {
        return Ok(());
    };
    // Parts that a pass may have read are not used again: what it writes is noticed.
    let query = "SELECT coalesce(max(part) + 1, 0) FROM word_list WHERE conversation = ?1";
    let first: u32 = sql.read_first(query, [number], value)?.unwrap_or(0);
    sql.run("DELETE FROM word_list WHERE conversation = ?1", [number])?;
    for ((contact, sealed), part) in new.lists.iter().zip(first..) {
        sql.run(
            "INSERT INTO word_list (conversation, contact, part, company, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![number, contact.0, part, company.0, sealed],
        )?;
    }
    sql.run(
        "DELETE FROM outdated_words WHERE conversation = ?1",
        [number],
    )?;
    Ok(())
}

/// Delete those of a conversation that is deleted.
pub(super) fn delete_of_conversation(sql: &Connection, number: i64) -> Result<()> {
    sql.run("DELETE FROM word_list WHERE conversation = ?1", [number])?;
    sql.run(
        "DELETE FROM outdated_words WHERE conversation = ?1",
        [number],
    )?;
    Ok(())
}

/// Delete those of a contact.
pub(super) fn delete_of_contact(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<()> {
    let query = "DELETE FROM word_list WHERE company = ?1 AND contact = ?2";
    sql.run(query, params![company.0, contact.0])?;
    Ok(())
}
