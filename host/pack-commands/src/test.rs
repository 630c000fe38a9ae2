//! `patchbay test`: run the test cases of a pack.

mod watch;

use patchbay_command::args::TestArgs;
use patchbay_command::engine::cache;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_command::policy::{check_pack_directory, open_pack, pack_failure, warn_of_unused};
use patchbay_pack::source::case_files;
use patchbay_pack::{Pack, read_component};
use patchbay_pack_build::PackError;
use patchbay_pack_cases::CaseRunner;
use serde_json::json;

use watch::FileState;

/// Runs `patchbay test`; with `--watch`, until it is interrupted.
pub fn run(args: &TestArgs, verbose: bool) -> Outcome {
    if !args.watch {
        return run_once(args, verbose);
    }
    loop {
        let before = FileState::read(&args.dir);
        match run_once(args, verbose) {
            Ok(_) => {}
            // Without the directory there is nothing to wait for.
            Err(error) if !args.dir.is_dir() => return Err(error),
            Err(error) => output::error(&error.report),
        }
        output::note(format!(
            "waiting for a change below {}; end with Ctrl-C",
            args.dir.display()
        ));
        before.wait_for_change();
    }
}

fn run_once(args: &TestArgs, verbose: bool) -> Outcome {
    check_pack_directory(&args.dir)?;
    let pack = match &args.component {
        None => open_pack(&args.dir, &args.build)?,
        Some(component) => open_parts(args, component).map_err(pack_failure)?,
    };
    let directory = args.dir.join("cases");
    if std::fs::symlink_metadata(&directory).is_err() {
        return Err(Failure::advised(
            Exit::NotRight,
            format!("{} has no directory cases/", args.dir.display()),
            "write test cases as cases/<topic>/<name>.json; docs/cases.md describes them",
        ));
    }
    let failed = |error: PackError| pack_failure(error);
    let found = case_files(&directory).map_err(|error| failed(PackError::Source(error.into())))?;
    let mut paths = found.used;
    if let Some(filter) = &args.filter {
        paths.retain(|path| path.to_string_lossy().contains(filter.as_str()));
    }
    if paths.is_empty() {
        return Err(Failure::new(
            Exit::NotRight,
            format!("no test case in {} matches", directory.display()),
        ));
    }
    let mut runner = CaseRunner::new(&pack, cache()).map_err(Failure::machine)?;
    let bar = output::progress(Some(paths.len() as u64), "cases");
    let mut reports = Vec::new();
    for path in &paths {
        let report = runner.run(path);
        if !args.json && (verbose || !report.passed()) {
            bar.suspend(|| output::line(report.lines().join("\n")))?;
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

fn open_parts(args: &TestArgs, component: &std::path::Path) -> Result<Pack, PackError> {
    let mut pack = Pack::from_parts(&args.dir, read_component(component)?)?;
    pack.check_parts(&args.dir)?;
    warn_of_unused(&pack.unused);
    Ok(pack)
}
