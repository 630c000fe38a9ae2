//! Bodies in JSON, within a number of values: a parsed value takes up to a hundred times
//! the bytes of its text.

use crate::request::{InboundRequest, Method};
use serde_json::Value;

/// Most values of a body. Batches of providers have some thousands.
const MOST_VALUES: usize = 200_000;

/// Parses a body.
///
/// # Errors
/// Why it is not one.
pub fn parse(body: &[u8]) -> Result<Value, String> {
    match count_values(body) > MOST_VALUES {
        true => Err(format!("has more than {MOST_VALUES} values")),
        false => serde_json::from_slice(body).map_err(|error| format!("is not JSON: {error}")),
    }
}

/// The body of a request by which a provider may check the URL: a POST of at most so
/// many bytes. Null for any other request. It is looked at before the signature is checked.
pub fn of_check(request: &InboundRequest<'_>, most_bytes: usize) -> Value {
    match request.method == Method::Post && request.body.len() <= most_bytes {
        true => parse(request.body).unwrap_or_default(),
        false => Value::Null,
    }
}

/// Values of a text in JSON, or more: commas and opening brackets outside of strings.
fn count_values(body: &[u8]) -> usize {
    let (mut is_string, mut is_escaped, mut count) = (false, false, 1);
    for byte in body {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b',' | b'[' | b'{' if !is_string => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_of_texts_are_no_values() {
        let text = format!(r#"{{"a":"{}","b":[1,2]}}"#, r#",[{\",\\"#.repeat(100_000));
        assert_eq!(count_values(text.as_bytes()), 5);
        assert!(parse(text.as_bytes()).is_ok());
    }

    #[test]
    fn only_a_small_post_checks_a_url() {
        let read = |method, body: &[u8]| {
            let request = InboundRequest {
                method,
                url: "https://care.example/",
                headers: Default::default(),
                body,
            };
            of_check(&request, 4)
        };
        assert_eq!(read(Method::Post, b"[1]"), serde_json::json!([1]));
        assert_eq!(read(Method::Post, b"[12]"), serde_json::json!([12]));
        for (method, body) in [
            (Method::Post, &b"[123]"[..]),
            (Method::Post, b"[1"),
            (Method::Get, b"[1]"),
            (Method::Other, b"[1]"),
        ] {
            assert_eq!(read(method, body), Value::Null, "{method:?} {body:?}");
        }
    }

    #[test]
    fn a_body_of_too_many_values_is_not_parsed() {
        let body = |values: usize| format!("[{}0]", "0,".repeat(values));
        assert!(parse(body(MOST_VALUES - 2).as_bytes()).is_ok());
        assert!(parse(body(MOST_VALUES).as_bytes()).is_err());
        assert!(parse("[".repeat(1_000_000).as_bytes()).is_err());
    }
}
