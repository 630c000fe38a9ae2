//! What a target receives, and how its answers are read.

use std::time::Duration;

use jiff::Timestamp;
use patchbay_outbound::egress::{Egress, EgressProblem, EgressSettings};
use patchbay_outbound::webhook::SendError;
use sha2::{Digest, Sha256};

use crate::sink::{Reply, Sink, egress, settings, webhook};

const BODY: &[u8] = br#"{ "text": "d\u00e9j\u00e0 vu",  "n": 1.0 }"#;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

fn is_interrupted(error: &SendError) -> bool {
    matches!(error, SendError::Egress(error) if matches!(error.problem, EgressProblem::Interrupted(_)))
}

/// HMAC-SHA256 (RFC 2104) and base64 (RFC 4648), independent of the tested code.
fn signature(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut block = [0_u8; 64];
    block[..secret.len()].copy_from_slice(secret);
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(format!("{id}.{timestamp}."))
        .chain_update(body)
        .finalize();
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = "v1,".to_owned();
    for three in outer.chunks(3) {
        let mut bits = 0_u32;
        for at in 0..3 {
            bits = bits << 8 | u32::from(three.get(at).copied().unwrap_or(0));
        }
        for at in 0..4 {
            let index = bits >> (18 - 6 * at) & 63;
            let is_there = at <= three.len();
            text.push(if is_there {
                alphabet[index as usize] as char
            } else {
                '='
            });
        }
    }
    text
}

/// `MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`, decoded.
const SECRET_BYTES: [u8; 24] = [
    0x31, 0xf2, 0x90, 0xf6, 0xbf, 0x06, 0x29, 0x8a, 0xab, 0x4f, 0x08, 0xd4, 0x3c, 0x3f, 0x08, 0x2c,
    0xf6, 0x48, 0xa3, 0x62, 0xda, 0x2d, 0xa4, 0xb0,
];

#[tokio::test]
async fn a_webhook_has_the_headers_and_signature_of_the_standard() {
    assert_eq!(
        signature(
            &SECRET_BYTES,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "1614265330",
            br#"{"test": 2432232314}"#
        ),
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "the published example"
    );
    let sink = Sink::start([]).await;
    let sent = sink
        .webhook()
        .send(&egress(), "reply-1", at(1_780_000_000), BODY)
        .await;
    assert_eq!(sent, Ok(()));
    let request = &sink.seen()[0];
    assert_eq!(request.line, "POST /in?token=hush HTTP/1.1");
    assert_eq!(request.header("host"), sink.address.to_string());
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("webhook-id"), "reply-1");
    assert_eq!(request.header("idempotency-key"), "reply-1");
    assert_eq!(request.header("webhook-timestamp"), "1780000000");
    assert_eq!(
        request.header("webhook-signature"),
        signature(&SECRET_BYTES, "reply-1", "1780000000", BODY)
    );
    assert_eq!(request.body, BODY, "byte for byte");
}

#[tokio::test]
async fn only_2xx_confirms_a_delivery() {
    for status in [200, 201, 202, 204, 299] {
        let sink = Sink::start([Reply::Raw(
            format!("HTTP/1.1 {status} \r\n\r\n").into_bytes(),
        )])
        .await;
        let sent = sink.webhook().send(&egress(), "k", at(0), BODY).await;
        assert_eq!(sent, Ok(()), "{status}");
    }
    for status in [300, 302, 400, 404, 500] {
        let sink = Sink::start([Reply::Status(status)]).await;
        let sent = sink.webhook().send(&egress(), "k", at(0), BODY).await;
        let Err(SendError::Status { status: found, .. }) = sent else {
            panic!("{status}: {sent:?}");
        };
        assert_eq!(found.as_u16(), status);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Sink::start([]).await;
    let redirect = format!(
        "HTTP/1.1 307 \r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n",
        elsewhere.address
    );
    let sink = Sink::start([Reply::Raw(redirect.into_bytes())]).await;
    let error = sink.webhook().send(&egress(), "k", at(0), BODY).await;
    let error = error.expect_err("no delivery");
    assert!(error.is_final());
    assert!(error.to_string().contains("not followed"), "{error}");
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn an_endless_answer_confirms_a_delivery() {
    let sink = Sink::start([Reply::Endless]).await;
    let egress = Egress::new(EgressSettings {
        // The test does not wait for it.
        timeout: Duration::from_secs(100_000),
        ..settings()
    });
    let sent = sink.webhook().send(&egress, "k", at(0), BODY).await;
    assert_eq!(sent, Ok(()));
}

#[tokio::test]
async fn an_endless_head_is_not_read() {
    let mut head = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    head.resize(1 << 20, b'x');
    let sink = Sink::start([Reply::Raw(head)]).await;
    let error = sink.webhook().send(&egress(), "k", at(0), BODY).await;
    assert!(
        is_interrupted(error.as_ref().expect_err("an endless head")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_silent_target_times_out() {
    let sink = Sink::start([Reply::Silence]).await;
    let limit = Duration::from_millis(50);
    let egress = Egress::new(EgressSettings {
        timeout: limit,
        ..settings()
    });
    let error = sink.webhook().send(&egress, "k", at(0), BODY).await;
    let error = error.expect_err("no answer");
    assert!(!error.is_final());
    assert_eq!(
        error.to_string(),
        format!(
            "http://{} did not answer within 50ms; check its load and its log",
            sink.address
        )
    );
}

#[tokio::test]
async fn an_incomplete_answer_is_not_a_final_failure() {
    for bytes in [
        &b""[..],
        b"HTTP/1.1 20",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"\0\0\0",
    ] {
        let sink = Sink::start([Reply::Raw(bytes.to_vec())]).await;
        let error = sink.webhook().send(&egress(), "k", at(0), BODY).await;
        let error = error.expect_err("no answer");
        assert!(!error.is_final(), "{error}");
        assert!(is_interrupted(&error), "{error}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_not_a_final_failure() {
    let (sink, listener) = Sink::bind([]).await;
    drop(listener);
    let error = sink.webhook().send(&egress(), "k", at(0), BODY).await;
    let error = error.expect_err("not listening");
    assert!(!error.is_final());
    let words = format!("accepts no connection at {}", sink.address);
    assert!(error.to_string().contains(&words), "{error}");
}

#[tokio::test]
async fn no_error_contains_a_secret() {
    let mut errors = Vec::new();
    for reply in [
        Reply::Status(301),
        Reply::Status(401),
        Reply::Status(500),
        Reply::Raw(b"nonsense".to_vec()),
    ] {
        let sink = Sink::start([reply]).await;
        errors.push(sink.webhook().send(&egress(), "k", at(0), BODY).await);
    }
    for url in [
        "http://127.0.0.1:1/in?token=hush",
        "https://10.0.0.1/in?token=hush",
        "http://8.8.8.8/in?token=hush",
    ] {
        errors.push(webhook(url).send(&egress(), "k", at(0), BODY).await);
    }
    for error in errors {
        let error = error.expect_err("not delivered");
        for text in [error.to_string(), format!("{error:?}")] {
            for secret in ["hush", "/in", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "vu"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
    let printed = format!("{:?}", webhook("https://hooks.example/in?token=hush"));
    assert!(
        !printed.contains("hush") && !printed.contains("MfK"),
        "{printed}"
    );
}
