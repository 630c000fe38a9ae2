//! Setups are swapped while customers write: nothing fails, nothing is lost,
//! nothing is out of order, and every answer is of the setup it is stamped
//! with.

mod inquiries;
mod rollout;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use patchbay_desk::history::EntryKind;
use patchbay_desk::setups::{Refused, Setups, Wanted};
use patchbay_desk::{
    ActivateError, Change, Delivery, Desk, DeskError, DeskSettings, ReceiptStatus,
};
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_generation::Generation;
use patchbay_generation::assemble::Assembler;
use patchbay_generation::cases::BrokenOff;
use patchbay_journal::{Commit, Entry, Journal, NewEntry, Options, SqliteJournal};
use patchbay_pack::build::BuildOptions;
use serde_json::{Value, json};

/// How often the setup changes.
const SWAPS: u64 = 200;
/// Threads that deliver.
const SENDERS: usize = 3;
/// People who write.
const PEOPLE: usize = 24;

fn guest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/misbehaving")
}

/// A company whose classifier says `marker`.
fn file(marker: &str) -> String {
    let pack = guest().canonicalize().expect("there");
    format!(
        "company = \"northwind\"\n[pipeline]\nclassify = [\"guest\"]\nroute = [\"guest\"]\ntone = [\"guest\"]\n[plugin.guest]\npack = {pack:?}\ngrants = {{ interactions = true, agents = true, knowledge = true, state = [\"conversation\", \"contact\", \"company\"] }}\nsettings = {{ marker = {marker:?} }}\nlimits = {{ deadline = \"500ms\" }}\n[queue.general]\ndefault = true\n"
    )
}

struct Place {
    desk: Arc<Desk>,
    setups: Setups,
    _directory: tempfile::TempDir,
}

fn wanted() -> Wanted {
    Wanted {
        by: "test".to_owned(),
        actor: "test".to_owned(),
        begins: true,
        ..Wanted::default()
    }
}

/// A desk whose company decides by generation 1, `odd`, and could by 2, `even`.
fn place() -> Place {
    place_of(["odd", "even"])
}

/// The same of two markers.
fn place_of(markers: [&str; 2]) -> Place {
    let directory = tempfile::tempdir().expect("a place");
    let options = Options::new(
        directory.path().join("desk.db"),
        directory.path().join("desk.key"),
    );
    let journal: Arc<dyn Journal> = Arc::new(SqliteJournal::open(&options).expect("a journal"));
    let settings = EngineSettings {
        instances: 64,
        ..EngineSettings::default()
    };
    let engine = Engine::serving(settings, None).expect("an engine");
    let quiet = BuildOptions {
        quiet: true,
        ..BuildOptions::default()
    };
    let assembler = Assembler::new(engine, Vec::new(), quiet);
    let sources = markers.map(|marker| {
        let built = assembler.build_text(&file(marker), Path::new("."), 0);
        built.expect("a valid company").source
    });
    let desk = Desk::open(Arc::clone(&journal), Vec::new(), DeskSettings::default());
    let desk = Arc::new(desk.expect("a desk"));
    let setups = Setups::of(assembler, journal).followed_by(Arc::clone(&desk));
    let plan = setups.apply(&sources[0], &wanted()).expect("applied");
    assert_eq!((plan.number, plan.before, plan.active), (1, None, true));
    let kept = Wanted {
        keep_only: true,
        ..wanted()
    };
    let plan = setups.apply(&sources[1], &kept).expect("kept");
    assert_eq!((plan.number, plan.before, plan.active), (2, Some(1), false));
    assert_eq!(plan.differences.len(), 1, "{:?}", plan.differences);
    Place {
        desk,
        setups,
        _directory: directory,
    }
}

fn said(id: &str, author: usize) -> Delivery {
    says(id, author, "marker")
}

fn says(id: &str, author: usize, text: &str) -> Delivery {
    let interaction = json!({"id": id, "channel": "chat", "text": text,
        "author": {"address": format!("@{author}")}});
    Delivery::from_outside(interaction).expect("valid")
}

fn feed(desk: &Desk) -> Vec<Entry> {
    let company = desk.company("northwind").expect("there");
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

fn head(entry: &Entry) -> Value {
    serde_json::from_str(&entry.head).expect("JSON")
}

#[test]
fn hundreds_of_swaps_under_load_lose_nothing_and_every_answer_fits_its_stamp() {
    let place = place();
    let (desk, setups) = (&place.desk, &place.setups);
    let over = AtomicBool::new(false);
    let delivered = AtomicUsize::new(0);
    let mut used: Vec<Weak<Generation>> = Vec::new();
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (over, delivered) = (&over, &delivered);
            scope.spawn(move || {
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let batch = (0..8).map(|part| {
                        let id = format!("{sender}-{number}-{part}");
                        said(&id, (number * 8 + part + sender) % PEOPLE)
                    });
                    let receipts = desk.accept("northwind", batch.collect()).expect("taken in");
                    for receipt in &receipts {
                        let taken = matches!(receipt.status, ReceiptStatus::Accepted { .. });
                        assert!(taken, "{receipt:?}");
                    }
                    delivered.fetch_add(receipts.len(), Ordering::Relaxed);
                    // Full load, and no backlog without end.
                    while desk.undecided() > 500 {
                        std::thread::yield_now();
                    }
                }
            });
        }
        for swap in 0..SWAPS {
            let number = 2 - swap % 2;
            let plan = setups
                .activate("northwind", number, &wanted())
                .expect("swapped");
            assert_eq!(plan.before, Some(3 - number));
            let generation = desk.generation("northwind").expect("there");
            assert_eq!(generation.number, number);
            used.push(Arc::downgrade(&generation));
        }
        over.store(true, Ordering::Relaxed);
    });
    desk.settled();

    let mut by_generation = BTreeMap::<u64, u64>::new();
    let mut order = BTreeMap::<_, Vec<_>>::new();
    let mut decided = 0;
    let mut swaps = 0;
    for entry in feed(desk) {
        let head = head(&entry);
        if entry.kind == EntryKind::GenerationActivated as u16 {
            swaps += 1;
        }
        if entry.kind != EntryKind::Received as u16 {
            continue;
        }
        decided += 1;
        assert_eq!(head["outcome"], "ok", "{head}");
        let generation = head["stamp"]["generation"].as_u64().expect("a stamp");
        let answer = match generation {
            1 => "odd",
            2 => "even",
            other => panic!("generation {other} never decided"),
        };
        assert_eq!(
            head["classification"]["intents"][0]["name"], answer,
            "{head}"
        );
        *by_generation.entry(generation).or_default() += 1;
        let place = (entry.sequence, entry.input.expect("of an input"));
        order.entry(entry.conversation).or_default().push(place);
    }
    assert_eq!(decided, delivered.load(Ordering::Relaxed), "each once");
    assert_eq!(swaps, SWAPS + 1);
    for (conversation, places) in order {
        assert!(places.is_sorted(), "{conversation:?}: {places:?}");
        let inputs: Vec<_> = places.iter().map(|(_, input)| *input).collect();
        assert!(inputs.is_sorted(), "{conversation:?}: {inputs:?}");
    }
    assert_eq!(by_generation.len(), 2, "both decided: {by_generation:?}");
    let text = file("third");
    for _ in 0..3 {
        let built = setups.assembler().build_text(&text, Path::new("."), 0);
        let plan = setups.apply(&built.expect("valid").source, &wanted());
        plan.expect("applied");
    }
    let alive = used.iter().filter(|used| used.strong_count() > 0).count();
    assert_eq!(alive, 0, "what did not decide lately is let go");
}

#[test]
fn a_host_that_stops_breaks_off_what_is_being_tried_and_changes_nothing() {
    let place = place();
    let (desk, setups) = (&place.desk, &place.setups);
    let built = setups
        .assembler()
        .build_text(&file("third"), Path::new("."), 0);
    let mut source = built.expect("valid").source;
    let said = json!({"id": "1", "channel": "chat", "text": "marker"});
    let case = json!({"settings": {"marker": "third"}, "steps": [{"classify": said}]});
    for pack in source.packs.values_mut() {
        let pack = Arc::make_mut(pack);
        for number in 0..4 {
            pack.cases
                .insert(format!("{number}.json"), case.to_string());
        }
    }
    // Told to stop before the third case.
    let asked = std::cell::Cell::new(0);
    let goes_on = || asked.replace(asked.get() + 1) < 2;
    let broken = setups.assembler().try_cases(&source, &goes_on);
    assert_eq!((broken, asked.get()), (Err(BrokenOff), 3));
    // What was broken off has not passed.
    let asked = std::cell::Cell::new(0);
    let goes_on = || asked.replace(asked.get() + 1) < 4;
    let tried = setups.assembler().try_cases(&source, &goes_on);
    assert_eq!((tried, asked.get()), (Ok(Vec::new()), 4));

    setups.stop();
    let is_stopping = |refused: &Refused| {
        let Refused::Activate(ActivateError::Desk(error)) = refused else {
            return false;
        };
        matches!(error, DeskError::Stopping)
    };
    for refused in [
        setups.apply(&source, &wanted()),
        setups.activate("northwind", 2, &wanted()),
        setups.roll_back("northwind", Some(2), &wanted()),
    ] {
        let refused = refused.expect_err("it stops");
        assert!(is_stopping(&refused), "{refused}");
    }
    let company = desk.company("northwind").expect("there");
    let journal = desk.journal();
    assert_eq!(
        journal.active_generation(company).expect("readable"),
        Some(1)
    );
    let all = journal.generations(company, u64::MAX, 9).expect("readable");
    assert_eq!(all.len(), 2, "nothing was kept");
    desk.stop();
    let generation = desk.generation("northwind").expect("there");
    let change = Change {
        generation,
        new: None,
        expected: Some(1),
        by: "test".to_owned(),
        because: "activated",
        moved: BTreeMap::new(),
        promotes: false,
        audit: None,
    };
    let refused = desk.activate(change).expect_err("it has stopped");
    assert!(is_stopping(&refused.into()));
}

#[test]
fn what_a_pass_left_behind_that_outlived_its_setup_is_found_at_the_next_swap() {
    let place = place();
    let (desk, setups) = (&place.desk, &place.setups);
    let text = file("third") + "[queue.tax]\n";
    let built = setups.assembler().build_text(&text, Path::new("."), 0);
    let plan = setups.apply(&built.expect("valid").source, &wanted());
    assert_eq!(plan.expect("applied").number, 3);
    desk.accept("northwind", vec![said("1", 1)])
        .expect("taken in");
    desk.settled();
    let swap = |number| setups.activate("northwind", number, &wanted());
    swap(2).expect("nothing is in tax");
    let journal = desk.journal();
    let mut row = journal.unresolved(None, 9).expect("readable").remove(0);
    row.queue = Some("tax".to_owned());
    let late = Commit {
        expected: row.sequence,
        entries: vec![NewEntry {
            kind: EntryKind::Requeued as u16,
            at: desk.now(),
            input: None,
            contact: None,
            head: "{}".to_owned(),
            sealed: Vec::new(),
        }],
        conversation: row,
        state: Vec::new(),
        outbox: Vec::new(),
        sent: Vec::new(),
        at: desk.now(),
    };
    let committed = journal.commit_all(vec![late]).expect("written");
    assert!(committed[0].is_ok(), "{committed:?}");
    let refused = swap(1).expect_err("somebody is in tax");
    let Refused::Wrong { obstacles, .. } = refused else {
        panic!("{refused}");
    };
    assert!(
        obstacles[0].to_string().contains("\"tax\""),
        "{obstacles:?}"
    );
    swap(3).expect("it has that queue");
}

#[test]
fn an_earlier_setup_comes_back_only_with_room_for_the_work_at_hand() {
    let place = place();
    let (desk, setups) = (&place.desk, &place.setups);
    assert!(
        setups.roll_back("northwind", None, &wanted()).is_err(),
        "nothing before"
    );
    let text = file("third") + "[queue.tax]\n";
    let built = setups
        .assembler()
        .build_text(&text, Path::new("."), 0)
        .expect("valid");
    let plan = setups.apply(&built.source, &wanted()).expect("applied");
    assert_eq!(plan.number, 3);
    let receipts = desk
        .accept("northwind", vec![said("1", 1)])
        .expect("taken in");
    assert_eq!(receipts.len(), 1);
    desk.settled();
    let company = desk.company("northwind").expect("there");
    let conversation = desk
        .journal()
        .unresolved(None, 9)
        .expect("readable")
        .remove(0);
    assert_eq!(conversation.queue.as_deref(), Some("general"));
    let actor = patchbay_desk::action::Actor {
        id: "eva".to_owned(),
        role: patchbay_desk::action::Role::Supervisor,
    };
    let tax = patchbay_desk::action::Destination::Queue("tax".to_owned());
    let transfer = patchbay_desk::action::Action::Transfer(tax);
    let done = desk.act("northwind", conversation.id, actor, transfer);
    done.expect("a desk that works").expect("transferred");
    let refused = setups
        .roll_back("northwind", None, &wanted())
        .expect_err("work at hand");
    let Refused::Wrong { obstacles, .. } = refused else {
        panic!("{refused}");
    };
    assert_eq!(obstacles.len(), 1, "{obstacles:?}");
    assert!(
        obstacles[0].to_string().contains("moved-to"),
        "{}",
        obstacles[0]
    );
    assert_eq!(
        desk.generation("northwind").expect("there").number,
        3,
        "nothing changed"
    );

    let moved = Wanted {
        moved: BTreeMap::from([("tax".to_owned(), "general".to_owned())]),
        ..wanted()
    };
    let stale = Wanted {
        expected: Some(2),
        ..moved.clone()
    };
    assert!(
        setups.roll_back("northwind", None, &stale).is_err(),
        "somebody was faster"
    );
    let plan = setups
        .roll_back("northwind", None, &moved)
        .expect("rolled back");
    assert_eq!((plan.number, plan.before), (1, Some(3)), "2 never decided");
    desk.settled();
    let conversation = desk.journal().conversation(company, conversation.id);
    let conversation = conversation.expect("readable").expect("there");
    assert_eq!(conversation.queue.as_deref(), Some("general"));
    assert!(
        setups.activate("northwind", 1, &wanted()).is_err(),
        "it decides already"
    );
    assert!(
        setups.activate("northwind", 9, &wanted()).is_err(),
        "there is none"
    );
}

/// A company with one queue; the other has moved to it.
fn one_queue(queue: &str, other: &str) -> String {
    format!(
        "company = \"harbour\"\n[queue.{queue}]\ndefault = true\n[queue.{other}]\nmoved-to = \"{queue}\"\n"
    )
}

#[test]
fn queues_that_trade_places_under_load_lose_nobody() {
    let place = place();
    let (desk, setups) = (&place.desk, &place.setups);
    let texts = [one_queue("front", "back"), one_queue("back", "front")];
    let sources = texts.map(|text| {
        let built = setups.assembler().build_text(&text, Path::new("."), 0);
        built.expect("valid").source
    });
    for source in &sources {
        setups.apply(source, &wanted()).expect("applied");
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for sender in 0..2 {
            let over = &over;
            scope.spawn(move || {
                for number in 0..400 {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let id = format!("{sender}-{number}");
                    let delivery = said(&id, number * 2 + sender);
                    desk.accept("harbour", vec![delivery]).expect("taken in");
                }
            });
        }
        for swap in 0..40 {
            let number = 1 + swap % 2;
            setups
                .activate("harbour", number, &wanted())
                .expect("swapped");
        }
        over.store(true, Ordering::Relaxed);
    });
    desk.settled();
    let company = desk.company("harbour").expect("there");
    let open = desk.journal().unresolved(None, 10_000).expect("readable");
    let open: Vec<_> = open
        .into_iter()
        .filter(|row| row.company == company)
        .collect();
    assert!(!open.is_empty());
    for row in &open {
        assert_eq!(row.queue.as_deref(), Some("back"), "{row:?}");
    }
    let queues = desk.queues("harbour").expect("there");
    let waiting: Vec<_> = queues
        .iter()
        .map(|queue| (queue.id.as_str(), queue.waiting))
        .collect();
    assert_eq!(
        waiting,
        [("back", open.len())],
        "each waits where somebody looks"
    );
}
