//! What a registry asks for before it answers: the header field `WWW-Authenticate`.

use hyper::header::{HeaderMap, WWW_AUTHENTICATE};

/// Longest header field that is read, in bytes.
const FIELD_BYTES: usize = 4 << 10;

/// How a client proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// Name and password in each request.
    Basic,
    /// A token of a service.
    Bearer {
        /// Address of the service.
        realm: String,
        /// Its name of the registry.
        service: Option<String>,
    },
}

impl Challenge {
    /// The strongest challenge of an answer that this client knows.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Challenge> {
        let fields = headers.get_all(WWW_AUTHENTICATE).into_iter();
        let texts = fields
            .filter_map(|value| value.to_str().ok())
            .filter(|text| text.len() <= FIELD_BYTES);
        let mut all: Vec<Challenge> = texts.flat_map(parse).collect();
        let bearer = all.iter().position(|one| *one != Challenge::Basic);
        match bearer {
            Some(index) => Some(all.swap_remove(index)),
            None => all.pop(),
        }
    }
}

/// The challenges of a field that are known: `Scheme key="value", key=value, Scheme …`.
fn parse(text: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    let mut current: Option<(String, Vec<(String, String)>)> = None;
    for item in split_at_commas(text) {
        let item = item.trim();
        // `Bearer realm="…"` begins a challenge; `service="…"` continues it.
        let (scheme, parameter) = match item.split_once(' ') {
            Some((scheme, rest)) if !scheme.contains(['=', '"']) => (Some(scheme), rest.trim()),
            None if !item.contains('=') => (Some(item), ""),
            _ => (None, item),
        };
        if let Some(scheme) = scheme {
            found.extend(current.take());
            current = Some((scheme.to_ascii_lowercase(), Vec::new()));
        }
        if let (Some((_, parameters)), Some((key, value))) =
            (current.as_mut(), parameter.split_once('='))
        {
            parameters.push((key.trim().to_ascii_lowercase(), unquoted(value.trim())));
        }
    }
    found.extend(current);
    let known = found.into_iter().filter_map(|(scheme, parameters)| {
        let value = |wanted: &str| {
            let mut all = parameters.iter();
            let found = all.find(|(key, _)| key == wanted);
            found.map(|(_, value)| value.clone())
        };
        match scheme.as_str() {
            "basic" => Some(Challenge::Basic),
            "bearer" => Some(Challenge::Bearer {
                realm: value("realm")?,
                service: value("service"),
            }),
            _ => None,
        }
    });
    known.collect()
}

/// Splits at commas that are not in quotes.
fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = find_unquoted(rest, b',') {
        parts.push(&rest[..at]);
        rest = &rest[at + 1..];
    }
    parts.push(rest);
    parts
}

/// Where a separator stands first that is not in quotes.
pub(crate) fn find_unquoted(text: &str, separator: u8) -> Option<usize> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.bytes().position(|byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ => return byte == separator && !is_quoted,
        }
        false
    })
}

fn unquoted(value: &str) -> String {
    let inner = value
        .strip_prefix('"')
        .and_then(|inner| inner.strip_suffix('"'));
    match inner {
        None => value.to_owned(),
        Some(inner) => inner.replace("\\\"", "\"").replace("\\\\", "\\"),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_fuzz::{Corpus, Reading, text};

    use super::*;

    fn read(fields: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(WWW_AUTHENTICATE, field.parse().expect("a field"));
        }
        Challenge::read(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
        })
    }

    #[test]
    fn a_token_service_is_found_in_every_form_of_the_field() {
        let realm = "https://auth.example/token";
        let with = bearer(realm, Some("registry, the"));
        for fields in [
            &[
                r#"Bearer realm="https://auth.example/token",service="registry, the",scope="repository:a:pull,push""#,
            ][..],
            &[r#"bearer service="registry, the" , realm=https://auth.example/token"#],
            &[
                r#"Basic realm="x", Bearer realm="https://auth.example/token", service="registry, the""#,
            ],
            &[
                r#"Basic realm="x""#,
                r#"Bearer realm="https://auth.example/token",service="registry, the""#,
            ],
        ] {
            assert_eq!(read(fields), with, "{fields:?}");
        }
        assert_eq!(
            read(&[r#"Bearer realm="https://auth.example/token""#]),
            bearer(realm, None)
        );
    }

    #[test]
    fn what_is_not_known_is_no_challenge() {
        assert_eq!(read(&[r#"Basic realm="x""#]), Some(Challenge::Basic));
        assert_eq!(read(&["Basic"]), Some(Challenge::Basic));
        for field in [
            "",
            "Bearer",
            r#"Bearer service="x""#,
            "Negotiate abc=",
            "=",
            "\"",
            ",,,",
        ] {
            assert_eq!(read(&[field]), None, "{field}");
        }
        assert_eq!(
            read(&[&format!("Basic realm=\"{}\"", "x".repeat(5_000))]),
            None
        );
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn every_field_is_read_or_no_challenge() {
        Corpus::of([
            r#"Bearer realm="https://auth.example/token",service="a, b",scope="repository:a:pull""#,
            r#"Basic realm="x", Bearer realm="https://auth.example/token""#,
        ])
        .words(&[
            "\"", "\\", ",", "=", " ", "Bearer ", "Basic", "realm=", "service=",
        ])
        .cases(2_000)
        .run(text(|field| match parse(field).pop() {
            Some(_) => Reading::Accepted,
            None => Reading::Rejected,
        }));
    }
}
