//! Segments of an SMS (3GPP TS 23.038: alphabet; TS 23.040: header of a part).

/// Encoding and segments of a text; segments determine the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SmsSegments {
    /// Encoding.
    pub encoding: SmsEncoding,
    /// Length in units of that encoding: septets for GSM-7, where a character
    /// of the extension table takes two, or UTF-16 code units for UCS-2.
    pub units: u32,
    /// Units of the whole segments and those used of the last: as `units`, and
    /// one more for each segment whose last unit stays free, because a
    /// character of two units is never split. It fits into some segments exactly
    /// if it is at most [`SmsEncoding::units_in`] of them.
    pub used: u32,
    /// Segments; 0 for an empty text.
    pub segments: u32,
}

/// The two encodings of an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmsEncoding {
    /// The GSM 7-bit default alphabet with its extension table: 160 units in a
    /// single message, 153 in each of several.
    Gsm7,
    /// UCS-2, in practice UTF-16, as soon as one character is outside GSM-7:
    /// 70 units in a single message, 67 in each of several.
    Ucs2,
}

impl SmsEncoding {
    /// Units of a single message.
    pub const fn single(self) -> u32 {
        match self {
            SmsEncoding::Gsm7 => 160,
            SmsEncoding::Ucs2 => 70,
        }
    }

    /// Units of each of several messages, without the header.
    pub const fn part(self) -> u32 {
        match self {
            SmsEncoding::Gsm7 => 153,
            SmsEncoding::Ucs2 => 67,
        }
    }

    /// Units of so many messages.
    pub const fn units_in(self, segments: u32) -> u32 {
        match segments {
            0 => 0,
            1 => self.single(),
            several => self.part().saturating_mul(several),
        }
    }

    /// Units of a character; `None` where the encoding lacks it.
    fn units_of(self, character: char) -> Option<u32> {
        match self {
            SmsEncoding::Gsm7 if GSM_BASIC.contains(character) => Some(1),
            SmsEncoding::Gsm7 if GSM_EXTENSION.contains(character) => Some(2),
            SmsEncoding::Gsm7 => None,
            SmsEncoding::Ucs2 => u32::try_from(character.len_utf16()).ok(),
        }
    }
}

const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENSION: &str = "\u{000C}^{}\\[~]|€";

/// Encoding and segments of a text.
pub fn sms_segments(text: &str) -> SmsSegments {
    let in_gsm = |character| SmsEncoding::Gsm7.units_of(character).is_some();
    let encoding = if text.chars().all(in_gsm) {
        SmsEncoding::Gsm7
    } else {
        SmsEncoding::Ucs2
    };
    let (mut units, mut parts, mut used) = (0u32, 0u32, encoding.part());
    for taken in text
        .chars()
        .filter_map(|character| encoding.units_of(character))
    {
        units = units.saturating_add(taken);
        // A character is never split between two messages.
        if used + taken > encoding.part() {
            (parts, used) = (parts.saturating_add(1), 0);
        }
        used += taken;
    }
    let (segments, used) = if units <= encoding.single() {
        (units.min(1), units)
    } else {
        let whole = encoding.part().saturating_mul(parts.saturating_sub(1));
        (parts, whole.saturating_add(used))
    };
    SmsSegments {
        encoding,
        units,
        used,
        segments,
    }
}
