//! A span of time as text: `90s`, `5m`, `2h`, `1d`.

use std::borrow::Cow;
use std::fmt;

use patchbay_sdk::schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use patchbay_sdk::serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A span of time: `90s`, `5m`, `2h` or `1d`, from `1s` to `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    seconds: u32,
}

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
const LONGEST: u32 = 604_800;

impl Span {
    pub(crate) const fn minutes(minutes: u32) -> Self {
        Self {
            seconds: minutes * 60,
        }
    }

    /// Length in seconds, 1 to 604,800.
    pub(crate) const fn seconds(self) -> u32 {
        self.seconds
    }

    /// A share of it in seconds, at least 1.
    pub(crate) fn share(self, share: f64) -> u32 {
        ((f64::from(self.seconds) * share) as u32).max(1)
    }

    fn read(text: &str) -> Option<Self> {
        let unit = text.chars().next_back()?;
        let length = UNITS.iter().find(|(name, _)| *name == unit)?.1;
        let count: u32 = text.strip_suffix(unit)?.parse().ok()?;
        let seconds = count.checked_mul(length)?;
        (1..=LONGEST).contains(&seconds).then_some(Self { seconds })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, length) = UNITS
            .into_iter()
            .find(|(_, length)| self.seconds.is_multiple_of(*length))
            .unwrap_or(('s', 1));
        write!(formatter, "{}{unit}", self.seconds / length)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| {
            de::Error::custom(format!(
                "`{text}` is not a span of time from 1s to 7d, such as `90s`, `5m`, `2h` or `1d`"
            ))
        })
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A span of time: `90s`, `5m`, `2h` or `1d`, from `1s` to `7d`.",
            "pattern": "^[1-9][0-9]{0,5}[smhd]$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_round_trip() {
        for text in ["90s", "5m", "2h", "1d"] {
            assert_eq!(
                Span::read(text).map(|span| span.to_string()).as_deref(),
                Some(text)
            );
        }
        assert_eq!(
            Span::read("120s").map(|span| span.to_string()).as_deref(),
            Some("2m")
        );
        for text in ["", "5", "m", "-5m", "0s", "8d", "5 m", "99999999999d", "5é"] {
            assert_eq!(Span::read(text), None, "{text}");
        }
    }
}
