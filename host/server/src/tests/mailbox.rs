//! A mailbox that the host reads by IMAP: each mail reaches the desk once, whatever the
//! mail server does.

mod stand_in;

use std::time::Duration;

use patchbay_config::bound::{Bound, Scope};
use patchbay_generations::Environment;
use patchbay_http::bounds::Requester;
use patchbay_outbound::egress::EgressSettings;
use serde_json::{Value, json};

use self::stand_in::{Fault, MailboxServer};
use super::networks::Answer;
use super::networks::stand_in::{StandIn, Turn};
use super::office::Office;
use super::{NORTHWIND, Running};
use crate::ServerSettings;
use crate::settings::JournalSettings;

const TOO_LONG: u64 = 40 << 20;

fn mail(number: u32) -> String {
    format!(
        "From: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nSubject: Order {number}\r\nMessage-ID: <{number}@example.org>\r\n\r\nWhere is order {number}?\r\n"
    )
}

/// A connection that reads the mailbox of a server on this machine.
fn connection(name: &str, port: u16) -> String {
    let account = match name {
        "main" => "help",
        name => name,
    };
    format!(
        "[channel.email.connection.{name}]\nsettings = {{ inbound = \"imap\", mailbox = \"imap-plain://127.0.0.1:{port}\", mailbox-user = \"care\", accounts = [\"{account}@northwind.example\"], message-domain = \"care.northwind.example\" }}\nsecrets = {{ mailbox-password = {{ env = \"MAILBOX\" }} }}\n"
    )
}

fn with_password(settings: &mut ServerSettings) {
    settings.environment = Environment::of([("MAILBOX", "hush")]);
}

async fn office(server: &MailboxServer) -> Office {
    Office::built(&[], ("", &connection("main", server.port)), with_password).await
}

/// What the list of connections says of the connection.
async fn listed(office: &Office) -> Value {
    office.get("/channels").await.json()["connections"][0].clone()
}

/// Waits until the document of the connection is as wanted.
async fn until(office: &Office, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..6_000 {
        last = listed(office).await;
        if is(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not {what} within a minute: {last}");
}

/// Waits until so many deliveries were taken.
async fn taken(office: &Office, result: &str, wanted: u64) -> Value {
    let is = |it: &Value| it["requests"][result] == wanted && it["poll"]["activity"] == "waiting";
    until(office, &format!("{wanted} {result}"), is).await
}

async fn failing(office: &Office, kind: &str) -> Value {
    until(office, kind, |it| it["poll"]["failure"] == kind).await
}

/// Begins the next attempt at once.
async fn retry(office: &Office) {
    let answer = office.post("/channels/email/retry", json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// How many interactions the conversations have.
async fn interactions(office: &Office) -> u64 {
    office.settled().await;
    let open = office.get("/conversations").await.json();
    let all = open["conversations"].as_array().expect("a list").clone();
    all.iter()
        .filter_map(|it| it["interactions"].as_u64())
        .sum()
}

#[tokio::test]
async fn mails_are_read_once_and_the_mailbox_is_left_as_it_is() {
    let server = MailboxServer::start().await;
    server.add(&mail(1));
    server.add(&mail(2));
    let office = office(&server).await;
    let shown = taken(&office, "accepted", 2).await;
    assert_eq!(shown["inbound"], "imap", "{shown}");
    assert_eq!((shown.get("path"), shown.get("url")), (None, None));
    assert!(shown["poll"]["last_complete"].is_string(), "{shown}");
    assert_eq!(shown["poll"].get("failing_since"), None, "{shown}");
    // While the host waits.
    server.add(&mail(3));
    taken(&office, "accepted", 3).await;
    // The same mail once more, as a copy.
    server.add(&mail(3));
    taken(&office, "accepted", 4).await;
    assert_eq!(interactions(&office).await, 3);
    for command in server.commands() {
        let word = command.split(' ').next().unwrap_or_default();
        let reads = ["CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID", "IDLE"];
        assert!(reads.contains(&word), "{command}");
        assert!(!command.contains("BODY["), "{command}");
    }
    let metrics = office.server.client.get("/metrics").await.body;
    let labels = "{company=\"northwind\",channel=\"email\",connection=\"main\"}";
    for line in [
        format!("patchbay_channel_poll_failing{labels} 0"),
        format!("patchbay_channel_poll_failures_total{labels} 0"),
        format!("patchbay_channel_poll_passed_over_total{labels} 0"),
        format!("patchbay_channel_poll_complete_timestamp_seconds{labels} 1"),
    ] {
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn a_server_without_idle_is_asked_again() {
    let server = MailboxServer::start().await;
    server.set_offers("AUTH=PLAIN SASL-IR");
    server.add(&mail(1));
    let office = office(&server).await;
    taken(&office, "accepted", 1).await;
    server.add(&mail(2));
    retry(&office).await;
    taken(&office, "accepted", 2).await;
    assert!(!server.commands().iter().any(|command| command == "IDLE"));
}

#[tokio::test]
async fn a_session_that_breaks_while_a_mail_is_read_loses_and_doubles_nothing() {
    for (fault, failure) in [
        (Fault::ClosedInMail, "unavailable"),
        (Fault::Bye, "unavailable"),
        (Fault::FourGibibytes, "unavailable"),
        (Fault::No, "unavailable"),
    ] {
        let server = MailboxServer::start().await;
        for number in 1..=3 {
            server.add(&mail(number));
        }
        server.fail(2, fault, 1);
        let office = office(&server).await;
        let shown = failing(&office, failure).await;
        assert!(shown["poll"]["next_attempt"].is_string(), "{shown}");
        assert_eq!(shown["requests"]["accepted"], 1, "{fault:?} {shown}");
        retry(&office).await;
        let shown = taken(&office, "accepted", 3).await;
        assert_eq!(shown["poll"]["failures"], 1, "{fault:?} {shown}");
        assert_eq!(shown["poll"].get("failure"), None, "{fault:?} {shown}");
        assert_eq!(interactions(&office).await, 3, "{fault:?}");
        // What was taken before was not read again.
        let commands = server.commands();
        let reads = commands.iter().filter(|it| it.starts_with("UID FETCH 1 "));
        assert_eq!(reads.count(), 1, "{commands:?}");
    }
}

#[tokio::test]
async fn a_mail_that_is_deleted_or_sent_twice_holds_up_no_other() {
    let server = MailboxServer::start().await;
    for number in 1..=4 {
        server.add(&mail(number));
    }
    server.fail(2, Fault::Expunged, 1);
    server.fail(3, Fault::Doubled, 1);
    let office = office(&server).await;
    let shown = taken(&office, "accepted", 3).await;
    assert_eq!(shown["poll"]["failures"], 0, "{shown}");
    assert_eq!(interactions(&office).await, 3);
}

#[tokio::test]
async fn a_mail_that_the_server_never_delivers_is_listed_and_passed() {
    let server = MailboxServer::start().await;
    for number in 1..=3 {
        server.add(&mail(number));
    }
    server.fail(2, Fault::ClosedInMail, u32::MAX);
    let office = office(&server).await;
    for failures in 1..5 {
        let is = |it: &Value| it["poll"]["failures"] == failures;
        until(&office, "the next failure", is).await;
        retry(&office).await;
    }
    let shown = taken(&office, "accepted", 2).await;
    assert_eq!(shown["requests"]["quarantined"], 1, "{shown}");
    assert_eq!(shown["poll"]["passed_over"], 1, "{shown}");
    let held = office.get("/quarantine").await.json();
    let reason = held["items"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.ends_with("the mail with UID 2"), "{held}");
    assert_eq!(interactions(&office).await, 2);
}

#[tokio::test]
async fn a_mail_that_is_too_long_is_listed_and_passed() {
    let server = MailboxServer::start().await;
    server.add_of_size(&mail(1), TOO_LONG);
    server.add(&mail(2));
    let office = office(&server).await;
    let shown = taken(&office, "accepted", 1).await;
    assert_eq!(shown["requests"]["quarantined"], 1, "{shown}");
    let held = office.get("/quarantine").await.json();
    let reason = held["items"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("has 41943040 bytes"), "{held}");
    let number = held["items"][0]["number"].as_u64().expect("a number");
    let path = format!("/quarantine/{number}/retry");
    let again = office.post(&path, json!({})).await.json();
    assert_eq!(again["result"], "undecodable", "{again}");
    let commands = server.commands();
    let reads: Vec<_> = commands
        .iter()
        .filter(|it| it.starts_with("UID FETCH 1 "))
        .collect();
    assert_eq!(reads, ["UID FETCH 1 (UID BODY.PEEK[HEADER]<0.65536>)"]);
}

#[tokio::test]
async fn new_numbers_make_no_mail_new() {
    let server = MailboxServer::start().await;
    for number in 1..=3 {
        server.add(&mail(number));
    }
    let office = office(&server).await;
    taken(&office, "accepted", 3).await;
    server.renumber();
    server.add(&mail(4));
    retry(&office).await;
    // Three are read again.
    taken(&office, "accepted", 7).await;
    assert_eq!(interactions(&office).await, 4);
}

#[tokio::test]
async fn a_refused_login_is_an_alert_until_it_is_renewed() {
    let server = MailboxServer::start().await;
    server.set_password("another");
    server.add(&mail(1));
    let office = office(&server).await;
    let shown = failing(&office, "unauthorised").await;
    assert_eq!(
        shown["poll"]["problem"],
        "the mail server refuses the login (AUTHENTICATIONFAILED)"
    );
    let alerts = office.server.client.get("/v1/alerts").await.json();
    let of_kind = |alerts: &Value| {
        let all = alerts["alerts"].as_array().expect("a list").clone();
        all.into_iter()
            .find(|it| it["kind"] == "connection-not-read")
    };
    let alert = of_kind(&alerts).expect("an alert");
    assert_eq!(alert["subject"], "email/main", "{alert}");
    for secret in ["hush", "care@northwind.example"] {
        assert!(!alert.to_string().contains(secret), "{alert}");
    }
    server.set_password("hush");
    retry(&office).await;
    taken(&office, "accepted", 1).await;
    let alerts = office.server.client.get("/v1/alerts").await.json();
    assert_eq!(of_kind(&alerts), None);
}

#[tokio::test]
async fn an_access_token_is_renewed_before_each_login_that_needs_another() {
    let server = MailboxServer::start().await;
    server.set_offers("AUTH=XOAUTH2 SASL-IR IDLE");
    server.set_password("token-2");
    server.add(&mail(1));
    let provider = StandIn::http(|number, _| {
        let token = format!("token-{number}");
        Answer::json(200, &json!({"access_token": token, "expires_in": 3600}))
    })
    .await;
    let url = format!("{}/token", provider.url);
    let more = connection("main", server.port)
        .replace("accounts", &format!("mailbox-login = \"oauth2\", mailbox-token-url = \"{url}\", mailbox-client-id = \"app\", accounts"))
        .replace("mailbox-password", "mailbox-refresh-token");
    let office = Office::built(&[], ("", &more), with_password).await;
    // The provider took the first back, and the next is another.
    failing(&office, "unauthorised").await;
    retry(&office).await;
    taken(&office, "accepted", 1).await;
    let requests = provider.requests();
    let expected = "grant_type=refresh_token&refresh_token=hush&client_id=app";
    for request in &requests {
        assert_eq!(String::from_utf8_lossy(&request.body), expected);
    }
    provider.next([Turn::Answer(Answer::json(
        400,
        &json!({"error": "invalid_grant"}),
    ))]);
    server.set_password("token-9");
    retry(&office).await;
    let shown = failing(&office, "unauthorised").await;
    assert_eq!(
        shown["poll"]["problem"],
        "the provider does not renew the access token (invalid_grant)"
    );
}

/// The refresh tokens that a provider was asked with, without those before.
fn refresh_tokens(provider: &StandIn, before: usize) -> Vec<String> {
    let requests = provider.requests().into_iter().skip(before);
    let tokens = requests.map(|request| {
        let form = String::from_utf8_lossy(&request.body).into_owned();
        let mut parts = form.split('&');
        let token = parts.find_map(|part| part.strip_prefix("refresh_token="));
        token.expect("a refresh token").to_owned()
    });
    tokens.collect()
}

#[tokio::test]
async fn a_replaced_refresh_token_is_kept_and_gives_way_when_it_is_refused() {
    let place = tempfile::tempdir().expect("a place");
    let server = MailboxServer::start().await;
    server.set_offers("AUTH=XOAUTH2 SASL-IR IDLE");
    server.set_password("token");
    server.add(&mail(1));
    // Each answer replaces the refresh token, as X and some mail providers do. A token
    // without a life is asked for again with each session.
    let provider = StandIn::http(|number, _| {
        Answer::json(
            200,
            &json!({"access_token": "token", "expires_in": 0, "refresh_token": format!("renew-{number}")}),
        )
    })
    .await;
    let connection = connection("main", server.port)
        .replace("accounts", &format!("mailbox-login = \"oauth2\", mailbox-token-url = \"{}/token\", mailbox-client-id = \"app\", accounts", provider.url))
        .replace("mailbox-password", "mailbox-refresh-token");
    let file = format!("company = \"northwind\"\n[queue.general]\ndefault = true\n{connection}");
    let start = async |secret: &'static str| {
        let journal = JournalSettings::at(place.path().join("desk.db"));
        Running::of(&file, |settings| {
            settings.journal = Some(journal);
            settings.environment = Environment::of([("MAILBOX", secret)]);
            settings.egress = EgressSettings {
                allow: vec!["127.0.0.0/8".parse().expect("a range")],
                ..EgressSettings::default()
            };
        })
        .await
    };
    let waiting = async |server: &Running| {
        for _ in 0..3_000 {
            let path = "/v1/companies/northwind/channels";
            let shown = server.client.get(path).await.json();
            if shown["connections"][0]["poll"]["activity"] == "waiting" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not read within half a minute");
    };
    let running = start("hush").await;
    waiting(&running).await;
    running.stop().await;
    assert_eq!(refresh_tokens(&provider, 0), ["hush"]);
    // After a restart, the newest.
    let running = start("hush").await;
    waiting(&running).await;
    running.stop().await;
    assert_eq!(refresh_tokens(&provider, 1), ["renew-1"]);
    // A fault that says nothing of the token: the same is tried again, not the one of the
    // company file, which the provider could take for stolen.
    let fault = Answer::json(403, &json!({"message": "blocked by a firewall"}));
    provider.next([Turn::Answer(fault)]);
    let running = start("hush").await;
    for _ in 0..3_000 {
        let path = "/v1/companies/northwind/channels";
        let shown = running.client.get(path).await.json();
        if shown["connections"][0]["poll"]["failure"] == "unauthorised" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let path = "/v1/companies/northwind/channels/email/retry";
    running.client.post(path, "{}").await;
    waiting(&running).await;
    running.stop().await;
    assert_eq!(refresh_tokens(&provider, 2), ["renew-2", "renew-2"]);
    // Void: the one of the company file once more.
    let refused = Answer::json(400, &json!({"error": "invalid_grant"}));
    provider.next([Turn::Answer(refused)]);
    let running = start("hush").await;
    waiting(&running).await;
    running.stop().await;
    assert_eq!(refresh_tokens(&provider, 4), ["renew-4", "hush"]);
    // A secret that an operator replaced counts at once.
    let running = start("new").await;
    waiting(&running).await;
    running.stop().await;
    assert_eq!(refresh_tokens(&provider, 6), ["new"]);
    for file in std::fs::read_dir(place.path()).expect("readable") {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let is_there = bytes.windows(7).any(|it| it == b"renew-7");
        assert!(!is_there, "a refresh token stands in {}", path.display());
    }
}

#[tokio::test]
async fn a_test_shows_whether_the_mailbox_can_be_read() {
    let server = MailboxServer::start().await;
    server.set_folder("Other");
    let office = office(&server).await;
    let shown = failing(&office, "not-found").await;
    assert_eq!(
        shown["poll"]["problem"],
        "the mail server does not open the folder (NONEXISTENT)"
    );
    let path = "/channels/email/main/test";
    let tested = office.post(path, json!({})).await.json();
    assert_eq!(tested["works"], false, "{tested}");
    assert_eq!(tested["findings"][0]["code"], "mailbox-folder", "{tested}");
}

#[tokio::test]
async fn a_drained_host_reads_nothing_and_what_comes_waits_in_the_mailbox() {
    let server = MailboxServer::start().await;
    let office = office(&server).await;
    taken_nothing(&office).await;
    let client = office.server.client;
    let drained = client.ask("PUT", "/v1/drain", "", "{}").await;
    assert_eq!(drained.status, 200, "{drained:?}");
    server.add(&mail(1));
    failing(&office, "host-busy").await;
    client.ask("DELETE", "/v1/drain", "", "").await;
    retry(&office).await;
    taken(&office, "accepted", 1).await;
    assert_eq!(interactions(&office).await, 1);
}

/// Sealing a mail takes its size once more.
#[tokio::test]
async fn a_mail_without_room_to_store_it_waits_in_the_mailbox() {
    const MOST: u64 = 10_000;
    let server = MailboxServer::start().await;
    let tables = connection("main", server.port);
    let office = Office::built(&[], ("", &tables), |settings| {
        with_password(settings);
        settings.bounds.set(Bound::Bodies, Scope::Company, MOST);
    })
    .await;
    taken_nothing(&office).await;
    let requester = Requester {
        company: Some("northwind".into()),
        token: None,
    };
    let bounds = &office.server.app.bounds;
    let mut held = bounds.enter_with_nothing(Bound::Bodies, &requester);
    let size = mail(1).len() as u64;
    held.grow(MOST - 2 * size + 1).expect("room");
    server.add(&mail(1));
    failing(&office, "host-busy").await;
    drop(held);
    retry(&office).await;
    taken(&office, "accepted", 1).await;
    assert_eq!(interactions(&office).await, 1);
}

/// Waits until an empty mailbox was read.
async fn taken_nothing(office: &Office) {
    until(office, "read", |it| it["poll"]["activity"] == "waiting").await;
}

#[tokio::test]
async fn a_connection_that_fails_or_has_no_place_holds_up_no_other() {
    let server = MailboxServer::start().await;
    server.add(&mail(1));
    // Nothing listens at port 1.
    let more = connection("a-dead", 1)
        + &connection("b-good", server.port)
        + &connection("c-late", server.port);
    let office = Office::built(&[], ("", &more), |settings| {
        with_password(settings);
        settings.bounds.set(Bound::Pollers, Scope::Company, 2);
    })
    .await;
    let activities = async || {
        let all = office.get("/channels").await.json()["connections"].clone();
        ["a-dead", "b-good", "c-late"].map(|name| {
            let found = all
                .as_array()
                .into_iter()
                .flatten()
                .find(|it| it["name"] == name);
            let activity = found.and_then(|it| it["poll"]["activity"].as_str());
            activity.unwrap_or_default().to_owned()
        })
    };
    let mut found = activities().await;
    for _ in 0..6_000 {
        if found == ["failing", "waiting", "no-place"] {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        found = activities().await;
    }
    assert_eq!(found, ["failing", "waiting", "no-place"]);
    assert_eq!(interactions(&office).await, 1);
}

#[tokio::test]
async fn a_host_that_starts_again_goes_on_behind_what_it_read() {
    let server = MailboxServer::start().await;
    for number in 1..=3 {
        server.add(&mail(number));
    }
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let file = NORTHWIND.to_owned() + &connection("main", server.port);
    let start = async || {
        Running::of(&file, |settings| {
            settings.journal = Some(journal.clone());
            settings.egress.allow = vec!["127.0.0.0/8".parse().expect("a range")];
            with_password(settings);
        })
        .await
    };
    let read = async |host: &Running, wanted: u64| {
        let path = "/v1/companies/northwind/channels";
        for _ in 0..6_000 {
            let shown = host.client.get(path).await.json()["connections"][0].clone();
            let accepted = shown["requests"]["accepted"].as_u64().unwrap_or_default();
            if accepted == wanted && shown["poll"]["activity"] == "waiting" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not read within a minute");
    };
    let host = start().await;
    read(&host, 3).await;
    assert_eq!(host.stop().await.abandoned, 0);
    server.add(&mail(4));
    let before = server.commands().len();
    let host = start().await;
    read(&host, 1).await;
    let after = server.commands().split_off(before);
    let reads: Vec<_> = after.iter().filter(|it| it.contains("BODY.PEEK")).collect();
    assert_eq!(reads.len(), 1, "{after:?}");
    assert!(reads[0].starts_with("UID FETCH 4 "), "{after:?}");
    host.stop().await;
}
