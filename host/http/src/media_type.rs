//! The media type of a request's body (RFC 9110, 8.3): names without regard to
//! case, with parameters.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

/// What a body can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`.
    Json,
    /// `application/x-ndjson`: one JSON document a line.
    Ndjson,
    /// `text/csv`: comma-separated values, the first line names the columns.
    Csv,
}

/// The media type of a request; `None` where it is absent, given twice, another
/// one, or not in UTF-8.
pub fn of(headers: &HeaderMap) -> Option<MediaType> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    parse(value.to_str().ok()?)
}

fn parse(value: &str) -> Option<MediaType> {
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next()?;
    let known = [
        ("application/json", MediaType::Json),
        ("application/x-ndjson", MediaType::Ndjson),
        ("text/csv", MediaType::Csv),
    ];
    let (_, media_type) = known
        .into_iter()
        .find(|(name, _)| essence.eq_ignore_ascii_case(name))?;
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    is_utf8.then_some(media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_and_parameters_are_read() {
        use MediaType::{Csv, Json, Ndjson};
        for (value, expected) in [
            ("application/json", Some(Json)),
            ("Application/JSON", Some(Json)),
            ("application/json; charset=utf-8", Some(Json)),
            ("application/json;charset=\"UTF-8\"", Some(Json)),
            ("application/json ; Charset=Utf-8", Some(Json)),
            ("application/json;", Some(Json)),
            ("application/json; profile=x", Some(Json)),
            ("application/x-ndjson", Some(Ndjson)),
            ("Application/X-NDJSON", Some(Ndjson)),
            ("APPLICATION/X-NDJSON;CHARSET=UTF-8", Some(Ndjson)),
            ("text/csv; charset=UTF-8; header=present", Some(Csv)),
            ("text/csv; charset=windows-1252", None),
            ("application/x-ndjson2", None),
            ("application/jsonx", None),
            ("application/json, application/x-ndjson", None),
            ("application/json; charset=latin1", None),
            ("text/plain", None),
            ("", None),
        ] {
            assert_eq!(parse(value), expected, "{value}");
        }
    }

    #[test]
    fn a_type_given_twice_is_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(of(&headers), None);
        headers.append(CONTENT_TYPE, "application/json".parse().expect("a header"));
        assert_eq!(of(&headers), Some(MediaType::Json));
        headers.append(CONTENT_TYPE, "application/json".parse().expect("a header"));
        assert_eq!(of(&headers), None);
    }
}
