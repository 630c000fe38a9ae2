//! What a decision asked the host and said to it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
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

/// What is kept of a decision beside its answer and how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Keep what each plugin answered by itself.
    pub answers: bool,
    /// Keep every host call, as long as they take no more bytes than this
    /// together; 0: keep none.
    pub transcript: usize,
}

impl Recording {
    /// Nothing.
    pub const NONE: Recording = Recording {
        answers: false,
        transcript: 0,
    };
    /// All there is, up to 4 MiB: a policy could else fill the host's memory by
    /// asking for the same text again and again.
    pub const ALL: Recording = Recording {
        answers: true,
        transcript: 4 << 20,
    };
}

impl From<bool> for Recording {
    fn from(all: bool) -> Recording {
        match all {
            true => Recording::ALL,
            false => Recording::NONE,
        }
    }
}

/// Every host call of one decision, in order: JSON in one piece, which is read
/// when somebody looks.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    text: Vec<u8>,
    calls: Vec<Mark>,
}

/// Where a call's arguments and result end in the text.
#[derive(Clone, Debug)]
struct Mark {
    name: Cow<'static, str>,
    args: usize,
    result: usize,
    stopped: Option<String>,
}

impl Transcript {
    /// Bytes it takes, roughly.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.calls.len() * size_of::<Mark>()
    }

    fn push<A: Serialize, R: Serialize>(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        args: A,
        result: Result<R, String>,
    ) {
        // Writing to memory does not fail; a value that is no JSON becomes null.
        let mut write = |value: &dyn Fn(&mut Vec<u8>) -> serde_json::Result<()>| {
            let before = self.text.len();
            if value(&mut self.text).is_err() {
                self.text.truncate(before);
                self.text.extend_from_slice(b"null");
            }
            self.text.len()
        };
        let args = write(&|text| serde_json::to_writer(text, &args));
        let end = match &result {
            Ok(value) => write(&|text| serde_json::to_writer(text, value)),
            Err(_) => args,
        };
        self.calls.push(Mark {
            name: name.into(),
            args,
            result: end,
            stopped: result.err(),
        });
    }

    /// The calls.
    pub fn calls(&self) -> Vec<HostCall> {
        let mut begin = 0;
        let mut read = |end: usize| {
            let piece = self.text.get(begin..end).unwrap_or_default();
            begin = end;
            serde_json::from_slice(piece).unwrap_or(Value::Null)
        };
        let calls = self.calls.iter().map(|mark| HostCall {
            name: mark.name.clone().into_owned(),
            args: read(mark.args),
            result: mark.stopped.is_none().then(|| read(mark.result)),
            stopped: mark.stopped.clone(),
        });
        calls.collect()
    }
}

impl From<Vec<HostCall>> for Transcript {
    fn from(calls: Vec<HostCall>) -> Transcript {
        let mut transcript = Transcript::default();
        for call in calls {
            let result = match call.stopped {
                Some(stopped) => Err(stopped),
                None => Ok(call.result),
            };
            transcript.push(call.name, call.args, result);
        }
        transcript
    }
}

impl Serialize for Transcript {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.calls().serialize(serializer)
    }
}

/// Counts every host call, and keeps them where somebody asked for a
/// transcript. One that grows too long is given up: half of it replays nothing.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    calls: u32,
    limit: usize,
    transcript: Option<Transcript>,
}

impl Recorder {
    /// Begin a transcript of at most this many bytes; 0: keep none.
    pub(crate) fn begin(&mut self, limit: usize) {
        self.calls = 0;
        self.limit = limit;
        self.transcript = (limit > 0).then(Transcript::default);
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
        transcript.push(name, args, result.as_ref().map_err(ToString::to_string));
        if transcript.bytes() > self.limit {
            self.transcript = None;
        }
    }

    pub(crate) fn calls(&self) -> u32 {
        self.calls
    }

    pub(crate) fn take(&mut self) -> Option<Transcript> {
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
        recorder.begin(Recording::ALL.transcript);
        let text = "x".repeat(64 << 10);
        for _ in 0..10 {
            recorder.record("types.interaction.text", 0, &Ok(&text));
        }
        assert!(recorder.transcript.is_some());
        for _ in 0..100 {
            recorder.record("types.interaction.text", 0, &Ok(&text));
        }
        assert_eq!(recorder.calls(), 110);
        assert!(recorder.take().is_none());
    }

    #[test]
    fn a_transcript_reads_as_it_was_written() {
        let mut recorder = Recorder::default();
        recorder.begin(1 << 10);
        recorder.record("a", (1, "x"), &Ok(0.1 + 0.2));
        recorder.record("b", (), &Ok(()));
        recorder.record("c", "y", &Err::<(), _>(Stop::denied("no")));
        let calls = recorder.take().expect("kept").calls();
        let again = Transcript::from(calls.clone()).calls();
        assert_eq!(calls, again);
        let names: Vec<_> = calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(calls[0].args, serde_json::json!([1, "x"]));
        assert_eq!(calls[0].result, Some(serde_json::json!(0.1 + 0.2)));
        assert_eq!(calls[1].result, Some(Value::Null));
        assert_eq!(calls[2].result, None);
        assert!(calls[2].stopped.is_some());
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape_controls("a\u{1b}[2J\nb"), "a\\u{1b}[2J\\nb");
    }
}
