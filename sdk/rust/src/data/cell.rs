use std::fmt::Display;

use serde::de::value::Error;
use serde::de::{Error as _, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

/// A value of a table: read as a number, `true` or `false`, an enum or a text, as its field asks.
pub(super) struct Cell<'a> {
    pub(super) column: &'a str,
    pub(super) value: &'a str,
}

impl Cell<'_> {
    fn error(&self, expected: &str, error: impl Display) -> Error {
        let Cell { column, value } = self;
        Error::custom(format_args!(
            "column `{column}`: `{value}` is no {expected}: {error}"
        ))
    }
}

impl<'de> IntoDeserializer<'de, Error> for Cell<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($deserialize:ident $visit:ident: $expected:literal;)+) => { $(
        fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.value.parse() {
                Ok(value) => visitor.$visit(value),
                Err(error) => Err(self.error($expected, error)),
            }
        }
    )+ };
}

impl<'de> Deserializer<'de> for Cell<'_> {
    type Error = Error;

    parsed! {
        deserialize_bool visit_bool: "truth value";
        deserialize_i8 visit_i8: "number";
        deserialize_i16 visit_i16: "number";
        deserialize_i32 visit_i32: "number";
        deserialize_i64 visit_i64: "number";
        deserialize_u8 visit_u8: "number";
        deserialize_u16 visit_u16: "number";
        deserialize_u32 visit_u32: "number";
        deserialize_u64 visit_u64: "number";
        deserialize_f32 visit_f32: "number";
        deserialize_f64 visit_f64: "number";
        deserialize_char visit_char: "single character";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.value)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            "" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.value.into_deserializer())
    }

    forward_to_deserialize_any! {
        i128 u128 str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}
