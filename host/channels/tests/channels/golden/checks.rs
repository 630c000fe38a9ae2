//! What holds for every adapter.

use jiff::Timestamp;
use patchbay_adapter::{
    DecodedInteraction, Exchange, Item, MOST_ITEMS, Method, Response, SecretStore, Secrets,
};
use patchbay_fuzz::{Corpus, Reading};
use patchbay_model::interaction::Interaction;
use serde_json::Value;

use super::amplified::amplified;
use super::case::Case;
use super::{Delivery, Subject};

fn interactions(subject: &Subject) -> Vec<(String, DecodedInteraction)> {
    let mut interactions = Vec::new();
    for case in Case::all(subject.name) {
        let items = subject.decode(case.delivery()).expect("signed");
        for item in items {
            if let Item::Interaction(decoded) = item {
                interactions.push((case.name.clone(), *decoded));
            }
        }
    }
    assert!(!interactions.is_empty());
    interactions
}

pub(super) fn deliveries_decode_to_their_items(subject: &Subject) {
    let mut different = Vec::new();
    for case in Case::all(subject.name) {
        let items = subject.decode(case.delivery());
        let items = items.unwrap_or_else(|rejection| panic!("{}: {rejection:?}", case.name));
        different.extend(case.compare(&items).err());
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

pub(super) fn the_same_delivery_decodes_to_the_same_bytes(subject: &Subject) {
    for case in Case::all(subject.name) {
        let bytes = || {
            let items = subject.decode(case.delivery()).expect("signed");
            serde_json::to_vec(&items).expect("serialises")
        };
        assert_eq!(bytes(), bytes(), "{}", case.name);
    }
}

pub(super) fn intake_takes_every_interaction_without_a_warning(subject: &Subject) {
    let adapter = subject.open();
    for (case, decoded) in interactions(subject) {
        let mut document = decoded.to_intake();
        let fields = document.as_object_mut().expect("an object");
        assert_eq!(fields.remove("kind"), Some(decoded.kind.as_str().into()));
        let read = Interaction::read_outside(document, &[]).expect("accepted");
        let DecodedInteraction {
            kind, interaction, ..
        } = decoded;
        assert_eq!(read.interaction, interaction, "{case}");
        assert_eq!(read.warnings, [], "{case}");
        let is_echo = kind.as_str() == "echo";
        let is_outbound = interaction.direction.as_str() == "outbound";
        assert_eq!(is_echo, is_outbound, "{case}");
        // Only a few codes have a default that is right.
        assert!(interaction.visibility.is_some(), "{case}");
        let channels = subject.kind().channels;
        if channels.is_empty() {
            continue;
        }
        assert!(channels.contains(&interaction.channel.as_str()), "{case}");
        // The reply goes out by this account.
        let account = interaction.account.as_deref().expect("an account");
        assert!(adapter.serves(account), "{case}");
        let provider_id = interaction.attributes.get("provider_id");
        assert!(provider_id.is_some_and(Value::is_string), "{case}");
    }
}

/// Ids and names of conversations are not sealed. Ids of providers often hold
/// numbers, addresses or names of users.
pub(super) fn ids_have_no_personal_data(subject: &Subject) {
    // Where the settings list the channels, ids are the sender's.
    if subject.kind().channels.is_empty() {
        return;
    }
    let is_hash = |id: &str| {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        id.len() == 32 && id.bytes().all(is_digit)
    };
    for (case, decoded) in interactions(subject) {
        let interaction = decoded.interaction;
        assert!(is_hash(&interaction.id), "{case}: {}", interaction.id);
        assert!(interaction.in_reply_to.iter().all(|id| is_hash(id)));
        let author = interaction.author;
        let personal = [author.address, author.name, decoded.second_address];
        if let Some(conversation) = &interaction.conversation {
            for personal in personal.iter().flatten() {
                assert!(!conversation.contains(personal), "{case}: {conversation}");
            }
        }
    }
}

/// Of every list in the JSON of a case, one with thousands of items.
pub(super) fn the_items_of_a_delivery_are_bounded(subject: &Subject) {
    let cases = Case::all(subject.name);
    let Some(first) = cases.first() else {
        panic!("{} has no cases", subject.name);
    };
    let documents = cases.iter().filter_map(|case| {
        let body = case.delivery().body;
        serde_json::from_slice(&body).ok()
    });
    for (place, document) in amplified(documents) {
        let delivery = Delivery {
            body: document.to_string().into_bytes(),
            ..first.delivery()
        };
        let items = subject.decode(delivery).expect("signed");
        assert!((1..=MOST_ITEMS + 1).contains(&items.len()), "{place}");
        // One that says that there are more.
        let is_cut = items.len() > MOST_ITEMS;
        let is_said = matches!(items.last(), Some(Item::Undecodable(_)));
        assert!(!is_cut || is_said, "{place}");
    }
}

pub(super) fn a_delivery_without_a_signature_is_refused(subject: &Subject) {
    let adapter = subject.open();
    for case in Case::all(subject.name) {
        let delivery = case.delivery();
        let request = delivery.request();
        let result = adapter.verify(&request, delivery.now);
        assert!(result.is_err(), "{}", case.name);
    }
}

pub(super) fn a_mutated_delivery_decodes_to_items_that_intake_takes(subject: &Subject) {
    let deliveries = Case::all(subject.name).into_iter();
    let deliveries: Vec<Delivery> = deliveries.map(|case| case.delivery()).collect();
    let first = deliveries.first().expect("a case").clone();
    Corpus::of(deliveries.into_iter().map(|delivery| delivery.body))
        .words(subject.words)
        .words(&[
            "null", "1e999", "{", "}", "[", "]", "\\u0000", "\\ud800", "[{}]",
        ])
        .run(|body| {
            let delivery = Delivery {
                body: body.to_vec(),
                ..first.clone()
            };
            let Ok(items) = subject.decode(delivery.clone()) else {
                return Reading::Rejected;
            };
            assert!((1..=MOST_ITEMS + 1).contains(&items.len()));
            let mut reading = Reading::Rejected;
            for item in &items {
                if let Item::Interaction(decoded) = item {
                    let mut document = decoded.to_intake();
                    let fields = document.as_object_mut().expect("an object");
                    fields.remove("kind").expect("a kind");
                    Interaction::from_outside(document).expect("intake takes it");
                    reading = Reading::Accepted;
                }
            }
            assert_eq!(Ok(items), subject.decode(delivery));
            reading
        });
}

/// An input is the URL, a line end and the body; headers are those of a signed delivery.
pub(super) fn a_mutated_registration_request_is_answered_or_refused(subject: &Subject) {
    let adapter = subject.open();
    let deliveries = Case::all(subject.name).into_iter();
    let deliveries: Vec<Delivery> = deliveries
        .map(|case| {
            let mut delivery = case.delivery();
            (subject.sign)(&mut delivery);
            delivery
        })
        .collect();
    let first = deliveries.first().expect("a case").clone();
    let bodies = deliveries.iter().map(|delivery| delivery.body.as_slice());
    let checks = [
        "?hub.mode=subscribe&hub.challenge=1&hub.verify_token=secret",
        "?crc_token=1&nonce=2",
    ];
    let urls = checks.map(|query| format!("{}{query}", first.url));
    let seeds = urls
        .iter()
        .map(|url| format!("{url}\n").into_bytes())
        .chain(bodies.map(|body| [first.url.as_bytes(), b"\n", body].concat()));
    Corpus::of(seeds)
        .words(subject.words)
        .words(&[
            "challenge",
            "url_verification",
            "hub.verify_token=",
            "crc_token=",
            "=",
            "&",
            "%",
            "?",
        ])
        .least_accepted(0)
        .run(|input| {
            let mut lines = input.splitn(2, |byte| *byte == b'\n');
            let url = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
            let body = lines.next().unwrap_or_default();
            let mut reading = Reading::Rejected;
            for method in [Method::Get, Method::Post, Method::Other] {
                let delivery = Delivery {
                    method,
                    url: url.clone(),
                    body: body.to_vec(),
                    ..first.clone()
                };
                if let Ok(Some(_)) = adapter.handshake(&delivery.request(), delivery.now) {
                    reading = Reading::Accepted;
                }
            }
            reading
        });
}

pub(super) fn a_mutated_answer_has_an_outcome(subject: &Subject) {
    let adapter = subject.open();
    Corpus::of(subject.answers)
        .words(&["\"code\":", "-9223372036854775808", "1e9", "null", "[", "{"])
        .run(|body| {
            let outcomes = [200, 400, 500].map(|status| {
                let response = Response {
                    status,
                    headers: [("retry-after", body)].into_iter().collect(),
                    body,
                    at: Timestamp::MAX,
                };
                adapter.outcome(&Exchange::Answered(response)).as_str()
            });
            match outcomes[0] {
                "uncertain" => Reading::Rejected,
                _ => Reading::Accepted,
            }
        });
}

pub(super) fn a_channel_does_not_start_without_a_secret_or_with_an_unknown_setting(
    subject: &Subject,
) {
    let kind = subject.kind();
    let roles: Vec<&str> = kind.secrets.iter().map(|role| role.name).collect();
    let given: Vec<&str> = subject.secrets.iter().map(|(role, _)| *role).collect();
    assert_eq!(roles, given);
    for role in kind.secrets {
        let missing = role.name;
        let mut config = subject.config((subject.settings)());
        config.secrets = SecretStore::default();
        let others = subject.secrets.iter().filter(|(role, _)| *role != missing);
        for (role, secret) in others {
            let secrets = Secrets::one(*secret).expect("a secret");
            config.secrets.insert(role, secrets);
        }
        let opened = (kind.open)(&config);
        if !role.is_required && opened.is_ok() {
            continue;
        }
        let error = opened.expect_err("a secret is missing");
        assert!(error.to_string().contains(missing), "{error}");
    }
    let mut settings = (subject.settings)();
    settings["acounts"] = 1.into();
    let error = (kind.open)(&subject.config(settings)).expect_err("an unknown setting");
    assert!(
        error.to_string().contains("unknown field `acounts`"),
        "{error}"
    );
    let shown = format!("{:?}", subject.open());
    for (role, secret) in subject.secrets {
        assert!(!shown.contains(secret), "{role} in {shown}");
    }
}
