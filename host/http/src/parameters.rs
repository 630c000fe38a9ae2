//! The query parameters that operations take, as their descriptions say: one rule for every
//! route. One that the operation does not have, that is repeated, or whose value has another
//! form is refused.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;
use patchbay_config::name_suggestion;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::problem::Problem;

/// Longest unknown name that a problem quotes, in characters.
const QUOTED_CHARS: usize = 64;

/// The query parameters of an operation.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    query: Vec<Parameter>,
    takes_any: bool,
}

/// A parameter by name.
#[derive(Clone, Debug)]
struct Parameter {
    name: String,
    form: ValueForm,
}

/// What the value of a parameter must be. Where a text must have a closer form, the
/// operation checks it.
#[derive(Clone, Debug)]
pub(crate) enum ValueForm {
    Text,
    WholeNumber { least: u64, most: u64 },
    Flag,
    Time,
    Code(Vec<String>),
}

impl Parameters {
    /// The query parameters that an OpenAPI document describes for an operation.
    pub fn of_operation(operation: &Value, document: &Value) -> Parameters {
        let described = operation["parameters"].as_array();
        let described = described.map(Vec::as_slice).unwrap_or_default();
        let described = described.iter().filter(|one| one["in"] == "query");
        let query = described.map(|one| Parameter {
            name: one["name"].as_str().unwrap_or_default().to_owned(),
            form: ValueForm::of_schema(&one["schema"], document),
        });
        Parameters {
            query: query.collect(),
            takes_any: false,
        }
    }

    /// Query parameters with any text as value, of a route that no document describes.
    pub fn texts(names: &[&str]) -> Parameters {
        let query = names.iter().map(|name| Parameter {
            name: (*name).to_owned(),
            form: ValueForm::Text,
        });
        Parameters {
            query: query.collect(),
            ..Parameters::default()
        }
    }

    /// Adds a query parameter that is `true` or `false`.
    pub fn with_flag(mut self, name: &str) -> Parameters {
        self.query.push(Parameter {
            name: name.to_owned(),
            form: ValueForm::Flag,
        });
        self
    }

    /// Lets the operation take any query parameters: another party defines them.
    pub fn taking_any(mut self) -> Parameters {
        self.takes_any = true;
        self
    }

    /// Checks a query as it stands in the target of a request.
    ///
    /// # Errors
    /// 400 about the first parameter that is unknown, repeated, not UTF-8 or of another
    /// form, with what would be right.
    pub fn check_query(&self, query: Option<&str>) -> Result<(), Problem> {
        if self.takes_any {
            return Ok(());
        }
        let mut seen = Vec::new();
        for pair in query.unwrap_or_default().split('&') {
            if pair.is_empty() {
                continue;
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or_else(|| not_utf8(name, "the name"))?;
            let parameter = self.query.iter().find(|parameter| parameter.name == *name);
            let parameter = parameter.ok_or_else(|| self.unknown(&name))?;
            let value = decode(value).ok_or_else(|| not_utf8(&name, "the value"))?;
            if seen.contains(&name) {
                return Err(Problem::bad_parameter(
                    &*name,
                    "is repeated; an operation takes each parameter once",
                ));
            }
            parameter.check(&value)?;
            seen.push(name);
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> Problem {
        let known: Vec<String> = self.query.iter().map(|it| it.name.clone()).collect();
        let known = match known.is_empty() {
            true => "the operation takes no query parameters".to_owned(),
            false => name_suggestion::suggest(name, "query parameters", &known),
        };
        let quoted: String = name.chars().take(QUOTED_CHARS).collect();
        Problem::bad_parameter(name, format!("unknown query parameter {quoted:?}; {known}"))
    }
}

impl Parameter {
    fn check(&self, value: &str) -> Result<(), Problem> {
        match self.form.fits(value) {
            true => Ok(()),
            false => Err(Problem::bad_parameter(&*self.name, self.form.to_string())),
        }
    }
}

impl ValueForm {
    fn of_schema(schema: &Value, document: &Value) -> ValueForm {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            let target = document.pointer(pointer).unwrap_or(&Value::Null);
            return ValueForm::of_schema(target, document);
        }
        if let Some(codes) = schema["enum"].as_array() {
            let codes = codes.iter().filter_map(Value::as_str);
            return ValueForm::Code(codes.map(str::to_owned).collect());
        }
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("integer"), _) => ValueForm::WholeNumber {
                least: schema["minimum"].as_u64().unwrap_or(0),
                most: schema["maximum"].as_u64().unwrap_or(u64::MAX),
            },
            (Some("boolean"), _) => ValueForm::Flag,
            (_, Some("date-time")) => ValueForm::Time,
            _ => ValueForm::Text,
        }
    }

    fn fits(&self, value: &str) -> bool {
        match self {
            ValueForm::Text => true,
            ValueForm::WholeNumber { least, most } => value
                .parse()
                .is_ok_and(|number: u64| (*least..=*most).contains(&number)),
            ValueForm::Flag => matches!(value, "true" | "false"),
            ValueForm::Time => value.parse::<Timestamp>().is_ok(),
            ValueForm::Code(codes) => codes.iter().any(|code| code == value),
        }
    }
}

/// Continues "the parameter …".
impl Display for ValueForm {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ValueForm::Text => f.write_str("must be a text"),
            ValueForm::WholeNumber { least: 0, most } if *most == u64::MAX => {
                f.write_str(crate::request_fields::NUMBER)
            }
            ValueForm::WholeNumber { least, most } if *most == u64::MAX => {
                write!(f, "must be a whole number of at least {least}")
            }
            ValueForm::WholeNumber { least, most } => {
                write!(f, "must be a whole number from {least} to {most}")
            }
            ValueForm::Flag => f.write_str("must be true or false"),
            ValueForm::Time => f.write_str(crate::request_fields::TIME),
            ValueForm::Code(codes) => write!(f, "must be one of {}", codes.join(", ")),
        }
    }
}

fn not_utf8(name: &str, what: &str) -> Problem {
    Problem::bad_parameter(name, format!("{what} is not UTF-8, percent-encoded"))
}

/// A part of a query with `+` and percent escapes decoded; `None` if it is not UTF-8.
fn decode(part: &str) -> Option<Cow<'_, str>> {
    if !part.contains(['+', '%']) {
        return Some(Cow::Borrowed(part));
    }
    let spaced = part.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(Cow::Owned(decoded.into_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn list() -> Parameters {
        let document = json!({"components": {"schemas": {
            "Role": {"type": "string", "enum": ["agent", "supervisor"]},
        }}});
        let parameter =
            |name: &str, schema: Value| json!({"in": "query", "name": name, "schema": schema});
        let operation = json!({"parameters": [
            parameter("clock", json!({"type": "string"})),
            parameter("limit", json!({"type": "integer", "minimum": 1, "maximum": 100})),
            parameter("before", json!({"type": "integer", "minimum": 0})),
            parameter("open", json!({"type": "boolean"})),
            parameter("from", json!({"type": "string", "format": "date-time"})),
            parameter("role", json!({"$ref": "#/components/schemas/Role"})),
            {"in": "path", "name": "generation", "schema": {"type": "integer", "minimum": 0}},
            {"in": "header", "name": "traceparent", "schema": {"type": "string"}},
        ]});
        Parameters::of_operation(&operation, &document)
    }

    /// The field and the detail of the refusal.
    fn refusal(parameters: &Parameters, query: &str) -> Option<(String, String)> {
        let problem = parameters.check_query(Some(query)).err()?;
        assert_eq!(problem.status(), 400);
        let document = json!(problem.document());
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        Some((text("field"), text("detail")))
    }

    #[test]
    fn a_query_of_the_described_form_passes() {
        for query in [
            "",
            "&",
            "clock=missed",
            "clock",
            "limit=1&clock=at-risk%2Cmissed&",
            "limit=100&before=0&open=true",
            "from=2026-03-02T10:00:00%2B01:00&role=agent",
            "cl%6fck=a+b",
        ] {
            assert_eq!(refusal(&list(), query), None, "{query}");
        }
        assert!(list().check_query(None).is_ok());
    }

    #[test]
    fn a_refusal_names_the_parameter_and_what_would_be_right() {
        let number = "must be a whole number from 1 to 100";
        let time = "must be a time with its offset, such as 2026-03-02T10:00:00Z";
        for (query, field, detail) in [
            (
                "clok=missed",
                "clok",
                "unknown query parameter \"clok\"; did you mean \"clock\"? the query parameters are clock, limit, before, open, from, role",
            ),
            ("limit=abc", "limit", number),
            ("limit=0", "limit", number),
            ("limit=101", "limit", number),
            ("limit=", "limit", number),
            ("limit=%31%30%31", "limit", number),
            ("before=-1", "before", "must be a whole number"),
            ("open=yes", "open", "must be true or false"),
            ("open", "open", "must be true or false"),
            ("from=yesterday", "from", time),
            // The sign of an offset that is not encoded is a space.
            ("from=2026-03-02T10:00:00+01:00", "from", time),
            ("role=boss", "role", "must be one of agent, supervisor"),
            (
                "limit=1&open=true&limit=1",
                "limit",
                "is repeated; an operation takes each parameter once",
            ),
            (
                "clock=a&cl%6Fck=b",
                "clock",
                "is repeated; an operation takes each parameter once",
            ),
            (
                "clock=%ff",
                "clock",
                "the value is not UTF-8, percent-encoded",
            ),
        ] {
            let expected = Some((field.to_owned(), detail.to_owned()));
            assert_eq!(refusal(&list(), query), expected, "{query}");
        }
        let (_, detail) = refusal(&list(), "traceparent=1").expect("a header is no query");
        assert!(detail.starts_with("unknown query parameter"), "{detail}");
    }

    #[test]
    fn an_operation_without_parameters_says_so() {
        let none = Parameters::default();
        let expected =
            "unknown query parameter \"released\"; the operation takes no query parameters";
        let refused = refusal(&none, "released=1").expect("a refusal");
        assert_eq!(refused, ("released".to_owned(), expected.to_owned()));
        assert_eq!(refusal(&none, "&&"), None);
        let (field, detail) = refusal(&none, &"x".repeat(5_000)).expect("a refusal");
        assert!(field.chars().count() <= 201 && detail.contains("takes no query"));
    }

    #[test]
    fn an_operation_whose_parameters_another_party_defines_takes_any() {
        let any = list().taking_any();
        assert_eq!(refusal(&any, "session_state=1&limit=x&limit=y"), None);
    }
}
