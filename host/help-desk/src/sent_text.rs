//! Texts for help desks that replace placeholders in what their API takes.

/// A text in which no placeholder of the Liquid template language stands: `{{contact.email}}`
/// in what an agent or policy wrote would be replaced by the help desk. A zero-width space
/// stands between the brackets instead.
pub(crate) fn without_placeholders(text: &str) -> String {
    let mut sent = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        if before == Some('{') && matches!(c, '{' | '%') {
            sent.push('\u{200b}');
        }
        sent.push(c);
        before = Some(c);
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placeholders_change() {
        for (text, sent) in [
            ("a {b} c", "a {b} c"),
            ("{{contact.email}}", "{\u{200b}{contact.email}}"),
            ("{{{", "{\u{200b}{\u{200b}{"),
            ("{% raw %}", "{\u{200b}% raw %}"),
            ("100 %", "100 %"),
            ("", ""),
        ] {
            assert_eq!(without_placeholders(text), sent);
        }
    }
}
