use jiff::Timestamp;
use patchbay_adapter::{EncodeError, OutboundRequest, Reply};
use patchbay_model::interaction::WrittenBy;
use serde_json::{Value, json};

use super::{ACCOUNT, SUBJECT};
use crate::exchange::{reply, requests};

fn encode(channel: &str, text: &str) -> Vec<(OutboundRequest, Value)> {
    let reply = Reply {
        written_by: WrittenBy::Policy,
        in_reply_to: Some("17870000000000001"),
        last_inbound: Some(Timestamp::UNIX_EPOCH),
        ..reply(channel, ACCOUNT, "1029384756610293", text)
    };
    let requests = requests(SUBJECT.open().as_ref(), &reply).expect("encoded");
    let with_body = |request: OutboundRequest| {
        let body = serde_json::from_slice(&request.body).expect("JSON");
        (request, body)
    };
    requests.into_iter().map(with_body).collect()
}

#[test]
fn a_direct_message_goes_out_by_the_account() {
    let requests = encode("instagram-direct", "Sim, temos.");
    let [(request, body)] = &requests[..] else {
        panic!("{requests:?}");
    };
    let url = "https://graph.example/v24.0/17841400000000001/messages";
    assert_eq!(request.url, url);
    assert_eq!(
        body,
        &json!({
            "recipient": {"id": "1029384756610293"},
            "messaging_type": "RESPONSE",
            "message": {"text": "Sim, temos."},
        })
    );
}

#[test]
fn a_comment_is_answered_by_its_replies() {
    let requests = encode("instagram", "Às 10 h.");
    let url = "https://graph.example/v24.0/17870000000000001/replies";
    assert_eq!(requests[0].0.url, url);
    assert_eq!(requests[0].1, json!({"message": "Às 10 h."}));
}

/// Whose author is not told. Instagram takes the answer elsewhere, and an error of its would
/// stop the connection.
#[test]
fn a_mention_cannot_be_answered() {
    let mention = Reply {
        in_reply_to: Some("17870000000000001"),
        ..reply("instagram", ACCOUNT, "", "Obrigado!")
    };
    let refused = requests(SUBJECT.open().as_ref(), &mention);
    assert_eq!(refused.err(), Some(EncodeError::Address));
}

/// A direct message counts bytes, a comment characters.
#[test]
fn a_long_reply_has_parts_in_the_unit_of_its_channel() {
    let parts = |channel, text: &str| encode(channel, text).len();
    assert_eq!(parts("instagram-direct", &"é".repeat(500)), 1);
    assert_eq!(parts("instagram-direct", &"é".repeat(501)), 2);
    assert_eq!(parts("instagram", &"é".repeat(300)), 1);
    assert_eq!(parts("instagram", &"é".repeat(301)), 2);
}
