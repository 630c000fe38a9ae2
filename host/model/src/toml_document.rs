//! Reading TOML from outside. The parser calls itself for each part of a dotted
//! key, so a long key would overflow the stack, which ends the process.

use serde::de::DeserializeOwned;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use crate::file_problem::FileProblem;

/// Most parts of a dotted key, such as `a.b.c`.
const MOST_KEY_PARTS: usize = 64;

/// Read a document.
///
/// # Errors
/// The first problem of its syntax or of a value; [`check_keys`].
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, FileProblem> {
    check_keys(text)?;
    toml::from_str(text).map_err(FileProblem::from)
}

/// Check that the parser can read the keys of a text. Takes a time that grows with
/// the length of the text.
///
/// # Errors
/// A key of more than 64 parts, with its place.
pub fn check_keys(text: &str) -> Result<(), FileProblem> {
    let mut start = None;
    let mut dots = 0;
    for token in Source::new(text).lex() {
        let span = token.span();
        match token.kind() {
            TokenKind::Dot => dots += 1,
            TokenKind::Whitespace => continue,
            TokenKind::Atom
            | TokenKind::BasicString
            | TokenKind::LiteralString
            | TokenKind::MlBasicString
            | TokenKind::MlLiteralString => {}
            _ => {
                (start, dots) = (None, 0);
                continue;
            }
        }
        let start = *start.get_or_insert(span.start());
        if dots >= MOST_KEY_PARTS {
            let message = format!("the key has more than {MOST_KEY_PARTS} parts");
            return Err(FileProblem::at(start..span.end(), message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(parts: usize, part: &str, dot: &str) -> String {
        vec![part; parts].join(dot)
    }

    #[test]
    fn a_key_of_too_many_parts_is_a_problem_with_its_place() {
        for (part, dot) in [
            ("a", "."),
            ("\"a.b\"", "."),
            ("'a'", " . "),
            ("a", ".."),
            ("", "."),
            ("\"\"\"a\"\"\"", "."),
            ("1", "\t."),
        ] {
            for parts in [65, 100_000] {
                let long = key(parts, part, dot);
                for text in [
                    format!("{long} = 1"),
                    format!("[{long}]"),
                    format!("[[ {long} ]]"),
                    format!("x = {{ {long} = 1 }}"),
                    format!("x = [{{ a = 1 }}, {{ {long} = 1 }}"),
                    format!("x = {long}"),
                    long.clone(),
                ] {
                    let text = format!("company = \"a\"\n{text}");
                    let problem = read::<toml::Table>(&text).expect_err("too many parts");
                    assert_eq!(problem.message, "the key has more than 64 parts");
                    assert_eq!(problem.line_column(&text).expect("a place").0, 2);
                }
            }
        }
    }

    #[test]
    fn dots_elsewhere_are_no_parts_of_a_key() {
        let long = key(64, "a", ".");
        let dots = key(1_000, "a", ".");
        let text = format!(
            "{long} = 1\n# {dots}\nx = \"{dots}\"\ny = '''\n{dots}\n'''\nz = [{}]\n{}",
            key(1_000, "1.5", ", "),
            (0..1_000)
                .map(|row| format!("k{row}.a = 1.5\n"))
                .collect::<String>()
        );
        let table = read::<toml::Table>(&text).expect("valid");
        assert_eq!(table.len(), 4 + 1_000);
    }
}
