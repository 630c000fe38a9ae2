//! A desk with one company, the reference pack and a journal on disk, and
//! customers who write.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_desk::{Delivery, Desk, DeskSettings};
use patchbay_engine::engine::Engine;
use patchbay_generations::assemble::Assembler;
use patchbay_generations::service::{ChangeRequest, GenerationService};
use patchbay_journal::Journal;
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_pack_build::BuildOptions;
use serde_json::{Value, json};

/// Texts of customers.
const TEXTS: [&str; 4] = [
    "Where is my parcel? It was due on Monday.",
    "The app crashes whenever I open my orders.",
    "I want a refund, this is the third time the size is wrong.",
    "Any update on order 88213? Nobody answers the phone.",
];
/// Messages of a batch.
pub const BATCH: usize = 20;
/// The company.
pub const COMPANY: &str = "northwind";

/// A desk with one company.
pub struct Fixture {
    pub desk: Arc<Desk>,
    pub service: Arc<GenerationService>,
    written: usize,
    /// Last feed entry that was read.
    pub fed: u64,
    _directory: tempfile::TempDir,
}

impl Fixture {
    /// Generation 1 is active; generation 2 is stored and differs in the brand's
    /// name. `transcripts` as in a company file.
    ///
    /// # Errors
    /// The desk does not open.
    pub fn open(engine: &Engine, transcripts: &str) -> Result<Fixture, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let options = Options::new(
            directory.path().join("desk.db"),
            directory.path().join("desk.key"),
        );
        let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(&options)?);
        let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins");
        let quiet = BuildOptions {
            quiet: true,
            ..BuildOptions::default()
        };
        let assembler = Assembler::new(engine.clone(), vec![packs], quiet);
        let desk = Desk::open(Arc::clone(&journal), Vec::new(), DeskSettings::default())?;
        let desk = Arc::new(desk);
        let service = GenerationService::of(assembler, journal).with_desk(desk.clone());
        for (brand, keep_only) in [("Northwind", false), ("Southwind", true)] {
            let text = file(COMPANY, transcripts, brand);
            let built = service.assembler().build_text(&text, directory.path(), 0);
            let built = built.map_err(|problems| format!("{problems:?}"))?;
            let change_request = ChangeRequest {
                keep_only,
                ..change_request()
            };
            service.apply(&built.source, &change_request)?;
        }
        Ok(Fixture {
            desk,
            service: Arc::new(service),
            written: 0,
            fed: 0,
            _directory: directory,
        })
    }

    /// Delivers a batch from new customers; returns the time until all of it is
    /// decided and on disk.
    ///
    /// # Errors
    /// The desk rejects it.
    pub fn write(&mut self) -> Result<Duration, Box<dyn Error>> {
        let deliveries = (0..BATCH).map(|_| {
            self.written += 1;
            let number = self.written;
            Delivery::from_outside(json!({
                "id": number.to_string(), "channel": "x", "text": TEXTS[number % TEXTS.len()],
                "author": {"address": format!("@{number}")},
            }))
        });
        let deliveries = deliveries.collect::<Result<Vec<_>, _>>();
        let deliveries = deliveries.map_err(|error| error.to_string())?;
        let began = Instant::now();
        self.desk.accept(COMPANY, deliveries)?;
        self.desk.wait_until_idle();
        Ok(began.elapsed())
    }

    /// Microseconds of the decisions since the last call: waiting, instantiation,
    /// policies.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn times(&mut self) -> Result<Vec<u64>, Box<dyn Error>> {
        let company = self.desk.company(COMPANY)?;
        let mut times = Vec::new();
        loop {
            let page = self.desk.journal().feed(company, self.fed, 1_000)?;
            let Some(last) = page.entries.last() else {
                times.sort_unstable();
                return Ok(times);
            };
            self.fed = last.feed;
            for entry in &page.entries {
                let head: Value = serde_json::from_str(&entry.head)?;
                let micros = |phase: &str| head["micros"][phase].as_u64().unwrap_or(0);
                if head["micros"].is_object() {
                    times.push(micros("queue") + micros("instantiate") + micros("call"));
                }
            }
        }
    }
}

/// The operator of the benchmark.
pub fn change_request() -> ChangeRequest {
    ChangeRequest {
        by: "bench".to_owned(),
        actor: "bench".to_owned(),
        create_company: true,
        ..ChangeRequest::default()
    }
}

/// A quantile of sorted numbers.
pub fn quantile<T: Copy>(sorted: &[T], percent: usize) -> T {
    sorted[(sorted.len() - 1) * percent / 100]
}

/// A company with the reference pack.
pub(crate) fn file(company: &str, transcripts: &str, brand: &str) -> String {
    format!(
        r#"company = "{company}"
[pipeline]
classify = ["care"]
route = ["care"]
escalate = ["care"]
[plugin.care]
pack = "social-care"
grants = {{ interactions = true, agents = true, knowledge = true, state = ["conversation", "contact"] }}
settings = {{ brand = "{brand}" }}
[record]
transcripts = {transcripts}
[queue.general]
default = true
sla = {{ first-response = "30m" }}
"#
    )
}
