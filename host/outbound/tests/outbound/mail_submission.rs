//! Mails that a server takes or refuses.

use std::net::{Ipv4Addr, SocketAddr};

use patchbay_model::mail_server::{MailProtocol, MailServer as Address, MailStep};
use patchbay_outbound::egress::{
    EgressProblem, ExchangeFailure, InvalidMail, MailLogin, MailReply, MailSubmission,
};

use crate::certificates::FixedResolver;
use crate::mail_server::{Act, MAIL, MailServer, hello, mail, say, transaction};
use crate::sink::{egress, settings};

const USER: &str = "help@northwind.example";
const PASSWORD: &str = "hush";
const LOGIN: Option<(&str, &str)> = Some((USER, PASSWORD));
/// base64 of NUL, user, NUL, password; of the user; of the password.
const PLAIN: &str = "AUTH PLAIN AGhlbHBAbm9ydGh3aW5kLmV4YW1wbGUAaHVzaA==";
const LOGIN_USER: &str = "aGVscEBub3J0aHdpbmQuZXhhbXBsZQ==";
const LOGIN_PASSWORD: &str = "aHVzaA==";
const ENVELOPE: [&str; 3] = [
    "MAIL FROM:<bounce+7@northwind.example>",
    "RCPT TO:<jo@example.org>",
    "DATA",
];

fn reply(step: MailStep, code: u16, text: &str) -> Result<MailReply, ExchangeFailure> {
    let text = text.to_owned();
    Ok(MailReply { step, code, text })
}

fn unsent(result: Result<MailReply, ExchangeFailure>) -> EgressProblem {
    match result {
        Err(ExchangeFailure::Unsent(error)) => error.problem,
        other => panic!("not unsent: {other:?}"),
    }
}

#[tokio::test]
async fn a_mail_is_submitted_over_tls_with_a_login() {
    let mut script = vec![Act::StartTls];
    script.extend(hello(&["SIZE 1000000", "AUTH LOGIN PLAIN", "PIPELINING"]));
    script.extend([Act::Hear, say("235 2.7.0 Accepted")]);
    script.extend(transaction(&[say("250 2.0.0 Ok: queued as 4XYZ")]));
    let server = MailServer::start(script).await;
    let accepted = server.submit("smtps", LOGIN).await;
    let expected = reply(MailStep::Mail, 250, "2.0.0 Ok: queued as 4XYZ");
    assert_eq!(accepted, expected);
    let heard = server.heard().await;
    let size = format!("{} SIZE={}", ENVELOPE[0], MAIL.len());
    assert_eq!(
        heard.lines,
        [
            "EHLO northwind.example",
            PLAIN,
            &size,
            ENVELOPE[1],
            ENVELOPE[2]
        ]
    );
    assert_eq!(
        heard.mail.as_deref(),
        Some([MAIL, b".\r\n"].concat().as_slice())
    );
    assert_eq!(heard.rest, b"QUIT\r\n");
    assert!(!heard.pipelined, "one command at a time");
}

#[tokio::test]
async fn a_mail_is_submitted_by_starttls_and_offers_from_before_are_forgotten() {
    let mut script = hello(&["STARTTLS", "SIZE 10", "AUTH PLAIN"]);
    script.extend([Act::Hear, say("220 2.0.0 Ready"), Act::StartTls]);
    script.extend(hello(&["AUTH LOGIN"]).into_iter().skip(1));
    for answer in ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 Accepted"] {
        script.extend([Act::Hear, say(answer)]);
    }
    script.extend(transaction(&[say("250 Ok")]));
    let server = MailServer::start(script).await;
    let accepted = server.submit("smtp", LOGIN).await;
    assert_eq!(accepted, reply(MailStep::Mail, 250, "Ok"));
    let hello = "EHLO northwind.example";
    let mut lines = vec![
        hello,
        "STARTTLS",
        hello,
        "AUTH LOGIN",
        LOGIN_USER,
        LOGIN_PASSWORD,
    ];
    lines.extend(ENVELOPE);
    assert_eq!(server.heard().await.lines, lines);
}

#[tokio::test]
async fn a_relay_that_the_operator_lists_takes_mails_without_tls() {
    let mut script = hello(&["STARTTLS", "AUTH PLAIN"]);
    script.extend(transaction(&[say("250 Ok")]));
    let server = MailServer::start(script).await;
    let accepted = server.submit("smtp-plain", None).await;
    assert_eq!(accepted, reply(MailStep::Mail, 250, "Ok"));
    let mut lines = vec!["EHLO northwind.example"];
    lines.extend(ENVELOPE);
    assert_eq!(server.heard().await.lines, lines);
}

#[tokio::test]
async fn a_refusal_is_an_answer_of_its_step_and_nothing_follows_it() {
    let tls = |acts: Vec<Act>| [vec![Act::StartTls], acts].concat();
    let after_hello = |acts: &[Act]| tls([hello(&["AUTH PLAIN"]), acts.to_vec()].concat());
    let accepted = [Act::Hear, say("235 Accepted"), Act::Hear, say("250 Ok")];
    for (script, step, code, text) in [
        (
            tls(vec![say("554 No service here")]),
            MailStep::Session,
            554,
            "No service here",
        ),
        (
            tls(vec![say("421 4.3.2 Busy")]),
            MailStep::Session,
            421,
            "4.3.2 Busy",
        ),
        (
            tls(vec![say("220 x"), Act::Hear, say("550 Not you")]),
            MailStep::Session,
            550,
            "Not you",
        ),
        (
            after_hello(&[Act::Hear, say("535 5.7.8 Invalid")]),
            MailStep::Login,
            535,
            "5.7.8 Invalid",
        ),
        (
            after_hello(&[Act::Hear, say("454 4.7.0 Later")]),
            MailStep::Login,
            454,
            "4.7.0 Later",
        ),
        (
            after_hello(&[
                Act::Hear,
                say("235 Ok"),
                Act::Hear,
                say("553 5.7.1 Not yours"),
            ]),
            MailStep::Sender,
            553,
            "5.7.1 Not yours",
        ),
        (
            after_hello(
                &[
                    &accepted[..],
                    &[Act::Hear, say("550 5.1.1 <jo@example.org>")],
                ]
                .concat(),
            ),
            MailStep::Recipient,
            550,
            "5.1.1 <jo@example.org>",
        ),
        (
            after_hello(
                &[
                    &accepted[..],
                    &[Act::Hear, say("250 Ok"), Act::Hear, say("451 Disk")],
                ]
                .concat(),
            ),
            MailStep::Mail,
            451,
            "Disk",
        ),
    ] {
        let server = MailServer::start(script).await;
        let refused = server.submit("smtps", LOGIN).await;
        assert_eq!(refused, reply(step, code, text));
        let shown = format!("{refused:?}");
        assert!(!shown.contains(text), "{shown}");
        let heard = server.heard().await;
        assert_eq!(
            (heard.mail, heard.rest),
            (None, b"QUIT\r\n".to_vec()),
            "{step} {code}"
        );
    }
    let script = [
        hello(&["STARTTLS"]),
        vec![Act::Hear, say("454 4.3.0 TLS not available")],
    ];
    let server = MailServer::start(script.concat()).await;
    let refused = server.submit("smtp", None).await;
    assert_eq!(
        refused,
        reply(MailStep::Session, 454, "4.3.0 TLS not available")
    );
}

#[tokio::test]
async fn the_answer_to_the_end_of_the_mail_decides() {
    for (code, text) in [
        (250, "2.0.0 Ok"),
        (421, "4.3.2 Shutting down"),
        (451, "4.7.1 Greylisted"),
        (552, "5.3.4 Too big"),
        (354, "again"),
    ] {
        let answer = format!("{code}-first\r\n{code}-second\r\n{code} {text}");
        let script = [hello(&[]), transaction(&[say(&answer)])].concat();
        let server = MailServer::start(script).await;
        let answered = server.submit("smtp-plain", None).await;
        assert_eq!(answered, reply(MailStep::Mail, code, text));
    }
}

#[tokio::test]
async fn lines_of_dots_and_bytes_of_eight_bits_arrive_as_they_are() {
    let message = b"Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n\xc3\xa9\xff\r\n.\r\nQUIT\r\n.";
    let script = [hello(&["8BITMIME"]), transaction(&[say("250 Ok")])].concat();
    let server = MailServer::start(script).await;
    let mail = mail("smtp-plain", "hooks.example", None, message);
    let accepted = server.egress(settings()).submit_mail(&mail).await;
    assert_eq!(accepted, reply(MailStep::Mail, 250, "Ok"));
    let heard = server.heard().await;
    assert_eq!(heard.lines[1], format!("{} BODY=8BITMIME", ENVELOPE[0]));
    let stuffed =
        b"Subject: dots\r\n\r\n..\r\n...\r\n..a\r\nb.\r\n\xc3\xa9\xff\r\n..\r\nQUIT\r\n..\r\n.\r\n";
    assert_eq!(heard.mail.as_deref(), Some(stuffed.as_slice()));
    assert_eq!(heard.rest, b"QUIT\r\n");
}

#[tokio::test]
async fn a_large_mail_arrives_whole() {
    let message = b".line of a mail that is longer than any buffer\r\n".repeat(20_000);
    let mut script = vec![Act::StartTls];
    script.extend(hello(&[]));
    script.extend(transaction(&[say("250 Ok")]));
    let server = MailServer::start(script).await;
    let mail = mail("smtps", "hooks.example", None, &message);
    let accepted = server.egress(settings()).submit_mail(&mail).await;
    assert_eq!(accepted, reply(MailStep::Mail, 250, "Ok"));
    let stored = server.heard().await.mail.expect("a mail");
    assert_eq!(stored.len(), message.len() + 20_000 + 3);
}

#[tokio::test]
async fn the_rules_for_addresses_hold_for_mail_servers() {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    let unlisted = egress().with_allowed(Vec::new());
    for scheme in ["smtps", "smtp", "smtp-plain"] {
        for host in ["127.0.0.1", "10.0.0.1", "[::1]", "mail.example"] {
            let mail = mail(scheme, host, None, MAIL);
            let egress = unlisted.clone().with_resolver(FixedResolver(here));
            let problem = unsent(egress.submit_mail(&mail).await);
            assert!(
                matches!(problem, EgressProblem::Refused { .. }),
                "{scheme} {host}: {problem}"
            );
        }
    }
    let public = mail("smtp-plain", "8.8.8.8", None, MAIL);
    let error = egress().submit_mail(&public).await.expect_err("refused");
    assert!(error.error().is_refusal());
    assert_eq!(
        error.to_string(),
        "smtp-plain://8.8.8.8:25 is not encrypted; use smtps:// or smtp://, or add the range of 8.8.8.8 to `allow` in [egress] of the server's settings"
    );
}

#[test]
fn what_could_change_a_command_is_no_mail() {
    let server = |text| Address::parse(MailProtocol::Smtp, text).expect("an address");
    let new = |from, to, message: &[u8]| {
        let server = server("smtps://mail.example");
        MailSubmission::new(server, None, (from, to), message.to_vec()).err()
    };
    assert_eq!(new(USER, "jo@example.org", MAIL), None);
    let long = format!("{}@example.org", "j".repeat(250));
    for bad in [
        "",
        "jo",
        "@example.org",
        "jo@",
        "jo@example.org>\r\nRCPT TO:<eve@example.org",
        "jo@example.org\r\n",
        "jo@example.org\n",
        "jo@example.org ",
        "jo@example.org> SIZE=1",
        "<jo@example.org>",
        "jo@eve@example.org",
        "\"jo\"@example.org",
        "jó@example.org",
        "jo\0@example.org",
        &long,
    ] {
        assert_eq!(new(bad, USER, MAIL), Some(InvalidMail::Sender), "{bad:?}");
        assert_eq!(
            new(USER, bad, MAIL),
            Some(InvalidMail::Recipient),
            "{bad:?}"
        );
    }
    for bad in [
        "a\n.\nMAIL FROM:<eve@example.org>\r\n",
        "a\r.\r\n",
        "a\0",
        "a\r",
    ] {
        assert_eq!(new(USER, USER, bad.as_bytes()), Some(InvalidMail::Message));
    }
    let long = "x".repeat(1025);
    for (user, password) in [
        ("", "a"),
        ("a", ""),
        ("a\0b", "a"),
        ("a", "a\0"),
        ("a", &long),
    ] {
        let login = MailLogin::new(user, password.as_bytes());
        assert_eq!(login.err(), Some(InvalidMail::Login));
    }
    let login = MailLogin::new(USER, b"hush").ok();
    let plain = server("smtp-plain://10.0.0.2");
    let unencrypted = MailSubmission::new(plain, login, (USER, USER), MAIL.to_vec());
    assert_eq!(unencrypted.err(), Some(InvalidMail::UnencryptedLogin));
}

#[test]
fn debug_output_hides_addresses_text_and_password() {
    let mail = mail("smtps", "mail.example", LOGIN, MAIL);
    let shown = format!("{mail:?} {:?}", MailLogin::new(USER, b"hush"));
    for hidden in ["hush", "northwind", "jo@", "on its way", "104, 117"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
