//! The names a condition may use: the objects of each stage, their fields, and how the value of a
//! field is read from the host. One row of a table for each field.

mod conversation;
mod draft;
mod interaction;
mod trigger;

use std::collections::HashMap;
use std::sync::Arc;

use cel::Value;
use patchbay_sdk::Timestamp;

use crate::types::Type;

pub(crate) use conversation::{CLASSIFICATION, CONVERSATION};
pub(crate) use draft::DRAFT;
pub(crate) use interaction::{CONTACT, INTERACTION};
pub(crate) use trigger::TRIGGER;

/// The contract's bound on lists such as tags, topics and attributes.
const MOST_ENTRIES: u64 = 64;
/// The contract's bound on a text.
const LONGEST_TEXT: u64 = 64 * 1024;

/// Which decision a condition belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// `interaction` and `contact`.
    Classify,
    /// `conversation`, its newest `interaction`, `classification` and `contact`.
    Route,
    /// `draft`, the `interaction` it answers, `conversation`, `classification` and `contact`.
    Tone,
    /// `trigger`, and what it is about as for routing.
    Escalate,
}

impl Stage {
    /// The objects of this stage.
    pub(crate) fn objects(self) -> &'static [Object] {
        match self {
            Self::Classify => &[Object::Interaction, Object::Contact],
            Self::Route => &[
                Object::Interaction,
                Object::Contact,
                Object::Conversation,
                Object::Classification,
            ],
            Self::Tone => &[
                Object::Draft,
                Object::Interaction,
                Object::Contact,
                Object::Conversation,
                Object::Classification,
            ],
            Self::Escalate => &[
                Object::Trigger,
                Object::Interaction,
                Object::Contact,
                Object::Conversation,
                Object::Classification,
            ],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Classify => "classify",
            Self::Route => "route",
            Self::Tone => "tone",
            Self::Escalate => "escalate",
        }
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Object {
    Interaction,
    Contact,
    Conversation,
    Classification,
    Draft,
    Trigger,
}

impl Object {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Interaction => "interaction",
            Self::Contact => "contact",
            Self::Conversation => "conversation",
            Self::Classification => "classification",
            Self::Draft => "draft",
            Self::Trigger => "trigger",
        }
    }

    /// Name and kind of each field.
    pub(crate) fn fields(self) -> Vec<(&'static str, Kind)> {
        fn of<T>(table: &[Field<T>]) -> Vec<(&'static str, Kind)> {
            table.iter().map(|row| (row.name, row.kind)).collect()
        }
        match self {
            Self::Interaction => of(INTERACTION),
            Self::Contact => of(CONTACT),
            Self::Conversation => of(CONVERSATION),
            Self::Classification => of(CLASSIFICATION),
            Self::Draft => of(DRAFT),
            Self::Trigger => of(TRIGGER),
        }
    }
}

/// Type and largest size of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A code, a name, an identifier: at most 4 KiB.
    Word,
    /// A whole text: at most 64 KiB.
    Text,
    Bool,
    Int,
    Double,
    /// At most 64 words.
    Words,
    /// Confidence by name; at most 64.
    Scores,
    /// Texts by name; at most 64.
    Attributes,
}

impl Kind {
    pub(crate) fn type_of(self) -> Type {
        match self {
            Self::Word | Self::Text => Type::String,
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Double => Type::Double,
            Self::Words => Type::list(Type::String),
            Self::Scores => Type::map(Type::String, Type::Double),
            Self::Attributes => Type::map(Type::String, Type::String),
        }
    }

    /// Bytes of a text, entries of a list or map.
    pub(crate) fn size(self) -> u64 {
        match self {
            Self::Text => LONGEST_TEXT,
            Self::Words | Self::Scores | Self::Attributes => MOST_ENTRIES,
            Self::Word => WORD_SIZE,
            Self::Bool | Self::Int | Self::Double => 8,
        }
    }

    /// What an absent field reads as.
    fn default(self) -> Value {
        match self {
            Self::Word | Self::Text => text(""),
            Self::Bool => Value::Bool(false),
            Self::Int => Value::Int(0),
            Self::Double => Value::Float(0.0),
            Self::Words => words([]),
            Self::Scores | Self::Attributes => map(HashMap::new()),
        }
    }
}

/// The bound on a text in a list or map.
pub(crate) const WORD_SIZE: u64 = 4 * 1024;

/// A field of an object.
pub(crate) struct Field<T> {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Its value; `None` where it is absent.
    pub(crate) read: fn(&T) -> Option<Value>,
}

/// Reads the wanted fields of an object, which itself may be absent.
pub(crate) fn read<T>(table: &[Field<T>], object: Option<&T>, wanted: &[&'static str]) -> Value {
    let mut fields = HashMap::with_capacity(wanted.len() * 2);
    for row in table {
        if wanted.contains(&row.name) {
            let value = object.and_then(row.read);
            fields.insert(presence_of(row.name), Value::Bool(value.is_some()));
            fields.insert(
                row.name.to_owned(),
                value.unwrap_or_else(|| row.kind.default()),
            );
        }
    }
    map(fields)
}

/// The hidden field that `has()` reads. No field of an expression can have such a name.
pub(crate) fn presence_of(field: &str) -> String {
    format!("has {field}")
}

fn text(text: impl Into<String>) -> Value {
    Value::String(Arc::new(text.into()))
}

fn words(words: impl IntoIterator<Item = String>) -> Value {
    Value::List(Arc::new(words.into_iter().map(text).collect()))
}

fn map(entries: HashMap<String, Value>) -> Value {
    entries.into()
}

fn whole(number: impl TryInto<i64>) -> Value {
    Value::Int(number.try_into().unwrap_or(i64::MAX))
}

/// Seconds from a moment until now; 0 for a later one.
fn seconds_since(at: Timestamp) -> Value {
    whole(patchbay_sdk::clock::now().saturating_sub(at) / 1000)
}
