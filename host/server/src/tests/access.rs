//! Tokens over HTTP: the first makes the host guarded, each acts under its own
//! name, and actions are in the audit trail.

use std::time::Duration;

use patchbay_model::access::{Role, TokenScope};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::client::{Answer, Client};
use super::documents::fits;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

/// A caller, with or without a token.
struct TestCaller {
    client: Client,
    header: String,
}

impl TestCaller {
    fn with(office: &Office, header: &str) -> TestCaller {
        TestCaller {
            client: office.server.client,
            header: header.to_owned(),
        }
    }

    /// A caller with a token of the company.
    fn of(office: &Office, role: Role) -> TestCaller {
        let header = give(&office.server, standing(Some("northwind"), role), |_| {});
        TestCaller::with(office, &header)
    }

    /// A caller with an agent's token.
    fn agent(office: &Office, agent: &str) -> TestCaller {
        let standing = TokenScope {
            agent: Some(agent.to_owned()),
            ..standing(Some("northwind"), Role::Agent)
        };
        TestCaller::with(office, &give(&office.server, standing, |_| {}))
    }

    fn named(office: &Office, role: Role, name: &str) -> TestCaller {
        let standing = standing(Some("northwind"), role);
        let header = give(&office.server, standing, |token| {
            name.clone_into(&mut token.name)
        });
        TestCaller::with(office, &header)
    }

    fn operator(office: &Office) -> TestCaller {
        let header = give(&office.server, standing(None, Role::Operator), |_| {});
        TestCaller::with(office, &header)
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.client.ask(method, path, &self.header, &body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("POST", path, body).await
    }
}

#[tokio::test]
async fn the_first_token_makes_the_host_guarded_for_good() {
    let office = Office::with(&["ana"]).await;
    let anonymous = TestCaller::with(&office, "");
    assert_eq!(
        anonymous.get("/v1/tokens").await.json(),
        json!({"tokens": []})
    );
    let wanted = json!({"role": "operator", "name": "olga", "expires_in": "1d"});
    let made = anonymous.post("/v1/tokens", wanted).await;
    assert_eq!(
        (made.status, made.headers["cache-control"].as_str()),
        (201, "no-store")
    );
    let made = made.json();
    assert_eq!(made["created_by"], "local");
    let secret = made["secret"].as_str().expect("a secret");
    let olga = TestCaller::with(&office, &format!("Authorization: Bearer {secret}\r\n"));
    anonymous
        .get("/v1/tokens")
        .await
        .problem(401, "unauthenticated");
    anonymous
        .get("/metrics")
        .await
        .problem(401, "unauthenticated");
    assert_eq!(olga.get("/metrics").await.status, 200);
    fits("MadeToken", &made);
    let list = olga.get("/v1/tokens").await;
    fits("TokenList", &list.json());
    assert_eq!(list.json()["tokens"][0]["state"], "active");
    assert!(
        !list.body.contains("secret") && !list.body.contains(secret),
        "{list:?}"
    );
    let path = format!("/v1/tokens/{}", made["id"].as_str().expect("an id"));
    assert_eq!(olga.ask("DELETE", &path, Value::Null).await.status, 204);
    // With the last token revoked, the host stays guarded.
    let over = olga.get("/v1/tokens").await;
    let problem = over.problem(401, "invalid-token");
    assert_eq!(problem["detail"], "the token was revoked");
    anonymous
        .get("/v1/tokens")
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_invalid_token_request_is_refused_with_its_field() {
    let office = Office::with(&["ana"]).await;
    let anonymous = TestCaller::with(&office, "");
    let long = "x".repeat(257);
    for (body, status, kind, field) in [
        (json!({}), 422, "invalid-input", ""),
        (json!({"role": "king"}), 422, "invalid-input", "role"),
        (
            json!({"role": "supervisor"}),
            422,
            "invalid-input",
            "company",
        ),
        (
            json!({"role": "agent", "company": "northwind"}),
            422,
            "invalid-input",
            "agent",
        ),
        (
            json!({"role": "auditor", "agent": "ana"}),
            422,
            "invalid-input",
            "agent",
        ),
        (
            json!({"role": "operator", "company": "moon"}),
            404,
            "unknown-company",
            "company",
        ),
        (
            json!({"role": "agent", "company": "northwind", "agent": "zoe"}),
            404,
            "unknown-agent",
            "agent",
        ),
        (
            json!({"role": "agent", "company": "northwind", "agent": "ana", "name": "ben"}),
            422,
            "invalid-input",
            "name",
        ),
        (
            json!({"role": "operator", "name": ""}),
            422,
            "invalid-input",
            "name",
        ),
        (
            json!({"role": "operator", "name": "a\u{0}b"}),
            422,
            "invalid-input",
            "name",
        ),
        (
            json!({"role": "operator", "name": long}),
            422,
            "invalid-input",
            "name",
        ),
        (
            json!({"role": "operator", "expires_in": "59s"}),
            422,
            "invalid-input",
            "expires_in",
        ),
        (
            json!({"role": "operator", "expires_in": "3651d"}),
            422,
            "invalid-input",
            "expires_in",
        ),
        (
            json!({"role": "operator", "expires_in": "soon"}),
            422,
            "invalid-input",
            "expires_in",
        ),
        (
            json!({"role": "operator", "expires_in": "1d", "never_expires": true}),
            422,
            "invalid-input",
            "expires_in",
        ),
        (
            json!({"role": "operator", "secret": "pb_0"}),
            422,
            "invalid-input",
            "secret",
        ),
        (json!([]), 422, "invalid-input", ""),
    ] {
        let problem = anonymous
            .post("/v1/tokens", body.clone())
            .await
            .problem(status, kind);
        if !field.is_empty() {
            assert_eq!(problem["field"], field, "{body}: {problem}");
        }
    }
    let malformed = office.server.client.post("/v1/tokens", "{").await;
    malformed.problem(400, "malformed-json");
    for id in ["x", "0123456789abcdef0123456789abcdef", "%ff"] {
        let path = format!("/v1/tokens/{id}");
        let answer = anonymous.ask("DELETE", &path, Value::Null).await;
        assert!([400, 404].contains(&answer.status), "{answer:?}");
    }
    for expect in ["", "0", &"g".repeat(64)] {
        let path = format!("/v1/audit/verify?expect={expect}");
        anonymous.get(&path).await.problem(400, "bad-parameter");
    }
    for path in [
        "/v1/audit?after=x",
        "/v1/companies/northwind/audit?after=-1",
        "/v1/audit?before=x",
        "/v1/audit?after=1",
        "/v1/audit?order=newest&after=1",
        "/v1/audit?order=oldest&before=1",
        "/v1/audit?order=first",
        "/v1/audit?limit=501",
    ] {
        anonymous.get(path).await.problem(400, "bad-parameter");
    }
    assert_eq!(
        anonymous.get("/v1/tokens").await.json(),
        json!({"tokens": []})
    );
}

#[tokio::test]
async fn an_agents_token_acts_for_that_agent_only() {
    let office = Office::with(&["ana", "ben"]).await;
    let conversation = office.hear("1").await;
    let agents = office.get("/agents").await.json();
    let offered = agents["agents"].as_array().expect("agents").iter();
    let mut offered = offered
        .filter(|one| one["load"] != 0)
        .map(|one| one["id"].clone());
    let mine = offered
        .next()
        .expect("an offer")
        .as_str()
        .expect("an id")
        .to_owned();
    let other = if mine == "ana" { "ben" } else { "ana" };
    let (me, them) = (
        TestCaller::agent(&office, &mine),
        TestCaller::agent(&office, other),
    );
    // An agent sees only their own offers.
    let offers = me.get(&format!("{COMPANY}/offers")).await.json();
    let offer = offers["offers"][0]["id"].as_u64().expect("mine");
    let seen = them.get(&format!("{COMPANY}/offers")).await.json();
    assert_eq!(seen, json!({"offers": []}));
    let asked = them.get(&format!("{COMPANY}/offers?agent={mine}")).await;
    asked.problem(403, "forbidden");
    for path in [
        format!("/agents/{mine}"),
        format!("/agents/{mine}/presence"),
    ] {
        let method = if path.ends_with("presence") {
            "PUT"
        } else {
            "GET"
        };
        let there = json!({"presence": "away"});
        let path = format!("{COMPANY}{path}");
        them.ask(method, &path, there.clone())
            .await
            .problem(403, "forbidden");
        assert_eq!(
            me.ask(method, &path, json!({"presence": "available"}))
                .await
                .status,
            200
        );
    }
    // Not in another name, and not in another role.
    let accept = format!("{COMPANY}/offers/{offer}/accept");
    let as_me = json!({"by": mine});
    let refused = them
        .post(&accept, as_me.clone())
        .await
        .problem(403, "forbidden");
    assert_eq!(refused["field"], "by");
    let grand = json!({"by": other, "role": "supervisor"});
    let refused = them.post(&accept, grand).await.problem(403, "forbidden");
    assert_eq!(refused["field"], "role");
    let stolen = them.post(&accept, json!({})).await;
    assert!([403, 404].contains(&stolen.status), "{stolen:?}");
    assert_eq!(me.post(&accept, json!({})).await.json()["owner"], mine);
    assert_eq!(me.post(&accept, as_me).await.status, 200);
    let at = format!("{COMPANY}/conversations/{conversation}");
    let reply = json!({"id": "r1", "text": "Hello!"});
    let replies = format!("{at}/replies");
    them.post(&replies, reply.clone())
        .await
        .problem(403, "not-yours");
    let mut faked = reply.clone();
    faked["by"] = mine.as_str().into();
    them.post(&replies, faked.clone())
        .await
        .problem(403, "forbidden");
    let check = format!("{replies}/check");
    let typed = json!({"by": mine, "text": "Hel"});
    them.post(&check, typed.clone())
        .await
        .problem(403, "forbidden");
    assert_eq!(me.post(&check, typed).await.status, 200);
    let resolve = json!({"by": mine, "action": "resolve"});
    them.post(&format!("{at}/actions"), resolve)
        .await
        .problem(403, "forbidden");
    for end in ["approve", "reject"] {
        let path = format!("{COMPANY}/approvals/{conversation}/r1/{end}");
        them.post(&path, json!({"by": mine}))
            .await
            .problem(403, "forbidden");
    }
    assert_eq!(me.post(&replies, faked).await.status, 200);
}

#[tokio::test]
async fn a_supervisor_acts_under_the_name_of_their_token() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.hear("1").await;
    let eva = TestCaller::named(&office, Role::Supervisor, "eva");
    let olga = TestCaller::named(&office, Role::Operator, "olga");
    let actions = format!("{COMPANY}/conversations/{conversation}/actions");
    for body in [
        json!({"by": "ana", "action": "resolve"}),
        json!({"by": "olga", "role": "supervisor", "action": "resolve"}),
        json!({"role": "agent", "action": "resolve"}),
    ] {
        eva.post(&actions, body).await.problem(403, "forbidden");
    }
    let assign = json!({"action": "assign", "agent": "ana"});
    assert_eq!(eva.post(&actions, assign).await.json()["owner"], "ana");
    let resolve = json!({"by": "olga", "role": "supervisor", "action": "resolve"});
    assert_eq!(
        olga.post(&actions, resolve).await.json()["state"],
        "resolved"
    );
    let path = format!("{COMPANY}/conversations/{conversation}");
    let history = eva.get(&path).await.json()["history"].to_string();
    assert!(
        history.contains(r#"{"id":"eva","role":"supervisor"}"#),
        "{history}"
    );
    assert!(
        history.contains(r#"{"id":"olga","role":"supervisor"}"#),
        "{history}"
    );
    let merge = json!({"by": "olga", "into": "0123456789abcdef0123456789abcdef"});
    let path = format!("{COMPANY}/contacts/0123456789abcdef0123456789abcdef/merge");
    eva.post(&path, merge).await.problem(403, "forbidden");
}

#[tokio::test]
async fn without_tokens_a_request_must_name_who_acts() {
    let office = Office::with(&["ana"]).await;
    let conversation = office.hear("1").await;
    let path = format!("/conversations/{conversation}/actions");
    let problem = office.post(&path, json!({"action": "resolve"})).await;
    assert_eq!(problem.problem(422, "invalid-input")["field"], "by");
}

/// Follow a feed until it ends.
pub(super) async fn follow(client: &Client, header: &str) -> tokio::net::TcpStream {
    let path = format!("{COMPANY}/events");
    let mut stream = client.connect().await;
    let request = client.request("GET", &path, header, "");
    stream.write_all(request.as_bytes()).await.expect("taken");
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.expect("an answer");
    assert!(begin.ends_with(b"200"), "{begin:?}");
    stream
}

pub(super) async fn ends(mut stream: tokio::net::TcpStream) {
    let mut rest = Vec::new();
    let ended = timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await;
    ended.expect("the feed ends").expect("in order");
}

#[tokio::test]
async fn a_followed_feed_ends_when_the_token_is_revoked() {
    let office = Office::with(&["ana"]).await;
    let client = office.server.client;
    let open = follow(&client, "").await;
    let anonymous = TestCaller::with(&office, "");
    let made = anonymous
        .post("/v1/tokens", json!({"role": "operator"}))
        .await
        .json();
    // A caller without a token is refused now.
    ends(open).await;
    let secret = made["secret"].as_str().expect("a secret");
    let olga = TestCaller::with(&office, &format!("Authorization: Bearer {secret}\r\n"));
    let wanted = json!({"role": "agent", "company": "northwind", "agent": "ana"});
    let mut cut = Vec::new();
    for _ in 0..2 {
        let made = olga.post("/v1/tokens", wanted.clone()).await.json();
        let secret = made["secret"].as_str().expect("a secret");
        let header = format!("Authorization: Bearer {secret}\r\n");
        let id = made["id"].as_str().expect("an id").to_owned();
        cut.push((follow(&client, &header).await, header, id));
    }
    let (by_agent, ana, _) = cut.pop().expect("two");
    let (by_hand, _, id) = cut.pop().expect("two");
    let path = format!("/v1/tokens/{id}");
    for _ in 0..2 {
        assert_eq!(olga.ask("DELETE", &path, Value::Null).await.status, 204);
    }
    ends(by_hand).await;
    assert_eq!(
        client
            .ask("GET", &format!("{COMPANY}/queues"), &ana, "")
            .await
            .status,
        200
    );
    // Removing an agent revokes their tokens.
    let path = format!("{COMPANY}/agents/ana");
    assert_eq!(olga.ask("DELETE", &path, Value::Null).await.status, 204);
    ends(by_agent).await;
    let after = client
        .ask("GET", &format!("{COMPANY}/queues"), &ana, "")
        .await;
    after.problem(401, "invalid-token");
}

#[tokio::test]
async fn administrative_actions_are_in_the_audit_trail_with_their_actor() {
    let office = Office::with(&["ana"]).await;
    let olga = TestCaller::operator(&office);
    let conversation = office_hears(&office, &olga).await;
    let contact = conversation["contact"]
        .as_str()
        .expect("a contact")
        .to_owned();
    let eva = TestCaller::named(&office, Role::Supervisor, "eva");
    let at = |path: &str| format!("{COMPANY}{path}");
    let put = json!([{"id": "ben"}, {"id": "cleo"}]);
    assert_eq!(eva.post(&at("/agents"), put).await.status, 200);
    eva.ask("DELETE", &at("/agents/ben"), Value::Null).await;
    eva.get(&at(&format!("/contacts/{contact}"))).await;
    eva.ask("DELETE", &at(&format!("/contacts/{contact}")), Value::Null)
        .await;
    olga.post("/v1/journal/backups", json!({"name": "a.db"}))
        .await;
    olga.post("/v1/journal/compact", json!({"older_than": "1d"}))
        .await;
    // A refused request does nothing.
    eva.ask("DELETE", &at("/agents/zoe"), Value::Null).await;
    let trail = olga.get("/v1/audit?order=oldest").await.json();
    fits("AuditList", &trail);
    let acts = trail["acts"].as_array().expect("acts").clone();
    let recorded: Vec<(&str, &str)> = acts
        .iter()
        .skip_while(|act| act["act"] != "agents.put" || act["details"]["count"] != 2)
        .map(|act| {
            let company = act["company"].as_str().unwrap_or("host");
            (act["act"].as_str().unwrap_or_default(), company)
        })
        .collect();
    let wanted = [
        ("agents.put", "northwind"),
        ("agent.removed", "northwind"),
        ("contact.exported", "northwind"),
        ("contact.erased", "northwind"),
        ("journal.backup", "host"),
        ("journal.compact", "host"),
    ];
    assert_eq!(recorded, wanted);
    let by: Vec<_> = acts
        .iter()
        .rev()
        .take(6)
        .map(|act| act["actor"].clone())
        .collect();
    assert_eq!((&by[0], &by[2]), (&by[1], &by[5]), "{by:?}");
    assert_ne!(by[0], by[2]);
    let text = trail.to_string();
    assert!(!text.contains("Hello?"), "{text}");
    // Without an order the newest come first, page by page down to the first.
    let mut downwards = Vec::new();
    let mut path = "/v1/audit?limit=4".to_owned();
    loop {
        let page = olga.get(&path).await.json();
        fits("AuditList", &page);
        let found = page["acts"].as_array().expect("acts");
        assert!(found.len() <= 4, "{page}");
        downwards.extend(found.iter().cloned());
        match page["next"].as_u64() {
            Some(next) => path = format!("/v1/audit?limit=4&before={next}"),
            None => break,
        }
    }
    downwards.reverse();
    assert_eq!(downwards, acts, "the same entries from the other end");
    // A company's auditor sees the entries of the company only.
    let auditor = TestCaller::of(&office, Role::Auditor);
    let own = auditor.get(&at("/audit")).await.json();
    let own = own["acts"].as_array().expect("acts");
    assert!(
        own.iter().all(|act| act["company"] == "northwind"),
        "{own:?}"
    );
    auditor.get("/v1/audit").await.problem(403, "forbidden");
    let head = olga.get("/v1/audit/verify").await.json();
    fits("AuditReport", &head);
    assert_eq!(
        (&head["sound"], &head["broken"]),
        (&json!(true), &Value::Null)
    );
    let kept = head["head"].as_str().expect("a head").to_owned();
    let again = olga
        .get(&format!("/v1/audit/verify?expect={kept}"))
        .await
        .json();
    assert_eq!(again["expected"], head["entries"]);
    let missing = format!("/v1/audit/verify?expect={}", "1".repeat(64));
    assert_eq!(olga.get(&missing).await.json()["sound"], false);
}

/// Delivers a message; the conversation as this token sees it.
async fn office_hears(office: &Office, by: &TestCaller) -> Value {
    let message =
        json!({"id": "1", "channel": "chat", "text": "Hello?", "author": {"address": "@jo"}});
    let accepted = by.post(&format!("{COMPANY}/interactions"), message).await;
    assert_eq!(accepted.status, 202, "{accepted:?}");
    office.server.app.desk().expect("a desk").wait_until_idle();
    let open = by.get(&format!("{COMPANY}/conversations")).await.json();
    open["conversations"][0].clone()
}
