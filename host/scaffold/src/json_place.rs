//! Where a value stands in a JSON text, so that one value changes and the rest stays as it is.

use std::ops::Range;

/// The byte range of the value at these keys; `None` where there is none, or the text is not valid
/// JSON up to there.
pub(crate) fn find(text: &str, keys: &[&str]) -> Option<Range<usize>> {
    // It also bounds the depth.
    serde_json::from_str::<serde_json::Value>(text).ok()?;
    let mut scan = Scan { text, at: 0 };
    scan.value(Some(keys)).flatten()
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl Scan<'_> {
    /// Reads a value; returns the range of the one below it at these keys.
    fn value(&mut self, keys: Option<&[&str]>) -> Option<Option<Range<usize>>> {
        self.skip_spaces();
        let start = self.at;
        let mut found = None;
        match self.next()? {
            '{' => found = self.fields(keys)?,
            '[' => self.entries()?,
            '"' => self.string()?,
            _ => {
                let rest = &self.text[self.at..];
                let end = |c: char| c.is_ascii_whitespace() || ",]}".contains(c);
                self.at += rest.find(end).unwrap_or(rest.len());
            }
        }
        Some(match keys {
            Some([]) => Some(start..self.at),
            _ => found,
        })
    }

    fn fields(&mut self, keys: Option<&[&str]>) -> Option<Option<Range<usize>>> {
        let mut found = None;
        loop {
            self.skip_spaces();
            let start = self.at;
            match self.next()? {
                '}' => return Some(found),
                ',' => continue,
                _ => self.string()?,
            }
            let key: String = serde_json::from_str(&self.text[start..self.at]).ok()?;
            self.skip_spaces();
            self.next().filter(|c| *c == ':')?;
            let below = keys.and_then(|keys| keys.split_first());
            let below = below.filter(|(first, _)| **first == key);
            // Of two fields with one name the last counts.
            let value = self.value(below.map(|(_, rest)| rest))?;
            found = if below.is_some() { value } else { found };
        }
    }

    fn entries(&mut self) -> Option<()> {
        loop {
            self.skip_spaces();
            match self.text[self.at..].chars().next()? {
                ']' => {
                    self.at += 1;
                    return Some(());
                }
                ',' => self.at += 1,
                _ => {
                    self.value(None)?;
                }
            }
        }
    }

    /// Reads to the end of a string that has begun.
    fn string(&mut self) -> Option<()> {
        loop {
            match self.next()? {
                '"' => return Some(()),
                '\\' => {
                    self.next()?;
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Option<char> {
        let next = self.text[self.at..].chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\r\n  \"a\": [1, {\"b\": \"x\"}, \"]\\\"\"],\r\n  \"\": {\"b/c\": {\"d\": -1.5e3 }},\"\\u0062\":true, \"b\": \"é\\\\\"\r\n}";

    #[test]
    fn a_value_is_found_by_its_keys() {
        for (keys, value) in [
            (&["a"][..], "[1, {\"b\": \"x\"}, \"]\\\"\"]"),
            (&["", "b/c", "d"], "-1.5e3"),
            (&["", "b/c"], "{\"d\": -1.5e3 }"),
            (&["b"], "\"é\\\\\""),
            (&[], TEXT),
        ] {
            let place = find(TEXT, keys).expect("there");
            assert_eq!(&TEXT[place], value, "{keys:?}");
        }
        for keys in [&["c"][..], &["a", "b"], &["b", "c"], &["", "b/c", "d", "e"]] {
            assert_eq!(find(TEXT, keys), None, "{keys:?}");
        }
        for text in ["", "{", "{\"a\": }", "[", &"[".repeat(10_000)] {
            assert_eq!(find(text, &["a"]), None, "{text}");
        }
    }
}
