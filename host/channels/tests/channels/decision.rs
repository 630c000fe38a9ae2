//! Decisions to write at a help desk, and answers to the requests that write them. What holds
//! for every help desk is tested here.

use std::collections::BTreeSet;

use jiff::Timestamp;
use patchbay_adapter::{
    Adapter, DecisionReport, EncodeError, Exchange, Headers, OutboundRequest, Outcome,
    RequestMethod, Response,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::golden::{SUBJECTS, Subject};

/// A decision with everything that a help desk is told.
pub(crate) struct Decision {
    pub(crate) account: &'static str,
    pub(crate) conversation: Option<&'static str>,
    pub(crate) intents: Vec<String>,
    pub(crate) topics: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) language: Option<&'static str>,
    pub(crate) queue: Option<&'static str>,
    pub(crate) agent: Option<&'static str>,
    pub(crate) priority: u8,
    pub(crate) reasons: Vec<String>,
    pub(crate) labels: Option<Vec<String>>,
}

pub(crate) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

impl Decision {
    pub(crate) fn new(account: &'static str, conversation: &'static str) -> Decision {
        Decision {
            account,
            conversation: Some(conversation),
            intents: texts(&["refund"]),
            topics: texts(&["parcel"]),
            tags: texts(&["vip"]),
            language: Some("pt-BR"),
            queue: Some("billing"),
            agent: Some("ana"),
            priority: 85,
            reasons: texts(&["Asks for money back.", "Wrote three times."]),
            labels: Some(texts(&["shop", "vip"])),
        }
    }

    /// Nothing that is written anywhere.
    pub(crate) fn empty(account: &'static str, conversation: &'static str) -> Decision {
        Decision {
            intents: Vec::new(),
            topics: Vec::new(),
            tags: Vec::new(),
            language: None,
            queue: None,
            agent: None,
            priority: 0,
            reasons: Vec::new(),
            labels: None,
            ..Decision::new(account, conversation)
        }
    }

    pub(crate) fn encode(
        &self,
        adapter: &dyn Adapter,
    ) -> Result<Vec<OutboundRequest>, EncodeError> {
        adapter.encode_decision(&DecisionReport {
            key: "decision-01J",
            channel: "help-desk",
            account: self.account,
            conversation: self.conversation,
            message: Some("654"),
            intents: &self.intents,
            topics: &self.topics,
            tags: &self.tags,
            language: self.language,
            sentiment: Some(-0.5),
            urgency: Some(80),
            spam: Some(0.01),
            queue: self.queue,
            agent: self.agent,
            priority: Some(self.priority),
            reasons: &self.reasons,
            labels: self.labels.as_deref(),
        })
    }

    /// The requests as `[key, method, URL, body]`.
    pub(crate) fn shown(&self, adapter: &dyn Adapter) -> Vec<Value> {
        let requests = self.encode(adapter).expect("encoded");
        requests.iter().map(shown).collect()
    }
}

/// A request as `[key, method, URL, body]`.
pub(crate) fn shown(request: &OutboundRequest) -> Value {
    let method = match request.method {
        RequestMethod::Post => "POST",
        RequestMethod::Put => "PUT",
        RequestMethod::Patch => "PATCH",
    };
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
    assert_eq!(request.content_type, "application/json");
    json!([request.key, method, request.url, body])
}

/// What an answer to a request means.
pub(crate) fn answer(
    adapter: &dyn Adapter,
    request: &OutboundRequest,
    (status, headers, body): (u16, &[(&str, &str)], &str),
) -> Outcome {
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| (*name, value.as_bytes()));
    let exchange = Exchange::Answered(Response {
        status,
        headers: headers.collect::<Headers<'_>>(),
        body: body.as_bytes(),
        at: Timestamp::UNIX_EPOCH,
    });
    adapter.decision_outcome(request, &exchange)
}

/// What every help desk's answers mean to a request that sets a state and to the note.
pub(crate) fn answers_by_status(adapter: &dyn Adapter, decision: &Decision) {
    let requests = decision.encode(adapter).expect("encoded");
    let (Some(state), Some(note)) = (requests.first(), requests.last()) else {
        panic!("no requests");
    };
    assert_eq!(note.key, "decision-01J/note");
    for (status, of_state, of_note) in [
        (200, "accepted", "accepted"),
        (201, "accepted", "accepted"),
        (302, "channel-broken", "channel-broken"),
        (401, "channel-broken", "channel-broken"),
        // A user can lack rights for one ticket.
        (403, "refused", "refused"),
        (404, "recipient-unreachable", "recipient-unreachable"),
        (409, "retry", "retry"),
        (422, "refused", "refused"),
        (429, "retry", "retry"),
        // The note may be there already.
        (500, "retry", "uncertain"),
        (503, "retry", "uncertain"),
    ] {
        for body in ["", "{}", "true", "<html>", "\u{0}"] {
            for (request, expected) in [(state, of_state), (note, of_note)] {
                let outcome = answer(adapter, request, (status, &[], body));
                assert_eq!(outcome.as_str(), expected, "{status} {body}");
            }
        }
    }
    let wait = [("retry-after", "30")];
    for status in [429, 503] {
        match answer(adapter, note, (status, &wait, "")) {
            Outcome::Retry { after, .. } => {
                assert_eq!(after, Some(std::time::Duration::from_secs(30)));
            }
            other => panic!("{other:?}"),
        }
    }
    for (exchange, of_state, of_note) in [
        (Exchange::Unsent, "retry", "retry"),
        (Exchange::Lost, "retry", "uncertain"),
    ] {
        let outcome = |request| adapter.decision_outcome(request, &exchange);
        assert_eq!(outcome(state).as_str(), of_state);
        assert_eq!(outcome(note).as_str(), of_note);
    }
    // The same bytes at every attempt.
    let again = decision.encode(adapter).expect("encoded");
    let bytes = |requests: &[OutboundRequest]| -> Vec<String> {
        let requests = requests.iter();
        requests
            .map(|request| format!("{request:?} {:?}", request.body))
            .collect()
    };
    assert_eq!(bytes(&requests), bytes(&again));
}

/// What cannot be written of a decision, whatever the help desk.
pub(crate) fn impossible_decisions(adapter: &dyn Adapter, account: &'static str) {
    for (account, conversation, error) in [
        ("another", Some("207"), EncodeError::Account),
        (account, None, EncodeError::Unanswered),
        (account, Some("../1"), EncodeError::Address),
        (account, Some(""), EncodeError::Address),
        (account, Some("1 "), EncodeError::Address),
    ] {
        let decision = Decision {
            conversation,
            ..Decision::new(account, "1")
        };
        assert_eq!(
            decision.encode(adapter).err(),
            Some(error),
            "{conversation:?}"
        );
    }
}

/// The adapters that take decisions.
fn help_desks() -> impl Iterator<Item = &'static &'static Subject> {
    let subjects = SUBJECTS.iter();
    subjects.filter(|subject| subject.kind().takes_decisions)
}

fn any_texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("\\PC{0,200}|[a-z.-]{1,10}|\\{\\{[a-z]+\\}\\}", 0..40)
}

proptest! {
    /// Whatever the policies say: requests are few and small, go to this ticket of this
    /// help desk, have a key each, and only the last adds something.
    #[test]
    fn a_decision_is_written_within_bounds(
        intents in any_texts(),
        topics in any_texts(),
        tags in any_texts(),
        reasons in any_texts(),
        labels in prop::option::of(any_texts()),
        priority in 0..=100_u8,
    ) {
        for subject in help_desks() {
            let account = match subject.name {
                "chatwoot" => "1",
                _ => "northwind",
            };
            let decision = Decision {
                intents: intents.clone(),
                topics: topics.clone(),
                tags: tags.clone(),
                reasons: reasons.clone(),
                labels: labels.clone(),
                priority,
                ..Decision::new(account, "5158")
            };
            let adapter = subject.open();
            let requests = decision.encode(&*adapter).expect("encoded");
            prop_assert!(requests.len() <= 25);
            let keys: BTreeSet<&str> = requests.iter().map(|request| &*request.key).collect();
            prop_assert_eq!(keys.len(), requests.len());
            let base = format!("https://{}.example/api/", subject.name);
            for (index, request) in requests.iter().enumerate() {
                prop_assert!(request.url.starts_with(&base), "{}", request.url);
                prop_assert!(request.key.starts_with("decision-01J/"));
                prop_assert!(request.body.len() <= 100_000);
                let is_last = index + 1 == requests.len();
                prop_assert!(is_last || !request.key.ends_with("/note"));
            }
        }
    }
}
