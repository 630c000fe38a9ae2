//! `patchbay test`: run the test cases of a pack.

use patchbay_pack::cases::{Case, CaseReport, CaseRunner};
use patchbay_pack::source::Pack;
use serde_json::json;

use crate::args::TestArgs;
use crate::exit::{Exit, Failure, Outcome, io};
use crate::output;
use crate::policy::{open_pack, pack_failure};

pub(crate) fn run(args: &TestArgs) -> Outcome {
    let pack = match &args.component {
        None => open_pack(&args.dir, &args.build)?,
        Some(component) => {
            Pack::from_parts(&args.dir, component).map_err(|error| pack_failure(error.into()))?
        }
    };
    let directory = args.dir.join("cases");
    if !directory.is_dir() {
        return Err(Failure::advised(
            Exit::NotRight,
            format!("{} has no directory cases/", args.dir.display()),
            "write test cases as cases/<topic>/<name>.json; docs/cases.md describes them",
        ));
    }
    let mut paths = Case::find(&directory).map_err(io(&directory))?;
    if let Some(filter) = &args.filter {
        paths.retain(|path| path.to_string_lossy().contains(filter.as_str()));
    }
    if paths.is_empty() {
        return Err(Failure::new(
            Exit::NotRight,
            format!("no test case in {} matches", directory.display()),
        ));
    }
    let mut runner = CaseRunner::new(&pack).map_err(Failure::machine)?;
    let bar = output::progress(Some(paths.len() as u64), "cases");
    let mut reports = Vec::new();
    for path in &paths {
        let report = runner.run(path);
        if !args.json && !report.passed() {
            bar.suspend(|| output::line(describe(&report)))?;
        }
        reports.push(report);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let failed = reports.iter().filter(|report| !report.passed()).count();
    let passed = reports.len() - failed;
    let cases: Vec<_> = reports
        .iter()
        .map(|report| json!({"path": report.path, "note": report.note, "passed": report.passed(), "error": report.error, "steps": report.steps}))
        .collect();
    let document = json!({"pack": pack.name, "passed": passed, "failed": failed, "cases": cases});
    output::result(args.json, &document, || {
        output::line(format!("{passed} passed, {failed} failed"))
    })?;
    Ok(Exit::success_if(failed == 0))
}

fn describe(report: &CaseReport) -> String {
    let mut lines = vec![format!("FAILED {}", report.path.display())];
    if !report.note.is_empty() {
        lines.push(format!("  {}", report.note));
    }
    if let Some(error) = &report.error {
        lines.push(format!("  {error}"));
    }
    for step in &report.steps {
        for mismatch in &step.mismatches {
            let found = mismatch.found.as_ref();
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            let path = match mismatch.path.as_str() {
                "" => "decision",
                path => path,
            };
            lines.push(format!(
                "  step {}: {path}\n    expected  {}\n    found     {found}",
                step.step, mismatch.expected
            ));
        }
    }
    lines.join("\n")
}
