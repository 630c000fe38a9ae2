//! Values in responses: atoms, strings and lists (RFC 9051, 4).

use crate::error::Violation;
use crate::reader::CUT;

/// Deepest nesting of lists.
const DEPTH: usize = 16;
/// Most values of a response.
const VALUES: usize = 4_096;

/// A value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// An atom or a number; with brackets and what they contain, as in `BODY[]<0>`.
    Atom(Vec<u8>),
    /// A quoted string or a literal.
    Text(Vec<u8>),
    Nil,
    List(Vec<Value>),
}

impl Value {
    /// The number that it is.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Value::Atom(bytes) => number(bytes),
            _ => None,
        }
    }
}

/// A number without a sign.
pub(crate) fn number(bytes: &[u8]) -> Option<u64> {
    let is_number = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_number)?;
    text.parse().ok()
}

/// Reads the values of a text, whose literals were cut out.
pub(crate) struct ValueReader<'a> {
    rest: &'a [u8],
    literals: std::vec::IntoIter<Vec<u8>>,
    left: usize,
}

impl<'a> ValueReader<'a> {
    pub(crate) fn new(text: &'a [u8], literals: Vec<Vec<u8>>) -> ValueReader<'a> {
        ValueReader {
            rest: text,
            literals: literals.into_iter(),
            left: VALUES,
        }
    }

    /// The next value.
    ///
    /// # Errors
    /// The text has not its form, or is nested too deeply.
    pub(crate) fn value(&mut self) -> Result<Value, Violation> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Result<Value, Violation> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(Violation::Syntax("a response has too many values"))?;
        match self.rest {
            [b'(', rest @ ..] => {
                self.rest = rest;
                self.list(depth)
            }
            [b'"', rest @ ..] => {
                self.rest = rest;
                self.quoted()
            }
            [b'{', ..] => self.literal(),
            _ => self.atom(),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Violation> {
        if depth == DEPTH {
            return Err(Violation::TooDeep);
        }
        let mut all = Vec::new();
        loop {
            match self.rest {
                [b')', rest @ ..] => {
                    self.rest = rest;
                    return Ok(Value::List(all));
                }
                [b' ', rest @ ..] => self.rest = rest,
                [] => return Err(Violation::Syntax("a list has no end")),
                _ => all.push(self.nested(depth + 1)?),
            }
        }
    }

    fn quoted(&mut self) -> Result<Value, Violation> {
        let mut text = Vec::new();
        loop {
            match self.rest {
                [b'"', rest @ ..] => {
                    self.rest = rest;
                    return Ok(Value::Text(text));
                }
                [b'\\', byte, rest @ ..] | [byte, rest @ ..] => {
                    text.push(*byte);
                    self.rest = rest;
                }
                [] => return Err(Violation::Syntax("a quoted string has no end")),
            }
        }
    }

    fn literal(&mut self) -> Result<Value, Violation> {
        let cut = self.rest.iter().position(|byte| *byte == CUT);
        let end = cut.ok_or(Violation::Syntax("an atom begins with a brace"))?;
        let literal = self.literals.next();
        self.rest = &self.rest[end + 1..];
        literal
            .map(Value::Text)
            .ok_or(Violation::Syntax("a literal is missing"))
    }

    fn atom(&mut self) -> Result<Value, Violation> {
        let mut in_brackets = false;
        let end = self.rest.iter().position(|byte| {
            match byte {
                b'[' => in_brackets = true,
                b']' => in_brackets = false,
                _ => {}
            }
            *byte == CUT || (!in_brackets && matches!(byte, b' ' | b'(' | b')' | b'"'))
        });
        let (atom, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if atom.is_empty() {
            return Err(Violation::Syntax("a value is missing"));
        }
        self.rest = rest;
        Ok(match atom.eq_ignore_ascii_case(b"NIL") {
            true => Value::Nil,
            false => Value::Atom(atom.to_vec()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, literals: &[&str]) -> Result<Value, Violation> {
        let literals = literals.iter().map(|it| it.as_bytes().to_vec()).collect();
        ValueReader::new(text.as_bytes(), literals).value()
    }

    #[test]
    fn lists_hold_atoms_strings_literals_and_lists() {
        let atom = |text: &str| Value::Atom(text.into());
        let text = |text: &str| Value::Text(text.into());
        let all =
            r#"(UID 7 FLAGS (\Seen $x) INTERNALDATE "a \"b\\" BODY[HEADER.FIELDS (To "x")]<0> {3}"#;
        let all = format!("{all}\0 X nil)");
        let expected = Value::List(vec![
            atom("UID"),
            atom("7"),
            atom("FLAGS"),
            Value::List(vec![atom("\\Seen"), atom("$x")]),
            atom("INTERNALDATE"),
            text("a \"b\\"),
            atom("BODY[HEADER.FIELDS (To \"x\")]<0>"),
            text("a)b"),
            atom("X"),
            Value::Nil,
        ]);
        assert_eq!(read(&all, &["a)b"]), Ok(expected));
        assert_eq!(read("()", &[]), Ok(Value::List(Vec::new())));
    }

    #[test]
    fn what_has_no_end_is_a_violation() {
        for (text, violation) in [
            ("(", Violation::Syntax("a list has no end")),
            ("(a (b)", Violation::Syntax("a list has no end")),
            ("\"a", Violation::Syntax("a quoted string has no end")),
            ("\"a\\", Violation::Syntax("a quoted string has no end")),
            ("", Violation::Syntax("a value is missing")),
            (")", Violation::Syntax("a value is missing")),
            ("{3}", Violation::Syntax("an atom begins with a brace")),
            ("{3}\0", Violation::Syntax("a literal is missing")),
        ] {
            assert_eq!(read(text, &[]), Err(violation), "{text:?}");
        }
        assert_eq!(read(&"(".repeat(100_000), &[]), Err(Violation::TooDeep));
        let many = format!("({})", "a ".repeat(VALUES));
        assert_eq!(
            read(&many, &[]),
            Err(Violation::Syntax("a response has too many values"))
        );
    }

    #[test]
    fn a_number_has_digits_only() {
        for (text, expected) in [
            ("0", Some(0)),
            ("4294967295", Some(4_294_967_295)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1a", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
    }
}
