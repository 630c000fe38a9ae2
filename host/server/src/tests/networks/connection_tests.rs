//! `POST …/test` asks each provider whether the connection works.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::connected_office::{ConnectedOffice, PUBLIC};
use super::stand_in::{Request, Turn};
use super::{Answer, NETWORKS, Network};

const OTHER_URL: &str = "https://old.example/hook";
/// A name in an answer that no finding may show.
const MEMBER: &str = "Zwetschgendatschi";

fn webhook(network: &Network) -> String {
    format!("{PUBLIC}/webhooks/northwind/{}/main", network.name)
}

/// What a provider answers to a question, if its webhook is at `url` and the token
/// belongs to the account `own`, or to that of the settings.
fn right(request: &Request, url: &str, own: Option<&str>) -> Answer {
    let line = request.head.lines().next().unwrap_or_default();
    let target = line.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let names = |names: &str| -> Vec<String> { names.split(' ').map(str::to_owned).collect() };
    let document = match path {
        "/v24.0/1122334455667" => {
            json!({"id": own.unwrap_or("1122334455667"), "webhook_configuration": {"application": url}})
        }
        "/v24.0/me" if target.ends_with("user_id") => {
            json!({"user_id": own.unwrap_or("17841400000000001")})
        }
        "/v24.0/me" => json!({"id": own.unwrap_or("102938475610293")}),
        "/v24.0/102938475610293/subscribed_apps" => {
            let fields = names(
                "messages message_echoes message_edits message_reactions message_deliveries message_reads messaging_postbacks standby feed mention",
            );
            json!({"data": [{"id": "1", "subscribed_fields": fields}]})
        }
        "/v24.0/17841400000000001/subscribed_apps" => {
            let fields = names(
                "messages message_edit message_reactions messaging_postbacks messaging_seen standby comments live_comments mentions",
            );
            json!({"data": [{"id": "1", "subscribed_fields": fields}]})
        }
        "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef.json" => {
            let sid = "AC0123456789abcdef0123456789abcdef";
            json!({"sid": own.unwrap_or(sid), "status": "active"})
        }
        "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/IncomingPhoneNumbers.json" => {
            assert!(target.ends_with("?PhoneNumber=%2B351210000000"), "{target}");
            let number = json!({"phone_number": "+351210000000", "sms_url": url, "voice_url": url});
            json!({"incoming_phone_numbers": [number]})
        }
        "/bot7000000001:hush-telegram-bot-token/getMe" => {
            json!({"ok": true, "result": {"id": own.unwrap_or("7000000001"), "is_bot": true}})
        }
        "/bot7000000001:hush-telegram-bot-token/getWebhookInfo" => {
            let updates = names(
                "message edited_message business_message edited_business_message deleted_business_messages message_reaction my_chat_member",
            );
            json!({"ok": true, "result": {"url": url, "pending_update_count": 0, "allowed_updates": updates}})
        }
        "/auth.test" => {
            let scopes = "chat:write,channels:history,groups:history,im:history,mpim:history,reactions:read,files:read,metadata.message:read";
            let team = own.unwrap_or("T0CARE");
            let bot = json!({"ok": true, "team_id": team, "user_id": "U0BOT", "bot_id": "B0CARE"});
            return Answer::json(200, &bot).header("x-oauth-scopes", scopes);
        }
        "/v2/bot/info" => json!({"userId": own.unwrap_or("U0123456789abcdef0123456789abcdef")}),
        "/v2/bot/channel/webhook/endpoint" => json!({"endpoint": url, "active": true}),
        "/pa/get_account_info" => {
            let events =
                names("delivered seen failed subscribed unsubscribed conversation_started");
            json!({"status": 0, "webhook": url, "event_types": events, "members": [{"name": MEMBER}]})
        }
        "/2/users/me" => json!({"data": {"id": own.unwrap_or("1716000000000000001")}}),
        "/2/webhooks" => json!({"data": [{"id": "1", "url": url, "valid": true}]}),
        "/session/current.json" => {
            json!({"current_user": {"username": own.unwrap_or("northwind_care")}})
        }
        "/api/v1/profile" => json!({"id": own.unwrap_or("17"), "accounts": [{"id": 1}]}),
        "/api/v1/users/me" => json!({"id": own.unwrap_or("17")}),
        "/api/v2/users/me" => {
            json!({"user": {"id": own.unwrap_or("8447388090777"), "role": "agent"}})
        }
        _ => panic!("no question: {line}"),
    };
    Answer::json(200, &document)
}

/// Lets the stand-in of a network answer questions.
fn answer(
    office: &ConnectedOffice,
    network: &Network,
    answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
) {
    if network.name != "email" {
        let answer = Arc::new(move |_: u32, request: &Request| answer(request));
        office.stand_in(network).accept_by(answer);
    }
}

async fn test(office: &ConnectedOffice, network: &Network) -> Value {
    let path = format!("/channels/{}/main/test", network.name);
    let tested = office.office.post(&path, json!({})).await;
    assert_eq!(tested.status, 200, "{}: {tested:?}", network.name);
    assert!(!tested.body.contains("hush"), "{tested:?}");
    assert!(!tested.body.contains(MEMBER), "{tested:?}");
    tested.json()
}

/// Codes of the findings of a verdict.
fn codes<'d>(tested: &'d Value, verdict: &str) -> Vec<&'d str> {
    let findings = tested["findings"].as_array().expect("a list");
    let findings = findings.iter().filter(|it| it["verdict"] == verdict);
    findings.filter_map(|it| it["code"].as_str()).collect()
}

fn sending() -> impl Iterator<Item = &'static &'static Network> {
    NETWORKS.iter().filter(|network| network.answers.is_some())
}

#[tokio::test]
async fn a_connection_that_works_is_found_to_work_and_no_customer_gets_anything() {
    let office = ConnectedOffice::open().await;
    for network in NETWORKS {
        if network.answers.is_some() {
            let url = webhook(network);
            answer(&office, network, move |request| right(request, &url, None));
        }
        let tested = test(&office, network).await;
        assert_eq!(tested["works"], true, "{}: {tested}", network.name);
        assert_eq!(tested["broken"], false, "{tested}");
        assert_eq!(codes(&tested, "wrong"), Vec::<&str>::new(), "{tested}");
        assert_eq!(codes(&tested, "advice"), Vec::<&str>::new(), "{tested}");
        let has_answers = !codes(&tested, "right").is_empty();
        assert_eq!(has_answers, network.answers.is_some(), "{tested}");
    }
    for network in sending() {
        // `right` panics in the stand-in at any other request than its questions.
        let requests = office.stand_in(network).requests();
        let least = usize::from(network.name != "email");
        assert!(requests.len() >= least, "{}", network.name);
    }
    let unknown = office.office.post("/channels/line/other/test", json!({}));
    unknown.await.problem(404, "unknown-connection");
}

#[tokio::test]
async fn a_token_that_is_revoked_is_found() {
    let office = ConnectedOffice::open().await;
    for network in sending() {
        let answers = network.answers.as_ref().expect("it sends replies");
        let code = match network.name {
            "email" => {
                let refusal = Answer::smtp("EHLO", 554, "5.7.1 you are on a list");
                office.stand_in(network).next([Turn::Answer(refusal)]);
                "mail-server"
            }
            _ => {
                let revoked = answers.revoked;
                answer(&office, network, move |_| revoked());
                "token"
            }
        };
        let tested = test(&office, network).await;
        assert_eq!(tested["works"], false, "{tested}");
        let wrong = codes(&tested, "wrong");
        assert!(wrong.contains(&code), "{}: {tested}", network.name);
        assert_eq!(codes(&tested, "right"), Vec::<&str>::new(), "{tested}");
    }
}

#[tokio::test]
async fn a_webhook_at_another_url_and_a_token_of_another_account_are_found() {
    let office = ConnectedOffice::open().await;
    let mut found = Vec::new();
    for network in sending().filter(|network| network.name != "email") {
        answer(&office, network, |request| {
            right(request, OTHER_URL, Some("2200000000000000002"))
        });
        let tested = test(&office, network).await;
        assert_eq!(tested["works"], false, "{tested}");
        for code in codes(&tested, "wrong") {
            found.push(format!("{} {code}", network.name));
        }
        assert!(!tested.to_string().contains("old.example"), "{tested}");
        assert!(
            !tested.to_string().contains("2200000000000000002"),
            "{tested}"
        );
    }
    // The account of Viber is a name of the company's own; Meta's products for pages, Slack,
    // forums and help desks do not tell where the webhook is.
    let expected = [
        "whatsapp account",
        "whatsapp webhook-url",
        "facebook account",
        "instagram account",
        "sms account",
        "sms webhook-url",
        "phone account",
        "phone webhook-url",
        "telegram account",
        "telegram webhook-url",
        "slack account",
        "line account",
        "line webhook-url",
        "viber webhook-url",
        "x account",
        "x webhook-url",
        "discourse account",
        "chatwoot account",
        "zammad account",
        "zendesk account",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_found_in_time() {
    let office = ConnectedOffice::set(|settings| {
        settings.egress.timeout = Duration::from_millis(500);
    });
    let office = office.await;
    for network in sending().filter(|network| network.name != "email") {
        let turns = match network.name {
            "line" => vec![Turn::Silence, Turn::Silence],
            _ => vec![Turn::Close, Turn::Close],
        };
        office.stand_in(network).next(turns);
        let tested = test(&office, network).await;
        assert_eq!(tested["works"], false, "{tested}");
        assert_eq!(codes(&tested, "wrong")[0], "no-answer", "{tested}");
    }
}

#[tokio::test]
async fn a_connection_is_tested_once_at_a_time_and_not_again_at_once() {
    let office = ConnectedOffice::open().await;
    let line = NETWORKS.iter().find(|network| network.name == "line");
    let line = *line.expect("a row");
    answer(&office, line, |_| Answer::bad_gateway());
    let path = "/channels/line/main/test";
    let many = (0..5).map(|_| office.office.post(path, json!({})));
    let answers = futures_util::future::join_all(many).await;
    let tested = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(tested.count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.problem(429, "too-many-requests");
        let wait: u64 = answer.headers["retry-after"].parse().expect("seconds");
        assert!((1..=5).contains(&wait), "{wait}");
    }
    assert_eq!(
        office.stand_in(line).requests().len(),
        2,
        "its two questions"
    );
}

/// Kinds and subjects of the active alerts.
async fn broken_alerts(office: &ConnectedOffice) -> Vec<Value> {
    let alerts = office.office.server.client.get("/v1/alerts").await.json();
    let alerts = alerts["alerts"].as_array().expect("a list");
    let broken = alerts.iter().filter(|it| it["kind"] == "channel-broken");
    broken.map(|alert| alert["subject"].clone()).collect()
}

#[tokio::test]
async fn access_that_the_provider_says_is_revoked_is_an_alert_at_once() {
    let office = ConnectedOffice::open().await;
    let x = NETWORKS.iter().find(|network| network.name == "x");
    let x = *x.expect("a row");
    let revoked = |user: &str| {
        json!({"data": {"event_uuid": "1", "filter": {}, "event_type": "oauth.revoke",
            "payload": {"user_id": user, "app_id": "29820954"}}})
        .to_string()
        .into_bytes()
    };
    office
        .delivered(x, &revoked("2200000000000000002"), 1)
        .await;
    assert_eq!(broken_alerts(&office).await, Vec::<Value>::new());
    office
        .delivered(x, &revoked("1716000000000000001"), 2)
        .await;
    assert_eq!(broken_alerts(&office).await, ["channel:x/main"]);
    let listed = office.office.get("/channels").await.json();
    let connections = listed["connections"].as_array().expect("a list");
    let shown = connections.iter().find(|it| it["channel"] == "x");
    let shown = shown.expect("it is listed");
    assert_eq!(
        shown["broken_by"], "the provider took the access back",
        "{shown}"
    );
    // Its access is renewed, and a test shows that it works.
    let url = webhook(x);
    answer(&office, x, move |request| right(request, &url, None));
    assert_eq!(test(&office, x).await["works"], true);
    assert_eq!(broken_alerts(&office).await, Vec::<Value>::new());
}
