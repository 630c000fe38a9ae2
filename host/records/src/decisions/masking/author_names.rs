//! Replaces the names of authors in texts.

/// Replaces a name or address.
const CONTACT: &str = "[contact]";
/// A shorter name is not replaced: it is part of too many words.
const MIN_NAME: usize = 3;
/// The dot that `İ` has in lower case, as a character of its own.
const DOT_ABOVE: char = '\u{307}';

/// Names, addresses and ids of authors.
pub(super) struct AuthorNames(Vec<AuthorName>);

struct AuthorName {
    written: String,
    /// Without regard to case.
    folded: String,
}

impl FromIterator<String> for AuthorNames {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> AuthorNames {
        let names = names.into_iter().map(|written| AuthorName {
            folded: written.chars().flat_map(fold).collect(),
            written,
        });
        let is_long = |name: &AuthorName| name.folded.chars().count() >= MIN_NAME;
        AuthorNames(names.filter(is_long).collect())
    }
}

impl AuthorNames {
    /// The text with a mask in place of each name. A name in another case is replaced where it
    /// is not part of a longer word.
    pub(super) fn replace(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        let folded: String = text.chars().flat_map(fold).collect();
        let mut found: Vec<(usize, usize)> = Vec::new();
        let mut origins = None::<Vec<(usize, usize)>>;
        for name in &self.0 {
            let written = text.match_indices(name.written.as_str());
            found.extend(written.map(|(start, part)| (start, start + part.len())));
            for (at, part) in folded.match_indices(name.folded.as_str()) {
                let origins = origins.get_or_insert_with(|| origins_of_folded(text));
                // The name has at least one character.
                let (start, end) = (origins[at].0, origins[at + part.len() - 1].1);
                if !is_inside_word(text, start) && !is_inside_word(text, end) {
                    found.push((start, end));
                }
            }
        }
        // A name may be part of another or overlap it.
        found.sort_unstable();
        let mut replaced = String::with_capacity(text.len());
        let mut done = 0;
        for (start, end) in found {
            if start >= done {
                replaced.push_str(&text[done..start]);
                replaced.push_str(CONTACT);
            }
            done = done.max(end);
        }
        replaced.push_str(&text[done..]);
        replaced
    }
}

/// A character without regard to case: none, one or several.
fn fold(c: char) -> impl Iterator<Item = char> {
    let lower = c.to_uppercase().flat_map(char::to_lowercase);
    lower.filter(|c| *c != DOT_ABOVE)
}

/// For each byte of the folded text, where the character it comes from begins and ends.
fn origins_of_folded(text: &str) -> Vec<(usize, usize)> {
    let mut origins = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices() {
        let bytes: usize = fold(c).map(char::len_utf8).sum();
        origins.extend(std::iter::repeat_n((start, start + c.len_utf8()), bytes));
    }
    origins
}

/// Whether a word goes on at this position. Scripts without case may write words without spaces.
fn is_inside_word(text: &str, at: usize) -> bool {
    let continues = |c: char| c.is_numeric() || c.is_lowercase() || c.is_uppercase();
    let before = text[..at].chars().next_back();
    before.is_some_and(continues) && text[at..].chars().next().is_some_and(continues)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(names: &[&str], text: &str) -> String {
        let names: AuthorNames = names.iter().map(|name| (*name).to_owned()).collect();
        names.replace(text)
    }

    #[test]
    fn a_name_is_replaced_in_any_case() {
        for (name, text, expected) in [
            ("@ana", "ask @Ana or @ANA", "ask [contact] or [contact]"),
            ("Jo Silva", "jo silva, JO SILVA", "[contact], [contact]"),
            (
                "İpek",
                "ipek, IPEK, İPEK, i\u{307}pek",
                "[contact], [contact], [contact], [contact]",
            ),
            ("ipek", "é İpek é", "é [contact] é"),
            ("Groß", "GROSS, groß", "[contact], [contact]"),
            ("ΝΙΚΟΣ", "é νικος é", "é [contact] é"),
            ("Ana", "请问ana吗", "请问[contact]吗"),
        ] {
            assert_eq!(replace(&[name], text), expected, "{name}");
        }
    }

    #[test]
    fn a_name_in_another_case_is_not_replaced_within_a_word() {
        assert_eq!(
            replace(&["Ana"], "the manager ANA, AnaX"),
            "the manager [contact], [contact]X"
        );
        // The whole character of which a half matches.
        assert_eq!(replace(&["sam"], "ßam"), "[contact]");
    }

    #[test]
    fn names_that_overlap_are_replaced_once() {
        let names = ["Silva", "Jo Silva", "Silva Reis", "contact"];
        assert_eq!(
            replace(&names, "jo silva reis, Silva"),
            "[contact], [contact]"
        );
    }

    #[test]
    fn short_and_empty_names_replace_nothing() {
        let names = ["", "Jo", "\u{307}\u{307}\u{307}"];
        assert_eq!(replace(&names, "jo, Jo i\u{307}"), "jo, Jo i\u{307}");
    }
}
