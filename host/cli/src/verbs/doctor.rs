//! `patchbay doctor`: whether this machine can run policies at full speed.

use std::path::Path;

use patchbay_command::args::DoctorArgs;
use patchbay_command::exit::{Exit, Outcome};
use patchbay_command::output;
use patchbay_engine::address_space::AddressSpace;
use patchbay_engine::cache::AotCache;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generations::assemble::InvalidFile;
use patchbay_pack::manifest::Language;
use patchbay_pack_build::find_toolchain;
use patchbay_server::check_start;
use patchbay_server::settings::{ServerSettings, check_named_paths};
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Ok,
    /// Not there, and only some users need it.
    Absent,
    Warning,
    Error,
}

#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    level: Level,
    found: String,
    /// Effect of the finding, and what to do.
    advice: Option<String>,
}

impl Finding {
    fn new(what: impl Into<String>, found: impl Into<String>) -> Finding {
        Finding {
            what: what.into(),
            level: Level::Ok,
            found: found.into(),
            advice: None,
        }
    }

    fn advise(mut self, level: Level, advice: &str) -> Finding {
        self.level = level;
        self.advice = Some(advice.to_owned());
        self
    }
}

pub(crate) fn run(args: &DoctorArgs) -> Outcome {
    let mut findings = Vec::new();
    let mut settings = None;
    if let Some(config) = &args.config {
        match checked_settings(config) {
            Ok((read, untold)) => {
                let found = format!("{} is valid; listens on {}", config.display(), read.listen);
                findings.push(Finding::new(SETTINGS, found));
                findings.extend(untold.map(|untold| {
                    let advice = "start the server once, or check again while it runs";
                    Finding::new(SETTINGS, untold).advise(Level::Warning, advice)
                }));
                settings = Some(read);
            }
            Err((found, advice)) => {
                findings.push(Finding::new(SETTINGS, found).advise(Level::Error, &advice));
            }
        }
    }
    let (engine, connections) = match &settings {
        Some(settings) => (settings.engine.clone(), settings.connections as u64),
        None => (EngineSettings::default(), FEW_FILES),
    };
    findings.extend([
        cores(),
        address_space(engine),
        dirty_page_scan(),
        compiled_cache(),
        open_files(connections),
    ]);
    findings.extend(Language::ALL.map(toolchain));
    output::result(args.json, &findings, || {
        for finding in &findings {
            let mark = match finding.level {
                Level::Ok => "ok     ",
                Level::Absent => "absent ",
                Level::Warning => "warning",
                Level::Error => "error  ",
            };
            output::line(format!("{mark}  {:<19} {}", finding.what, finding.found))?;
            if let Some(advice) = &finding.advice {
                output::line(format!("         {:<19} {advice}", ""))?;
            }
        }
        Ok(())
    })?;
    let broken = findings.iter().any(|finding| finding.level == Level::Error);
    Ok(if broken { Exit::Machine } else { Exit::Success })
}

/// What the finding about a settings file is called.
const SETTINGS: &str = "settings";
/// Fewer open files than this are too few for most servers.
const FEW_FILES: u64 = 4096;

/// The settings of a server that could start with them, and what the check could not tell; else
/// what is wrong, and what to do.
fn checked_settings(config: &Path) -> Result<(ServerSettings, Option<String>), (String, String)> {
    if !config.exists() {
        let found = format!("{} does not exist", config.display());
        return Err((found, "name another file with --config".to_owned()));
    }
    let correct = "correct the file; docs/server-file.md describes every key";
    let invalid = |file: InvalidFile| (file.to_string(), correct.to_owned());
    let settings = ServerSettings::read(config).map_err(invalid)?;
    check_named_paths(config).map_err(invalid)?;
    match check_start(&settings) {
        Ok(untold) => Ok((settings, untold)),
        Err(error) => {
            let advice = format!(
                "correct it; `patchbay serve --check --config {}` checks the company files too",
                config.display()
            );
            Err((error.to_string(), advice))
        }
    }
}

fn cores() -> Finding {
    match std::thread::available_parallelism() {
        Ok(cores) => Finding::new(
            "cores",
            format!("{cores}; the server decides on as many threads"),
        ),
        Err(error) => Finding::new("cores", error.to_string())
            .advise(Level::Warning, "the server decides on one thread"),
    }
}

/// Whether the instance pool fits into the address space.
fn address_space(settings: EngineSettings) -> Finding {
    const WHAT: &str = "address space";
    let wanted = settings.instances;
    let limit = match AddressSpace::of_process().limit {
        Some(limit) => format!("limited to {} MiB", limit >> 20),
        None => "not limited".to_owned(),
    };
    match Engine::serving(settings, None) {
        Ok(engine) if !engine.address_need().is_met() => {
            let least = engine.address_need().least;
            let found = format!(
                "{limit}; a server needs {} MiB to decide",
                least.div_ceil(1 << 20)
            );
            let advice = format!(
                "the server does not start; address space is not memory: raise `ulimit -v` to {} or more",
                least.div_ceil(1 << 10)
            );
            Finding::new(WHAT, found).advise(Level::Error, &advice)
        }
        Ok(engine) if engine.is_pooled() && engine.settings().instances == wanted => Finding::new(
            WHAT,
            format!(
                "{limit}; fits a pool of {wanted} instances, which needs {} GiB",
                engine.address_need().pool.div_ceil(1 << 30)
            ),
        ),
        Ok(engine) => {
            let fits = engine.settings().instances;
            let how = match engine.is_pooled() {
                true => "from a pool",
                false => "created on demand, which takes several times as long",
            };
            let found = format!("{limit}; fits {fits} instances, {how}");
            let needed = engine.address_need().pool.div_ceil(1 << 30);
            let advice = format!(
                "a pool of {wanted} instances needs {needed} GiB of address space, which is not memory; raise `ulimit -v` to {} or more, or lower `instances` under [engine] in the settings",
                needed << 20
            );
            Finding::new(WHAT, found).advise(Level::Warning, &advice)
        }
        Err(error) => Finding::new(WHAT, format!("{limit}; {error}"))
            .advise(Level::Error, "policies cannot run on this machine"),
    }
}

/// Whether the kernel can scan for dirty pages (PAGEMAP_SCAN, since Linux 6.7).
fn dirty_page_scan() -> Finding {
    const WHAT: &str = "dirty-page scan";
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    let mut numbers = release
        .split(['.', '-'])
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= (6, 7) {
        return Finding::new(WHAT, format!("supported by Linux {release}"));
    }
    Finding::new(WHAT, format!("not supported by Linux {release}; 6.7 and later support it")).advise(Level::Warning, "all memory of an instance is reset after a decision instead of the touched pages: a decision in a fresh instance takes about three times as long")
}

fn compiled_cache() -> Finding {
    const WHAT: &str = "compiled cache";
    let Some((directory, key)) = AotCache::default_paths() else {
        return Finding::new(WHAT, "no home directory").advise(
            Level::Warning,
            "every start compiles every pack again; set HOME, or XDG_CACHE_HOME and XDG_STATE_HOME",
        );
    };
    match AotCache::open(&directory, &key) {
        Ok(_) => Finding::new(
            WHAT,
            format!("{} (key {})", directory.display(), key.display()),
        ),
        Err(error) => Finding::new(WHAT, error.to_string())
            .advise(Level::Warning, "every start compiles every pack again"),
    }
}

/// Whether policies in a language can be built. A host that runs packs needs no toolchain.
fn toolchain(language: Language) -> Finding {
    let what = format!("{} policies", language.code());
    match find_toolchain(language, Path::new(".")) {
        Ok(found) => Finding::new(what, found),
        Err(error) => Finding::new(what, "no toolchain").advise(
            Level::Absent,
            &format!("needed only to build policies in {language}: {error}"),
        ),
    }
}

/// Whether the process may have as many files open as a server accepts connections.
fn open_files(connections: u64) -> Finding {
    const WHAT: &str = "open files";
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    match limit.current {
        Some(files)
            if files < connections && limit.maximum.is_some_and(|most| most < connections) =>
        {
            Finding::new(WHAT, format!("at most {files}")).advise(
                Level::Warning,
                &format!("the server cannot hold {connections} connections; raise `ulimit -n`"),
            )
        }
        Some(files) => Finding::new(WHAT, format!("at most {files}")),
        None => Finding::new(WHAT, "no limit"),
    }
}
