//! Conversations, by id, thread, contact and clock.

use patchbay_journal::{
    CompanyId, ContactId, Conversation, ConversationId, Conversations, MessageMatches,
    ResolvedMark, Result,
};
use patchbay_model::conversation_state::ConversationState;
use rusqlite::{Connection, Row, params};

use super::{
    PERSON, Query, SqliteJournal, clamp_i64, code, id, only_id, optional_id, optional_time, time,
    value,
};

pub(super) const COLUMNS: &str =
    "company, id, sequence, thread, contact, state, queue, owner, due_at,
    opened_at, snapshot";

pub(super) fn conversation(row: &Row<'_>) -> rusqlite::Result<Conversation> {
    Ok(Conversation {
        company: id(row, 0)?,
        id: id(row, 1)?,
        sequence: row.get(2)?,
        thread: row.get(3)?,
        contact: optional_id(row, 4)?,
        state: code(row, 5, ConversationState::from_code)?,
        queue: row.get(6)?,
        owner: row.get(7)?,
        due_at: optional_time(row, 8)?,
        opened_at: time(row, 9)?,
        snapshot: row.get(10)?,
    })
}

impl Conversations for SqliteJournal {
    fn conversation(&self, company: CompanyId, id: ConversationId) -> Result<Option<Conversation>> {
        let query = format!("SELECT {COLUMNS} FROM conversation WHERE company = ?1 AND id = ?2");
        self.read(|sql| sql.read_first(&query, params![company.0, id.0], conversation))
    }

    fn current_conversation(
        &self,
        company: CompanyId,
        thread: &[u8],
    ) -> Result<Option<Conversation>> {
        let query = format!(
            "SELECT {COLUMNS} FROM conversation WHERE company = ?1 AND thread = ?2
             ORDER BY opened_at DESC, rowid DESC LIMIT 1"
        );
        self.read(|sql| sql.read_first(&query, params![company.0, thread], conversation))
    }

    fn count_conversations(&self, company: CompanyId, thread: &[u8]) -> Result<u32> {
        let query = "SELECT count(*) FROM conversation WHERE company = ?1 AND thread = ?2";
        let count = self.read(|sql| sql.read_first(query, params![company.0, thread], value))?;
        Ok(count.unwrap_or(0))
    }

    fn conversations_of_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        let query = format!(
            "{PERSON} SELECT {COLUMNS} FROM conversation
             WHERE company = ?1 AND contact IN (SELECT id FROM person)
             ORDER BY opened_at DESC, rowid DESC LIMIT ?3"
        );
        let params = params![company.0, contact.0, clamp_i64(limit)];
        let mut newest_first = self.read(|sql| sql.read_all(&query, params, conversation))?;
        newest_first.reverse();
        Ok(newest_first)
    }

    fn unresolved_of_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        after: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationId>> {
        let query = format!(
            "{PERSON} SELECT id FROM conversation
             WHERE company = ?1 AND contact IN (SELECT id FROM person) AND state <> 'resolved'
               AND number > coalesce(
                 (SELECT number FROM conversation WHERE company = ?1 AND id = ?3), 0)
             ORDER BY number LIMIT ?4"
        );
        let after = after.map(|after| after.0);
        let params = params![company.0, contact.0, after, clamp_i64(limit)];
        self.read(|sql| sql.read_all(&query, params, |row| id(row, 0)))
    }

    fn resolved_conversations(
        &self,
        company: CompanyId,
        contact: Option<ContactId>,
        before: Option<ResolvedMark>,
        limit: usize,
    ) -> Result<Vec<(ResolvedMark, Conversation)>> {
        let (person, of) = resolved_of(contact);
        let query = format!(
            "{person} SELECT {COLUMNS}, resolved_at, number FROM conversation {of}
               AND (resolved_at, number) < (?3, ?4)
             ORDER BY resolved_at DESC, number DESC LIMIT ?5"
        );
        let before = before.map_or((i64::MAX, i64::MAX), |mark| {
            (clamp_i64(mark.at), clamp_i64(mark.number))
        });
        let contact = contact.map(|contact| contact.0);
        let params = params![company.0, contact, before.0, before.1, clamp_i64(limit)];
        self.read(|sql| {
            sql.read_all(&query, params, |row| {
                let mark = ResolvedMark {
                    at: row.get::<_, i64>(11)?.try_into().unwrap_or(0),
                    number: row.get(12)?,
                };
                Ok((mark, conversation(row)?))
            })
        })
    }

    fn channels_of(&self, company: CompanyId, limit: usize) -> Result<Vec<String>> {
        self.read(|sql| {
            let mut channels: Vec<String> = Vec::new();
            while channels.len() < limit {
                let last = channels.last().map_or("", String::as_str);
                match sql.read_first(NEXT_CHANNEL, params![company.0, last], value)? {
                    Some(next) => channels.push(next),
                    None => break,
                }
            }
            Ok(channels)
        })
    }

    fn conversations_with_message(
        &self,
        company: CompanyId,
        message: &str,
        limit: usize,
    ) -> Result<MessageMatches> {
        let query = "SELECT DISTINCT v.id FROM inbound i
             CROSS JOIN entry e ON e.company = i.company AND e.input = i.ordinal
             CROSS JOIN conversation v ON v.number = e.conversation
             WHERE i.company = ?1 AND i.channel = ?2 AND i.account = ?3 AND i.message = ?4
             LIMIT ?5";
        self.read(|sql| {
            let (accounts, is_complete) = accounts(sql, company)?;
            let mut found = MessageMatches {
                is_complete,
                ..MessageMatches::default()
            };
            for (channel, account) in accounts {
                let one_more = clamp_i64(limit + 1);
                let of = params![company.0, channel, account, message, one_more];
                for conversation in sql.read_all(query, of, only_id)? {
                    if found.conversations.contains(&conversation) {
                        continue;
                    }
                    if found.conversations.len() == limit {
                        found.is_complete = false;
                        return Ok(found);
                    }
                    found.conversations.push(conversation);
                }
            }
            Ok(found)
        })
    }

    fn count_resolved(&self, company: CompanyId, contact: Option<ContactId>) -> Result<u64> {
        let (person, of) = resolved_of(contact);
        let query = format!("{person} SELECT count(*) FROM conversation {of} AND ?2 IS ?2");
        let params = params![company.0, contact.map(|contact| contact.0)];
        let count = self.read(|sql| sql.read_first(&query, params, value))?;
        Ok(count.unwrap_or(0))
    }

    fn conversations_with_clock(
        &self,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        self.live_conversations("due_at IS NOT NULL", after, limit)
    }

    fn unresolved_conversations(
        &self,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        self.live_conversations("state <> 'resolved'", after, limit)
    }
}

/// Most channels and accounts of a company that are gone through.
const ACCOUNTS: usize = 1_000;

/// The next account of a channel.
const NEXT_ACCOUNT: &str = "SELECT channel, account FROM inbound INDEXED BY inbound_once
     WHERE company = ?1 AND channel = ?2 AND account > ?3 ORDER BY account LIMIT 1";
/// The first account of the next channel.
const NEXT_CHANNEL: &str = "SELECT channel, account FROM inbound INDEXED BY inbound_once
     WHERE company = ?1 AND channel > ?2 ORDER BY channel, account LIMIT 1";

/// Channels and accounts that the inputs of a company name, sorted; and whether those are all.
/// Two searches of the index for each: comparing both columns at once reads every input.
fn accounts(sql: &Connection, company: CompanyId) -> Result<(Vec<(String, String)>, bool)> {
    let account = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let mut accounts: Vec<(String, String)> = Vec::new();
    loop {
        let (channel, last) = accounts.last().cloned().unwrap_or_default();
        let same = sql.read_first(NEXT_ACCOUNT, params![company.0, channel, last], account)?;
        let next = match same {
            None => sql.read_first(NEXT_CHANNEL, params![company.0, channel], account)?,
            same => same,
        };
        match next {
            Some(_) if accounts.len() == ACCOUNTS => return Ok((accounts, false)),
            Some(next) => accounts.push(next),
            None => return Ok((accounts, true)),
        }
    }
}

/// What a query for resolved conversations begins with, and its condition.
fn resolved_of(contact: Option<ContactId>) -> (&'static str, &'static str) {
    match contact {
        None => (
            "",
            "INDEXED BY conversation_resolved WHERE company = ?1 AND resolved_at IS NOT NULL",
        ),
        Some(_) => (
            PERSON,
            "INDEXED BY conversation_contact WHERE company = ?1
               AND contact IN (SELECT id FROM person) AND resolved_at IS NOT NULL",
        ),
    }
}

impl SqliteJournal {
    fn live_conversations(
        &self,
        condition: &str,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        let query = format!(
            "SELECT {COLUMNS} FROM conversation INDEXED BY conversation_live
             WHERE live = 1 AND (company, id) > (?1, ?2) AND {condition}
             ORDER BY company, id LIMIT ?3"
        );
        let (company, id) = match after {
            Some((company, id)) => (i64::from(company.0), id.0.to_vec()),
            None => (-1, Vec::new()),
        };
        let params = params![company, id, clamp_i64(limit)];
        self.read(|sql| sql.read_all(&query, params, conversation))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::schema;

    #[test]
    fn the_accounts_of_a_company_are_found_as_fast_with_any_number_of_messages() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("journal.db");
        let sql = schema::open_writer(&path, &[0; 16]).expect("opened");
        let company = "INSERT INTO company (id, name) VALUES (1, 'acme'), (2, 'other')";
        sql.execute_batch(company).expect("companies");
        let receive = |company: u16, (channel, account): (&str, &str), messages: u64| {
            let added = sql.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?4)
                 INSERT INTO inbound (company, slot, channel, account, message, digest, kind,
                   thread, received_at, accepted_at, body)
                 SELECT ?1, 0, ?2, ?3, 'm' || i || hex(randomblob(8)), x'', 'message', x'', 0, 0, x''
                 FROM n",
                params![company, channel, account, messages],
            );
            added.expect("received");
        };
        let expected = [("chat", ""), ("chat", "b"), ("email", "a"), ("x", "")];
        for account in expected {
            receive(1, account, 3);
        }
        receive(2, ("voice", "c"), 3);
        let steps = |query: &str, after: &[&dyn rusqlite::ToSql]| {
            let mut statement = sql.prepare(query).expect("prepared");
            let mut rows = statement.query(after).expect("read");
            rows.next().expect("read");
            drop(rows);
            statement.get_status(StatementStatus::VmStep)
        };
        let all = || {
            [
                steps(NEXT_ACCOUNT, &[&1, &"chat", &""]),
                steps(NEXT_ACCOUNT, &[&1, &"chat", &"b"]),
                steps(NEXT_CHANNEL, &[&1, &"chat"]),
                steps(NEXT_CHANNEL, &[&1, &"x"]),
            ]
        };
        let few = all();
        receive(1, ("chat", "b"), 5_000);
        receive(1, ("x", ""), 5_000);
        assert_eq!(all(), few);
        let (found, is_all) = accounts(&sql, CompanyId(1)).expect("read");
        let expected = expected.map(|(channel, account)| (channel.to_owned(), account.to_owned()));
        assert_eq!(found, expected);
        assert!(is_all);
    }
}
