//! What requests and answers look like, for `/openapi.json`. The domain's own
//! types know nothing of OpenAPI; these say the same in its words, and tests
//! hold real requests and answers against them.

mod answer;
mod deciding;
mod request;

use patchbay_model::decision::stage::Stage as ModelStage;
use patchbay_model::outcome::OutcomeKind as ModelOutcome;
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

pub(crate) use answer::{Decision, Readiness, Review, Status};
pub(crate) use deciding::{NoDecision, NoDocument, NotDone, Patience, Traced};
pub(crate) use request::{DecideRequest, Interaction, ToneRequest};

/// One of a closed set of codes, each with what it means.
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

/// How a call to a policy ended.
#[derive(Deserialize)]
#[allow(dead_code, reason = "read by nobody: it is a description")]
pub(crate) struct OutcomeKind(String);

impl PartialSchema for OutcomeKind {
    fn schema() -> RefOr<Schema> {
        let all = ModelOutcome::ALL.iter();
        codes(
            "How a call to a policy ended.",
            all.map(|kind| (kind.as_str(), kind.message())),
        )
    }
}

impl ToSchema for OutcomeKind {}

/// One kind of decision.
#[derive(Deserialize)]
#[allow(dead_code, reason = "read by nobody: it is a description")]
pub(crate) struct Stage(String);

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
            "One kind of decision.",
            all.map(|stage| (stage.as_str(), meaning(stage))),
        )
    }
}

impl ToSchema for Stage {}
