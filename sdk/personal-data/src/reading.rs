//! A text as a reader sees it: plain digits, blanks, hyphens and dots, nothing invisible.

use std::ops::Range;

use patchbay_text::{Rewriter, Rewritten, fold_characters, is_ignorable};

pub(crate) struct Reading<'a> {
    source: &'a str,
    folded: Rewritten<'a>,
    /// The folded text with plain separators; `None` where it has no other ones.
    separated: Option<Rewritten<'static>>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let folded = fold_characters(text);
        let separated = separate(folded.text());
        Self {
            source: text,
            folded,
            separated,
        }
    }

    pub(crate) fn text(&self) -> &str {
        self.separated.as_ref().unwrap_or(&self.folded).text()
    }

    /// Bytes of the original that a range of [`text`](Self::text) stands for.
    pub(crate) fn source_range(&self, range: Range<usize>) -> Range<usize> {
        let range = match &self.separated {
            Some(separated) => separated.source_range(range),
            None => range,
        };
        let range = self.folded.source_range(range);
        // What is drawn around or upon the last character belongs to it.
        let rest = self.source.get(range.end..).unwrap_or("");
        let drawn = |it: char| is_ignorable(it) || matches!(it, '\u{20dd}'..='\u{20e4}');
        range.start..range.end + (rest.len() - rest.trim_start_matches(drawn).len())
    }
}

fn separate(text: &str) -> Option<Rewritten<'static>> {
    if text.is_ascii() || !text.chars().any(|it| separator(it).is_some()) {
        return None;
    }
    let mut rewriter = Rewriter::new(text);
    let mut copied = 0;
    for (at, character) in text.char_indices() {
        if let Some(plain) = separator(character) {
            rewriter.copy(copied..at);
            copied = at + character.len_utf8();
            rewriter.replace(at..copied, plain);
        }
    }
    rewriter.copy(copied..text.len());
    Some(rewriter.finish().into_owned())
}

/// The plain form of a blank, hyphen or dot.
fn separator(character: char) -> Option<&'static str> {
    Some(match character {
        // Folding leaves those that follow no letter or digit.
        _ if is_ignorable(character) => "",
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
            " "
        }
        '\u{85}' | '\u{2028}' | '\u{2029}' => "\n",
        '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{2043}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{30fc}'
        | '\u{ff70}'
        | '\u{2d7}'
        | '\u{1806}'
        | '\u{2796}' => "-",
        '⁺' | '₊' | '﹢' | '\u{2795}' => "+",
        '⁽' | '₍' | '﹙' | '【' | '〔' | '「' | '『' | '〈' | '《' | '❨' => "(",
        '⁾' | '₎' | '﹚' | '】' | '〕' | '」' | '』' | '〉' | '》' | '❩' => ")",
        '·' | '•' | '․' | '。' | '｡' | '∙' | '⋅' | '\u{66b}' => ".",
        '⁄' | '∕' => "/",
        '،' | '、' | '\u{66c}' => ",",
        _ => return None,
    })
}
