//! `patchbay contacts`: import, opt-outs, export, erase, merge and split.

mod import;
mod opt_out;

use jiff::Timestamp;
use patchbay_client::{BlockingClient, company_path};
use patchbay_command::args::{ContactVerb, ContactsArgs, ContactsVerb};
use patchbay_command::document::number;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::counted;
use patchbay_command::output;
use patchbay_command::server::{JournalAccess, audit_entry, find_company};
use patchbay_journal::{AuditTrail, ContactId, Contacts, Conversations};
use patchbay_journal_sqlite::SqliteJournal;
use patchbay_records::history::erasure_notes;
use patchbay_records::person_export::export;
use serde_json::{Value, json};

/// Actor of changes on the journal file, and on a server without tokens.
const BY: &str = "command line";

pub(crate) fn run(args: &ContactsArgs) -> Outcome {
    let name = args.company.name()?;
    let access = JournalAccess::open(&args.server.config)?;
    let as_json = args.server.json;
    match &args.verb {
        ContactsVerb::Import(import) => import::run(&access, name, import, as_json),
        ContactsVerb::OptOut(verb) => opt_out::run(&access, name, verb, as_json),
        ContactsVerb::Contact(verb) => match &access {
            JournalAccess::File(journal) => run_on_file(journal, name, verb, as_json),
            JournalAccess::Server(api) => run_on_server(api, name, verb, as_json),
        },
    }
}

fn run_on_file(journal: &SqliteJournal, name: &str, verb: &ContactVerb, as_json: bool) -> Outcome {
    let company = find_company(journal, name)?;
    let now = Timestamp::now();
    let entry = |code: &str, details: Value| audit_entry(code, Some(name), &details);
    match verb {
        ContactVerb::Export { contact } => {
            let contact = id(contact)?;
            let document = export(journal, company, contact)?;
            let details = json!({"contact": contact.to_string()});
            journal.append_audit(entry("contact.exported", details))?;
            output::json(&document)?;
            Ok(Exit::Success)
        }
        ContactVerb::Erase { contact, yes } => {
            let contact = id(contact)?;
            require_confirmation(*yes)?;
            let details = json!({"contact": contact.to_string()});
            let entry = entry("contact.erased", details);
            let notes = erasure_notes(contact, now);
            let erased = journal.erase_person_with(company, contact, now, entry, notes)?;
            let gone: Vec<String> = erased.contacts.iter().map(ToString::to_string).collect();
            // Only a server resolves conversations: they have clocks, owners and policies.
            let open = journal.count_unresolved_of_contact(company, contact)?;
            let document = json!({
                "erased": gone,
                "scrubbed": erased.scrubbed,
                "open_conversations": open,
            });
            let again = "start the server and repeat the command to resolve them";
            print_erased(&document, gone.len(), again, as_json)
        }
        ContactVerb::Merge { contact, into } => {
            let (contact, into) = (id(contact)?, id(into)?);
            let details = json!({"contact": contact.to_string(), "into": into.to_string()});
            let entry = entry("contact.merged", details);
            print_change(
                journal.merge_contacts(company, contact, into, BY, now, entry)?,
                as_json,
            )
        }
        ContactVerb::Split { contact } => {
            let contact = id(contact)?;
            let entry = entry("contact.split", json!({"contact": contact.to_string()}));
            print_change(
                journal.split_contact(company, contact, BY, now, entry)?,
                as_json,
            )
        }
        ContactVerb::Undo { change } => {
            let entry = entry("contact.undone", json!({"change": change}));
            print_change(
                journal.undo_contact_change(company, *change, BY, now, entry)?,
                as_json,
            )
        }
    }
}

fn run_on_server(
    api: &BlockingClient,
    company: &str,
    verb: &ContactVerb,
    as_json: bool,
) -> Outcome {
    let path = |rest: String| company_path(company, &format!("contacts/{rest}"));
    // With a token the server takes the token's owner.
    let mut body = match api.has_token() {
        true => json!({}),
        false => json!({"by": BY}),
    };
    let changed = match verb {
        ContactVerb::Export { contact } => {
            output::json(&api.get(&path(id(contact)?.to_string()))?)?;
            return Ok(Exit::Success);
        }
        ContactVerb::Erase { contact, yes } => {
            require_confirmation(*yes)?;
            let document = api.delete(&path(id(contact)?.to_string()))?;
            let erased = document["contacts"].as_array().map_or(0, Vec::len);
            let again = "repeat the command to resolve them";
            return print_erased(&document, erased, again, as_json);
        }
        ContactVerb::Merge { contact, into } => {
            body["into"] = id(into)?.to_string().into();
            api.post(&path(format!("{}/merge", id(contact)?)), &body)?
        }
        ContactVerb::Split { contact } => {
            api.post(&path(format!("{}/split", id(contact)?)), &body)?
        }
        ContactVerb::Undo { change } => api.post(&path(format!("changes/{change}/undo")), &body)?,
    };
    print_change(number(&changed, "change"), as_json)
}

fn print_erased(document: &Value, contacts: usize, again: &str, as_json: bool) -> Outcome {
    output::result(as_json, document, || {
        output::line(format!(
            "erased {}; earlier backups still contain them: delete those backups",
            counted(contacts as u64, "contact")
        ))?;
        let open = match document["open_conversations"].as_u64() {
            Some(0) => return Ok(()),
            Some(open) => counted(open, "conversation"),
            None => "an unknown number of conversations".to_owned(),
        };
        output::line(format!("still open of this person: {open}; {again}"))
    })
}

fn require_confirmation(yes: bool) -> Result<(), Failure> {
    match yes {
        true => Ok(()),
        false => Err(Failure::advised(
            Exit::Usage,
            "an erasure cannot be undone",
            "add --yes to destroy the encryption key of everything this person wrote",
        )),
    }
}

fn print_change(change: u64, as_json: bool) -> Outcome {
    output::result(as_json, &json!({"change": change}), || {
        output::line(format!(
            "change {change}; undo it with `patchbay contacts undo {change}`"
        ))
    })
}

fn id(text: &str) -> Result<ContactId, Failure> {
    text.parse().map_err(|error| {
        Failure::advised(
            Exit::Usage,
            format!("{text:?} is not a contact id: {error}"),
            "conversations and events show the id of their contact",
        )
    })
}
