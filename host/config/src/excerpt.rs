//! How much of a text from outside an error shows.

use std::borrow::Cow;

/// Most characters of a line of an error.
const LINE: usize = 600;
/// Characters at the end of a longer line that are shown.
const END: usize = 150;

/// A message with what its longest lines quote left out. Parsers repeat the value that
/// is wrong, which may have megabytes.
pub fn shorten(message: &str) -> Cow<'_, str> {
    if message.lines().all(|line| line.len() <= LINE) {
        return Cow::Borrowed(message);
    }
    let lines = message.split('\n').map(|line| {
        let length = line.chars().count();
        match length > LINE {
            true => {
                let start: String = line.chars().take(LINE - END - 1).collect();
                let end: String = line.chars().skip(length - END).collect();
                Cow::Owned(format!("{start}…{end}"))
            }
            false => Cow::Borrowed(line),
        }
    });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// [`shorten`] for a message that is not needed any more.
pub fn shortened(message: impl Into<String>) -> String {
    let message = message.into();
    match shorten(&message) {
        Cow::Borrowed(_) => message,
        Cow::Owned(short) => short,
    }
}

/// The text of a JSON error without its place in the text, which ends it.
pub fn without_place(error: &serde_json::Error) -> String {
    let mut message = error.to_string();
    if let Some(at) = message.rfind(" at line ") {
        message.truncate(at);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_in_a_message_is_cut_and_its_beginning_and_end_stay() {
        let message = |value: &str| format!("unknown code {value:?}, expected `a` or `b`\nsee it");
        for value in ["x".repeat(60_000), "é".repeat(600), "\u{1f600}".repeat(600)] {
            let short = shortened(message(&value));
            assert!(short.starts_with("unknown code"), "{short}");
            assert!(short.ends_with("expected `a` or `b`\nsee it"), "{short}");
            assert_eq!(
                short.lines().next().map(|line| line.chars().count()),
                Some(LINE)
            );
        }
        let fits = message(&"é".repeat(500));
        assert_eq!(shortened(fits.clone()), fits);
    }
}
