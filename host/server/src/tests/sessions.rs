//! Sessions of people who sign in with a browser, and the files of the console.

use patchbay_model::access::{Role, TokenScope};
use serde_json::{Value, json};

use super::access::{ends, follow};
use super::client::{Answer, Client};
use super::documents::fits;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};

/// What the browser adds to a request of the console's page.
const OWN_PAGE: &str = "Sec-Fetch-Site: same-origin\r\n";

/// A browser with the console's page open.
struct Browser {
    client: Client,
    /// The cookie header, once signed in.
    cookie: String,
}

impl Browser {
    fn of(office: &Office) -> Browser {
        Browser {
            client: office.server.client,
            cookie: String::new(),
        }
    }

    /// Headers of the page's own requests that change something.
    fn headers(&self) -> String {
        let origin = format!("Origin: http://{}\r\n", self.client.address());
        format!("{}{OWN_PAGE}{origin}X-Patchbay-Console: 1\r\n", self.cookie)
    }

    async fn sign_in(&mut self, body: Value) -> Answer {
        let headers = self.headers();
        let answer = self
            .client
            .post_with("/v1/session", &headers, body.to_string())
            .await;
        if answer.status == 200 {
            let cookie = answer.headers["set-cookie"].split(';').next();
            self.cookie = format!("Cookie: {}\r\n", cookie.expect("a cookie"));
        }
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        let headers = format!("{}{OWN_PAGE}", self.cookie);
        self.client.ask("GET", path, &headers, "").await
    }

    async fn change(&self, method: &str, path: &str, body: &str) -> Answer {
        self.client.ask(method, path, &self.headers(), body).await
    }
}

/// The secret in a header that shows a token.
fn secret(header: &str) -> &str {
    header["Authorization: Bearer ".len()..].trim()
}

fn ana() -> TokenScope {
    standing(Some("northwind"), Role::Agent)
}

#[tokio::test]
async fn a_person_signs_in_with_a_token_and_acts_without_it() {
    let office = Office::with(&["ana"]).await;
    let id = office.hear("a").await;
    let header = give(&office.server, ana(), |_| {});
    let mut browser = Browser::of(&office);
    let answer = browser.sign_in(json!({"token": secret(&header)})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let cookie = &answer.headers["set-cookie"];
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains(secret(&header)), "not the token itself");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let me = answer.json();
    fits("Me", &me);
    assert_eq!(me["local"], false);
    assert_eq!(me["session"], true);
    assert_eq!(
        (&me["role"], &me["agent"]),
        (&json!("agent"), &json!("ana"))
    );
    assert_eq!(
        me["companies"],
        json!([{"name": "northwind", "ready": true}])
    );
    let without_time = |mut me: Value| {
        me["now"].take();
        me
    };
    let again = browser.get("/v1/me").await.json();
    assert_eq!(without_time(again), without_time(me.clone()));
    // An agent's operations: offers, but neither generations nor tokens.
    let operations = me["operations"].as_array().expect("a list");
    assert!(operations.contains(&json!("accept_offer")));
    assert!(!operations.contains(&json!("activate_generation")));
    assert!(!operations.contains(&json!("tokens")));
    // They act as the agent of the token.
    let offers = format!("{COMPANY}/agents/ana/presence");
    let presence = browser
        .change("PUT", &offers, r#"{"presence":"available"}"#)
        .await;
    assert!(presence.status < 300, "{presence:?}");
    let hold = format!("{COMPANY}/conversations/{id}");
    assert_eq!(browser.get(&hold).await.status, 200);
    let foreign = browser.get("/v1/companies/moon/queues").await;
    foreign.problem(404, "unknown-company");
    browser.get("/v1/tokens").await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_wrong_sign_in_is_refused_and_sets_no_cookie() {
    let office = Office::with(&["ana"]).await;
    let mut browser = Browser::of(&office);
    // Without tokens there is nothing to sign in to.
    let open = browser.sign_in(json!({"token": "pb_0"})).await;
    open.problem(409, "not-now");
    let ways = browser.get("/v1/session/ways").await.json();
    assert_eq!(
        ways,
        json!({"required": false, "link": false, "token": false})
    );
    let revoked = give(&office.server, ana(), |token| {
        token.revoked_at = Some(token.created_at);
    });
    let unknown = format!("pb_{}", "0".repeat(64));
    let token = |text: &str| json!({"token": text});
    for (body, status, kind, field) in [
        (token(&unknown), 401, "invalid-token", "token"),
        (token(secret(&revoked)), 401, "invalid-token", "token"),
        (token("nonsense"), 401, "unauthenticated", "token"),
        (token(""), 401, "unauthenticated", "token"),
        (json!({"code": unknown}), 401, "invalid-token", "code"),
        (json!({"code": ""}), 401, "invalid-token", "code"),
        (json!({}), 422, "invalid-input", "token"),
        (
            json!({"token": "a", "code": "b"}),
            422,
            "invalid-input",
            "token",
        ),
        (json!({"password": "x"}), 422, "invalid-input", "password"),
    ] {
        let answer = browser.sign_in(body.clone()).await;
        let problem = answer.problem(status, kind);
        assert_eq!(problem["field"], field, "{body}");
        assert!(!answer.headers.contains_key("set-cookie"), "{body}");
    }
    let ways = browser.get("/v1/session/ways").await.json();
    assert_eq!(ways, json!({"required": true, "link": true, "token": true}));
}

#[tokio::test]
async fn a_session_counts_for_the_consoles_own_pages_only() {
    let office = Office::with(&["ana"]).await;
    let header = give(
        &office.server,
        standing(Some("northwind"), Role::Supervisor),
        |_| {},
    );
    let mut browser = Browser::of(&office);
    browser.sign_in(json!({"token": secret(&header)})).await;
    let (client, cookie) = (browser.client, browser.cookie.clone());
    let queues = format!("{COMPANY}/queues");
    let agent = format!("{COMPANY}/agents/zoe");
    let origin = format!("Origin: http://{}\r\n", client.address());
    let console = "X-Patchbay-Console: 1\r\n";
    for (method, path, headers) in [
        ("GET", &queues, String::new()),
        ("GET", &queues, "Sec-Fetch-Site: cross-site\r\n".to_owned()),
        ("GET", &queues, "Sec-Fetch-Site: same-site\r\n".to_owned()),
        ("GET", &queues, "Sec-Fetch-Site: none\r\n".to_owned()),
        (
            "GET",
            &queues,
            format!("{OWN_PAGE}Origin: https://evil.example\r\n"),
        ),
        ("PUT", &agent, format!("{OWN_PAGE}{origin}")),
        ("PUT", &agent, format!("{origin}{console}")),
        (
            "PUT",
            &agent,
            format!("{OWN_PAGE}Origin: null\r\n{console}"),
        ),
        ("DELETE", &agent, OWN_PAGE.to_owned()),
    ] {
        let answer = client
            .ask(method, path, &format!("{cookie}{headers}"), "{}")
            .await;
        answer.problem(403, "foreign-origin");
    }
    assert_eq!(browser.get(&queues).await.status, 200);
    let put = browser.change("PUT", &agent, "{}").await;
    assert!(put.status < 300, "{put:?}");
    // Neither is a token a session, nor a session a token.
    let token = format!("Cookie: patchbay={}\r\n{OWN_PAGE}", secret(&header));
    let answer = client.ask("GET", &queues, &token, "").await;
    answer.problem(401, "invalid-token");
    let value = cookie.trim().trim_start_matches("Cookie: patchbay=");
    let bearer = format!("Authorization: Bearer {value}\r\n");
    let answer = client.ask("GET", &queues, &bearer, "").await;
    answer.problem(401, "invalid-token");
    // An Authorization header takes precedence, and another page may send it.
    let both = format!("{cookie}{header}");
    assert_eq!(client.ask("GET", &queues, &both, "").await.status, 200);
}

#[tokio::test]
async fn a_session_ends_with_its_token_and_by_signing_out() {
    let office = Office::with(&["ana"]).await;
    let header = give(&office.server, ana(), |_| {});
    let operator = give(&office.server, standing(None, Role::Operator), |_| {});
    let mut browsers = Vec::new();
    for _ in 0..4 {
        let mut browser = Browser::of(&office);
        browser.sign_in(json!({"token": secret(&header)})).await;
        browsers.push(browser);
    }
    let path = format!("{COMPANY}/queues");
    let client = office.server.client;
    let ended = |browser: &Browser| {
        let headers = format!("{}{OWN_PAGE}", browser.cookie);
        let path = path.clone();
        async move {
            let answer = client.ask("GET", &path, &headers, "").await;
            let problem = answer.problem(401, "invalid-token");
            assert_eq!(problem["detail"], "the session has ended; sign in again");
        }
    };
    let followed = |browser: &Browser| format!("{}{OWN_PAGE}", browser.cookie);
    let one = follow(&client, &followed(&browsers[0])).await;
    let other = follow(&client, &followed(&browsers[1])).await;
    let last = follow(&client, &followed(&browsers[3])).await;
    let out = browsers[0].change("DELETE", "/v1/session", "").await;
    assert_eq!(out.status, 204, "{out:?}");
    assert!(out.headers["set-cookie"].contains("Max-Age=0"));
    assert_eq!(out.headers["clear-site-data"], "\"cache\", \"storage\"");
    ends(one).await;
    ended(&browsers[0]).await;
    assert_eq!(browsers[1].get(&path).await.status, 200);
    // Everywhere.
    let out = browsers[1]
        .change("DELETE", "/v1/session?everywhere=true", "")
        .await;
    assert_eq!(out.status, 204, "{out:?}");
    ends(other).await;
    ends(last).await;
    for browser in &browsers {
        ended(browser).await;
    }
    // With its token.
    let mut browser = Browser::of(&office);
    browser.sign_in(json!({"token": secret(&header)})).await;
    let stream = follow(&client, &followed(&browser)).await;
    let tokens = client.ask("GET", "/v1/tokens", &operator, "").await.json();
    let id = tokens["tokens"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let revoked = client
        .ask("DELETE", &format!("/v1/tokens/{id}"), &operator, "")
        .await;
    assert_eq!(revoked.status, 204);
    ends(stream).await;
    ended(&browser).await;
    let trail = client.ask("GET", "/v1/audit", &operator, "").await.json();
    let acts = trail["acts"].as_array().expect("acts").iter();
    let started = acts
        .clone()
        .filter(|entry| entry["act"] == "session.started");
    assert_eq!(started.count(), 5);
    let ended = acts.filter(|entry| entry["act"] == "session.ended");
    assert_eq!(ended.count(), 2);
}

#[tokio::test]
async fn a_session_is_kept_by_its_persons_activity_and_not_by_reads() {
    let office = Office::with(&["ana"]).await;
    let header = give(&office.server, ana(), |_| {});
    let mut browser = Browser::of(&office);
    let before = jiff::Timestamp::now();
    let me = browser.sign_in(json!({"token": secret(&header)})).await;
    let after = jiff::Timestamp::now();
    let time = |document: &Value, field: &str| -> jiff::Timestamp {
        let text = document[field].as_str();
        text.and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("no {field}: {document}"))
    };
    let me = me.json();
    fits("Me", &me);
    let half_an_hour = jiff::SignedDuration::from_mins(30);
    let idle_end = time(&me, "idle_ends_at");
    let second = jiff::SignedDuration::from_secs(1);
    assert!(idle_end >= before + half_an_hour - second, "{me}");
    assert!(idle_end <= after + half_an_hour, "{me}");
    assert!(time(&me, "expires_at") > idle_end, "{me}");
    // What a page reads by itself leaves the end where it is.
    for path in ["/v1/companies/northwind/queues", "/v1/me"] {
        assert_eq!(browser.get(path).await.status, 200);
    }
    let again = browser.get("/v1/me").await.json();
    assert_eq!(time(&again, "idle_ends_at"), idle_end);
    // A key or the pointer moves it.
    let kept = browser.change("PUT", "/v1/session", "").await;
    assert_eq!(kept.status, 200, "{kept:?}");
    let kept = kept.json();
    fits("SessionEnds", &kept);
    assert!(time(&kept, "idle_ends_at") >= idle_end, "{kept}");
    assert_eq!(kept["expires_at"], me["expires_at"]);
    let now = browser.get("/v1/me").await.json();
    assert_eq!(now["idle_ends_at"], kept["idle_ends_at"]);
    // Another site cannot keep it, and a token has nothing to keep.
    let foreign = browser.client;
    let cookie_only = format!("{}{OWN_PAGE}", browser.cookie);
    let refused = foreign.ask("PUT", "/v1/session", &cookie_only, "").await;
    refused.problem(403, "foreign-origin");
    let bearer = foreign.ask("PUT", "/v1/session", &header, "").await;
    bearer.problem(409, "not-now");
    let token_me = foreign.ask("GET", "/v1/me", &header, "").await.json();
    assert!(token_me["idle_ends_at"].is_null(), "{token_me}");
    // One that has ended stays so.
    assert_eq!(
        browser.change("DELETE", "/v1/session", "").await.status,
        204
    );
    let gone = browser.change("PUT", "/v1/session", "").await;
    gone.problem(401, "invalid-token");
}

#[tokio::test]
async fn a_session_survives_a_restart_of_the_server() {
    let office = Office::with(&["ana"]).await;
    let header = give(&office.server, ana(), |_| {});
    let mut browser = Browser::of(&office);
    browser.sign_in(json!({"token": secret(&header)})).await;
    let office = office.restarted(|_| {}).await;
    browser.client = office.server.client;
    let me = browser.get("/v1/me").await.json();
    assert_eq!(
        (&me["agent"], &me["session"]),
        (&json!("ana"), &json!(true))
    );
}

#[tokio::test]
async fn a_link_signs_its_holder_in_once() {
    let office = Office::with(&["ana"]).await;
    let operator = give(&office.server, standing(None, Role::Operator), |_| {});
    let client = office.server.client;
    let wanted = json!({"role": "agent", "company": "northwind", "agent": "ana"}).to_string();
    let link = client
        .ask("POST", "/v1/tokens/links", &operator, &wanted)
        .await;
    assert_eq!(link.status, 201, "{link:?}");
    assert_eq!(link.headers["cache-control"], "no-store");
    let link = link.json();
    fits("NewLink", &link);
    let path = link["path"].as_str().expect("a path");
    let code = path
        .strip_prefix("/console/#/sign-in?code=")
        .expect("a code");
    // The code is no token.
    let bearer = format!("Authorization: Bearer {code}\r\n");
    let answer = client.ask("GET", "/v1/me", &bearer, "").await;
    answer.problem(401, "invalid-token");
    let mut browser = Browser::of(&office);
    let me = browser.sign_in(json!({"code": code})).await.json();
    assert_eq!(
        (&me["agent"], &me["session"]),
        (&json!("ana"), &json!(true))
    );
    let again = Browser::of(&office).sign_in(json!({"code": code})).await;
    again.problem(401, "invalid-token");
    // Revoking the token behind it ends the session.
    let id = link["token"]["id"].as_str().expect("an id");
    let revoked = client
        .ask("DELETE", &format!("/v1/tokens/{id}"), &operator, "")
        .await;
    assert_eq!(revoked.status, 204);
    browser.get("/v1/me").await.problem(401, "invalid-token");
    for (role, expected) in [("agent", 422), ("king", 422)] {
        let wrong = json!({"role": role}).to_string();
        let answer = client
            .ask("POST", "/v1/tokens/links", &operator, &wrong)
            .await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
}

#[tokio::test]
async fn without_tokens_the_caller_is_local_and_may_do_everything() {
    let office = Office::with(&["ana"]).await;
    let me = office.server.client.get("/v1/me").await.json();
    fits("Me", &me);
    assert_eq!((&me["local"], &me["id"]), (&json!(true), &json!("local")));
    assert!(me.get("role").is_none());
    let operations = me["operations"].as_array().expect("a list");
    for operation in [
        "reply",
        "activate_generation",
        "create_token",
        "unseal_decisions",
    ] {
        assert!(operations.contains(&json!(operation)), "{operation}");
    }
}

#[tokio::test]
async fn the_consoles_files_need_no_token_and_run_no_foreign_script() {
    let office = Office::with(&["ana"]).await;
    give(&office.server, ana(), |_| {});
    let client = office.server.client;
    let root = client.get("/").await;
    assert_eq!(
        (root.status, root.headers["location"].as_str()),
        (307, "/console/")
    );
    let page = client.get("/console/").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers["cache-control"], "no-cache");
    let policy = &page.headers["content-security-policy"];
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(
        !page.body.contains("<script>") && !page.body.contains("style="),
        "{}",
        page.body
    );
    let tag = page.headers["etag"].clone();
    let known = client
        .ask("GET", "/console/", &format!("If-None-Match: {tag}\r\n"), "")
        .await;
    assert_eq!((known.status, known.body.as_str()), (304, ""));
    let script = page.body.split('"').find(|text| text.ends_with(".js"));
    let script = client.get(script.expect("a script")).await;
    assert_eq!(script.status, 200);
    assert_eq!(
        script.headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(script.headers["x-content-type-options"], "nosniff");
    for path in [
        "/console/x",
        "/console/../Cargo.toml",
        "/console/assets/",
        "/console/%2e%2e/x",
    ] {
        let answer = client.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    client
        .ask("POST", "/console/", "", "{}")
        .await
        .problem(405, "method-not-allowed");
    // What the API answers is not cached, and names the build of the console.
    let ways = client.get("/v1/session/ways").await;
    assert_eq!(ways.headers["cache-control"], "no-store");
    assert_eq!(format!("\"{}\"", ways.headers["x-patchbay-build"]), tag);
}
