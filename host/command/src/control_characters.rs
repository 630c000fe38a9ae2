//! Escapes control characters of names and texts that other people wrote.

use std::borrow::Cow;

/// Escape control characters, so that names in a text cannot move the cursor or
/// change colours.
pub fn escape_control(text: &str) -> Cow<'_, str> {
    let harmful = |one: char| one.is_control() && !matches!(one, '\n' | '\t');
    if !text.contains(harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for one in text.chars() {
        match harmful(one) {
            // The escape of JSON, so that a JSON document stays valid.
            true => shown += &format!("\\u{:04x}", u32::from(one)),
            false => shown.push(one),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(escape_control("a\tb\nc é"), "a\tb\nc é");
        let shown = escape_control("\u{1b}[2J\r\u{9b}31m\u{7}");
        assert_eq!(shown, "\\u001b[2J\\u000d\\u009b31m\\u0007");
        let document = serde_json::to_string(&"\u{9b}2J\u{1b}").expect("JSON");
        let read: String = serde_json::from_str(&escape_control(&document)).expect("JSON still");
        assert_eq!(read, "\u{9b}2J\u{1b}");
    }
}
