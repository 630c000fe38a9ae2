//! A generation's packs must pass their own cases before they decide.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::PoisonError;

use patchbay_engine::component::Digest;
use patchbay_model::company::CompanyFile;
use patchbay_model::file_problem::FileProblem;
use patchbay_pack::cases::{CaseReport, CaseRunner};
use patchbay_pack::source::Pack;

use crate::assemble::Assembler;
use crate::source::Source;

/// Failing cases of one pack that are told in full.
const TOLD: usize = 5;

/// Cases were broken off before all of them were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenOff;

impl Assembler {
    /// Run the cases of every pack of a source, each pack's once as long as it
    /// does not change; answers which fail, and how, at the place of the pack
    /// in the document. Before each, asks whether to go on.
    ///
    /// # Errors
    /// [`BrokenOff`], when it is not to go on.
    pub fn try_cases(
        &self,
        source: &Source,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Vec<FileProblem>, BrokenOff> {
        // One that does not read has no packs; that is told where it is built.
        let Ok(file) = CompanyFile::parse(&source.document) else {
            return Ok(Vec::new());
        };
        let mut problems = Vec::new();
        let mut seen = BTreeSet::new();
        for entry in file.plugin.values() {
            let wanted = entry.pack.get_ref();
            let Some(pack) = source.packs.get(wanted).filter(|_| seen.insert(wanted)) else {
                continue;
            };
            let bundle = serde_json::to_vec(&pack.bundle()).unwrap_or_default();
            let known = Digest::of(&bundle);
            let passed = || self.passed.lock().unwrap_or_else(PoisonError::into_inner);
            if passed().contains(&known) {
                continue;
            }
            let at = |message| FileProblem::at(entry.pack.span(), message);
            let failures = failures(pack, goes_on)?;
            if failures.is_empty() {
                passed().insert(known);
            }
            let more = failures.len().saturating_sub(TOLD);
            problems.extend(failures.into_iter().take(TOLD).map(at));
            if more > 0 {
                problems.push(at(format!("pack {}: {more} more cases fail", pack.name)));
            }
        }
        Ok(problems)
    }
}

fn failures(pack: &Pack, goes_on: &dyn Fn() -> bool) -> Result<Vec<String>, BrokenOff> {
    if pack.cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut runner = match CaseRunner::new(pack) {
        Ok(runner) => runner,
        Err(error) => return Ok(vec![format!("pack {}: {error}", pack.name)]),
    };
    let mut failures = Vec::new();
    for (path, text) in &pack.cases {
        if !goes_on() {
            return Err(BrokenOff);
        }
        let report = runner.run_text(Path::new(path), text);
        if !report.passed() {
            failures.push(format!("pack {}: case {}", pack.name, told(&report)));
        }
    }
    Ok(failures)
}

fn told(report: &CaseReport) -> String {
    let path = report.path.display();
    if let Some(error) = &report.error {
        return format!("{path} cannot be run: {error}");
    }
    let mismatch = report.steps.iter().find_map(|step| {
        let first = step.mismatches.first()?;
        let found = first.found.as_ref().map(ToString::to_string);
        Some(format!(
            "{path} fails at step {}: {} should be {} and is {}",
            step.step,
            first.path,
            first.expected,
            found.as_deref().unwrap_or("nothing")
        ))
    });
    mismatch.unwrap_or_else(|| format!("{path} fails"))
}
