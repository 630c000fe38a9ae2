use patchbay_sdk::{Contact, Interaction};

use super::{Field, Kind, map, seconds_since, text, whole, words};

pub(crate) const INTERACTION: &[Field<Interaction>] = &[
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
        name: "text",
        kind: Kind::Text,
        read: |it| Some(text(it.text())),
    },
    Field {
        name: "direction",
        kind: Kind::Word,
        read: |it| Some(text(it.direction().as_str())),
    },
    Field {
        name: "public",
        kind: Kind::Bool,
        read: |it| Some(it.is_public().into()),
    },
    Field {
        name: "account",
        kind: Kind::Word,
        read: |it| it.account().map(text),
    },
    Field {
        name: "language",
        kind: Kind::Word,
        read: |it| it.language().map(text),
    },
    Field {
        name: "age_seconds",
        kind: Kind::Int,
        read: |it| Some(seconds_since(it.received_at())),
    },
    Field {
        name: "in_reply_to",
        kind: Kind::Word,
        read: |it| it.in_reply_to().map(text),
    },
    Field {
        name: "attachments",
        kind: Kind::Words,
        read: |it| {
            let files = it.attachments();
            Some(words(
                files.iter().map(|file| file.kind().as_str().to_owned()),
            ))
        },
    },
    Field {
        name: "attributes",
        kind: Kind::Attributes,
        read: |it| {
            let names = it.attribute_names();
            let values = names
                .into_iter()
                .filter_map(|name| it.attribute(&name).map(|value| (name, text(value))));
            Some(map(values.collect()))
        },
    },
];

pub(crate) const CONTACT: &[Field<Contact>] = &[
    Field {
        name: "id",
        kind: Kind::Word,
        read: |it| it.id().map(text),
    },
    Field {
        name: "address",
        kind: Kind::Word,
        read: |it| it.address().map(text),
    },
    Field {
        name: "name",
        kind: Kind::Word,
        read: |it| it.name().map(text),
    },
    Field {
        name: "reach",
        kind: Kind::Int,
        read: |it| it.reach().map(whole),
    },
    Field {
        name: "verified",
        kind: Kind::Bool,
        read: |it| it.verified().map(Into::into),
    },
    Field {
        name: "recent_interactions",
        kind: Kind::Int,
        read: |it| Some(whole(it.recent_interactions())),
    },
    Field {
        name: "last_agent",
        kind: Kind::Word,
        read: |it| it.last_agent().map(text),
    },
];
