//! Every operation of the description, asked by everybody there is.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use patchbay_journal::{AuditEntry, Secret, Token, TokenId};
use patchbay_model::access::{Role, Standing};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Running;
use super::client::Answer;
use super::working::Office;
use crate::access::{MATRIX, markdown};
use crate::openapi_json;

/// Where nothing is, in every form a path takes.
const NOBODY: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn standing(company: Option<&str>, role: Role) -> Standing {
    Standing {
        company: company.map(str::to_owned),
        role,
        agent: (role == Role::Agent).then(|| "ana".to_owned()),
    }
}

/// Have a token made behind the API's back; the header that shows it.
pub(super) fn give(
    server: &Running,
    standing: Standing,
    change: impl FnOnce(&mut Token),
) -> String {
    let (id, secret) = (
        TokenId::make().expect("an id"),
        Secret::make().expect("one"),
    );
    let now = Timestamp::now();
    let mut token = Token::new(id, &secret, None, standing, now, "local");
    change(&mut token);
    let entry = AuditEntry {
        at: now,
        company: None,
        actor: "local".to_owned(),
        act: "token.created".to_owned(),
        details: "{}".to_owned(),
    };
    let desk = server.app.desk().expect("a desk");
    let kept = desk.journal().put_token(token.clone(), entry);
    kept.expect("a token that can be");
    server.app.access.keep(token);
    format!("Authorization: Bearer {}\r\n", secret.reveal())
}

/// An operation as the description has it.
struct Operation {
    id: String,
    method: String,
    path: String,
    /// Roles and how far they reach.
    roles: Value,
    is_companys: bool,
    /// Whether a company's token is answered about that company alone.
    narrows: bool,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&openapi_json()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let each = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| Operation {
            id: operation["operationId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            method: method.to_uppercase(),
            path: path.clone(),
            roles: operation["x-roles"].clone(),
            is_companys: operation["x-scope"] == "company",
            narrows: operation["x-scope"] == "host or company",
        })
    });
    each.collect()
}

impl Operation {
    fn is_everybodys(&self) -> bool {
        self.roles["everybody"] == "any"
    }

    /// Its path, with a company, an agent, and nothing else that is there.
    fn at(&self, company: &str, agent: &str) -> String {
        let path = self.path.replace("{company}", company);
        let path = path.replace("{agent}", agent);
        let path = path.replace("{offer}", "7").replace("{change}", "7");
        ["{conversation}", "{contact}", "{token}", "{reply}", "{key}"]
            .iter()
            .fold(path, |path, name| path.replace(name, NOBODY))
    }

    /// Ask; of what never ends only the beginning is read.
    async fn ask(&self, server: &Running, path: &str, headers: &str) -> Answer {
        let body = if self.method == "GET" { "" } else { "{}" };
        let request = server.client.request(&self.method, path, headers, body);
        if self.id == "events" {
            let mut stream = server.client.connect().await;
            stream.write_all(request.as_bytes()).await.expect("taken");
            let mut begin = [0; 12];
            stream.read_exact(&mut begin).await.expect("an answer");
            if begin.ends_with(b"200") {
                return Answer {
                    status: 200,
                    headers: BTreeMap::new(),
                    body: String::new(),
                };
            }
        }
        server.client.raw(request.as_bytes()).await
    }
}

#[test]
fn every_operation_stands_in_the_matrix_and_every_row_is_an_operation() {
    let described: Vec<String> = operations().into_iter().map(|one| one.id).collect();
    let rows: Vec<&str> = MATRIX.iter().map(|row| row.operation).collect();
    for id in &described {
        let times = rows.iter().filter(|row| **row == id.as_str()).count();
        assert_eq!(times, 1, "{id} must stand in one row of the matrix");
    }
    for row in &rows {
        assert!(
            described.iter().any(|id| id.as_str() == *row),
            "no operation {row}"
        );
    }
}

#[test]
fn the_matrix_is_published_as_it_is() {
    let published = include_str!("../../../../docs/access.md");
    let matrix = markdown();
    assert!(
        published.contains(&matrix),
        "docs/access.md must hold this table:\n{matrix}"
    );
}

#[tokio::test]
async fn each_role_reaches_its_own_endpoints_of_its_own_company_and_no_others() {
    let office = Office::with(&["ana", "ben"]).await;
    let server = &office.server;
    for role in Role::ALL {
        for company in [Some("northwind"), None] {
            if company.is_none() && !role.may_be_host_wide() {
                continue;
            }
            let token = give(server, standing(company, role), |_| {});
            for operation in operations() {
                // An agent's own; of the others somebody who is not there, for
                // what is allowed is done.
                let agent = if role == Role::Agent { "ana" } else { "zoe" };
                let path = operation.at("northwind", agent);
                let answer = operation.ask(server, &path, &token).await;
                let has_role = operation.roles.get(role.as_str()).is_some();
                let in_scope = operation.is_companys || operation.narrows || company.is_none();
                let who = format!("{role:?} of {company:?}: {} {path}", operation.method);
                if operation.is_everybodys() || (has_role && in_scope) {
                    assert!(![401, 403].contains(&answer.status), "{who}: {answer:?}");
                    assert!(
                        !answer.body.contains("unknown-company"),
                        "{who}: {answer:?}"
                    );
                    assert!(answer.status < 500, "{who}: {answer:?}");
                } else {
                    let problem = answer.problem(403, "forbidden");
                    assert!(problem["detail"].is_string(), "{who}");
                }
            }
        }
    }
}

#[tokio::test]
async fn another_companys_token_sees_nothing_not_even_that_there_is_something() {
    let office = Office::with(&["ana"]).await;
    let server = &office.server;
    let journal = server.app.desk().expect("a desk");
    let other = journal.journal().company("other").expect("a company");
    put_agent(&office, other);
    for role in Role::ALL {
        let token = give(server, standing(Some("other"), role), |_| {});
        for operation in operations().iter().filter(|one| !one.is_everybodys()) {
            let there = operation.at("northwind", "ana");
            let answer = operation.ask(server, &there, &token).await;
            if operation.narrows && answer.status != 403 {
                // It sees its own company, which is not here.
                answer.problem(404, "unknown-company");
                continue;
            }
            if !operation.is_companys {
                answer.problem(403, "forbidden");
                continue;
            }
            let mut told = answer.problem(404, "unknown-company");
            // Word for word what is told of one that is nowhere.
            let nowhere = operation.at("nowhere", "ana");
            let absent = operation.ask(server, &nowhere, &token).await;
            told["instance"] = nowhere.into();
            assert_eq!(told, absent.problem(404, "unknown-company"));
        }
    }
}

fn put_agent(office: &Office, company: patchbay_journal::CompanyId) {
    let agent = patchbay_journal::AgentRow {
        id: "ana".to_owned(),
        profile: "{}".to_owned(),
        presence: patchbay_model::directory::Presence::Offline,
        changed_at: Timestamp::now(),
        state: Vec::new(),
    };
    let desk = office.server.app.desk().expect("a desk");
    let put = desk
        .journal()
        .put_agents(company, vec![agent], Vec::new(), None);
    put.expect("written");
}

#[tokio::test]
async fn without_a_good_token_nothing_is_answered_but_whether_the_server_lives() {
    let office = Office::with(&["ana"]).await;
    let server = &office.server;
    let now = Timestamp::now();
    let operator = || standing(None, Role::Operator);
    give(server, operator(), |_| {});
    let unknown = format!("Authorization: Bearer pb_{}\r\n", "0".repeat(64));
    let revoked = give(server, operator(), |token| token.revoked_at = Some(now));
    let expired = give(server, operator(), |token| {
        token.expires_at = Some(now - SignedDuration::from_secs(1));
    });
    let of_hosts = "the token is not one of this host's";
    for (token, why) in [
        ("", None),
        (&unknown, Some(of_hosts)),
        (&revoked, Some("the token was revoked")),
        (&expired, Some("the token's time is over")),
    ] {
        let kind = match why {
            None => "unauthenticated",
            Some(_) => "invalid-token",
        };
        for operation in operations() {
            let path = operation.at("northwind", "ana");
            let answer = operation.ask(server, &path, token).await;
            match operation.is_everybodys() {
                true => assert_eq!(answer.status, 200, "{path}"),
                false => {
                    answer.problem(401, kind);
                    let challenge = &answer.headers["www-authenticate"];
                    let said = why.map_or_else(String::new, |why| {
                        format!(", error=\"invalid_token\", error_description=\"{why}\"")
                    });
                    assert_eq!(*challenge, format!("Bearer realm=\"patchbay\"{said}"));
                }
            }
        }
        for path in [
            "/nowhere",
            "/panic",
            "/v1/companies/nowhere/queues",
            "/v1/companies/%ff/queues",
        ] {
            let answer = server.client.ask("GET", path, token, "").await;
            answer.problem(401, kind);
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_told_to_whoever_has_a_token_and_what_is_undescribed_is_nobodys() {
    let office = Office::with(&["ana"]).await;
    let server = &office.server;
    let host = give(server, standing(None, Role::Operator), |_| {});
    let own = give(server, standing(Some("northwind"), Role::Operator), |_| {});
    let ask = async |method: &str, path: &str, token: &str| {
        server.client.ask(method, path, token, "{}").await
    };
    for token in [&host, &own] {
        ask("GET", "/nowhere", token)
            .await
            .problem(404, "not-found");
        ask("GET", "/panic", token).await.problem(403, "forbidden");
        let path = "/v1/companies/northwind/queues";
        let answer = ask("DELETE", path, token).await;
        answer.problem(405, "method-not-allowed");
        assert_eq!(ask("HEAD", path, token).await.status, 200);
        let path = "/v1/companies/nowhere/queues";
        let unknown = ask("GET", path, token).await;
        let unknown = unknown.problem(404, "unknown-company");
        // Others are named to whoever sees them.
        let names = unknown.to_string().contains("northwind");
        assert_eq!(names, token == &host, "{unknown}");
    }
    let path = "/v1/companies/%ff/queues";
    ask("GET", path, &own).await.problem(404, "unknown-company");
    ask("GET", path, &host).await.problem(400, "bad-request");
    // A company's name is compared as it is meant, not as it is written.
    let path = "/v1/companies/%6eorthwind/queues";
    assert_eq!(ask("GET", path, &own).await.status, 200);
}
