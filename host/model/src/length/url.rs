//! URLs as X finds them in a text, with or without a protocol.
//!
//! Follows the grammar of twitter-text 3
//! (<https://github.com/twitter/twitter-text>, Apache-2.0) with its quirks, in
//! time linear in the text: the text is untrusted.

use std::ops::Range;

use super::{punycode, top_level_domain};

/// Longest URL X shortens, the protocol counted once more.
const LONGEST: usize = 4_096;
/// Longest path a `t.co` link can have.
const LONGEST_SLUG: usize = 40;

/// Ranges of the URLs in an NFC-normalised text, in order, in characters.
pub(super) fn find(text: &[char]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.contains(&'.') {
        return found;
    }
    let domains = Domains::new(text);
    let mut at = 0;
    while at < text.len() {
        let behind = may_precede(text[at])
            .then(|| Candidate::at(text, &domains, at + 1))
            .flatten();
        let here = || {
            (at == 0)
                .then(|| Candidate::at(text, &domains, 0))
                .flatten()
        };
        match behind.or_else(here) {
            Some(candidate) => {
                candidate.accept(text, &mut found);
                at = candidate.end;
            }
            None => at += 1,
        }
    }
    found
}

/// A candidate URL.
struct Candidate {
    start: usize,
    /// Characters of `http://` or `https://`; 0 without.
    protocol: usize,
    domain: Range<usize>,
    has_path: bool,
    end: usize,
}

impl Candidate {
    fn at(text: &[char], domains: &Domains, start: usize) -> Option<Self> {
        let protocol = ["https://", "http://"]
            .into_iter()
            .find(|protocol| starts_with(&text[start..], protocol))
            .map_or(0, str::len);
        let domain = start + protocol..domains.end(text, start + protocol)?;
        let port = port(&text[domain.end..]);
        let path = path(&text[domain.end + port..]);
        let query = query(&text[domain.end + port + path..]);
        let end = domain.end + port + path + query;
        Some(Self {
            start,
            protocol,
            domain,
            has_path: path > 0,
            end,
        })
    }

    /// Add its URLs: with a protocol the whole; without one the ASCII part of
    /// the domain, because text may precede it without a space.
    fn accept(&self, text: &[char], found: &mut Vec<Range<usize>>) {
        if !self.is_resolvable(text) {
            return;
        }
        if self.protocol > 0 {
            found.extend(self.shortened(text).map(|end| self.start..end));
        } else if self.start == 0 || !matches!(text[self.start - 1], '-' | '_' | '.' | '/') {
            let before = found.len();
            found.extend(ascii_domains(text, &self.domain));
            if let Some(last) = found[before..].last_mut().filter(|_| self.has_path) {
                last.end = self.end;
            }
        }
    }

    fn is_resolvable(&self, text: &[char]) -> bool {
        let domain = &text[self.domain.clone()];
        let protocol = if self.protocol > 0 {
            self.protocol
        } else {
            "https://".len()
        };
        let labels = domain.split(|character| *character == '.');
        protocol + (self.end - self.start) <= LONGEST
            && labels
                .map(punycode::length)
                .all(|length| (1..=punycode::LONGEST_LABEL).contains(&length))
            && (!domain.starts_with(&['x', 'n', '-', '-'])
                || !ascii_domains(text, &self.domain).is_empty())
    }

    /// End of the URL; a `t.co` link ends with its slug, and is not a URL where
    /// the slug is too long.
    fn shortened(&self, text: &[char]) -> Option<usize> {
        let url = &text[self.start..self.end];
        if !starts_with(&url[self.protocol..], "t.co/") {
            return Some(self.end);
        }
        let slug_start = self.protocol + "t.co/".len();
        match run(&url[slug_start..], |character| {
            character.is_ascii_alphanumeric()
        }) {
            0 => Some(self.end),
            slug if slug > LONGEST_SLUG => None,
            slug => Some(self.start + slug_start + slug),
        }
    }
}

/// Facts about every position, so that each domain is scanned once.
struct Domains {
    /// First position at or after each that cannot belong to its label.
    label_end: Vec<usize>,
    /// Whether the label holds an underscore at or after each position.
    underscore: Vec<bool>,
    /// For each dot, where a domain that starts behind it would end.
    behind_dot: Vec<Option<usize>>,
}

impl Domains {
    fn new(text: &[char]) -> Self {
        let mut domains = Domains {
            label_end: vec![text.len(); text.len() + 1],
            underscore: vec![false; text.len() + 1],
            behind_dot: vec![None; text.len()],
        };
        for at in (0..text.len()).rev() {
            match text[at] {
                '.' => {
                    domains.label_end[at] = at;
                    domains.behind_dot[at] = domains.end(text, at + 1);
                }
                character if character == '-' || character == '_' || in_domain(character) => {
                    domains.label_end[at] = domains.label_end[at + 1];
                    domains.underscore[at] = character == '_' || domains.underscore[at + 1];
                }
                _ => domains.label_end[at] = at,
            }
        }
        domains
    }

    /// End of the longest domain that starts here: labels, of which the last
    /// has no underscore, and a known top-level domain.
    fn end(&self, text: &[char], start: usize) -> Option<usize> {
        let dot = *self.label_end.get(start)?;
        let label = text.get(start..dot)?;
        if text.get(dot) != Some(&'.') || !in_domain(*label.first()?) || !in_domain(*label.last()?)
        {
            return None;
        }
        let shortest = || {
            if self.underscore[start] {
                None
            } else {
                top_level_domain::end(text, dot + 1)
            }
        };
        self.behind_dot[dot].or_else(shortest)
    }
}

/// The parts of a domain that are ASCII or accented Latin and end in a known
/// top-level domain: `example.com` in `日本example.com`.
fn ascii_domains(text: &[char], domain: &Range<usize>) -> Vec<Range<usize>> {
    let text = &text[..domain.end];
    let in_label = |character: char| {
        character == '-' || character.is_ascii_alphanumeric() || is_accented(character)
    };
    let mut found = Vec::new();
    let mut at = domain.start;
    while at < text.len() {
        let (start, mut end) = (at, None);
        loop {
            let dot = at + run(&text[at..], in_label);
            if dot == at || text.get(dot) != Some(&'.') {
                // A failure here is also one from any label in between.
                at = dot.max(start + 1);
                break;
            }
            at = dot + 1;
            end = top_level_domain::end(text, at).or(end);
        }
        if let Some(end) = end {
            found.push(start..end);
            at = end;
        }
    }
    found
}

fn port(text: &[char]) -> usize {
    match text.split_first() {
        Some((':', digits)) => match run(digits, |character| character.is_ascii_digit()) {
            0 => 0,
            digits => digits + 1,
        },
        _ => 0,
    }
}

/// Length of a path, up to the last character it may end with.
fn path(text: &[char]) -> usize {
    if text.first() != Some(&'/') {
        return 0;
    }
    let (mut at, mut end) = (1, 1);
    while let Some(&character) = text.get(at) {
        match parentheses(&text[at..]) {
            0 if !in_path(character) => break,
            0 => at += 1,
            balanced => at += balanced,
        }
        if character == '(' || ends_path(character) {
            end = at;
        }
    }
    end
}

/// Length of balanced parentheses, nested once at most, as in
/// `/Up_(Album_(Edited))`; 0 where there are none.
fn parentheses(text: &[char]) -> usize {
    let (mut depth, mut at, mut filled) = (0u8, 0, false);
    let mut inner = 0u8;
    loop {
        match text.get(at) {
            Some('(') if depth == 0 => (depth, filled) = (1, false),
            Some('(') if depth == 1 && inner == 0 => (depth, inner, filled) = (2, 1, false),
            Some(')') if depth > 0 && filled => depth -= 1,
            Some(character) if depth > 0 && in_path(*character) => filled = true,
            _ => return 0,
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
}

/// Length of a query, up to the last character it may end with.
fn query(text: &[char]) -> usize {
    if text.first() != Some(&'?') {
        return 0;
    }
    let length = run(&text[1..], |character| {
        character.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(character)
    });
    let ends =
        |character: &char| character.is_ascii_alphanumeric() || "-_&=#/".contains(*character);
    text[1..=length]
        .iter()
        .rposition(ends)
        .map_or(0, |last| last + 2)
}

fn run(text: &[char], belongs: impl Fn(char) -> bool) -> usize {
    text.iter()
        .take_while(|character| belongs(**character))
        .count()
}

fn starts_with(text: &[char], prefix: &str) -> bool {
    let mut text = text.iter();
    prefix.chars().all(|wanted| {
        text.next()
            .is_some_and(|character| character.eq_ignore_ascii_case(&wanted))
    })
}

/// Whether a URL may follow directly.
fn may_precede(character: char) -> bool {
    !character.is_ascii_alphanumeric()
        && !matches!(character, '@' | '＠' | '$' | '#' | '＃')
        && !is_refused(character)
}

fn in_domain(character: char) -> bool {
    match character {
        '!'..='~' => character.is_ascii_alphanumeric() || matches!(character, '"' | '`'),
        '\u{180E}' => false,
        // Marks of writing direction.
        '\u{061C}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}' => false,
        _ => !character.is_whitespace() && !is_refused(character),
    }
}

/// Characters X refuses in any text.
fn is_refused(character: char) -> bool {
    matches!(character, '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}')
}

fn in_path(character: char) -> bool {
    match character {
        '!'..='~' => !matches!(
            character,
            '"' | '(' | ')' | '<' | '>' | '?' | '\\' | '^' | '`' | '{' | '}'
        ),
        _ => character == '–' || is_accented(character) || is_cyrillic(character),
    }
}

fn ends_path(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '+' | '-' | '=' | '_' | '#' | '/')
        || is_accented(character)
        || is_cyrillic(character)
}

fn is_cyrillic(character: char) -> bool {
    matches!(character, '\u{0400}'..='\u{04FF}')
}

/// Latin letters with accents, and combining accents.
fn is_accented(character: char) -> bool {
    match character {
        '×' | '÷' => false,
        'À'..='\u{024F}' | '\u{0300}'..='\u{036F}' | '\u{1E00}'..='\u{1EFF}' => true,
        _ => "ɓɔɖɗəɛɣɨɯɲʉʋʻ".contains(character),
    }
}
