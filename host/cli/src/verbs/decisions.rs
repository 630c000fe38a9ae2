//! `patchbay decisions`: list, show and explain recorded decisions.

use std::path::Path;

use patchbay_command::args::{DecisionsArgs, DecisionsVerb};
use patchbay_command::decision_store::{DecisionStore, time_before};
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::output;
use patchbay_records::decisions::explain::explain;
use patchbay_records::decisions::{DecisionRow, Filter};
use serde_json::{Value, json};

pub(crate) fn run(args: &DecisionsArgs) -> Outcome {
    let company = args.company.name()?;
    let store = DecisionStore::open(&args.server.config, company)?;
    let as_json = args.server.json;
    match &args.verb {
        DecisionsVerb::List {
            since,
            stage,
            outcome,
            plugin,
            generation,
            contact,
            conversation,
            interaction,
            limit,
        } => {
            let filter = Filter {
                since: since.map(time_before),
                stage: *stage,
                outcome: *outcome,
                plugin: plugin.clone(),
                until: None,
                generation: *generation,
                contacts: contact.iter().copied().collect(),
                conversation: conversation.clone(),
                interaction: interaction.clone(),
                before: None,
                limit: usize::try_from(*limit).unwrap_or(usize::MAX),
            };
            let lines = store.list(&filter)?;
            output::result(as_json, &json!({"decisions": lines}), || {
                print(company, &lines)
            })
        }
        DecisionsVerb::Show { decision, unseal } => {
            output::json(&shown(&store, *decision, *unseal)?)?;
            Ok(Exit::Success)
        }
        DecisionsVerb::Explain { decision, unseal } => {
            let lines = explain(&shown(&store, *decision, *unseal)?);
            let document = json!({"decision": decision, "explanation": lines});
            output::result(as_json, &document, || output::line(lines.join("\n")))
        }
        DecisionsVerb::ExportCase {
            decision,
            plugin,
            output: file,
            force,
        } => {
            // Before anything is unsealed.
            if let Some(file) = file.as_ref().filter(|file| !force && file.is_file()) {
                return Err(exists(file));
            }
            let case = store.case(*decision, plugin.as_deref())?;
            store.unseal(&[*decision])?;
            let Some(file) = file else {
                output::json(&case)?;
                return Ok(Exit::Success);
            };
            write(file, &case, *force)?;
            output::result(
                as_json,
                &json!({"decision": decision, "path": file}),
                || {
                    output::line(format!(
                        "wrote {}; it contains the customer's text, so store it where personal data is allowed",
                        file.display()
                    ))
                },
            )
        }
    }
}

fn shown(store: &DecisionStore, decision: u64, unseal: bool) -> Result<Value, Failure> {
    let shown = store.show(decision, unseal)?;
    if unseal {
        store.unseal(&[decision])?;
    }
    Ok(shown)
}

fn exists(file: &Path) -> Failure {
    Failure::advised(
        Exit::NotRight,
        format!("{} exists; nothing was written", file.display()),
        "name another file, or add --force to overwrite it",
    )
}

/// Write a case that only the file's owner may read: it holds personal data.
fn write(file: &Path, case: &Value, force: bool) -> Result<(), Failure> {
    use std::io::{ErrorKind, Write};
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let text = serde_json::to_string_pretty(case)
        .map_err(|error| Failure::machine(format!("cannot write the case: {error}")))?;
    // A terminal or a pipe, such as /dev/stdout, is not overwritten.
    let may_exist = force || std::fs::metadata(file).is_ok_and(|found| !found.is_file());
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create(may_exist)
        .create_new(!may_exist)
        .truncate(may_exist)
        .mode(0o600)
        .open(file);
    let mut opened = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(exists(file)),
        opened => opened.map_err(io(file))?,
    };
    if force && opened.metadata().is_ok_and(|found| found.is_file()) {
        let owner_only = std::fs::Permissions::from_mode(0o600);
        opened.set_permissions(owner_only).map_err(io(file))?;
    }
    writeln!(opened, "{text}").map_err(io(file))
}

fn print(company: &str, lines: &[DecisionRow]) -> Result<(), Failure> {
    let rows = lines.iter().map(|line| {
        let stages: Vec<_> = line.stages.iter().map(|stage| stage.as_str()).collect();
        let plugins: Vec<_> = line.plugins.iter().map(String::as_str).collect();
        let transcript = match line.transcript.as_deref() {
            Some("kept") => "stored",
            Some(_) => "not stored",
            None => "",
        };
        vec![
            line.id.to_string(),
            format!("{:.19}", line.at.to_string()),
            line.kind.clone(),
            line.outcome.as_str().to_owned(),
            stages.join(", "),
            plugins.join(", "),
            transcript.to_owned(),
        ]
    });
    output::table(
        &[
            "decision",
            "at",
            "about",
            "outcome",
            "stages",
            "plugins",
            "transcript",
        ],
        &rows.collect::<Vec<_>>(),
        &format!("no recorded decision of {company} matches"),
    )
}
