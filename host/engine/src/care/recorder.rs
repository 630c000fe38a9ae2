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

/// Counts every host call, and keeps them where somebody asked for a
/// transcript.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    calls: u32,
    transcript: Option<Vec<HostCall>>,
}

impl Recorder {
    pub(crate) fn begin(&mut self, transcript: bool) {
        self.calls = 0;
        self.transcript = transcript.then(Vec::new);
    }

    pub(crate) fn record<A: Serialize, R: Serialize>(
        &mut self,
        name: &'static str,
        args: A,
        result: &Result<R, Stop>,
    ) {
        self.calls = self.calls.saturating_add(1);
        if let Some(transcript) = &mut self.transcript {
            transcript.push(HostCall {
                name: name.to_owned(),
                args: serde_json::to_value(args).unwrap_or(Value::Null),
                result: result
                    .as_ref()
                    .ok()
                    .map(|value| serde_json::to_value(value).unwrap_or(Value::Null)),
                stopped: result.as_ref().err().map(ToString::to_string),
            });
        }
    }

    pub(crate) fn calls(&self) -> u32 {
        self.calls
    }

    pub(crate) fn take(&mut self) -> Option<Vec<HostCall>> {
        self.transcript.take()
    }
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
        if self.bytes + message.len() > self.limit {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        self.bytes += message.len();
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
    fn control_characters_are_escaped() {
        assert_eq!(escape_controls("a\u{1b}[2J\nb"), "a\\u{1b}[2J\\nb");
    }
}
