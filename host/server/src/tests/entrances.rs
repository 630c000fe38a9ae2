//! Ways to pass a token: only the Authorization header is accepted.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_journal::{AuditEntry, Secret, Token, TokenId, Tokens};
use patchbay_journal_sqlite::{Options, SqliteJournal};
use patchbay_model::access::Role;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::client::Client;
use super::matrix::{give, standing};
use super::office::{COMPANY, Office};
use super::{Running, northwind, settings};
use crate::settings::JournalSettings;
use crate::{ServeError, Server};

/// The header with a token of the company's operator.
fn operator(office: &Office) -> String {
    let standing = standing(Some("northwind"), Role::Operator);
    give(&office.server, standing, |_| {})
}

#[tokio::test]
async fn a_token_is_accepted_only_in_the_authorization_header() {
    let office = Office::with(&["ana"]).await;
    let good = operator(&office);
    let secret = good["Authorization: Bearer ".len()..].trim().to_owned();
    let path = format!("{COMPANY}/queues");
    let client = &office.server.client;
    let wrong = [
        String::new(),
        format!("X-Token: {secret}\r\n"),
        format!("Cookie: token={secret}\r\n"),
        format!("Proxy-Authorization: Bearer {secret}\r\n"),
        format!("Authorization: {secret}\r\n"),
        format!("Authorization: Basic {secret}\r\n"),
        format!("Authorization: Token {secret}\r\n"),
        format!("Authorization: Bearer{secret}\r\n"),
        format!("Authorization: Bearer\t{secret}\r\n"),
        format!("Authorization: Bearer {secret}0\r\n"),
        format!("Authorization: Bearer {}\r\n", &secret[..66]),
        format!("Authorization: Bearer {}\r\n", secret.to_uppercase()),
        format!("Authorization: Bearer {secret}, Bearer {secret}\r\n"),
        format!("Authorization: Bearer {secret} x\r\n"),
        format!("Authorization: Bearer \"{secret}\"\r\n"),
        format!("Authorization: Bearer é{secret}\r\n"),
        format!("{good}{good}"),
        format!("{good}Authorization: Bearer x\r\n"),
        "Authorization:\r\n".to_owned(),
        "Authorization: Bearer\r\n".to_owned(),
        format!("Authorization: Bearer {}\r\n", "x".repeat(4_000)),
        format!(
            "Authorization: Bearer {secret}{}\r\n",
            " ".repeat(5_000) + "x"
        ),
    ];
    for header in &wrong {
        let answer = client.ask("GET", &path, header, "").await;
        let shown = header.get(..80).unwrap_or(header);
        assert_eq!(answer.status, 401, "{shown}: {answer:?}");
        assert!(!answer.body.contains(&secret[3..60]), "{shown}: {answer:?}");
    }
    for query in ["access_token", "token", "authorization"] {
        let path = format!("{path}?{query}={secret}");
        let answer = client.ask("GET", &path, "", "").await;
        answer.problem(401, "unauthenticated");
        assert!(!answer.body.contains(&secret), "{answer:?}");
    }
    for byte in ["\u{1}", "\u{0}", "\u{7f}"] {
        let header = format!("Authorization: Bearer {byte}{secret}\r\n");
        let answer = client.ask("GET", &path, &header, "").await;
        assert!([400, 401].contains(&answer.status), "{byte:?}: {answer:?}");
        assert!(!answer.body.contains(&secret), "{answer:?}");
    }
    for header in [
        good.clone(),
        good.replace("Authorization: Bearer", "authorization: bearer"),
        good.replace("Bearer", "BEARER"),
        good.replace("Bearer ", "Bearer   "),
        good.replace("\r\n", "  \r\n"),
    ] {
        let answer = client.ask("GET", &path, &header, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    // A header beyond the limit.
    let vast = format!("Authorization: Bearer {}\r\n", "x".repeat(1 << 20));
    let request = client.request("GET", &path, &vast, "");
    let mut stream = client.connect().await;
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(60), stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(!answer.contains(" 200 "), "{answer}");
    assert_eq!(client.ask("GET", &path, &good, "").await.status, 200);
}

#[tokio::test]
async fn with_tokens_the_server_answers_under_any_host_name() {
    let office = Office::with(&["ana"]).await;
    let good = operator(&office);
    let request = format!(
        "GET {COMPANY}/queues HTTP/1.1\r\nHost: care.example\r\nOrigin: https://desk.example\r\n{good}Connection: close\r\n\r\n"
    );
    let answer = office.server.client.raw(request.as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = format!(
        "POST {COMPANY}/decide HTTP/1.1\r\nHost: care.example\r\n{good}Content-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    );
    let answer = office.server.client.raw(text.as_bytes()).await;
    answer.problem(415, "unsupported-media-type");
}

#[tokio::test]
async fn with_a_token_the_server_listens_beyond_loopback() {
    let place = tempfile::tempdir().expect("a place");
    let mut settings = settings();
    settings.listen = ([0, 0, 0, 0], 0).into();
    settings.journal = Some(JournalSettings::at(place.path().join("desk.db")));
    let bind = async || {
        let (assembler, built) = northwind();
        Server::bind(&settings, vec![built], assembler).await
    };
    let refused = bind().await.err().expect("refused");
    assert!(
        matches!(refused, ServeError::NotLoopback { .. }),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("patchbay token create"),
        "{refused}"
    );
    let kept = settings.journal.as_ref().expect("a journal");
    {
        let journal = SqliteJournal::open(&Options::new(&kept.path, &kept.key)).expect("opened");
        let secret = Secret::generate().expect("one");
        let id = TokenId::generate().expect("one");
        let now = Timestamp::now();
        let token = Token::new(
            id,
            &secret,
            None,
            standing(None, Role::Operator),
            now,
            "local",
        );
        let entry = AuditEntry {
            at: now,
            company: None,
            actor: "local".to_owned(),
            act: "token.created".to_owned(),
            details: "{}".to_owned(),
        };
        journal.put_token(token, entry).expect("kept");
    }
    let bound = bind().await.expect("there is a token");
    let client = Client::of(([127, 0, 0, 1], bound.local_addr().port()).into());
    tokio::spawn(bound.run(std::future::pending()));
    assert_eq!(client.get("/healthz").await.status, 200);
    client.get("/metrics").await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_server_without_a_journal_has_no_tokens() {
    let server = Running::usual().await;
    for path in ["/v1/tokens", "/v1/audit", "/v1/audit/verify"] {
        server.client.get(path).await.problem(404, "no-journal");
    }
}
