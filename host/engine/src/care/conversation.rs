//! `patchbay:care/types`: conversation, assessment, trigger.

use std::sync::Arc;

use patchbay_model::decision::classification::Intent;
use patchbay_model::situation::Exchange;
use wasmtime::component::Resource;

use super::HostState;
use super::handles::{HostObject, NewHandle};
use super::host_calls::resource;
use super::host_result::HostResult;
use super::host_state::unix_ms;
use super::views::{AssessmentView, ConversationView, TriggerView};
use crate::contract::{self, types};
use crate::limits::stop::Stop;

impl types::HostConversation for HostState {
    resource! { contract::Conversation, "types.conversation", exchange_at:
        id -> String, "id", |it| it.conversation.id.clone();
        channel -> String, "channel", |it| it.interaction.channel.clone();
        state -> String, "state", |it| it.conversation.state.as_str().to_owned();
        cause -> String, "cause", |it| it.conversation.cause.to_string();
        created_at -> u64, "created-at", |state, this| Ok(state.created_ms(state.exchange_at(this)?));
        interaction_count -> u32, "interaction-count", |it| interaction_count(it);
        latest -> Resource<contract::Interaction>, "latest", |state, this| {
            let latest = Arc::clone(&state.exchange_at(this)?.interaction);
            state.handles.insert(HostObject::Interaction(latest))
        };
        contact -> Resource<contract::Contact>, "contact", |state, this| {
            let exchange = Arc::clone(state.exchange_at(this)?);
            let interaction = Arc::clone(&exchange.interaction);
            state.handles.insert(HostObject::Contact(interaction, Some(exchange)))
        };
        assessment -> Option<Resource<contract::Assessment>>, "assessment", |state, this| {
            state.exchange_at(this)?;
            state.insert_assessment()
        };
        queue -> Option<String>, "queue", |it| it.conversation.queue.clone();
        owner -> Option<String>, "owner", |it| it.conversation.owner.clone();
        last_agent -> Option<String>, "last-agent", |it| last_agent(it);
        priority -> u8, "priority", |it| it.conversation.priority;
        tags -> Vec<String>, "tags", |it| it.conversation.tags.clone();
        unanswered_since -> Option<u64>, "unanswered-since", |it| it.conversation.unanswered_since.map(unix_ms);
        reply_window_ends -> Option<u64>, "reply-window-ends", |it| it.conversation.reply_window_ends.map(unix_ms);
        incident -> Option<String>, "incident", |it| it.conversation.incident.clone();
        read -> types::ConversationView1, "read", |state, this| {
            let exchange = state.exchange_at(this)?;
            let it = &exchange.conversation;
            Ok(ConversationView {
                id: it.id.clone(),
                channel: exchange.interaction.channel.clone(),
                state: it.state.as_str().to_owned(),
                cause: it.cause.to_string(),
                created_at: state.created_ms(exchange),
                interaction_count: interaction_count(exchange),
                queue: it.queue.clone(),
                owner: it.owner.clone(),
                last_agent: last_agent(exchange),
                priority: it.priority,
                tags: it.tags.clone(),
                unanswered_since: it.unanswered_since.map(unix_ms),
                incident: it.incident.clone(),
            })
        };
    }
}

impl types::HostAssessment for HostState {
    resource! { contract::Assessment, "types.assessment", assessment_at:
        intents -> Vec<types::Intent>, "intents", |state, this| Ok(state.assessment_at(this)?.intents.clone());
        topics -> Vec<String>, "topics", |it| it.topics.clone();
        sentiment -> Option<f64>, "sentiment", |it| it.sentiment;
        urgency -> Option<u8>, "urgency", |it| it.urgency;
        language -> Option<String>, "language", |it| it.language.clone();
        spam -> Option<f64>, "spam", |it| it.spam;
        abuse -> Option<f64>, "abuse", |it| it.abuse;
        reply_expected -> Option<bool>, "reply-expected", |it| it.reply_expected;
        personal_data_kinds -> Vec<String>, "personal-data-kinds", |it| it.personal_data_kinds();
        read -> types::AssessmentView1, "read", |state, this| {
            let it = state.assessment_at(this)?;
            Ok(AssessmentView {
                intents: it.intents.clone(),
                topics: it.topics.clone(),
                sentiment: it.sentiment,
                urgency: it.urgency,
                language: it.language.clone(),
                spam: it.spam,
                abuse: it.abuse,
                reply_expected: it.reply_expected,
                personal_data_kinds: it.personal_data_kinds(),
            })
        };
    }
}

impl types::HostTrigger for HostState {
    resource! { contract::Trigger, "types.trigger", trigger_at:
        code -> String, "code", |it| it.code.to_string();
        at -> u64, "at", |state, this| {
            state.trigger_at(this)?;
            Ok(state.now_ms())
        };
        conversation -> Option<Resource<contract::Conversation>>, "conversation", |state, this| {
            state.trigger_at(this)?;
            state.insert_conversation()
        };
        clock -> Option<String>, "clock", |it| it.clock.clone();
        due_at -> Option<u64>, "due-at", |it| it.due_at.map(unix_ms);
        subject -> Option<String>, "subject", |it| it.subject.clone();
        agent -> Option<String>, "agent", |it| it.agent.clone();
        count -> Option<u64>, "count", |it| it.count;
        usual -> Option<f64>, "usual", |it| it.usual;
        window_seconds -> Option<u32>, "window-seconds", |it| it.window.map(|window| window.0);
        read -> types::TriggerView1, "read", |state, this| {
            let it = state.trigger_at(this)?;
            Ok(TriggerView {
                code: it.code.to_string(),
                at: state.now_ms(),
                clock: it.clock.clone(),
                due_at: it.due_at.map(unix_ms),
                subject: it.subject.clone(),
                agent: it.agent.clone(),
                count: it.count,
                usual: it.usual,
                window_seconds: it.window.map(|window| window.0),
            })
        };
    }
}

/// The conversation's interactions, or those given where that is more.
fn interaction_count(exchange: &Exchange) -> u32 {
    let given = exchange.earlier.len() as u32 + 1;
    exchange.conversation.interaction_count.max(given)
}

/// Agent who last replied in the conversation, or else to its contact.
fn last_agent(exchange: &Exchange) -> Option<String> {
    let own = exchange.conversation.last_agent.as_ref();
    own.or(exchange.contact.last_agent.as_ref()).cloned()
}

impl HostState {
    /// When the conversation's first interaction was accepted.
    fn created_ms(&self, exchange: &Exchange) -> u64 {
        let created = exchange.conversation.created_at;
        let created = created.or(exchange.interaction.received_at);
        created.map_or_else(|| self.now_ms(), unix_ms)
    }

    pub(super) fn insert_assessment(&mut self) -> Result<Option<NewHandle>, Stop> {
        let assessment = self.situation()?.assessment.clone();
        let assessment = assessment.map(HostObject::Assessment);
        assessment.map(|it| self.handles.insert(it)).transpose()
    }

    pub(super) fn insert_conversation(&mut self) -> Result<Option<NewHandle>, Stop> {
        let exchange = self.situation()?.exchange.clone();
        let conversation = exchange.map(HostObject::Conversation);
        conversation.map(|it| self.handles.insert(it)).transpose()
    }
}

impl HostResult<Vec<types::Intent>> for Vec<Intent> {
    fn into_contract(self) -> Vec<types::Intent> {
        let intents = self.into_iter().map(|intent| types::Intent {
            name: intent.name,
            confidence: intent.confidence,
        });
        intents.collect()
    }
}
