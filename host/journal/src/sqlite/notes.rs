//! What happens to a company and to none of its conversations.

use rusqlite::params;

use crate::entry::Note;
use crate::error::JournalError;
use crate::id::CompanyId;
use crate::sqlite::row::{At, within};
use crate::sqlite::writer::Work;

/// Most notes of one call.
const NOTES: usize = 10_000;
/// Most bytes of a head.
const HEAD_BYTES: usize = 64 * 1024;

/// Hold notes to their limits.
pub(super) fn check(notes: &[Note]) -> Result<(), JournalError> {
    if notes.len() > NOTES {
        let problem = format!("must be at most {NOTES}");
        return Err(JournalError::invalid("number of notes", problem));
    }
    for note in notes {
        within("head", note.head.len(), HEAD_BYTES)?;
    }
    Ok(())
}

/// Append notes to the company's feed; answers the number of the first.
pub(super) fn append(
    work: &mut Work<'_>,
    company: CompanyId,
    notes: &[Note],
) -> Result<u64, JournalError> {
    let first = work.ledger.feed(work.sql, company, notes.len() as u64)?;
    let mut statement = work.sql.prepare_cached(
        "INSERT INTO entry (company, feed, conversation, sequence, kind, at, head, sealed)
         VALUES (?1, ?2, NULL, 0, ?3, ?4, ?5, x'')",
    )?;
    for (note, place) in notes.iter().zip(0..) {
        statement.execute(params![
            company,
            first + place,
            note.kind,
            At(note.at),
            note.head
        ])?;
    }
    Ok(first)
}
