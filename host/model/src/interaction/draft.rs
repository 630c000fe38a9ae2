//! Drafts of replies.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Attachment, check_attachments, check_optional, deserialize, into_object, reject_unknown,
};
use crate::channel::{self, Visibility};
use crate::codes;
use crate::input::{self, InputError};

codes! {
    /// Author of a draft.
    #[derive(Default)]
    pub enum WrittenBy {
        /// An agent.
        #[default]
        Human = "human",
        /// A policy.
        Policy = "policy",
    }
}

/// A reply that is not sent yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Identifier of the draft.
    pub id: String,
    /// Code of the channel it would go out on.
    pub channel: String,
    /// The text to send.
    pub text: String,
    /// Visibility; the channel's default where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// Author; human by default.
    #[serde(default)]
    pub written_by: WrittenBy,
    /// Agent who sends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Interaction it answers, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<String>,
    /// Files to send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

impl Draft {
    /// Field names in JSON.
    pub const FIELDS: &[&str] = &[
        "id",
        "channel",
        "text",
        "visibility",
        "written_by",
        "agent",
        "interaction",
        "attachments",
    ];

    /// Read a draft; unknown fields are errors.
    ///
    /// # Errors
    /// [`InputError`] with the field at fault.
    pub fn from_value(value: Value) -> Result<Draft, InputError> {
        let map = into_object("draft", value)?;
        reject_unknown(&map, Draft::FIELDS)?;
        let draft: Draft = deserialize(map, &["id", "channel", "text"])?;
        input::check_identifier("id", &draft.id, input::ID_BYTES)?;
        input::check_code("channel", &draft.channel)?;
        input::check_bytes("text", &draft.text, input::TEXT_BYTES)?;
        check_optional("agent", &draft.agent, input::ID_BYTES)?;
        check_optional("interaction", &draft.interaction, input::ID_BYTES)?;
        check_attachments(&draft.attachments)?;
        Ok(draft)
    }

    /// Visibility.
    pub fn visibility(&self) -> Visibility {
        self.visibility
            .unwrap_or_else(|| channel::usual_visibility(&self.channel))
    }
}
