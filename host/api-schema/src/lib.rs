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

use patchbay_events::AfterReply as ModelAfterReply;
use patchbay_model::access::Role as ModelRole;
use patchbay_model::channel::Visibility as ModelVisibility;
use patchbay_model::conversation_state::ConversationState as ModelState;
use patchbay_model::decision::stage::Stage as ModelStage;
use patchbay_model::decision::tone::{Severity as ModelSeverity, Verdict as ModelVerdict};
use patchbay_model::directory::Presence as ModelPresence;
use patchbay_model::interaction::{Direction as ModelDirection, WrittenBy as ModelWrittenBy};
use patchbay_model::outcome::OutcomeKind as ModelOutcome;
use patchbay_model::rollout::RolloutKind as ModelRolloutKind;
use serde::Deserialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

pub use answer::{Decision, Review};
pub use request::{DecideRequest, Interaction, ToneRequest};

/// Schemas of closed sets: description, codes from the model, and what each code
/// means, where that needs saying.
macro_rules! closed_sets {
    ($( $name:ident of $model:ty, $description:literal, $meaning:expr; )+) => { $(
        #[doc = $description]
        #[derive(Default, Deserialize)]
        pub struct $name(String);

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let meaning: fn($model) -> &'static str = $meaning;
                let all = <$model>::ALL.into_iter();
                codes($description, all.map(|one| (one.as_str(), meaning(one))))
            }
        }

        impl ToSchema for $name {}
    )+ };
}

closed_sets! {
    OutcomeKind of ModelOutcome, "Outcome of a plugin call.", ModelOutcome::message;
    Stage of ModelStage, "Stage of a decision.", stage_meaning;
    Verdict of ModelVerdict, "Verdict on a draft, mildest first.", |_| "";
    Severity of ModelSeverity, "Severity of a finding.", |_| "";
    Direction of ModelDirection, "Direction of an interaction. Default `inbound`.", |_| "";
    Visibility of ModelVisibility, "Who may read an interaction.", |_| "";
    WrittenBy of ModelWrittenBy, "Author of a draft. Default `human`.", |_| "";
    ConversationState of ModelState, "State of a conversation. Default `queued`.", |_| "";
    Role of ModelRole, "Role of a token's holder.", ModelRole::meaning;
    RolloutKind of ModelRolloutKind, "Kind of a rollout.", |_| "";
    AfterReply of ModelAfterReply, "What happens after a reply. Default `wait`.", |_| "";
    Presence of ModelPresence, "Presence of an agent. Default `available`.", |_| "";
}

fn stage_meaning(stage: ModelStage) -> &'static str {
    match stage {
        ModelStage::Classify => "what an interaction is",
        ModelStage::Route => "who handles its conversation",
        ModelStage::Tone => "whether a draft may go out",
        ModelStage::Escalate => "whether more people must know",
    }
}

/// A closed set of codes with their meanings; an empty meaning is left out.
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
