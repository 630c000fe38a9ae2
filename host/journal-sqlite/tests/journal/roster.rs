use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::directory::Presence;

use crate::store::{TestStore, at, audit_entry};

fn agent(id: &str) -> AgentRow {
    AgentRow {
        id: id.into(),
        profile: r#"{"skills":{"billing":3}}"#.into(),
        presence: Presence::Available,
        changed_at: at(1),
        state: b"holds nothing".to_vec(),
    }
}

fn ids(journal: &SqliteJournal, company: CompanyId) -> Vec<String> {
    let agents = journal.agents(company, "", 100).unwrap();
    agents.into_iter().map(|agent| agent.id).collect()
}

#[test]
fn each_company_has_its_own_roster_which_survives_a_restart() {
    let store = TestStore::new();
    let journal = store.open();
    let [a, b] = ["a", "b"].map(|name| journal.company(name).unwrap());
    let mut away = agent("ben");
    away.presence = Presence::Away;
    away.state = vec![0, 255];
    journal
        .put_agents(a, vec![away.clone(), agent("anna")], Vec::new(), None)
        .unwrap();
    drop(journal);
    let journal = store.open();
    assert_eq!(journal.agents(a, "", 9).unwrap(), [agent("anna"), away]);
    assert_eq!(ids(&journal, b), [""; 0]);
}

#[test]
fn notes_are_in_the_feed_until_they_are_deleted_by_age() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let note = |head: &str, seconds| Note {
        kind: 49,
        at: at(seconds),
        head: head.to_owned(),
    };
    journal
        .put_agents(company, vec![agent("anna")], vec![note("put", 1)], None)
        .unwrap();
    let first = journal
        .append_notes(company, vec![note("one", 2), note("two", 50)])
        .unwrap();
    assert_eq!(first, 2);
    assert!(
        !journal
            .remove_agent(company, "ben", vec![note("no", 3)], audit_entry("test"))
            .unwrap()
    );
    drop(journal);
    let journal = store.open();
    let heads = || -> Vec<String> {
        let feed = journal.feed(company, 0, 9).unwrap();
        feed.entries.into_iter().map(|entry| entry.head).collect()
    };
    assert_eq!(heads(), ["put", "one", "two"]);
    let watched = journal.alert_entries(company, EntryPage::After(1), false, 9);
    let watched = watched.unwrap();
    assert_eq!(watched.len(), 2);
    assert!(
        watched
            .iter()
            .all(|(entry, _)| entry.conversation.is_none())
    );
    assert_eq!(journal.check().unwrap().findings, []);
    assert_eq!(journal.compact(at(10)).unwrap().entries, 2);
    assert_eq!(heads(), ["two"]);
    assert_eq!(journal.feed(company, 0, 9).unwrap().oldest, 3);
    assert_eq!(journal.check().unwrap().findings, []);
    let refused = journal.append_notes(company, vec![note(&"x".repeat(65_537), 1)]);
    assert!(matches!(refused, Err(JournalError::Invalid { .. })));
}

#[test]
fn an_agent_put_again_is_replaced_and_of_two_at_once_the_later_stays() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    journal
        .put_agents(company, vec![agent("anna")], Vec::new(), None)
        .unwrap();
    let [mut earlier, mut later] = ["anna", "anna"].map(agent);
    (earlier.presence, later.presence) = (Presence::Busy, Presence::Offline);
    later.changed_at = at(9);
    later.profile = "{}".into();
    later.state = Vec::new();
    journal
        .put_agents(company, vec![earlier, later.clone()], Vec::new(), None)
        .unwrap();
    assert_eq!(journal.agents(company, "", 9).unwrap(), [later]);
}

#[test]
fn a_roster_is_read_page_by_page_in_the_order_of_ids() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    journal
        .put_agents(
            company,
            ["c", "a", "é", "B", "b"].map(agent).to_vec(),
            Vec::new(),
            None,
        )
        .unwrap();
    let mut found: Vec<String> = vec![];
    loop {
        let after = found.last().cloned().unwrap_or_default();
        let page = journal.agents(company, &after, 2).unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page.into_iter().map(|agent| agent.id));
    }
    assert_eq!(found, ["B", "a", "b", "c", "é"]);
}

#[test]
fn a_removed_agent_is_deleted_in_its_company_only() {
    let store = TestStore::new();
    let journal = store.open();
    let [a, b] = ["a", "b"].map(|name| journal.company(name).unwrap());
    for company in [a, b] {
        journal
            .put_agents(company, vec![agent("anna"), agent("ben")], Vec::new(), None)
            .unwrap();
    }
    assert!(
        journal
            .remove_agent(a, "anna", Vec::new(), audit_entry("test"))
            .unwrap()
    );
    assert!(
        !journal
            .remove_agent(a, "anna", Vec::new(), audit_entry("test"))
            .unwrap()
    );
    assert_eq!(ids(&journal, a), ["ben"]);
    assert_eq!(ids(&journal, b), ["anna", "ben"]);
}

#[test]
fn a_roster_out_of_bounds_is_refused_whole() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let with = |change: fn(&mut AgentRow)| {
        let mut agent = agent("ben");
        change(&mut agent);
        vec![self::agent("anna"), agent]
    };
    for (bad, named) in [
        (with(|agent| agent.id = String::new()), "agent id"),
        (with(|agent| agent.id = "x".repeat(257)), "agent id"),
        (with(|agent| agent.profile = " ".repeat(65_537)), "profile"),
        (with(|agent| agent.state = vec![0; 65_537]), "agent state"),
        (vec![agent("anna"); 10_001], "number of agents"),
    ] {
        let refused = journal
            .put_agents(company, bad, Vec::new(), None)
            .unwrap_err();
        assert!(
            matches!(refused, JournalError::Invalid { what, .. } if what == named),
            "{refused}"
        );
    }
    assert_eq!(ids(&journal, company), [""; 0]);
    journal
        .put_agents(company, Vec::new(), Vec::new(), None)
        .unwrap();
}

#[test]
fn a_backup_holds_the_roster_and_a_compaction_keeps_it() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    journal
        .put_agents(company, vec![agent("anna")], Vec::new(), None)
        .unwrap();
    assert_eq!(journal.compact(at(1_000)).unwrap(), Default::default());
    assert_eq!(ids(&journal, company), ["anna"]);
    let other = TestStore::new();
    let options = other.options();
    journal.backup(&options.path).unwrap();
    std::fs::create_dir(options.key_file.parent().unwrap()).unwrap();
    std::fs::copy(store.options().key_file, &options.key_file).unwrap();
    assert_eq!(ids(&other.open(), company), ["anna"]);
}

#[test]
fn a_check_finds_agents_of_a_company_that_does_not_exist() {
    let store = TestStore::new();
    let journal = store.open();
    let unknown = CompanyId(99);
    journal
        .put_agents(unknown, vec![agent("anna")], Vec::new(), None)
        .unwrap();
    let orphan = CheckFinding::Orphan {
        table: "agent".into(),
        rows: 1,
    };
    assert_eq!(journal.check().unwrap().findings, [orphan]);
    assert!(
        journal
            .remove_agent(unknown, "anna", Vec::new(), audit_entry("test"))
            .unwrap()
    );
    assert!(journal.check().unwrap().is_sound());
}

#[test]
fn an_alert_is_acknowledged_once_by_the_first_who_does() {
    let store = TestStore::new();
    let journal = store.open();
    let company = journal.company("acme").unwrap();
    let note = |kind: u16, head: &str| Note {
        kind,
        at: at(5),
        head: head.into(),
    };
    let notes = vec![
        note(49, "a"),
        note(80, "none"),
        note(50, "b"),
        note(49, "c"),
    ];
    journal.append_notes(company, notes).unwrap();
    let acknowledge = |journal: &SqliteJournal, alert: u64, by: &str, second: i64| {
        let acknowledgement = Acknowledgement {
            at: at(second),
            by: by.into(),
        };
        let seen = note(120, by);
        journal
            .acknowledge(company, alert, acknowledgement, seen)
            .unwrap()
    };
    let first = Acknowledgement {
        at: at(6),
        by: "eva".into(),
    };
    assert_eq!(
        acknowledge(&journal, 3, "eva", 6),
        Some((first.clone(), true))
    );
    assert_eq!(
        acknowledge(&journal, 3, "ana", 7),
        Some((first.clone(), false))
    );
    assert_eq!(acknowledge(&journal, 2, "eva", 8), None, "no alert");
    assert_eq!(acknowledge(&journal, 99, "eva", 8), None);
    drop(journal);

    let journal = store.open();
    let numbers = |page, only_open| -> Vec<(u64, bool)> {
        let alerts = journal.alert_entries(company, page, only_open, 2).unwrap();
        let row = |(entry, by): (Entry, Option<Acknowledgement>)| (entry.feed, by.is_some());
        alerts.into_iter().map(row).collect()
    };
    assert_eq!(numbers(EntryPage::After(0), false), [(1, false), (3, true)]);
    assert_eq!(
        numbers(EntryPage::Before(u64::MAX), false),
        [(4, false), (3, true)]
    );
    assert_eq!(numbers(EntryPage::Before(3), false), [(1, false)]);
    assert_eq!(
        numbers(EntryPage::Before(u64::MAX), true),
        [(4, false), (1, false)]
    );
    let alert = journal.alert_entries(company, EntryPage::Before(4), false, 1);
    assert_eq!(alert.unwrap()[0].1, Some(first));
    assert_eq!(
        journal.feed(company, 4, 9).unwrap().entries.len(),
        1,
        "one note"
    );

    // The acknowledgement goes with its alert.
    journal.compact(at(100)).unwrap();
    assert_eq!(journal.check().unwrap().findings, []);
    drop(journal);
    let left: i64 = store
        .raw()
        .query_row("SELECT count(*) FROM acknowledgement", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}
