//! `patchbay contacts`: what is kept of a person, and the end of it.

use jiff::Timestamp;
use patchbay_desk::export::export;
use patchbay_journal::{ContactId, Journal, JournalError};
use serde_json::json;

use super::journal::{failure, open};
use crate::args::{ContactsArgs, ContactsVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

pub(crate) fn run(args: &ContactsArgs) -> Outcome {
    let journal = open(&args.config)?;
    let company = journal.company(&args.company).map_err(failure)?;
    let now = Timestamp::now();
    let by = "command line";
    match &args.verb {
        ContactsVerb::Export { contact } => {
            let document = export(&journal, company, id(contact)?).map_err(failure)?;
            output::json(&document)?;
        }
        ContactsVerb::Erase { contact, yes } => {
            let contact = id(contact)?;
            if !yes {
                return Err(Failure::advised(
                    Exit::Usage,
                    "an erasure cannot be undone",
                    "say --yes to destroy the key under which everything they wrote is sealed",
                ));
            }
            let erased = journal.erase(company, contact, now).map_err(failure)?;
            let gone: Vec<String> = erased.contacts.iter().map(ToString::to_string).collect();
            match args.json {
                true => output::json(&json!({"erased": gone, "scrubbed": erased.scrubbed}))?,
                false => output::line(format!(
                    "erased {} contacts; backups made before still hold them: discard those",
                    gone.len()
                ))?,
            }
        }
        ContactsVerb::Merge { contact, into } => {
            let (contact, into) = (id(contact)?, id(into)?);
            let change = journal.merge(company, contact, into, by, now);
            changed(change, args.json)?;
        }
        ContactsVerb::Split { contact } => {
            changed(journal.split(company, id(contact)?, by, now), args.json)?;
        }
        ContactsVerb::Undo { change } => {
            changed(journal.undo(company, *change, by, now), args.json)?;
        }
    }
    Ok(Exit::Success)
}

fn changed(change: Result<u64, JournalError>, as_json: bool) -> Result<(), Failure> {
    let change = change.map_err(failure)?;
    match as_json {
        true => output::json(&json!({"change": change})),
        false => output::line(format!(
            "change {change}; `patchbay contacts undo {change}` takes it back"
        )),
    }
}

fn id(text: &str) -> Result<ContactId, Failure> {
    text.parse().map_err(|error| {
        Failure::advised(
            Exit::Usage,
            format!("{text:?}: {error}"),
            "a conversation's document and every event name its contact",
        )
    })
}
