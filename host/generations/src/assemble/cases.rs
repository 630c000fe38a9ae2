//! Test cases of packs: all must pass before a generation is activated.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use parking_lot::Mutex;
use patchbay_engine::component::Digest;
use patchbay_model::company::CompanyFile;
use patchbay_model::file_problem::FileProblem;
use patchbay_pack::cases::{CaseReport, CaseRunner};
use patchbay_pack::source::Pack;

use super::source::Source;

/// Failing cases reported for each pack; the rest is a number.
const REPORTED: usize = 5;

/// The caller stopped the run before the last case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CasesInterrupted;

/// Digests of the packs whose cases passed.
#[derive(Default)]
pub(super) struct PassedPacks(Mutex<HashSet<Digest>>);

impl PassedPacks {
    /// See [`Assembler::run_cases`](super::Assembler::run_cases).
    pub(super) fn run_cases(
        &self,
        source: &Source,
        should_continue: &dyn Fn() -> bool,
    ) -> Result<Vec<FileProblem>, CasesInterrupted> {
        // The build reports what is wrong with an invalid file.
        let Ok(file) = CompanyFile::parse(&source.document) else {
            return Ok(Vec::new());
        };
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for entry in file.plugin.values() {
            let name = entry.pack.get_ref();
            let Some(pack) = source.packs.get(name).filter(|_| seen.insert(name)) else {
                continue;
            };
            let bundle = serde_json::to_vec(&pack.bundle()).unwrap_or_default();
            let digest = Digest::of(&bundle);
            if self.0.lock().contains(&digest) {
                continue;
            }
            let at = |message| FileProblem::at(entry.pack.span(), message);
            let failures = failures(pack, should_continue)?;
            if failures.is_empty() {
                self.0.lock().insert(digest);
            }
            let more = failures.len().saturating_sub(REPORTED);
            problems.extend(failures.into_iter().take(REPORTED).map(at));
            if more > 0 {
                problems.push(at(format!("pack {}: {more} more cases fail", pack.name)));
            }
        }
        Ok(problems)
    }
}

fn failures(
    pack: &Pack,
    should_continue: &dyn Fn() -> bool,
) -> Result<Vec<String>, CasesInterrupted> {
    if pack.cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut runner = match CaseRunner::new(pack) {
        Ok(runner) => runner,
        Err(error) => return Ok(vec![format!("pack {}: {error}", pack.name)]),
    };
    let mut failures = Vec::new();
    for (path, text) in &pack.cases {
        if !should_continue() {
            return Err(CasesInterrupted);
        }
        let report = runner.run_text(Path::new(path), text);
        if !report.passed() {
            failures.push(format!("pack {}: case {}", pack.name, describe(&report)));
        }
    }
    Ok(failures)
}

fn describe(report: &CaseReport) -> String {
    let path = report.path.display();
    if let Some(error) = &report.error {
        return format!("{path} cannot be run: {error}");
    }
    let mut mismatches = report
        .steps
        .iter()
        .filter_map(|step| Some((step, step.mismatches.first()?)));
    let Some((step, first)) = mismatches.next() else {
        return format!("{path} fails");
    };
    let found = first
        .found
        .as_ref()
        .map_or("nothing".to_owned(), ToString::to_string);
    let (number, field, expected) = (step.step, &first.path, &first.expected);
    format!("{path} fails at step {number}: {field} should be {expected} and is {found}")
}
