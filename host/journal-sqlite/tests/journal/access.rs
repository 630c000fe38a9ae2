//! Tokens and the audit trail.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use jiff::Timestamp;
use patchbay_journal::*;
use patchbay_journal_sqlite::*;
use patchbay_model::access::{Role, TokenScope};
use patchbay_model::directory::Presence;

use crate::store::{TestStore, accept_one, arrival, at, audit_entry};

fn standing(company: Option<&str>, role: Role, agent: Option<&str>) -> TokenScope {
    TokenScope {
        company: company.map(str::to_owned),
        role,
        agent: agent.map(str::to_owned),
    }
}

fn token(name: Option<&str>, standing: TokenScope) -> Token {
    let (id, secret) = (TokenId::generate().unwrap(), Secret::generate().unwrap());
    Token::new(
        id,
        &secret,
        name.map(str::to_owned),
        standing,
        at(1),
        "local",
    )
}

fn operator() -> Token {
    token(Some("olga"), standing(None, Role::Operator, None))
}

fn put_agent(journal: &SqliteJournal, company: &str, id: &str) {
    let company = journal.company(company).unwrap();
    let agent = AgentRow {
        id: id.into(),
        profile: "{}".into(),
        presence: Presence::Offline,
        changed_at: at(1),
        state: Vec::new(),
    };
    journal
        .put_agents(company, vec![agent], Vec::new(), None)
        .unwrap();
}

/// Numbers and codes of a company's actions, or of all.
fn actions(journal: &SqliteJournal, company: Option<&str>) -> Vec<(u64, String)> {
    let all = journal
        .audit_records(company, EntryPage::After(0), 100)
        .unwrap();
    all.into_iter()
        .map(|record| (record.number, record.entry.act))
        .collect()
}

#[test]
fn a_token_is_stored_without_its_secret_and_survives_a_restart() {
    let store = TestStore::new();
    let journal = store.open();
    put_agent(&journal, "acme", "ana");
    let secret = Secret::generate().unwrap();
    let who = standing(Some("acme"), Role::Agent, Some("ana"));
    let id = TokenId::generate().unwrap();
    let mut stored = Token::new(id, &secret, None, who, at(1), "local");
    stored.expires_at = Some(at(50));
    journal
        .put_token(stored.clone(), audit_entry("token.created"))
        .unwrap();
    drop(journal);
    let journal = store.open();
    assert_eq!(journal.tokens().unwrap(), std::slice::from_ref(&stored));
    assert_eq!(stored.name, "ana");
    assert_eq!(stored.state(at(49)), TokenState::Active);
    assert_eq!(stored.state(at(50)), TokenState::Expired);
    drop(journal);
    for file in ["journal.db", "journal.db-wal"] {
        let bytes = std::fs::read(store.directory.path().join(file)).unwrap_or_default();
        let needle = &secret.reveal().as_bytes()[3..];
        assert!(!bytes.windows(needle.len()).any(|part| part == needle));
    }
}

#[test]
fn an_invalid_token_is_refused() {
    let store = TestStore::new();
    let journal = store.open();
    put_agent(&journal, "acme", "ana");
    let long = "x".repeat(257);
    let supervisor = || standing(Some("acme"), Role::Supervisor, None);
    for (wrong, field) in [
        (
            token(None, standing(None, Role::Supervisor, None)),
            "company",
        ),
        (
            token(None, standing(Some("acme"), Role::Agent, None)),
            "agent",
        ),
        (
            token(None, standing(Some("acme"), Role::Auditor, Some("ana"))),
            "agent",
        ),
        (token(Some(""), supervisor()), "name"),
        (token(Some(" "), supervisor()), "name"),
        (token(Some("a\nb"), supervisor()), "name"),
        (token(Some(&long), supervisor()), "name"),
        (
            token(
                Some("ben"),
                standing(Some("acme"), Role::Agent, Some("ana")),
            ),
            "name",
        ),
    ] {
        match journal.put_token(wrong, audit_entry("token.created")) {
            Err(JournalError::Invalid { what, .. }) => assert_eq!(what, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    let unknown = token(None, standing(Some("acme"), Role::Agent, Some("zoe")));
    let refused = journal
        .put_token(unknown, audit_entry("token.created"))
        .unwrap_err();
    assert!(matches!(refused, JournalError::NoAgent(agent) if agent == "zoe"));
    assert_eq!(journal.tokens().unwrap(), []);
    assert_eq!(actions(&journal, None), []);
}

#[test]
fn a_token_is_revoked_once_and_stays_in_the_list() {
    let store = TestStore::new();
    let journal = store.open();
    let one = operator();
    journal
        .put_token(one.clone(), audit_entry("token.created"))
        .unwrap();
    let revoke = || journal.revoke_token(one.id, at(9), audit_entry("token.revoked"));
    assert!(revoke().unwrap());
    assert!(!revoke().unwrap());
    let stored = journal.tokens().unwrap().remove(0);
    assert_eq!(stored.revoked_at, Some(at(9)));
    assert_eq!(stored.state(at(2)), TokenState::Revoked);
    let unknown = TokenId::generate().unwrap();
    let refused = journal.revoke_token(unknown, at(9), audit_entry("token.revoked"));
    assert!(matches!(refused, Err(JournalError::NoToken(id)) if id == unknown));
    assert_eq!(actions(&journal, None).len(), 2);
}

#[test]
fn the_tokens_of_a_removed_agent_are_revoked() {
    let store = TestStore::new();
    let journal = store.open();
    for (company, agent) in [("acme", "ana"), ("acme", "ben"), ("other", "ana")] {
        put_agent(&journal, company, agent);
        let one = token(None, standing(Some(company), Role::Agent, Some(agent)));
        journal
            .put_token(one, audit_entry("token.created"))
            .unwrap();
    }
    let acme = journal.company("acme").unwrap();
    let gone = journal.remove_agent(acme, "ana", Vec::new(), audit_entry("agent.removed"));
    assert!(gone.unwrap());
    let tokens = journal.tokens().unwrap();
    let revoked: Vec<_> = tokens.iter().map(|one| one.revoked_at.is_some()).collect();
    assert_eq!(revoked, [true, false, false]);
    let last = journal.audit_records(None, EntryPage::After(3), 9).unwrap();
    assert_eq!(last[0].entry.act, "agent.removed");
    assert_eq!(last[1].entry.act, "token.revoked");
    assert!(last[1].entry.details.contains(&tokens[0].id.to_string()));
}

#[test]
fn a_change_and_its_audit_entry_are_written_together_or_not_at_all() {
    let store = TestStore::new();
    let journal = store.open();
    let acme = journal.company("acme").unwrap();
    let person = |address: &str| {
        let found = journal
            .find_or_create_contact(acme, "x", address, at(1))
            .unwrap();
        found.contact
    };
    let (one, other) = (person("@one"), person("@other"));
    let merge = journal
        .merge_contacts(
            acme,
            one,
            other,
            "eva",
            at(2),
            audit_entry("contact.merged"),
        )
        .unwrap();
    let again = journal.merge_contacts(
        acme,
        one,
        other,
        "eva",
        at(2),
        audit_entry("contact.merged"),
    );
    assert!(matches!(again, Err(JournalError::SamePerson(..))));
    journal
        .undo_contact_change(acme, merge, "eva", at(3), audit_entry("contact.undone"))
        .unwrap();
    journal
        .erase_person(acme, one, at(4), audit_entry("contact.erased"))
        .unwrap();
    let mut exported = audit_entry("contact.exported");
    exported.company = Some("other".into());
    assert_eq!(journal.append_audit(exported).unwrap(), 4);
    let retried = journal.retry_outbox(acme, "nothing", at(5), audit_entry("outbox.retried"));
    assert!(matches!(retried, Err(JournalError::NoOutboxItem(_))));
    let gone = journal.remove_agent(acme, "zoe", Vec::new(), audit_entry("agent.removed"));
    assert!(!gone.unwrap());
    let own = actions(&journal, Some("acme"));
    let codes: Vec<_> = own.iter().map(|(_, act)| act.as_str()).collect();
    assert_eq!(
        codes,
        ["contact.merged", "contact.undone", "contact.erased"]
    );
    assert_eq!(
        actions(&journal, Some("other")),
        [(4, "contact.exported".into())]
    );
    assert_eq!(actions(&journal, Some("nobody")), []);
    assert_eq!(
        journal.audit_records(None, EntryPage::After(2), 1).unwrap()[0].number,
        3
    );
    let mut long = audit_entry("x");
    long.act = "x".repeat(65);
    assert!(matches!(
        journal.append_audit(long),
        Err(JournalError::Invalid { .. })
    ));
}

/// A closed journal with five audit records, and the hash of the last.
fn five_records() -> (TestStore, AuditHash) {
    let store = TestStore::new();
    let journal = store.open();
    for number in 1..=5 {
        let mut entry = audit_entry("agents.put");
        // Finer than a microsecond.
        entry.at = Timestamp::new(number, 1_999).unwrap();
        entry.company = (number % 2 == 0).then(|| "acme".to_owned());
        journal.append_audit(entry).unwrap();
    }
    let chain = journal.verify_audit(None).unwrap();
    assert_eq!((chain.entries, chain.broken), (5, None));
    drop(journal);
    (store, chain.head)
}

/// Change the trail in the database, and verify it.
fn verify_changed(change: &str) -> (u64, Option<(u64, AuditFlaw)>, Option<u64>) {
    let (store, head) = five_records();
    store.raw().execute_batch(change).unwrap();
    let chain = store.open().verify_audit(Some(head)).unwrap();
    let broken = chain.broken.map(|found| (found.number, found.flaw));
    (chain.entries, broken, chain.expected)
}

#[test]
fn every_change_of_the_trail_is_found() {
    for (change, wanted) in [
        (
            "UPDATE audit SET details = '{\"a\":1}' WHERE number = 3",
            (3, AuditFlaw::Changed),
        ),
        (
            "UPDATE audit SET actor = 'eva' WHERE number = 1",
            (1, AuditFlaw::Changed),
        ),
        (
            "UPDATE audit SET at = at + 1 WHERE number = 5",
            (5, AuditFlaw::Changed),
        ),
        (
            "UPDATE audit SET company = NULL WHERE number = 4",
            (4, AuditFlaw::Changed),
        ),
        (
            "UPDATE audit SET hash = zeroblob(32) WHERE number = 2",
            (2, AuditFlaw::Changed),
        ),
        (
            "UPDATE audit SET hash = x'00' WHERE number = 2",
            (2, AuditFlaw::Changed),
        ),
        (
            "UPDATE audit SET at = 9223372036854775807 WHERE number = 2",
            (2, AuditFlaw::Changed),
        ),
        (
            "DELETE FROM audit WHERE number = 1",
            (1, AuditFlaw::Missing),
        ),
        (
            "DELETE FROM audit WHERE number = 3",
            (3, AuditFlaw::Missing),
        ),
        (
            "UPDATE audit SET number = 9 WHERE number = 3",
            (3, AuditFlaw::Missing),
        ),
        (
            "INSERT INTO audit SELECT 0, at, company, actor, act, details, previous, hash FROM audit WHERE number = 1",
            (1, AuditFlaw::Missing),
        ),
    ] {
        let (entries, broken, expected) = verify_changed(change);
        assert_eq!(broken, Some(wanted), "{change}");
        assert_eq!((entries, expected), (wanted.0 - 1, None), "{change}");
    }
}

#[test]
fn a_replaced_record_with_a_valid_hash_breaks_the_chain() {
    let (store, _) = five_records();
    // An attacker who knows the format computes a valid hash but leaves the rest
    // of the chain unchanged.
    let other = {
        let store = TestStore::new();
        let journal = store.open();
        let mut entry = audit_entry("agents.put");
        entry.actor = "attacker".into();
        journal.append_audit(entry).unwrap();
        drop(journal);
        store
    };
    let raw = store.raw();
    let path = other.options().path;
    raw.execute_batch(&format!(
        "ATTACH '{}' AS other; DELETE FROM audit WHERE number = 1;
         INSERT INTO audit SELECT * FROM other.audit",
        path.display()
    ))
    .unwrap();
    drop(raw);
    let broken = store.open().verify_audit(None).unwrap().broken.unwrap();
    assert_eq!((broken.number, broken.flaw), (2, AuditFlaw::Unchained));
}

#[test]
fn records_removed_from_the_end_are_found_by_the_expected_head() {
    let (store, head) = five_records();
    store
        .raw()
        .execute_batch("DELETE FROM audit WHERE number > 3")
        .unwrap();
    let journal = store.open();
    let chain = journal.verify_audit(Some(head)).unwrap();
    assert_eq!((chain.entries, chain.broken), (3, None));
    assert_eq!(chain.expected, None);
    assert_ne!(chain.head, head);
    // An earlier head is still found when the trail has grown.
    let stored = chain.head;
    journal.append_audit(audit_entry("agents.put")).unwrap();
    let chain = journal.verify_audit(Some(stored)).unwrap();
    assert_eq!((chain.entries, chain.expected), (4, Some(3)));
}

#[test]
fn an_empty_trail_has_a_head() {
    let store = TestStore::new();
    let chain = store.open().verify_audit(Some(AuditHash::default()));
    let chain = chain.unwrap();
    assert_eq!((chain.entries, chain.expected), (0, Some(0)));
}

#[test]
fn trail_and_tokens_survive_compaction_and_are_in_a_backup() {
    let store = TestStore::new();
    let journal = store.open();
    let acme = journal.company("acme").unwrap();
    accept_one(&journal, arrival(acme, "1", "hello"));
    journal
        .put_token(operator(), audit_entry("token.created"))
        .unwrap();
    let before = journal.verify_audit(None).unwrap();
    journal.compact(Timestamp::MAX).unwrap();
    assert_eq!(journal.verify_audit(None).unwrap(), before);
    let tokens = journal.tokens().unwrap();
    assert_eq!(tokens.len(), 1);
    assert!(journal.check().unwrap().is_sound());
    let copy = store.directory.path().join("copy.db");
    journal.backup(&copy).unwrap();
    drop(journal);
    let mut options = store.options();
    options.path = copy;
    let copied = SqliteJournal::open(&options).unwrap();
    assert_eq!(copied.verify_audit(None).unwrap(), before);
    assert_eq!(copied.tokens().unwrap(), tokens);
}

#[test]
fn a_check_verifies_the_trail() {
    let (store, _) = five_records();
    store
        .raw()
        .execute_batch("UPDATE audit SET act = 'x' WHERE number = 2")
        .unwrap();
    let report = store.open().check().unwrap();
    assert!(!report.is_sound());
    assert!(
        report.findings[0].to_string().contains("entry 2"),
        "{report:?}"
    );
}

fn session(holder: SessionHolder, hash: u8) -> Session {
    Session {
        id: SessionId::generate().unwrap(),
        hash: SecretHash([hash; 32]),
        holder,
        started_at: at(1),
        expires_at: at(100),
    }
}

#[test]
fn sessions_survive_a_restart_and_are_deleted_when_they_end() {
    let store = TestStore::new();
    let journal = store.open();
    journal.company("acme").unwrap();
    let of_token = session(SessionHolder::Token(TokenId([7; 16])), 1);
    let external = SessionHolder::External {
        actor: "oidc:https://login.example|42".into(),
        name: "ana".into(),
        standing: standing(Some("acme"), Role::Agent, Some("ana")),
    };
    let of_issuer = session(external, 2);
    for started in [&of_token, &of_issuer] {
        let audit = audit_entry("session.started");
        journal.start_session(started.clone(), audit).unwrap();
    }
    drop(journal);
    let journal = store.open();
    let stored = journal.sessions().unwrap();
    assert_eq!(stored, [of_token.clone(), of_issuer.clone()]);
    let ids = vec![of_token.id, SessionId([9; 16])];
    let audit = Some(audit_entry("session.ended"));
    journal.end_sessions(ids, audit).unwrap();
    assert_eq!(
        journal.sessions().unwrap(),
        std::slice::from_ref(&of_issuer)
    );
    journal.end_sessions(vec![of_issuer.id], None).unwrap();
    assert!(journal.sessions().unwrap().is_empty());
    let acts = actions(&journal, None).into_iter().map(|(_, act)| act);
    let acts: Vec<_> = acts.collect();
    assert_eq!(
        acts,
        ["session.started", "session.started", "session.ended"]
    );
}

#[test]
fn a_session_of_a_contradictory_standing_is_refused() {
    let store = TestStore::new();
    let journal = store.open();
    let external = |actor: &str, standing| SessionHolder::External {
        actor: actor.into(),
        name: "ana".into(),
        standing,
    };
    let without_agent = standing(Some("acme"), Role::Agent, None);
    let long = "x".repeat(257);
    for holder in [
        external("oidc:a|1", without_agent),
        external(&long, standing(None, Role::Operator, None)),
    ] {
        let audit = audit_entry("session.started");
        let refused = journal.start_session(session(holder, 3), audit);
        assert!(
            matches!(refused, Err(JournalError::Invalid { .. })),
            "{refused:?}"
        );
    }
    assert!(journal.sessions().unwrap().is_empty());
}

/// The files of a directory with their lengths.
fn listing(directory: &Path) -> BTreeMap<OsString, u64> {
    let entries = std::fs::read_dir(directory).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.file_name(), entry.metadata().unwrap().len()))
        .collect()
}

/// What a look for tokens finds; the directory is as before.
fn look(path: &Path) -> Option<bool> {
    let directory = path.parent().unwrap();
    let before = listing(directory);
    let found = has_tokens(path).unwrap();
    assert_eq!(listing(directory), before);
    found
}

#[test]
fn looking_for_tokens_leaves_the_directory_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    // Signs that mean something in an address.
    let directory = place.path().join("a?b#c%20 d");
    std::fs::create_dir(&directory).unwrap();
    let path = directory.join("desk.db");
    let log = directory.join("desk.db-wal");
    std::fs::write(&path, "").unwrap();
    assert_eq!(look(&path), Some(false), "an empty file");
    let options = Options::new(path.clone(), place.path().join("desk.key"));
    let journal = SqliteJournal::open(&options).unwrap();
    assert_eq!(look(&path), Some(false), "in use");
    journal
        .put_token(operator(), audit_entry("token.created"))
        .unwrap();
    assert_eq!(look(&path), Some(true), "in use");
    let copied = [&path, &log].map(|file| std::fs::read(file).unwrap());
    drop(journal);
    assert_eq!(look(&path), Some(true), "closed");
    // The last connection that writes removes the log.
    let write_back = "PRAGMA wal_checkpoint(TRUNCATE)";
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.query_row(write_back, [], |_| Ok(())).unwrap();
    drop(writer);
    assert!(!log.exists());
    assert_eq!(look(&path), Some(true), "without a log");
    // As a server leaves it that was killed, after the index was removed.
    let [database, log] = copied;
    let copy = place.path().join("copy");
    std::fs::create_dir(&copy).unwrap();
    std::fs::write(copy.join("desk.db"), database).unwrap();
    std::fs::write(copy.join("desk.db-wal"), log).unwrap();
    assert_eq!(look(&copy.join("desk.db")), None, "a log without its index");
}
