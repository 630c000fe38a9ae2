//! More than can be done: what is left out, what is turned away, and that both
//! end by themselves.

use std::sync::Arc;
use std::time::Duration;

use patchbay_desk::{Desk, DeskSettings, Load, LoadBounds};
use patchbay_model::interaction::WrittenBy;
use patchbay_pass::ReceiptStatus;
use patchbay_pass::agent_action::ActionError;
use serde_json::json;

use crate::floor::supervisor;
use crate::office::{company, conversations, delivered, desk_of, journal, said, take_in};

const BOUNDS: LoadBounds = LoadBounds {
    busy: 2,
    full: 4,
    busy_after: Duration::MAX,
    full_after: Duration::MAX,
};

/// A desk that decides nothing: what is taken in stays.
fn stuck(directory: &std::path::Path, requests: usize) -> Desk {
    let settings = DeskSettings {
        workers: 0,
        load: BOUNDS,
        requests,
        ..DeskSettings::default()
    };
    let companies = vec![company("northwind", None), company("quiet", None)];
    Desk::open(journal(directory), companies, settings).expect("a desk")
}

fn edit(id: &str) -> patchbay_desk::Delivery {
    delivered(
        json!({"id": id, "channel": "x", "text": "Or rather", "kind": "edit",
        "author": {"address": "@jo"}}),
    )
}

#[test]
fn under_load_edits_are_refused_before_new_messages() {
    let place = tempfile::tempdir().expect("a place");
    let desk = stuck(place.path(), 9);
    let mut seen = vec![desk.load()];
    for id in ["1", "2", "3", "4"] {
        let receipts = desk.accept("northwind", vec![said(id, "@jo", "Hello?")]);
        let receipts = receipts.expect("taken in");
        assert!(matches!(receipts[0].status, ReceiptStatus::Accepted { .. }));
        seen.push(desk.load());
    }
    assert_eq!(
        seen,
        [Load::Calm, Load::Calm, Load::Busy, Load::Busy, Load::Full]
    );
    // An edit is one whether or not it says so.
    let both = vec![
        edit("1"),
        said("5", "@jo", "And another thing"),
        said("2", "@jo", "Or rather"),
    ];
    let receipts = desk.accept("northwind", both).expect("answered");
    let busy: Vec<bool> = receipts
        .iter()
        .map(|receipt| matches!(receipt.status, ReceiptStatus::Busy { .. }))
        .collect();
    assert_eq!(busy, [true, false, true], "{receipts:?}");
    assert_eq!(receipts[1].interaction, "5");
    assert_eq!(
        desk.drains()
            .remaining(Some("northwind"))
            .expect("there")
            .undecided,
        5
    );
    assert_eq!(
        desk.drains()
            .remaining(Some("quiet"))
            .expect("there")
            .undecided,
        0
    );
    drop(desk);

    // Whoever starts again has it all decided, and is calm without anybody's
    // doing.
    let desk = desk_of(place.path(), vec![company("northwind", None)]);
    desk.wait_until_idle();
    assert_eq!(desk.load(), Load::Calm);
    let receipts = take_in(&desk, vec![edit("1")]);
    assert!(matches!(receipts[0].status, ReceiptStatus::Accepted { .. }));
}

#[test]
fn typed_drafts_are_not_checked_while_the_load_is_full() {
    let place = tempfile::tempdir().expect("a place");
    {
        let desk = desk_of(place.path(), vec![company("northwind", None)]);
        take_in(&desk, vec![said("0", "@jo", "Hello?")]);
    }
    let desk = stuck(place.path(), 9);
    let conversation = conversations(&desk)[0].id;
    let check = || {
        desk.conversations()
            .check_draft(
                "northwind",
                conversation,
                &supervisor(),
                "Hi",
                WrittenBy::Human,
            )
            .expect("there")
    };
    assert!(check().is_ok());
    for id in ["1", "2", "3", "4"] {
        desk.accept("northwind", vec![said(id, "@ann", "Hello?")])
            .expect("taken in");
    }
    let refused = check().expect_err("full");
    assert!(matches!(refused, ActionError::Busy { .. }), "{refused}");
}

#[test]
fn open_requests_are_bounded_per_company_and_other_companies_do_not_wait() {
    let place = tempfile::tempdir().expect("a place");
    {
        let desk = desk_of(
            place.path(),
            vec![company("northwind", None), company("quiet", None)],
        );
        take_in(&desk, vec![said("0", "@jo", "Hello?")]);
    }
    let desk = Arc::new(stuck(place.path(), 2));
    let conversation = conversations(&desk)[0].id;
    let resolve = move |desk: &Desk| {
        let action = patchbay_pass::agent_action::AgentAction::Resolve;
        desk.conversations()
            .act("northwind", conversation, supervisor(), action)
            .expect("there")
    };
    let asking: Vec<_> = (0..2)
        .map(|_| {
            let desk = Arc::clone(&desk);
            std::thread::spawn(move || resolve(&desk))
        })
        .collect();
    crate::office::eventually(|| {
        desk.drains()
            .remaining(Some("northwind"))
            .expect("there")
            .undecided
            == 2
    });
    let refused = resolve(&desk).expect_err("two wait already");
    assert!(matches!(refused, ActionError::Busy { .. }), "{refused}");
    desk.stop();
    for asked in asking {
        let told = asked.join().expect("no panic").expect_err("stopped");
        assert!(matches!(told, ActionError::Busy { .. }), "{told}");
    }
}
