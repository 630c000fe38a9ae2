//! A conversation as a task: its attributes by name.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

use patchbay_sdk::prelude::*;
use taskrouter_document::{Reference, Segment, Value};

/// The attributes of a conversation's task. Each is read once.
pub(crate) struct Task<'a> {
    conversation: &'a Conversation,
    latest: Interaction,
    assessment: Option<Assessment>,
    read: RefCell<BTreeMap<String, Value>>,
}

impl<'a> Task<'a> {
    pub(crate) fn new(conversation: &'a Conversation) -> Task<'a> {
        Task {
            conversation,
            latest: conversation.latest(),
            assessment: conversation.assessment(),
            read: RefCell::default(),
        }
    }

    /// The value of an attribute.
    pub(crate) fn value(&self, reference: &Reference) -> Cow<'static, Value> {
        let Some((Segment::Name(name), rest)) = reference.path.split_first() else {
            return Cow::Owned(Value::Null);
        };
        let mut read = self.read.borrow_mut();
        let value = read
            .entry(name.clone())
            .or_insert_with(|| self.attribute(name));
        let rest = rest.iter().fold(&*value, |value, segment| match segment {
            Segment::Name(name) => value.member(name),
            Segment::Index(index) => value.element(*index),
        });
        Cow::Owned(rest.clone())
    }

    /// What the integrator set comes before what Patchbay knows.
    fn attribute(&self, name: &str) -> Value {
        match self.latest.attribute(name) {
            Some(text) => parse(text),
            None => self.known(name),
        }
    }

    fn known(&self, name: &str) -> Value {
        let conversation = self.conversation;
        let contact = || conversation.contact();
        let assessment = self.assessment.as_ref();
        match name {
            "channel" | "channelType" => text(conversation.channel().to_string()),
            "account" | "to" => optional(self.latest.account()),
            "visibility" => text(self.latest.visibility().to_string()),
            "from" => optional(contact().address()),
            "name" => optional(contact().name()),
            "contact_id" => optional(contact().id()),
            "reach" => number(contact().reach().map(|reach| reach as f64)),
            "verified" => contact().verified().map_or(Value::Null, Value::Bool),
            "recent_interactions" => number(Some(f64::from(contact().recent_interactions()))),
            "last_agent" => optional(conversation.last_agent()),
            "language" => {
                let classified = assessment.and_then(Assessment::language);
                optional(classified.or_else(|| self.latest.language()))
            }
            "intent" => {
                let best = assessment.and_then(|it| it.intents().into_iter().next());
                optional(best.map(|intent| intent.name))
            }
            "intents" => {
                let intents = assessment.map(Assessment::intents).unwrap_or_default();
                texts(intents.into_iter().map(|intent| intent.name))
            }
            "topics" => texts(assessment.map(Assessment::topics).unwrap_or_default()),
            "sentiment" => number(assessment.and_then(Assessment::sentiment)),
            "urgency" => number(assessment.and_then(Assessment::urgency).map(f64::from)),
            "spam" => number(assessment.and_then(Assessment::spam)),
            "abuse" => number(assessment.and_then(Assessment::abuse)),
            "tags" => texts(conversation.tags()),
            "incident" => optional(conversation.incident()),
            _ => Value::Null,
        }
    }
}

/// The contract gives a string as it is and every other value as JSON text: what may be both equals both.
fn parse(raw: String) -> Value {
    match raw.as_bytes().first() {
        Some(b'[' | b'{') => match serde_json::from_str(&raw) {
            Ok(json) => Value::from_json(&json),
            Err(_) => Value::Text(raw),
        },
        _ if raw == "null" => Value::Null,
        _ if raw == "true" || raw == "false" => Value::Untyped(raw),
        _ if Value::Untyped(raw.clone()).as_number().is_some() => Value::Untyped(raw),
        _ => Value::Text(raw),
    }
}

fn text(text: String) -> Value {
    Value::Text(text)
}

fn optional(text: Option<String>) -> Value {
    text.map_or(Value::Null, Value::Text)
}

fn number(number: Option<f64>) -> Value {
    number.map_or(Value::Null, Value::Number)
}

fn texts(texts: impl IntoIterator<Item = String>) -> Value {
    Value::List(texts.into_iter().map(Value::Text).collect())
}
