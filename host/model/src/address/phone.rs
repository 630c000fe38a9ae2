//! Telephone numbers (E.164), and numbers that have two spellings.

use unicode_normalization::UnicodeNormalization;

use crate::identifier::is_invisible;

/// What digits without `+` or `00` are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bare {
    /// International where they are at least eleven: national numbers without
    /// a leading 0 are shorter, as a rule.
    Ambiguous,
    /// International where they are at least eight.
    International,
}

/// Digits of an international number, country code included.
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 7..=15;

/// The canonical form: `+` and digits for an international number, else the
/// digits as they are dialled; `None` for a text that is no number.
pub(super) fn canonical(address: &str, bare: Bare) -> Option<String> {
    let shown: String = address.nfkc().filter(|c| !is_invisible(*c)).collect();
    let shown = without_scheme(shown.trim());
    let (has_plus, digits) = digits(shown)?;
    let international = match digits.strip_prefix("00") {
        Some(rest) if !has_plus && INTERNATIONAL.contains(&rest.len()) => Some(rest),
        _ if has_plus => Some(digits.trim_start_matches('0')),
        _ if digits.starts_with('0') => None,
        _ => is_international(&digits, bare).then_some(digits.as_str()),
    };
    Some(match international {
        Some(number) => format!("+{}", without_variants(number)),
        None => digits,
    })
}

fn is_international(digits: &str, bare: Bare) -> bool {
    let least = match bare {
        Bare::Ambiguous => 11,
        Bare::International => 8,
    };
    // North American: neither area nor exchange begins with 0 or 1.
    let is_possible = match digits.as_bytes() {
        [b'1', rest @ ..] => rest.len() == 10 && rest[0] > b'1' && rest[3] > b'1',
        _ => true,
    };
    (least..=15).contains(&digits.len()) && is_possible
}

fn without_scheme(text: &str) -> &str {
    let schemes = ["tel:", "sms:", "callto:", "whatsapp:"];
    let behind = |scheme: &str| {
        let (head, rest) = text.split_at_checked(scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    let rest = schemes.into_iter().find_map(behind);
    rest.map_or(text, str::trim_start)
}

/// Whether a `+` precedes, and the digits; `None` where there is anything but
/// digits and separators.
fn digits(text: &str) -> Option<(bool, String)> {
    // Forms put the country code in brackets: (+44) 20 ….
    let (has_plus, rest) = match text.trim_start_matches('(').strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    // The trunk prefix that is not dialled from abroad: +44 (0)20 …. Italy
    // dials it.
    let is_abroad = has_plus || rest.starts_with("00");
    let is_italian = rest.trim_start_matches('0').starts_with("39");
    let rest = match is_abroad && !is_italian {
        true => rest.replacen("(0)", "", 1),
        false => rest.to_owned(),
    };
    let mut digits = String::new();
    for c in rest.chars() {
        match c {
            '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '·' => {}
            c if c.is_whitespace() => {}
            c => digits.push(digit(c)?),
        }
    }
    (!digits.is_empty()).then_some((has_plus, digits))
}

/// A digit of the scripts whose phones write their own.
fn digit(c: char) -> Option<char> {
    let value = match c {
        '0'..='9' => c as u32 - '0' as u32,
        '\u{660}'..='\u{669}' => c as u32 - 0x660,
        '\u{6F0}'..='\u{6F9}' => c as u32 - 0x6F0,
        '\u{966}'..='\u{96F}' => c as u32 - 0x966,
        '\u{9E6}'..='\u{9EF}' => c as u32 - 0x9E6,
        _ => return None,
    };
    char::from_digit(value, 10)
}

/// One spelling of a mobile number that has two:
///
/// - Brazil put a 9 before the eight digits of mobile numbers in 2012 to 2016;
///   networks still report the old form.
/// - Argentina has a 9 after the country code for mobile numbers called from
///   abroad. The numbers are one series without it.
/// - Mexico had a 1 there until 2019.
fn without_variants(number: &str) -> String {
    let insert_nine = || format!("{}9{}", &number[..4], &number[4..]);
    match (number.get(..2), number.len()) {
        (Some("55"), 12) if number.as_bytes()[4] >= b'6' => insert_nine(),
        (Some("54"), 13) if number.as_bytes()[2] == b'9' => format!("54{}", &number[3..]),
        (Some("52"), 13) if number.as_bytes()[2] == b'1' => format!("52{}", &number[3..]),
        _ => number.to_owned(),
    }
}
