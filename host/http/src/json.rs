//! Parses a request's body as JSON. A syntax error names line and column, a
//! wrong field its path.

use serde::de::DeserializeOwned;
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
    ended.map_err(|(error, field)| {
        let (kind, what) = match error.classify() {
            Category::Data => (Kind::InvalidInput, "does not match the schema"),
            _ => (Kind::MalformedJson, "not valid JSON"),
        };
        let problem = Problem::of(kind)
            .detail(format!("{what}: {error}"))
            .at(error.line(), error.column());
        match kind {
            Kind::InvalidInput => problem.field(field),
            _ => problem,
        }
    })
}
