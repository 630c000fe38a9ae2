//! The path of a setting in a migration.

use std::fmt;

use serde::Deserialize;
use toml_edit::Key;

/// Most parts of a path.
const MOST_PARTS: usize = 32;

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A key.
    Key(String),
    /// `*`: every entry of a table or a list.
    Each,
}

/// The path of a setting, such as `tone.level` or `routes.*.queue`; keys are written as in TOML.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct SettingPath(pub(super) Vec<Part>);

impl TryFrom<String> for SettingPath {
    type Error = String;

    fn try_from(text: String) -> Result<SettingPath, String> {
        let parts = split(&text).map(|part| match part {
            "*" => Some(Part::Each),
            part => Some(Part::Key(part.parse::<Key>().ok()?.get().to_owned())),
        });
        let parts: Option<Vec<Part>> = parts.take(MOST_PARTS + 1).collect();
        match parts {
            Some(parts) if parts.len() <= MOST_PARTS && parts[0] != Part::Each => {
                Ok(SettingPath(parts))
            }
            _ => Err(format!(
                "{text:?} is not the path of a setting, such as \"tone.level\" or \"routes.*.queue\""
            )),
        }
    }
}

/// The parts of a path between dots that stand in no quotes.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    text.split(move |c: char| match (quote, c) {
        (None, '.') => true,
        (None, '"' | '\'') => {
            quote = Some(c);
            false
        }
        (Some(open), _) if open == c => {
            quote = None;
            false
        }
        _ => false,
    })
    .map(str::trim)
}

impl fmt::Display for SettingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            match part {
                Part::Key(key) => f.write_str(&Key::new(key).display_repr())?,
                Part::Each => f.write_str("*")?,
            }
        }
        Ok(())
    }
}

impl SettingPath {
    pub(super) fn ends_in_each(&self) -> bool {
        self.0.last() == Some(&Part::Each)
    }

    /// Whether the other path is this one or below it.
    pub(super) fn contains(&self, other: &SettingPath) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The part that both paths have up to the last `*`, and what follows in each: keys only. `None`
    /// where a `*` stands in one path alone, or nothing differs.
    pub(super) fn split_from<'a>(
        &'a self,
        other: &'a SettingPath,
    ) -> Option<(&'a [Part], Vec<&'a str>, Vec<&'a str>)> {
        let last_each = |path: &SettingPath| {
            let found = path.0.iter().rposition(|part| *part == Part::Each);
            found.map_or(0, |index| index + 1)
        };
        let at = last_each(self);
        if at != last_each(other) || self.0[..at] != other.0[..at] || self == other {
            return None;
        }
        Some((&self.0[..at], keys(&self.0[at..]), keys(&other.0[at..])))
    }

    /// The part up to the last `*`, and the keys that follow.
    pub(super) fn split_at_each(&self) -> (&[Part], Vec<&str>) {
        let at = self.0.iter().rposition(|part| *part == Part::Each);
        let at = at.map_or(0, |index| index + 1);
        (&self.0[..at], keys(&self.0[at..]))
    }
}

fn keys(parts: &[Part]) -> Vec<&str> {
    let keys = parts.iter().filter_map(|part| match part {
        Part::Key(key) => Some(key.as_str()),
        Part::Each => None,
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<String, String> {
        SettingPath::try_from(text.to_owned()).map(|path| path.to_string())
    }

    #[test]
    fn a_path_is_written_as_in_toml() {
        for text in [
            "a",
            "tone.level",
            "routes.*.queue",
            "a.\"b.c\".d",
            "a-b.c_1",
        ] {
            assert_eq!(path(text).as_deref(), Ok(text));
        }
        assert_eq!(path("a . 'b c'").as_deref(), Ok("a.\"b c\""));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "", ".", "a.", ".a", "*", "*.a", "a b", "a..b", "\"a", "a = 1",
        ] {
            path(text).expect_err(text);
        }
        path(&"a.".repeat(40)).expect_err("too long");
    }
}
