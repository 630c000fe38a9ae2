//! Masking personal data in what is shown: payment cards, bank accounts, mail
//! addresses and telephone numbers. It needs no policy: what a classifier
//! missed, or never saw, is masked as well.

use serde_json::Value;

/// What stands for a payment card's number.
pub const CARD: &str = "[payment-card]";
/// What stands for an account's number.
pub const ACCOUNT: &str = "[iban]";
/// What stands for a mail address.
pub const MAIL: &str = "[email]";
/// What stands for a telephone number.
pub const TELEPHONE: &str = "[phone]";

/// Most characters of an IBAN (ISO 13616).
const IBAN: std::ops::RangeInclusive<usize> = 15..=34;
/// Digits of a payment card's number (ISO/IEC 7812).
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;
/// Digits of a telephone number (ITU-T E.164: at most 15).
const TELEPHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// Fewest digits of one that begins with `+`.
const FOREIGN_DIGITS: usize = 7;

/// A text with what looks like personal data masked.
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at_start = !out.chars().next_back().is_some_and(char::is_alphanumeric);
        let found = at_start.then(|| found_at(rest)).flatten();
        match found {
            Some((mask, bytes)) => {
                out.push_str(mask);
                rest = &rest[bytes..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// A document with every text in it masked, names of fields too.
pub fn masked_document(document: &Value) -> Value {
    match document {
        Value::String(text) => Value::String(masked(text)),
        Value::Array(items) => Value::Array(items.iter().map(masked_document).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (masked(name), masked_document(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// What begins here, and how many bytes it takes.
fn found_at(text: &str) -> Option<(&'static str, usize)> {
    let mail = mail(text).map(|bytes| (MAIL, bytes));
    let account = || iban(text).map(|bytes| (ACCOUNT, bytes));
    mail.or_else(account).or_else(|| number(text))
}

/// Most characters before and after the `@` (RFC 5321, 4.5.3.1).
const LOCAL_CHARS: usize = 64;
const DOMAIN_CHARS: usize = 255;

/// `local@domain.tld` (RFC 5321, without what nobody uses).
fn mail(text: &str) -> Option<usize> {
    let is_local = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    // No further than a local part may be long: customers choose the text.
    let start = text.char_indices().take(LOCAL_CHARS + 1);
    let (local, _) = start.into_iter().find(|(_, c)| !is_local(*c))?;
    if local == 0 || !text[local..].starts_with('@') {
        return None;
    }
    let domain = &text[local + 1..];
    let is_domain = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let mut after = domain.char_indices().take(DOMAIN_CHARS);
    let end = after.find(|(_, c)| !is_domain(*c)).map(|(at, _)| at);
    let end = end.unwrap_or_else(|| {
        let cut = domain.char_indices().nth(DOMAIN_CHARS);
        cut.map_or(domain.len(), |(at, _)| at)
    });
    let domain = domain[..end].trim_end_matches(['.', '-']);
    let (name, top) = domain.rsplit_once('.')?;
    let is_mail = !name.is_empty() && top.len() >= 2 && top.chars().all(char::is_alphabetic);
    is_mail.then_some(local + 1 + domain.len())
}

/// Country, check digits and account, in one or in groups, with the right
/// remainder (ISO 7064, modulo 97-10).
fn iban(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let head = bytes.get(..4)?;
    if !head[..2].iter().all(u8::is_ascii_alphabetic) || !head[2..].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut characters = Vec::new();
    let mut best = None;
    let mut position = 0;
    while let Some(byte) = bytes.get(position) {
        match byte {
            b' ' | b'-'
                if bytes
                    .get(position + 1)
                    .is_some_and(u8::is_ascii_alphanumeric) => {}
            byte if byte.is_ascii_alphanumeric() => {
                characters.push(byte.to_ascii_uppercase());
                let ends = !bytes
                    .get(position + 1)
                    .is_some_and(u8::is_ascii_alphanumeric);
                if ends && IBAN.contains(&characters.len()) && checks(&characters) {
                    best = Some(position + 1);
                }
            }
            _ => break,
        }
        if characters.len() > *IBAN.end() {
            break;
        }
        position += 1;
    }
    best
}

fn checks(characters: &[u8]) -> bool {
    let (head, account) = characters.split_at(4);
    let rest = account.iter().chain(head).fold(0u32, |rest, byte| {
        let value = match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            byte => u32::from(byte - b'A') + 10,
        };
        let shift = if value > 9 { 100 } else { 10 };
        (rest * shift + value) % 97
    });
    rest == 1
}

/// Digits in groups: a card where the check digit is right, else a telephone
/// number where it has as many digits and looks like one.
fn number(text: &str) -> Option<(&'static str, usize)> {
    let plus = text.starts_with('+');
    let open = text.starts_with('(');
    if !plus && !open && !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut digits = Vec::new();
    let mut card = None;
    let mut end = 0;
    let mut gap = 0;
    let mut grouped = plus || open;
    for (position, character) in text.char_indices() {
        match character {
            '0'..='9' => {
                digits.push(character as u8 - b'0');
                grouped |= gap > 0 && digits.len() > 1;
                gap = 0;
                end = position + 1;
                let next = text[end..].chars().next();
                let ends = !next.is_some_and(|next| next.is_ascii_digit());
                if ends && CARD_DIGITS.contains(&digits.len()) && luhn(&digits) {
                    card = Some(end);
                }
            }
            '+' | '(' if position == 0 => {}
            // Between two groups: a blank or a mark, or a few of them.
            ' ' | '-' | '.' | '/' | '(' | ')' | '\u{a0}' if gap < 3 => gap += 1,
            _ => break,
        }
        if digits.len() > *CARD_DIGITS.end() {
            break;
        }
    }
    if let Some(end) = card {
        return Some((CARD, end));
    }
    let next = text[end..].chars().next();
    if next.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let enough = match plus {
        true => digits.len() >= FOREIGN_DIGITS,
        false => TELEPHONE_DIGITS.contains(&digits.len()),
    };
    let is_telephone = enough
        && digits.len() <= *TELEPHONE_DIGITS.end()
        && (grouped || digits.first() == Some(&0) || digits.len() >= 9)
        && !is_moment(&text[..end]);
    is_telephone.then_some((TELEPHONE, end))
}

/// The check digit of ISO/IEC 7812-1, annex B.
fn luhn(digits: &[u8]) -> bool {
    if digits.iter().all(|digit| *digit == 0) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether digits are a date, as times are written in documents.
fn is_moment(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && text
            .get(..10)
            .is_some_and(|date| date.parse::<jiff::civil::Date>().is_ok())
}

#[cfg(test)]
mod tests;
