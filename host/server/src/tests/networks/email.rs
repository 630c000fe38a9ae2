//! E-mail: deliveries by POST, replies by SMTP.

use super::{Answer, Answers, Expected, Message, Network, Report, UNCERTAIN, signatures};

const SIGNING_SECRET: &str = "hush-mail-signing-secret";

fn date(seconds: i64) -> String {
    let at = jiff::Timestamp::from_second(seconds).expect("a time");
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

pub(super) static EMAIL: Network = Network {
    name: "email",
    settings: "accounts = [\"help@northwind.example\"], message-domain = \"care.northwind.example\", submission = \"API\"",
    secrets: &[("signing-secret", SIGNING_SECRET)],
    sign: |_, body, number| signatures::standard(SIGNING_SECRET, "message/rfc822", body, number),
    has_batches: false,
    messages: |messages, number| {
        let [Message { customer, text, at }] = messages else {
            panic!("a delivery has one message");
        };
        // By another way through the company's servers.
        let received = format!(
            "from mx{number}.example.org by mx.northwind.example; {}",
            date(*at)
        );
        let lines = [
            format!("Received: {received}"),
            format!("Date: {}", date(*at)),
            format!("From: Jo <jo{customer}@example.org>"),
            "To: help@northwind.example".to_owned(),
            format!("Subject: Order {customer}"),
            format!("Message-ID: <{customer}@example.org>"),
            String::new(),
            (*text).to_owned(),
            String::new(),
        ];
        lines.join("\r\n").into_bytes()
    },
    edit: None,
    delete: None,
    answers: Some(Answers {
        accepted: |_, _| Answer::smtp("", 250, "2.0.0 queued"),
        // SMTP has no form of a wait, and greylisting ends after minutes.
        busy_for_a_second: || Answer::smtp("MAIL", 452, "4.3.1 insufficient storage"),
        busy: || Answer::smtp("", 452, "4.3.1 insufficient storage"),
        fault: || Answer::smtp("", 450, "4.3.0 local error"),
        after_fault: Expected::Delivered,
        after_loss: UNCERTAIN,
        error_in_success: None,
        revoked: || Answer::smtp("MAIL", 530, "5.7.0 authentication required"),
        unreachable: Some((|| Answer::smtp("RCPT", 550, "5.1.1 user unknown"), "5.1.1")),
        window_closed: None,
        report: Some(|report, _, request| {
            let mail = String::from_utf8_lossy(&request.body).into_owned();
            let id = mail.lines().find(|line| line.starts_with("Message-ID:"));
            let (action, status) = match report {
                Report::Delivered => ("delivered", "2.0.0"),
                Report::Failed => ("failed", "5.1.1"),
            };
            let lines = [
                &format!("Date: {}", date(signatures::now())),
                "To: help@northwind.example",
                "Return-Path: <>",
                "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>",
                "Subject: Report",
                "Message-ID: <report@mx.example.net>",
                "Auto-Submitted: auto-replied",
                "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"",
                "",
                "--b1",
                "Content-Type: text/plain",
                "",
                "A report.",
                "--b1",
                "Content-Type: message/delivery-status",
                "",
                "Reporting-MTA: dns; mx.example.net",
                "",
                "Final-Recipient: rfc822; jo@example.org",
                &format!("Action: {action}"),
                &format!("Status: {status}"),
                "--b1",
                "Content-Type: text/rfc822-headers",
                "",
                id.expect("a Message-ID"),
                "From: help@northwind.example",
                "To: jo@example.org",
                "--b1--",
                "",
            ];
            lines.join("\r\n").into_bytes()
        }),
        // A copy that the company's own server delivers.
        echo: Some(|_, request| request.body.clone()),
    }),
};
