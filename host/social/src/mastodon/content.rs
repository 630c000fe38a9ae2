//! The content of a status as text.

use patchbay_text::mail::html_to_text;

/// Most links that are kept.
const LINKS: usize = 32;
/// Most bytes of a link.
const LINK_BYTES: usize = 2_048;
/// Elements that a server may write and `html_to_text` does not know.
const FURTHER: [&str; 6] = ["del", "ins", "ruby", "rt", "rp", "rb"];
/// Words in the class of a link to a person or a topic, whose text says enough.
const NAMES: [&str; 2] = ["mention", "hashtag"];

/// What a status says.
pub(super) struct Content {
    /// Its text. A mention stays, a short link is written out.
    pub(super) text: String,
    /// Where the links lead whose text does not say it.
    pub(super) links: Vec<String>,
}

/// Reads HTML. Takes linear time.
pub(super) fn read(html: &str) -> Content {
    let mut prepared = String::with_capacity(html.len());
    let mut links = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, from) = rest.split_at(start);
        prepared.push_str(before);
        let Some(end) = from.find('>') else {
            rest = from;
            break;
        };
        let (tag, after) = from.split_at(end + 1);
        rest = after;
        match name(tag) {
            // A paragraph ends with a blank line.
            "/p" => prepared.push_str("</p><br>"),
            "li" => prepared.push_str("<li>- "),
            "a" => {
                prepared.push_str(tag);
                links.extend(link(tag).filter(|_| links.len() < LINKS));
            }
            other if FURTHER.contains(&other.trim_start_matches('/')) => {}
            _ => prepared.push_str(tag),
        }
    }
    prepared.push_str(rest);
    let text = tidy(html_to_text(&prepared).text());
    links.retain(|link| !text.contains(link.as_str()));
    Content { text, links }
}

/// The name of a tag, with `/` where it closes an element.
fn name(tag: &str) -> &str {
    let inner = tag.trim_start_matches('<').trim_end_matches('>');
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '/'));
    match &inner[..end.unwrap_or(inner.len())] {
        // `<br/>`.
        name if name.ends_with('/') => name.trim_end_matches('/'),
        name => name,
    }
}

/// The web address of a link that is neither a mention nor a topic.
fn link(tag: &str) -> Option<String> {
    let attribute = |name: &str| {
        let (_, value) = tag.split_once(name)?;
        value.split('"').next()
    };
    let class = attribute(" class=\"").unwrap_or_default();
    if class.split_whitespace().any(|word| NAMES.contains(&word)) {
        return None;
    }
    let address = attribute(" href=\"")?;
    let address = html_to_text(address).text().to_owned();
    let is_web = address.starts_with("https://") || address.starts_with("http://");
    let is_plain = address.len() <= LINK_BYTES && !address.contains(char::is_control);
    (is_web && is_plain).then_some(address)
}

/// Without white space at the ends of lines, and with at most one blank line in succession.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blanks = 0;
    for line in text.lines() {
        let line = line.trim_end();
        blanks = if line.is_empty() { blanks + 1 } else { 0 };
        if blanks < 2 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.replace('\0', "").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, proptest};
    use proptest::prop_assert;

    use super::*;

    #[test]
    fn html_is_read_as_text() {
        for (html, text) in [
            ("<p>Hello world</p>", "Hello world"),
            ("<p>a</p><p>b<br>c<br />d<br/>e</p>", "a\n\nb\nc\nd\ne"),
            (
                "<p>&quot;R&amp;D&quot; &lt;3 &#39;x&#39;</p>",
                "\"R&D\" <3 'x'",
            ),
            ("&amp;lt;", "&lt;"),
            ("", ""),
            ("plain", "plain"),
            ("<p>1 < 2 and 3 > 2</p>", "1 < 2 and 3 > 2"),
            ("<p>open", "open"),
            ("<p>open <", "open <"),
            (
                "<p><span class=\"h-card\"><a href=\"https://m.example/@care\" class=\"u-url mention\">@<span>care</span></a></span> sup!</p>",
                "@care sup!",
            ),
            (
                "<p>my <a href=\"https://m.example/tags/Order\" class=\"mention hashtag\" rel=\"tag\">#<span>Order</span></a></p>",
                "my #Order",
            ),
            (
                "<p><a href=\"https://www.shop.example/money/2019/dec/07\" rel=\"nofollow noopener noreferrer\" target=\"_blank\"><span class=\"invisible\">https://www.</span><span class=\"ellipsis\">shop.example/money/2019</span><span class=\"invisible\">/dec/07</span></a></p>",
                "https://www.shop.example/money/2019/dec/07",
            ),
            ("<p>so <del>good</del> bad</p>", "so good bad"),
            ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
            (
                "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>",
                "a\n\nb\n\nc",
            ),
            ("<script>alert(1)</script><p>a</p>", "a"),
        ] {
            assert_eq!(read(html).text, text, "{html}");
        }
    }

    #[test]
    fn only_a_link_that_the_text_does_not_say_is_kept() {
        let links = |html: &str| read(html).links;
        let said = "<a href=\"https://a.example/x?b=1&amp;c=2\"><span class=\"invisible\">https://</span>a.example/x?b=1&amp;c=2</a>";
        assert_eq!(links(said), Vec::<String>::new());
        let hidden = "<p><a href=\"https://a.example/x?b=1&amp;c=2\">here</a></p>";
        assert_eq!(links(hidden), ["https://a.example/x?b=1&c=2"]);
        for none in [
            "<a href=\"https://a.example/@jo\" class=\"u-url mention\">@jo</a>",
            "<a href=\"javascript:alert(1)\">here</a>",
            "<a href=\"mailto:jo@a.example\">here</a>",
            "<a>here</a>",
            "<a href=\"https://a.example",
        ] {
            assert_eq!(links(none), Vec::<String>::new(), "{none}");
        }
        let many: String = (0..100)
            .map(|at| format!("<a href=\"https://a.example/{at}\">x</a>"))
            .collect();
        assert_eq!(links(&many).len(), LINKS);
        let long = format!(
            "<a href=\"https://a.example/{}\">x</a>",
            "y".repeat(LINK_BYTES)
        );
        assert_eq!(links(&long), Vec::<String>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        /// Nothing panics, and no known tag is left.
        #[test]
        fn a_text_has_no_tags(html in "(<p>|</p>|<br>|<a href=\"|\">|</a>|<|>|&|;|lt|é|😀| |\n|x){0,40}") {
            let text = read(&html).text;
            prop_assert!(!text.contains("<p>") && !text.contains("<br>"), "{}", text);
        }
    }
}
