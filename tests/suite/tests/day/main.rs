//! The day itself: a storm of messages, and policies taken out of it by hand.

mod bypass;
mod storm;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generation::assemble::{Assembler, Built};
use patchbay_pack::build::BuildOptions;

/// Have no other test of this process run: one of them measures its memory.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A company whose every stage is the guest's, and which may speak for so long.
fn company(name: &str) -> String {
    let pack = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../guests/misbehaving");
    let pack = pack.canonicalize().expect("there");
    format!(
        "company = {name:?}\npublish = \"sink\"\n[pipeline]\nclassify = [\"guest\"]\nroute = [\"guest\"]\ntone = [\"guest\"]\n[plugin.guest]\npack = {pack:?}\ngrants = {{ interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\", \"company\"] }}\nlimits = {{ deadline = \"1s\" }}\n[record]\ntranscripts = \"all\"\n[queue.general]\ndefault = true\n[target.sink]\nwebhook = {{ url = \"https://sink.example/\" }}\n"
    )
}

fn assembler() -> Assembler {
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

fn built(assembler: &Assembler, file: &str) -> Built {
    let built = assembler.build_text(file, Path::new("."), 1);
    built.expect("a valid company")
}
