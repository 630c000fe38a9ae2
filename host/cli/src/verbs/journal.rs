//! `patchbay journal`: how a journal fares, backups, checks, retention.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use patchbay_journal::{Finding, Journal, JournalError, SqliteJournal};
use serde_json::json;

use crate::api::Reach;
use crate::args::{JournalArgs, JournalVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::numbers::bytes;
use crate::output;

pub(crate) fn run(args: &JournalArgs) -> Outcome {
    let journal = open(&args.config)?;
    match &args.verb {
        JournalVerb::Status => status(&journal, args.json),
        JournalVerb::Backup { to } => backup(&journal, to, args.json),
        JournalVerb::Check => check(&journal, args.json),
        JournalVerb::Compact { older_than } => {
            let age = SignedDuration::from_secs(older_than.0.into());
            compact(&journal, age, args.json)
        }
    }
}

/// The journal of a server's settings, which nobody else may have open.
fn open(config: &Path) -> Result<SqliteJournal, Failure> {
    match Reach::of(config)? {
        Reach::Journal(journal) => Ok(*journal),
        Reach::Server(_) => Err(Failure::advised(
            Exit::Machine,
            "a server holds the journal",
            "stop it first: this looks at the files themselves",
        )),
    }
}

/// A journal's error, with the exit code that fits.
pub(crate) fn failure(error: JournalError) -> Failure {
    match error {
        JournalError::NoContact(_)
        | JournalError::Erased(_)
        | JournalError::SamePerson(..)
        | JournalError::NotMerged(_)
        | JournalError::NotUndoable(_)
        | JournalError::AddressTaken(_)
        | JournalError::NoItem(_)
        | JournalError::Invalid { .. } => Failure::new(Exit::NotRight, error),
        error => Failure::new(Exit::Machine, error),
    }
}

fn status(journal: &SqliteJournal, as_json: bool) -> Outcome {
    let status = journal.status().map_err(failure)?;
    if as_json {
        output::json(&json!({
            "accepted": status.newest.0,
            "pending": status.pending,
            "unresolved": status.unresolved,
            "outbox_waiting": status.outbox_waiting,
            "outbox_dead": status.outbox_dead,
            "bytes": status.bytes,
        }))?;
        return Ok(Exit::Success);
    }
    output::line(format!("accepted        {}", status.newest))?;
    output::line(format!("not decided yet {}", status.pending))?;
    output::line(format!(
        "unresolved      {} conversations",
        status.unresolved
    ))?;
    output::line(format!(
        "outbox          {} waiting, {} given up",
        status.outbox_waiting, status.outbox_dead
    ))?;
    output::line(format!("size            {}", bytes(status.bytes)))?;
    Ok(Exit::Success)
}

fn backup(journal: &SqliteJournal, to: &Path, as_json: bool) -> Outcome {
    let backup = journal.backup(to).map_err(failure)?;
    match as_json {
        true => output::json(
            &json!({"path": backup.path, "bytes": backup.bytes, "newest": backup.newest.0}),
        )?,
        false => output::line(format!(
            "{}: {}, up to number {}; it is of use only with the master key, which is not in it",
            backup.path.display(),
            bytes(backup.bytes),
            backup.newest
        ))?,
    }
    Ok(Exit::Success)
}

fn check(journal: &SqliteJournal, as_json: bool) -> Outcome {
    let report = journal.check().map_err(failure)?;
    let findings: Vec<String> = report.findings.iter().map(describe).collect();
    if as_json {
        output::json(&json!({
            "sound": report.sound(),
            "findings": findings,
            "seals": report.seals,
            "erased": report.erased,
            "unopenable": report.unopenable,
        }))?;
    } else {
        for finding in &findings {
            output::line(format!("damaged: {finding}"))?;
        }
        if report.unopenable > 0 {
            output::line(format!(
                "damaged: {} sealed values do not open",
                report.unopenable
            ))?;
        }
        output::line(format!(
            "{}: {} sealed values open, {} belong to people who were erased",
            if report.sound() { "sound" } else { "damaged" },
            report.seals,
            report.erased
        ))?;
    }
    Ok(match report.sound() {
        true => Exit::Success,
        false => Exit::NotRight,
    })
}

fn describe(finding: &Finding) -> String {
    match finding {
        Finding::Damaged(what) => what.clone(),
        Finding::Orphan { table, rows } => {
            format!("{rows} rows of {table} refer to what is not there")
        }
        Finding::Sequence {
            conversation,
            says,
            entries,
            ..
        } => format!("conversation {conversation} says it has {says} entries and has {entries}"),
        Finding::FeedGap { company, missing } => {
            format!("company {} lacks {missing} numbers of its feed", company.0)
        }
    }
}

fn compact(journal: &SqliteJournal, age: SignedDuration, as_json: bool) -> Outcome {
    let before = Timestamp::now().checked_sub(age).unwrap_or(Timestamp::MIN);
    let gone = journal.compact(before).map_err(failure)?;
    match as_json {
        true => output::json(&json!({
            "conversations": gone.conversations,
            "entries": gone.entries,
            "inputs": gone.inputs,
            "outbox": gone.outbox,
            "state": gone.state,
        }))?,
        false => output::line(format!(
            "let go {} resolved conversations with {} entries and {} interactions, {} items of the outbox, {} memories",
            gone.conversations, gone.entries, gone.inputs, gone.outbox, gone.state
        ))?,
    }
    Ok(Exit::Success)
}
