//! Questions to providers, and what their answers show.

use jiff::Timestamp;
use patchbay_adapter::probe::{Finding, MOST_PROBES, Probe, ProbeRequest};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, CompanyKey, Exchange, MailAnswer, Response, SecretStore,
    Secrets, Sending,
};
use patchbay_channels::{ADAPTERS, adapter_kind};
use patchbay_model::mail_server::MailStep;
use serde_json::{Map, Value, json};

use crate::{app_store, play_store};

const URL: &str = "https://care.northwind.example/webhooks/northwind/x/main";
/// A word in answers that no finding may show.
const WORD: &str = "Zwetschgendatschi";

/// An adapter with these settings in place of the examples.
fn open_with(kind: &AdapterKind, settings: &Value) -> Box<dyn Adapter> {
    let examples = kind.settings.iter().map(|setting| {
        let value = serde_json::from_str(setting.example).expect(setting.name);
        (setting.name.to_owned(), value)
    });
    let mut all: Map<String, Value> = examples.collect();
    for (name, value) in settings.as_object().expect("settings") {
        all.insert(name.clone(), value.clone());
    }
    let mut secrets = SecretStore::default();
    for role in kind.secrets {
        let text = match role.name {
            "bot-token" if kind.name == "telegram" => "7000000001:hush",
            "service-account" => play_store::SERVICE_ACCOUNT,
            "private-key" => app_store::PRIVATE_KEY,
            _ => "hush-hush-hush-hush-hush-hush",
        };
        secrets.insert(role.name, Secrets::one(text).expect("a secret"));
    }
    let config = AccountConfig {
        settings: all,
        secrets,
        company_key: CompanyKey::new([7; 32]),
    };
    (kind.open)(&config).unwrap_or_else(|error| panic!("{}: {error}", kind.name))
}

fn open(name: &str) -> Box<dyn Adapter> {
    open_with(adapter_kind(name).expect("an adapter"), &json!({}))
}

/// What an answer to the question about a topic shows, as `verdict code`.
fn shown(adapter: &dyn Adapter, topic: &str, status: u16, body: &Value) -> Vec<String> {
    let probes = adapter.probe();
    let probe = probes.iter().find(|probe| probe.topic == topic);
    let probe = probe.expect("the topic");
    let findings = findings(adapter, probe, status, body.to_string().as_bytes());
    let findings = findings.iter();
    findings
        .map(|finding| format!("{} {}", finding.verdict, finding.code))
        .collect()
}

fn findings(adapter: &dyn Adapter, probe: &Probe, status: u16, body: &[u8]) -> Vec<Finding> {
    let headers = [("x-oauth-scopes", b"chat:write".as_slice())];
    let response = Response {
        status,
        headers: headers.into_iter().collect(),
        body,
        at: "2026-03-03T10:00:00Z".parse::<Timestamp>().expect("a time"),
    };
    adapter.probe_result(probe, &Exchange::Answered(response), Some(URL))
}

#[test]
fn questions_only_read() {
    for kind in ADAPTERS {
        let adapter = open_with(kind, &json!({}));
        let probes = adapter.probe();
        assert!(probes.len() <= MOST_PROBES, "{}", kind.name);
        let asks = !probes.is_empty();
        let is_polled = kind.inbound.iter().any(|way| way.is_polled());
        let can_ask = kind.has_provider && (kind.sending != Sending::Never || is_polled);
        assert_eq!(asks, can_ask, "{}", kind.name);
        assert!(asks || !adapter.unprobed().is_empty(), "{}", kind.name);
        for probe in probes {
            match probe.request {
                ProbeRequest::Get(_) => {}
                ProbeRequest::Post(request) => {
                    let path = request.url.rsplit('/').next().unwrap_or_default();
                    assert!(["auth.test", "get_account_info"].contains(&path), "{path}");
                    assert_eq!(&request.body[..], b"{}");
                }
                ProbeRequest::Mail(_) | ProbeRequest::Mailbox(_) => assert_eq!(kind.name, "email"),
            }
        }
    }
    let many: Vec<String> = (100..150).map(|id| id.to_string()).collect();
    let whatsapp = adapter_kind("whatsapp").expect("an adapter");
    let many = open_with(whatsapp, &json!({"accounts": many}));
    assert_eq!(many.probe().len(), MOST_PROBES);
}

#[test]
fn whatever_a_provider_answers_is_told_in_our_own_words() {
    let bodies: [Value; 10] = [
        json!(null),
        json!([]),
        json!({}),
        json!({"ok": true}),
        json!({"ok": false, "error": WORD}),
        json!({"status": 0, "webhook": WORD, "event_types": [WORD], "name": WORD}),
        json!({"error": {"code": 190, "message": WORD}}),
        json!({"error": {"code": 999_999, "message": WORD}}),
        json!({"id": WORD, "user_id": WORD, "userId": WORD, "endpoint": WORD, "sid": WORD,
            "data": [{"url": WORD, "subscribed_fields": [WORD]}],
            "webhook_configuration": {"application": WORD}}),
        json!({"ok": true, "team_id": WORD, "user_id": WORD, "result": {"id": WORD, "url": WORD,
            "last_error_date": 1_772_532_000, "last_error_message": WORD,
            "pending_update_count": 3, "allowed_updates": [WORD]}}),
    ];
    for kind in ADAPTERS {
        let adapter = open_with(kind, &json!({}));
        for probe in adapter.probe() {
            for status in [200, 201, 204, 301, 400, 401, 403, 404, 429, 500, 503] {
                for body in &bodies {
                    let text = body.to_string();
                    for body in [text.as_bytes(), b"", b"\xff", b"<html>"] {
                        let found = findings(&*adapter, &probe, status, body);
                        assert!(!found.is_empty(), "{} {status} {text}", kind.name);
                        let shown = format!("{found:?}");
                        assert!(!shown.contains(WORD), "{} {shown}", kind.name);
                        assert!(!shown.contains("hush"), "{} {shown}", kind.name);
                    }
                }
            }
            for exchange in [Exchange::Unsent, Exchange::Lost] {
                let found = adapter.probe_result(&probe, &exchange, None);
                assert_eq!(found[0].verdict.as_str(), "wrong", "{}", kind.name);
            }
        }
    }
}

#[test]
fn the_override_of_a_number_goes_before_the_webhook_of_the_app() {
    let adapter = open("whatsapp");
    let number = |configuration: Value| {
        let body = json!({"id": "1122334455667", "webhook_configuration": configuration});
        shown(&*adapter, "number", 200, &body)
    };
    let other = "https://old.example/";
    let right = ["right token", "right webhook-url"];
    assert_eq!(number(json!({"application": URL})), right);
    assert_eq!(
        number(json!({"phone_number": URL, "application": other})),
        right
    );
    let wrong = ["right token", "wrong webhook-url"];
    assert_eq!(
        number(json!({"phone_number": other, "application": URL})),
        wrong
    );
    assert_eq!(number(json!({})), wrong);
    let unknown = shown(&*adapter, "number", 200, &json!({"id": "1122334455667"}));
    assert_eq!(unknown, ["right token", "unchecked webhook-url"]);
    let error = |code: i64| shown(&*adapter, "number", 400, &json!({"error": {"code": code}}));
    assert_eq!(error(190), ["wrong token"]);
    assert_eq!(error(100), ["wrong account"]);
    assert_eq!(error(4), ["unchecked busy"]);
}

#[test]
fn a_feature_of_meta_without_its_subscription_is_found() {
    let adapter = open("instagram");
    let subscribed = |fields: &[&str]| {
        let apps =
            json!({"data": [{"subscribed_fields": ["story"]}, {"subscribed_fields": fields}]});
        shown(&*adapter, "subscriptions", 200, &apps)
    };
    assert_eq!(
        subscribed(&["messages", "comments"]),
        ["advice subscriptions"]
    );
    let missing = subscribed(&["messages", "mentions"]);
    assert_eq!(missing, ["wrong subscriptions", "advice subscriptions"]);
    let none = shown(&*adapter, "subscriptions", 200, &json!({"data": []}));
    assert_eq!(none, ["wrong subscriptions", "advice subscriptions"]);
}

#[test]
fn a_bot_of_telegram_tells_what_it_gets_and_what_fails() {
    let adapter = open("telegram");
    let webhook = |info: Value| {
        let mut info = info;
        info["url"] = URL.into();
        let body = json!({"ok": true, "result": info});
        shown(&*adapter, "webhook", 200, &body)
    };
    // Without a list, Telegram leaves reactions out.
    let by_default = ["right webhook-url", "advice subscriptions"];
    assert_eq!(webhook(json!({})), by_default);
    // Half an hour ago, and two hours ago.
    let failing = webhook(json!({"last_error_date": 1_772_530_200, "pending_update_count": 2}));
    assert_eq!(failing.last().map(String::as_str), Some("wrong deliveries"));
    let over = webhook(json!({"last_error_date": 1_772_530_200, "pending_update_count": 0}));
    assert_eq!(over.last().map(String::as_str), Some("advice deliveries"));
    let old = webhook(json!({"last_error_date": 1_772_524_800, "pending_update_count": 2}));
    assert_eq!(old, by_default);
    for status in [401, 404] {
        assert_eq!(shown(&*adapter, "bot", status, &json!({})), ["wrong token"]);
    }
}

#[test]
fn the_rest_of_the_providers_tell_what_is_wrong() {
    let line = open("line");
    let missing = shown(&*line, "webhook", 404, &json!({"message": "Not found"}));
    assert_eq!(missing, ["wrong webhook-url"]);
    let off = shown(
        &*line,
        "webhook",
        200,
        &json!({"endpoint": URL, "active": false}),
    );
    assert_eq!(off, ["right webhook-url", "wrong webhook-active"]);
    let slack = open("slack");
    let bot =
        json!({"ok": true, "team_id": "T0123456789", "user_id": "U9", "app_id": "A0123456789"});
    let other = shown(&*slack, "bot", 200, &bot);
    assert_eq!(other, ["right token", "wrong account", "advice scopes"]);
    let revoked = json!({"ok": false, "error": "token_revoked"});
    assert_eq!(shown(&*slack, "bot", 200, &revoked), ["wrong token"]);
    let viber = open("viber");
    let info = json!({"status": 0, "webhook": URL, "event_types": ["delivered", "failed"]});
    let found = shown(&*viber, "bot", 200, &info);
    assert_eq!(
        found,
        ["right token", "right webhook-url", "advice subscriptions"]
    );
    assert_eq!(
        shown(&*viber, "bot", 200, &json!({"status": 2})),
        ["wrong token"]
    );
    let x = open("x");
    let hooks = |valid: bool| json!({"data": [{"url": "https://a.example/", "valid": true}, {"url": URL, "valid": valid}]});
    let found = |valid| shown(&*x, "webhooks", 200, &hooks(valid));
    assert_eq!(found(true), ["right webhook-url", "right webhook-valid"]);
    assert_eq!(found(false), ["right webhook-url", "wrong webhook-valid"]);
}

#[test]
fn a_key_of_a_forum_is_of_its_user() {
    let forum = open("discourse");
    let user = |name: &str| json!({"current_user": {"id": 87, "username": name}});
    let found = |status, body: &Value| shown(&*forum, "user", status, body);
    assert_eq!(found(200, &user("northwind_care")), ["right token"]);
    assert_eq!(found(200, &user("Northwind_Care")), ["right token"]);
    assert_eq!(found(200, &user("ana")), ["wrong account"]);
    assert_eq!(found(200, &json!({})), ["wrong unexpected-answer"]);
    // Also what a granular key is answered.
    for status in [401, 403, 404] {
        assert_eq!(found(status, &json!({})), ["wrong token"], "{status}");
    }
}

#[test]
fn a_number_of_a_messaging_service_may_have_another_url() {
    let kind = adapter_kind("sms").expect("an adapter");
    let service = "MG00000000000000000000000000000000";
    let body = |number: &str| {
        json!({"incoming_phone_numbers": [
        {"phone_number": number, "sms_url": "https://old.example/"}]})
    };
    let of = |accounts: Value, number: &str| {
        let adapter = open_with(kind, &json!({"accounts": accounts}));
        shown(&*adapter, "number", 200, &body(number))
    };
    let number = "+351210000000";
    assert_eq!(of(json!([number]), number), ["wrong webhook-url"]);
    let with_service = of(json!([number, service]), number);
    assert_eq!(with_service, ["unchecked webhook-url"]);
    // Twilio finds numbers by a pattern.
    assert_eq!(of(json!([number]), "+3512100000001"), ["wrong account"]);
}

#[test]
fn a_number_takes_calls_by_its_own_url() {
    let kind = adapter_kind("phone").expect("an adapter");
    let number = "+351210000000";
    let settings = json!({"accounts": [number], "status-callback": URL});
    let adapter = open_with(kind, &settings);
    let found = |fields: Value| {
        let mut number = json!({"phone_number": number, "voice_url": URL});
        for (name, value) in fields.as_object().expect("fields") {
            number[name] = value.clone();
        }
        let body = json!({"incoming_phone_numbers": [{"phone_number": "+1"}, number]});
        shown(&*adapter, "number", 200, &body)
    };
    assert_eq!(found(json!({})), ["right webhook-url"]);
    let other = json!({"voice_url": "https://old.example/", "sms_url": URL});
    assert_eq!(found(other), ["wrong webhook-url"]);
    assert_eq!(found(json!({"voice_url": null})), ["wrong webhook-url"]);
    for name in ["voice_application_sid", "trunk_sid"] {
        assert_eq!(found(json!({name: "AP1"})), ["unchecked webhook-url"]);
    }
    let mute = json!({"capabilities": {"voice": false, "sms": true}});
    assert_eq!(found(mute), ["wrong account"]);
    let another = found(json!({"phone_number": "+3512100000001"}));
    assert_eq!(another, ["wrong account"]);
}

#[test]
fn calls_without_a_url_for_their_statuses_are_found() {
    let kind = adapter_kind("phone").expect("an adapter");
    let sid = "AC0123456789abcdef0123456789abcdef";
    let found = |callback: &str| {
        let adapter = open_with(kind, &json!({"status-callback": callback}));
        shown(&*adapter, "account", 200, &json!({"sid": sid}))
    };
    assert_eq!(found(URL), ["right token"]);
    let other = ["right token", "wrong status-callback"];
    assert_eq!(found("https://old.example/"), other);
    let mut settings = Map::new();
    for setting in kind.settings.iter().filter(|it| it.is_required) {
        let value = serde_json::from_str(setting.example).expect(setting.name);
        settings.insert(setting.name.to_owned(), value);
    }
    let mut secrets = SecretStore::default();
    secrets.insert("auth-token", Secrets::one("hush").expect("a secret"));
    let adapter = (kind.open)(&AccountConfig {
        settings,
        secrets,
        company_key: CompanyKey::new([7; 32]),
    });
    let adapter = adapter.expect("the required settings");
    let found = shown(
        &*adapter,
        "account",
        200,
        &json!({"sid": sid, "status": "suspended"}),
    );
    let expected = ["right token", "wrong account", "advice status-callback"];
    assert_eq!(found, expected);
}

#[test]
fn a_server_of_mastodon_tells_its_account_and_limit() {
    let adapter = open("mastodon");
    let account = |body: Value| shown(&*adapter, "account", 200, &body);
    let own = ["right token"];
    assert_eq!(account(json!({"acct": "care", "username": "care"})), own);
    assert_eq!(account(json!({"acct": "Care@mastodon.example"})), own);
    assert_eq!(account(json!({"acct": "help"})), ["wrong account"]);
    assert_eq!(account(json!({})), ["wrong unexpected-answer"]);
    for (topic, status, body, finding) in [
        ("account", 401, json!({}), "wrong token"),
        ("notifications", 200, json!([]), "right notifications"),
        ("notifications", 200, json!({}), "wrong unexpected-answer"),
        ("notifications", 403, json!({}), "wrong token"),
        ("server", 429, json!({}), "unchecked busy"),
        ("server", 200, json!({}), "unchecked max-characters"),
    ] {
        assert_eq!(shown(&*adapter, topic, status, &body), [finding], "{topic}");
    }
    for (limit, verdict) in [(500, "right"), (5_000, "advice"), (300, "wrong")] {
        let body = json!({"configuration": {"statuses": {"max_characters": limit}}});
        let found = shown(&*adapter, "server", 200, &body);
        assert_eq!(found, [format!("{verdict} max-characters")]);
    }
}

#[test]
fn a_session_of_bluesky_tells_its_account() {
    let adapter = open("bluesky");
    let session = |body: Value| shown(&*adapter, "session", 200, &body);
    let own = json!({"did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "active": true});
    assert_eq!(session(own), ["right token"]);
    assert_eq!(session(json!({"did": "did:plc:other"})), ["wrong account"]);
    assert_eq!(session(json!({})), ["wrong unexpected-answer"]);
    let inactive = json!({"did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "active": false});
    assert_eq!(session(inactive), ["right token", "wrong account-state"]);
    for (topic, status, body, finding) in [
        (
            "session",
            401,
            json!({"error": "AuthMissing"}),
            "wrong token",
        ),
        ("session", 429, json!({}), "unchecked busy"),
        (
            "notifications",
            200,
            json!({"notifications": []}),
            "right notifications",
        ),
        ("notifications", 200, json!([]), "wrong unexpected-answer"),
        ("notifications", 502, json!({}), "wrong provider-failed"),
    ] {
        assert_eq!(shown(&*adapter, topic, status, &body), [finding], "{topic}");
    }
}

#[test]
fn a_mail_server_tells_whether_it_takes_the_login() {
    let adapter = open("email");
    let probe = adapter.probe().swap_remove(0);
    for (step, code, text, finding) in [
        (MailStep::Session, 250, "2.0.0 Ok", "right mail-server"),
        (
            MailStep::Login,
            535,
            "5.7.8 jo@example.org",
            "wrong mail-login",
        ),
        (MailStep::Login, 454, "4.7.0 later", "unchecked busy"),
        (MailStep::Session, 554, "no", "wrong mail-server"),
    ] {
        let answer = MailAnswer {
            message_id: "",
            step,
            code,
            text,
        };
        let found = adapter.probe_result(&probe, &Exchange::MailAnswered(answer), None);
        let shown = format!("{} {}", found[0].verdict, found[0].code);
        assert_eq!(shown, finding);
        assert!(!found[0].text.contains("example.org"), "{found:?}");
    }
}

#[test]
fn a_help_desk_tells_whose_the_token_is() {
    let chatwoot = open("chatwoot");
    let profile = |id: u64, account: u64| json!({"id": id, "accounts": [{"id": account}]});
    let found = |body| shown(&*chatwoot, "user", 200, &body);
    assert_eq!(found(profile(17, 1)), ["right token"]);
    assert_eq!(found(profile(18, 1)), ["wrong account"]);
    assert_eq!(found(profile(17, 2)), ["right token", "wrong account"]);
    assert_eq!(found(json!({})), ["wrong unexpected-answer"]);
    let zammad = open("zammad");
    let found = |status, body| shown(&*zammad, "user", status, &body);
    assert_eq!(found(200, json!({"id": 17})), ["right token"]);
    assert_eq!(found(200, json!({"id": 5})), ["wrong account"]);
    assert_eq!(found(401, json!({"error": "x"})), ["wrong token"]);
    let zendesk = open("zendesk");
    let user = |id: Value, role: &str| {
        let body = json!({"user": {"id": id, "role": role}});
        shown(&*zendesk, "user", 200, &body)
    };
    assert_eq!(user(json!(8_447_388_090_495_u64), "agent"), ["right token"]);
    assert_eq!(
        user(json!(8_447_388_090_495_u64), "end-user"),
        ["right token", "wrong permissions"]
    );
    assert_eq!(user(json!(1), "agent"), ["wrong account"]);
    // Without a valid token the answer is a user without a number.
    assert_eq!(user(json!(null), "end-user"), ["wrong token"]);
}
