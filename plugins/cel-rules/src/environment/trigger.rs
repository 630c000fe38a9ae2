use cel::Value;
use patchbay_sdk::{Trigger, clock};

use super::{Field, Kind, text, whole};

pub(crate) const TRIGGER: &[Field<Trigger>] = &[
    Field {
        name: "code",
        kind: Kind::Word,
        read: |it| Some(text(it.code().as_str())),
    },
    Field {
        name: "clock",
        kind: Kind::Word,
        read: |it| it.clock().map(|clock| text(clock.as_str())),
    },
    // Negative once the time has passed.
    Field {
        name: "due_in_seconds",
        kind: Kind::Int,
        read: |it| {
            let now = i64::try_from(clock::now()).ok()?;
            let due = i64::try_from(it.due_at()?).ok()?;
            Some(Value::Int(due.saturating_sub(now) / 1000))
        },
    },
    Field {
        name: "subject",
        kind: Kind::Word,
        read: |it| it.subject().map(text),
    },
    Field {
        name: "agent",
        kind: Kind::Word,
        read: |it| it.agent().map(text),
    },
    Field {
        name: "count",
        kind: Kind::Int,
        read: |it| it.count().map(whole),
    },
    Field {
        name: "usual",
        kind: Kind::Double,
        read: |it| it.usual().map(Value::Float),
    },
    Field {
        name: "window_seconds",
        kind: Kind::Int,
        read: |it| it.window_seconds().map(whole),
    },
];
