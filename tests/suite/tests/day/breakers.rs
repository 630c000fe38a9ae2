//! What a circuit breaker does is in the feed once, whatever fails meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_desk::{Desk, DeskSettings};
use patchbay_engine::breaker::{Breaker, BreakerTransition, CallOrigin, FAILURES_TO_OPEN};
use patchbay_events::EventKind;
use patchbay_journal::Journal;
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::decision::stage::Stage;
use patchbay_model::outcome::OutcomeKind;
use patchbay_pass::observer::{BreakerEvent, Observer};
use patchbay_suite::host::said_by;

use crate::company::{alone, assembler, built, company};

#[derive(Debug, Default)]
struct Transitions(std::sync::Mutex<Vec<BreakerTransition>>);

impl Observer for Transitions {
    fn breaker_changed(&self, _company: &str, event: &BreakerEvent) {
        self.0.lock().expect("no panic").push(event.transition);
    }
}

/// Have the database refuse entries of feeds, as a full disk does.
fn refuse_entries(place: &Path, is_refusing: bool) {
    let sql = rusqlite::Connection::open(place.join("desk.db")).expect("opened");
    let statement = match is_refusing {
        true => {
            "CREATE TRIGGER full BEFORE INSERT ON entry BEGIN SELECT RAISE(ABORT, 'full'); END;"
        }
        false => "DROP TRIGGER full;",
    };
    sql.execute_batch(statement).expect("changed");
}

/// Failures of so many customers that all calls are refused.
fn open_breaker(breaker: &Breaker) {
    for customer in 0..FAILURES_TO_OPEN {
        let situation = said_by(customer, "hello");
        let origin = CallOrigin::of(&situation);
        breaker.report(OutcomeKind::Trapped, origin.as_ref(), Instant::now());
    }
    assert!(breaker.is_open());
}

/// The transitions in the feed.
fn stored(journal: &dyn Journal, desk: &Desk) -> Vec<EventKind> {
    let company = desk.company("northwind").expect("present");
    let feed = journal.feed(company, 0, 1_000).expect("readable");
    let kinds = feed
        .entries
        .iter()
        .map(|entry| EventKind::from_number(entry.kind));
    let breakers = [EventKind::BreakerOpened, EventKind::BreakerClosed];
    kinds
        .flatten()
        .filter(|kind| breakers.contains(kind))
        .collect()
}

fn eventually(is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < until, "it did not come about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn transitions_that_could_not_be_written_are_written_later_in_order_and_once() {
    let _alone = alone();
    let place = tempfile::tempdir().expect("a directory");
    let generation = Arc::new(built(&assembler(), &company("northwind")).generation);
    let options = Options::new(place.path().join("desk.db"), place.path().join("desk.key"));
    let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(&options).expect("a journal"));
    let seen = Arc::new(Transitions::default());
    let settings = DeskSettings {
        observer: Arc::clone(&seen) as _,
        ..DeskSettings::default()
    };
    let companies = vec![Arc::clone(&generation)];
    let desk = Desk::open(Arc::clone(&journal), companies, settings).expect("a desk");
    let plugin = &generation.pipelines.of(Stage::Classify)[0];
    let breaker = plugin.breaker(Stage::Classify);

    refuse_entries(place.path(), true);
    open_breaker(breaker);
    eventually(|| journal.storage().failure.is_some());
    breaker.report(OutcomeKind::Ok, None, Instant::now());
    eventually(|| seen.0.lock().expect("no panic").len() == 2);
    assert_eq!(stored(&*journal, &desk), [], "not stored");
    refuse_entries(place.path(), false);
    eventually(|| stored(&*journal, &desk).len() >= 2);
    // A further one comes behind them: they are not written again.
    open_breaker(breaker);
    eventually(|| stored(&*journal, &desk).len() >= 3);
    let all = [
        EventKind::BreakerOpened,
        EventKind::BreakerClosed,
        EventKind::BreakerOpened,
    ];
    assert_eq!(stored(&*journal, &desk), all);
    desk.stop();
    assert_eq!(stored(&*journal, &desk), all);
    assert_eq!(seen.0.lock().expect("no panic").len(), 3);
}
