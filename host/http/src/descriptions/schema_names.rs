//! Names of schemas for the descriptions of routes: closed sets of codes, and the documents that
//! [`patchbay_document_schema`] describes.

use patchbay_events::AfterReply as ModelAfterReply;
use patchbay_http::code_schema::codes;
use patchbay_model::access::Role as ModelRole;
use patchbay_model::decision::stage::Stage as ModelStage;
use patchbay_model::directory::Presence as ModelPresence;
use patchbay_model::interaction::WrittenBy as ModelWrittenBy;
use patchbay_model::rollout::RolloutKind as ModelRolloutKind;
use patchbay_service::viewers::ViewerState as ModelViewerState;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Schemas of closed sets: description, codes from the model, and what each code
/// means, where that needs saying.
macro_rules! closed_sets {
    ($( $name:ident of $model:ty, $description:literal, $meaning:expr; )+) => { $(
        #[doc = $description]
        pub(crate) struct $name;

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

/// Documents whose schemas [`add_components`](patchbay_document_schema::add_components) adds.
macro_rules! documents {
    ($( $name:ident )+) => {
        /// Their names.
        pub(crate) const DOCUMENTS: &[&str] = &[$( stringify!($name) ),+];
    $(
        pub(crate) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                // Takes the name; the schema itself is added to the whole document.
                ObjectBuilder::new().into()
            }
        }

        impl ToSchema for $name {}
    )+ };
}

documents! { Decision DecideRequest Finding Interaction Review ToneRequest }

closed_sets! {
    Stage of ModelStage, "Stage of a decision.", stage_meaning;
    WrittenBy of ModelWrittenBy, "Author of a draft. Default `human`.", |_| "";
    Role of ModelRole, "Role of a token's holder.", ModelRole::meaning;
    RolloutKind of ModelRolloutKind, "Kind of a rollout.", |_| "";
    AfterReply of ModelAfterReply, "What happens after a reply. Default `wait`.", |_| "";
    Presence of ModelPresence, "Presence of an agent. Default `available`.", |_| "";
    ViewerState of ModelViewerState, "What a person does in a conversation that they have open.", viewer_meaning;
}

fn viewer_meaning(state: ModelViewerState) -> &'static str {
    match state {
        ModelViewerState::Viewing => "they look at it",
        ModelViewerState::Typing => "they write a reply or a note",
        ModelViewerState::Away => "they have it open and are elsewhere",
    }
}

fn stage_meaning(stage: ModelStage) -> &'static str {
    match stage {
        ModelStage::Classify => "what an interaction is",
        ModelStage::Route => "who handles its conversation",
        ModelStage::Tone => "whether a draft may go out",
        ModelStage::Escalate => "whether more people must know",
    }
}
