//! Every operation of the OpenAPI document, called with every role.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use patchbay_access::{PERMISSIONS, markdown};
use patchbay_api::openapi_json;
use patchbay_journal::{AuditEntry, Secret, Token, TokenId};
use patchbay_model::access::{Role, TokenScope};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Running;
use super::client::Answer;
use super::office::Office;

/// An id that exists nowhere, valid for every kind of id.
const NOBODY: &str = "0123456789abcdef0123456789abcdef";

pub(super) fn standing(company: Option<&str>, role: Role) -> TokenScope {
    TokenScope {
        company: company.map(str::to_owned),
        role,
        agent: (role == Role::Agent).then(|| "ana".to_owned()),
    }
}

/// Stores a token without the API; the header that shows it.
pub(super) fn give(
    server: &Running,
    standing: TokenScope,
    change: impl FnOnce(&mut Token),
) -> String {
    let (id, secret) = (
        TokenId::generate().expect("an id"),
        Secret::generate().expect("one"),
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
    server.app.access.insert(token);
    format!("Authorization: Bearer {}\r\n", secret.reveal())
}

/// An operation of the OpenAPI document.
struct Operation {
    id: String,
    method: String,
    path: String,
    /// What each role reaches.
    roles: Value,
    is_companys: bool,
    /// Whether a company's token sees that company only.
    narrows: bool,
    /// Whether it is about the caller, whatever their company.
    is_callers: bool,
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
            is_callers: operation["x-scope"] == "caller",
        })
    });
    each.collect()
}

impl Operation {
    fn is_everybodys(&self) -> bool {
        self.roles["everybody"] == "any"
    }

    /// Its path with a company, an agent, and unknown ids.
    fn at(&self, company: &str, agent: &str) -> String {
        let path = self.path.replace("{company}", company);
        let path = path.replace("{agent}", agent);
        let path = path.replace("{offer}", "7").replace("{change}", "7");
        ["{conversation}", "{contact}", "{token}", "{reply}", "{key}"]
            .iter()
            .fold(path, |path, name| path.replace(name, NOBODY))
    }

    /// Call it; of an endless answer only the beginning is read.
    async fn ask(&self, server: &Running, path: &str, headers: &str) -> Answer {
        let body = if self.method == "GET" { "" } else { "{}" };
        let of_page = "Sec-Fetch-Site: same-origin\r\nX-Patchbay-Console: 1\r\n";
        let headers = match self.id.as_str() {
            // Only the console's page may call it.
            "sign_in" => &format!("{headers}{of_page}"),
            _ => headers,
        };
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
fn the_matrix_has_a_row_for_every_operation_and_no_other() {
    let described: Vec<String> = operations().into_iter().map(|one| one.id).collect();
    let rows: Vec<&str> = PERMISSIONS.iter().map(|row| row.operation).collect();
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
fn the_documentation_has_the_current_matrix() {
    let published = include_str!("../../../../docs/access.md");
    let matrix = markdown(&mut patchbay_api::routes_document());
    assert!(
        published.contains(&matrix),
        "docs/access.md must hold this table:\n{matrix}"
    );
}

#[tokio::test]
async fn each_role_reaches_exactly_the_endpoints_of_the_matrix() {
    let office = Office::with(&["ana", "ben"]).await;
    let server = &office.server;
    for role in Role::ALL {
        for company in [Some("northwind"), None] {
            if company.is_none() && !role.may_be_host_wide() {
                continue;
            }
            let token = give(server, standing(company, role), |_| {});
            for operation in operations() {
                // An agent's own id; for other roles an unknown agent, because
                // an allowed request takes effect.
                let agent = if role == Role::Agent { "ana" } else { "zoe" };
                let path = operation.at("northwind", agent);
                let answer = operation.ask(server, &path, &token).await;
                let has_role = operation.roles.get(role.as_str()).is_some();
                let in_scope = operation.is_companys
                    || operation.narrows
                    || operation.is_callers
                    || company.is_none();
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
async fn a_token_does_not_reveal_whether_another_company_exists() {
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
            if operation.is_callers {
                // A token has no session to keep.
                let is_done = answer.status < 300 || answer.status == 409;
                assert!(is_done, "{answer:?}");
                assert!(!answer.body.contains("northwind"), "{answer:?}");
                continue;
            }
            if operation.narrows && answer.status != 403 {
                // It sees its own company, which does not exist.
                answer.problem(404, "unknown-company");
                continue;
            }
            if !operation.is_companys {
                answer.problem(403, "forbidden");
                continue;
            }
            let mut told = answer.problem(404, "unknown-company");
            // The same answer as for a company that does not exist.
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
async fn without_a_valid_token_only_public_operations_are_answered() {
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
    let of_hosts = "this host has no such token; `patchbay token create` makes one";
    for (token, why) in [
        ("", None),
        (&unknown, Some(of_hosts)),
        (&revoked, Some("the token was revoked")),
        (&expired, Some("the token has expired")),
    ] {
        let kind = match why {
            None => "unauthenticated",
            Some(_) => "invalid-token",
        };
        for operation in operations() {
            let path = operation.at("northwind", "ana");
            let answer = operation.ask(server, &path, token).await;
            match operation.is_everybodys() {
                // The body is empty.
                true if operation.id == "sign_in" => assert_eq!(answer.status, 422, "{path}"),
                // They lead a browser on.
                true if ["begin_sign_in", "finish_sign_in"].contains(&&*operation.id) => {
                    assert_eq!(answer.status, 303, "{path}");
                }
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
async fn unknown_paths_require_a_token_and_undescribed_paths_are_forbidden() {
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
        // Companies are suggested only to callers who see them.
        let names = unknown.to_string().contains("northwind");
        assert_eq!(names, token == &host, "{unknown}");
    }
    let path = "/v1/companies/%ff/queues";
    ask("GET", path, &own).await.problem(404, "unknown-company");
    ask("GET", path, &host).await.problem(400, "bad-request");
    // The company in the path is compared after decoding.
    let path = "/v1/companies/%6eorthwind/queues";
    assert_eq!(ask("GET", path, &own).await.status, 200);
}
