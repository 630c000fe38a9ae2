//! A change of a company's active generation: the request, why it is refused,
//! and its result.

use std::collections::BTreeMap;
use std::path::Path;

use patchbay_client::{BlockingClient, ClientError};
use patchbay_config::file_problem::FileProblem;
use patchbay_generations::activation::ActivateError;
use patchbay_generations::activation::ActivationConflict;
use patchbay_generations::assemble::difference::Difference;
use patchbay_generations::service::{ChangeError, ChangeRequest, Plan};
use serde_json::{Value, json};

use crate::args::ChangeFlags;
use crate::document::{list, text};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Characters of a value that are shown.
const SHOWN: usize = 60;

/// The request to the service on the journal file.
pub fn request(change: &ChangeFlags) -> ChangeRequest {
    ChangeRequest {
        expected: change.expect,
        moved: change.moved.iter().cloned().collect(),
        by: change.by.clone().unwrap_or_else(|| "operator".to_owned()),
        actor: "command-line".to_owned(),
        secrets: None,
        dry_run: change.dry_run,
        keep_only: false,
        create_company: false,
        // A caller with the journal's files may know every company.
        suggest_names: true,
        ..ChangeRequest::default()
    }
}

/// The body of the request to a server.
pub fn body(change: &ChangeFlags) -> Value {
    let moved: BTreeMap<_, _> = change.moved.iter().cloned().collect();
    json!({
        "expected": change.expect,
        "moved": moved,
        "by": change.by,
        "dry_run": change.dry_run,
        "keep_only": false,
    })
}

/// POST a change; problems of the company file are shown at their lines.
pub fn post(
    api: &BlockingClient,
    path: &str,
    body: &Value,
    file: &Path,
    document: &str,
) -> Result<Value, Failure> {
    let problem = match api.post(path, body) {
        Err(ClientError::Problem(problem)) => problem,
        result => return Ok(result?),
    };
    let Some(reasons) = problem.reasons() else {
        return Err(problem.into());
    };
    print_warnings(
        list(&problem.document, "warnings")
            .iter()
            .filter_map(Value::as_str),
    );
    let reasons = reasons.iter().map(|reason| FileProblem {
        message: text(reason, "message").to_owned(),
        span: span(document, reason),
        help: reason["help"].as_str().map(str::to_owned),
        exceeded: None,
    });
    Err(located(file, document, reasons.collect()))
}

/// The empty span at a reason's line and column.
fn span(document: &str, reason: &Value) -> Option<std::ops::Range<usize>> {
    let number = |name: &str| usize::try_from(reason[name].as_u64()?).ok();
    let (line, column) = (number("line")?, number("column")?);
    let ends = document.match_indices('\n').map(|(at, _)| at + 1);
    let start = std::iter::once(0).chain(ends).nth(line.checked_sub(1)?)?;
    let mut within = document.get(start..)?.char_indices();
    let at = within.nth(column.checked_sub(1)?);
    let at = at.map_or(document.len(), |(at, _)| start + at);
    Some(at..at)
}

/// Problems of a company file.
pub fn located(file: &Path, document: &str, problems: Vec<FileProblem>) -> Failure {
    let file = file.display().to_string();
    Failure::located(Exit::NotRight, &file, document, problems)
}

/// Why the service on the journal file refuses.
pub fn refusal(file: &Path, error: ChangeError) -> Failure {
    let conflicts = |all: Vec<ActivationConflict>| {
        let all = all.iter().map(|one| FileProblem::whole(one.to_string()));
        all.collect::<Vec<_>>()
    };
    match error {
        ChangeError::Invalid {
            document,
            mut problems,
            conflicts: found,
            warnings,
        } => {
            print_warnings(warnings.iter().map(String::as_str));
            problems.extend(conflicts(found));
            located(file, &document, problems)
        }
        ChangeError::Activate(ActivateError::Conflicts(all)) => located(file, "", conflicts(all)),
        ChangeError::Activate(ActivateError::Journal(error)) => error.into(),
        ChangeError::NewCompany(new) => Failure::advised(
            Exit::NotRight,
            new,
            "add --new to create the company from this file",
        ),
        error => Failure::new(Exit::NotRight, error),
    }
}

/// A plan as the server's document of it.
pub fn document(plan: Plan) -> Value {
    json!({
        "generation": plan.number,
        "before": plan.before,
        "active": plan.active,
        "unchanged": plan.unchanged,
        "differences": plan.differences,
        "warnings": plan.warnings,
        "because": plan.because,
    })
}

/// Write what a change did, or would do.
pub fn print(company: &str, plan: &Value, dry_run: bool, as_json: bool) -> Outcome {
    output::result(as_json, plan, || {
        let number = &plan["generation"];
        let before = plan["before"].as_u64();
        let is_active = plan["active"] == true;
        if plan["unchanged"] == true {
            output::line(match is_active {
                true => format!(
                    "{company}: nothing differs from generation {number}, which stays active"
                ),
                false => format!("{company}: generation {number} is stored already"),
            })?;
        } else {
            output::line(match (is_active, dry_run, before) {
                (true, _, Some(before)) => format!(
                    "{company}: generation {number} is active (before: generation {before})"
                ),
                (true, _, None) => format!("{company}: created with generation {number}, active"),
                (false, true, Some(before)) => {
                    format!("{company}: generation {number} would replace generation {before}")
                }
                (false, true, None) => {
                    format!("{company}: would be created with generation {number}")
                }
                (false, false, Some(before)) => format!(
                    "{company}: generation {number} is stored; generation {before} stays active"
                ),
                (false, false, None) => {
                    format!("{company}: generation {number} is stored; no generation is active yet")
                }
            })?;
        }
        if let Some(because) = plan["because"].as_str() {
            output::line(format!("  {because}"))?;
        }
        // What tags of registries are now.
        for (name, digest) in plan["packs"].as_object().into_iter().flatten() {
            let digest = digest.as_str().unwrap_or_default();
            output::line(format!("  {name} is {digest}"))?;
        }
        // For a new company everything is different.
        if before.is_some() {
            for line in difference_lines(&plan["differences"]) {
                output::line(format!("  {line}"))?;
            }
        }
        print_warnings(list(plan, "warnings").iter().filter_map(Value::as_str));
        Ok(())
    })
}

/// Write the warnings about a company file.
pub fn print_warnings<'a>(warnings: impl Iterator<Item = &'a str>) {
    for warning in warnings {
        output::note(format!("warning: {warning}"));
    }
}

/// One line for each difference between two generations.
pub fn difference_lines(differences: &Value) -> Vec<String> {
    let all: Vec<Difference> = serde_json::from_value(differences.clone()).unwrap_or_default();
    let line = |one: &Difference| match (&one.before, &one.after) {
        (None, Some(after)) => format!("+ {}: {}", one.path, shorten(after)),
        (Some(before), None) => format!("- {}: {}", one.path, shorten(before)),
        (before, after) => {
            let text = |side: &Option<String>| side.clone().unwrap_or_default();
            let (before, after) = from_first_difference(&text(before), &text(after));
            format!("~ {}: {} → {}", one.path, shorten(&before), shorten(&after))
        }
    };
    all.iter().map(line).collect()
}

/// Both texts from a little before the first character in which they differ, where that would
/// not be shown otherwise.
fn from_first_difference(before: &str, after: &str) -> (String, String) {
    let pairs = before.chars().zip(after.chars());
    let same = pairs.take_while(|(one, other)| one == other).count();
    let cut = |text: &str| match same > SHOWN / 2 {
        true => {
            let rest: String = text.chars().skip(same - SHOWN / 4).collect();
            format!("…{rest}")
        }
        false => text.to_owned(),
    };
    (cut(before), cut(after))
}

fn shorten(text: &str) -> String {
    let text = text.replace('\n', " ⏎ ");
    match text.char_indices().nth(SHOWN) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_far_into_a_long_value_is_shown() {
        let text = |end: &str| format!("[{}\"{end}\"]", "\"word\", ".repeat(40));
        let found =
            json!([{"path": "settings.words", "before": text("old"), "after": text("new")}]);
        let lines = difference_lines(&found);
        assert!(
            lines[0].contains("old") && lines[0].contains("new"),
            "{lines:?}"
        );
    }
}
