//! The company of these tests.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generations::assemble::{AssembledGeneration, Assembler};
use patchbay_pack_build::BuildOptions;

/// Excludes the other tests of this process: one of them measures its memory.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A company with one plugin for all stages.
pub(crate) fn company(name: &str) -> String {
    let pack = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../guests/misbehaving");
    let pack = pack.canonicalize().expect("present");
    format!(
        "company = {name:?}\npublish = \"sink\"\n[pipeline]\nclassify = [\"guest\"]\nroute = [\"guest\"]\ntone = [\"guest\"]\n[plugin.guest]\npack = {pack:?}\ngrants = {{ interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\", \"company\"] }}\nlimits = {{ deadline = \"1s\" }}\n[record]\ntranscripts = \"all\"\n[queue.general]\ndefault = true\n[target.sink]\nwebhook = {{ url = \"https://sink.example/\" }}\n"
    )
}

pub(crate) fn assembler() -> Assembler {
    let settings = EngineSettings {
        instances: 64,
        ..EngineSettings::default()
    };
    let engine = Engine::serving(settings, None).expect("an engine");
    let quiet = BuildOptions {
        quiet: true,
        ..BuildOptions::default()
    };
    Assembler::new(engine, Vec::new(), quiet)
}

pub(crate) fn built(assembler: &Assembler, file: &str) -> AssembledGeneration {
    let built = assembler.build_text(file, Path::new("."), 1);
    built.expect("a valid company")
}
