//! Types of the expression language.

use std::fmt;

/// A type of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Type {
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Null,
    List(Box<Type>),
    Map(Box<Type>, Box<Type>),
    /// Known only when the expression is evaluated: `dyn(…)` and lists of several types.
    Dyn,
    /// The entries of an empty list or map: fits every type.
    Free,
}

impl Type {
    pub(crate) fn list(entry: Self) -> Self {
        Self::List(Box::new(entry))
    }

    pub(crate) fn map(key: Self, value: Self) -> Self {
        Self::Map(Box::new(key), Box::new(value))
    }

    /// Whether nothing is known about it before the evaluation.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Dyn | Self::Free)
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// Whether a value of one type may stand where one of the other does.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (one, other) if one.is_open() || other.is_open() => true,
            (Self::List(one), Self::List(other)) => one.fits(other),
            (Self::Map(key, value), Self::Map(other_key, other_value)) => {
                key.fits(other_key) && value.fits(other_value)
            }
            (one, other) => one == other,
        }
    }

    /// The type of a value that is of one or of the other type; they fit.
    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Free, other) | (other, Self::Free) => other,
            (Self::List(one), Self::List(other)) => Self::list(one.join(*other)),
            (Self::Map(key, value), Self::Map(other_key, other_value)) => {
                Self::map(key.join(*other_key), value.join(*other_value))
            }
            (one, other) if one == other => one,
            _ => Self::Dyn,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Null => f.write_str("null"),
            Self::List(entry) => write!(f, "list({entry})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Dyn | Self::Free => f.write_str("dyn"),
        }
    }
}
