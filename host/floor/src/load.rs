//! An agent's load, and whether one more conversation fits.

use std::collections::BTreeMap;

use super::agent_profile::AgentProfile;
use super::capacity_rules::{CapacityRules, ClassId, ClassSet};

/// Number of conversations that use an agent's capacity, by class and by queue:
/// held and offered, but not parked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Load {
    classes: Vec<u32>,
    queues: BTreeMap<String, u32>,
}

impl Load {
    pub(super) fn add(&mut self, class: ClassId, queue: &str) {
        if self.classes.len() <= class {
            self.classes.resize(class + 1, 0);
        }
        if let Some(count) = self.classes.get_mut(class) {
            *count = count.saturating_add(1);
        }
        match self.queues.get_mut(queue) {
            Some(count) => *count = count.saturating_add(1),
            None => {
                self.queues.insert(queue.to_owned(), 1);
            }
        }
    }

    pub(super) fn subtract(&mut self, class: ClassId, queue: &str) {
        if let Some(count) = self.classes.get_mut(class) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.queues.get_mut(queue) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.queues.remove(queue);
            }
        }
    }

    /// Number and weight of the conversations, by medium.
    fn by_medium(&self, rules: &CapacityRules) -> impl Iterator<Item = (usize, u32, u64)> {
        self.classes.iter().enumerate().map(|(class, &count)| {
            let medium = rules.medium_of(class);
            let weight = rules.media().media().get(medium);
            let weight = weight.map_or(0, |medium| medium.weight);
            (medium, count, u64::from(count) * u64::from(weight))
        })
    }

    /// Units in use, without those of the media in the `interrupted` bit mask.
    pub(super) fn units(&self, rules: &CapacityRules, interrupted: u32) -> u64 {
        self.by_medium(rules)
            .filter(|(medium, ..)| interrupted & (1 << medium) == 0)
            .map(|(.., units)| units)
            .sum()
    }

    /// Whether one more conversation of this class fits into the agent's units,
    /// the medium's maximum and the channel's limit.
    pub(super) fn fits(&self, rules: &CapacityRules, agent: &AgentProfile, class: ClassId) -> bool {
        let medium = rules.medium_of(class);
        let Some(rule) = rules.media().media().get(medium) else {
            return false;
        };
        let of_medium = |(other, count, _): (usize, u32, u64)| (other == medium).then_some(count);
        let in_medium: u32 = self.by_medium(rules).filter_map(of_medium).sum();
        let in_class = self.classes.get(class).copied().unwrap_or(0);
        let limit = rules.channel_limit(class, agent);
        let interrupted = rules.media().interrupted_by(medium);
        in_medium < rule.maximum
            && limit.is_none_or(|limit| in_class < limit)
            && self.units(rules, interrupted) + u64::from(rule.weight) <= u64::from(agent.capacity)
    }

    /// Whether the agent holds more than their units, or more of a medium,
    /// channel or queue than its limit.
    pub(super) fn exceeds(&self, rules: &CapacityRules, agent: &AgentProfile) -> bool {
        let mut of_media = vec![0_u32; rules.media().media().len()];
        for (medium, count, _) in self.by_medium(rules) {
            if let Some(sum) = of_media.get_mut(medium) {
                *sum = sum.saturating_add(count);
            }
        }
        let mut media = rules.media().media().iter().zip(&of_media);
        let mut classes = self.classes.iter().enumerate();
        let mut queues = self.queues.iter();
        self.units(rules, 0) > u64::from(agent.capacity)
            || media.any(|(rule, count)| *count > rule.maximum)
            || classes.any(|(class, count)| {
                let limit = rules.channel_limit(class, agent);
                limit.is_some_and(|limit| *count > limit)
            })
            || queues.any(|(queue, count)| {
                let limit = rules.queue_limit(queue, agent);
                limit.is_some_and(|limit| *count > limit)
            })
    }

    /// Classes of which one more conversation fits, whatever its queue.
    pub(super) fn free(&self, rules: &CapacityRules, agent: &AgentProfile) -> ClassSet {
        (0..rules.classes())
            .filter(|&class| self.fits(rules, agent, class))
            .fold(0, |set, class| set | 1 << class)
    }

    /// Whether the agent holds as many conversations of a queue as they may.
    pub(super) fn is_full(&self, rules: &CapacityRules, agent: &AgentProfile, queue: &str) -> bool {
        let held = self.queues.get(queue).copied().unwrap_or(0);
        let limit = rules.queue_limit(queue, agent);
        limit.is_some_and(|limit| held >= limit)
    }

    /// The queues of which the agent can take no more, sorted.
    pub(super) fn full_queues(&self, rules: &CapacityRules, agent: &AgentProfile) -> Vec<String> {
        let limited = rules.limited_queues(agent).into_iter();
        let full = limited.filter(|queue| self.is_full(rules, agent, queue));
        full.cloned().collect()
    }
}
