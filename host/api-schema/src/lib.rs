//! OpenAPI schemas of the decisions' requests and answers. The domain's types
//! know nothing of OpenAPI; tests check real requests and answers against these.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "descriptions only: no field is read"
)]

mod answer;
mod request;

use patchbay_model::decision::stage::Stage as ModelStage;
use patchbay_model::outcome::OutcomeKind as ModelOutcome;
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

pub use answer::{Decision, Review};
pub use request::{DecideRequest, Interaction, ToneRequest};

/// A closed set of codes with their meanings.
fn codes<'a>(description: &str, all: impl Iterator<Item = (&'a str, &'a str)>) -> RefOr<Schema> {
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

/// Outcome of a plugin call.
#[derive(Deserialize)]
pub struct OutcomeKind(String);

impl PartialSchema for OutcomeKind {
    fn schema() -> RefOr<Schema> {
        let all = ModelOutcome::ALL.iter();
        codes(
            "Outcome of a plugin call.",
            all.map(|kind| (kind.as_str(), kind.message())),
        )
    }
}

impl ToSchema for OutcomeKind {}

/// Stage of a decision.
#[derive(Deserialize)]
pub struct Stage(String);

impl PartialSchema for Stage {
    fn schema() -> RefOr<Schema> {
        let meaning = |stage| match stage {
            ModelStage::Classify => "what an interaction is",
            ModelStage::Route => "who handles its conversation",
            ModelStage::Tone => "whether a draft may go out",
            ModelStage::Escalate => "whether more people must know",
        };
        let all = ModelStage::ALL.into_iter();
        codes(
            "Stage of a decision.",
            all.map(|stage| (stage.as_str(), meaning(stage))),
        )
    }
}

impl ToSchema for Stage {}
