//! Splits an expression into tokens.

use crate::expression::{Operator, SyntaxError};
use crate::number;

/// A token and where it begins: characters from 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) column: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A word: a name, or an operator in letters.
    Word(String),
    Text(String),
    Number(f64),
    /// An operator in signs.
    Sign(Operator),
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    Dot,
}

/// Signs that other languages have, and what to write.
const FOREIGN: [(&str, &str); 5] = [
    ("&&", "is not an operator; write AND"),
    ("||", "is not an operator; write OR"),
    ("<>", "is not an operator; write !="),
    (
        "=~",
        "is not an operator of TaskRouter; CONTAINS looks for a part of a text",
    ),
    ("!", "is not an operator; write NOT"),
];

/// Longer ones before their beginnings. The vendor's examples also write `=`.
const SIGNS: [(&str, Operator); 7] = [
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("=", Operator::Equal),
];

/// The tokens of an expression.
pub(crate) fn split(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&sign) = chars.get(at) {
        if sign.is_whitespace() {
            at += 1;
            continue;
        }
        let column = at + 1;
        let (kind, end) = match sign {
            '(' => (Kind::Open, at + 1),
            ')' => (Kind::Close, at + 1),
            '[' => (Kind::OpenList, at + 1),
            ']' => (Kind::CloseList, at + 1),
            ',' => (Kind::Comma, at + 1),
            '.' => (Kind::Dot, at + 1),
            '"' | '\'' => read_text(&chars, at)?,
            _ if is_number_start(&chars, at, tokens.last()) => read_number(&chars, at)?,
            _ if sign.is_alphabetic() || sign == '_' => read_word(&chars, at),
            _ => read_sign(&chars, at, tokens.last())?,
        };
        tokens.push(Token { kind, column });
        at = end;
    }
    Ok(tokens)
}

fn is_number_start(chars: &[char], at: usize, before: Option<&Token>) -> bool {
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    let after_name = matches!(before, Some(Token { kind: Kind::Word(_), column }) if word_ends_at(chars, *column, at));
    digit(at) || chars.get(at) == Some(&'-') && digit(at + 1) && !after_name
}

/// Whether the word that begins at a column ends directly before a position.
fn word_ends_at(chars: &[char], column: usize, at: usize) -> bool {
    chars
        .get(column - 1..at)
        .is_some_and(|word| word.iter().all(|sign| is_word(*sign)))
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn read_word(chars: &[char], at: usize) -> (Kind, usize) {
    let word: String = chars[at..]
        .iter()
        .take_while(|sign| is_word(**sign))
        .collect();
    let end = at + word.chars().count();
    (Kind::Word(word), end)
}

fn read_number(chars: &[char], at: usize) -> Result<(Kind, usize), SyntaxError> {
    let text: String = chars[at..]
        .iter()
        .enumerate()
        .take_while(|(index, sign)| is_word(**sign) || **sign == '.' || *index == 0)
        .map(|(_, sign)| sign)
        .collect();
    let end = at + text.chars().count();
    match number::parse(&text) {
        Some(number) => Ok((Kind::Number(number), end)),
        None => Err(SyntaxError::at(at + 1, format!("`{text}` is not a number"))),
    }
}

fn read_text(chars: &[char], at: usize) -> Result<(Kind, usize), SyntaxError> {
    let quote = chars[at];
    let mut text = String::new();
    let mut index = at + 1;
    while let Some(&sign) = chars.get(index) {
        match (sign, chars.get(index + 1)) {
            (sign, _) if sign == quote => return Ok((Kind::Text(text), index + 1)),
            ('\\', Some(&next)) if matches!(next, '\\' | '"' | '\'') => {
                text.push(next);
                index += 1;
            }
            ('\\', _) => {
                let message = "`\\` stands before a quotation mark or another `\\` only";
                return Err(SyntaxError::at(index + 1, message));
            }
            (sign, _) => text.push(sign),
        }
        index += 1;
    }
    let message = format!("the string is not closed; add `{quote}`");
    Err(SyntaxError::at(at + 1, message))
}

fn read_sign(
    chars: &[char],
    at: usize,
    before: Option<&Token>,
) -> Result<(Kind, usize), SyntaxError> {
    let rest: String = chars[at..].iter().take(2).collect();
    let operator = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
    let foreign = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign));
    let is_longer = |foreign: &str| operator.is_none_or(|(sign, _)| foreign.len() > sign.len());
    if let Some((sign, message)) = foreign.filter(|(sign, _)| is_longer(sign)) {
        return Err(SyntaxError::at(at + 1, format!("`{sign}` {message}")));
    }
    if let Some((sign, operator)) = operator {
        return Ok((Kind::Sign(*operator), at + sign.len()));
    }
    let message = match (chars[at], before) {
        (
            '-',
            Some(Token {
                kind: Kind::Word(_),
                ..
            }),
        ) => {
            "hyphens are not supported in names; use the attribute under a name with `_`".to_owned()
        }
        (sign, _) => format!("`{}` is not part of an expression", sign.escape_debug()),
    };
    Err(SyntaxError::at(at + 1, message))
}
