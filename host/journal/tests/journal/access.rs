//! Tokens, and the audit trail of what is done with and without them.

use jiff::Timestamp;
use patchbay_journal::{
    AgentRow, AuditFlaw, AuditHash, Journal, JournalError, Secret, SqliteJournal, Token, TokenId,
    TokenState,
};
use patchbay_model::access::{Role, TokenScope};
use patchbay_model::directory::Presence;

use crate::place::{Place, act, arrival, at, take};

fn standing(company: Option<&str>, role: Role, agent: Option<&str>) -> TokenScope {
    TokenScope {
        company: company.map(str::to_owned),
        role,
        agent: agent.map(str::to_owned),
    }
}

fn token(name: Option<&str>, standing: TokenScope) -> Token {
    let (id, secret) = (TokenId::make().unwrap(), Secret::make().unwrap());
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

/// Codes of the acts of a company, or of everybody.
fn acts(journal: &SqliteJournal, company: Option<&str>) -> Vec<(u64, String)> {
    let all = journal.audited(company, 0, 100).unwrap();
    all.into_iter()
        .map(|act| (act.number, act.entry.act))
        .collect()
}

#[test]
fn a_token_is_kept_without_its_secret_and_survives_a_restart() {
    let place = Place::new();
    let journal = place.open();
    put_agent(&journal, "acme", "ana");
    let secret = Secret::make().unwrap();
    let who = standing(Some("acme"), Role::Agent, Some("ana"));
    let id = TokenId::make().unwrap();
    let mut kept = Token::new(id, &secret, None, who, at(1), "local");
    kept.expires_at = Some(at(50));
    journal
        .put_token(kept.clone(), act("token.created"))
        .unwrap();
    drop(journal);
    let journal = place.open();
    assert_eq!(journal.tokens().unwrap(), std::slice::from_ref(&kept));
    assert_eq!(kept.name, "ana");
    assert_eq!(kept.state(at(49)), TokenState::Active);
    assert_eq!(kept.state(at(50)), TokenState::Expired);
    drop(journal);
    for file in ["journal.db", "journal.db-wal"] {
        let bytes = std::fs::read(place.directory.path().join(file)).unwrap_or_default();
        let needle = &secret.reveal().as_bytes()[3..];
        assert!(!bytes.windows(needle.len()).any(|part| part == needle));
    }
}

#[test]
fn a_token_nobody_can_have_is_refused() {
    let place = Place::new();
    let journal = place.open();
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
        match journal.put_token(wrong, act("token.created")) {
            Err(JournalError::Invalid { what, .. }) => assert_eq!(what, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    let nobody = token(None, standing(Some("acme"), Role::Agent, Some("zoe")));
    let refused = journal.put_token(nobody, act("token.created")).unwrap_err();
    assert!(matches!(refused, JournalError::NoAgent(agent) if agent == "zoe"));
    assert_eq!(journal.tokens().unwrap(), []);
    assert_eq!(acts(&journal, None), []);
}

#[test]
fn a_token_is_revoked_once_and_stays_in_the_list() {
    let place = Place::new();
    let journal = place.open();
    let one = operator();
    journal
        .put_token(one.clone(), act("token.created"))
        .unwrap();
    let revoke = || journal.revoke_token(one.id, at(9), act("token.revoked"));
    assert!(revoke().unwrap());
    assert!(!revoke().unwrap());
    let kept = journal.tokens().unwrap().remove(0);
    assert_eq!(kept.revoked_at, Some(at(9)));
    assert_eq!(kept.state(at(2)), TokenState::Revoked);
    let nobody = TokenId::make().unwrap();
    let refused = journal.revoke_token(nobody, at(9), act("token.revoked"));
    assert!(matches!(refused, Err(JournalError::NoToken(id)) if id == nobody));
    assert_eq!(acts(&journal, None).len(), 2);
}

#[test]
fn the_tokens_of_an_agent_who_leaves_are_revoked_with_it() {
    let place = Place::new();
    let journal = place.open();
    for (company, agent) in [("acme", "ana"), ("acme", "ben"), ("other", "ana")] {
        put_agent(&journal, company, agent);
        let one = token(None, standing(Some(company), Role::Agent, Some(agent)));
        journal.put_token(one, act("token.created")).unwrap();
    }
    let acme = journal.company("acme").unwrap();
    let gone = journal.remove_agent(acme, "ana", Vec::new(), act("agent.removed"));
    assert!(gone.unwrap());
    let tokens = journal.tokens().unwrap();
    let revoked: Vec<_> = tokens.iter().map(|one| one.revoked_at.is_some()).collect();
    assert_eq!(revoked, [true, false, false]);
    let last = journal.audited(None, 3, 9).unwrap();
    assert_eq!(last[0].entry.act, "agent.removed");
    assert_eq!(last[1].entry.act, "token.revoked");
    assert!(last[1].entry.details.contains(&tokens[0].id.to_string()));
}

#[test]
fn an_act_stands_in_the_trail_with_what_it_did_or_neither_does() {
    let place = Place::new();
    let journal = place.open();
    let acme = journal.company("acme").unwrap();
    let person = |address: &str| {
        let found = journal.address(acme, "x", address, at(1)).unwrap();
        found.contact
    };
    let (one, other) = (person("@one"), person("@other"));
    let merge = journal
        .merge(acme, one, other, "eva", at(2), act("contact.merged"))
        .unwrap();
    let again = journal.merge(acme, one, other, "eva", at(2), act("contact.merged"));
    assert!(matches!(again, Err(JournalError::SamePerson(..))));
    journal
        .undo(acme, merge, "eva", at(3), act("contact.undone"))
        .unwrap();
    journal
        .erase(acme, one, at(4), act("contact.erased"))
        .unwrap();
    let mut exported = act("contact.exported");
    exported.company = Some("other".into());
    assert_eq!(journal.audit(exported).unwrap(), 4);
    let retried = journal.outbox_retry(acme, "nothing", at(5), act("outbox.retried"));
    assert!(matches!(retried, Err(JournalError::NoItem(_))));
    let gone = journal.remove_agent(acme, "zoe", Vec::new(), act("agent.removed"));
    assert!(!gone.unwrap());
    let own = acts(&journal, Some("acme"));
    let codes: Vec<_> = own.iter().map(|(_, act)| act.as_str()).collect();
    assert_eq!(
        codes,
        ["contact.merged", "contact.undone", "contact.erased"]
    );
    assert_eq!(
        acts(&journal, Some("other")),
        [(4, "contact.exported".into())]
    );
    assert_eq!(acts(&journal, Some("nobody")), []);
    assert_eq!(journal.audited(None, 2, 1).unwrap()[0].number, 3);
    let mut long = act("x");
    long.act = "x".repeat(65);
    assert!(matches!(
        journal.audit(long),
        Err(JournalError::Invalid { .. })
    ));
}

/// A journal with five acts, closed; and the hash of the last.
fn five() -> (Place, AuditHash) {
    let place = Place::new();
    let journal = place.open();
    for number in 1..=5 {
        let mut act = act("agents.put");
        // Finer than is kept.
        act.at = Timestamp::new(number, 1_999).unwrap();
        act.company = (number % 2 == 0).then(|| "acme".to_owned());
        journal.audit(act).unwrap();
    }
    let chain = journal.verify_audit(None).unwrap();
    assert_eq!((chain.entries, chain.broken), (5, None));
    drop(journal);
    (place, chain.head)
}

/// Change the trail behind the journal's back, and look at it.
fn meddled(change: &str) -> (u64, Option<(u64, AuditFlaw)>, Option<u64>) {
    let (place, head) = five();
    place.raw().execute_batch(change).unwrap();
    let chain = place.open().verify_audit(Some(head)).unwrap();
    let broken = chain.broken.map(|found| (found.number, found.why));
    (chain.entries, broken, chain.expected)
}

#[test]
fn whatever_is_changed_in_the_trail_is_found_and_named() {
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
        let (entries, broken, expected) = meddled(change);
        assert_eq!(broken, Some(wanted), "{change}");
        assert_eq!((entries, expected), (wanted.0 - 1, None), "{change}");
    }
}

#[test]
fn a_row_put_in_place_of_another_with_a_hash_of_its_own_breaks_the_chain() {
    let (place, _) = five();
    // What somebody would do who knows the format: a right hash, and the rest
    // of the chain left as it was.
    let other = {
        let place = Place::new();
        let journal = place.open();
        let mut act = act("agents.put");
        act.actor = "somebody".into();
        journal.audit(act).unwrap();
        drop(journal);
        place
    };
    let raw = place.raw();
    let path = other.options().path;
    raw.execute_batch(&format!(
        "ATTACH '{}' AS other; DELETE FROM audit WHERE number = 1;
         INSERT INTO audit SELECT * FROM other.audit",
        path.display()
    ))
    .unwrap();
    drop(raw);
    let broken = place.open().verify_audit(None).unwrap().broken.unwrap();
    assert_eq!((broken.number, broken.why), (2, AuditFlaw::Unchained));
}

#[test]
fn acts_taken_off_the_end_are_missed_by_whoever_kept_the_head() {
    let (place, head) = five();
    place
        .raw()
        .execute_batch("DELETE FROM audit WHERE number > 3")
        .unwrap();
    let journal = place.open();
    let chain = journal.verify_audit(Some(head)).unwrap();
    assert_eq!((chain.entries, chain.broken), (3, None));
    assert_eq!(chain.expected, None);
    assert_ne!(chain.head, head);
    // A head kept earlier is still found once the trail has grown.
    let kept = chain.head;
    journal.audit(act("agents.put")).unwrap();
    let chain = journal.verify_audit(Some(kept)).unwrap();
    assert_eq!((chain.entries, chain.expected), (4, Some(3)));
}

#[test]
fn an_empty_trail_has_a_head_too() {
    let place = Place::new();
    let chain = place.open().verify_audit(Some(AuditHash::default()));
    let chain = chain.unwrap();
    assert_eq!((chain.entries, chain.expected), (0, Some(0)));
}

#[test]
fn neither_the_trail_nor_a_token_goes_with_age_and_a_backup_holds_both() {
    let place = Place::new();
    let journal = place.open();
    let acme = journal.company("acme").unwrap();
    take(&journal, arrival(acme, "1", "hello"));
    journal.put_token(operator(), act("token.created")).unwrap();
    let before = journal.verify_audit(None).unwrap();
    journal.compact(Timestamp::MAX).unwrap();
    assert_eq!(journal.verify_audit(None).unwrap(), before);
    let tokens = journal.tokens().unwrap();
    assert_eq!(tokens.len(), 1);
    assert!(journal.check().unwrap().sound());
    let copy = place.directory.path().join("copy.db");
    journal.backup(&copy).unwrap();
    drop(journal);
    let mut options = place.options();
    options.path = copy;
    let copied = SqliteJournal::open(&options).unwrap();
    assert_eq!(copied.verify_audit(None).unwrap(), before);
    assert_eq!(copied.tokens().unwrap(), tokens);
}

#[test]
fn a_check_of_the_journal_looks_at_the_trail_too() {
    let (place, _) = five();
    place
        .raw()
        .execute_batch("UPDATE audit SET act = 'x' WHERE number = 2")
        .unwrap();
    let report = place.open().check().unwrap();
    assert!(!report.sound());
    assert!(
        report.findings[0].to_string().contains("act 2"),
        "{report:?}"
    );
}
