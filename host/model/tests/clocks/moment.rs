//! Moments as a case writes them.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use patchbay_config::duration::Seconds;
use serde::Deserialize;

/// A local time, a time in UTC where it ends in `Z`, or a span after creation.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum Moment {
    Local(DateTime),
    Utc(Timestamp),
    AfterCreation(Seconds),
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Moment, String> {
        if let Some(span) = text.strip_prefix('+') {
            let span = span.parse::<Seconds>();
            return span
                .map(Moment::AfterCreation)
                .map_err(|error| error.to_string());
        }
        let read = match text.ends_with('Z') {
            true => text.parse().ok().map(Moment::Utc),
            false => text.parse().ok().map(Moment::Local),
        };
        // The parser would also take a date alone, which is no moment.
        read.filter(|_| text.contains('T')).ok_or_else(|| {
            format!(
                "\"{}\" is not a moment; write a local time such as \"2026-03-06T16:00\", a time in UTC \
                 such as \"2026-10-25T01:30Z\", or a span after creation such as \"+90m\"",
                text.escape_debug()
            )
        })
    }
}

/// What turns moments into Unix milliseconds and back.
pub(crate) struct Calendar {
    pub(crate) zone: TimeZone,
    pub(crate) created_ms: u64,
}

impl Calendar {
    /// Unix milliseconds of a moment.
    pub(crate) fn ms(&self, moment: Moment) -> Result<u64, String> {
        let at = match moment {
            Moment::Utc(at) => at,
            Moment::Local(local) => local
                .to_zoned(self.zone.clone())
                .map_err(|error| format!("{local}: {error}"))?
                .timestamp(),
            Moment::AfterCreation(Seconds(seconds)) => {
                return Ok(self.created_ms + u64::from(seconds) * 1_000);
            }
        };
        u64::try_from(at.as_millisecond())
            .map_err(|_| format!("{} is before 1970", self.zone.to_datetime(at)))
    }

    /// Local time of some Unix milliseconds.
    pub(crate) fn shown(&self, ms: u64) -> String {
        let at = i64::try_from(ms).ok();
        at.and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .map_or(format!("{ms} ms"), |at| {
                self.zone.to_datetime(at).to_string()
            })
    }
}

/// `none`, or something: so that a case can say that there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::IntoDeserializer;
        match String::deserialize(deserializer)?.as_str() {
            "none" => Ok(Maybe(None)),
            text => {
                T::deserialize(text.to_owned().into_deserializer()).map(|value| Maybe(Some(value)))
            }
        }
    }
}

impl<T: fmt::Display> fmt::Display for Maybe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("none"),
        }
    }
}
