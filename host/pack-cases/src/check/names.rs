//! Names that a case defines, and what is wrong with a name of each kind.

use patchbay_config::name_suggestion::{nearest, suggest};
use patchbay_model::channel::CHANNELS;
use serde_json::Value;

/// Kinds of personal data the contract documents. A policy may report others.
const PERSONAL_DATA_KINDS: [&str; 6] = [
    "payment-card",
    "phone",
    "email",
    "booking-reference",
    "iban",
    "address",
];

/// Names a case defines.
pub(super) struct Names {
    channels: Vec<String>,
    pub(super) codes: Vec<String>,
    queues: Vec<String>,
    hours: Vec<String>,
}

impl Names {
    pub(super) fn of(case: &Value) -> Names {
        let texts = |key: &str| -> Vec<String> {
            entries(case, key)
                .filter_map(|entry| Some(entry.as_str()?.to_owned()))
                .collect()
        };
        let known = CHANNELS.iter().map(|channel| channel.code.to_owned());
        let mut queues: Vec<String> = entries(case, "queues")
            .filter_map(|queue| Some(queue.get("id")?.as_str()?.to_owned()))
            .collect();
        if queues.is_empty() {
            queues.push("general".to_owned());
        }
        let hours = case.get("hours").and_then(Value::as_object);
        Names {
            channels: known.chain(texts("channels")).collect(),
            codes: texts("codes"),
            queues,
            hours: hours
                .map(|hours| hours.keys().cloned().collect())
                .unwrap_or_default(),
        }
    }

    /// What is wrong with a name of this kind.
    pub(super) fn problem(&self, kind: &str, name: &str) -> Option<String> {
        let one_of = |all: &[String], one: &str, many: &str, more: &str| {
            let is_known = all.iter().any(|known| known == name);
            (!is_known)
                .then(|| format!("unknown {one} {name:?}; {}{more}", suggest(name, many, all)))
        };
        match kind {
            "channel" => one_of(
                &self.channels,
                "channel",
                "channels",
                "; list a channel of the company's own under `channels`",
            ),
            "queue" => one_of(&self.queues, "queue", "queues of the case", ""),
            "hours" => one_of(&self.hours, "hours", "hours of the case", ""),
            // A policy may have kinds of its own: only a near miss is an error.
            "personal-data-kind" if !PERSONAL_DATA_KINDS.contains(&name) => {
                nearest(name, PERSONAL_DATA_KINDS)
                    .map(|meant| format!("unknown kind {name:?}; did you mean {meant:?}?"))
            }
            _ => None,
        }
    }
}

/// The entries of a list of the case.
pub(super) fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}
