//! Reading TOML from outside. The parser calls itself for each part of a dotted
//! key and for each array or inline table in another, and its own bound on these
//! misses some invalid documents: a long key or deep brackets would overflow the
//! stack, which ends the process.

use serde::de::DeserializeOwned;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use crate::document_kind::DocumentKind;
use crate::file_problem::FileProblem;

/// Most parts of a dotted key, such as `a.b.c`.
const MOST_KEY_PARTS: usize = 64;
/// Most arrays and inline tables that stand in each other. The parser accepts up to
/// 80.
const MOST_LEVELS: usize = 64;
/// Most words, signs and spaces between them. The parser takes up to 190 bytes for
/// each.
const MOST_TOKENS: usize = 800_000;

/// Read a document.
///
/// # Errors
/// The first problem of its syntax or of a value; [`check_bounds`].
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, FileProblem> {
    check_bounds(text)?;
    toml::from_str(text).map_err(FileProblem::from)
}

/// Read a document of a kind.
///
/// # Errors
/// As [`read`]; of a document of another kind, that it is one.
pub fn read_as<T: DeserializeOwned>(kind: DocumentKind, text: &str) -> Result<T, FileProblem> {
    read(text).map_err(|problem| match check_bounds(text) {
        Ok(()) => kind.mistaken(text).unwrap_or(problem),
        Err(_) => problem,
    })
}

/// Check that the parser can read a text. Takes a time that grows with the length
/// of the text.
///
/// # Errors
/// A key of more than 64 parts, brackets more than 64 levels deep, or the token
/// after the 800,000th, with the place.
pub fn check_bounds(text: &str) -> Result<(), FileProblem> {
    let mut start = None;
    let mut dots = 0;
    let mut brackets = Brackets::default();
    for (number, token) in Source::new(text).lex().enumerate() {
        let span = token.span();
        if number >= MOST_TOKENS {
            let message = format!("the file has more than {MOST_TOKENS} words and signs");
            return Err(FileProblem::at(span.start()..span.end(), message));
        }
        brackets.take(token.kind());
        if brackets.0.len() > MOST_LEVELS {
            let message =
                format!("arrays and inline tables are more than {MOST_LEVELS} levels deep");
            return Err(FileProblem::at(span.start()..span.end(), message));
        }
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

/// The brackets that are open, as their closing ones. A closing bracket of the
/// other kind closes nothing: the parser ignores it where it stands inside a value.
#[derive(Default)]
struct Brackets(Vec<TokenKind>);

impl Brackets {
    fn take(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::LeftSquareBracket => self.0.push(TokenKind::RightSquareBracket),
            TokenKind::LeftCurlyBracket => self.0.push(TokenKind::RightCurlyBracket),
            _ if self.0.last() == Some(&kind) => {
                self.0.pop();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_too_deep_are_a_problem_with_their_place() {
        // The parser's own bound loses count at a bracket where none may stand.
        for level in [
            "{a = ",
            "[",
            "{a = {[] b = ",
            "[{a = [}",
            "{[]a = ",
            "[{]",
            "{a\n= ",
        ] {
            let text = format!("company = \"a\"\nx = {}", level.repeat(50_000));
            let problem = read::<toml::Table>(&text).expect_err("too deep");
            let expected = "arrays and inline tables are more than 64 levels deep";
            assert_eq!(problem.message, expected, "{level}");
            assert!(problem.line_column(&text).expect("a place").0 >= 2);
        }
    }

    #[test]
    fn of_a_text_of_very_many_tokens_the_first_too_many_is_the_problem() {
        for token in ["}", "=", ",", "a ", "\n", "1\n"] {
            let text = token.repeat(2_000_000);
            let problem = read::<toml::Table>(&text).expect_err("too many");
            let expected = "the file has more than 800000 words and signs";
            assert_eq!(problem.message, expected, "{token:?}");
        }
        let long = format!("x = \"{}\"", "}".repeat(2_000_000));
        read::<toml::Table>(&long).expect("one value");
    }

    #[test]
    fn brackets_that_are_closed_may_be_many() {
        let deep = format!("{}{}", "[".repeat(64), "]".repeat(64));
        let text = format!(
            "x = {deep}\n{}y = [{}]\n{}# {}\n",
            "[[a.b]]\n".repeat(1_000),
            "{a = [1]}, ".repeat(1_000),
            "z = '['\n[c]\n",
            "[".repeat(1_000)
        );
        read::<toml::Table>(&text).expect("valid");
    }

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
