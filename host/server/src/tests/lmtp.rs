//! Mails of the companies' own mail servers reach the desk, and each recipient is
//! answered what became of it.

use std::net::SocketAddr;

use patchbay_config::bound::{Bound, Scope};
use patchbay_settings::{LmtpAddress, LmtpSettings};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::alerts::set_full;
use super::mail::{file, mail_with_file};
use super::office::Office;
use super::{NORTHWIND, Running};
use crate::ServerSettings;
use crate::settings::JournalSettings;

const HELP: &str = "help@northwind.example";
const SALES: &str = "sales@northwind.example";
const HARBOUR: &str = "desk@harbour.example";
const MAIL: &str = "From: Jo <jo@example.org>\r\nTo: help@northwind.example\r\nSubject: Order 7\r\nMessage-ID: <1@example.org>\r\n\r\nWhere is it?\r\n";
const STORED: &str = "250 2.0.0 stored";
const DRAINING: &str = "451 4.3.2 an operator drains the host or the company; deliver again later";

/// A connection that takes mails by LMTP.
fn connection(accounts: &[&str]) -> String {
    format!(
        "[channel.email.connection.main]\nsettings = {{ inbound = \"lmtp\", accounts = {accounts:?}, message-domain = \"care.northwind.example\" }}\n"
    )
}

/// Settings with a listener for two companies.
fn listen(settings: &mut ServerSettings) {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut lmtp = LmtpSettings::at(LmtpAddress::Tcp(address));
    for (pattern, company) in [
        ("northwind.example", "northwind"),
        ("harbour.example", "harbour"),
        ("missing.example", "missing"),
    ] {
        lmtp.add_company(pattern, company).expect("added");
    }
    settings.lmtp = Some(lmtp);
}

pub(super) async fn office() -> Office {
    Office::built(&[], ("", &connection(&[HELP, SALES])), listen).await
}

/// A mail server that is connected.
pub(super) struct MailServer {
    stream: BufReader<TcpStream>,
}

impl MailServer {
    pub(super) async fn connect(server: &Running) -> MailServer {
        let address = server.lmtp.expect("it listens");
        let stream = TcpStream::connect(address).await.expect("it listens");
        let mut peer = MailServer {
            stream: BufReader::new(stream),
        };
        assert_eq!(peer.reply().await, "220 patchbay LMTP ready");
        peer.send("LHLO mx.example\r\n").await;
        while peer.reply().await.starts_with("250-") {}
        peer
    }

    async fn send(&mut self, text: &str) {
        let sent = self.stream.get_mut().write_all(text.as_bytes()).await;
        sent.expect("the server reads");
    }

    /// A line without its end; empty where the connection ended.
    async fn reply(&mut self) -> String {
        let mut line = String::new();
        let _ = self.stream.read_line(&mut line).await;
        line.trim_end().to_owned()
    }

    async fn ask(&mut self, command: &str) -> String {
        self.send(&format!("{command}\r\n")).await;
        self.reply().await
    }

    /// Sends the envelope and DATA: the answers to the recipients.
    async fn begin(&mut self, from: &str, recipients: &[&str]) -> Vec<String> {
        let sender = self.ask(&format!("MAIL FROM:<{from}>")).await;
        assert_eq!(sender, "250 2.1.0 ok");
        let mut replies = Vec::new();
        for recipient in recipients {
            replies.push(self.ask(&format!("RCPT TO:<{recipient}>")).await);
        }
        if replies.iter().any(|reply| reply.starts_with("250 ")) {
            let go_on = self.ask("DATA").await;
            assert!(go_on.starts_with("354 "), "{go_on}");
        }
        replies
    }

    /// Sends a mail whole: the answer for each recipient that was accepted.
    pub(super) async fn deliver(
        &mut self,
        from: &str,
        recipients: &[&str],
        mail: &str,
    ) -> Vec<String> {
        let accepted = self.begin(from, recipients).await;
        self.send(mail).await;
        self.send(".\r\n").await;
        let mut replies = Vec::new();
        for reply in accepted {
            assert_eq!(reply, "250 2.1.5 ok");
            replies.push(self.reply().await);
        }
        replies
    }
}

/// The only answer to a mail from Jo.
async fn deliver(server: &Running, to: &str, mail: &str) -> String {
    let mut peer = MailServer::connect(server).await;
    let replies = peer.deliver("jo@example.org", &[to], mail).await;
    replies.concat()
}

async fn conversations(office: &Office) -> Vec<Value> {
    office.settled().await;
    let open = office.get("/conversations").await.json();
    open["conversations"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_mail_is_a_conversation_once_however_often_and_to_how_many_it_comes() {
    let office = office().await;
    let mut peer = MailServer::connect(&office.server).await;
    for recipients in [&[HELP][..], &[HELP], &[HELP, SALES], &[SALES]] {
        let replies = peer.deliver("jo@example.org", recipients, MAIL).await;
        assert_eq!(replies, vec![STORED; recipients.len()], "{recipients:?}");
    }
    let all = conversations(&office).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["channel"], &all[0]["interactions"]),
        (&json!("email"), &json!(1))
    );
    let listed = office.get("/channels").await.json();
    let shown = &listed["connections"][0];
    assert_eq!(shown["inbound"], "lmtp", "{listed}");
    assert_eq!(shown["requests"], json!({"accepted": 4}), "{listed}");
    assert_eq!(
        (shown.get("path"), shown.get("url")),
        (None, None),
        "{listed}"
    );
    assert_eq!(shown.get("unreached_accounts"), None, "{listed}");
    assert!(shown["last_delivery"].is_string(), "{listed}");
    // It has no webhook.
    let hook = "POST /webhooks/northwind/email/main HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let answer = office.server.client.raw(hook.as_bytes()).await;
    answer.problem(404, "not-found");
    let metrics = office.server.client.get("/metrics").await.body;
    for line in [
        "patchbay_lmtp_connections_open 1",
        "patchbay_lmtp_connections_total{result=\"accepted\"} 1",
        "patchbay_lmtp_recipients_total{code=\"250\"} 5",
        "patchbay_channel_requests_total{company=\"northwind\",channel=\"email\",connection=\"main\",result=\"accepted\"} 4",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn a_mail_to_two_companies_is_given_to_each_and_answered_for_each() {
    let office = office().await;
    let harbour = NORTHWIND.replace("northwind", "harbour") + &connection(&[HARBOUR]);
    let body = json!({"document": harbour, "new": true}).to_string();
    let client = office.server.client;
    let created = client.post("/v1/companies/harbour/generations", body).await;
    assert_eq!(created.status, 201, "{created:?}");
    let mut peer = MailServer::connect(&office.server).await;
    let both = [HARBOUR, HELP, SALES];
    let replies = peer.deliver("jo@example.org", &both, MAIL).await;
    assert_eq!(replies, [STORED; 3]);
    assert_eq!(conversations(&office).await.len(), 1);
    let other = client
        .get("/v1/companies/harbour/conversations")
        .await
        .json();
    assert_eq!(
        other["conversations"].as_array().map(Vec::len),
        Some(1),
        "{other}"
    );
    // One company that does not accept does not hold up the other.
    let begun = peer.begin("jo@example.org", &both).await;
    assert_eq!(begun, ["250 2.1.5 ok"; 3]);
    let drained = client
        .ask("PUT", "/v1/companies/harbour/drain", "", "{}")
        .await;
    assert_eq!(drained.status, 200, "{drained:?}");
    peer.send(&format!("{}.\r\n", MAIL.replace("1@example", "2@example")))
        .await;
    let replies = [peer.reply().await, peer.reply().await, peer.reply().await];
    assert_eq!(replies, [DRAINING, STORED, STORED]);
    let begun = peer.begin("jo@example.org", &both).await;
    assert_eq!(begun, [DRAINING, "250 2.1.5 ok", "250 2.1.5 ok"]);
}

#[tokio::test]
async fn an_address_that_no_company_has_is_refused_and_nothing_is_relayed() {
    let office = office().await;
    let unknown = "550 5.1.1 no such mailbox here; this server does not relay";
    let not_ready = "451 4.3.5 the company is not ready; the log of the host says why";
    let mut peer = MailServer::connect(&office.server).await;
    for (address, reply) in [
        ("other@northwind.example", unknown),
        ("jo@example.org", unknown),
        ("help@northwind.example.example.org", unknown),
        ("help", unknown),
        ("help%northwind.example@example.org", unknown),
        ("desk@missing.example", not_ready),
        ("HELP+urgent@Northwind.Example", "250 2.1.5 ok"),
    ] {
        let replies = peer.begin("jo@example.org", &[address]).await;
        assert_eq!(replies, [reply], "{address}");
        if !reply.starts_with("250") {
            assert_eq!(peer.ask("RSET").await, "250 2.0.0 ok");
        }
    }
    assert_eq!(conversations(&office).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_mail_that_cannot_be_stored_is_deferred_and_taken_when_it_comes_again() {
    let office = office().await;
    let journal = office
        .server
        .app
        .settings
        .journal
        .clone()
        .expect("a journal");
    set_full(&journal, true);
    let refused = deliver(&office.server, HELP, MAIL).await;
    assert_eq!(
        refused,
        "451 4.3.0 the mail could not be stored; deliver again later"
    );
    set_full(&journal, false);
    assert_eq!(deliver(&office.server, HELP, MAIL).await, STORED);
    let all = conversations(&office).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0]["interactions"], 1);
    let listed = office.get("/channels").await.json();
    let requests = &listed["connections"][0]["requests"];
    assert_eq!(requests, &json!({"accepted": 1, "busy": 1}), "{listed}");
}

#[tokio::test]
async fn a_mail_without_content_is_kept_in_quarantine() {
    let office = office().await;
    assert_eq!(deliver(&office.server, HELP, "no mail\r\n").await, STORED);
    assert_eq!(conversations(&office).await, Vec::<Value>::new());
    let listed = office.get("/quarantine").await.json();
    assert_eq!(
        listed["items"].as_array().map(Vec::len),
        Some(1),
        "{listed}"
    );
    let number = listed["items"][0]["number"].as_u64().expect("a number");
    let path = format!("/quarantine/{number}/retry");
    let again = office.post(&path, json!({})).await;
    assert_eq!(again.json()["result"], "undecodable", "{again:?}");
}

#[tokio::test]
async fn a_company_whose_connection_lacks_a_secret_defers_its_mails() {
    let more = connection(&[HELP]).replace(
        "message-domain",
        "submission = \"smtps://mail.example\", submission-user = \"care\", message-domain",
    ) + "secrets = { submission-password = { env = \"PATCHBAY_TEST_UNSET\" } }\n";
    let office = Office::built(&[], ("", &more), listen).await;
    let mut peer = MailServer::connect(&office.server).await;
    let replies = peer.begin("jo@example.org", &[HELP]).await;
    let not_open = "451 4.3.5 the connection is not open; the log of the host says why";
    assert_eq!(replies, [not_open]);
}

#[tokio::test]
async fn an_account_that_the_operator_gives_to_no_company_is_listed() {
    let accounts = [HELP, "help@elsewhere.example", HARBOUR];
    let office = Office::built(&[], ("", &connection(&accounts)), listen).await;
    let listed = office.get("/channels").await.json();
    assert_eq!(
        listed["connections"][0]["unreached_accounts"],
        json!(["help@elsewhere.example", HARBOUR])
    );
    // Nor does it take mails of another company's domain.
    let mut peer = MailServer::connect(&office.server).await;
    let replies = peer
        .begin("jo@example.org", &["help@elsewhere.example"])
        .await;
    assert!(replies[0].starts_with("550 5.1.1 "), "{replies:?}");
}

#[tokio::test]
async fn a_mail_that_has_not_arrived_when_the_server_stops_is_stored_nowhere() {
    let place = tempfile::tempdir().expect("a place");
    let journal = JournalSettings::at(place.path().join("desk.db"));
    let file = NORTHWIND.to_owned() + &connection(&[HELP]);
    let start = async || {
        Running::of(&file, |settings| {
            settings.journal = Some(journal.clone());
            listen(settings);
        })
        .await
    };
    let server = start().await;
    let mut peer = MailServer::connect(&server).await;
    let mut idle = MailServer::connect(&server).await;
    peer.begin("jo@example.org", &[HELP]).await;
    peer.send(MAIL).await;
    assert_eq!(server.stop().await.abandoned, 0);
    let stopping = "421 4.3.2 the server is stopping; deliver again later";
    for peer in [&mut peer, &mut idle] {
        assert_eq!(peer.reply().await, stopping);
        assert_eq!(peer.reply().await, "");
    }
    let server = start().await;
    let path = "/v1/companies/northwind/conversations";
    let open = server.client.get(path).await.json();
    assert_eq!(open["conversations"], json!([]));
    assert_eq!(deliver(&server, HELP, MAIL).await, STORED);
    server.stop().await;
}

#[tokio::test]
async fn a_drained_host_and_one_at_a_bound_defer_mails() {
    let office = Office::built(&[], ("", &connection(&[HELP])), |settings| {
        listen(settings);
        let bounds = &mut settings.bounds;
        bounds.set(Bound::Bodies, Scope::Company, 20_000);
        bounds.set(Bound::StoredBytes, Scope::Company, 64 << 10);
        bounds.set(Bound::StoredBytes, Scope::Item, 1);
    })
    .await;
    let client = office.server.client;
    let drained = client.ask("PUT", "/v1/drain", "", "{}").await;
    assert_eq!(drained.status, 200, "{drained:?}");
    let mut peer = MailServer::connect(&office.server).await;
    assert_eq!(peer.begin("jo@example.org", &[HELP]).await, [DRAINING]);
    client.ask("DELETE", "/v1/drain", "", "").await;
    assert_eq!(deliver(&office.server, HELP, MAIL).await, STORED);

    let long = format!("{MAIL}{}", "One of many lines.\r\n".repeat(2_000));
    let refused = deliver(&office.server, HELP, &long).await;
    assert_eq!(
        refused,
        "452 4.3.1 too many mails at once; deliver again later"
    );

    let mut replies = Vec::new();
    for number in 2..20 {
        let mail = MAIL.replace("1@example", &format!("{number}@example"));
        let mail = format!("{mail}{}", "x".repeat(9_000));
        replies.push(deliver(&office.server, HELP, &(mail + "\r\n")).await);
    }
    let busy = "451 4.3.2 the host is at a bound; deliver again later";
    let stored = replies.iter().take_while(|reply| *reply == STORED).count();
    assert!((1..17).contains(&stored), "{replies:?}");
    assert!(
        replies[stored..].iter().all(|reply| reply == busy),
        "{replies:?}"
    );
    assert_eq!(conversations(&office).await[0]["interactions"], 1 + stored);
}

/// Sealing a mail takes its size once more, for each company that gets it.
#[tokio::test]
async fn a_mail_counts_twice_while_it_is_stored() {
    let long = format!("{MAIL}{}", "One of many lines.\r\n".repeat(2_000));
    // What came with the end of the mail counts too.
    let size = long.len() as u64 + 3;
    let busy = "451 4.3.2 the host is at a bound; deliver again later";
    for (most, reply) in [(size * 2 - 9, busy), (size * 2, STORED)] {
        let office = Office::built(&[], ("", &connection(&[HELP])), |settings| {
            listen(settings);
            settings.bounds.set(Bound::Bodies, Scope::Company, most);
        })
        .await;
        assert_eq!(deliver(&office.server, HELP, &long).await, reply, "{most}");
        assert_eq!(office.server.app.bounds.used(Bound::Bodies), 0);
    }
}

#[tokio::test]
async fn the_files_of_a_mail_by_lmtp_are_downloaded() {
    let office = office().await;
    let mail = mail_with_file(b"%PDF-1.7 broken handle");
    assert_eq!(deliver(&office.server, HELP, &mail).await, STORED);
    let photo = file(&office, "0").await;
    assert_eq!(
        (photo.status, photo.body.as_str()),
        (200, "%PDF-1.7 broken handle")
    );
    let whole = file(&office, "original").await;
    assert_eq!((whole.status, whole.body.as_str()), (200, mail.as_str()));
}
