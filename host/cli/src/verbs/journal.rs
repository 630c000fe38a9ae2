//! `patchbay journal`: how a journal fares, backups, checks, retention.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use patchbay_journal::{Journal, JournalError, Options, SqliteJournal};
use patchbay_model::duration::Seconds;
use patchbay_server::ServerSettings;
use serde_json::{Value, json};

use super::audit::act;
use crate::api::{Api, Reach};
use crate::args::{JournalArgs, JournalVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::loading::rejected;
use crate::numbers::bytes;
use crate::output;

pub(crate) fn run(args: &JournalArgs) -> Outcome {
    let reach = || Reach::of(&args.config);
    match &args.verb {
        JournalVerb::Status => status(&reach()?, args.json),
        JournalVerb::Backup { to } => backup(&reach()?, to, args.json),
        JournalVerb::Check => check(&reach()?, args.json),
        JournalVerb::Compact { older_than } => compact(&reach()?, *older_than, args.json),
        JournalVerb::Restore { from, to, force } => {
            restore(&args.config, from, to.as_deref(), *force, args.json)
        }
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
        | JournalError::NoAgent(_)
        | JournalError::NoToken(_)
        | JournalError::Exists { .. }
        | JournalError::Foreign { .. }
        | JournalError::Invalid { .. } => Failure::new(Exit::NotRight, error),
        error => Failure::new(Exit::Machine, error),
    }
}

fn status(reach: &Reach, as_json: bool) -> Outcome {
    let status = match reach {
        Reach::Server(api) => api.get("/v1/journal")?,
        Reach::Journal(journal) => {
            let status = journal.status().map_err(failure)?;
            json!({
                "accepted": status.newest.0,
                "pending": status.pending,
                "unresolved": status.unresolved,
                "outbox_waiting": status.outbox_waiting,
                "outbox_dead": status.outbox_dead,
                "bytes": status.bytes,
            })
        }
    };
    if as_json {
        output::json(&status)?;
        return Ok(Exit::Success);
    }
    let count = |name: &str| number(&status, name);
    output::line(format!("accepted        {}", count("accepted")))?;
    output::line(format!("not decided yet {}", count("pending")))?;
    output::line(format!(
        "unresolved      {} conversations",
        count("unresolved")
    ))?;
    output::line(format!(
        "outbox          {} waiting, {} given up",
        count("outbox_waiting"),
        count("outbox_dead")
    ))?;
    output::line(format!("size            {}", bytes(count("bytes"))))?;
    Ok(Exit::Success)
}

fn backup(reach: &Reach, to: &Path, as_json: bool) -> Outcome {
    if to.exists() {
        return Err(Failure::advised(
            Exit::Machine,
            format!("{} is there already", to.display()),
            "nothing is overwritten: name another file, or move that one away",
        ));
    }
    let mut made = match reach {
        Reach::Server(api) => backup_of_server(api, to)?,
        Reach::Journal(journal) => {
            let made = journal.backup(to).map_err(failure)?;
            let about = json!({"bytes": made.bytes, "newest": made.newest.0});
            let noted = journal.audit(act("journal.backup", None, &about));
            noted.map_err(failure)?;
            json!({"bytes": made.bytes, "newest": made.newest.0})
        }
    };
    made["path"] = to.display().to_string().into();
    match as_json {
        true => output::json(&made)?,
        false => output::line(format!(
            "{}: {}, up to number {}; it is of use only with the master key, which is not in it",
            to.display(),
            bytes(number(&made, "bytes")),
            number(&made, "newest")
        ))?,
    }
    Ok(Exit::Success)
}

/// Put a backup in the journal's place. A server that has it open has to stop
/// first.
fn restore(config: &Path, from: &Path, to: Option<&Path>, force: bool, as_json: bool) -> Outcome {
    let settings = ServerSettings::read(config).map_err(rejected)?;
    let Some(kept) = &settings.journal else {
        return Err(Failure::advised(
            Exit::NotRight,
            format!("{} keeps no journal", config.display()),
            "set path under [journal]; host/server/patchbay.example.toml shows how",
        ));
    };
    if !from.exists() {
        return Err(Failure::new(
            Exit::Machine,
            format!("the backup {} does not exist", from.display()),
        ));
    }
    let options = Options::new(to.unwrap_or(&kept.path), &kept.key);
    if !kept.key.exists() {
        return Err(Failure::advised(
            Exit::Machine,
            format!("the master key {} does not exist", kept.key.display()),
            "copy the key file kept with this backup there first (mode 0600): without it nothing personal can be read",
        ));
    }
    let restored = patchbay_journal::restore(&options, from, force).map_err(failure)?;
    let about = json!({"bytes": restored.bytes, "newest": restored.newest.0});
    SqliteJournal::open(&options)
        .and_then(|journal| journal.audit(act("journal.restored", None, &about)))
        .map_err(failure)?;
    let set_aside = restored.set_aside.map(|path| path.display().to_string());
    if as_json {
        output::json(&json!({
            "path": options.path.display().to_string(),
            "bytes": restored.bytes,
            "newest": restored.newest.0,
            "set_aside": set_aside,
        }))?;
        return Ok(Exit::Success);
    }
    output::line(format!(
        "{}: {}, up to number {}; opened with the master key {}",
        options.path.display(),
        bytes(restored.bytes),
        restored.newest.0,
        kept.key.display(),
    ))?;
    if let Some(aside) = set_aside {
        output::line(format!("the journal that was there is {aside}"))?;
    }
    output::line(
        "what was sent after the backup goes out again under the same key; have what was taken in after it delivered again",
    )?;
    Ok(Exit::Success)
}

/// Have the server copy the journal into its own directory, and bring the copy
/// to where it is wanted.
fn backup_of_server(api: &Api, to: &Path) -> Result<Value, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::new(
            Exit::Machine,
            format!("cannot write {}: {error}", to.display()),
        )
    };
    let name = format!("{}.db", Timestamp::now().as_nanosecond());
    let made = api.post("/v1/journal/backups", &json!({ "name": name }))?;
    let path = Path::new(made["path"].as_str().unwrap_or_default());
    // Never over a file somebody made meanwhile.
    let moved = match std::fs::hard_link(path, to) {
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => copy(path, to),
        done => done,
    };
    moved.map_err(|error| {
        Failure::advised(
            Exit::Machine,
            format!("cannot write {}: {error}", to.display()),
            format!("the backup is whole, and at {}", path.display()),
        )
    })?;
    std::fs::remove_file(path).map_err(cannot)?;
    Ok(made)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    let copied = std::fs::File::open(from)
        .and_then(|mut source| std::io::copy(&mut source, &mut made))
        .and_then(|_| made.sync_all());
    if copied.is_err() {
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn check(reach: &Reach, as_json: bool) -> Outcome {
    let report = match reach {
        Reach::Server(api) => api.post("/v1/journal/check", &json!({}))?,
        Reach::Journal(journal) => {
            let report = journal.check().map_err(failure)?;
            let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
            json!({
                "sound": report.sound(),
                "findings": findings,
                "seals": report.seals,
                "erased": report.erased,
                "unopenable": report.unopenable,
            })
        }
    };
    let sound = report["sound"] == true;
    if as_json {
        output::json(&report)?;
    } else {
        let findings = report["findings"].as_array().into_iter().flatten();
        for finding in findings.filter_map(Value::as_str) {
            output::line(format!("damaged: {finding}"))?;
        }
        let unopenable = number(&report, "unopenable");
        if unopenable > 0 {
            output::line(format!("damaged: {unopenable} sealed values do not open"))?;
        }
        output::line(format!(
            "{}: {} sealed values open, {} belong to people who were erased",
            if sound { "sound" } else { "damaged" },
            number(&report, "seals"),
            number(&report, "erased")
        ))?;
    }
    Ok(match sound {
        true => Exit::Success,
        false => Exit::NotRight,
    })
}

fn compact(reach: &Reach, age: Seconds, as_json: bool) -> Outcome {
    let gone = match reach {
        Reach::Server(api) => {
            let asked = json!({"older_than": age.to_string()});
            api.post("/v1/journal/compact", &asked)?
        }
        Reach::Journal(journal) => {
            let age = SignedDuration::from_secs(age.0.into());
            let before = Timestamp::now().checked_sub(age).unwrap_or(Timestamp::MIN);
            let gone = journal.compact(before).map_err(failure)?;
            let about = json!({"before": before, "conversations": gone.conversations});
            let noted = journal.audit(act("journal.compact", None, &about));
            noted.map_err(failure)?;
            json!({
                "conversations": gone.conversations,
                "entries": gone.entries,
                "inputs": gone.inputs,
                "outbox": gone.outbox,
                "state": gone.state,
            })
        }
    };
    let count = |name: &str| number(&gone, name);
    match as_json {
        true => output::json(&gone)?,
        false => output::line(format!(
            "let go {} resolved conversations, {} entries and {} interactions, {} items of the outbox, {} memories",
            count("conversations"),
            count("entries"),
            count("inputs"),
            count("outbox"),
            count("state")
        ))?,
    }
    Ok(Exit::Success)
}

fn number(document: &Value, name: &str) -> u64 {
    document[name].as_u64().unwrap_or_default()
}
