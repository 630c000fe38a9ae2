//! Mail servers that fail, and what stands between them and the host.

use std::time::{Duration, Instant};

use patchbay_outbound::egress::{EgressProblem, EgressSettings, ExchangeFailure, MailReply};

use crate::mail_server::{Act, MAIL, MailServer, hello, mail, say, transaction};
use crate::sink::settings;

type Submitted = Result<MailReply, ExchangeFailure>;

fn unsent(result: Submitted) -> EgressProblem {
    match result {
        Err(ExchangeFailure::Unsent(error)) => error.problem,
        other => panic!("not unsent: {other:?}"),
    }
}

/// A whole submission by STARTTLS with a login.
fn whole() -> Vec<Act> {
    let mut script = hello(&["STARTTLS"]);
    script.extend([Act::Hear, say("220 Ready"), Act::StartTls]);
    script.extend(hello(&["AUTH PLAIN"]).into_iter().skip(1));
    script.extend([Act::Hear, say("235 Accepted")]);
    script.extend(transaction(&[say("250 Ok")]));
    script
}

/// The result with a server that does `last` in place of each act in turn; and whether
/// it read the end of the mail before.
async fn with_each_end(last: &[Act], settings: EgressSettings) -> Vec<(Submitted, bool)> {
    let whole = whole();
    let submissions = (0..whole.len()).map(|place| {
        let script = [&whole[..place], last].concat();
        let (settings, is_end) = (settings.clone(), place + 1 == whole.len());
        tokio::spawn(async move {
            let server = MailServer::start(script).await;
            let mail = mail("smtp", "hooks.example", Some(("help", "hush")), MAIL);
            (server.egress(settings).submit_mail(&mail).await, is_end)
        })
    });
    let submissions: Vec<_> = submissions.collect();
    let mut results = Vec::new();
    for submission in submissions {
        results.push(submission.await.expect("no panic"));
    }
    results
}

#[tokio::test]
async fn a_mail_is_lost_only_if_its_end_was_sent() {
    let short = EgressSettings {
        connect_timeout: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        mail_timeout: Duration::from_secs(1),
        ..settings()
    };
    let garbage = Act::Say(b"\x16\x03\x01 garbage\r\n".to_vec());
    let ends: [(&str, &[Act]); 4] = [
        ("close", &[]),
        ("reset", &[Act::Reset]),
        ("silence", &[Act::Silence]),
        ("garbage", &[garbage]),
    ];
    for (name, end) in ends {
        let results = with_each_end(end, short.clone()).await;
        let last = results.len() - 1;
        for (place, (result, has_mail)) in results.into_iter().enumerate() {
            // The end of the mail may have arrived, though this server did not read it.
            let may_be_sent = place + 1 >= last;
            match result {
                Err(ExchangeFailure::Unsent(_)) => assert!(!has_mail, "{name} at {place}"),
                Err(ExchangeFailure::Lost(_)) => assert!(may_be_sent, "{name} at {place}"),
                Ok(reply) => panic!("{name} at {place}: {reply:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_the_end_of_the_mail_leaves_it_unsent() {
    let large = b"a line of a mail that no buffer on the way takes whole\r\n".repeat(400_000);
    let mut script = hello(&[]);
    script.extend(transaction(&[]));
    script.pop();
    // One line of the mail is read.
    script.extend([Act::Hear, Act::Reset]);
    let server = MailServer::start(script).await;
    let mail = mail("smtp-plain", "hooks.example", None, &large);
    let problem = unsent(server.egress(settings()).submit_mail(&mail).await);
    assert!(
        matches!(problem, EgressProblem::Interrupted(_)),
        "{problem}"
    );
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_address_and_no_password() {
    let script = [hello(&["AUTH PLAIN"]), vec![Act::Hear]].concat();
    let server = MailServer::start(script).await;
    let problem = unsent(server.submit("smtp", Some(("help", "hush"))).await);
    assert_eq!(problem, EgressProblem::NoStartTls);
    assert_eq!(server.heard().await.lines, ["EHLO northwind.example"]);
}

#[tokio::test]
async fn data_that_comes_before_tls_is_refused() {
    let injected = "220 Ready\r\n250-hooks.example\r\n250 AUTH PLAIN";
    for end in [say(injected), Act::Say(b"220 Ready\r\n2".to_vec())] {
        let script = [hello(&["STARTTLS"]), vec![Act::Hear, end, Act::StartTls]].concat();
        let server = MailServer::start(script).await;
        let problem = unsent(server.submit("smtp", None).await);
        assert_eq!(problem, EgressProblem::BeforeTls);
        let heard = server.heard().await;
        assert_eq!(heard.lines, ["EHLO northwind.example", "STARTTLS"]);
        assert_eq!((heard.mail, heard.rest), (None, Vec::new()));
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_at_once_and_after_starttls() {
    let after = [
        hello(&["STARTTLS"]),
        vec![Act::Hear, say("220 Ready"), Act::StartTls, Act::Hear],
    ];
    for (scheme, script) in [
        ("smtps", vec![Act::StartTls, say("220 x"), Act::Hear]),
        ("smtp", after.concat()),
    ] {
        let server = MailServer::start(script).await;
        let mail = mail(scheme, "other.example", Some(("help", "hush")), MAIL);
        let problem = unsent(server.egress(settings()).submit_mail(&mail).await);
        assert!(matches!(problem, EgressProblem::Untrusted(_)), "{problem}");
        let lines = server.heard().await.lines;
        assert!(!lines.iter().any(|line| line.contains("AUTH")), "{lines:?}");
    }
}

#[tokio::test]
async fn a_server_that_takes_no_password_gets_no_mail() {
    for offers in [&[][..], &["AUTH GSSAPI CRAM-MD5"]] {
        let script = [vec![Act::StartTls], hello(offers), vec![Act::Hear]].concat();
        let server = MailServer::start(script).await;
        let problem = unsent(server.submit("smtps", Some(("help", "hush"))).await);
        assert_eq!(problem, EgressProblem::NoLogin);
        assert_eq!(server.heard().await.lines, ["EHLO northwind.example"]);
    }
}

#[tokio::test]
async fn a_reply_without_end_is_not_read() {
    let endless: [&[u8]; 3] = [b"2", b"250-again\r\n", b"\n"];
    for bytes in endless {
        for script in [
            vec![Act::SayForEver(bytes)],
            vec![say("220 x"), Act::Hear, Act::SayForEver(bytes)],
        ] {
            let server = MailServer::start(script).await;
            let begin = Instant::now();
            let problem = unsent(server.submit("smtp-plain", None).await);
            let is_bounded = matches!(
                problem,
                EgressProblem::TooLarge(_) | EgressProblem::Interrupted(_)
            );
            assert!(is_bounded, "{problem}");
            assert!(begin.elapsed() < Duration::from_secs(5));
        }
    }
}

#[tokio::test]
async fn replies_that_come_byte_by_byte_are_read_and_slow_ones_are_not() {
    let slowly = |acts: Vec<Act>| {
        let acts = acts.into_iter().map(|act| match act {
            Act::Say(bytes) => Act::SaySlowly(bytes),
            other => other,
        });
        acts.collect::<Vec<_>>()
    };
    let script = slowly([hello(&["SIZE 1"]), transaction(&[say("250 Ok")])].concat());
    let server = MailServer::start(script).await;
    let accepted = server.submit("smtp-plain", None).await.expect("taken");
    assert_eq!((accepted.code, accepted.text.as_str()), (250, "Ok"));
    assert!(server.heard().await.lines[1].contains(" SIZE="));
    // Each byte comes in time, the reply does not.
    let long = format!("220-{}\r\n", "x".repeat(60)).repeat(20);
    let server = MailServer::start([Act::SaySlowly(long.into_bytes()), Act::Silence]).await;
    let limit = Duration::from_millis(50);
    let short = EgressSettings {
        timeout: limit,
        ..settings()
    };
    let mail = mail("smtp-plain", "hooks.example", None, MAIL);
    let problem = unsent(server.egress(short).submit_mail(&mail).await);
    let step = "send its greeting";
    assert_eq!(problem, EgressProblem::Timeout { step, limit });
}

/// Read later, it would be the answer to the mail.
#[tokio::test]
async fn a_reply_that_no_command_asked_for_accepts_no_mail() {
    let mut script = hello(&[]);
    script.extend(transaction(&[]));
    let data = script.len() - 2;
    script[data] = say("354 Go ahead\r\n250 Ok");
    let server = MailServer::start(script).await;
    let problem = unsent(server.submit("smtp-plain", None).await);
    assert!(
        matches!(problem, EgressProblem::Interrupted(_)),
        "{problem}"
    );
    assert_eq!(server.heard_so_far().mail, None);
}

#[tokio::test]
async fn a_code_of_another_step_is_no_answer() {
    let greeting = vec![say("250 Hello")];
    let start = hello(&[]);
    let mut data = [hello(&[]), transaction(&[])].concat();
    data.pop();
    data.pop();
    for script in [
        greeting,
        [start.clone(), vec![Act::Hear, say("354 Go ahead")]].concat(),
        [start, vec![Act::Hear, say("220 Hello")]].concat(),
        [data, vec![say("250 Ok")]].concat(),
    ] {
        let server = MailServer::start(script).await;
        let problem = unsent(server.submit("smtp-plain", None).await);
        assert!(
            matches!(problem, EgressProblem::Interrupted(_)),
            "{problem}"
        );
    }
}
