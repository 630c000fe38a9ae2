//! The one format of every word list in `lexicon/`.
//!
//! ```text
//! # a comment
//! [section]
//! 3: a phrase, another phrase, with * a gap
//! -1.5: less of something
//! ```
//!
//! A line is a weight and its phrases. Each list names the unit of its weights at the top.

/// One phrase of a list with its section and weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line<'a> {
    pub(crate) section: &'a str,
    pub(crate) weight: f32,
    pub(crate) phrase: &'a str,
}

/// Every phrase of a list, in order. Unreadable lines are skipped; a test checks that no list has one.
pub(crate) fn lines(list: &str) -> impl Iterator<Item = Line<'_>> {
    let mut section = "";
    list.lines()
        .filter_map(move |line| {
            let line = line.trim();
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
            Some((section, weight.trim().parse().ok()?, phrases))
        })
        .flat_map(|(section, weight, phrases)| {
            phrases.split(',').map(move |phrase| Line {
                section,
                weight,
                phrase: phrase.trim(),
            })
        })
        .filter(|line| !line.phrase.is_empty())
}

/// The first line of a list that [`lines`] skips.
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
    fn a_line_has_its_section_and_weight() {
        let read: Vec<Line<'_>> =
            lines("# words\n[refund]\n2: refund, money back\n-1.5: no refund\n").collect();
        assert_eq!(
            read,
            [
                Line {
                    section: "refund",
                    weight: 2.0,
                    phrase: "refund"
                },
                Line {
                    section: "refund",
                    weight: 2.0,
                    phrase: "money back"
                },
                Line {
                    section: "refund",
                    weight: -1.5,
                    phrase: "no refund"
                },
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
