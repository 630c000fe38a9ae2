//! A desk with two generations, and customers who write.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_desk::{Delivery, Desk, DeskSettings};
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generations::assemble::Assembler;
use patchbay_generations::service::{ChangeRequest, GenerationService};
use patchbay_journal::{Entry, Journal};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_pack_build::BuildOptions;
use serde_json::{Value, json};

fn guest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/misbehaving")
}

/// A company whose classifier answers `marker`.
pub(crate) fn file(marker: &str) -> String {
    let pack = guest().canonicalize().expect("present");
    format!(
        "company = \"northwind\"\n[pipeline]\nclassify = [\"guest\"]\nroute = [\"guest\"]\ntone = [\"guest\"]\n[plugin.guest]\npack = {pack:?}\ngrants = {{ interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\", \"company\"] }}\nsettings = {{ marker = {marker:?} }}\nlimits = {{ deadline = \"500ms\" }}\n[queue.general]\ndefault = true\n"
    )
}

pub(crate) struct Fixture {
    pub(crate) desk: Arc<Desk>,
    pub(crate) service: GenerationService,
    _directory: tempfile::TempDir,
}

pub(crate) fn request() -> ChangeRequest {
    ChangeRequest {
        by: "test".to_owned(),
        actor: "test".to_owned(),
        create_company: true,
        ..ChangeRequest::default()
    }
}

/// An assembler with an engine of its own.
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

/// A desk with generation 1, `odd`, active and generation 2, `even`, stored.
pub(crate) fn fixture() -> Fixture {
    fixture_of(["odd", "even"])
}

/// The same with these two markers.
pub(crate) fn fixture_of(markers: [&str; 2]) -> Fixture {
    let directory = tempfile::tempdir().expect("a directory");
    let options = Options::new(
        directory.path().join("desk.db"),
        directory.path().join("desk.key"),
    );
    let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(&options).expect("a journal"));
    let assembler = assembler();
    let sources = markers.map(|marker| {
        let built = assembler.build_text(&file(marker), Path::new("."), 0);
        built.expect("a valid company").source
    });
    let desk = Desk::open(Arc::clone(&journal), Vec::new(), DeskSettings::default());
    let desk = Arc::new(desk.expect("a desk"));
    let service = GenerationService::of(assembler, journal).with_desk(desk.clone());
    let plan = service.apply(&sources[0], &request()).expect("applied");
    assert_eq!((plan.number, plan.before, plan.active), (1, None, true));
    let kept = ChangeRequest {
        keep_only: true,
        ..request()
    };
    let plan = service.apply(&sources[1], &kept).expect("kept");
    assert_eq!((plan.number, plan.before, plan.active), (2, Some(1), false));
    assert_eq!(plan.differences.len(), 1, "{:?}", plan.differences);
    Fixture {
        desk,
        service,
        _directory: directory,
    }
}

pub(crate) fn said(id: &str, author: usize) -> Delivery {
    says(id, author, "marker")
}

pub(crate) fn says(id: &str, author: usize, text: &str) -> Delivery {
    let interaction = json!({"id": id, "channel": "chat", "text": text,
        "author": {"address": format!("@{author}")}});
    Delivery::from_outside(interaction).expect("valid")
}

pub(crate) fn feed(desk: &Desk) -> Vec<Entry> {
    let company = desk.company("northwind").expect("present");
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(0, |entry: &Entry| entry.feed);
        let page = desk
            .journal()
            .feed(company, after, 1_000)
            .expect("readable");
        if page.entries.is_empty() {
            return all;
        }
        all.extend(page.entries);
    }
}

pub(crate) fn head(entry: &Entry) -> Value {
    serde_json::from_str(&entry.head).expect("JSON")
}
