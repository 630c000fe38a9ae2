//! Messages that a provider approved: outside the time for free replies, a channel such as
//! WhatsApp takes nothing else.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::Spanned;

/// Most parameters of a template.
const PARAMETERS: usize = 32;
/// Most characters of its text (WhatsApp, body of a template).
const TEXT_CHARACTERS: usize = 1_024;
/// Most characters of a message of the channel (WhatsApp).
const FILLED_CHARACTERS: usize = 4_096;
/// Most bytes of its name at the provider.
const NAME_BYTES: usize = 512;
/// Most bytes of a language: `en_US`.
const LANGUAGE_BYTES: usize = 35;
/// Most spaces in a row in a parameter (WhatsApp).
const SPACES: usize = 4;

/// A `[channel.CODE.template.ID]` table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TemplateEntry {
    /// Its name at the provider. Default: the id, with `_` for `-`.
    #[serde(default)]
    pub name: Option<String>,
    /// Its language as the provider writes it: `en_US`.
    pub language: String,
    /// The approved text, with `{{1}}`, `{{2}}` and so on where the parameters stand.
    pub text: Spanned<String>,
}

/// A message that the provider approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MessageTemplate {
    /// Its name at the provider.
    pub name: String,
    /// Its language as the provider writes it.
    pub language: String,
    /// The text, with `{{1}}` and so on.
    pub text: String,
    /// How many parameters it has.
    pub parameters: usize,
}

/// Why a template cannot be filled in. Contains no parameter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// There are too few or too many.
    #[error("the template has {expected} parameters, and {found} are given")]
    Count {
        /// How many it has.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// One has a form that providers refuse.
    #[error(
        "parameter {number} must have a text without line breaks, tabs and more than {SPACES} spaces in a row"
    )]
    Parameter {
        /// Its number, from 1.
        number: usize,
    },
    /// The filled-in text is too long.
    #[error("the template with its parameters has more than {FILLED_CHARACTERS} characters")]
    TooLong,
}

impl TemplateEntry {
    /// The template of an id.
    ///
    /// # Errors
    /// What is wrong, for the author of the file.
    pub fn template(&self, id: &str) -> Result<MessageTemplate, String> {
        let name = self.name.clone().unwrap_or_else(|| id.replace('-', "_"));
        let is_word = |text: &str, most: usize| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
            (1..=most).contains(&text.len()) && text.chars().all(is_part)
        };
        if !is_word(&name, NAME_BYTES) {
            return Err(format!(
                "`name` must be its name at the provider: letters, digits and `_`, at most {NAME_BYTES}"
            ));
        }
        if !is_word(&self.language, LANGUAGE_BYTES) {
            return Err(
                "`language` must be as the provider writes it, such as \"en_US\"".to_owned(),
            );
        }
        let text = self.text.get_ref();
        if text.trim().is_empty() || text.chars().count() > TEXT_CHARACTERS {
            return Err(format!(
                "`text` must have 1 to {TEXT_CHARACTERS} characters"
            ));
        }
        let mut numbers = BTreeSet::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(_) => {}
                Piece::Parameter(number) => {
                    numbers.insert(number);
                }
                Piece::Malformed => {
                    return Err(
                        "`text` has `{{` that begins no parameter: write {{1}}, {{2}} and so on"
                            .to_owned(),
                    );
                }
            }
        }
        let parameters = numbers.len();
        if parameters > PARAMETERS || numbers.last().is_some_and(|last| *last != parameters) {
            return Err(format!(
                "the parameters of `text` must be numbered from {{{{1}}}} on without a gap, at most {PARAMETERS}"
            ));
        }
        Ok(MessageTemplate {
            name,
            language: self.language.clone(),
            text: text.clone(),
            parameters,
        })
    }
}

impl MessageTemplate {
    /// The text with these parameters.
    ///
    /// # Errors
    /// [`TemplateError`].
    pub fn fill_in(&self, parameters: &[String]) -> Result<String, TemplateError> {
        if parameters.len() != self.parameters {
            return Err(TemplateError::Count {
                expected: self.parameters,
                found: parameters.len(),
            });
        }
        for (number, parameter) in (1..).zip(parameters) {
            let many_spaces = " ".repeat(SPACES + 1);
            let is_refused = parameter.trim().is_empty()
                || parameter.chars().any(char::is_control)
                || parameter.contains(&many_spaces)
                || parameter.chars().count() > TEXT_CHARACTERS;
            if is_refused {
                return Err(TemplateError::Parameter { number });
            }
        }
        let filled = pieces(&self.text).map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Parameter(number) => parameters.get(number - 1).map_or("", String::as_str),
            Piece::Malformed => "",
        });
        let filled: String = filled.collect();
        match filled.chars().count() > FILLED_CHARACTERS {
            true => Err(TemplateError::TooLong),
            false => Ok(filled),
        }
    }
}

/// A piece of a template's text.
enum Piece<'a> {
    Text(&'a str),
    /// A parameter by its number, from 1.
    Parameter(usize),
    Malformed,
}

fn pieces(mut text: &str) -> impl Iterator<Item = Piece<'_>> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let Some(inside) = text.strip_prefix("{{") else {
            let end = text.find("{{").unwrap_or(text.len());
            let (piece, rest) = text.split_at(end);
            text = rest;
            return Some(Piece::Text(piece));
        };
        let number = inside.split_once("}}").and_then(|(number, rest)| {
            let is_number = number.len() <= 2 && number.bytes().all(|it| it.is_ascii_digit());
            let number: usize = number.parse().ok().filter(|it| is_number && *it > 0)?;
            Some((number, rest))
        });
        match number {
            Some((number, rest)) => {
                text = rest;
                Some(Piece::Parameter(number))
            }
            None => {
                text = inside;
                Some(Piece::Malformed)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> TemplateEntry {
        TemplateEntry {
            name: None,
            language: "en_US".to_owned(),
            text: Spanned::new(0..0, text.to_owned()),
        }
    }

    fn filled(text: &str, parameters: &[&str]) -> Result<String, TemplateError> {
        let template = entry(text).template("order-sent").expect("valid");
        let parameters: Vec<String> = parameters.iter().map(|it| (*it).to_owned()).collect();
        template.fill_in(&parameters)
    }

    #[test]
    fn parameters_stand_where_their_numbers_are() {
        for (text, parameters, expected) in [
            ("Hello!", &[][..], "Hello!"),
            ("{{1}}, {{2}}", &["a", "b"], "a, b"),
            ("{{2}} {{1}} {{2}}", &["a", "b"], "b a b"),
            // What a parameter says is no template.
            ("{{1}} {{2}}", &["{{2}}", "b"], "{{2}} b"),
            ("{1} }} {{1}}", &["a"], "{1} }} a"),
        ] {
            let found = filled(text, parameters);
            assert_eq!(found.as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn parameters_that_do_not_fit_are_refused() {
        let count = |expected, found| Err(TemplateError::Count { expected, found });
        assert_eq!(filled("{{1}}", &[]), count(1, 0));
        assert_eq!(filled("{{1}}", &["a", "b"]), count(1, 2));
        for value in ["", " ", "a\nb", "a\tb", "a     b", &"a".repeat(1_025)] {
            let refused = filled("{{1}} {{2}}", &["a", value]);
            assert_eq!(
                refused,
                Err(TemplateError::Parameter { number: 2 }),
                "{value:?}"
            );
        }
        assert!(filled("{{1}}", &["a    b"]).is_ok());
        let long = "a".repeat(1_024);
        assert!(filled(&"{{1}}".repeat(4), &[&long]).is_ok());
        let refused = filled(&"{{1}}".repeat(5), &[&long]);
        assert_eq!(refused, Err(TemplateError::TooLong));
    }

    #[test]
    fn a_template_that_does_not_fit_is_refused() {
        let problem = |entry: TemplateEntry| entry.template("order-sent").expect_err("refused");
        for (text, part) in [
            ("", "1 to 1024 characters"),
            (&*"a".repeat(1_025), "1 to 1024 characters"),
            ("{{name}}", "begins no parameter"),
            ("{{1", "begins no parameter"),
            ("{{0}}", "begins no parameter"),
            ("{{001}}", "begins no parameter"),
            ("{{2}}", "without a gap"),
            ("{{1}} {{3}}", "without a gap"),
        ] {
            let problem = problem(entry(text));
            assert!(problem.contains(part), "{text}: {problem}");
        }
        for (name, language, part) in [
            (Some("order sent"), "en_US", "`name`"),
            (Some(""), "en_US", "`name`"),
            (None, "en-US", "`language`"),
            (None, "", "`language`"),
        ] {
            let problem = problem(TemplateEntry {
                name: name.map(str::to_owned),
                language: language.to_owned(),
                ..entry("Hello")
            });
            assert!(problem.contains(part), "{problem}");
        }
        let named = entry("Hello").template("order-sent").expect("valid");
        assert_eq!((named.name.as_str(), named.parameters), ("order_sent", 0));
    }
}
