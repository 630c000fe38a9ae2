//! Fields of a JSON document that may be absent or have another type. What a
//! provider leaves out or adds never fails a whole delivery.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::Value;

/// Shortens texts that a provider does not bound.
pub fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// Access to fields of a JSON object.
pub trait Fields {
    /// The text at a path; `None` if it is absent, empty or of another type.
    fn text(&self, path: &[&str]) -> Option<&str>;
    /// An identifier or number at a path: a text that is not empty, or an integer.
    fn id(&self, path: &[&str]) -> Option<Cow<'_, str>>;
    /// The items of a list; none if it is absent or of another type.
    fn list(&self, name: &str) -> &[Value];
    /// Whether a field is `true`.
    fn flag(&self, path: &[&str]) -> bool;
    /// A time in Unix seconds, as a text or a number.
    fn seconds(&self, name: &str) -> Option<Timestamp>;
    /// A time in Unix milliseconds, as a text or a number.
    fn milliseconds(&self, name: &str) -> Option<Timestamp>;
    /// The value at a path.
    fn at(&self, path: &[&str]) -> Option<&Value>;
}

impl Fields for Value {
    fn text(&self, path: &[&str]) -> Option<&str> {
        let text = self.at(path)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    fn id(&self, path: &[&str]) -> Option<Cow<'_, str>> {
        match self.at(path)? {
            Value::String(text) if !text.is_empty() => Some(text.into()),
            Value::Number(number) if !number.is_f64() => Some(number.to_string().into()),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> &[Value] {
        let list = self.get(name).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    fn flag(&self, path: &[&str]) -> bool {
        self.at(path).and_then(Value::as_bool) == Some(true)
    }

    fn seconds(&self, name: &str) -> Option<Timestamp> {
        let seconds = self.id(&[name])?.parse().ok()?;
        Timestamp::from_second(seconds).ok()
    }

    fn milliseconds(&self, name: &str) -> Option<Timestamp> {
        let milliseconds = self.id(&[name])?.parse().ok()?;
        Timestamp::from_millisecond(milliseconds).ok()
    }

    fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, name| value.get(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_another_type_are_absent() {
        let value = json!({"a": {"b": "x", "e": ""}, "n": 12, "f": 1.5, "l": [1], "t": true});
        assert_eq!(value.text(&["a", "b"]), Some("x"));
        for path in [
            &["a"][..],
            &["a", "e"],
            &["n"],
            &["x", "y"],
            &["a", "b", "c"],
        ] {
            assert_eq!(value.text(path), None, "{path:?}");
        }
        assert_eq!(value.id(&["n"]).as_deref(), Some("12"));
        assert_eq!(value.id(&["f"]), None);
        assert_eq!((value.list("l").len(), value.list("n").len()), (1, 0));
        assert!(value.flag(&["t"]) && !value.flag(&["n"]));
    }

    #[test]
    fn a_time_is_read_from_text_or_number_and_in_range() {
        for (value, second) in [
            (json!("1697043223"), Some(1_697_043_223)),
            (json!(1_697_043_223), Some(1_697_043_223)),
            (json!("99999999999999"), None),
            (json!("99999999999999999999"), None),
            (json!("1e3"), None),
            (json!(null), None),
        ] {
            let read = json!({"at": value}).seconds("at");
            assert_eq!(read.map(Timestamp::as_second), second, "{value}");
        }
        for (value, millisecond) in [
            (json!(1_767_225_600_123_i64), Some(1_767_225_600_123)),
            (json!("1767225600123"), Some(1_767_225_600_123)),
            (json!(i64::MAX), None),
            (json!("soon"), None),
        ] {
            let read = json!({"at": value}).milliseconds("at");
            assert_eq!(read.map(Timestamp::as_millisecond), millisecond, "{value}");
        }
    }
}
