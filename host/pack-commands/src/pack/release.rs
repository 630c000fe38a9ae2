//! What a release of a pack changes: its parts, and what the cases of the release before decide
//! with it.

use std::path::Path;

use patchbay_command::engine::cache;
use patchbay_command::exit::Failure;
use patchbay_command::output;
use patchbay_pack::Pack;
use patchbay_pack::release::{ReleaseChange, behaviour_change, changes};
use patchbay_pack_cases::CaseRunner;
use serde_json::{Value, json};

/// Changes that are listed of one pack; the rest is a number.
const LISTED: usize = 20;

/// Everything that a release changes, the furthest first.
pub(super) fn all_changes(before: &Pack, after: &Pack) -> Result<Vec<ReleaseChange>, Failure> {
    let mut found = changes(before, after);
    found.extend(changed_cases(before, after)?);
    found.sort_by_key(|change| std::cmp::Reverse(change.level));
    Ok(found)
}

/// The cases of the release before that fail with the next one.
fn changed_cases(before: &Pack, after: &Pack) -> Result<Vec<ReleaseChange>, Failure> {
    let mut runner = CaseRunner::new(after, cache()).map_err(Failure::machine)?;
    let title = format!("cases of {} {}", before.name, before.version);
    let bar = output::progress(Some(before.cases.len() as u64), &title);
    let mut found = Vec::new();
    for (path, text) in &before.cases {
        let report = runner.run_text(Path::new(path), text, &|| true);
        if let Some(report) = report.filter(|report| !report.passed()) {
            found.push(behaviour_change(path, &report.summary()));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(found)
}

/// A line for each change.
pub(super) fn change_lines(changes: &[ReleaseChange]) -> Vec<String> {
    let mut lines: Vec<String> = changes
        .iter()
        .take(LISTED)
        .map(ToString::to_string)
        .collect();
    if changes.len() > LISTED {
        let more = changes.len() - LISTED;
        lines.push(format!("and {more} more; --json lists all"));
    }
    lines
}

pub(super) fn change_documents(changes: &[ReleaseChange]) -> Vec<Value> {
    let changes = changes.iter();
    changes
        .map(|one| json!({"area": one.area, "level": one.level, "what": one.what}))
        .collect()
}
