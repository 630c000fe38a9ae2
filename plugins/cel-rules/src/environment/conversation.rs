use cel::Value;
use patchbay_sdk::{Assessment, Conversation};

use super::{Field, Kind, map, seconds_since, text, whole, words};

pub(crate) const CONVERSATION: &[Field<Conversation>] = &[
    Field {
        name: "id",
        kind: Kind::Word,
        read: |it| Some(text(it.id())),
    },
    Field {
        name: "channel",
        kind: Kind::Word,
        read: |it| Some(text(it.channel().as_str())),
    },
    Field {
        name: "state",
        kind: Kind::Word,
        read: |it| Some(text(it.state().as_str())),
    },
    Field {
        name: "cause",
        kind: Kind::Word,
        read: |it| Some(text(it.cause().as_str())),
    },
    Field {
        name: "age_seconds",
        kind: Kind::Int,
        read: |it| Some(seconds_since(it.created_at())),
    },
    Field {
        name: "interaction_count",
        kind: Kind::Int,
        read: |it| Some(whole(it.interaction_count())),
    },
    Field {
        name: "queue",
        kind: Kind::Word,
        read: |it| it.queue().map(text),
    },
    Field {
        name: "owner",
        kind: Kind::Word,
        read: |it| it.owner().map(text),
    },
    Field {
        name: "last_agent",
        kind: Kind::Word,
        read: |it| it.last_agent().map(text),
    },
    Field {
        name: "priority",
        kind: Kind::Int,
        read: |it| Some(whole(it.priority())),
    },
    Field {
        name: "tags",
        kind: Kind::Words,
        read: |it| Some(words(it.tags())),
    },
    Field {
        name: "unanswered_seconds",
        kind: Kind::Int,
        read: |it| it.unanswered_since().map(seconds_since),
    },
    Field {
        name: "incident",
        kind: Kind::Word,
        read: |it| it.incident().map(text),
    },
];

pub(crate) const CLASSIFICATION: &[Field<Assessment>] = &[
    Field {
        name: "intents",
        kind: Kind::Scores,
        read: |it| {
            let scores = it
                .intents()
                .into_iter()
                .map(|intent| (intent.name, Value::Float(intent.confidence)));
            Some(map(scores.collect()))
        },
    },
    Field {
        name: "best_intent",
        kind: Kind::Word,
        read: |it| it.best_intent().map(|intent| text(intent.name)),
    },
    Field {
        name: "topics",
        kind: Kind::Words,
        read: |it| Some(words(it.topics())),
    },
    Field {
        name: "sentiment",
        kind: Kind::Double,
        read: |it| it.sentiment().map(Value::Float),
    },
    Field {
        name: "urgency",
        kind: Kind::Int,
        read: |it| it.urgency().map(whole),
    },
    Field {
        name: "language",
        kind: Kind::Word,
        read: |it| it.language().map(text),
    },
    Field {
        name: "spam",
        kind: Kind::Double,
        read: |it| it.spam().map(Value::Float),
    },
    Field {
        name: "abuse",
        kind: Kind::Double,
        read: |it| it.abuse().map(Value::Float),
    },
    Field {
        name: "reply_expected",
        kind: Kind::Bool,
        read: |it| it.reply_expected().map(Into::into),
    },
    Field {
        name: "personal_data",
        kind: Kind::Words,
        read: |it| {
            let kinds = it.personal_data_kinds();
            Some(words(kinds.iter().map(|kind| kind.as_str().to_owned())))
        },
    },
];
