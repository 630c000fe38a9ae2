use patchbay_sdk::Draft;

use super::{Field, Kind, text, whole, words};

pub(crate) const DRAFT: &[Field<Draft>] = &[
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
        name: "public",
        kind: Kind::Bool,
        read: |it| Some(it.is_public().into()),
    },
    Field {
        name: "written_by",
        kind: Kind::Word,
        read: |it| Some(text(it.written_by().as_str())),
    },
    Field {
        name: "agent",
        kind: Kind::Word,
        read: |it| it.agent().map(text),
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
        name: "length",
        kind: Kind::Int,
        read: |it| Some(whole(it.length())),
    },
    Field {
        name: "length_limit",
        kind: Kind::Int,
        read: |it| it.length_limit().map(whole),
    },
    Field {
        name: "composing",
        kind: Kind::Bool,
        read: |it| Some(it.composing().into()),
    },
];
