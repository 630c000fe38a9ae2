//! What bounds how many conversations an agent can hold: the company's media,
//! and limits of single channels and queues.
//!
//! Conversations that the same bounds apply to form a *class*: one class per
//! medium, and one for each channel with a limit of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use patchbay_model::capacity::{Capacity, MOST_MEDIA};
use patchbay_model::channel::Visibility;
use patchbay_model::directory::Queue;

use super::FloorError;
use super::agent_profile::AgentProfile;

/// Number of a class, below [`CLASSES`].
pub(super) type ClassId = usize;
/// A set of classes.
pub(super) type ClassSet = u128;

/// Most classes of a floor.
const CLASSES: usize = ClassSet::BITS as usize;
/// Most channels with a limit of their own, over all agents of a company.
pub const MOST_LIMITED_CHANNELS: usize = CLASSES - MOST_MEDIA;

/// Capacity of a floor.
#[derive(Clone, Debug)]
pub(super) struct CapacityRules {
    media: Capacity,
    /// Channels with a limit; the first has the class after the media's.
    limited: Vec<Arc<str>>,
    /// Most conversations of a queue that one agent holds.
    queues: BTreeMap<String, u32>,
}

impl CapacityRules {
    pub(super) fn new<'a>(media: &Capacity, queues: impl Iterator<Item = &'a Queue>) -> Self {
        let limit = |queue: &Queue| Some((queue.id.clone(), queue.agent_capacity?));
        let limited = media.channels().keys().map(|code| Arc::from(&**code));
        CapacityRules {
            limited: limited.collect(),
            media: media.clone(),
            queues: queues.filter_map(limit).collect(),
        }
    }

    pub(super) fn media(&self) -> &Capacity {
        &self.media
    }

    /// Number of classes.
    pub(super) fn classes(&self) -> usize {
        self.media.media().len() + self.limited.len()
    }

    /// The class of a conversation.
    pub(super) fn class_of(&self, channel: &str, visibility: Option<Visibility>) -> ClassId {
        let code = Capacity::effective_code(channel, visibility);
        let limited = self.limited.iter().position(|limited| **limited == *code);
        match limited {
            Some(limited) => self.media.media().len() + limited,
            None => self.media.index_of(channel, visibility),
        }
    }

    /// The medium of a class.
    pub(super) fn medium_of(&self, class: ClassId) -> usize {
        match self.channel_of(class) {
            Some(code) => self.media.index_of_code(code),
            None => class,
        }
    }

    /// The channel of a class that has a limit.
    fn channel_of(&self, class: ClassId) -> Option<&str> {
        let limited = class.checked_sub(self.media.media().len())?;
        self.limited.get(limited).map(|code| &**code)
    }

    /// Most conversations of a class that an agent holds because of its
    /// channel's limit. The agent's own limit replaces the company's.
    pub(super) fn channel_limit(&self, class: ClassId, agent: &AgentProfile) -> Option<u32> {
        let code = self.channel_of(class)?;
        let own = agent.channel_capacity.get(code);
        own.or_else(|| self.media.channels().get(code)).copied()
    }

    /// Most conversations of a queue that an agent holds. The agent's own limit
    /// replaces the queue's.
    pub(super) fn queue_limit(&self, queue: &str, agent: &AgentProfile) -> Option<u32> {
        let own = agent.queue_capacity.get(queue);
        own.or_else(|| self.queues.get(queue)).copied()
    }

    /// Queues with a limit for an agent.
    pub(super) fn limited_queues<'a>(&'a self, agent: &'a AgentProfile) -> BTreeSet<&'a String> {
        let own = agent.queue_capacity.keys();
        own.chain(self.queues.keys()).collect()
    }

    /// Whether each channel that an agent limits has a class.
    pub(super) fn knows_channels_of(&self, agent: &AgentProfile) -> bool {
        let mut codes = agent.channel_capacity.keys();
        codes.all(|code| self.limited.iter().any(|known| **known == **code))
    }

    /// Add a class for each channel that an agent limits.
    ///
    /// # Errors
    /// [`FloorError::LimitedChannels`]; then none is added.
    pub(super) fn add_channels_of(&mut self, agent: &AgentProfile) -> Result<(), FloorError> {
        let mut limited = self.limited.clone();
        for code in agent.channel_capacity.keys() {
            if !limited.iter().any(|known| **known == **code) {
                limited.push(Arc::from(&**code));
            }
        }
        if limited.len() > MOST_LIMITED_CHANNELS {
            return Err(FloorError::LimitedChannels {
                agent: agent.id.clone(),
                most: MOST_LIMITED_CHANNELS,
            });
        }
        self.limited = limited;
        Ok(())
    }
}
