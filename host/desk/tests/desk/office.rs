//! What the tests of the desk share: a company without policies, a journal in
//! a directory of its own, and a desk over it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_company::Sla;
use patchbay_config::duration::Seconds;
use patchbay_desk::{Delivery, Desk, DeskSettings, Receipt};
use patchbay_engine::pipeline::Pipelines;
use patchbay_generations::{Generation, Publishers, QueueSettings};
use patchbay_journal::{AuditEntry, CompanyId, Conversation, Entry, Ordinal};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::desk::DeskRules;
use patchbay_model::directory::{Directory, Queue};
use patchbay_model::record::RecordRules;
use patchbay_model::situation::Surroundings;
use patchbay_pass::ReceiptStatus;
use serde_json::{Value, json};

/// A company whose policies have no opinion: everything goes to `general`.
pub(crate) fn company(name: &str, first_response: Option<u32>) -> Arc<Generation> {
    Arc::new(company_of(name, first_response))
}

pub(crate) fn company_of(name: &str, first_response: Option<u32>) -> Generation {
    let queue: Queue =
        serde_json::from_value(json!({"id": "general", "default": true})).expect("a queue");
    let directory = Directory::new(Vec::new(), vec![queue]).expect("a directory");
    let terms = QueueSettings {
        sla: Sla {
            first_response: first_response.map(Seconds),
            ..Sla::default()
        },
        priority: 10,
    };
    Generation {
        connections: Vec::new(),
        number: 1,
        company: name.to_owned(),
        pipelines: Pipelines::new("general"),
        queues: BTreeMap::from([("general".to_owned(), terms)]),
        desk: DeskRules::default(),
        record: RecordRules::default(),
        surroundings: Arc::new(Surroundings::of(directory)),
        channels: BTreeSet::new(),
        transcribe: None,
        templates: Default::default(),
        publishers: Publishers::default(),
        targets: BTreeMap::new(),
        state_from: BTreeMap::new(),
        moved: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

/// A company with these rules, whose replies go to a target.
pub(crate) fn ruled(rules: &str) -> Arc<Generation> {
    let mut company = company_of("northwind", None);
    company.desk = toml::from_str(rules).expect(rules);
    company.publishers.default = Some("sink".to_owned());
    Arc::new(company)
}

/// The same, and every reply needs an approval.
pub(crate) fn held(rules: &str) -> Arc<Generation> {
    let mut company = company_of("northwind", None);
    company.desk = toml::from_str(rules).expect(rules);
    company.desk.approve_all = true;
    company.publishers.default = Some("sink".to_owned());
    Arc::new(company)
}

/// A company whose replies go nowhere.
pub(crate) fn silent() -> Arc<Generation> {
    company("northwind", None)
}

/// Wait until something is so, or fail after a minute.
pub(crate) fn eventually(is_so: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < patience, "it did not come about");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn journal(directory: &Path) -> Arc<SqliteJournal> {
    let options = Options::new(directory.join("desk.db"), directory.join("desk.key"));
    Arc::new(SqliteJournal::open(&options).expect("a journal"))
}

/// A desk for `northwind` in a directory.
pub(crate) fn desk(directory: &Path) -> Desk {
    desk_of(directory, vec![company("northwind", None)])
}

pub(crate) fn desk_of(directory: &Path, companies: Vec<Arc<Generation>>) -> Desk {
    Desk::open(journal(directory), companies, DeskSettings::default()).expect("a desk")
}

pub(crate) fn said(id: &str, author: &str, text: &str) -> Delivery {
    delivered(json!({"id": id, "channel": "x", "text": text, "author": {"address": author}}))
}

pub(crate) fn delivered(value: Value) -> Delivery {
    Delivery::from_outside(value).expect("valid")
}

/// Deliver to northwind, and wait until it was decided about.
pub(crate) fn take_in(desk: &Desk, deliveries: Vec<Delivery>) -> Vec<Receipt> {
    let receipts = desk.accept("northwind", deliveries).expect("taken in");
    desk.wait_until_idle();
    receipts
}

pub(crate) fn ordinal(receipt: &Receipt) -> Ordinal {
    match receipt.status {
        ReceiptStatus::Accepted { ordinal, .. } | ReceiptStatus::Duplicate { ordinal } => ordinal,
        _ => panic!("{receipt:?}"),
    }
}

pub(crate) fn northwind(desk: &Desk) -> CompanyId {
    desk.company("northwind").expect("there")
}

/// Every conversation that is not resolved.
pub(crate) fn conversations(desk: &Desk) -> Vec<Conversation> {
    desk.journal()
        .unresolved_conversations(None, 10_000)
        .expect("readable")
}

/// Everything that happened to northwind's conversations.
pub(crate) fn feed(desk: &Desk) -> Vec<Entry> {
    let feed = desk.journal().feed(northwind(desk), 0, 100_000);
    feed.expect("readable").entries
}

pub(crate) fn head(entry: &Entry) -> Value {
    serde_json::from_str(&entry.head).expect("JSON")
}

/// Something for the audit trail.
pub(crate) fn noted() -> AuditEntry {
    AuditEntry {
        at: jiff::Timestamp::UNIX_EPOCH,
        company: Some("northwind".to_owned()),
        actor: "local".to_owned(),
        act: "test".to_owned(),
        details: "{}".to_owned(),
    }
}
