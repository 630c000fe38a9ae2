//! Checks each request of the tests, and its answer, against the OpenAPI
//! document: a request that the server takes fits the description, and every
//! answer has a described status, media type and body.

mod document;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use parking_lot::Mutex;
use patchbay_api::openapi_json;
use serde_json::{Value, json};

use super::client::Answer;

/// The OpenAPI document, with validators made when they are first used.
struct Contract {
    document: Value,
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
}

/// A request as bytes, as far as it is one.
struct SentRequest<'a> {
    method: &'a str,
    path: &'a str,
    query: &'a str,
    media_type: Option<String>,
    body: &'a [u8],
}

/// Panics if the request and its answer do not fit the description.
pub(super) fn check(request: &[u8], answer: &Answer) {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    let contract = CONTRACT.get_or_init(|| Contract {
        document: serde_json::from_str(&openapi_json()).expect("JSON"),
        validators: Mutex::default(),
    });
    let Some(sent) = SentRequest::parse(request) else {
        return;
    };
    // The form of a webhook is the provider's, and that of the web chat the widget's: the
    // API describes neither, nor the console's files.
    let undescribed = ["/webhooks/", "/widget/", "/console"];
    if sent.path == "/" || undescribed.iter().any(|path| sent.path.starts_with(path)) {
        return;
    }
    if let Err(difference) = contract.check(&sent, answer) {
        panic!(
            "{} {} differs from the OpenAPI document: {difference}\n{answer:?}",
            sent.method, sent.path
        );
    }
}

impl<'a> SentRequest<'a> {
    /// `None` for bytes that are not a complete request.
    fn parse(bytes: &'a [u8]) -> Option<SentRequest<'a>> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let (head, body) = (std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 4..]);
        let mut lines = head.split("\r\n");
        let mut words = lines.next()?.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let headers: Vec<(String, &str)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim()))
            .collect();
        let header = |wanted: &str| {
            let mut named = headers.iter().filter(|(name, _)| name == wanted);
            named.next().map(|(_, value)| *value)
        };
        let length = header("content-length").map_or(Some(0), |text| text.parse().ok())?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let is_complete = length == body.len() && header("transfer-encoding").is_none();
        (is_complete && path.starts_with('/')).then(|| SentRequest {
            method,
            path,
            query,
            media_type: header("content-type").map(essence),
            body,
        })
    }
}

/// The media type without its parameters.
fn essence(value: &str) -> String {
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_lowercase()
}

impl Contract {
    fn check(&self, sent: &SentRequest<'_>, answer: &Answer) -> Result<(), String> {
        let Some((template, params)) = self.find_path(sent.path) else {
            return self.check_refusal(answer, &[401, 404]);
        };
        // The server answers HEAD as GET, without the body.
        let method = match sent.method {
            "HEAD" => "get".to_owned(),
            other => other.to_lowercase(),
        };
        let operation = &self.document["paths"][template][&method];
        if operation.is_null() {
            return self.check_refusal(answer, &[401, 404, 405]);
        }
        // The HTTP parser refuses a head that is not HTTP before any operation.
        let is_parsers = answer.status == 400 && answer.body.is_empty();
        if is_parsers && !answer.headers.contains_key("content-type") {
            return Ok(());
        }
        let name = format!("{method} {template}");
        self.check_answer(&name, operation, sent.method, answer)?;
        if (200..300).contains(&answer.status) {
            self.check_parameters(&name, operation, &params, sent.query)?;
            self.check_body(&name, operation, sent)?;
        }
        Ok(())
    }

    /// The answer to a request that no operation takes.
    fn check_refusal(&self, answer: &Answer, expected: &[u16]) -> Result<(), String> {
        // The guard refuses first.
        let is_expected = [400, 403, 414, 417, 421, 501].contains(&answer.status);
        if !is_expected && !expected.contains(&answer.status) {
            // Routes that only tests have are not described.
            return match answer.status {
                500 => Ok(()),
                status => Err(format!("{status} although nothing describes it")),
            };
        }
        Ok(())
    }

    /// The described path that a request's path matches, with its parameters.
    fn find_path<'a>(&'a self, path: &str) -> Option<(&'a str, BTreeMap<&'a str, String>)> {
        let segments: Vec<&str> = path.split('/').collect();
        let paths = self.document["paths"].as_object()?.keys();
        let matching = paths.filter_map(|template| {
            let parts: Vec<&str> = template.split('/').collect();
            let mut params = BTreeMap::new();
            let fits = parts.len() == segments.len()
                && parts.iter().zip(&segments).all(|(part, segment)| {
                    let name = part
                        .strip_prefix('{')
                        .and_then(|part| part.strip_suffix('}'));
                    match name {
                        Some(name) => {
                            params.insert(name, decoded(segment));
                            !segment.is_empty()
                        }
                        None => part == segment,
                    }
                });
            fits.then_some((template.as_str(), params))
        });
        // A literal segment is preferred to a parameter.
        matching.min_by_key(|(_, params)| params.len())
    }

    fn check_answer(
        &self,
        name: &str,
        operation: &Value,
        method: &str,
        answer: &Answer,
    ) -> Result<(), String> {
        let response = &operation["responses"][answer.status.to_string()];
        if response.is_null() {
            return Err(format!("the status {} is not described", answer.status));
        }
        let Some(media_type) = answer
            .headers
            .get("content-type")
            .map(|value| essence(value))
        else {
            return match response["content"].is_null() {
                true => Ok(()),
                false => Err("the answer has no Content-Type".to_owned()),
            };
        };
        let content = &response["content"];
        let schema = match &content["*/*"]["schema"] {
            Value::Null => &content[&media_type]["schema"],
            any => any,
        };
        if schema.is_null() {
            return Err(format!("the answer's {media_type} is not described"));
        }
        let is_whole = !answer.headers.contains_key("transfer-encoding") && method != "HEAD";
        if is_whole && media_type.ends_with("json") {
            let key = format!("{name} {} {media_type}", answer.status);
            let body = serde_json::from_str(&answer.body).map_err(|error| error.to_string())?;
            self.validate(&key, schema, &body)?;
        }
        Ok(())
    }

    fn check_parameters(
        &self,
        name: &str,
        operation: &Value,
        path: &BTreeMap<&str, String>,
        query: &str,
    ) -> Result<(), String> {
        let empty = Vec::new();
        let described = operation["parameters"].as_array().unwrap_or(&empty);
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                ("query", decoded(name), decoded(value))
            });
        let path = path
            .iter()
            .map(|(name, value)| ("path", (*name).to_owned(), value.clone()));
        for (place, parameter, value) in query.chain(path) {
            let mut matching = described
                .iter()
                .filter(|one| one["in"] == place && one["name"] == parameter);
            let Some(found) = matching.next() else {
                // Load balancers and collectors add what they like.
                let id = operation["operationId"].as_str().unwrap_or_default();
                if place == "query" && ["healthz", "metrics", "readyz"].contains(&id) {
                    continue;
                }
                return Err(format!(
                    "the {place} parameter {parameter} is not described"
                ));
            };
            let key = format!("{name} {place} {parameter}");
            let schema = &found["schema"];
            let value = json!(value);
            // A text stands for the JSON value of the same notation.
            let read = serde_json::from_str(value.as_str().unwrap_or_default());
            let as_text = self.validate(&key, schema, &value);
            let as_value = read.map(|value| self.validate(&key, schema, &value));
            as_text.or_else(|error| as_value.unwrap_or(Err(error)))?;
        }
        Ok(())
    }

    fn check_body(
        &self,
        name: &str,
        operation: &Value,
        sent: &SentRequest<'_>,
    ) -> Result<(), String> {
        let described = &operation["requestBody"];
        if described.is_null() {
            return Ok(());
        }
        if sent.body.is_empty() {
            return match described["required"] == true {
                true => Err("the server takes the request without its required body".to_owned()),
                false => Ok(()),
            };
        }
        let media_type = sent.media_type.clone().unwrap_or_default();
        let content = &described["content"];
        // Files have any type.
        let any = content.get("*/*").unwrap_or(&Value::Null);
        let schema = &content.get(&media_type).unwrap_or(any)["schema"];
        if schema.is_null() {
            return Err(format!("the request's {media_type} is not described"));
        }
        if media_type != "application/json" {
            return Ok(());
        }
        let body = serde_json::from_slice(sent.body).map_err(|error| error.to_string())?;
        self.validate(&format!("{name} {media_type}"), schema, &body)
            .map_err(|error| format!("the server takes a body that does not fit: {error}"))
    }

    /// Validates a value against a schema of the document; `key` names the schema.
    fn validate(&self, key: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let made = self.validators.lock().get(key).cloned();
        let validator = match made {
            Some(validator) => validator,
            None => {
                let validator = Arc::new(self.validator(schema));
                let mut validators = self.validators.lock();
                validators.insert(key.to_owned(), Arc::clone(&validator));
                validator
            }
        };
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{key}{}: {error}", error.instance_path()))
            .collect();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(errors.join("; ")),
        }
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut schema = schema.clone();
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["components"] = json!({"schemas": self.document["components"]["schemas"]});
        jsonschema::validator_for(&schema).expect("a valid schema")
    }
}

/// A part of a URL with `%XX` and `+` decoded.
fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next().unwrap_or(b'0')).to_digit(16);
                let (high, low) = (digit().unwrap_or(0), digit().unwrap_or(0));
                (high * 16 + low) as u8
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
