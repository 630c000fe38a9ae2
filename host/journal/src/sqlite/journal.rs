//! The trait, each method by the file that knows how.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use patchbay_model::state::{Memory, Scope};
use rusqlite::OptionalExtension;

use super::directives;
use super::{SqliteJournal, accept, audit, backup, beside, check, commit, compact, contacts};
use super::{generations, memory, notes, outbox, person, read, rollouts, roster, schema, tokens};
use crate::agent::AgentRow;
use crate::arrival::{Accepted, Arrival, Message, Pending};
use crate::audit::{AuditChain, AuditEntry, AuditHash, Audited};
use crate::commit::{Commit, Committed, Conversation};
use crate::contact::{ContactChange, Erased, Found};
use crate::directive::Directive;
use crate::entry::{Entry, Feed, Note};
use crate::error::{Conflict, JournalError, SealError};
use crate::generation::{Activation, ActiveGeneration, GenerationRow, NewGeneration};
use crate::id::{CompanyId, ContactId, ConversationId, Ordinal, TokenId};
use crate::journal::{InOrder, Journal};
use crate::maintain::{Backup, CheckReport, Compacted, Status, Writes};
use crate::outbox::{OutboxCount, OutboxItem, OutboxState};
use crate::rollout::RolloutRow;
use crate::token::Token;
use crate::vault::{Person, Purpose};
use contacts::Address;
use person::By;

impl SqliteJournal {
    fn step(&self, company: CompanyId, key: &str, step: outbox::Step) -> Result<(), JournalError> {
        let key = key.to_owned();
        self.writer
            .call(1, move |work| outbox::step(work.sql, company, &key, &step))
    }

    /// Change who is one person with whom, and answer the change's number.
    fn relate(
        &self,
        company: CompanyId,
        by: &str,
        at: Timestamp,
        entry: AuditEntry,
        change: impl Fn(&rusqlite::Connection, &By) -> Result<u64, JournalError> + Send + 'static,
    ) -> Result<u64, JournalError> {
        super::row::within("name", by.len(), patchbay_model::input::NAME_BYTES)?;
        let by = By {
            company,
            name: by.to_owned(),
            at,
        };
        audit::check(&entry)?;
        self.writer.call(2, move |work| {
            let number = change(work.sql, &by)?;
            audit::append(work.sql, &entry)?;
            Ok(number)
        })
    }
}

/// Values for the writer that the caller keeps hold of: they are used again or
/// freed where they were made, and not by the one thread all wait for.
fn shared<T>(values: Vec<T>) -> (Arc<Vec<T>>, Arc<Vec<T>>) {
    let values = Arc::new(values);
    (Arc::clone(&values), values)
}

impl Journal for SqliteJournal {
    fn company(&self, name: &str) -> Result<CompanyId, JournalError> {
        self.company_id(name)
    }

    fn find_company(&self, name: &str) -> Result<Option<CompanyId>, JournalError> {
        self.readers.read(|sql| {
            let mut find = sql.prepare_cached("SELECT id FROM company WHERE name = ?1")?;
            Ok(find.query_row([name], |row| row.get(0)).optional()?)
        })
    }

    fn accept_in_order(
        &self,
        arrivals: Vec<Arrival>,
        queue: InOrder,
    ) -> Result<Vec<Accepted>, JournalError> {
        accept::check(&arrivals)?;
        if arrivals.is_empty() {
            return Ok(Vec::new());
        }
        let (vault, backlog) = (Arc::clone(&self.vault), self.backlog);
        let (arrivals, handed_in) = shared(arrivals);
        let places = Arc::clone(&arrivals);
        let verdicts = self.writer.call_in_order(
            arrivals.len(),
            move |work| accept::accept(work, &vault, backlog, &handed_in),
            move |verdicts| queue(&accept::queued(&places, verdicts)),
        )?;
        let arrivals = Arc::unwrap_or_clone(arrivals).into_iter();
        Ok(arrivals
            .zip(verdicts)
            .map(|(arrival, verdict)| accept::answer(arrival, verdict))
            .collect())
    }

    fn pending(&self, after: Ordinal, limit: usize) -> Result<Vec<Pending>, JournalError> {
        self.readers.read(|sql| accept::pending(sql, after, limit))
    }

    fn claimed(&self, lane: u16, input: Ordinal) -> Result<(), JournalError> {
        if lane >= self.lanes.lanes() {
            let problem = format!("must be below {}", self.lanes.lanes());
            return Err(JournalError::invalid("lane", problem));
        }
        let file = beside(&self.path, ".lanes");
        self.lanes
            .mark(lane, input)
            .map_err(JournalError::file("cannot write", &file))
    }

    fn released(&self, lane: u16) -> Result<(), JournalError> {
        self.claimed(lane, Ordinal(0))
    }

    fn commit_all(
        &self,
        commits: Vec<Commit>,
    ) -> Result<Vec<Result<Committed, Conflict>>, JournalError> {
        commits.iter().try_for_each(commit::check)?;
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let rows = |commit: &Commit| {
            let beside = commit.state.len() + commit.outbox.len() + commit.sent.len();
            1 + commit.entries.len() + beside
        };
        let weight = commits.iter().map(rows).sum();
        let (_commits, handed_in) = shared(commits);
        self.writer.call(weight, move |work| {
            handed_in
                .iter()
                .map(|commit| commit::commit(work, commit))
                .collect()
        })
    }

    fn memory(
        &self,
        company: CompanyId,
        plugin: &str,
        version: u32,
        owners: &[(Scope, &[u8])],
    ) -> Result<Memory, JournalError> {
        self.readers
            .read(|sql| memory::memory(sql, company, plugin, version, owners))
    }

    fn conversation(
        &self,
        company: CompanyId,
        id: ConversationId,
    ) -> Result<Option<Conversation>, JournalError> {
        self.readers.read(|sql| read::by_id(sql, company, id))
    }

    fn current(
        &self,
        company: CompanyId,
        thread: &[u8],
    ) -> Result<Option<Conversation>, JournalError> {
        self.readers.read(|sql| read::current(sql, company, thread))
    }

    fn conversations_on(&self, company: CompanyId, thread: &[u8]) -> Result<u32, JournalError> {
        self.readers
            .read(|sql| read::count_on(sql, company, thread))
    }

    fn conversations_with(
        &self,
        company: CompanyId,
        contact: ContactId,
        limit: usize,
    ) -> Result<Vec<Conversation>, JournalError> {
        self.readers
            .read(|sql| read::of_person(sql, company, contact, limit))
    }

    fn entries(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, JournalError> {
        self.readers
            .read(|sql| read::entries(sql, company, conversation, after, limit))
    }

    fn journey(
        &self,
        company: CompanyId,
        contact: ContactId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, JournalError> {
        self.readers
            .read(|sql| read::journey(sql, company, contact, after, limit))
    }

    fn watched(
        &self,
        company: CompanyId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Entry>, JournalError> {
        self.readers
            .read(|sql| read::watched(sql, company, after, limit))
    }

    fn feed(&self, company: CompanyId, after: u64, limit: usize) -> Result<Feed, JournalError> {
        self.readers
            .read(|sql| read::feed(sql, company, after, limit))
    }

    fn message(
        &self,
        company: CompanyId,
        channel: &str,
        account: &str,
        id: &str,
    ) -> Result<Option<Message>, JournalError> {
        self.readers
            .read(|sql| accept::newest(sql, company, channel, account, id))
    }

    fn inputs(
        &self,
        company: CompanyId,
        ordinals: &[Ordinal],
    ) -> Result<Vec<Message>, JournalError> {
        self.readers
            .read(|sql| accept::inputs(sql, company, ordinals))
    }

    fn due(
        &self,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, JournalError> {
        self.readers
            .read(|sql| read::live(sql, read::Live::Due, after, limit))
    }

    fn unresolved(
        &self,
        after: Option<(CompanyId, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, JournalError> {
        self.readers
            .read(|sql| read::live(sql, read::Live::Unresolved, after, limit))
    }

    fn outbox_due(
        &self,
        now: Timestamp,
        after: Option<(Timestamp, CompanyId, String)>,
        limit: usize,
    ) -> Result<Vec<OutboxItem>, JournalError> {
        self.readers
            .read(|sql| outbox::due(sql, now, after.as_ref(), limit))
    }

    fn outbox_next(&self) -> Result<Option<Timestamp>, JournalError> {
        self.readers.read(outbox::next)
    }

    fn outbox_item(
        &self,
        company: CompanyId,
        key: &str,
    ) -> Result<Option<OutboxItem>, JournalError> {
        self.readers.read(|sql| outbox::by_key(sql, company, key))
    }

    fn outbox_list(
        &self,
        company: CompanyId,
        state: OutboxState,
        after: &str,
        limit: usize,
    ) -> Result<Vec<OutboxItem>, JournalError> {
        self.readers
            .read(|sql| outbox::list(sql, company, state, after, limit))
    }

    fn outbox_counts(&self) -> Result<Vec<OutboxCount>, JournalError> {
        self.readers.read(outbox::counts)
    }

    fn outbox_done(&self, company: CompanyId, key: &str) -> Result<(), JournalError> {
        self.step(company, key, outbox::Step::Done)
    }

    fn outbox_later(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        problem: &str,
    ) -> Result<(), JournalError> {
        let step = outbox::Step::Later(not_before, problem.to_owned());
        self.step(company, key, step)
    }

    fn outbox_dead(
        &self,
        company: CompanyId,
        key: &str,
        problem: &str,
    ) -> Result<(), JournalError> {
        self.step(company, key, outbox::Step::Dead(problem.to_owned()))
    }

    fn outbox_retry(
        &self,
        company: CompanyId,
        key: &str,
        not_before: Timestamp,
        entry: AuditEntry,
    ) -> Result<(), JournalError> {
        audit::check(&entry)?;
        let key = key.to_owned();
        self.writer.call(2, move |work| {
            outbox::step(work.sql, company, &key, &outbox::Step::Retry(not_before))?;
            audit::append(work.sql, &entry)?;
            Ok(())
        })
    }

    fn note(&self, company: CompanyId, notes: Vec<Note>) -> Result<u64, JournalError> {
        notes::check(&notes)?;
        self.writer.call(notes.len(), move |work| {
            notes::append(work, company, &notes)
        })
    }

    fn put_generation(
        &self,
        company: CompanyId,
        new: Option<NewGeneration>,
        activation: Option<Activation>,
        at: Timestamp,
        entry: Option<AuditEntry>,
    ) -> Result<(), JournalError> {
        entry.iter().try_for_each(audit::check)?;
        new.as_ref().map_or(Ok(()), generations::check)?;
        activation
            .as_ref()
            .map_or(Ok(()), generations::check_activation)?;
        self.writer.call(1, move |work| {
            generations::change(work, company, new.as_ref(), activation.as_ref(), at)?;
            if let Some(entry) = &entry {
                audit::append(work.sql, entry)?;
            }
            Ok(())
        })
    }

    fn active_generations(&self) -> Result<Vec<ActiveGeneration>, JournalError> {
        self.readers.read(generations::all_active)
    }

    fn active_generation(&self, company: CompanyId) -> Result<Option<u64>, JournalError> {
        self.readers.read(|sql| generations::active(sql, company))
    }

    fn generations(
        &self,
        company: CompanyId,
        before: u64,
        limit: usize,
    ) -> Result<Vec<GenerationRow>, JournalError> {
        self.readers
            .read(|sql| generations::list(sql, company, before, limit))
    }

    fn generation(
        &self,
        company: CompanyId,
        number: u64,
    ) -> Result<Option<(GenerationRow, Vec<u8>)>, JournalError> {
        self.readers
            .read(|sql| generations::one(sql, company, number))
    }

    fn generation_part(&self, digest: [u8; 32]) -> Result<Option<Vec<u8>>, JournalError> {
        self.readers.read(|sql| generations::part(sql, digest))
    }

    fn put_rollout(
        &self,
        company: CompanyId,
        rollout: RolloutRow,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<(), JournalError> {
        rollouts::check(&rollout)?;
        notes::check(&notes)?;
        audit.iter().try_for_each(audit::check)?;
        self.writer.call(1, move |work| {
            rollouts::put(work, company, &rollout)?;
            notes::append(work, company, &notes)?;
            match &audit {
                Some(entry) => audit::append(work.sql, entry).map(drop),
                None => Ok(()),
            }
        })
    }

    fn tally_rollout(
        &self,
        company: CompanyId,
        generation: u64,
        tally: String,
    ) -> Result<bool, JournalError> {
        rollouts::check_tally(&tally)?;
        self.writer.call(1, move |work| {
            rollouts::tally(work.sql, company, generation, &tally)
        })
    }

    fn end_rollout(
        &self,
        company: CompanyId,
        notes: Vec<Note>,
        audit: Option<AuditEntry>,
    ) -> Result<bool, JournalError> {
        notes::check(&notes)?;
        audit.iter().try_for_each(audit::check)?;
        self.writer.call(1, move |work| {
            if !rollouts::end(work.sql, company)? {
                return Ok(false);
            }
            notes::append(work, company, &notes)?;
            if let Some(entry) = &audit {
                audit::append(work.sql, entry)?;
            }
            Ok(true)
        })
    }

    fn rollouts(&self) -> Result<Vec<(CompanyId, String, RolloutRow)>, JournalError> {
        self.readers.read(rollouts::all)
    }

    fn put_agents(
        &self,
        company: CompanyId,
        agents: Vec<AgentRow>,
        notes: Vec<Note>,
        entry: Option<AuditEntry>,
    ) -> Result<(), JournalError> {
        roster::check(&agents)?;
        notes::check(&notes)?;
        entry.iter().try_for_each(audit::check)?;
        if agents.is_empty() && notes.is_empty() && entry.is_none() {
            return Ok(());
        }
        self.writer.call(agents.len() + notes.len(), move |work| {
            roster::put(work.sql, company, &agents)?;
            notes::append(work, company, &notes)?;
            if let Some(entry) = &entry {
                audit::append(work.sql, entry)?;
            }
            Ok(())
        })
    }

    fn remove_agent(
        &self,
        company: CompanyId,
        id: &str,
        notes: Vec<Note>,
        entry: AuditEntry,
    ) -> Result<bool, JournalError> {
        notes::check(&notes)?;
        audit::check(&entry)?;
        let id = id.to_owned();
        self.writer.call(1 + notes.len(), move |work| {
            let there = roster::remove(work.sql, company, &id)?;
            if there {
                notes::append(work, company, &notes)?;
                audit::append(work.sql, &entry)?;
                tokens::revoke_of_agent(work.sql, company, &id, &entry)?;
            }
            Ok(there)
        })
    }

    fn put_directive(
        &self,
        company: CompanyId,
        directive: Directive,
        notes: Vec<Note>,
        entry: AuditEntry,
    ) -> Result<(), JournalError> {
        directives::check(&directive)?;
        notes::check(&notes)?;
        audit::check(&entry)?;
        self.writer.call(1 + notes.len(), move |work| {
            directives::put(work.sql, company, &directive)?;
            notes::append(work, company, &notes)?;
            audit::append(work.sql, &entry)?;
            Ok(())
        })
    }

    fn lift_directive(
        &self,
        company: CompanyId,
        name: &str,
        notes: Vec<Note>,
        entry: Option<AuditEntry>,
    ) -> Result<bool, JournalError> {
        notes::check(&notes)?;
        entry.iter().try_for_each(audit::check)?;
        let name = name.to_owned();
        self.writer.call(1 + notes.len(), move |work| {
            let there = directives::lift(work.sql, company, &name)?;
            if there {
                notes::append(work, company, &notes)?;
                if let Some(entry) = &entry {
                    audit::append(work.sql, entry)?;
                }
            }
            Ok(there)
        })
    }

    fn directives(&self, company: CompanyId) -> Result<Vec<Directive>, JournalError> {
        self.readers.read(|sql| directives::list(sql, company))
    }

    fn agents(
        &self,
        company: CompanyId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<AgentRow>, JournalError> {
        self.readers
            .read(|sql| roster::list(sql, company, after, limit))
    }

    fn address(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
        at: Timestamp,
    ) -> Result<Found, JournalError> {
        let address = Address::new(&self.vault, company, channel, address, at)?;
        let known = self
            .readers
            .read(|sql| contacts::find(sql, company, &address.hash))?;
        if let Some(found) = known {
            return Ok(found);
        }
        let vault = Arc::clone(&self.vault);
        self.writer.call(3, move |work| {
            contacts::find_or_make(work.sql, &vault, &address)
        })
    }

    fn add_address(
        &self,
        company: CompanyId,
        contact: ContactId,
        channel: &str,
        address: &str,
        at: Timestamp,
    ) -> Result<(), JournalError> {
        let address = Address::new(&self.vault, company, channel, address, at)?;
        let vault = Arc::clone(&self.vault);
        self.writer.call(1, move |work| {
            contacts::add(work.sql, &vault, &address, contact)
        })
    }

    fn addresses(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<Vec<(String, String)>, JournalError> {
        let sealed = self.readers.read(|sql| {
            person::person(sql, company, contact)?;
            contacts::addresses(sql, company, contact)
        })?;
        let damaged = || JournalError::Corrupt(format!("an address of contact {contact}"));
        let mut addresses = Vec::with_capacity(sealed.len());
        for (contact, channel, sealed) in sealed {
            match self.open(company, contact, Purpose::Address, &sealed) {
                Ok(plain) => {
                    let address = String::from_utf8(plain).map_err(|_| damaged())?;
                    addresses.push((channel, address));
                }
                // Erased since it was read.
                Err(SealError::Erased(_)) => {}
                Err(SealError::Journal(error)) => return Err(error),
                Err(SealError::Broken | SealError::NoContact(_)) => return Err(damaged()),
            }
        }
        addresses.sort();
        Ok(addresses)
    }

    fn person(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<(ContactId, Vec<ContactId>), JournalError> {
        self.readers
            .read(|sql| person::person(sql, company, contact))
    }

    fn merge(
        &self,
        company: CompanyId,
        contact: ContactId,
        into: ContactId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64, JournalError> {
        self.relate(company, by, at, audit, move |sql, by| {
            person::merge(sql, by, contact, into)
        })
    }

    fn split(
        &self,
        company: CompanyId,
        contact: ContactId,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64, JournalError> {
        self.relate(company, by, at, audit, move |sql, by| {
            person::split(sql, by, contact)
        })
    }

    fn undo(
        &self,
        company: CompanyId,
        change: u64,
        by: &str,
        at: Timestamp,
        audit: AuditEntry,
    ) -> Result<u64, JournalError> {
        self.relate(company, by, at, audit, move |sql, by| {
            person::undo(sql, by, change)
        })
    }

    fn contact_changes(
        &self,
        company: CompanyId,
        contact: ContactId,
    ) -> Result<Vec<ContactChange>, JournalError> {
        self.readers
            .read(|sql| person::changes(sql, company, contact))
    }

    fn erase(
        &self,
        company: CompanyId,
        contact: ContactId,
        at: Timestamp,
        entry: AuditEntry,
    ) -> Result<Erased, JournalError> {
        audit::check(&entry)?;
        let contacts = self.writer.call(8, move |work| {
            let contacts = person::erase(work.sql, company, contact, at)?;
            audit::append(work.sql, &entry)?;
            Ok(contacts)
        })?;
        self.keys.forget(contacts.iter().map(|contact| Person {
            company,
            contact: *contact,
        }));
        let scrubbed = self.scrub()?;
        Ok(Erased { contacts, scrubbed })
    }

    fn seal(
        &self,
        company: CompanyId,
        contact: ContactId,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let person = Person { company, contact };
        let key = self.keys.get(&self.readers, &self.vault, person)?;
        key.seal(person, purpose, plain)
            .map_err(|_| SealError::Broken)
    }

    fn open(
        &self,
        company: CompanyId,
        contact: ContactId,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let person = Person { company, contact };
        let key = self.keys.get(&self.readers, &self.vault, person)?;
        key.open(person, purpose, sealed)
            .map_err(|_| SealError::Broken)
    }

    fn put_token(&self, token: Token, entry: AuditEntry) -> Result<(), JournalError> {
        tokens::check(&token)?;
        audit::check(&entry)?;
        let company = token.standing.company.as_deref();
        let company = company.map(|name| self.company_id(name)).transpose()?;
        self.writer.call(2, move |work| {
            tokens::put(work.sql, company, &token, &entry)
        })
    }

    fn tokens(&self) -> Result<Vec<Token>, JournalError> {
        self.readers.read(tokens::list)
    }

    fn revoke_token(
        &self,
        id: TokenId,
        at: Timestamp,
        entry: AuditEntry,
    ) -> Result<bool, JournalError> {
        audit::check(&entry)?;
        self.writer
            .call(2, move |work| tokens::revoke(work.sql, id, at, &entry))
    }

    fn audit(&self, entry: AuditEntry) -> Result<u64, JournalError> {
        audit::check(&entry)?;
        self.writer
            .call(1, move |work| audit::append(work.sql, &entry))
    }

    fn audited(
        &self,
        company: Option<&str>,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Audited>, JournalError> {
        self.readers
            .read(|sql| audit::list(sql, company, after, limit))
    }

    fn verify_audit(&self, expected: Option<AuditHash>) -> Result<AuditChain, JournalError> {
        // It may take a while: not one of the connections others wait for.
        audit::verify(&schema::reader(&self.path)?, expected)
    }

    fn writes(&self) -> &Writes {
        self.writer.writes()
    }

    fn bytes(&self) -> u64 {
        ["", "-wal", "-shm"]
            .iter()
            .filter_map(|suffix| std::fs::metadata(beside(&self.path, suffix)).ok())
            .map(|metadata| metadata.len())
            .sum()
    }

    fn status(&self) -> Result<Status, JournalError> {
        if self.unscrubbed.load(Ordering::SeqCst) {
            self.scrub()?;
        }
        let mut status = self.writer.call(0, |work| {
            Ok(Status {
                newest: work.ledger.newest(),
                pending: work.ledger.pending(),
                pending_by_company: work.ledger.pending_by_company(),
                commits: work.counts.commits,
                operations: work.counts.operations,
                ..Status::default()
            })
        })?;
        let count = |sql: &rusqlite::Connection, query| -> Result<u64, JournalError> {
            Ok(sql.prepare_cached(query)?.query_row([], |row| row.get(0))?)
        };
        self.readers.read(|sql| {
            status.unresolved = count(
                sql,
                "SELECT count(*) FROM conversation WHERE live = 1 AND state <> 'resolved'",
            )?;
            status.outbox_waiting = outbox::count(sql, OutboxState::Waiting)?;
            status.outbox_dead = outbox::count(sql, OutboxState::Dead)?;
            Ok(())
        })?;
        status.bytes = self.bytes();
        Ok(status)
    }

    fn backup(&self, to: &Path) -> Result<Backup, JournalError> {
        backup::backup(&self.path, to)
    }

    fn check(&self) -> Result<CheckReport, JournalError> {
        let connection = schema::reader(&self.path)?;
        let transaction = connection.unchecked_transaction()?;
        check::check(&transaction, &self.vault)
    }

    fn compact(&self, before: Timestamp) -> Result<Compacted, JournalError> {
        compact::compact(&self.readers, &self.writer, before)
    }
}
