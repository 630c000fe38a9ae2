//! Signatures that others computed: from the tests of the vendors' libraries, or
//! with Python's `hmac` and `hashlib` by the vendor's rule.

use jiff::Timestamp;
use patchbay_adapter::verify::answer_x_challenge;
use patchbay_adapter::{Headers, InboundRequest, Method, Rejection, Scheme, Secrets};
use serde_json::Value;

use crate::sample::Sample;

const TWILIO_URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const TWILIO_FORM: &str = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
const TWILIO_JSON: &str = r#"{"property": "value", "boolean": true}"#;
const TWILIO_JSON_DIGEST: &str = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
/// Digest of `{}`.
const EMPTY_DIGEST: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

const SLACK_BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
const META_BODY: &str = r#"{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"message":{"mid":"m_1","text":"\u00e4\u00f6\u00e5 \ud83d\ude00"}}]}]}"#;
const MESSAGEBIRD_URL: &str = "https://care.example/hooks?recipient=31612345678&status=delivered&reference=FOO&statusDatetime=2019-01-11T09%3A17%3A11%2B00%3A00&id=eef0ab57a9e049be946f3821568c2b2e&ported=1&mccmnc=20408";
const MESSAGEBIRD_SECRET: &str = "PlLrKaqvZNRR5zAjm42ZT6q1SQxgbbGd";
const VONAGE_BODY: &[u8] =
    br#"{"message_uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab","channel":"sms","text":"hi"}"#;
const VONAGE_TOKEN: &str = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6ImQ0ZTc0ODlmY2ExZmYxYWMzNGE2Mjk5Y2I5ZWIzZWIyZDAzNDBmNWU1MmM5NTE4NGExNTJiOWY2NGQ0MzY2ZDgiLCJhcGlfa2V5IjoiYTFiMmMzZCJ9.HJYq0cCAlJ32EcpIBtcv6TCcyK9M1uGD-Q2rC63OzU0";
/// The same claims, signed with HS384.
const VONAGE_HS384: &str = "Bearer eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6ImQ0ZTc0ODlmY2ExZmYxYWMzNGE2Mjk5Y2I5ZWIzZWIyZDAzNDBmNWU1MmM5NTE4NGExNTJiOWY2NGQ0MzY2ZDgiLCJhcGlfa2V5IjoiYTFiMmMzZCJ9.TGMC96Hcozah6ZpiXSd6ktgN8uWmaQF3a8xKmKim3sRNclv53RS--qwz-cz0vmKN";
/// Issued by `Nexmo`.
const VONAGE_OTHER_ISSUER: &str = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6Ik5leG1vIiwicGF5bG9hZF9oYXNoIjoiZDRlNzQ4OWZjYTFmZjFhYzM0YTYyOTljYjllYjNlYjJkMDM0MGY1ZTUyYzk1MTg0YTE1MmI5ZjY0ZDQzNjZkOCIsImFwaV9rZXkiOiJhMWIyYzNkIn0.cxZwx_Zp05N4zyG4dpW4rbysWDNZtYkCXJU6JjKGJfg";
/// Without `payload_hash`.
const VONAGE_WITHOUT_DIGEST: &str = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1MTFiNSIsImlzcyI6IlZvbmFnZSIsImFwaV9rZXkiOiJhMWIyYzNkIn0.owd0nEV7n05w0VMBC7VXiyeZZJDC0NrJx_bx-5tPwj8";

fn twilio(name: &'static str, url: &str, form: &str, signature: &str) -> Sample {
    Sample::new(name, Scheme::Twilio, "12345", form.as_bytes())
        .url(url)
        .header("X-Twilio-Signature", signature)
        .header(
            "Content-Type",
            "application/x-www-form-urlencoded; charset=UTF-8",
        )
}

fn twilio_json(name: &'static str, url: &str, body: &str, signature: &str) -> Sample {
    Sample::new(name, Scheme::Twilio, "12345", body.as_bytes())
        .url(url)
        .header("X-Twilio-Signature", signature)
        .header("Content-Type", "application/json")
}

fn vonage_sms(name: &'static str, scheme: Scheme, signature: &str) -> Sample {
    let url =
        format!("https://care.example/hooks?param=value&timestamp=1234567890&sig={signature}");
    Sample::new(name, scheme, "signature_secret", b"")
        .at(1_234_567_890)
        .url(&url)
}

fn standard_webhooks(name: &'static str, secret: &str, prefix: &str, signature: &str) -> Sample {
    let body = br#"{"test": 2432232314}"#;
    Sample::new(name, Scheme::StandardWebhooks, secret, body)
        .at(1_614_265_330)
        .header(&format!("{prefix}-signature"), signature)
        .header(&format!("{prefix}-id"), "msg_p5jXN8AQM9LWM0D4loKWxJek")
        .header(&format!("{prefix}-timestamp"), "1614265330")
}

const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const STANDARD_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// Every vector: a request that must pass.
pub(crate) fn samples() -> Vec<Sample> {
    let with_port = |port: &str| TWILIO_URL.replace(".com/", &format!(".com:{port}/"));
    let http = |port: &str| with_port(port).replace("https", "http");
    let digest = |url: &str, digest: &str| format!("{url}&bodySHA256={digest}");
    let only_digest = format!("https://mycompany.com/myapp.php?bodySHA256={TWILIO_JSON_DIGEST}");
    let addresses =
        "MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx";
    vec![
        // twilio-python, tests/unit/test_request_validator.py
        twilio("twilio", TWILIO_URL, TWILIO_FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        twilio("twilio 443", &with_port("443"), TWILIO_FORM, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        twilio("twilio 443 added", TWILIO_URL, TWILIO_FORM, "kvajT1Ptam85bY51eRf/AJRuM3w="),
        twilio(
            "twilio 443 removed",
            &with_port("443"),
            TWILIO_FORM,
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        twilio("twilio http 80", &http("80"), TWILIO_FORM, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
        twilio(
            "twilio http 80 added",
            &TWILIO_URL.replace("https", "http"),
            TWILIO_FORM,
            "0ZXoZLH/DfblKGATFgpif+LLRf4=",
        ),
        twilio("twilio http 1234", &http("1234"), TWILIO_FORM, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
        // By the same rule, with Python.
        twilio(
            "twilio https 1234",
            &with_port("1234"),
            TWILIO_FORM,
            "CYn1h0gLBdNxDGkKJg6hYohgeD8=",
        ),
        twilio(
            "twilio credentials",
            &TWILIO_URL.replace("://", "://user:pass@"),
            TWILIO_FORM,
            "CukzLTc1tT5dXEDIHm/tKBanW10=",
        ),
        twilio(
            "twilio repeated parameter",
            TWILIO_URL,
            "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
        twilio("twilio list", TWILIO_URL, addresses, "83O6e2vORAoJHUNzJjDWN1jz+BA="),
        twilio_json(
            "twilio json",
            &digest(TWILIO_URL, TWILIO_JSON_DIGEST),
            TWILIO_JSON,
            "a9nBmqA0ju/hNViExpshrM61xv4=",
        ),
        twilio_json(
            "twilio json only digest",
            &only_digest,
            TWILIO_JSON,
            "y77kIzt2vzLz71DgmJGsen2scGs=",
        ),
        twilio_json(
            "twilio empty json, port added",
            &digest(TWILIO_URL, EMPTY_DIGEST),
            "{}",
            "Ldidvp12m26NI7eqEvxnEpkd9Hc=",
        ),
        // python-slack-sdk, tests/slack_sdk/signature/test_signature_verifier.py
        Sample::new("slack", Scheme::Slack, "8f742231b10e8888abcd99yyyzzz85a5", SLACK_BODY.as_bytes())
            .at(1_531_420_618)
            .header(
                "X-Slack-Signature",
                "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
            )
            .header("X-Slack-Request-Timestamp", "1531420618"),
        // line-bot-sdk-python, tests/test_webhook.py
        Sample::new("line", Scheme::Line, "channel_secret", b"bodybodybodybody")
            .header("x-line-signature", "/gg9a+LvFevTH1sd7XCQycD7tsWclCsInj7MhBHxN7k="),
        // viber-bot-python, tests/api/test_api.py
        Sample::new(
            "viber",
            Scheme::Viber,
            "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3",
            br#"{"event":"webhook","timestamp":4977069964384421269,"message_token":1478683725125}"#,
        )
        .header(
            "X-Viber-Content-Signature",
            "d21b343448c8aee33b8e93768ef6ceb64a6ba6163099973a2b8bd028fea510ef",
        ),
        // The reference libraries of Standard Webhooks, and Svix.
        standard_webhooks("standard webhooks", STANDARD_SECRET, "webhook", STANDARD_SIGNATURE),
        standard_webhooks("svix", STANDARD_SECRET, "svix", STANDARD_SIGNATURE),
        standard_webhooks(
            "standard webhooks ed25519",
            "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
            "webhook",
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        ),
        // messagebird python-rest-api, tests/test_signed_request.py
        Sample::new("messagebird empty", Scheme::MessageBirdRequest, MESSAGEBIRD_SECRET, b"")
            .at(1_547_198_231)
            .url(MESSAGEBIRD_URL)
            .header("MessageBird-Signature", "KVBdcVdz2lYMwcBLZCRITgxUfA/WkwSi+T3Wxl2HL6w=")
            .header("MessageBird-Request-Timestamp", "1547198231"),
        Sample::new(
            "messagebird body",
            Scheme::MessageBirdRequest,
            MESSAGEBIRD_SECRET,
            br#"{"foo":"bar"}"#,
        )
        .at(1_547_198_231)
        .url(MESSAGEBIRD_URL)
        .header("MessageBird-Signature", "2bl+38H4oHVg03pC3bk2LvCB0IHFgfC4cL5HPQ0LdmI=")
        .header("MessageBird-Request-Timestamp", "1547198231"),
        // vonage-python-sdk, http_client/tests/test_auth.py; the others with Python.
        vonage_sms("vonage md5", Scheme::VonageSmsMd5, "655a4d0b7f064dff438defc52b012cf5"),
        vonage_sms(
            "vonage sha1",
            Scheme::VonageSmsSha1,
            "ffa9a262fb8908000ad07e561380a35c4f9a54bb",
        ),
        vonage_sms(
            "vonage sha256",
            Scheme::VonageSmsSha256,
            "620bd8c81f41a0bb1a4147919c0c29bd308245632c29e4f456d42a6136791774",
        ),
        vonage_sms(
            "vonage sha512",
            Scheme::VonageSmsSha512,
            "f893374ce3b96e2fe6e1796e4c30fb9d83bceb7016eefedf53dcb3526efd5f0493dc947378e6a5a5d697675bf5ae216a11a79bb56ae800ac3fc7228a29356722",
        ),
        // With Python: `&` and `=` of a value are signed as `_`; parameters in a form
        // and in JSON.
        Sample::new(
            "vonage form",
            Scheme::VonageSmsSha256,
            "signature_secret",
            b"text=a%26b%3Dc&msisdn=447700900001&timestamp=1234567890&sig=8592898168d8117b4c73287b887711d5618a95b9ec94393145a3bf134bc0e2ad",
        )
        .at(1_234_567_890),
        Sample::new(
            "vonage json",
            Scheme::VonageSmsSha256,
            "signature_secret",
            br#"{"text":"a&b=c","msisdn":"447700900001","timestamp":1234567890,"sig":"8592898168d8117b4c73287b887711d5618a95b9ec94393145a3bf134bc0e2ad"}"#,
        )
        .at(1_234_567_890)
        .header("Content-Type", "application/json; charset=utf-8"),
        Sample::new("vonage jwt", Scheme::VonageMessages, "vonage_secret", VONAGE_BODY)
            .header("Authorization", VONAGE_TOKEN),
        Sample::new("meta", Scheme::Meta, "app_secret", META_BODY.as_bytes()).header(
            "X-Hub-Signature-256",
            "sha256=357765401d420346bdb0e47921d1aa25a7bcf036281e4899d5b51175207caaf8",
        ),
        Sample::new(
            "x",
            Scheme::X,
            "consumer_secret",
            br#"{"data":{"event_uuid":"1","event_type":"post.mention.create"}}"#,
        )
        .header(
            "x-twitter-webhooks-signature",
            "sha256=uk8o1VOTH0XAXqID1nB6GAF3JQEqt30XQfgMGY6zrM4=",
        ),
        Sample::new(
            "zendesk",
            Scheme::Zendesk,
            "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
            br#"{"a":1}"#,
        )
        .at(1_616_648_967)
        .header("X-Zendesk-Webhook-Signature", "/mXSigLOoEkcTQbsWqgaVKrxFhN+K298pf/niM2rAnI=")
        .header("X-Zendesk-Webhook-Signature-Timestamp", "2021-03-25T05:09:27Z"),
        // GET and DELETE have no body. With Python.
        Sample::new(
            "zendesk empty",
            Scheme::Zendesk,
            "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
            b"",
        )
        .at(1_616_648_967)
        .header("X-Zendesk-Webhook-Signature", "wCdBvXaHttn0wRVIYctzZ9O6O0bnqWakJMEKZ9VoRWw=")
        .header("X-Zendesk-Webhook-Signature-Timestamp", "2021-03-25T05:09:27Z"),
        Sample::new("chatwoot", Scheme::Chatwoot, "secret", br#"{"event":"message_created"}"#)
            .header(
                "X-Chatwoot-Signature",
                "sha256=4fbf414139098588cc31e819ccebf960699d147368b51572e7657c1332d9c962",
            )
            .header("X-Chatwoot-Timestamp", "1700000000"),
        Sample::new("discourse", Scheme::Discourse, "discourse_secret", br#"{"ping":"OK"}"#)
            .header(
                "X-Discourse-Event-Signature",
                "sha256=088cfe2f0cdbbe47d8c171ab6d2e3fe8db2bbbd0d7d91a2a63cacf4b4f54b09a",
            ),
        Sample::new("zammad", Scheme::Zammad, "zammad_token", br#"{"ticket":{"id":1}}"#)
            .header("X-Hub-Signature", "sha1=173f0ac5493b53bd8157e26d481726219f5feb03"),
        Sample::new("telegram", Scheme::Telegram, "A-Secret_1", br#"{"update_id":1}"#)
            .header("X-Telegram-Bot-Api-Secret-Token", "A-Secret_1"),
    ]
}

#[test]
fn every_vector_passes_and_every_scheme_has_one() {
    let samples = samples();
    for sample in &samples {
        assert_eq!(sample.verify(), Ok(()), "{}", sample.name);
    }
    for scheme in Scheme::ALL {
        // Those of MessageBird's JWT are in a file of their own.
        let is_shown = samples.iter().any(|sample| sample.scheme == scheme);
        assert!(is_shown || scheme == Scheme::MessageBirdJwt, "{scheme}");
    }
}

/// The vendor's cases (messagebird python-rest-api,
/// `tests/test_request_validator/webhook_signature_test_data.json`), once for each
/// token, URL and body: the method is not signed.
#[test]
fn messagebird_tokens_agree_with_the_vendors_cases() {
    let file = include_str!("cases/messagebird_jwt.json");
    let cases: Vec<Value> = serde_json::from_str(file).expect("JSON");
    assert_eq!(cases.len(), 16);
    for case in cases {
        let text = |name: &str| case[name].as_str().unwrap_or_default();
        let now: Timestamp = text("timestamp").parse().expect("a time");
        let sample = Sample::new(
            "messagebird jwt",
            Scheme::MessageBirdJwt,
            case["secret"].as_str().unwrap_or("unused"),
            text("payload").as_bytes(),
        )
        .at(now.as_second())
        .url(text("url"))
        .header("MessageBird-Signature-JWT", text("token"));
        let expected = match text("rejection") {
            "" => Ok(()),
            code => Err(Rejection::from_code(code).expect("a code")),
        };
        assert_eq!(sample.verify(), expected, "{}", text("name"));
    }
}

#[test]
fn a_vonage_token_needs_its_algorithm_issuer_digest_and_time() {
    let sample = |token: &str, body: &[u8]| {
        Sample::new("vonage jwt", Scheme::VonageMessages, "vonage_secret", body)
            .header("Authorization", token)
    };
    for (token, body, result) in [
        (VONAGE_HS384, VONAGE_BODY, Err(Rejection::Malformed)),
        (VONAGE_OTHER_ISSUER, VONAGE_BODY, Err(Rejection::Mismatch)),
        (VONAGE_WITHOUT_DIGEST, VONAGE_BODY, Err(Rejection::Mismatch)),
        (VONAGE_WITHOUT_DIGEST, b"", Ok(())),
        (VONAGE_TOKEN, b"", Err(Rejection::Mismatch)),
        (
            &VONAGE_TOKEN.replace("Bearer", "bearer"),
            VONAGE_BODY,
            Ok(()),
        ),
        (
            &VONAGE_TOKEN.replace("Bearer", "Basic"),
            VONAGE_BODY,
            Err(Rejection::Malformed),
        ),
        (
            &VONAGE_TOKEN.replace("Bearer ", ""),
            VONAGE_BODY,
            Err(Rejection::Malformed),
        ),
    ] {
        assert_eq!(sample(token, body).verify(), result, "{token}");
    }
}

/// The same JSON written again as UTF-8 has another signature.
#[test]
fn a_body_that_was_parsed_and_written_again_is_refused() {
    let body = META_BODY
        .replace(r"\u00e4\u00f6\u00e5", "äöå")
        .replace(r"\ud83d\ude00", "😀");
    let as_sent = "sha256=357765401d420346bdb0e47921d1aa25a7bcf036281e4899d5b51175207caaf8";
    let written = "sha256=d795e94af10e1d890ee7dd79faebed39222d48eeea2aa6a2560ebb688c55a0c9";
    let sample = |signature: &str| {
        Sample::new("meta", Scheme::Meta, "app_secret", body.as_bytes())
            .header("X-Hub-Signature-256", signature)
    };
    assert_eq!(sample(as_sent).verify(), Err(Rejection::Mismatch));
    assert_eq!(sample(written).verify(), Ok(()));
}

#[test]
fn the_challenge_of_x_is_answered_with_its_code() {
    let answer = |method: Method, query: &str| {
        let request = InboundRequest {
            method,
            url: &format!("https://care.example/hooks{query}"),
            headers: Headers::default(),
            body: b"",
        };
        let secrets = Secrets::one("consumer_secret").expect("a secret");
        answer_x_challenge(&request, &secrets).map(|answer| answer.map(|answer| answer.body))
    };
    let code = r#"{"response_token":"sha256=fjWHvqibQE5TlTy7oxQHx4miKlsumjStzrgZsaEU8vQ="}"#;
    let known = "?crc_token=crc_token_value";
    assert_eq!(answer(Method::Get, known), Ok(Some(code.to_owned())));
    let more = "?crc_token=crc_token_value&nonce=1";
    assert_eq!(answer(Method::Get, more), Ok(Some(code.to_owned())));
    assert_eq!(answer(Method::Post, known), Ok(None));
    assert_eq!(answer(Method::Get, "?nonce=1"), Ok(None));
    assert_eq!(
        answer(Method::Get, "?crc_token="),
        Err(Rejection::Malformed)
    );
    let doubled = "?crc_token=a&crc_token=b";
    assert_eq!(answer(Method::Get, doubled), Err(Rejection::Doubled));
    let long = format!("?crc_token={}", "a".repeat(1_025));
    assert_eq!(answer(Method::Get, &long), Err(Rejection::Malformed));
}
