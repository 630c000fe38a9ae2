//! Patterns of the SQL operator LIKE: `%` stands for any characters, `_` for one, `\` takes their
//! meaning away.

/// A pattern, in parts between percent signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<Vec<Sign>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Any,
    Is(char),
}

impl Pattern {
    pub(crate) fn new(pattern: &str) -> Self {
        let mut parts = vec![Vec::new()];
        let mut signs = pattern.chars();
        while let Some(sign) = signs.next() {
            let sign = match sign {
                '%' => {
                    parts.push(Vec::new());
                    continue;
                }
                '_' => Sign::Any,
                '\\' => Sign::Is(signs.next().unwrap_or('\\')),
                other => Sign::Is(other),
            };
            if let Some(part) = parts.last_mut() {
                part.push(sign);
            }
        }
        Self { parts }
    }

    /// Whether the whole text is of the pattern. Takes at most the length of the text times that of
    /// the pattern.
    pub(crate) fn matches(&self, text: &[char]) -> bool {
        let (first, rest) = match self.parts.split_first() {
            Some(parts) => parts,
            None => return text.is_empty(),
        };
        if !starts(text, first) {
            return false;
        }
        let Some((last, middle)) = rest.split_last() else {
            return text.len() == first.len();
        };
        let mut text = &text[first.len()..];
        for part in middle {
            // The leftmost place leaves most for the parts that follow.
            let Some(at) = (0..=text.len()).find(|at| starts(&text[*at..], part)) else {
                return false;
            };
            text = &text[at + part.len()..];
        }
        text.len() >= last.len() && starts(&text[text.len() - last.len()..], last)
    }
}

fn starts(text: &[char], part: &[Sign]) -> bool {
    text.len() >= part.len()
        && text
            .iter()
            .zip(part)
            .all(|(found, sign)| matches!(sign, Sign::Any) || *sign == Sign::Is(*found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        Pattern::new(pattern).matches(&text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn percent_is_any_number_of_characters_and_underscore_is_one() {
        for (text, pattern, matches) in [
            ("abc", "abc", true),
            ("abc", "ab", false),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "a%c", true),
            ("ac", "a%c", true),
            ("a", "a%a", false),
            ("abc", "%b%", true),
            ("abc", "%", true),
            ("", "%", true),
            ("", "", true),
            ("abc", "a_c", true),
            ("ac", "a_c", false),
            ("aXbXc", "a%b%c", true),
            ("ab", "%b%b%", false),
            ("aab", "%ab", true),
            ("100%", "100\\%", true),
            ("1000", "100\\%", false),
            ("a_b", "a\\_b", true),
            ("axb", "a\\_b", false),
            ("a\\", "a\\", true),
            ("é😀", "__", true),
        ] {
            assert_eq!(like(text, pattern), matches, "{text} like {pattern}");
        }
    }

    #[test]
    fn a_pattern_of_many_percent_signs_ends_soon() {
        let text = "a".repeat(64 * 1024);
        let pattern = format!("{}b", "%a".repeat(100));
        assert!(!like(&text, &pattern));
    }
}
