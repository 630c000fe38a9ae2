//! HTML of entries as text.

use patchbay_text::mail::html_to_text;

use super::entry::Content;

/// Elements that make lines, or hide their text. Others leave only their text.
const ARRANGING: [&str; 32] = [
    "html",
    "body",
    "head",
    "title",
    "style",
    "script",
    "div",
    "p",
    "br",
    "table",
    "tbody",
    "tr",
    "td",
    "th",
    "ul",
    "ol",
    "li",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "center",
    "section",
    "article",
    "header",
    "footer",
    "address",
];
/// Elements that make lines as `p` does, and that the reader of HTML does not know.
const LIKE_PARAGRAPHS: [&str; 12] = [
    "figure",
    "figcaption",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
    "main",
    "nav",
    "aside",
    "caption",
    "fieldset",
];

/// What a reader sees of a text.
pub(super) fn plain(content: &Content) -> String {
    if !content.is_html {
        return content.text.replace("\r\n", "\n").trim().to_owned();
    }
    let simple = simplified(&content.text);
    let text = html_to_text(&simple);
    let has_indents = simple.contains("<pre");
    let lines = text.text().lines().map(|line| match has_indents {
        true => line.trim_end(),
        false => line.trim(),
    });
    let lines: Vec<&str> = lines.collect();
    lines.join("\n").trim().to_owned()
}

/// HTML with the elements only that arrange it, and without the white space by which its
/// source is arranged.
fn simplified(html: &str) -> String {
    let mut simple = String::with_capacity(html.len() + 11);
    // Also what has no tag is HTML.
    simple.push_str("<div>");
    let (mut rest, mut is_preformatted) = (html, false);
    while let Some(start) = rest.find('<') {
        let (before, from) = rest.split_at(start);
        push(&mut simple, before, is_preformatted);
        match tag(from) {
            Some(tag) => {
                tag.write(&mut simple);
                if tag.name.eq_ignore_ascii_case("pre") {
                    is_preformatted = !tag.closes;
                }
                rest = &from[tag.whole.len()..];
            }
            None => {
                simple.push('<');
                rest = &from[1..];
            }
        }
    }
    push(&mut simple, rest, is_preformatted);
    simple.push_str("</div>");
    simple
}

/// Adds a text, with one blank in place of several.
fn push(simple: &mut String, text: &str, is_preformatted: bool) {
    if is_preformatted {
        return simple.push_str(text);
    }
    for letter in text.chars() {
        match letter {
            ' ' | '\t' | '\r' | '\n' if simple.ends_with(' ') => {}
            ' ' | '\t' | '\r' | '\n' => simple.push(' '),
            letter => simple.push(letter),
        }
    }
}

struct Tag<'h> {
    whole: &'h str,
    name: &'h str,
    closes: bool,
}

/// The tag that a text begins with.
fn tag(text: &str) -> Option<Tag<'_>> {
    let inside = text.strip_prefix('<')?;
    let name = inside.strip_prefix('/');
    let (name, closes) = (name.unwrap_or(inside), name.is_some());
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | ':');
    let length = name.find(|letter| !is_name(letter))?;
    let (name, after) = name.split_at(length);
    let begins = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
    if !begins || !after.starts_with(['>', '/', ' ', '\t', '\r', '\n']) {
        return None;
    }
    let end = after.find(['<', '>'])?;
    let end = after[end..].starts_with('>').then_some(end + 1)?;
    let whole = &text[..text.len() - after.len() + end];
    Some(Tag {
        whole,
        name,
        closes,
    })
}

impl Tag<'_> {
    fn write(&self, simple: &mut String) {
        let is = |name: &&str| self.name.eq_ignore_ascii_case(name);
        if LIKE_PARAGRAPHS.iter().any(is) {
            simple.push_str(if self.closes { "</p>" } else { "<p>" });
        } else if ARRANGING.iter().any(is) {
            simple.push_str(self.whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        plain(&Content {
            text: html.to_owned(),
            is_html: true,
        })
    }

    #[test]
    fn markup_becomes_lines_and_other_elements_leave_their_text() {
        for (html, expected) in [
            ("a &lt;3 &amp; &eacute;&nbsp;b", "a <3 & é b"),
            ("<p>one</p><p>two</p>", "one\ntwo"),
            ("one<br/>two", "one\ntwo"),
            ("<div>\n  one,\n\t<em> two</em>\n </div>", "one, two"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            (
                "<figure><img src='x.png' alt='y'><figcaption>cap</figcaption></figure>end",
                "cap\nend",
            ),
            ("a <del>b</del><x-y z='1'>c</x-y>", "a bc"),
            ("<script>alert(1)</script>a<style>b{}</style>", "a"),
            ("1 < 2 and 3<4", "1 < 2 and 3<4"),
            ("<a href='https://a.example/?a=1&b=2'>link</a>", "link"),
            ("<!-- c -->a", "a"),
            ("  ", ""),
        ] {
            let found = text(html);
            let lines: Vec<&str> = found.lines().filter(|line| !line.is_empty()).collect();
            assert_eq!(lines.join("\n").replace('\u{a0}', " "), expected, "{html}");
        }
    }

    #[test]
    fn a_plain_text_stays() {
        let content = Content {
            text: " a < b &amp; <b>\r\nc ".to_owned(),
            is_html: false,
        };
        assert_eq!(plain(&content), "a < b &amp; <b>\nc");
    }

    #[test]
    fn the_time_is_linear() {
        for part in ["<", "<a", "<a ", "</", "<p>", "<div><", "&", "<!--"] {
            let html = part.repeat(400_000 / part.len());
            let start = std::time::Instant::now();
            text(&html);
            assert!(start.elapsed().as_secs() < 5, "{part}");
        }
    }
}
