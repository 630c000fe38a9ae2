//! The one format of every word list in `lexicon/`.
//!
//! ```text
//! # a comment
//! [section]
//! 3: a phrase, another phrase, with * a gap
//! -1.5: less of something
//! ```
//!
//! A row is a weight and its phrases. Each list names the unit of its weights at the top.

/// A row of a list: phrases with one section and weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row<'a> {
    pub(crate) section: &'a str,
    pub(crate) weight: f32,
    phrases: &'a str,
}

impl<'a> Row<'a> {
    /// Its phrases, in order.
    pub(crate) fn phrases(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        pieces(self.phrases, b',')
            .map(str::trim_ascii)
            .filter(|phrase| !phrase.is_empty())
    }
}

/// Every row of a list, in order. Unreadable lines are skipped; a test checks that no list has one.
pub(crate) fn rows(list: &str) -> impl Iterator<Item = Row<'_>> {
    let mut section = "";
    pieces(list, b'\n').filter_map(move |line| {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with("# ") || line == "#" {
            return None;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = name;
            return None;
        }
        let (weight, phrases) = line.split_once(": ")?;
        Some(Row {
            section,
            weight: weight.trim_ascii().parse().ok()?,
            phrases,
        })
    })
}

/// What stands between separators: one byte, in ASCII. Cheaper than `str::split` where pieces are
/// short.
fn pieces(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match text.bytes().position(|byte| byte == separator) {
            Some(at) => {
                rest = text.get(at + 1..);
                text.get(..at)
            }
            None => rest.take(),
        }
    })
}

/// The first line of a list that [`rows`] skips.
#[cfg(test)]
pub(crate) fn unreadable(list: &str) -> Option<&str> {
    list.lines().map(str::trim).find(|line| {
        let section = line.starts_with('[') && line.ends_with(']');
        let comment = line.is_empty() || line.starts_with("# ") || *line == "#";
        let entry = line.split_once(": ").is_some_and(|(weight, phrases)| {
            weight.trim().parse::<f32>().is_ok()
                && phrases.split(',').all(|phrase| !phrase.trim().is_empty())
        });
        !(section || comment || entry)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_its_section_weight_and_phrases() {
        let list = "# words\n[refund]\n2: refund, money back\n\n-1.5: no refund,\n";
        let read: Vec<_> = rows(list)
            .map(|row| (row.section, row.weight, row.phrases().collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            read,
            [
                ("refund", 2.0, vec!["refund", "money back"]),
                ("refund", -1.5, vec!["no refund"]),
            ]
        );
    }

    #[test]
    fn an_unreadable_line_is_reported() {
        assert_eq!(unreadable("[a]\n1: b\n"), None);
        assert_eq!(unreadable("[a]\none: b\n"), Some("one: b"));
        assert_eq!(unreadable("[a]\n1: b,,c\n"), Some("1: b,,c"));
    }
}
