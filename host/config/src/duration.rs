//! Durations and sizes in files and answers: `"2m"`, `"1h30m"`, `"20ms"`,
//! `"16MiB"`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A span of whole seconds, written `"45s"`, `"30m"`, `"2h"`, `"1h30m"` or
/// `"2d"`. A day is 24 hours. From 0 to 4,294,967,295 seconds (136 years).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u32);

/// A span of whole milliseconds: everything [`Seconds`] takes, and `"20ms"` or
/// `"1s500ms"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

/// A number of bytes, written in binary units: `"512B"`, `"64KiB"`, `"16MiB"`
/// or `"1GiB"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(pub u64);

/// Why a text is not a duration or size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Another form.
    #[error("\"{text}\" is not {expected}")]
    Malformed {
        /// The text, shortened where it is long.
        text: String,
        /// The accepted form, with examples.
        expected: &'static str,
    },
    /// A value out of range.
    #[error("\"{text}\" is too large; the maximum is {most}")]
    TooLarge {
        /// The text, shortened where it is long.
        text: String,
        /// The largest value, in the same form.
        most: String,
    },
}

const SECONDS_FORM: &str = "a duration: write \"45s\", \"30m\", \"2h\", \"2d\" or \"1h30m\" \
     (whole numbers, units d, h, m and s, each once, largest first, no spaces)";
const MILLIS_FORM: &str = "a duration: write \"20ms\", \"45s\", \"30m\", \"2h\" or \"1h30m\" \
     (whole numbers, units d, h, m, s and ms, each once, largest first, no spaces)";
const SIZE_FORM: &str = "a size: write \"512B\", \"64KiB\", \"16MiB\" or \"1GiB\" \
     (a whole number and one binary unit; kB, MB and GB are not accepted)";

/// Units of time and their milliseconds, largest first.
const TIME_UNITS: &[(&str, u64)] = &[
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Units of size and their bytes, largest first.
const SIZE_UNITS: &[(&str, u64)] = &[
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

impl FromStr for Seconds {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let units = &TIME_UNITS[..TIME_UNITS.len() - 1];
        let too_large = || too_large(text, &Seconds(u32::MAX));
        match parse(text, units) {
            Parsed::Value(millis) => u32::try_from(millis / 1_000)
                .map(Self)
                .map_err(|_| too_large()),
            Parsed::Overflow => Err(too_large()),
            Parsed::Malformed => Err(malformed(text, SECONDS_FORM)),
        }
    }
}

impl FromStr for Millis {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        match parse(text, TIME_UNITS) {
            Parsed::Value(millis) => Ok(Self(millis)),
            Parsed::Overflow => Err(too_large(text, &Millis(u64::MAX))),
            Parsed::Malformed => Err(malformed(text, MILLIS_FORM)),
        }
    }
}

impl FromStr for ByteSize {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        // One unit only: "1GiB512MiB" looks like a typing error.
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if text[digits..].bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(malformed(text, SIZE_FORM));
        }
        match parse(text, SIZE_UNITS) {
            Parsed::Value(bytes) => Ok(Self(bytes)),
            Parsed::Overflow => Err(too_large(text, &ByteSize(u64::MAX))),
            Parsed::Malformed => Err(malformed(text, SIZE_FORM)),
        }
    }
}

enum Parsed {
    Value(u64),
    Overflow,
    Malformed,
}

/// Sum of number-and-unit pairs, each unit at most once and largest first.
fn parse(text: &str, units: &[(&str, u64)]) -> Parsed {
    let mut rest = text;
    let mut units = units.iter();
    let mut total = Some(0u64);
    if rest.is_empty() {
        return Parsed::Malformed;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, tail) = rest.split_at(digits);
        let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, tail) = tail.split_at(letters);
        // Starting after the last unit refuses repeated and larger units.
        let Some((_, factor)) = units.find(|(name, _)| *name == unit) else {
            return Parsed::Malformed;
        };
        if number.is_empty() {
            return Parsed::Malformed;
        }
        total = total.and_then(|sum| {
            number
                .parse::<u64>()
                .ok()?
                .checked_mul(*factor)?
                .checked_add(sum)
        });
        rest = tail;
    }
    total.map_or(Parsed::Overflow, Parsed::Value)
}

fn malformed(text: &str, expected: &'static str) -> QuantityError {
    let text = shortened(text);
    QuantityError::Malformed { text, expected }
}

fn too_large(text: &str, most: &dyn fmt::Display) -> QuantityError {
    let (text, most) = (shortened(text), most.to_string());
    QuantityError::TooLarge { text, most }
}

/// The text for an error: control characters escaped, at most 40 characters.
fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(40).flat_map(char::escape_debug).collect();
    if text.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, u64::from(self.0) * 1_000, "0s")
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(f, self.0, "0ms")
    }
}

/// Largest units first, parts that are zero left out.
fn write_time(f: &mut fmt::Formatter<'_>, mut millis: u64, zero: &str) -> fmt::Result {
    if millis == 0 {
        return f.write_str(zero);
    }
    for (unit, factor) in TIME_UNITS {
        if millis >= *factor {
            write!(f, "{}{unit}", millis / factor)?;
            millis %= factor;
        }
    }
    Ok(())
}

impl fmt::Display for ByteSize {
    /// In the largest unit that leaves a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, factor): &&(&str, u64)| self.0 >= *factor && self.0.is_multiple_of(*factor);
        let (unit, factor) = SIZE_UNITS.iter().find(fits).unwrap_or(&("B", 1));
        write!(f, "{}{unit}", self.0 / factor)
    }
}

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        Duration::from_secs(u64::from(seconds.0))
    }
}

impl From<Millis> for Duration {
    fn from(millis: Millis) -> Self {
        Duration::from_millis(millis.0)
    }
}

/// Reads and writes a quantity as a string, whatever the file format.
macro_rules! as_text {
    ($type:ident, $form:expr) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl de::Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($form)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

as_text!(Seconds, SECONDS_FORM);
as_text!(Millis, MILLIS_FORM);
as_text!(ByteSize, SIZE_FORM);

#[cfg(test)]
mod tests;
