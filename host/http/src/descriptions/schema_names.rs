//! Names of schemas for the descriptions of routes: closed sets of codes, and the documents that
//! `patchbay-document-schema` describes.

use patchbay_events::AfterReply as ModelAfterReply;
use patchbay_model::access::Role as ModelRole;
use patchbay_model::decision::stage::Stage as ModelStage;
use patchbay_model::directory::Presence as ModelPresence;
use patchbay_model::interaction::WrittenBy as ModelWrittenBy;
use patchbay_model::rollout::RolloutKind as ModelRolloutKind;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Documents whose schemas `patchbay-document-schema` adds.
macro_rules! documents {
    ($( $name:ident )+) => {
        /// Their names.
        pub const DOCUMENTS: &[&str] = &[$( stringify!($name) ),+];
    $(
        #[doc = concat!("The schema of a `", stringify!($name), "` document.")]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                // Takes the name; the schema itself is added to the whole document.
                ObjectBuilder::new().into()
            }
        }

        impl ToSchema for $name {}
    )+ };
}

documents! { Attachment Decision DecideRequest Finding Interaction Review ToneRequest }

crate::code_schemas! {
    Stage of ModelStage, "Stage of a decision.", stage_meaning;
    WrittenBy of ModelWrittenBy, "Author of a draft. Default `human`.", |_| "";
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
