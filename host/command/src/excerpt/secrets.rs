//! Secrets that stand in a file by mistake, hidden where an error shows its lines.

use std::ops::Range;

/// The text with stars in the place of what may be a secret: values of keys that end
/// in `secret`, except names of environment variables, and signing keys and tokens
/// anywhere. It has the same length in bytes.
pub(super) fn hide(text: &str) -> String {
    let values: Vec<_> = text
        .match_indices("secret")
        .filter_map(|(at, key)| value_after(text, at + key.len()))
        .collect();
    let mut hidden = String::with_capacity(text.len());
    for word in words(text) {
        let shown = &text[word.clone()];
        let is_value = values.iter().any(|value| value.contains(&word.start));
        let is_name = is_key(&text[word.end..]) || is_variable(shown);
        let is_hidden = is_value && !is_name && !shown.starts_with(is_separator);
        match is_hidden || is_secret(shown) {
            true => hidden.extend(std::iter::repeat_n('*', shown.len())),
            false => hidden.push_str(shown),
        }
    }
    hidden
}

/// The value after a key that ends here, within its line.
fn value_after(text: &str, key_end: usize) -> Option<Range<usize>> {
    let rest = text[key_end..].trim_start_matches(['"', '\'', ' ', '\t']);
    let value = rest.strip_prefix('=')?;
    let start = text.len() - value.len();
    let line = value.split('\n').next().unwrap_or_default();
    let trimmed = line.trim_start();
    let end = match trimmed.chars().next()? {
        '{' => trimmed.find('}'),
        quote @ ('"' | '\'') => trimmed[1..].find(quote).map(|at| at + 1),
        _ => trimmed.find([',', '}']),
    };
    let length = line.len() - trimmed.len() + end.unwrap_or(trimmed.len());
    Some(start..start + length)
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || "{}[],=\"'".contains(c)
}

/// The words of a text and what separates them, in order.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = &text[start..];
        let first = rest.chars().next()?;
        let length = match is_separator(first) {
            true => first.len_utf8(),
            false => rest.find(is_separator).unwrap_or(rest.len()),
        };
        start += length;
        Some(start - length..start)
    })
}

/// Whether this follows a key.
fn is_key(rest: &str) -> bool {
    rest.trim_start_matches(['"', '\'', ' ', '\t'])
        .starts_with('=')
}

/// Whether a word can be the name of an environment variable and is no key: of more
/// than a few letters only if underscores divide it.
fn is_variable(word: &str) -> bool {
    let is_upper = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_';
    word.bytes().all(is_upper) && word.split('_').all(|part| part.len() <= 16)
}

fn is_secret(word: &str) -> bool {
    let hex = word.rsplit_once("pb_").map(|(_, hex)| hex);
    let is_token = |hex: &str| hex.len() >= 32 && hex.bytes().all(|c| c.is_ascii_hexdigit());
    word.contains("whsec_") || hex.is_some_and(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_everything_else_is_shown() {
        let token = format!("pb_{}", "0123456789abcdef".repeat(4));
        for (text, shown) in [
            (
                "secret = \"s3cret/+x\" # why",
                "secret = \"*********\" # why",
            ),
            (
                "secret = { env = \"DESK_KEY\" }",
                "secret = { env = \"DESK_KEY\" }",
            ),
            ("secret = { env = \"desk\" }", "secret = { env = \"****\" }"),
            (
                "secret = { enw = [\"k\u{e9}y\"] }",
                "secret = { enw = [\"****\"] }",
            ),
            (
                "client-secret = abc, x = abc",
                "client-secret = ***, x = abc",
            ),
            (
                "secret = \"ABCDEFGHIJKLMNOPQRSTUVWXYZ\"",
                "secret = \"**************************\"",
            ),
            ("secret =\nx = abc", "secret =\nx = abc"),
            ("x = \"v1,whsec_abc\"", "x = \"v1,*********\""),
            (
                "secrets = [\"DESK\"] # no secret here",
                "secrets = [\"DESK\"] # no secret here",
            ),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(text).len(), text.len());
        }
        assert_eq!(hide(&token), "*".repeat(token.len()));
    }
}
