//! Texts in which a provider writes `<`, `>` and `&` as entities.

/// Adds a text with `&lt;`, `&gt;` and `&amp;` decoded once.
pub fn unescape(mut escaped: &str, text: &mut String) {
    while let Some(start) = escaped.find('&') {
        text.push_str(&escaped[..start]);
        let entity = &escaped[start..];
        let known = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&')];
        let known = known.iter().find(|(name, _)| entity.starts_with(name));
        let (letter, length) = known.map_or(('&', 1), |(name, letter)| (*letter, name.len()));
        text.push(letter);
        escaped = &entity[length..];
    }
    text.push_str(escaped);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_decoded_once_and_other_text_stays() {
        for (escaped, expected) in [
            ("a &lt;3 &gt; &amp;", "a <3 > &"),
            ("&amp;lt;", "&lt;"),
            ("&quot; & &", "&quot; & &"),
            ("", ""),
        ] {
            let mut text = String::new();
            unescape(escaped, &mut text);
            assert_eq!(text, expected, "{escaped}");
        }
    }
}
