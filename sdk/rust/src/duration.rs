use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time in settings, as text: `90s`, `5m`, `2h` or `1d`, from `1s` to `7d`.
///
/// ```
/// use patchbay_sdk::Duration;
///
/// let reminder: Duration = "90m".parse().unwrap();
/// assert_eq!((reminder.seconds(), reminder.to_string()), (5_400, "90m".to_owned()));
/// assert!("90 minutes".parse::<Duration>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    seconds: u32,
}

const UNITS: [(char, u32); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Why a text is no [`Duration`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseDurationError(String);

impl fmt::Display for ParseDurationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not a span of time from 1s to 7d, such as `90s`, `5m`, `2h` or `1d`",
            self.0
        )
    }
}

impl std::error::Error for ParseDurationError {}

impl Duration {
    /// The longest one: seven days.
    pub const LONGEST: Self = Self { seconds: 604_800 };

    /// So many seconds, at least 1 and at most seven days.
    pub const fn from_seconds(seconds: u32) -> Self {
        let seconds = match seconds {
            0 => 1,
            seconds if seconds > Self::LONGEST.seconds => Self::LONGEST.seconds,
            seconds => seconds,
        };
        Self { seconds }
    }

    /// So many minutes, at least 1 second and at most seven days.
    pub const fn from_minutes(minutes: u32) -> Self {
        Self::from_seconds(minutes.saturating_mul(60))
    }

    /// Length in seconds, 1 to 604,800.
    pub const fn seconds(self) -> u32 {
        self.seconds
    }

    /// A share of it in seconds, at least 1.
    pub fn share(self, share: f64) -> u32 {
        ((f64::from(self.seconds) * share) as u32).max(1)
    }
}

impl std::str::FromStr for Duration {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, ParseDurationError> {
        let read = || {
            let unit = text.chars().next_back()?;
            let length = UNITS.iter().find(|(name, _)| *name == unit)?.1;
            let count = text.strip_suffix(unit)?;
            let seconds = count.parse::<u32>().ok()?.checked_mul(length)?;
            let fits = count.bytes().all(|byte| byte.is_ascii_digit())
                && (1..=Self::LONGEST.seconds).contains(&seconds);
            fits.then_some(Self { seconds })
        };
        read().ok_or_else(|| ParseDurationError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, length) = UNITS
            .into_iter()
            .find(|(_, length)| self.seconds.is_multiple_of(*length))
            .unwrap_or(('s', 1));
        write!(formatter, "{}{unit}", self.seconds / length)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Duration {
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
    fn durations_round_trip() {
        for (text, written) in [
            ("90s", "90s"),
            ("5m", "5m"),
            ("2h", "2h"),
            ("1d", "1d"),
            ("120s", "2m"),
            ("90m", "90m"),
            ("7d", "7d"),
        ] {
            let read = text.parse::<Duration>();
            assert_eq!(read.map(|it| it.to_string()).as_deref(), Ok(written));
        }
        for text in [
            "",
            "5",
            "m",
            "-5m",
            "+5m",
            "0s",
            "8d",
            "5 m",
            "99999999999d",
            "5é",
            "5M",
            "1.5h",
            "1h30m",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
        assert_eq!(Duration::from_seconds(0).seconds(), 1);
        assert_eq!(Duration::from_minutes(u32::MAX), Duration::LONGEST);
    }
}
