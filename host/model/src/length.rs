//! Length of a text by its channel's rule, and the limit.

mod emoji;
mod punycode;
mod sms;
mod top_level_domain;
mod url;
mod x;

pub use sms::{SmsEncoding, SmsSegments, sms_segments};

use crate::channel::{LengthRule, length_rule};

/// Most segments of an SMS: what common aggregators join (Twilio:
/// <https://www.twilio.com/docs/glossary/what-sms-character-limit>).
const SMS_SEGMENTS: u32 = 10;

/// Length of a text, counted as the channel's [`LengthRule`] says:
///
/// - weighted: a URL counts 23, an emoji 2, a character outside the ranges of
///   Latin and its neighbours 2, any other 1 (twitter-text 3,
///   <https://docs.x.com/fundamentals/counting-characters>);
/// - SMS: septets in GSM-7, UTF-16 code units otherwise (see
///   [`SmsSegments::units`]);
/// - characters: Unicode scalar values.
///
/// A company with the legacy setting for X counts differently: use [`measure`]
/// where the setting is known.
pub fn length(channel: &str, text: &str) -> u32 {
    measure(channel, text, false).length
}

/// The most a channel takes, in the unit of [`length`]; `None`: no limit, or
/// none known.
///
/// SMS: 1530, ten segments of GSM-7. A text that needs UCS-2 fits 670 units
/// into as many segments: [`measure`] says which it is. A character of two
/// units at the end of a segment can cost one unit more than counted.
pub fn limit(channel: &str, legacy_140: bool) -> Option<u32> {
    match length_rule(channel) {
        LengthRule::Weighted => Some(x::rules(legacy_140).limit),
        LengthRule::Sms => Some(SmsEncoding::Gsm7.units_in(SMS_SEGMENTS)),
        LengthRule::Characters(limit) => limit,
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

/// [`length`] and [`limit`] of a text.
///
/// With `legacy_140`, X counts as it did until 2017: 140, each character 1,
/// a URL 23 (twitter-text, configuration version 1). The setting touches no
/// other channel.
pub fn measure(channel: &str, text: &str, legacy_140: bool) -> Measure {
    match length_rule(channel) {
        LengthRule::Weighted => {
            let rules = x::rules(legacy_140);
            Measure {
                length: x::weighted(text, rules),
                limit: Some(rules.limit),
            }
        }
        LengthRule::Sms => {
            let segments = sms_segments(text);
            Measure {
                length: segments.units,
                limit: Some(segments.encoding.units_in(SMS_SEGMENTS)),
            }
        }
        LengthRule::Characters(limit) => Measure {
            length: u32::try_from(text.chars().count()).unwrap_or(u32::MAX),
            limit,
        },
    }
}

#[cfg(test)]
mod tests;
