//! Mails that are made to exhaust a parser: bounded time and memory, no panic.

use std::time::{Duration, Instant};

use patchbay_adapter::{Exchange, MailAnswer};
use patchbay_fuzz::{Corpus, Reading, peak_of};
use patchbay_model::mail_server::MailStep;

use super::{SUBJECT, delivery};

/// Most time for a mail of a few MiB, in a debug build on a busy machine.
const LONGEST: Duration = Duration::from_secs(120);
/// Most memory of a mail of a few MiB.
const MOST_BYTES: usize = 96 << 20;

fn hostile_mails() -> Vec<(&'static str, String)> {
    let head = "From: jo@example.org\nTo: help@northwind.example\nMessage-ID: <1@example.org>\n";
    let with = |rest: String| format!("{head}{rest}");
    let part = "--x\nContent-Type: text/plain\n\na\n";
    let unclosed = "--x\nContent-Type: multipart/mixed; boundary=y\n\na\n";
    let mut deep = String::new();
    for depth in 0..2_000 {
        deep += &format!("Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n");
    }
    vec![
        (
            "10,000 parts",
            with(format!(
                "Content-Type: multipart/mixed; boundary=x\n\n{}--x--\n",
                part.repeat(10_000)
            )),
        ),
        (
            "parts without their boundary",
            with(format!(
                "Content-Type: multipart/mixed; boundary=x\n\n{}--x--\n",
                unclosed.repeat(10_000)
            )),
        ),
        ("deep multiparts", with(deep)),
        (
            "deep mails",
            with("Content-Type: message/rfc822\n\n".repeat(50_000)),
        ),
        (
            "no boundary",
            with(format!(
                "Content-Type: multipart/mixed; boundary=x\n\n{}",
                "--y\n".repeat(500_000)
            )),
        ),
        (
            "one line of base64",
            with(format!(
                "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n{}",
                "AAAA".repeat(2 << 20)
            )),
        ),
        (
            "50 KB of references",
            with(format!(
                "References: {}\n\nx",
                "<a@example.org> ".repeat(3_200)
            )),
        ),
        (
            "open brackets in references",
            with(format!("References: {}\n\nx", "<(".repeat(100_000))),
        ),
        (
            "many fields",
            with(format!("{}\nx", "a: b\n".repeat(500_000))),
        ),
        (
            "a long field",
            with(format!("Subject: {}\n\nx", "x".repeat(4 << 20))),
        ),
        (
            "folded lines",
            with(format!("Subject: {}\n\nx", "\n a".repeat(500_000))),
        ),
        (
            "encoded words that do not end",
            with(format!(
                "Subject: {}\nFrom: {}\n\nx",
                "=?utf-8".repeat(50_000),
                "=?a?q?".repeat(50_000)
            )),
        ),
        (
            "recipients",
            with(format!("To: {}\n\nx", "a <a@example.org>, ".repeat(50_000))),
        ),
        (
            "comments",
            with(format!("From: {}\n\nx", "(".repeat(100_000))),
        ),
        (
            "results",
            with(format!(
                "Authentication-Results: mx.northwind.example; {}\n\nx",
                "dmarc=pass (".repeat(50_000)
            )),
        ),
        (
            "file names",
            with(format!(
                "Content-Type: multipart/mixed; boundary=x\n\n{}",
                format!(
                    "--x\nContent-Disposition: attachment; filename=\"{}\"\n\na\n",
                    "=?a?q?".repeat(300)
                )
                .repeat(500)
            )),
        ),
        (
            "markup",
            with(format!(
                "Content-Type: text/html\n\n{}",
                "<blockquote><a href=x>".repeat(60_000)
            )),
        ),
        (
            "brackets of markup",
            with(format!(
                "Content-Type: text/html\n\n{}",
                "<".repeat(400_000)
            )),
        ),
        (
            "quotations",
            with(format!(
                "Content-Type: text/plain\n\n{}",
                "> x\nOn 1 x\n".repeat(60_000)
            )),
        ),
        (
            "reports",
            with(format!(
                "Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\n{}",
                "Action: failed\n\n".repeat(100_000)
            )),
        ),
    ]
}

#[test]
fn hostile_mails_take_bounded_time_and_memory() {
    for (name, mail) in hostile_mails() {
        for mail in [mail.clone(), mail.replace('\n', "\r\n")] {
            let delivery = delivery(mail.as_bytes());
            let start = Instant::now();
            let mut items = Vec::new();
            let peak = peak_of(|| items = SUBJECT.decode(delivery).expect("signed"));
            assert_eq!(items.len(), 1, "{name}");
            let spent = start.elapsed();
            assert!(spent < LONGEST, "{name}: {spent:?}");
            assert!(peak < MOST_BYTES, "{name}: {peak} bytes");
        }
    }
}

/// The first word of an input is the reply code.
#[test]
fn a_mutated_answer_of_a_mail_server_has_an_outcome() {
    let adapter = SUBJECT.open();
    Corpus::of([
        "250 2.0.0 Ok: queued as 4XYZ",
        "451 4.7.1 Greylisting in action",
        "550 5.1.1 <jo@example.org>: user unknown",
        "552 5.2.2 mailbox full",
    ])
    .words(&["5.7.26", "65535", "0", ".", " ", "5.", "\u{a0}"])
    .run(patchbay_fuzz::text(|line| {
        let (code, text) = line.split_once(' ').unwrap_or((line, ""));
        let answer = MailAnswer {
            message_id: "reply-1@care.northwind.example",
            step: MailStep::Recipient,
            code: code.parse().unwrap_or_default(),
            text,
        };
        match adapter.outcome(&Exchange::MailAnswered(answer)).as_str() {
            "uncertain" => Reading::Rejected,
            _ => Reading::Accepted,
        }
    }));
}
