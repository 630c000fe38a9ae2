//! Requests that are not of an allowed page, not of a session, or no message.

use patchbay_model::access::Role;
use serde_json::json;

use super::{CHAT, FILE, ORIGIN, Page, conversation, office, text, uuid};
use crate::tests::Running;
use crate::tests::client::Client;
use crate::tests::matrix::{give, standing};
use crate::tests::office::Office;

#[tokio::test]
async fn only_pages_of_the_allowed_origins_open_the_chat() {
    let office = office().await;
    let page = Page::open(&office).await;
    let bearer = format!("Authorization: Bearer {}\r\n", page.token);
    for origin in [
        "",
        "Origin:\r\n",
        "Origin: null\r\n",
        "Origin: https://evil.example\r\n",
        "Origin: http://www.northwind.example\r\n",
        "Origin: https://www.northwind.example:8443\r\n",
        "Origin: https://www.northwind.example.evil.example\r\n",
        "Origin: https://www.northwind.example\r\nOrigin: https://www.northwind.example\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
    ] {
        let message = json!({"id": uuid(1), "text": "Hi"}).to_string();
        for (method, path, body) in [
            ("POST", "sessions", "{}"),
            ("POST", "messages", message.as_str()),
            ("GET", "history", ""),
            ("GET", "events", ""),
        ] {
            let headers = format!("{origin}{bearer}");
            let refused = page.send(method, path, &headers, body).await;
            let problem = refused.problem(403, "foreign-origin");
            assert!(problem["detail"].is_string(), "{problem}");
            let allowed = refused.headers.get("access-control-allow-origin");
            assert_eq!(allowed, None, "{origin}");
        }
    }
    // A GET to the page's own origin names none.
    let headers = format!("Sec-Fetch-Site: same-origin\r\n{bearer}");
    assert_eq!(page.send("GET", "history", &headers, "").await.status, 200);
    page.send("POST", "sessions", &headers, "{}")
        .await
        .problem(403, "foreign-origin");
    // Only where the company says so.
    let opaque = Page {
        chat: "/widget/northwind/shop".to_owned(),
        origin: "null".to_owned(),
        token: String::new(),
        ..page
    };
    assert_eq!(opaque.post("sessions", &json!({})).await.status, 200);
}

#[tokio::test]
async fn a_preflight_allows_what_the_widget_sends_and_no_cookies() {
    let office = office().await;
    let page = Page::open(&office).await;
    let ask = async |path: &str, origin: &str| {
        let headers = format!(
            "Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n"
        );
        page.client.ask("OPTIONS", path, &headers, "").await
    };
    let allowed = ask(&format!("{CHAT}/messages"), ORIGIN).await;
    assert_eq!(allowed.status, 204, "{allowed:?}");
    assert_eq!(allowed.headers["access-control-allow-origin"], ORIGIN);
    assert_eq!(allowed.headers["access-control-allow-methods"], "GET, POST");
    assert_eq!(
        allowed.headers["access-control-allow-headers"],
        "authorization, content-type, last-event-id"
    );
    assert_eq!(allowed.headers["vary"], "origin");
    assert_eq!(
        allowed.headers.get("access-control-allow-credentials"),
        None
    );
    for (path, origin) in [
        (format!("{CHAT}/messages"), "https://evil.example"),
        (format!("{CHAT}/messages"), "null"),
        ("/widget/northwind/none/messages".to_owned(), ORIGIN),
        ("/widget/elsewhere/site/messages".to_owned(), ORIGIN),
    ] {
        let refused = ask(&path, origin).await;
        assert_eq!(refused.status, 403, "{path} {origin}");
        assert_eq!(refused.headers.get("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn a_token_is_of_its_company_and_its_chat() {
    let office = office().await;
    let page = Page::open(&office).await;
    page.write(1, "Hello?").await;
    let file = FILE.replace("northwind", "southwind");
    let file = format!("company = \"southwind\"\n[queue.general]\ndefault = true\n{file}");
    let place = tempfile::tempdir().expect("a place");
    let journal = crate::settings::JournalSettings::at(place.path().join("desk.db"));
    let other = Running::of(&file, |settings| settings.journal = Some(journal)).await;
    let of_company = |client: Client| Page {
        client,
        chat: "/widget/southwind/site".to_owned(),
        origin: "https://www.southwind.example".to_owned(),
        ..page.clone()
    };
    of_company(other.client)
        .get("history")
        .await
        .problem(401, "invalid-token");
    let of_shop = Page {
        chat: "/widget/northwind/shop".to_owned(),
        ..page.clone()
    };
    let token = page.token.clone();
    let (document, code) = token.split_once('.').expect("two parts");
    for token in [
        String::new(),
        "x".to_owned(),
        format!("{token}x"),
        document.to_owned(),
        format!("{document}.{}", code.to_lowercase()),
        // Another visitor's document under this one's code.
        format!(
            "{}.{code}",
            &Page::open(&office)
                .await
                .token
                .split('.')
                .next()
                .expect("one")
        ),
        "x".repeat(8_000),
    ] {
        let forged = Page {
            token,
            ..page.clone()
        };
        forged.get("history").await.problem(401, "invalid-token");
        forged.get("events").await.problem(401, "invalid-token");
        forged.write(2, "Hi").await.problem(401, "invalid-token");
    }
    of_shop.get("history").await.problem(401, "invalid-token");
    of_shop.write(2, "Hi").await.problem(401, "invalid-token");
    assert_eq!(conversation(&office).await["interactions"], 1);
    // A token of the API is none of a visitor, and the other way round.
    let path = "/v1/companies/northwind/conversations";
    let shown = format!("Authorization: Bearer {}\r\n", page.token);
    give(&office.server, standing(None, Role::Operator), |_| {});
    let api = page.client.ask("GET", path, &shown, "").await;
    api.problem(401, "unauthenticated");
    other.stop().await;
}

#[tokio::test]
async fn what_is_no_message_is_refused_with_its_field() {
    let office = office().await;
    let page = Page::open(&office).await;
    for (body, field) in [
        (
            json!({"id": uuid(1), "text": "x".repeat(4_001)}),
            Some("text"),
        ),
        (json!({"id": uuid(1), "text": ""}), Some("text")),
        (json!({"id": uuid(1), "text": " \n\u{200b}"}), Some("text")),
        (json!({"id": uuid(1), "text": "a\u{0}b"}), Some("text")),
        (json!({"id": uuid(1), "text": "\u{1b}[2J"}), Some("text")),
        (json!({"id": "1", "text": "Hi"}), Some("id")),
        (
            json!({"id": uuid(0xabc).to_uppercase(), "text": "Hi"}),
            Some("id"),
        ),
        (json!({"text": "Hi"}), None),
        (json!({"id": uuid(1)}), None),
        (
            json!({"id": uuid(1), "text": "Hi", "author": {"address": "jo"}}),
            None,
        ),
        (json!({"id": uuid(1), "text": ["Hi"]}), None),
        (json!([]), None),
        (json!([uuid(1), "Hi"]), None),
    ] {
        let problem = page
            .post("messages", &body)
            .await
            .problem(422, "invalid-input");
        let named = problem.get("field").and_then(|field| field.as_str());
        assert_eq!(named, field, "{problem}");
    }
    for body in ["", "{", "\u{feff}{}", "{\"id\":\"\\ud800\"}"] {
        let refused = page.send("POST", "messages", &page.headers(), body).await;
        refused.problem(422, "invalid-input");
    }
    let large = json!({"id": uuid(1), "text": "x".repeat(1 << 20)});
    page.post("messages", &large)
        .await
        .problem(413, "body-too-large");
    page.post("sessions", &large)
        .await
        .problem(413, "body-too-large");
    let longest = json!({"id": uuid(1), "text": "\u{1d11e}".repeat(4_000)});
    assert_eq!(page.post("messages", &longest).await.status, 201);
    assert_eq!(conversation(&office).await["interactions"], 1);
}

#[tokio::test]
async fn a_company_without_the_connection_has_no_chat() {
    let office = office().await;
    let page = Page::open(&office).await;
    for chat in [
        "/widget/northwind/other",
        "/widget/elsewhere/site",
        "/widget/northwind/SITE",
        "/widget/%20/%20",
    ] {
        let page = Page {
            chat: chat.to_owned(),
            ..page.clone()
        };
        page.post("sessions", &json!({}))
            .await
            .problem(404, "not-found");
        page.write(1, "Hi").await.problem(404, "not-found");
        page.get("history").await.problem(404, "not-found");
        page.get("events").await.problem(404, "not-found");
    }
    // It has no webhook: a message comes in by the chat and its limits alone.
    let body = json!({"id": uuid(1), "text": "Hi"}).to_string();
    let hook = "/webhooks/northwind/chat/site";
    let refused = page.client.ask("POST", hook, &page.headers(), &body).await;
    refused.problem(404, "not-found");
    let plain = Office::with(&[]).await;
    let page = Page {
        client: plain.server.client,
        ..page
    };
    page.post("sessions", &json!({}))
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn a_drained_company_takes_no_message_and_shows_what_was_said() {
    let office = office().await;
    let page = Page::open(&office).await;
    page.write(1, "Hello?").await;
    super::wait_for(&page, &["message Hello?"]).await;
    let path = "/v1/companies/northwind/drain";
    let drained = page.client.ask("PUT", path, "", "{}").await;
    assert_eq!(drained.status, 200, "{drained:?}");
    let refused = page.write(2, "Anyone?").await;
    refused.problem(503, "draining");
    assert_eq!(refused.headers["retry-after"], "30");
    assert_eq!(
        refused.headers["access-control-expose-headers"],
        "retry-after"
    );
    assert_eq!(page.said().await, ["message Hello?"]);
    let resumed = office.delete("/drain").await;
    assert_eq!(resumed.status, 200, "{resumed:?}");
    assert_eq!(page.write(2, "Anyone?").await.status, 201);
    let by = text(&page.history().await["cursor"]);
    assert_eq!(by.len(), 48);
}

#[tokio::test]
async fn the_script_is_served_to_every_site_and_asked_for_again_by_its_tag() {
    let office = office().await;
    let client = office.server.client;
    let path = "/widget/chat.js";
    let script = client
        .ask("GET", path, "Origin: https://evil.example\r\n", "")
        .await;
    assert_eq!(script.status, 200);
    assert_eq!(
        script.headers["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(script.headers["x-content-type-options"], "nosniff");
    assert_eq!(
        script.headers["cross-origin-resource-policy"],
        "cross-origin"
    );
    assert!(script.headers["cache-control"].starts_with("public, max-age="));
    let tag = script.headers["etag"].clone();
    for given in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".to_owned(),
    ] {
        let headers = format!("If-None-Match: {given}\r\n");
        let known = client.ask("GET", path, &headers, "").await;
        assert_eq!((known.status, known.body.as_str()), (304, ""), "{given}");
        assert_eq!(known.headers["etag"], tag);
    }
    let other = client
        .ask("GET", path, "If-None-Match: \"x\"\r\n", "")
        .await;
    assert_eq!(other.status, 200);
    let head = client.ask("HEAD", path, "", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(
        head.headers["content-length"],
        script.body.len().to_string()
    );
    assert_eq!(client.ask("POST", path, "", "{}").await.status, 405);
    // What a strict policy of a site forbids, or what would make text to markup.
    for forbidden in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "srcdoc",
        "cssText",
        "\"style\"",
        "cookie",
        "import(",
        "createElement(\"script\"",
        "@import",
    ] {
        assert!(!script.body.contains(forbidden), "{forbidden}");
    }
    assert!(script.body.len() <= 24_000, "{} bytes", script.body.len());
}
