//! Gets a document for a poll.

use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use hyper::body::Bytes;
use jiff::Timestamp;
use patchbay_adapter::poll::{
    POLL_ANSWER_BYTES, PollFailure, PollFailureKind, PollQuery, PolledDocument,
};
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::{Delivery, EgressError};
use tokio::time::timeout;

use crate::access_tokens::{HeldToken, TokenAccess};
use crate::http_request;

/// Longest wait for the beginning of an answer, and for each piece of it.
const PIECE_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest time for a whole answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Gets it, and the access token that was used, if there is one. `grow` is called with the
/// bytes of each piece before it is kept; `false` ends the query.
///
/// # Errors
/// There is no whole answer. A refusal of the provider is an answer.
pub(crate) async fn get(
    query: &PollQuery,
    access: &TokenAccess,
    mut grow: impl FnMut(usize) -> bool + Send,
) -> Result<(PolledDocument, Option<HeldToken>), PollFailure> {
    let credential = query.query.credential.as_ref();
    let held = access
        .token(credential.and_then(http_request::token_source))
        .await?;
    let token = held.as_ref().map(|it| &it.token);
    let request = http_request::build_query(&query.query, token)
        .map_err(|error| PollFailure::new(PollFailureKind::NotFound, error.to_string()))?;
    let answer = timeout(TIMEOUT, read(query, request, access, &mut grow)).await;
    let document = answer.unwrap_or_else(|_| {
        let seconds = TIMEOUT.as_secs();
        Err(unavailable(format!("no whole answer within {seconds} s")))
    })?;
    Ok((document, held))
}

fn unavailable(problem: String) -> PollFailure {
    PollFailure::new(PollFailureKind::Unavailable, problem)
}

async fn read(
    query: &PollQuery,
    (url, mut headers): (WebAddress, HeaderMap),
    access: &TokenAccess,
    grow: &mut (impl FnMut(usize) -> bool + Send),
) -> Result<PolledDocument, PollFailure> {
    let invalid = |_| {
        let problem = "a header of the request is not valid";
        PollFailure::new(PollFailureKind::NotFound, problem)
    };
    for (name, value) in &query.headers {
        let value = HeaderValue::from_str(value).map_err(invalid)?;
        headers.insert(HeaderName::from_static(name), value);
    }
    let failed = |error: EgressError| unavailable(error.without_address());
    let once = (Delivery::Repeatable, PIECE_TIMEOUT);
    let egress = &access.egress;
    let mut answer = egress
        .open(Method::GET, &url, headers, Bytes::new(), once)
        .await
        .map_err(failed)?;
    let most = query.answer_bytes.min(POLL_ANSWER_BYTES);
    let mut body = Vec::new();
    while let Some(piece) = answer.piece(PIECE_TIMEOUT).await.map_err(failed)? {
        if body.len() + piece.len() > most {
            return Err(unavailable(format!(
                "the answer has more than {most} bytes"
            )));
        }
        if !grow(piece.len()) {
            let problem = "the host has no memory for the answer now";
            return Err(PollFailure::new(PollFailureKind::HostBusy, problem));
        }
        body.extend_from_slice(&piece);
    }
    let headers = answer.headers.iter();
    Ok(PolledDocument {
        status: answer.status.as_u16(),
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body,
        at: Timestamp::now(),
    })
}
