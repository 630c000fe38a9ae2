//! Top-level domains, which tell a bare `example.com` from the end of a
//! sentence without a space. The file names source and date of the list.

use std::collections::HashSet;
use std::sync::LazyLock;

struct Names {
    ascii: HashSet<&'static str>,
    international: Vec<&'static str>,
    /// Letters of the longest ASCII name.
    longest: usize,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let list = include_str!("../../data/top_level_domains.txt").lines();
    let names = list.filter(|line| !line.starts_with('#'));
    let (ascii, international): (Vec<&str>, Vec<&str>) = names.partition(|name| name.is_ascii());
    let longest = ascii.iter().map(|name| name.len()).max().unwrap_or(0);
    Names {
        ascii: ascii.into_iter().collect(),
        international,
        longest,
    }
});

/// End of the top-level domain that starts at `start`; `None` where none does,
/// or where it runs on into a letter, a digit or `@`.
pub(super) fn end(text: &[char], start: usize) -> Option<usize> {
    let text = text.get(start..)?;
    if let ['x' | 'X', 'n' | 'N', '-', '-', encoded @ ..] = text {
        let in_label = |character: &&char| **character == '-' || character.is_ascii_alphanumeric();
        let length = encoded.iter().take_while(in_label).count();
        return (length > 0).then_some(start + 4 + length);
    }
    let names = &*NAMES;
    let letters = text
        .iter()
        .take(names.longest + 1)
        .take_while(|character| character.is_ascii_alphabetic());
    let name: String = letters.map(char::to_ascii_lowercase).collect();
    let length = if name.is_empty() {
        let matching = names.international.iter().filter(|name| {
            let mut text = text.iter();
            name.chars().all(|wanted| text.next() == Some(&wanted))
        });
        matching.map(|name| name.chars().count()).max()?
    } else {
        names.ascii.contains(name.as_str()).then_some(name.len())?
    };
    let runs_on = |character: &char| character.is_ascii_alphanumeric() || *character == '@';
    (!text.get(length).is_some_and(runs_on)).then_some(start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_every_kind_of_name() {
        assert!(NAMES.ascii.len() > 1_200 && NAMES.international.len() > 140);
        for name in ["com", "pt", "photography", "an"] {
            assert!(NAMES.ascii.contains(name), "{name}");
        }
        assert!(NAMES.international.contains(&"рф"));
    }
}
