//! `patchbay update`: move a policy project to the SDK and the contract of this binary.

use std::io::ErrorKind;

use patchbay_command::args::UpdateArgs;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_config::file_problem::FileProblem;
use patchbay_scaffold::update::{FileChange, ProjectUpdate, UpdateError};
use semver::Version;
use serde_json::{Value, json};

/// Runs `patchbay update`.
pub fn run(args: &UpdateArgs) -> Outcome {
    let update = ProjectUpdate::plan(&args.directory, args.replace).map_err(failure)?;
    let changes = &update.changes;
    let is_written = !args.dry_run && !changes.is_empty();
    if is_written {
        update.write().map_err(failure)?;
    }
    let commands = match changes.is_empty() {
        true => Vec::new(),
        false => update.next_commands(),
    };
    let document = json!({
        "name": update.name,
        "language": update.language,
        "sdk": {"before": update.before.sdk, "after": update.after.sdk},
        "contract": {
            "before": update.before.contract,
            "after": update.after.contract,
            "added": update.additions,
        },
        "changes": changes.iter().map(change_document).collect::<Vec<_>>(),
        "kept": update.kept,
        "notes": update.notes,
        "written": is_written,
        "next": commands.iter().map(|(command, _)| command).collect::<Vec<_>>(),
    });
    output::result(args.json, &document, || {
        output::line(heading(&update))?;
        if changes.is_empty() {
            return output::line("already up to date");
        }
        for note in &update.notes {
            output::note(note);
        }
        changes
            .iter()
            .try_for_each(|change| print(change, args.dry_run))?;
        for kept in &update.kept {
            let path = &kept.path;
            output::note(match &kept.new {
                Some(new) => format!(
                    "still to do: {path} was changed by hand and stays; bring your change into {new}, and rename that"
                ),
                None => format!(
                    "still to do: {path} was changed by hand and stays; this SDK has no such file"
                ),
            });
        }
        if !update.additions.is_empty() {
            let before = shown(update.before.contract.as_ref());
            output::line(format!("\nNew in the contract since {before}:"))?;
            for one in &update.additions {
                output::line(format!("  {}  {}: {}", one.since, one.interface, one.item))?;
            }
        }
        if args.dry_run {
            output::note("nothing is written: it is a dry run");
            return Ok(());
        }
        output::line("\nNext:")?;
        let width = commands.iter().map(|(command, _)| command.len()).max();
        let width = width.unwrap_or_default();
        let mut commands = commands.iter();
        commands
            .try_for_each(|(command, what)| output::line(format!("  {command:<width$}  # {what}")))
    })?;
    Ok(Exit::success_if(update.kept.is_empty()))
}

fn heading(update: &ProjectUpdate) -> String {
    let step = |before: &Option<Version>, after: &Option<Version>| match before == after {
        true => shown(after.as_ref()),
        false => format!("{} > {}", shown(before.as_ref()), shown(after.as_ref())),
    };
    format!(
        "{}, a policy in {}: SDK {}, contract {}",
        update.name,
        update.language,
        step(&update.before.sdk, &update.after.sdk),
        step(&update.before.contract, &update.after.contract)
    )
}

fn shown(version: Option<&Version>) -> String {
    version.map_or_else(|| "unknown".to_owned(), Version::to_string)
}

fn kind(change: &FileChange) -> &'static str {
    match (&change.before, &change.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    }
}

fn change_document(change: &FileChange) -> Value {
    json!({
        "path": change.path,
        "change": kind(change),
        "lines": change.lines(),
        "diff": change.diff(),
    })
}

/// A line for a file; in a dry run also the lines that differ.
fn print(change: &FileChange, with_lines: bool) -> Result<(), Failure> {
    let lines = change
        .lines()
        .map(|lines| format!(" (+{} -{})", lines.added, lines.removed));
    let (kind, lines) = (kind(change), lines.unwrap_or_default());
    output::line(format!("{kind:<8} {}{lines}", change.path))?;
    match change.diff().filter(|_| with_lines && kind == "changed") {
        Some(diff) => output::line(diff),
        None => Ok(()),
    }
}

fn failure(error: UpdateError) -> Failure {
    let help = match &error {
        UpdateError::NoProject { .. } => {
            "name the directory of a project that `patchbay new` wrote, with pack.toml"
        }
        UpdateError::Newer { .. } => {
            "install a patchbay of that version or later, and update the project with it"
        }
        UpdateError::OtherSource { .. } => {
            "update that source; or name the SDK as a project of `patchbay new` does"
        }
        UpdateError::Link(_) => "put the file itself there",
        UpdateError::Invalid { .. } | UpdateError::Io { .. } => "",
    };
    match error {
        UpdateError::Invalid {
            path,
            text,
            problem,
        } => {
            let problem: FileProblem = *problem;
            Failure::located(
                Exit::NotRight,
                &path.display().to_string(),
                &text,
                vec![problem],
            )
        }
        UpdateError::Io { path, error } => {
            let help = match error.kind() {
                ErrorKind::NotFound => "check the path",
                _ => "nothing is changed; make room or give permission, and run it again",
            };
            Failure::advised(Exit::Machine, format!("{}: {error}", path.display()), help)
        }
        error @ UpdateError::NoProject { .. } => Failure::advised(Exit::Usage, error, help),
        error => Failure::advised(Exit::NotRight, error, help),
    }
}
