//! `patchbay:care/types`: the resources a decision is about.

use std::sync::Arc;

use patchbay_model::decision::classification::Classification;
use patchbay_model::interaction::{Attachment, Interaction};
use patchbay_model::length::Measure;
use patchbay_model::situation::{DraftAtHand, Exchange};
use serde_json::Value;
use wasmtime::component::Resource;

use super::handles::{Given, Item, number};
use super::{HostState, ms};
use crate::contract::{self, types};
use crate::stop::Stop;

/// Methods that only read a field: one line each.
macro_rules! reads {
    ($resource:ty, $access:ident: $( $method:ident -> $result:ty, $name:literal, |$it:ident| $value:expr; )+) => { $(
        fn $method(&mut self, this: Resource<$resource>) -> wasmtime::Result<$result> {
            self.call($name, number(&this), |state| {
                let $it = state.$access(&this)?;
                Ok($value)
            })
        }
    )+ };
}
pub(super) use reads;

/// A handle the guest gave names a resource of another kind. The component
/// model's types rule that out; if it happens the guest is stopped.
pub(super) fn another_kind() -> Stop {
    Stop::denied("a handle was used as something it is not")
}

impl HostState {
    fn interaction_at(
        &self,
        this: &Resource<contract::Interaction>,
    ) -> Result<&Arc<Interaction>, Stop> {
        match self.handles.get(this)? {
            Item::Interaction(interaction) => Ok(interaction),
            _ => Err(another_kind()),
        }
    }

    fn attachment_at(&self, this: &Resource<contract::Attachment>) -> Result<&Attachment, Stop> {
        match self.handles.get(this)? {
            Item::Attachment(interaction, index) => {
                interaction.attachments.get(*index).ok_or_else(another_kind)
            }
            Item::DraftAttachment(draft, index) => {
                draft.attachments.get(*index).ok_or_else(another_kind)
            }
            _ => Err(another_kind()),
        }
    }

    fn contact_at(
        &self,
        this: &Resource<contract::Contact>,
    ) -> Result<(&Arc<Interaction>, Option<&Arc<Exchange>>), Stop> {
        match self.handles.get(this)? {
            Item::Contact(interaction, exchange) => Ok((interaction, exchange.as_ref())),
            _ => Err(another_kind()),
        }
    }

    fn exchange_at(&self, this: &Resource<contract::Conversation>) -> Result<&Arc<Exchange>, Stop> {
        match self.handles.get(this)? {
            Item::Conversation(exchange) => Ok(exchange),
            _ => Err(another_kind()),
        }
    }

    fn assessment_at(
        &self,
        this: &Resource<contract::Assessment>,
    ) -> Result<&Arc<Classification>, Stop> {
        match self.handles.get(this)? {
            Item::Assessment(assessment) => Ok(assessment),
            _ => Err(another_kind()),
        }
    }

    fn draft_at(&self, this: &Resource<contract::Draft>) -> Result<&DraftAtHand, Stop> {
        match self.handles.get(this)? {
            Item::Draft(draft) => Ok(draft),
            _ => Err(another_kind()),
        }
    }

    fn trigger_at(
        &self,
        this: &Resource<contract::Trigger>,
    ) -> Result<&patchbay_model::conversation::Trigger, Stop> {
        match self.handles.get(this)? {
            Item::Trigger(trigger) => Ok(trigger),
            _ => Err(another_kind()),
        }
    }

    fn measure(&self, this: &Resource<contract::Draft>) -> Result<Measure, Stop> {
        let draft = &self.draft_at(this)?.draft;
        let surroundings = &self.situation()?.surroundings;
        Ok(surroundings.measure(&draft.channel, &draft.text))
    }

    fn exchange(&self) -> Result<Option<Arc<Exchange>>, Stop> {
        Ok(self.situation()?.exchange.clone())
    }

    fn assessment_item(&self) -> Result<Option<Item>, Stop> {
        Ok(self.situation()?.assessment.clone().map(Item::Assessment))
    }
}

impl types::Host for HostState {}

impl types::HostAttachment for HostState {
    reads! { contract::Attachment, attachment_at:
        kind -> String, "types.attachment.kind", |it| it.kind.clone();
        name -> Option<String>, "types.attachment.name", |it| it.name.clone();
        media_type -> Option<String>, "types.attachment.media-type", |it| it.media_type.clone();
        size -> Option<u64>, "types.attachment.size", |it| it.size;
    }

    fn drop(&mut self, this: Resource<contract::Attachment>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}

impl types::HostContact for HostState {
    reads! { contract::Contact, contact_at:
        id -> Option<String>, "types.contact.id", |it| it.1.and_then(|exchange| exchange.contact.id.clone());
        address -> Option<String>, "types.contact.address", |it| it.0.author.address.clone();
        name -> Option<String>, "types.contact.name", |it| it.0.author.name.clone();
        reach -> Option<u64>, "types.contact.reach", |it| it.0.author.reach;
        verified -> Option<bool>, "types.contact.verified", |it| it.0.author.verified;
        recent_interactions -> u32, "types.contact.recent-interactions", |it| it.1.map_or(0, |exchange| exchange.contact.recent_interactions);
        last_agent -> Option<String>, "types.contact.last-agent", |it| it.1.and_then(|exchange| exchange.contact.last_agent.clone());
    }

    fn drop(&mut self, this: Resource<contract::Contact>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}

impl types::HostInteraction for HostState {
    reads! { contract::Interaction, interaction_at:
        id -> String, "types.interaction.id", |it| it.id.clone();
        channel -> String, "types.interaction.channel", |it| it.channel.clone();
        text -> String, "types.interaction.text", |it| it.text.clone();
        direction -> String, "types.interaction.direction", |it| it.direction.as_str().to_owned();
        visibility -> String, "types.interaction.visibility", |it| it.visibility().as_str().to_owned();
        account -> Option<String>, "types.interaction.account", |it| it.account.clone();
        language -> Option<String>, "types.interaction.language", |it| it.language.clone();
        in_reply_to -> Option<String>, "types.interaction.in-reply-to", |it| it.in_reply_to.clone();
        attribute_names -> Vec<String>, "types.interaction.attribute-names", |it| it.attributes.keys().cloned().collect();
    }

    fn received_at(&mut self, this: Resource<contract::Interaction>) -> wasmtime::Result<u64> {
        self.call("types.interaction.received-at", number(&this), |state| {
            let received = state.interaction_at(&this)?.received_at;
            Ok(received.map_or_else(|| state.now_ms(), ms))
        })
    }

    fn author(
        &mut self,
        this: Resource<contract::Interaction>,
    ) -> wasmtime::Result<Resource<contract::Contact>> {
        self.call_giving("types.interaction.author", number(&this), |state| {
            let interaction = Arc::clone(state.interaction_at(&this)?);
            let customer = state.exchange()?.filter(|exchange| {
                Arc::ptr_eq(&exchange.interaction, &interaction)
                    || exchange.interaction.author.is(&interaction.author)
            });
            Ok(Item::Contact(interaction, customer))
        })
    }

    fn attachments(
        &mut self,
        this: Resource<contract::Interaction>,
    ) -> wasmtime::Result<Vec<Resource<contract::Attachment>>> {
        let given = self.call("types.interaction.attachments", number(&this), |state| {
            let interaction = Arc::clone(state.interaction_at(&this)?);
            (0..interaction.attachments.len())
                .map(|index| {
                    state
                        .handles
                        .give(Item::Attachment(Arc::clone(&interaction), index))
                })
                .collect::<Result<Vec<_>, Stop>>()
        })?;
        Ok(given.into_iter().map(Given::into_handle).collect())
    }

    fn attribute(
        &mut self,
        this: Resource<contract::Interaction>,
        name: String,
    ) -> wasmtime::Result<Option<String>> {
        self.call(
            "types.interaction.attribute",
            (number(&this), &name),
            |state| {
                let value = state.interaction_at(&this)?.attributes.get(&name);
                Ok(value.map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                }))
            },
        )
    }

    fn drop(&mut self, this: Resource<contract::Interaction>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}

impl types::HostAssessment for HostState {
    reads! { contract::Assessment, assessment_at:
        topics -> Vec<String>, "types.assessment.topics", |it| it.topics.clone();
        sentiment -> Option<f64>, "types.assessment.sentiment", |it| it.sentiment;
        urgency -> Option<u8>, "types.assessment.urgency", |it| it.urgency;
        language -> Option<String>, "types.assessment.language", |it| it.language.clone();
        spam -> Option<f64>, "types.assessment.spam", |it| it.spam;
        abuse -> Option<f64>, "types.assessment.abuse", |it| it.abuse;
        reply_expected -> Option<bool>, "types.assessment.reply-expected", |it| it.reply_expected;
        personal_data_kinds -> Vec<String>, "types.assessment.personal-data-kinds", |it| it.personal_data_kinds().into_iter().map(str::to_owned).collect();
    }

    fn intents(
        &mut self,
        this: Resource<contract::Assessment>,
    ) -> wasmtime::Result<Vec<types::Intent>> {
        let intents = self.call("types.assessment.intents", number(&this), |state| {
            Ok(state.assessment_at(&this)?.intents.clone())
        })?;
        Ok(intents
            .into_iter()
            .map(|intent| types::Intent {
                name: intent.name,
                confidence: intent.confidence,
            })
            .collect())
    }

    fn drop(&mut self, this: Resource<contract::Assessment>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}

impl types::HostConversation for HostState {
    reads! { contract::Conversation, exchange_at:
        id -> String, "types.conversation.id", |it| it.conversation.id.clone();
        channel -> String, "types.conversation.channel", |it| it.interaction.channel.clone();
        state -> String, "types.conversation.state", |it| it.conversation.state.as_str().to_owned();
        cause -> String, "types.conversation.cause", |it| it.conversation.cause.to_string();
        interaction_count -> u32, "types.conversation.interaction-count", |it| it.conversation.interaction_count.max(it.earlier.len() as u32 + 1);
        queue -> Option<String>, "types.conversation.queue", |it| it.conversation.queue.clone();
        owner -> Option<String>, "types.conversation.owner", |it| it.conversation.owner.clone();
        last_agent -> Option<String>, "types.conversation.last-agent", |it| it.conversation.last_agent.clone().or_else(|| it.contact.last_agent.clone());
        priority -> u8, "types.conversation.priority", |it| it.conversation.priority;
        tags -> Vec<String>, "types.conversation.tags", |it| it.conversation.tags.clone();
        unanswered_since -> Option<u64>, "types.conversation.unanswered-since", |it| it.conversation.unanswered_since.map(ms);
        incident -> Option<String>, "types.conversation.incident", |it| it.conversation.incident.clone();
    }

    fn created_at(&mut self, this: Resource<contract::Conversation>) -> wasmtime::Result<u64> {
        self.call("types.conversation.created-at", number(&this), |state| {
            let exchange = state.exchange_at(&this)?;
            let created = exchange
                .conversation
                .created_at
                .or(exchange.interaction.received_at);
            Ok(created.map_or_else(|| state.now_ms(), ms))
        })
    }

    fn latest(
        &mut self,
        this: Resource<contract::Conversation>,
    ) -> wasmtime::Result<Resource<contract::Interaction>> {
        self.call_giving("types.conversation.latest", number(&this), |state| {
            Ok(Item::Interaction(Arc::clone(
                &state.exchange_at(&this)?.interaction,
            )))
        })
    }

    fn contact(
        &mut self,
        this: Resource<contract::Conversation>,
    ) -> wasmtime::Result<Resource<contract::Contact>> {
        self.call_giving("types.conversation.contact", number(&this), |state| {
            let exchange = Arc::clone(state.exchange_at(&this)?);
            Ok(Item::Contact(
                Arc::clone(&exchange.interaction),
                Some(exchange),
            ))
        })
    }

    fn assessment(
        &mut self,
        this: Resource<contract::Conversation>,
    ) -> wasmtime::Result<Option<Resource<contract::Assessment>>> {
        self.call_maybe_giving("types.conversation.assessment", number(&this), |state| {
            state.exchange_at(&this)?;
            state.assessment_item()
        })
    }

    fn drop(&mut self, this: Resource<contract::Conversation>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}

impl types::HostDraft for HostState {
    reads! { contract::Draft, draft_at:
        id -> String, "types.draft.id", |it| it.draft.id.clone();
        channel -> String, "types.draft.channel", |it| it.draft.channel.clone();
        text -> String, "types.draft.text", |it| it.draft.text.clone();
        visibility -> String, "types.draft.visibility", |it| it.draft.visibility().as_str().to_owned();
        written_by -> String, "types.draft.written-by", |it| it.draft.written_by.as_str().to_owned();
        agent -> Option<String>, "types.draft.agent", |it| it.draft.agent.clone();
        composing -> bool, "types.draft.composing", |it| it.composing;
    }

    fn length(&mut self, this: Resource<contract::Draft>) -> wasmtime::Result<u32> {
        self.call("types.draft.length", number(&this), |state| {
            Ok(state.measure(&this)?.length)
        })
    }

    fn length_limit(&mut self, this: Resource<contract::Draft>) -> wasmtime::Result<Option<u32>> {
        self.call("types.draft.length-limit", number(&this), |state| {
            Ok(state.measure(&this)?.limit)
        })
    }

    fn attachments(
        &mut self,
        this: Resource<contract::Draft>,
    ) -> wasmtime::Result<Vec<Resource<contract::Attachment>>> {
        let given = self.call("types.draft.attachments", number(&this), |state| {
            let draft = Arc::clone(&state.draft_at(&this)?.draft);
            (0..draft.attachments.len())
                .map(|index| {
                    state
                        .handles
                        .give(Item::DraftAttachment(Arc::clone(&draft), index))
                })
                .collect::<Result<Vec<_>, Stop>>()
        })?;
        Ok(given.into_iter().map(Given::into_handle).collect())
    }

    fn answers(
        &mut self,
        this: Resource<contract::Draft>,
    ) -> wasmtime::Result<Option<Resource<contract::Interaction>>> {
        self.call_maybe_giving("types.draft.answers", number(&this), |state| {
            state.draft_at(&this)?;
            let exchange = state.exchange()?;
            Ok(exchange.map(|exchange| Item::Interaction(Arc::clone(&exchange.interaction))))
        })
    }

    fn assessment(
        &mut self,
        this: Resource<contract::Draft>,
    ) -> wasmtime::Result<Option<Resource<contract::Assessment>>> {
        self.call_maybe_giving("types.draft.assessment", number(&this), |state| {
            state.draft_at(&this)?;
            state.assessment_item()
        })
    }

    fn conversation(
        &mut self,
        this: Resource<contract::Draft>,
    ) -> wasmtime::Result<Option<Resource<contract::Conversation>>> {
        self.call_maybe_giving("types.draft.conversation", number(&this), |state| {
            state.draft_at(&this)?;
            Ok(state.exchange()?.map(Item::Conversation))
        })
    }

    fn drop(&mut self, this: Resource<contract::Draft>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}

impl types::HostTrigger for HostState {
    reads! { contract::Trigger, trigger_at:
        code -> String, "types.trigger.code", |it| it.code.to_string();
        clock -> Option<String>, "types.trigger.clock", |it| it.clock.clone();
        due_at -> Option<u64>, "types.trigger.due-at", |it| it.due_at.map(ms);
        subject -> Option<String>, "types.trigger.subject", |it| it.subject.clone();
        count -> Option<u64>, "types.trigger.count", |it| it.count;
        agent -> Option<String>, "types.trigger.agent", |it| it.agent.clone();
        usual -> Option<f64>, "types.trigger.usual", |it| it.usual;
        window_seconds -> Option<u32>, "types.trigger.window-seconds", |it| it.window.map(|window| window.0);
    }

    fn at(&mut self, this: Resource<contract::Trigger>) -> wasmtime::Result<u64> {
        self.call("types.trigger.at", number(&this), |state| {
            state.trigger_at(&this)?;
            Ok(state.now_ms())
        })
    }

    fn conversation(
        &mut self,
        this: Resource<contract::Trigger>,
    ) -> wasmtime::Result<Option<Resource<contract::Conversation>>> {
        self.call_maybe_giving("types.trigger.conversation", number(&this), |state| {
            state.trigger_at(&this)?;
            Ok(state.exchange()?.map(Item::Conversation))
        })
    }

    fn drop(&mut self, this: Resource<contract::Trigger>) -> wasmtime::Result<()> {
        self.handles.dropped(this.rep());
        Ok(())
    }
}
