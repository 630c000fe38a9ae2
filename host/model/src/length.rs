//! Length of a text as a platform counts it, and the limit.

mod emoji;
mod punycode;
mod sms;
mod top_level_domain;
mod url;
mod x;

use unicode_segmentation::UnicodeSegmentation;

use crate::codes;

pub use sms::{SmsEncoding, SmsSegments, sms_segments};

codes! {
    /// What a length counts.
    pub enum LengthUnit {
        /// Unicode scalar values.
        Characters = "characters",
        /// What a reader takes for a character: an emoji with its skin tone is
        /// one.
        Graphemes = "graphemes",
        /// Bytes of UTF-8.
        Bytes = "bytes",
        /// UTF-16 code units.
        Utf16 = "utf-16",
        /// Segments of an SMS; lengths are in units of its encoding.
        Sms = "sms",
        /// Weighted characters, as X counts: a URL 23, an emoji 2, a character
        /// outside the ranges of Latin and its neighbours 2, any other 1
        /// (twitter-text 3, <https://docs.x.com/fundamentals/counting-characters>).
        X = "x",
        /// As X counted until 2017: a URL 23, any character 1 (twitter-text,
        /// configuration version 1).
        X2017 = "x-2017",
    }
}

/// How a channel counts the length of a text, and the most it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthRule {
    /// What counts.
    pub unit: LengthUnit,
    /// The most, in this unit; for SMS in segments. `None`: no limit, or none
    /// known.
    pub limit: Option<u32>,
}

impl LengthRule {
    /// Characters without a limit.
    pub const UNLIMITED: LengthRule = LengthRule {
        unit: LengthUnit::Characters,
        limit: None,
    };
    /// The limit of X until 2017.
    pub const X_2017: LengthRule = LengthRule::new(LengthUnit::X2017, 140);

    /// At most so many of a unit.
    pub const fn new(unit: LengthUnit, limit: u32) -> LengthRule {
        LengthRule {
            unit,
            limit: Some(limit),
        }
    }

    /// Length of a text, and the limit in the same unit.
    ///
    /// For SMS both are in units of the text's encoding: septets of GSM-7, or
    /// UTF-16 code units as soon as one character is outside of it. The length
    /// includes what stays free at the end of a segment because the next
    /// character does not fit.
    pub fn measure(self, text: &str) -> Measure {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let length = match self.unit {
            LengthUnit::Characters => count(text.chars().count()),
            LengthUnit::Graphemes => count(text.graphemes(true).count()),
            LengthUnit::Bytes => count(text.len()),
            LengthUnit::Utf16 => count(text.encode_utf16().count()),
            LengthUnit::X => x::weighted(text, &x::CURRENT),
            LengthUnit::X2017 => x::weighted(text, &x::LEGACY),
            LengthUnit::Sms => {
                let sms = sms_segments(text);
                return Measure {
                    length: sms.used,
                    limit: self.limit.map(|segments| sms.encoding.units_in(segments)),
                };
            }
        };
        Measure {
            length,
            limit: self.limit,
        }
    }
}

/// Length and limit in the same unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Length, in the channel's unit.
    pub length: u32,
    /// Limit, in the same unit; `None`: no limit.
    pub limit: Option<u32>,
}

impl Measure {
    /// Whether the length is within the limit.
    pub fn fits(&self) -> bool {
        self.limit.is_none_or(|limit| self.length <= limit)
    }
}

#[cfg(test)]
mod tests;
