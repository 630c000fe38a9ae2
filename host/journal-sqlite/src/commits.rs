//! Commits: everything is checked before anything is written.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use patchbay_journal::limits::{self, check_count, check_length};
use patchbay_journal::{
    Commit, CommitReceipt, Commits, CompanyId, Conflict, ContactId, Conversation, JournalError,
    Result,
};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::state::{Memory, Scope};
use rusqlite::{Connection, params};

use super::{
    Micros, Query, SqliteJournal, WriteTransaction, clamp_i64, files, optional_id, outbox,
    policy_memory, word_lists,
};

impl Commits for SqliteJournal {
    fn commit_all(&self, commits: Vec<Commit>) -> Result<Vec<Result<CommitReceipt, Conflict>>> {
        commits.iter().try_for_each(check)?;
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let rows = |commit: &Commit| {
            let items = commit.outbox.len() + commit.sent.len() + commit.failed.len();
            let more = commit.state.len() + commit.taken_back.len() + commit.words.len();
            let more = more + commit.files.len() + commit.removed_files.len();
            1 + commit.entries.len() + items + more
        };
        let weight = commits.iter().map(rows).sum();
        // Freed by the caller's thread, not by the writer.
        let commits = Arc::new(commits);
        let to_write = Arc::clone(&commits);
        let (written, removed) = self.write(weight, move |work| {
            let (mut written, mut removed) = (Vec::with_capacity(to_write.len()), Vec::new());
            for commit in to_write.iter() {
                let outcome = write_commit(work, commit)?;
                if outcome.is_ok() {
                    removed.extend(commit.removed_files.iter().map(|file| file.upload));
                }
                written.push(outcome);
            }
            Ok((written, removed))
        })?;
        self.delete_own_pieces(removed);
        Ok(written)
    }

    fn memory(
        &self,
        company: CompanyId,
        plugin: &str,
        version: u32,
        owners: &[(Scope, &[u8])],
    ) -> Result<Memory> {
        self.read(|sql| policy_memory::read(sql, company, plugin, version, owners))
    }
}

fn check(commit: &Commit) -> Result<()> {
    let conversation = &commit.conversation;
    check_length("thread", &conversation.thread, limits::THREAD)?;
    check_length("snapshot", &conversation.snapshot, limits::COMMIT_PART)?;
    let names = [&conversation.queue, &conversation.owner];
    for name in names.into_iter().flatten() {
        check_length("queue or owner", name, limits::COMMIT_NAME)?;
    }
    if commit.entries.is_empty() || commit.entries.len() > limits::COMMIT_ENTRIES {
        let problem = format!("must be 1 to {}", limits::COMMIT_ENTRIES);
        return Err(JournalError::invalid("number of entries", problem));
    }
    let mut inputs = HashSet::new();
    for entry in &commit.entries {
        check_length("head", &entry.head, limits::COMMIT_PART)?;
        check_length("sealed part", &entry.sealed, limits::COMMIT_PART)?;
        if !entry.input.is_none_or(|input| inputs.insert(input)) {
            return Err(JournalError::invalid("input", "is named by two entries"));
        }
    }
    for item in &commit.outbox {
        check_length("outbox key", &item.key, limits::COMMIT_NAME)?;
        check_length("target", &item.target, limits::COMMIT_NAME)?;
        check_length("payload", &item.payload, limits::COMMIT_PART)?;
    }
    for list in &commit.words {
        check_length("word list", &list.sealed, limits::COMMIT_PART)?;
    }
    check_count(
        "number of keys sent",
        commit.sent.len(),
        limits::COMMIT_SENT,
    )?;
    check_count(
        "number of failed deliveries",
        commit.failed.len(),
        limits::COMMIT_SENT,
    )?;
    check_count(
        "number of keys taken back",
        commit.taken_back.len(),
        limits::COMMIT_SENT,
    )?;
    let files = commit.files.len().max(commit.removed_files.len());
    check_count("number of files", files, limits::COMMIT_FILES)?;
    let failed = commit.failed.iter().map(|failed| &failed.key);
    for key in commit.sent.iter().chain(failed).chain(&commit.taken_back) {
        check_length("outbox key", &key, limits::COMMIT_NAME)?;
    }
    policy_memory::check(&commit.state)
}

/// What a commit replaces.
struct StoredConversation {
    number: i64,
    sequence: u64,
    thread: Vec<u8>,
    contact: Option<ContactId>,
    opened_at: i64,
    live: bool,
    resolved_at: Option<i64>,
}

fn write_commit(
    work: &mut WriteTransaction<'_>,
    commit: &Commit,
) -> Result<Result<CommitReceipt, Conflict>> {
    let company = commit.conversation.company;
    let stored = find_stored(work.sql, &commit.conversation)?;
    let found = stored.as_ref().map_or(0, |stored| stored.sequence);
    if found != commit.expected {
        return Ok(Err(Conflict::Sequence {
            expected: commit.expected,
            found,
        }));
    }
    if let Some(conflict) = input_conflict(work, commit)? {
        return Ok(Err(conflict));
    }
    let mut items = HashMap::new();
    for item in &commit.outbox {
        let same = items
            .insert(&item.key, item)
            .is_none_or(|other| outbox::is_same(item, other));
        if !same || outbox::differs(work.sql, company, item)? {
            return Ok(Err(Conflict::OutboxDiffers(item.key.clone())));
        }
    }

    for key in &commit.taken_back {
        if !outbox::can_take_back(work.sql, company, key)? {
            return Ok(Err(Conflict::OutboxBegun(key.clone())));
        }
    }

    for file in commit.files.iter().chain(&commit.removed_files) {
        if !files::is_whole(work.sql, company, commit.conversation.id, file)? {
            return Ok(Err(Conflict::NoFile(file.id.clone())));
        }
    }

    let sequence = commit.expected + commit.entries.len() as u64;
    let number = put_conversation(work.sql, commit, stored.as_ref(), sequence)?;
    let first_feed = append_entries(work, commit, number)?;
    let are_words_stored = word_lists::write(work.sql, commit, number)?;
    policy_memory::write(work.sql, commit)?;
    // In the given order, which is the order of delivery.
    for item in &commit.outbox {
        outbox::insert(work.sql, company, item)?;
    }
    for key in &commit.sent {
        outbox::mark_sent(work.sql, company, key)?;
    }
    for failed in &commit.failed {
        outbox::mark_failed(work.sql, company, failed)?;
    }
    for key in &commit.taken_back {
        outbox::take_back(work.sql, company, key)?;
    }
    for file in &commit.files {
        files::keep(work.sql, file.upload)?;
    }
    for file in &commit.removed_files {
        files::remove(work.sql, file.upload)?;
    }
    Ok(Ok(CommitReceipt {
        sequence,
        first_feed,
        are_words_stored,
    }))
}

fn find_stored(
    sql: &Connection,
    conversation: &Conversation,
) -> Result<Option<StoredConversation>> {
    sql.read_first(
        "SELECT number, sequence, thread, contact, opened_at, live, resolved_at FROM conversation
         WHERE company = ?1 AND id = ?2",
        params![conversation.company.0, conversation.id.0],
        |row| {
            Ok(StoredConversation {
                number: row.get(0)?,
                sequence: row.get(1)?,
                thread: row.get(2)?,
                contact: optional_id(row, 3)?,
                opened_at: row.get(4)?,
                live: row.get(5)?,
                resolved_at: row.get(6)?,
            })
        },
    )
}

fn input_conflict(work: &WriteTransaction<'_>, commit: &Commit) -> Result<Option<Conflict>> {
    let company = commit.conversation.company;
    for input in commit.entries.iter().filter_map(|entry| entry.input) {
        let conflict = match work.cache.company_of(input) {
            Some(owner) if owner == company => continue,
            Some(_) => Conflict::InputUnknown(input),
            None => {
                let query = "SELECT 1 FROM inbound WHERE ordinal = ?1 AND company = ?2";
                match work
                    .sql
                    .has_row(query, params![clamp_i64(input.0), company.0])?
                {
                    true => Conflict::InputDone(input),
                    false => Conflict::InputUnknown(input),
                }
            }
        };
        return Ok(Some(conflict));
    }
    Ok(None)
}

/// Append the entries; returns the feed number of the first.
fn append_entries(work: &mut WriteTransaction<'_>, commit: &Commit, number: i64) -> Result<u64> {
    let company = commit.conversation.company;
    let count = commit.entries.len() as u64;
    let first_feed = work.cache.assign_feed(work.sql, company, count)?;
    let scope = commit.scope.to_text();
    for (entry, index) in commit.entries.iter().zip(0..) {
        work.sql.run(
            "INSERT INTO entry (company, feed, conversation, sequence, kind, at, input, contact,
               head, sealed, scope)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                company.0,
                first_feed + index,
                number,
                commit.expected + 1 + index,
                entry.kind,
                Micros(entry.at),
                entry.input.map(|it| clamp_i64(it.0)),
                entry.contact.map(|it| it.0),
                entry.head,
                entry.sealed,
                scope,
            ],
        )?;
        if let Some(input) = entry.input {
            work.cache.decide(input);
        }
    }
    Ok(first_feed)
}

/// Write the conversation's row; returns its number.
fn put_conversation(
    sql: &Connection,
    commit: &Commit,
    stored: Option<&StoredConversation>,
    sequence: u64,
) -> Result<i64> {
    let new = &commit.conversation;
    let live = new.state != ConversationState::Resolved || new.due_at.is_some();
    let opened_at = new.opened_at.as_microsecond();
    let resolved_before = stored.and_then(|stored| stored.resolved_at);
    let resolved_at = (new.state == ConversationState::Resolved)
        .then(|| resolved_before.unwrap_or(commit.at.as_microsecond()));
    let unchanged = stored.is_some_and(|stored| {
        stored.live == live
            && stored.resolved_at == resolved_at
            && stored.opened_at == opened_at
            && stored.contact == new.contact
            && stored.thread == new.thread
    });
    let number = stored.map(|stored| stored.number);
    let always = params![
        number,
        sequence,
        new.state.as_str(),
        new.queue,
        new.owner,
        new.due_at.map(Micros),
        Micros(commit.at),
        new.snapshot,
    ];
    let contact = new.contact.map(|it| it.0);
    let indexed = params![new.thread, contact, opened_at, live, resolved_at];
    let key = params![new.company.0, new.id.0];
    // An update that names an indexed column touches its index, changed or not.
    let (query, values) = match (stored, unchanged) {
        (None, _) => (
            "INSERT INTO conversation (number, sequence, state, queue, owner, due_at,
               touched_at, snapshot, thread, contact, opened_at, live, resolved_at, company, id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
            [always, indexed, key].concat(),
        ),
        (Some(_), true) => (
            "UPDATE conversation SET sequence = ?2, state = ?3, queue = ?4, owner = ?5,
               due_at = ?6, touched_at = ?7, snapshot = ?8 WHERE number = ?1",
            always.to_vec(),
        ),
        (Some(_), false) => (
            "UPDATE conversation SET sequence = ?2, state = ?3, queue = ?4, owner = ?5,
               due_at = ?6, touched_at = ?7, snapshot = ?8,
               thread = ?9, contact = ?10, opened_at = ?11, live = ?12, resolved_at = ?13
             WHERE number = ?1",
            [always, indexed].concat(),
        ),
    };
    sql.run(query, values.as_slice())?;
    Ok(number.unwrap_or_else(|| sql.last_insert_rowid()))
}
