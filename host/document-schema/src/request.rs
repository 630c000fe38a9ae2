//! The schemas of requests for decisions about data that the request carries.

use serde_json::{Value, json};

use super::decision::{classification, stage};
use super::domain::{agent, contact, conversation, draft, interaction, queue, trigger};
use super::{at_most, component, described, flag, int64, list, object, optional};

/// An interaction to decide about.
pub(super) fn decide() -> Value {
    let fields = json!({
        "interaction": interaction(),
        "stages": described(list(stage()), "Stages to run. Default `classify` and `route`"),
        "conversation": optional(described(conversation(), "Its conversation. Default a new one")),
        "contact": contact(),
        "earlier": described(
            at_most(256, list(interaction())),
            "Earlier interactions of the conversation, newest first",
        ),
        "classification": optional(described(
            classification(),
            "What the interaction is. If given, it is not classified",
        )),
        "agents": optional(described(
            list(agent()),
            "The agents. Default those of the company file",
        )),
        "queues": optional(described(
            at_most(256, list(queue())),
            "The queues, including the company's default queue. Default those of the company file",
        )),
        "trigger": optional(described(
            trigger(),
            "Trigger of the escalation. Default `classified`",
        )),
        "seed": seed(),
        "transcript": transcript(),
    });
    component(
        "DecideRequest",
        "An interaction to decide about, with its context",
        object(fields, &["interaction"]),
    )
}

/// A draft to check.
pub(super) fn tone() -> Value {
    let fields = json!({
        "draft": draft(),
        "interaction": optional(described(interaction(), "The interaction it answers")),
        "classification": optional(described(
            classification(),
            "What the interaction is. Default: it is classified first",
        )),
        "conversation": optional(described(conversation(), "Its conversation")),
        "composing": flag("Whether the agent is still typing"),
        "seed": seed(),
        "transcript": transcript(),
    });
    component(
        "ToneRequest",
        "A draft to check, with its context",
        object(fields, &["draft"]),
    )
}

fn seed() -> Value {
    optional(int64(
        0,
        "Seed of the policies' random numbers. Default derived from the id",
    ))
}

fn transcript() -> Value {
    flag("Include every host call in the answer")
}
