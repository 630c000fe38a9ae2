//! Messages about the subject of an incident join it.

use std::sync::Arc;

use patchbay_desk::{Delivery, Desk, DeskSettings};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use serde_json::json;

use crate::company::{alone, assembler, built, company};

/// Customers who write about the same subject; fewer than a worker decides
/// together.
const CUSTOMERS: usize = 20;

#[test]
fn messages_decided_together_with_the_one_that_opens_an_incident_join_it() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let file =
        company("northwind").replace("[plugin.guest]", "escalate = [\"guest\"]\n[plugin.guest]");
    let generation = Arc::new(built(&assembler(), &file).generation);
    let open = |workers| {
        let options = Options::new(place.path().join("desk.db"), place.path().join("desk.key"));
        let journal = SqliteJournal::open(&options).expect("a journal");
        let settings = DeskSettings {
            workers,
            ..DeskSettings::default()
        };
        let companies = vec![Arc::clone(&generation)];
        Desk::open(Arc::new(journal), companies, settings).expect("a desk")
    };
    let deliveries = (0..CUSTOMERS).map(|customer| {
        let text = match customer {
            0 => "incident",
            _ => "ok",
        };
        let interaction = json!({"id": customer.to_string(), "channel": "chat", "text": text,
            "author": {"address": format!("@{customer}")}});
        Delivery::from_outside(interaction).expect("valid")
    });
    // Without workers all of them wait for the next start, which decides them
    // in one commit.
    let accepted = open(0).accept("northwind", deliveries.collect());
    assert_eq!(accepted.expect("accepted").len(), CUSTOMERS);
    let desk = open(1);
    desk.wait_until_idle();
    let incidents = desk.incidents().list("northwind", None, None, 10);
    let incidents = incidents.expect("readable");
    let numbers: Vec<_> = incidents
        .iter()
        .map(|view| (view.incident.subject.as_str(), view.incident.open))
        .collect();
    assert_eq!(numbers, [("greeting", CUSTOMERS)]);
}
