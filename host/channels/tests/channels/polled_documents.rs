//! Polls whose answers are documents: the clock, the requests and the answers of tests.

use jiff::{Timestamp, ToSpan};
use patchbay_adapter::poll::{
    NextPoll, Poll, PollAnswer, PollQuery, PollRequest, PollStep, PolledDocument,
};

/// The host's clock at the first poll.
const NOW: &str = "2026-03-03T12:00:00Z";

/// The host's clock so many minutes after the first poll.
pub(crate) fn after(minutes: i64) -> Timestamp {
    let now: Timestamp = NOW.parse().expect("a time");
    now + minutes.minutes()
}

/// An answer of the server.
pub(crate) fn answer(
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
    at: Timestamp,
) -> PollAnswer {
    let headers = headers.iter();
    PollAnswer::Document(PolledDocument {
        status,
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: body.to_vec(),
        at,
    })
}

pub(crate) fn query(poll: &dyn Poll) -> PollQuery {
    match poll.step() {
        PollStep::Ask(PollRequest::Get(query)) => query,
        step => panic!("{step:?}"),
    }
}

pub(crate) fn next(poll: &dyn Poll) -> NextPoll {
    match poll.step() {
        PollStep::Done(next) => next,
        step => panic!("{step:?}"),
    }
}
