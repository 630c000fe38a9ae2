//! Web chat: sessions, known customers, and replies that stay on the host. Messages
//! are golden cases.

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::{
    Adapter, ConfigError, EncodeError, Item, Outbound, Rejection, Reply, SecretStore,
};
use patchbay_web_chat::{IdentityError, Session, SessionRequest, WebChat};
use serde_json::{Value, json};

use crate::exchange::reply;
use crate::golden::{Delivery, Subject, hmac_sha256_hex};

const ACCOUNT: &str = "site";
const ORIGIN: &str = "https://www.northwind.example";
const SECRET: &str = "f7c1a5d09b3e4826";

pub(crate) const SUBJECT: Subject = Subject {
    name: "chat",
    settings: || json!({"account": ACCOUNT, "origins": [ORIGIN], "anonymous": false}),
    secrets: &[("widget-secret", SECRET)],
    sign,
    words: &[
        "\"id\":\"9b2f0c1e-6a1d-4f5e-8c3b-2a7d9e4f1b60\"",
        "\"text\":\"",
        "\\u200b",
        "\\n",
    ],
    answers: &["{}"],
};

fn sign(delivery: &mut Delivery) {
    let token = token(&open(json!({})), &of_customer("4711"), delivery.now);
    delivery.header("origin", ORIGIN);
    delivery.header("authorization", &format!("Bearer {token}"));
}

fn open(other: Value) -> WebChat {
    try_open(other).expect("valid settings")
}

fn try_open(other: Value) -> Result<WebChat, ConfigError> {
    let mut settings = json!({"account": ACCOUNT, "origins": [ORIGIN]});
    for (name, value) in other.as_object().expect("an object") {
        settings[name] = value.clone();
    }
    WebChat::open(&SUBJECT.config(settings))
}

fn of_customer(user: &str) -> SessionRequest {
    SessionRequest {
        user_id: Some(user.to_owned()),
        user_hash: Some(hmac_sha256_hex(SECRET, user.as_bytes())),
        iat: None,
    }
}

fn token(chat: &WebChat, request: &SessionRequest, now: Timestamp) -> String {
    let session = chat.begin(request, None, [7; 16], now);
    chat.token(&session.expect("begins"))
}

fn at(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
}

fn message() -> Delivery {
    let body = json!({"id": "9b2f0c1e-6a1d-4f5e-8c3b-2a7d9e4f1b60", "text": "Hi"});
    Delivery::new("application/json", body.to_string().as_bytes())
}

fn verify(chat: &WebChat, delivery: &Delivery) -> Result<Vec<Item>, Rejection> {
    let request = delivery.request();
    let verified = chat.verify(&request, delivery.now)?;
    Ok(chat.decode(&verified))
}

fn address(items: &[Item]) -> Option<&str> {
    match items {
        [Item::Interaction(decoded)] => decoded.interaction.author.address.as_deref(),
        _ => None,
    }
}

#[test]
fn settings_are_checked_when_a_channel_starts() {
    for (settings, part) in [
        (json!({"account": "My site"}), "`account` must be a name"),
        (json!({"origins": []}), "`origins` must list"),
        (json!({"origins": ["*"]}), "the origin \"*\""),
        (json!({"origins": "https://a.example"}), "invalid type"),
        (json!({"anonymous": "no"}), "invalid type"),
    ] {
        let error = try_open(settings.clone()).expect_err("invalid").to_string();
        assert!(error.contains(part), "{settings}: {error}");
    }
    // Without the secret there are anonymous visitors only.
    let mut config = SUBJECT.config(json!({"account": ACCOUNT, "origins": [ORIGIN]}));
    config.secrets = SecretStore::default();
    let chat = WebChat::open(&config).expect("needs no secret");
    let named = chat.begin(&of_customer("4711"), None, [7; 16], at(0));
    assert_eq!(named, Err(IdentityError::NoSecret));
}

#[test]
fn a_message_comes_from_an_allowed_page_with_a_token_of_this_chat() {
    let chat = open(json!({}));
    let own = token(&chat, &SessionRequest::default(), at(0));
    let of_other = token(
        &open(json!({"account": "shop"})),
        &SessionRequest::default(),
        at(0),
    );
    let bearer = format!("Bearer {own}");
    let send = |origin: &[&str], authorization: &[&str]| {
        let mut delivery = message();
        origin
            .iter()
            .for_each(|value| delivery.header("Origin", value));
        let values = authorization.iter();
        values.for_each(|value| delivery.header("Authorization", value));
        verify(&chat, &delivery)
    };
    let items = send(&[ORIGIN], &[&bearer]).expect("accepted");
    assert_eq!(
        address(&items),
        Some(format!("visitor:{}", "07".repeat(16)).as_str())
    );
    for (origin, rejection) in [
        (&[][..], Rejection::Missing),
        (&[""], Rejection::Missing),
        (&["null"], Rejection::Mismatch),
        (&["https://evil.example"], Rejection::Mismatch),
        (&["https://www.northwind.example:8443"], Rejection::Mismatch),
        (&[ORIGIN, ORIGIN], Rejection::Doubled),
    ] {
        assert_eq!(send(origin, &[&bearer]), Err(rejection), "{origin:?}");
    }
    for (authorization, rejection) in [
        (&[][..], Rejection::Missing),
        (&[&*own], Rejection::Malformed),
        (&["Bearer "], Rejection::Malformed),
        (&["Bearer x"], Rejection::Malformed),
        (&[&format!("{bearer}A")], Rejection::Mismatch),
        (&[&format!("Bearer {of_other}")], Rejection::Mismatch),
        (&[&bearer, &bearer], Rejection::Doubled),
    ] {
        assert_eq!(
            send(&[ORIGIN], authorization),
            Err(rejection),
            "{authorization:?}"
        );
    }
    let mut late = message();
    late.header("origin", ORIGIN);
    late.header("authorization", &bearer);
    late.now = at(24);
    assert_eq!(verify(&chat, &late), Err(Rejection::Stale));
    let strict = open(json!({"anonymous": false}));
    late.now = at(0);
    assert_eq!(verify(&strict, &late), Err(Rejection::Mismatch));
    let mut large = late.clone();
    large.body = vec![b'x'; 1 << 20];
    assert_eq!(verify(&chat, &large), Err(Rejection::TooLarge));
}

#[test]
fn a_page_that_names_nobody_any_more_is_another_visitor() {
    let chat = open(json!({}));
    let nobody = SessionRequest::default();
    let begin = |request: &SessionRequest, present: Option<&Session>, seed: u8| {
        let session = chat.begin(request, present, [seed; 16], at(1));
        session.expect("begins")
    };
    let anonymous = begin(&nobody, None, 1);
    assert_eq!(
        begin(&nobody, Some(&anonymous), 2).address(),
        anonymous.address()
    );
    let known = begin(&of_customer("4711"), Some(&anonymous), 3);
    assert_eq!((known.address(), known.is_known()), ("4711", true));
    let after = begin(&nobody, Some(&known), 4);
    assert!(!after.is_known());
    assert_eq!(after.address(), format!("visitor:{}", "04".repeat(16)));
    // The next customer on the same computer.
    let other = begin(&of_customer("4712"), Some(&known), 5);
    assert_eq!(other.address(), "4712");
}

#[test]
fn a_reply_stays_on_the_host() {
    let adapter = SUBJECT.open();
    let written = Reply {
        key: "reply-1",
        ..reply("chat", ACCOUNT, "4711", "It is on its way.")
    };
    let parts = adapter.encode(&written).expect("encodes");
    let [Outbound::History { key }] = &parts[..] else {
        panic!("{parts:?}");
    };
    assert_eq!(key, &format!("{}/1", written.key));
    assert_eq!(adapter.probe().len(), 0);
    let other = Reply {
        account: "shop",
        ..written.clone()
    };
    assert_eq!(adapter.encode(&other).err(), Some(EncodeError::Account));
    let empty = Reply {
        text: " ",
        ..written
    };
    assert_eq!(adapter.encode(&empty).err(), Some(EncodeError::Empty));
}
