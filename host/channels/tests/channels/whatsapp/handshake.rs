use jiff::Timestamp;
use patchbay_adapter::{Acknowledgement, InboundRequest, Method, Rejection};

use super::adapter;

fn answer(method: Method, query: &str) -> Result<Option<Acknowledgement>, Rejection> {
    let request = InboundRequest {
        method,
        url: &format!("https://care.example/hooks{query}"),
        headers: Default::default(),
        body: b"",
    };
    adapter().handshake(&request, Timestamp::UNIX_EPOCH)
}

#[test]
fn the_challenge_is_answered_to_those_who_know_the_token() {
    let known = "?hub.mode=subscribe&hub.verify_token=token+of+the%20handshake";
    let expected = Acknowledgement {
        content_type: Some("text/plain"),
        body: "1158201444".to_owned(),
    };
    let query = format!("{known}&hub.challenge=1158201444");
    assert_eq!(answer(Method::Get, &query), Ok(Some(expected.clone())));
    assert_eq!(answer(Method::Post, &query), Ok(None));
    for (query, rejection) in [
        (query.replace("token+of", "Token+of"), Rejection::Mismatch),
        (
            query.replace("token+of+the%20handshake", ""),
            Rejection::Mismatch,
        ),
        (query.replace("hub.mode=subscribe&", ""), Rejection::Missing),
        (
            query.replace("subscribe", "unsubscribe"),
            Rejection::Malformed,
        ),
        (known.to_owned(), Rejection::Missing),
        (format!("{known}&hub.challenge="), Rejection::Malformed),
        (
            format!("{known}&hub.challenge=%C3%A9"),
            Rejection::Malformed,
        ),
        (
            format!("{known}&hub.challenge=%3Cscript%3E"),
            Rejection::Malformed,
        ),
        (
            format!("{known}&hub.challenge={}", "1".repeat(257)),
            Rejection::Malformed,
        ),
        (format!("{query}&hub.challenge=2"), Rejection::Doubled),
        (format!("{query}&hub.verify_token=x"), Rejection::Doubled),
        (String::new(), Rejection::Missing),
    ] {
        assert_eq!(answer(Method::Get, &query), Err(rejection), "{query}");
    }
}
