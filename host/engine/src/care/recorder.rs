use serde::Serialize;

use super::transcript::Transcript;
use crate::limits::stop::Stop;

/// What a decision stores beside its answer and outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// Store each plugin's own answer.
    pub answers: bool,
    /// Most bytes of host calls to store per plugin and stage; 0: none.
    pub transcript: usize,
}

impl Recording {
    /// Store nothing.
    pub const NONE: Recording = Recording {
        answers: false,
        transcript: 0,
    };
    /// Store everything. Transcripts are bounded at 4 MiB: a policy could
    /// otherwise fill the host's memory by reading one text again and again.
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

/// Counts every host call, and writes the transcript if there is one. A
/// transcript above its limit is discarded: a part of one cannot be replayed.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    calls: u32,
    limit: usize,
    transcript: Option<Transcript>,
}

impl Recorder {
    /// Begin a transcript of at most `limit` bytes; 0: no transcript.
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_transcript_above_its_limit_is_discarded() {
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
        let calls = recorder.take().expect("below the limit").calls();
        let again = Transcript::from(calls.clone()).calls();
        assert_eq!(calls, again);
        let names: Vec<_> = calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(calls[0].args, json!([1, "x"]));
        assert_eq!(calls[0].result, Some(json!(0.1 + 0.2)));
        assert_eq!(calls[1].result, Some(Value::Null));
        assert_eq!(calls[2].result, None);
        assert!(calls[2].stopped.is_some());
    }
}
