//! Schemas of closed sets of codes, for the OpenAPI document.

use patchbay_model::outcome::OutcomeKind as ModelOutcome;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// The schema of [`patchbay_model::outcome::OutcomeKind`].
pub struct OutcomeKind;

impl PartialSchema for OutcomeKind {
    fn schema() -> RefOr<Schema> {
        let all = ModelOutcome::ALL.into_iter();
        codes(
            "Outcome of a plugin call.",
            all.map(|one| (one.as_str(), one.message())),
        )
    }
}

impl ToSchema for OutcomeKind {}

/// Schemas of closed sets of the model, each a type with the name of the schema: description,
/// codes, and what each code means where that needs saying.
#[macro_export]
macro_rules! code_schemas {
    ($( $name:ident of $model:ty, $description:literal, $meaning:expr; )+) => { $(
        #[doc = $description]
        pub struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let meaning: fn($model) -> &'static str = $meaning;
                let all = <$model>::ALL.into_iter();
                $crate::code_schema::codes(
                    $description,
                    all.map(|one| (one.as_str(), meaning(one))),
                )
            }
        }

        impl utoipa::ToSchema for $name {}
    )+ };
}

/// The schema of a closed set: each code with its meaning, which the description
/// lists unless it is empty.
pub fn codes<'a>(
    description: &str,
    all: impl Iterator<Item = (&'a str, &'a str)>,
) -> RefOr<Schema> {
    let all: Vec<_> = all.collect();
    let lines: Vec<_> = all
        .iter()
        .filter(|(_, meaning)| !meaning.is_empty())
        .map(|(code, meaning)| format!("- `{code}`: {meaning}"))
        .collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(
            format!("{description}\n\n{}", lines.join("\n")).trim_end(),
        ))
        .enum_values(Some(all.iter().map(|(code, _)| *code)))
        .into()
}
