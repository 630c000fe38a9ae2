//! `patchbay doctor`: what this machine has, and what it costs where it lacks
//! something.

use std::path::Path;

use patchbay_engine::cache::AotCache;
use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_pack::build::{GUEST_TARGET, require_target};
use serde::Serialize;

use crate::args::DoctorArgs;
use crate::exit::{Exit, Outcome};
use crate::output;

/// How a finding bears on the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Ok,
    Warning,
    Error,
}

#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    level: Level,
    found: String,
    /// What it costs, and what to do.
    advice: Option<String>,
}

impl Finding {
    fn ok(what: &'static str, found: impl Into<String>) -> Finding {
        Finding {
            what,
            level: Level::Ok,
            found: found.into(),
            advice: None,
        }
    }

    fn bad(
        what: &'static str,
        level: Level,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Finding {
        Finding {
            what,
            level,
            found: found.into(),
            advice: Some(advice.into()),
        }
    }
}

pub(crate) fn run(args: &DoctorArgs) -> Outcome {
    let findings = [
        cores(),
        address_space(),
        dirty_page_scan(),
        compiled_cache(),
        toolchain(),
        open_files(),
    ];
    if args.json {
        output::json(&findings)?;
    } else {
        for finding in &findings {
            let mark = match finding.level {
                Level::Ok => "ok     ",
                Level::Warning => "warning",
                Level::Error => "error  ",
            };
            output::line(format!("{mark}  {:<18} {}", finding.what, finding.found))?;
            if let Some(advice) = &finding.advice {
                output::line(format!("         {:<18} {advice}", ""))?;
            }
        }
    }
    let broken = findings.iter().any(|finding| finding.level == Level::Error);
    Ok(if broken { Exit::Machine } else { Exit::Success })
}

fn cores() -> Finding {
    match std::thread::available_parallelism() {
        Ok(cores) => Finding::ok(
            "cores",
            format!("{cores}; a server decides on as many threads"),
        ),
        Err(error) => Finding::bad(
            "cores",
            Level::Warning,
            error.to_string(),
            "one thread decides",
        ),
    }
}

/// Whether a pool of the usual size fits.
fn address_space() -> Finding {
    const WHAT: &str = "address space";
    let pooling = EngineSettings {
        allocation: Allocation::Pooling,
        ..EngineSettings::default()
    };
    let instances = pooling.instances;
    match Engine::serving(pooling, None) {
        Ok(_) => Finding::ok(
            WHAT,
            format!("room for a pool of {instances} instances, 8 GiB of addresses each"),
        ),
        Err(error) => {
            let on_demand = EngineSettings {
                allocation: Allocation::OnDemand,
                ..EngineSettings::default()
            };
            match Engine::serving(on_demand, None) {
                Ok(_) => Finding::bad(
                    WHAT,
                    Level::Warning,
                    format!("no pool of {instances} instances: {error}"),
                    "instances are made on demand: a fresh one takes several times as long; raise `ulimit -v`, or lower [engine] instances",
                ),
                Err(error) => Finding::bad(
                    WHAT,
                    Level::Error,
                    error.to_string(),
                    "policies cannot run on this machine",
                ),
            }
        }
    }
}

/// The kernel's scan of dirty pages: since Linux 6.7.
fn dirty_page_scan() -> Finding {
    const WHAT: &str = "dirty-page scan";
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    let mut numbers = release
        .split(['.', '-'])
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= (6, 7) {
        return Finding::ok(WHAT, format!("Linux {release} has it"));
    }
    Finding::bad(
        WHAT,
        Level::Warning,
        format!("Linux {release} lacks it (6.7 and later have it)"),
        "throwing an instance away resets all of its memory instead of the pages it touched: a fresh decision takes about three times as long",
    )
}

fn compiled_cache() -> Finding {
    const WHAT: &str = "compiled cache";
    let Some((directory, key)) = AotCache::usual_places() else {
        return Finding::bad(
            WHAT,
            Level::Warning,
            "no home directory",
            "every start compiles every pack again; set XDG_CACHE_HOME and XDG_STATE_HOME",
        );
    };
    match AotCache::open(&directory, &key) {
        Ok(_) => Finding::ok(
            WHAT,
            format!("{} (key {})", directory.display(), key.display()),
        ),
        Err(error) => Finding::bad(
            WHAT,
            Level::Warning,
            error.to_string(),
            "every start compiles every pack again",
        ),
    }
}

fn toolchain() -> Finding {
    const WHAT: &str = "toolchain";
    match require_target(Path::new(".")) {
        Ok(()) => Finding::ok(WHAT, format!("rustc with {GUEST_TARGET}")),
        Err(error) => Finding::bad(
            WHAT,
            Level::Warning,
            error.to_string(),
            "built components run; `build`, `test` and `run` of sources do not",
        ),
    }
}

fn open_files() -> Finding {
    const WHAT: &str = "open files";
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    match limit.current {
        Some(files) if files < 4096 => Finding::bad(
            WHAT,
            Level::Warning,
            format!("at most {files}"),
            "a server holds no more connections than that; raise `ulimit -n`",
        ),
        Some(files) => Finding::ok(WHAT, format!("at most {files}")),
        None => Finding::ok(WHAT, "no limit"),
    }
}
