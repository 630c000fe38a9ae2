//! `patchbay:care/types`: draft.

use std::sync::Arc;

use patchbay_model::length::Measure;
use wasmtime::component::Resource;

use super::HostState;
use super::handles::HostObject;
use super::host_calls::resource;
use super::views::DraftView;
use crate::contract::{self, types};
use crate::limits::stop::Stop;

impl types::HostDraft for HostState {
    resource! { contract::Draft, "types.draft", draft_at:
        id -> String, "id", |it| it.draft.id.clone();
        channel -> String, "channel", |it| it.draft.channel.clone();
        text -> String, "text", |it| it.draft.text.clone();
        visibility -> String, "visibility", |it| it.draft.visibility().as_str().to_owned();
        written_by -> String, "written-by", |it| it.draft.written_by.as_str().to_owned();
        agent -> Option<String>, "agent", |it| it.draft.agent.clone();
        attachments -> Vec<Resource<contract::Attachment>>, "attachments", |state, this| {
            let draft = Arc::clone(&state.draft_at(this)?.draft);
            let indices = 0..draft.attachments.len();
            let attachments = indices.map(|index| HostObject::DraftAttachment(Arc::clone(&draft), index));
            state.handles.insert_all(attachments)
        };
        answers -> Option<Resource<contract::Interaction>>, "answers", |state, this| {
            state.draft_at(this)?;
            let exchange = state.situation()?.exchange.as_ref();
            let answered = exchange.map(|exchange| HostObject::Interaction(Arc::clone(&exchange.interaction)));
            answered.map(|it| state.handles.insert(it)).transpose()
        };
        assessment -> Option<Resource<contract::Assessment>>, "assessment", |state, this| {
            state.draft_at(this)?;
            state.insert_assessment()
        };
        conversation -> Option<Resource<contract::Conversation>>, "conversation", |state, this| {
            state.draft_at(this)?;
            state.insert_conversation()
        };
        length -> u32, "length", |state, this| Ok(state.measure(this)?.length);
        length_limit -> Option<u32>, "length-limit", |state, this| Ok(state.measure(this)?.limit);
        composing -> bool, "composing", |it| it.composing;
        read -> types::DraftView1, "read", |state, this| {
            let measure = state.measure(this)?;
            let input = state.draft_at(this)?;
            let it = &input.draft;
            Ok(DraftView {
                id: it.id.clone(),
                channel: it.channel.clone(),
                text: it.text.clone(),
                visibility: it.visibility().as_str().to_owned(),
                written_by: it.written_by.as_str().to_owned(),
                agent: it.agent.clone(),
                length: measure.length,
                length_limit: measure.limit,
                composing: input.composing,
                attachment_count: it.attachments.len() as u32,
            })
        };
    }
}

impl HostState {
    fn measure(&self, this: &Resource<contract::Draft>) -> Result<Measure, Stop> {
        let draft = &self.draft_at(this)?.draft;
        let surroundings = &self.situation()?.surroundings;
        Ok(surroundings.measure(&draft.channel, draft.visibility(), &draft.text))
    }
}
