use std::collections::BTreeMap;

use super::plain;
use crate::Intent;

plain! {
    Attachment {
        kind: String,
        name: Option<String>,
        media_type: Option<String>,
        size: Option<u64>,
    }

    Contact {
        id: Option<String>,
        address: Option<String>,
        name: Option<String>,
        reach: Option<u64>,
        verified: Option<bool>,
        recent_interactions: u32,
        last_agent: Option<String>,
    }

    Interaction {
        id: String,
        channel: String,
        text: String,
        direction: String,
        visibility: String,
        account: Option<String>,
        language: Option<String>,
        received_at: u64,
        author: Contact,
        in_reply_to: Option<String>,
        attachments: Vec<Attachment>,
        attributes: BTreeMap<String, String>,
    }

    Assessment {
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

    Conversation {
        id: String,
        channel: String,
        state: String,
        cause: String,
        created_at: u64,
        interaction_count: u32,
        latest: Interaction,
        contact: Contact,
        assessment: Option<Assessment>,
        queue: Option<String>,
        owner: Option<String>,
        last_agent: Option<String>,
        priority: u8,
        tags: Vec<String>,
        unanswered_since: Option<u64>,
        reply_window_ends: Option<u64>,
        incident: Option<String>,
    }

    Draft {
        id: String,
        channel: String,
        text: String,
        visibility: String,
        written_by: String,
        agent: Option<String>,
        attachments: Vec<Attachment>,
        answers: Option<Interaction>,
        assessment: Option<Assessment>,
        conversation: Option<Conversation>,
        length: u32,
        length_limit: Option<u32>,
        composing: bool,
    }

    Trigger {
        code: String,
        at: u64,
        conversation: Option<Conversation>,
        clock: Option<String>,
        due_at: Option<u64>,
        subject: Option<String>,
        agent: Option<String>,
        count: Option<u64>,
        usual: Option<f64>,
        window_seconds: Option<u32>,
    }
}

impl Interaction {
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.attributes().remove(name)
    }

    pub(crate) fn attribute_names(&self) -> Vec<String> {
        self.attributes().into_keys().collect()
    }
}
