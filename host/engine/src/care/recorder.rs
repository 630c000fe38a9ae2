//! What a decision asked the host and said to it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::stop::Stop;

/// One host call of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostCall {
    /// Interface and function, as in the contract.
    pub name: String,
    /// The arguments; handles as numbers.
    pub args: Value,
    /// The result; absent where the call was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why the call was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// Bytes of a transcript, roughly. A policy could else fill the host's memory
/// by asking for the same text again and again.
const TRANSCRIPT_BYTES: usize = 4 << 20;

/// Counts every host call, and keeps them where somebody asked for a
/// transcript. One that grows too long is given up: half of it replays nothing.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    calls: u32,
    bytes: usize,
    transcript: Option<Vec<HostCall>>,
}

impl Recorder {
    pub(crate) fn begin(&mut self, transcript: bool) {
        self.calls = 0;
        self.bytes = 0;
        self.transcript = transcript.then(Vec::new);
    }

    pub(crate) fn record<A: Serialize, R: Serialize>(
        &mut self,
        name: &'static str,
        args: A,
        result: &Result<R, Stop>,
    ) {
        self.calls = self.calls.saturating_add(1);
        let Some(transcript) = &mut self.transcript else {
            return;
        };
        let call = HostCall {
            name: name.to_owned(),
            args: serde_json::to_value(args).unwrap_or(Value::Null),
            result: result
                .as_ref()
                .ok()
                .map(|value| serde_json::to_value(value).unwrap_or(Value::Null)),
            stopped: result.as_ref().err().map(ToString::to_string),
        };
        self.bytes += size_of::<HostCall>()
            + name.len()
            + weight(&call.args)
            + call.result.as_ref().map_or(0, weight);
        if self.bytes > TRANSCRIPT_BYTES {
            self.transcript = None;
            return;
        }
        transcript.push(call);
    }

    pub(crate) fn calls(&self) -> u32 {
        self.calls
    }

    pub(crate) fn take(&mut self) -> Option<Vec<HostCall>> {
        self.transcript.take()
    }
}

/// Bytes a value takes, roughly.
fn weight(value: &Value) -> usize {
    let within = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| key.len() + weight(value))
            .sum(),
        _ => 0,
    };
    size_of::<Value>() + within
}

/// A line a policy wrote for the decision's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// `debug`, `info`, `warn`, `error`, `stdout` or `stderr`.
    pub level: String,
    /// What it says, control characters escaped.
    pub message: String,
}

/// Lines up to a limit; what comes after is counted.
#[derive(Debug, Default)]
pub(crate) struct LogBuffer {
    lines: Vec<LogLine>,
    bytes: usize,
    limit: usize,
    dropped: u32,
}

impl LogBuffer {
    pub(crate) fn begin(&mut self, limit: usize) {
        *self = LogBuffer {
            limit,
            ..LogBuffer::default()
        };
    }

    pub(crate) fn write(&mut self, level: &str, message: &str) {
        // A line that says nothing takes room too.
        let bytes = message.len().max(1);
        if self.bytes + bytes > self.limit {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        self.bytes += bytes;
        self.lines.push(LogLine {
            level: level.to_owned(),
            message: escape_controls(message),
        });
    }

    pub(crate) fn take(&mut self) -> (Vec<LogLine>, u32) {
        (
            std::mem::take(&mut self.lines),
            std::mem::take(&mut self.dropped),
        )
    }
}

/// Control characters as escapes, so that a line cannot move a terminal's
/// cursor or fake another line.
pub(crate) fn escape_controls(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            let escaped: Box<dyn Iterator<Item = char>> = if c.is_control() {
                Box::new(c.escape_default())
            } else {
                Box::new(std::iter::once(c))
            };
            escaped
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_limit_are_counted() {
        let mut log = LogBuffer::default();
        log.begin(5);
        log.write("info", "1234");
        log.write("info", "56");
        log.write("info", "5");
        let (lines, dropped) = log.take();
        assert_eq!(lines.len(), 2);
        assert_eq!(dropped, 1);
    }

    #[test]
    fn a_line_that_says_nothing_takes_room_too() {
        let mut log = LogBuffer::default();
        log.begin(2);
        for _ in 0..5 {
            log.write("info", "");
        }
        assert_eq!((log.lines.len(), log.dropped), (2, 3));
    }

    #[test]
    fn a_transcript_without_end_is_given_up() {
        let mut recorder = Recorder::default();
        recorder.begin(true);
        let text = "x".repeat(64 << 10);
        for _ in 0..10 {
            recorder.record("types.interaction.text", 0, &Ok(&text));
        }
        assert!(recorder.transcript.is_some());
        for _ in 0..100 {
            recorder.record("types.interaction.text", 0, &Ok(&text));
        }
        assert_eq!((recorder.calls(), recorder.take()), (110, None));
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape_controls("a\u{1b}[2J\nb"), "a\\u{1b}[2J\\nb");
    }
}
