//! Slack's markup of texts: `<@U…>`, `<#C…|name>`, `<!here>`, `<URL|label>`, and
//! `&`, `<` and `>` as entities.

use patchbay_adapter::escaped_text::unescape;

/// The text as a person reads it.
pub(super) fn decode(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(start) = rest.find('<') {
        let (before, tagged) = rest.split_at(start);
        unescape(before, &mut text);
        // A tag has no other inside.
        let inside = tagged[1..].find(['<', '>']).map(|end| &tagged[1..=end]);
        match inside.filter(|inside| tagged[1 + inside.len()..].starts_with('>')) {
            Some(inside) => {
                unescape(&shown(inside), &mut text);
                rest = &tagged[inside.len() + 2..];
            }
            None => {
                text.push('<');
                rest = &tagged[1..];
            }
        }
    }
    unescape(rest, &mut text);
    text
}

/// What a reader sees of a tag; entities stay.
fn shown(tag: &str) -> String {
    let (target, label) = match tag.split_once('|') {
        Some((target, label)) => (target, Some(label).filter(|label| !label.is_empty())),
        None => (tag, None),
    };
    // A label can have the sign already.
    let named = |sign: char, id: &str| {
        let name = label.unwrap_or(id);
        format!("{sign}{}", name.trim_start_matches(sign))
    };
    let mut letters = target.chars();
    match letters.next() {
        Some('@') => named('@', letters.as_str()),
        Some('#') => named('#', letters.as_str()),
        // `here`, `subteam^S…`, `date^…`.
        Some('!') => match label {
            Some(label) => label.to_owned(),
            None => named('@', letters.as_str()),
        },
        _ => {
            let bare = target.strip_prefix("mailto:");
            let bare = bare.or_else(|| target.strip_prefix("tel:"));
            match label {
                Some(label) if label != target && Some(label) != bare => {
                    format!("{label} ({target})")
                }
                _ => bare.unwrap_or(target).to_owned(),
            }
        }
    }
}

/// A text in which nothing is markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};
    use proptest::prop_assert_eq;

    use super::*;

    #[test]
    fn markup_is_shown_as_a_person_reads_it() {
        for (markup, text) in [
            ("<@U1> <@U1|ana> <@U1|@ana>", "@U1 @ana @ana"),
            ("<#C1|help> <#C1>", "#help #C1"),
            (
                "<!here> <!subteam^S1|@care> <!date^1^x|today>",
                "@here @care today",
            ),
            ("<https://a.example>", "https://a.example"),
            ("<https://a.example|https://a.example>", "https://a.example"),
            (
                "<https://a.example/?a=1&amp;b=2|shop>",
                "shop (https://a.example/?a=1&b=2)",
            ),
            ("<mailto:a@b.example|a@b.example>", "a@b.example"),
            ("<tel:+351|+351>", "+351"),
            ("&amp;lt; &lt;@U1&gt; &unknown; &", "&lt; <@U1> &unknown; &"),
            ("a < b <@U1", "a < b <@U1"),
            ("<<@U1>", "<@U1"),
            ("<>", ""),
            ("<|x>", "x ()"),
        ] {
            assert_eq!(decode(markup), text, "{markup}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_escaped_text_is_decoded_to_itself(text in "[a-z<>&;|@# é😀\n]{0,60}|.{0,40}") {
            prop_assert_eq!(decode(&escape(&text)), text);
        }
    }
}
