//! Uploaded files, in sealed pieces.

use parking_lot::RwLock;
use patchbay_journal::limits::{self, check_length};
use patchbay_journal::{
    CompanyId, ContactId, ConversationId, FileBegin, FileState, Files, JournalError, NamedFile,
    NewFile, PieceStatus, RemovalListener, Result, StoredFile, UploadId, WaitingLimit,
    WaitingLimits,
};
use patchbay_model::input;
use rusqlite::{Connection, Row, params};

use super::{Micros, Query, SqliteJournal, clamp_i64, code, id, optional_time, time, value};

/// Pieces that leave the disk in one transaction: 4 MiB.
const STEP: i64 = 16;
/// Steps in which a caller deletes pieces of files that it removed: 128 MiB. The rest is left
/// to the host's task.
const OWN_STEPS: usize = 32;
/// Steps of one call of [`Maintenance::delete_removed_files`](
/// patchbay_journal::Maintenance::delete_removed_files).
const TASK_STEPS: usize = 32;

/// Columns of a file `f` of a conversation `c`.
const COLUMNS: &str = "c.id, f.id, f.upload, f.contact, f.by_, f.state, f.size, f.created_at,
    f.expires_at, f.sealed";
const FILES: &str = "file f JOIN conversation c ON c.number = f.conversation";

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredFile> {
    Ok(StoredFile {
        conversation: id(row, 0)?,
        id: row.get(1)?,
        upload: upload(row, 2)?,
        contact: id(row, 3)?,
        by: row.get(4)?,
        state: code(row, 5, FileState::from_code)?,
        size: row.get(6)?,
        created_at: time(row, 7)?,
        expires_at: optional_time(row, 8)?,
        sealed: row.get(9)?,
    })
}

/// The bits of the number as the database has them: it has no unsigned numbers.
fn bits(upload: UploadId) -> i64 {
    upload.0.cast_signed()
}

fn upload(row: &Row<'_>, column: usize) -> rusqlite::Result<UploadId> {
    Ok(UploadId(row.get::<_, i64>(column)?.cast_unsigned()))
}

impl Files for SqliteJournal {
    fn begin_file(&self, new: NewFile, limits: WaitingLimits) -> Result<FileBegin> {
        check_length("file id", &new.id, input::CODE_BYTES)?;
        check_length("person", &new.by, input::ID_BYTES)?;
        let (begun, replaced) = self.write(1, move |work| {
            let sql = work.sql;
            let query = "SELECT number FROM conversation WHERE company = ?1 AND id = ?2";
            let key = params![new.company.0, new.conversation.0];
            let Some(conversation) = sql.read_first::<i64>(query, key, value)? else {
                return Ok((FileBegin::NoConversation, Vec::new()));
            };
            let known = find(sql, new.company, new.conversation, &new.id)?;
            // It stays for up to an hour after it expired.
            let is_expired = |known: &StoredFile| {
                let end = known.expires_at;
                end.is_some_and(|end| end <= new.created_at)
            };
            if let Some(known) = known.filter(|known| !is_expired(known)) {
                return Ok((FileBegin::Known(known), Vec::new()));
            }
            let place = Place {
                company: new.company,
                conversation,
                by: &new.by,
                // The replaced upload does not count.
                except: Some(&new.id),
            };
            if let Some(full) = place.full(sql, new.announced, limits)? {
                return Ok((FileBegin::Full(full), Vec::new()));
            }
            work.bytes.check(new.company)?;
            let query = "SELECT upload FROM file WHERE conversation = ?1 AND id = ?2";
            let replaced =
                sql.read_first(query, params![conversation, new.id], |row| upload(row, 0))?;
            let replaced = match replaced {
                Some(replaced) => remove(sql, replaced)?,
                None => Vec::new(),
            };
            sql.run(
                "INSERT INTO file (upload, company, conversation, id, contact, by_, state, size,
                   pieces, created_at, expires_at, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, ?8, ?9, x'')",
                params![
                    bits(new.upload),
                    new.company.0,
                    conversation,
                    new.id,
                    new.contact.0,
                    new.by,
                    FileState::Writing.as_str(),
                    Micros(new.created_at),
                    Micros(new.expires_at),
                ],
            )?;
            Ok((FileBegin::Begun, replaced))
        })?;
        self.delete_own_pieces(replaced);
        Ok(begun)
    }

    fn append_file_piece(
        &self,
        company: CompanyId,
        upload: UploadId,
        piece: u32,
        (sealed, size): (Vec<u8>, u64),
        limits: WaitingLimits,
    ) -> Result<PieceStatus> {
        check_length(
            "sealed piece",
            &sealed,
            limits::FILE_PIECE + limits::FILE_SEALING,
        )?;
        self.write(1, move |work| {
            let sql = work.sql;
            let query = "SELECT conversation, by_, contact FROM file
                 WHERE upload = ?1 AND company = ?2 AND state = 'writing' AND pieces = ?3";
            let key = params![bits(upload), company.0, piece];
            let found = sql.read_first(query, key, |row| {
                Ok((
                    row.get(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, Vec<u8>>(2)?,
                ))
            })?;
            let Some((conversation, by, contact)) = found else {
                return Ok(PieceStatus::Gone);
            };
            let place = Place {
                company,
                conversation,
                by: &by,
                except: None,
            };
            if let Some(full) = place.full(sql, size, limits)? {
                return Ok(PieceStatus::Full(full));
            }
            work.bytes.check(company)?;
            sql.run(
                "INSERT INTO file_piece (upload, piece, company, contact, sealed)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![bits(upload), piece, company.0, contact, sealed],
            )?;
            sql.run(
                "UPDATE file SET size = size + ?2, pieces = pieces + 1 WHERE upload = ?1",
                params![bits(upload), clamp_i64(size)],
            )?;
            Ok(PieceStatus::Stored)
        })
    }

    fn finish_file(
        &self,
        company: CompanyId,
        upload: UploadId,
        sealed: Vec<u8>,
        expires_at: jiff::Timestamp,
    ) -> Result<bool> {
        check_length("sealed description", &sealed, limits::FILE_SEALED)?;
        if sealed.is_empty() {
            return Err(JournalError::invalid("sealed description", "is empty"));
        }
        self.write(1, move |work| {
            let changed = work.sql.run(
                "UPDATE file SET state = 'waiting', sealed = ?3, expires_at = ?4
                 WHERE upload = ?1 AND company = ?2 AND state = 'writing'",
                params![bits(upload), company.0, sealed, Micros(expires_at)],
            )?;
            Ok(changed > 0)
        })
    }

    fn discard_file(&self, company: CompanyId, upload: UploadId) -> Result<()> {
        self.remove_in(company, upload, "state = 'writing'")?;
        Ok(())
    }

    fn remove_file(&self, company: CompanyId, upload: UploadId) -> Result<bool> {
        self.remove_in(company, upload, "state IN ('writing', 'waiting')")
    }

    fn file(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        id: &str,
    ) -> Result<Option<StoredFile>> {
        self.read(|sql| find(sql, company, conversation, id))
    }

    fn file_piece(
        &self,
        company: CompanyId,
        upload: UploadId,
        piece: u32,
    ) -> Result<Option<Vec<u8>>> {
        let query = "SELECT p.sealed FROM file_piece p JOIN file f ON f.upload = p.upload
             WHERE p.upload = ?1 AND p.piece = ?2 AND p.company = ?3 AND f.state <> 'removed'";
        self.read(|sql| sql.read_first(query, params![bits(upload), piece, company.0], value))
    }

    fn files_of_contact(
        &self,
        company: CompanyId,
        contact: ContactId,
        limit: usize,
    ) -> Result<Vec<StoredFile>> {
        let query = format!(
            "SELECT {COLUMNS} FROM {FILES}
             WHERE f.company = ?1 AND f.contact = ?2 AND f.state IN ('waiting', 'kept')
             ORDER BY f.created_at, f.upload LIMIT ?3"
        );
        let key = params![company.0, contact.0, clamp_i64(limit)];
        self.read(|sql| sql.read_all(&query, key, stored))
    }
}

/// Where an upload counts.
struct Place<'a> {
    company: CompanyId,
    /// Number of the conversation.
    conversation: i64,
    by: &'a str,
    /// Id of a file of the conversation that does not count.
    except: Option<&'a str>,
}

impl Place<'_> {
    /// The limit that so many bytes more would exceed.
    fn full(
        &self,
        sql: &Connection,
        more: u64,
        limits: WaitingLimits,
    ) -> Result<Option<WaitingLimit>> {
        let query = "SELECT
               coalesce(sum(size) FILTER (WHERE conversation = ?2), 0),
               count(*) FILTER (WHERE conversation = ?2),
               coalesce(sum(size) FILTER (WHERE by_ = ?3), 0),
               count(*) FILTER (WHERE by_ = ?3),
               coalesce(sum(size), 0),
               count(*)
             FROM file WHERE company = ?1 AND expires_at IS NOT NULL AND state <> 'removed'
               AND NOT (conversation = ?2 AND id IS ?4)";
        let key = params![self.company.0, self.conversation, self.by, self.except];
        let sums = sql.read_first(query, key, |row| {
            let waiting = |column: usize| -> rusqlite::Result<(u64, u64)> {
                Ok((row.get(column)?, row.get(column + 1)?))
            };
            Ok([waiting(0)?, waiting(2)?, waiting(4)?])
        })?;
        let [conversation, person, company] = sums.unwrap_or_default();
        // An upload that goes on counts among the files already.
        let is_new = self.except.is_some();
        let exceeds = |(bytes, files): (u64, u64), most_bytes: u64, most_files: u64| {
            bytes.saturating_add(more) > most_bytes || (is_new && files >= most_files)
        };
        let of_person = limits::WAITING_FILES_OF_PERSON;
        let of_company = limits::WAITING_FILES_OF_COMPANY;
        Ok(
            if exceeds(conversation, limits.conversation, limits::WAITING_FILES) {
                Some(WaitingLimit::Conversation)
            } else if exceeds(person, limits.person, of_person) {
                Some(WaitingLimit::Person)
            } else if exceeds(company, limits.company, of_company) {
                Some(WaitingLimit::Company)
            } else {
                None
            },
        )
    }
}

/// A whole file of a conversation.
fn find(
    sql: &Connection,
    company: CompanyId,
    conversation: ConversationId,
    id: &str,
) -> Result<Option<StoredFile>> {
    let query = format!(
        "SELECT {COLUMNS} FROM {FILES}
         WHERE c.company = ?1 AND c.id = ?2 AND f.id = ?3 AND f.state IN ('waiting', 'kept')"
    );
    sql.read_first(&query, params![company.0, conversation.0, id], stored)
}

/// Whether a conversation has this whole file, and not another of its id.
pub(super) fn is_whole(
    sql: &Connection,
    company: CompanyId,
    conversation: ConversationId,
    named: &NamedFile,
) -> Result<bool> {
    let found = find(sql, company, conversation, &named.id)?;
    Ok(found.is_some_and(|found| found.upload == named.upload))
}

/// Keeps a file as long as its conversation.
pub(super) fn keep(sql: &Connection, upload: UploadId) -> Result<()> {
    sql.run(
        "UPDATE file SET state = 'kept', expires_at = NULL
         WHERE upload = ?1 AND state = 'waiting'",
        params![bits(upload)],
    )?;
    Ok(())
}

impl SqliteJournal {
    /// Removes an upload in one of these states. Returns whether there was one.
    fn remove_in(
        &self,
        company: CompanyId,
        upload: UploadId,
        states: &'static str,
    ) -> Result<bool> {
        let removed = self.write(1, move |work| {
            let condition = format!("upload = ?1 AND company = ?2 AND {states}");
            remove_all(work.sql, &condition, params![bits(upload), company.0])
        })?;
        let is_removed = !removed.is_empty();
        self.delete_own_pieces(removed);
        Ok(is_removed)
    }

    /// Deletes pieces of files that the caller has removed durably, in a bounded number of
    /// steps. What is left then, and after a failure, is left to the host's task.
    pub(super) fn delete_own_pieces(&self, removed: Vec<UploadId>) {
        if !matches!(self.delete_pieces(removed, OWN_STEPS), Ok(true)) {
            self.removal.tell();
        }
    }

    /// Deletes the pieces of removed files, in steps between which other writes run. Returns
    /// whether so many steps were enough.
    pub(super) fn delete_pieces(&self, removed: Vec<UploadId>, most: usize) -> Result<bool> {
        let mut steps = 0;
        for upload in removed {
            let mut has_more = true;
            while has_more {
                if steps == most {
                    return Ok(false);
                }
                steps += 1;
                has_more = self.write(1, move |work| delete_step(work.sql, upload))?;
            }
        }
        Ok(true)
    }

    /// Deletes pieces of any removed files, in at most so many steps. Returns whether there
    /// are more.
    pub(super) fn delete_some_removed(&self, most: usize) -> Result<bool> {
        for _ in 0..most {
            // Mostly there is none: leave the writer alone.
            let Some(upload) = self.read(first_removed)? else {
                return Ok(false);
            };
            self.write(1, move |work| delete_step(work.sql, upload))?;
        }
        Ok(self.read(first_removed)?.is_some())
    }

    /// As [`delete_some_removed`](SqliteJournal::delete_some_removed), for one call of the
    /// host's task.
    pub(super) fn delete_next_removed(&self) -> Result<bool> {
        self.delete_some_removed(TASK_STEPS)
    }
}

/// Tells the host's task that removed files have pieces which their callers left.
#[derive(Default)]
pub(super) struct RemovalSignal(RwLock<Option<RemovalListener>>);

impl RemovalSignal {
    /// Replaces the listener.
    pub(super) fn listen(&self, listener: RemovalListener) {
        *self.0.write() = Some(listener);
    }

    fn tell(&self) {
        if let Some(listener) = &*self.0.read() {
            listener();
        }
    }
}

/// Finds a removed file.
pub(super) const FIRST_REMOVED: &str = "SELECT upload FROM file WHERE state = 'removed' LIMIT 1";

fn first_removed(sql: &Connection) -> Result<Option<UploadId>> {
    sql.read_first(FIRST_REMOVED, [], |row| upload(row, 0))
}

/// Deletes pieces of a removed file, and with the last ones the file. Returns whether there
/// are more.
fn delete_step(sql: &Connection, upload: UploadId) -> Result<bool> {
    let pieces = sql.run(
        "DELETE FROM file_piece WHERE upload = ?1 AND piece IN
           (SELECT piece FROM file_piece WHERE upload = ?1 LIMIT ?2)",
        params![bits(upload), STEP],
    )?;
    let has_more = pieces == STEP.unsigned_abs();
    if !has_more {
        sql.run(
            "DELETE FROM file WHERE upload = ?1 AND state = 'removed'",
            [bits(upload)],
        )?;
    }
    Ok(has_more)
}

/// Removes those files that a condition on `file` selects, and returns them: from then on
/// their conversations do not have them. Their pieces are left for
/// [`SqliteJournal::delete_own_pieces`].
fn remove_all(
    sql: &Connection,
    condition: &str,
    key: impl rusqlite::Params,
) -> Result<Vec<UploadId>> {
    let query = format!(
        "UPDATE file SET state = 'removed', conversation = NULL, id = '', expires_at = NULL,
           sealed = x''
         WHERE state <> 'removed' AND {condition} RETURNING upload"
    );
    sql.read_all(&query, key, |row| upload(row, 0))
}

/// Removes a file.
pub(super) fn remove(sql: &Connection, upload: UploadId) -> Result<Vec<UploadId>> {
    remove_all(sql, "upload = ?1", [bits(upload)])
}

/// Removes those of a contact.
pub(super) fn remove_of_contact(
    sql: &Connection,
    company: CompanyId,
    contact: ContactId,
) -> Result<Vec<UploadId>> {
    let key = params![company.0, contact.0];
    remove_all(sql, "company = ?1 AND contact = ?2", key)
}

/// Removes those of a conversation, in the transaction that deletes it.
pub(super) fn remove_of_conversation(sql: &Connection, conversation: i64) -> Result<Vec<UploadId>> {
    remove_all(sql, "conversation = ?1", [conversation])
}

/// Removes some of those that expired before a time.
pub(super) fn remove_expired(sql: &Connection, now: i64, most: i64) -> Result<Vec<UploadId>> {
    let condition = "upload IN (SELECT upload FROM file WHERE expires_at < ?1 LIMIT ?2)";
    remove_all(sql, condition, params![now, most])
}
