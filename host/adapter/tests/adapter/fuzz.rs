//! Mutated requests and texts: no panic, bounded memory.

use jiff::Timestamp;
use patchbay_adapter::verify::answer_x_challenge;
use patchbay_adapter::{InboundRequest, Method, Scheme, split_text};
use patchbay_fuzz::{Corpus, Reading};
use patchbay_model::length::{LengthRule, LengthUnit};

use crate::sample::secrets;
use crate::vectors::samples;

/// The lines of an input are a time, a signature, a URL, and the body.
#[test]
fn a_mutated_request_is_verified_or_refused_by_every_scheme() {
    let seeds = samples().into_iter().map(|sample| {
        let signature = sample
            .headers
            .first()
            .map_or("", |(_, value)| value.as_str());
        let time = sample.now.to_string();
        let head = format!("{time}\n{signature}\n{}\n", sample.url);
        [head.as_bytes(), &sample.body].concat()
    });
    let secrets = secrets(&[
        b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_vec(),
        b"whpk_x".to_vec(),
        b"secret".to_vec(),
    ]);
    Corpus::of(seeds)
        .words(&[
            "sha256=",
            "v1,",
            "v1a,",
            "v0=",
            "Bearer ",
            "=",
            "&",
            "%",
            "://",
            ":443",
            "#",
            "?",
            "bodySHA256=",
        ])
        .least_accepted(0)
        .run(|input| {
            let mut lines = input.splitn(4, |byte| *byte == b'\n');
            let mut next = || lines.next().unwrap_or_default();
            let (time, signature, url, body) = (next(), next(), next(), next());
            let url = String::from_utf8_lossy(url);
            for media_type in ["application/json", "application/x-www-form-urlencoded"] {
                let headers: Vec<(&str, &[u8])> = HEADERS
                    .iter()
                    .map(|name| match name.ends_with("timestamp") {
                        true => (*name, time),
                        false => (*name, signature),
                    })
                    .chain([("content-type", media_type.as_bytes())])
                    .collect();
                let request = InboundRequest {
                    method: Method::Get,
                    url: &url,
                    headers: headers.into_iter().collect(),
                    body,
                };
                let seconds = String::from_utf8_lossy(time)
                    .parse()
                    .unwrap_or(1_700_000_000);
                let now = Timestamp::from_second(seconds).unwrap_or_default();
                for scheme in Scheme::ALL {
                    let _ = scheme.verify(&request, &secrets, now);
                }
                let _ = answer_x_challenge(&request, &secrets);
            }
            Reading::Rejected
        });
}

const HEADERS: [&str; 21] = [
    "x-hub-signature-256",
    "x-twitter-webhooks-signature",
    "x-telegram-bot-api-secret-token",
    "x-twilio-signature",
    "authorization",
    "messagebird-signature-jwt",
    "messagebird-signature",
    "messagebird-request-timestamp",
    "x-slack-signature",
    "x-slack-request-timestamp",
    "x-line-signature",
    "x-viber-content-signature",
    "x-discourse-event-signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-chatwoot-signature",
    "x-chatwoot-timestamp",
    "x-hub-signature",
    "x-zendesk-webhook-signature",
    "x-zendesk-webhook-signature-timestamp",
];

#[test]
fn any_text_is_divided_by_any_rule() {
    let rules = [
        (LengthUnit::Characters, 7),
        (LengthUnit::Graphemes, 1),
        (LengthUnit::Bytes, 9),
        (LengthUnit::Utf16, 8),
        (LengthUnit::X, 30),
        (LengthUnit::Sms, 1),
    ];
    Corpus::of([
        "One sentence. Another one!\n\nhttps://a.example/x?y=1.Z www.b.example and 👩‍👩‍👧 é e\u{301}",
        "谢谢。明天 https://例え.jp/路 ok\r\n\u{2029}  x",
    ])
    .words(&["https://", "www.", "\n\n", ". ", " ", "\u{301}", "\u{200d}"])
    .cases(300)
    .run(patchbay_fuzz::text(|text| {
        // Some rules take long for a text without bounds; a reply has 64 KiB at most.
        let text = &text[..text.floor_char_boundary(2_048)];
        for (unit, limit) in rules {
            let rule = LengthRule::new(unit, limit);
            if let Ok(parts) = split_text(text, rule) {
                assert!(
                    parts.iter().all(|part| rule.measure(part).fits()),
                    "{parts:?}"
                );
            }
        }
        Reading::Accepted
    }));
}
