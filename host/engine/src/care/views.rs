//! The records that `read` answers: one type each for the transcript, converted to
//! the contract's record.

use patchbay_model::decision::classification::Intent;
use serde::{Deserialize, Serialize};

use super::host_result::HostResult;
use crate::contract::types;

/// Declares a record as a transcript stores it, field by field as in the contract.
macro_rules! views {
    ($( $name:ident as $contract:ident { $( $field:ident: $type:ty, )+ } )+) => { $(
        #[derive(Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub(super) struct $name {
            $( pub(super) $field: $type, )+
        }

        impl HostResult<types::$contract> for $name {
            fn into_contract(self) -> types::$contract {
                types::$contract {
                    $( $field: HostResult::into_contract(self.$field), )+
                }
            }
        }
    )+ };
}

views! {
    ContactView as ContactView1 {
        id: Option<String>,
        address: Option<String>,
        name: Option<String>,
        reach: Option<u64>,
        verified: Option<bool>,
        recent_interactions: u32,
        last_agent: Option<String>,
    }

    InteractionView as InteractionView1 {
        id: String,
        channel: String,
        text: String,
        direction: String,
        visibility: String,
        account: Option<String>,
        language: Option<String>,
        received_at: u64,
        in_reply_to: Option<String>,
        attachment_count: u32,
    }

    AssessmentView as AssessmentView1 {
        intents: Vec<Intent>,
        topics: Vec<String>,
        sentiment: Option<f64>,
        urgency: Option<u8>,
        language: Option<String>,
        spam: Option<f64>,
        abuse: Option<f64>,
        reply_expected: Option<bool>,
        personal_data_kinds: Vec<String>,
    }

    ConversationView as ConversationView1 {
        id: String,
        channel: String,
        state: String,
        cause: String,
        created_at: u64,
        interaction_count: u32,
        queue: Option<String>,
        owner: Option<String>,
        last_agent: Option<String>,
        priority: u8,
        tags: Vec<String>,
        unanswered_since: Option<u64>,
        incident: Option<String>,
    }

    DraftView as DraftView1 {
        id: String,
        channel: String,
        text: String,
        visibility: String,
        written_by: String,
        agent: Option<String>,
        length: u32,
        length_limit: Option<u32>,
        composing: bool,
        attachment_count: u32,
    }

    TriggerView as TriggerView1 {
        code: String,
        at: u64,
        clock: Option<String>,
        due_at: Option<u64>,
        subject: Option<String>,
        agent: Option<String>,
        count: Option<u64>,
        usual: Option<f64>,
        window_seconds: Option<u32>,
    }
}

#[cfg(test)]
mod tests;
