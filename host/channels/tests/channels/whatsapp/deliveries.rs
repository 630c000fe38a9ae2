use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use patchbay_channels::{Adapter, CompanyKey, InboundRequest, Item, MessageIds, Method, Rejection};
use patchbay_model::interaction::Interaction;
use serde_json::{Value, json};

use super::{ACCOUNT, APP_SECRET, adapter};

fn cases() -> Vec<(String, PathBuf)> {
    let place = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/channels/cases/whatsapp");
    let entries = fs::read_dir(place).expect("the cases");
    let mut cases: Vec<(String, PathBuf)> = entries
        .map(|entry| {
            let entry = entry.expect("a directory");
            (
                entry.file_name().to_string_lossy().into_owned(),
                entry.path(),
            )
        })
        .collect();
    cases.sort();
    cases
}

/// The bodies of the cases, for mutations.
pub(crate) fn bodies() -> Vec<Vec<u8>> {
    let places = cases().into_iter();
    places
        .map(|(_, place)| fs::read(place.join("delivery.json")).expect("a delivery"))
        .collect()
}

fn signature(body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    let code = ring::hmac::sign(&key, body);
    let digits: String = code
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={digits}")
}

/// Verifies a body, signed with the app secret, and decodes it.
pub(crate) fn decode(adapter: &dyn Adapter, body: &[u8]) -> Vec<Item> {
    let signature = signature(body);
    let request = InboundRequest {
        method: Method::Post,
        url: "https://care.example/hooks",
        headers: [("x-hub-signature-256", signature.as_bytes())]
            .into_iter()
            .collect(),
        body,
    };
    let verified = adapter.verify(&request, Timestamp::UNIX_EPOCH);
    adapter.decode(&verified.expect("signed"))
}

/// `PATCHBAY_UPDATE=1` writes `items.json`; read what changed before you commit it.
#[test]
fn deliveries_decode_to_their_items() {
    let adapter = adapter();
    let mut different = Vec::new();
    for (name, place) in cases() {
        let body = fs::read(place.join("delivery.json")).expect("a delivery");
        let items = decode(adapter.as_ref(), &body);
        let mut shown = serde_json::to_string_pretty(&items).expect("serialises");
        shown.push('\n');
        let file = place.join("items.json");
        if std::env::var_os("PATCHBAY_UPDATE").is_some() {
            fs::write(&file, &shown).expect("written");
        }
        if fs::read_to_string(&file).unwrap_or_default() != shown {
            different.push(format!("{name}:\n{shown}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn the_same_delivery_decodes_to_the_same_bytes() {
    for body in bodies() {
        let bytes = || serde_json::to_vec(&decode(adapter().as_ref(), &body)).expect("serialises");
        assert_eq!(bytes(), bytes());
    }
}

fn interactions() -> impl Iterator<Item = patchbay_channels::DecodedInteraction> {
    let adapter = adapter();
    bodies().into_iter().flat_map(move |body| {
        let items = decode(adapter.as_ref(), &body).into_iter();
        items.filter_map(|item| match item {
            Item::Interaction(decoded) => Some(*decoded),
            _ => None,
        })
    })
}

#[test]
fn intake_takes_every_interaction_without_a_warning() {
    let mut seen = 0;
    for decoded in interactions() {
        let mut document = decoded.to_intake();
        let fields = document.as_object_mut().expect("an object");
        assert_eq!(fields.remove("kind"), Some(decoded.kind.as_str().into()));
        let read = Interaction::read_outside(document, &[]).expect("accepted");
        assert_eq!(read.interaction, decoded.interaction);
        assert_eq!(read.warnings, []);
        let is_echo = decoded.kind.as_str() == "echo";
        let is_outbound = decoded.interaction.direction.as_str() == "outbound";
        assert_eq!(is_echo, is_outbound);
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

/// Ids are not sealed. The customer's number is in the provider's ids as base64.
#[test]
fn ids_have_no_personal_data() {
    let is_hash = |id: &str| {
        id.len() == 32
            && id
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    for decoded in interactions() {
        let interaction = decoded.interaction;
        assert!(is_hash(&interaction.id), "{}", interaction.id);
        assert!(interaction.in_reply_to.iter().all(|id| is_hash(id)));
    }
}

/// What expires or differs between two deliveries of one message is left out.
#[test]
fn a_media_url_that_differs_makes_no_edit() {
    let image = |name: &str| {
        let (_, place) = cases()
            .into_iter()
            .find(|(it, _)| it == name)
            .expect("a case");
        let body = fs::read(place.join("delivery.json")).expect("a delivery");
        decode(adapter().as_ref(), &body)
    };
    assert_eq!(image("image"), image("image_url_differs"));
}

fn message(body: Value) -> Value {
    json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{
        "field": "messages",
        "value": {
            "metadata": {"phone_number_id": ACCOUNT},
            "messages": [body],
        },
    }]}]})
}

fn decode_message(body: Value) -> Vec<Item> {
    decode(adapter().as_ref(), message(body).to_string().as_bytes())
}

#[test]
fn a_long_text_is_whole_and_one_beyond_the_limit_is_undecodable() {
    let text = |bytes: usize| {
        decode_message(json!({"from": "1", "id": "wamid.a", "type": "text",
            "text": {"body": "é".repeat(bytes / 2)}}))
    };
    match &text(200_000)[..] {
        [Item::Interaction(decoded)] => assert_eq!(decoded.interaction.text.len(), 200_000),
        other => panic!("{other:?}"),
    }
    match &text(600_000)[..] {
        [Item::Undecodable(problem)] => {
            assert_eq!(problem.place, "entry[0].changes[0].value.messages[0]");
            assert!(
                problem.reason.contains("the limit is"),
                "{}",
                problem.reason
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn attributes_beyond_the_limit_are_left_out_by_name() {
    let items = decode_message(
        json!({"from": "1", "id": "wamid.a", "type": "order", "order": {
            "catalog_id": "1",
            "text": "tudo",
            "product_items": vec![json!({"product_retailer_id": "SKU", "quantity": 1}); 1_000],
        }}),
    );
    match &items[..] {
        [Item::Interaction(decoded)] => {
            let attributes = &decoded.interaction.attributes;
            assert_eq!(attributes["left_out"], json!(["order"]));
            assert_eq!(attributes["items"], 1_000);
            assert_eq!(decoded.interaction.text, "tudo");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_items_of_a_delivery_are_bounded() {
    let mut delivery = message(json!({}));
    let messages = vec![json!({"type": "request_welcome"}); 10_002];
    delivery["entry"][0]["changes"][0]["value"]["messages"] = messages.into();
    let items = decode(adapter().as_ref(), delivery.to_string().as_bytes());
    assert_eq!(items.len(), 10_001);
    assert!(matches!(items.last(), Some(Item::Undecodable(_))));
}

#[test]
fn a_delivery_without_a_signature_is_not_decoded() {
    let request = InboundRequest {
        method: Method::Post,
        url: "https://care.example/hooks",
        headers: Default::default(),
        body: b"{}",
    };
    let result = adapter()
        .verify(&request, Timestamp::UNIX_EPOCH)
        .map(|_| ());
    assert_eq!(result, Err(Rejection::Missing));
}

/// The ids of the receipt, of statuses, reactions and answers meet.
#[test]
fn what_refers_to_our_message_has_the_id_of_its_receipt() {
    let receipt = "wamid.HBgMMzUxOTEyMzQ1Njc4FQIAERgSOUR=";
    let ids = MessageIds::new(&CompanyKey::new([7; 32]), "whatsapp");
    let id = ids.id(ACCOUNT, receipt);
    let delivery = json!({"object": "whatsapp_business_account", "entry": [{"changes": [{
        "field": "messages",
        "value": {
            "metadata": {"phone_number_id": ACCOUNT},
            "messages": [
                {"from": "1", "id": "wamid.a", "type": "text", "text": {"body": "Sim"}, "context": {"id": receipt}},
                {"from": "1", "id": "wamid.b", "type": "reaction", "reaction": {"message_id": receipt, "emoji": "👍"}},
            ],
            "statuses": [{"id": receipt, "status": "read"}],
        },
    }]}]});
    let items = decode(adapter().as_ref(), delivery.to_string().as_bytes());
    let [
        Item::Interaction(answer),
        Item::Interaction(reaction),
        Item::Status(status),
    ] = &items[..]
    else {
        panic!("{items:?}");
    };
    assert_eq!(answer.interaction.in_reply_to.as_ref(), Some(&id));
    assert_eq!(reaction.interaction.id, id);
    assert_eq!(status.message, id);
}
