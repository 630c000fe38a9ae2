//! `patchbay contacts`: what is kept of a person, and the end of it.

use jiff::Timestamp;
use patchbay_desk::export::export;
use patchbay_journal::{ContactId, Journal, JournalError};
use serde_json::{Value, json};

use super::audit::act;
use super::company;
use super::journal::failure;
use crate::api::{Api, Reach, part};
use crate::args::{ContactsArgs, ContactsVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

pub(crate) fn run(args: &ContactsArgs) -> Outcome {
    let name = args.company.name()?;
    let journal = match Reach::of(&args.config)? {
        Reach::Journal(journal) => *journal,
        Reach::Server(api) => return through(&api, name, args),
    };
    let company = company::known(&journal, name)?;
    let now = Timestamp::now();
    let by = "command line";
    let act = |code: &str, about: Value| act(code, Some(name), &about);
    match &args.verb {
        ContactsVerb::Export { contact } => {
            let contact = id(contact)?;
            let document = export(&journal, company, contact).map_err(failure)?;
            let about = json!({"contact": contact.to_string()});
            let noted = journal.audit(act("contact.exported", about));
            noted.map_err(failure)?;
            output::json(&document)?;
        }
        ContactsVerb::Erase { contact, yes } => {
            let contact = id(contact)?;
            refuse_unless(*yes)?;
            let entry = act("contact.erased", json!({"contact": contact.to_string()}));
            let erased = journal.erase(company, contact, now, entry);
            let erased = erased.map_err(failure)?;
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
            let about = json!({"contact": contact.to_string(), "into": into.to_string()});
            let entry = act("contact.merged", about);
            let change = journal.merge(company, contact, into, by, now, entry);
            changed(change, args.json)?;
        }
        ContactsVerb::Split { contact } => {
            let contact = id(contact)?;
            let entry = act("contact.split", json!({"contact": contact.to_string()}));
            changed(journal.split(company, contact, by, now, entry), args.json)?;
        }
        ContactsVerb::Undo { change } => {
            let entry = act("contact.undone", json!({"change": change}));
            changed(journal.undo(company, *change, by, now, entry), args.json)?;
        }
    }
    Ok(Exit::Success)
}

/// The same, by the server that holds the journal.
fn through(api: &Api, company: &str, args: &ContactsArgs) -> Outcome {
    let contacts = format!("/v1/companies/{}/contacts", part(company));
    // Whoever shows a token acts under its name.
    let by = match api.shows_token()? {
        true => json!({}),
        false => json!({"by": "command line"}),
    };
    let document = match &args.verb {
        ContactsVerb::Export { contact } => api.get(&format!("{contacts}/{}", id(contact)?))?,
        ContactsVerb::Erase { contact, yes } => {
            refuse_unless(*yes)?;
            api.delete(&format!("{contacts}/{}", id(contact)?))?
        }
        ContactsVerb::Merge { contact, into } => {
            let mut body = by;
            body["into"] = id(into)?.to_string().into();
            api.post(&format!("{contacts}/{}/merge", id(contact)?), &body)?
        }
        ContactsVerb::Split { contact } => {
            api.post(&format!("{contacts}/{}/split", id(contact)?), &by)?
        }
        ContactsVerb::Undo { change } => {
            api.post(&format!("{contacts}/changes/{change}/undo"), &by)?
        }
    };
    output::json(&document)?;
    Ok(Exit::Success)
}

fn refuse_unless(yes: bool) -> Result<(), Failure> {
    match yes {
        true => Ok(()),
        false => Err(Failure::advised(
            Exit::Usage,
            "an erasure cannot be undone",
            "say --yes to destroy the key under which everything they wrote is sealed",
        )),
    }
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
