//! Parses a request's body as JSON. A syntax error names line and column, a
//! wrong field its path.

use std::cell::Cell;

use patchbay_config::name_suggestion::nearest_of_message;
use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::error::Category;

use crate::problem::{Kind, Problem};

/// Parse a body. The parser bounds nesting at 128 levels.
///
/// # Errors
/// 400 for a body that is not UTF-8 or not JSON, 422 for one of another form.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body).map_err(|error| {
        Problem::of(Kind::NotUtf8).detail(format!(
            "the body is not valid UTF-8 after byte {}; encode it as UTF-8",
            error.valid_up_to()
        ))
    })?;
    let mut parser = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut parser).map_err(|error| {
        let field = error.path().to_string();
        (error.into_inner(), field)
    });
    let ended = read.and_then(|value| match parser.end() {
        Ok(()) => Ok(value),
        Err(error) => Err((error, String::new())),
    });
    let value = ended.map_err(|(error, field)| {
        let (kind, what) = match error.classify() {
            Category::Data => (Kind::InvalidInput, "does not match the schema"),
            _ => (Kind::MalformedJson, "not valid JSON"),
        };
        let error_text = error.to_string();
        let meant = nearest_of_message(&error_text);
        let meant = meant.map_or_else(String::new, |meant| format!("; did you mean `{meant}`?"));
        let problem = Problem::of(kind)
            .detail(format!("{what}: {error_text}{meant}"))
            .at(error.line(), error.column());
        match kind {
            Kind::InvalidInput => problem.field(field),
            _ => problem,
        }
    })?;
    match text.trim_start().starts_with('[') && is_object::<T>() {
        true => Err(Problem::of(Kind::InvalidInput)
            .detail("does not match the schema: must be an object, not a list")),
        false => Ok(value),
    }
}

/// Whether a type is a struct: serde would read its fields from a list, too, in their
/// order.
fn is_object<T: DeserializeOwned>() -> bool {
    let is_struct = Cell::new(false);
    // Always fails.
    let _ = T::deserialize(Probe(&is_struct));
    is_struct.get()
}

/// Notes whether a struct is asked for.
struct Probe<'a>(&'a Cell<bool>);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("nothing is read"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.set(true);
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Body {
        number: u32,
    }

    #[test]
    fn a_list_is_no_object() {
        assert_eq!(read::<Body>(b"{\"number\": 1}").expect("read").number, 1);
        for list in ["[1]", " [1]", "[]"] {
            let problem = read::<Body>(list.as_bytes()).expect_err(list);
            assert!(problem.is(Kind::InvalidInput), "{list}");
        }
        assert_eq!(read::<Vec<u32>>(b"[1]").expect("a list"), [1]);
        let any: serde_json::Value = read(b"[1]").expect("any value");
        assert!(any.is_array());
    }
}
