use std::borrow::Cow;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// One host call of a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostCall {
    /// Name in the contract, such as `types.interaction.text`.
    pub name: String,
    /// The arguments; handles as numbers.
    pub args: Value,
    /// The result; absent where the host stopped the policy in this call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why the host stopped the policy in this call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// The host calls of one decision, in order, as JSON that is parsed when read.
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
    /// Memory it takes, in bytes, approximately.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.calls.len() * size_of::<Mark>()
    }

    pub(super) fn push<A: Serialize, R: Serialize>(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        args: A,
        result: Result<R, String>,
    ) {
        // Writing to memory does not fail; a value JSON cannot hold becomes null.
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

    /// Parse the calls.
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
