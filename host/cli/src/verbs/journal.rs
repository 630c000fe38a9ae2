//! `patchbay journal`: status, backup, check, restore and retention.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use patchbay_api::{CheckDocument, CompactDocument};
use patchbay_client::BlockingClient;
use patchbay_command::args::{JournalArgs, JournalVerb};
use patchbay_command::document::{list, number, text};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::bytes;
use patchbay_command::output;
use patchbay_command::server::{JournalAccess, audit_entry, journal_settings, settings};
use patchbay_config::duration::Seconds;
use patchbay_journal::{AuditTrail, Maintenance};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_statistics::StatisticsCounter;
use serde_json::{Value, json};

pub(crate) fn run(args: &JournalArgs) -> Outcome {
    let (config, as_json) = (&args.server.config, args.server.json);
    let access = || JournalAccess::open(config);
    match &args.verb {
        JournalVerb::Status => status(&access()?, as_json),
        JournalVerb::Backup { to } => backup(&access()?, to, as_json),
        JournalVerb::Check => check(&access()?, as_json),
        JournalVerb::Compact { older_than } => compact(&access()?, *older_than, as_json),
        JournalVerb::Restore { from, to, force } => {
            restore(config, from, to.as_deref(), *force, as_json)
        }
    }
}

fn status(access: &JournalAccess, as_json: bool) -> Outcome {
    let status = match access {
        JournalAccess::Server(api) => api.get("/v1/journal")?,
        JournalAccess::File(journal) => {
            let status = journal.status()?;
            json!({
                "accepted": status.newest.0,
                "pending": status.pending,
                "unresolved": status.unresolved,
                "outbox_waiting": status.outbox_waiting,
                "outbox_dead": status.outbox_dead,
                "outdated_words": status.outdated_words,
                "bytes": status.bytes,
            })
        }
    };
    let count = |name: &str| number(&status, name);
    output::result(as_json, &status, || {
        output::line(format!(
            "accepted    {} interactions, {} not decided yet\n\
             unresolved  {} conversations\n\
             outbox      {} pending, {} failed\n\
             search      {} conversations to be collected\n\
             size        {}",
            count("accepted"),
            count("pending"),
            count("unresolved"),
            count("outbox_waiting"),
            count("outbox_dead"),
            count("outdated_words"),
            bytes(count("bytes"))
        ))
    })
}

fn backup(access: &JournalAccess, to: &Path, as_json: bool) -> Outcome {
    if to.exists() {
        return Err(Failure::advised(
            Exit::Machine,
            format!("{} already exists", to.display()),
            "name another file: a backup overwrites nothing",
        ));
    }
    let mut made = match access {
        JournalAccess::Server(api) => backup_through_server(api, to)?,
        JournalAccess::File(journal) => {
            let made = journal.backup(to)?;
            let made = json!({"bytes": made.bytes, "newest": made.newest.0});
            journal.append_audit(audit_entry("journal.backup", None, &made))?;
            made
        }
    };
    made["path"] = to.display().to_string().into();
    output::result(as_json, &made, || {
        output::line(format!(
            "{}: {}, {} interactions; reading it requires the master key, which it does not contain",
            to.display(),
            bytes(number(&made, "bytes")),
            number(&made, "newest")
        ))
    })
}

/// Let the server copy the journal into its own directory, and move the copy.
fn backup_through_server(api: &BlockingClient, to: &Path) -> Result<Value, Failure> {
    let name = format!("{}.db", Timestamp::now().as_nanosecond());
    let made = api.post("/v1/journal/backups", &json!({ "name": name }))?;
    let path = Path::new(text(&made, "path"));
    // Neither a link nor `copy` overwrites a file that was created meanwhile.
    let moved = match std::fs::hard_link(path, to) {
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => copy(path, to),
        done => done,
    };
    moved.map_err(|error| {
        Failure::advised(
            Exit::Machine,
            format!("cannot write {}: {error}", to.display()),
            format!("the backup is complete at {}", path.display()),
        )
    })?;
    std::fs::remove_file(path)
        .map_err(|error| Failure::machine(format!("cannot remove {}: {error}", path.display())))?;
    Ok(made)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut created = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    let copied = std::fs::File::open(from)
        .and_then(|mut source| std::io::copy(&mut source, &mut created))
        .and_then(|_| created.sync_all());
    if copied.is_err() {
        let _ = std::fs::remove_file(to);
    }
    copied
}

/// Replace the journal by a backup. Fails while a server has it open.
fn restore(config: &Path, from: &Path, to: Option<&Path>, force: bool, as_json: bool) -> Outcome {
    let settings = settings(config)?;
    let journal = journal_settings(&settings, config)?;
    if !from.exists() {
        let message = format!("the backup {} does not exist", from.display());
        return Err(Failure::machine(message));
    }
    let key = journal.key.display();
    if !journal.key.exists() {
        return Err(Failure::advised(
            Exit::Machine,
            format!("the master key {key} does not exist"),
            "copy the key file that belongs to this backup there (mode 0600): without it no personal data can be read",
        ));
    }
    let options = Options::new(to.unwrap_or(&journal.path), &journal.key);
    let restored = patchbay_journal_sqlite::restore(&options, from, force)?;
    let mut document = json!({"bytes": restored.bytes, "newest": restored.newest.0});
    let entry = audit_entry("journal.restored", None, &document);
    SqliteJournal::open(&options).and_then(|journal| journal.append_audit(entry))?;
    let path = options.path.display();
    let set_aside = restored.set_aside.map(|path| path.display().to_string());
    document["path"] = path.to_string().into();
    document["set_aside"] = json!(set_aside);
    output::result(as_json, &document, || {
        output::line(format!(
            "{path}: {}, {} interactions; opened with the master key {key}",
            bytes(restored.bytes),
            restored.newest.0,
        ))?;
        if let Some(aside) = &set_aside {
            output::line(format!("the previous journal is now {aside}"))?;
        }
        output::line(
            "Deliveries made after the backup are sent again with the same idempotency keys. Let channels deliver again what they delivered after the backup.",
        )
    })
}

fn check(access: &JournalAccess, as_json: bool) -> Outcome {
    let report = match access {
        JournalAccess::Server(api) => api.post("/v1/journal/check", &json!({}))?,
        JournalAccess::File(journal) => {
            json!(CheckDocument::from(journal.check()?))
        }
    };
    let is_sound = report["sound"] == true;
    output::result(as_json, &report, || {
        for finding in list(&report, "findings").iter().filter_map(Value::as_str) {
            output::line(format!("damaged: {finding}"))?;
        }
        let unreadable = number(&report, "unopenable");
        if unreadable > 0 {
            output::line(format!(
                "damaged: {unreadable} encrypted values cannot be decrypted"
            ))?;
        }
        output::line(format!(
            "{}: {} encrypted values can be decrypted; {} belong to erased contacts",
            if is_sound { "sound" } else { "damaged" },
            number(&report, "seals"),
            number(&report, "erased")
        ))
    })?;
    Ok(Exit::success_if(is_sound))
}

fn compact(access: &JournalAccess, age: Seconds, as_json: bool) -> Outcome {
    let deleted = match access {
        JournalAccess::Server(api) => {
            let body = json!({"older_than": age.to_string()});
            api.post("/v1/journal/compact", &body)?
        }
        JournalAccess::File(journal) => {
            let age = SignedDuration::from_secs(age.0.into());
            let before = Timestamp::now().checked_sub(age).unwrap_or(Timestamp::MIN);
            StatisticsCounter::default().count_all(&**journal)?;
            let deleted = journal.compact(before)?;
            let details = json!({"before": before, "conversations": deleted.conversations});
            journal.append_audit(audit_entry("journal.compact", None, &details))?;
            json!(CompactDocument::from(deleted))
        }
    };
    let count = |name: &str| number(&deleted, name);
    output::result(as_json, &deleted, || {
        output::line(format!(
            "deleted {} resolved conversations, {} history entries, {} interactions, {} deliveries, {} plugin state values, {} receipts, {} undecoded deliveries, {} original mails, {} uploaded files",
            count("conversations"),
            count("entries"),
            count("inputs"),
            count("outbox"),
            count("state"),
            count("receipts"),
            count("quarantined"),
            count("originals"),
            count("files")
        ))
    })
}
