//! Sessions with a mail server that send no mail.

use patchbay_model::mail_server::{MailProtocol, MailServer as Address, MailStep};
use patchbay_outbound::egress::{ExchangeFailure, InvalidMail, MailCheck, MailLogin, MailReply};

use crate::mail_server::{Act, MailServer, hello, say};
use crate::sink::settings;

fn mail_check(scheme: &str, with_login: bool) -> Result<MailCheck, InvalidMail> {
    let server = Address::parse(MailProtocol::Smtp, &format!("{scheme}://hooks.example"))
        .expect("an address");
    let login = MailLogin::new("help@northwind.example", b"hush").expect("a login");
    MailCheck::new(
        server,
        with_login.then_some(login),
        "care.northwind.example",
    )
}

async fn check(server: &MailServer, scheme: &str) -> Result<MailReply, ExchangeFailure> {
    let check = mail_check(scheme, true).expect("a check");
    server.egress(settings()).check_mail(&check).await
}

#[tokio::test]
async fn a_check_logs_in_and_sends_no_mail() {
    let mut script = hello(&["STARTTLS"]);
    script.extend([Act::Hear, say("220 go ahead"), Act::StartTls]);
    // After TLS there is no greeting.
    script.extend(hello(&["AUTH PLAIN"]).into_iter().skip(1));
    script.extend([Act::Hear, say("235 2.7.0 Accepted")]);
    script.extend([Act::Hear, say("250 2.0.0 Ok")]);
    let server = MailServer::start(script).await;
    let reply = check(&server, "smtp").await.expect("an answer");
    assert_eq!((reply.step, reply.code), (MailStep::Session, 250));
    let heard = server.heard().await;
    let words: Vec<&str> = heard
        .lines
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(words, ["EHLO", "STARTTLS", "EHLO", "AUTH", "NOOP"]);
    assert_eq!(heard.lines[0], "EHLO care.northwind.example");
    assert_eq!(heard.rest, b"QUIT\r\n");
    assert_eq!(heard.mail, None);
}

#[tokio::test]
async fn a_refused_login_is_the_answer_to_it() {
    let mut script = vec![Act::StartTls];
    script.extend(hello(&["AUTH PLAIN"]));
    script.extend([Act::Hear, say("535 5.7.8 no")]);
    let server = MailServer::start(script).await;
    let reply = check(&server, "smtps").await.expect("an answer");
    assert_eq!((reply.step, reply.code), (MailStep::Login, 535));
    let broken = MailServer::start([Act::StartTls, Act::Reset]).await;
    let failure = check(&broken, "smtps").await.expect_err("no session");
    assert!(matches!(failure, ExchangeFailure::Unsent(_)), "{failure}");
}

#[test]
fn a_password_is_for_tls_only() {
    let refused = mail_check("smtp-plain", true).err();
    assert_eq!(refused, Some(InvalidMail::UnencryptedLogin));
    assert!(mail_check("smtp-plain", false).is_ok());
}
