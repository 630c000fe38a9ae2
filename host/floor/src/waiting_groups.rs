//! Waiting conversations, grouped by their candidates: one search answers for
//! a whole group.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use slab::Slab;

use super::capacity_rules::ClassId;
use super::ids::{AgentSlot, GroupId, PoolId, WaitOrder};

/// Agents among whom a group's candidates are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Scope {
    Pool(PoolId),
    Agent(AgentSlot),
}

/// Everything that decides who may be offered a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct GroupKey {
    pub(super) scope: Scope,
    pub(super) class: ClassId,
    /// The queue, where the scope does not determine it.
    pub(super) queue: Option<String>,
    /// Agents who get no offer: excluded, or in back-off. Ascending.
    pub(super) excluded: Vec<AgentSlot>,
    /// Agents who refused and get an offer only if no other agent fits.
    /// Ascending.
    pub(super) last_resort: Vec<AgentSlot>,
}

#[derive(Clone, Debug)]
struct WaitingGroup {
    key: GroupKey,
    waiting: BTreeSet<WaitOrder>,
    /// The group's entry in [`WaitingGroups::awake`]; `None` while it sleeps.
    awake: Option<WaitOrder>,
}

/// All waiting groups. A group without a candidate sleeps until an agent who
/// could be one becomes free.
#[derive(Clone, Debug, Default)]
pub(super) struct WaitingGroups {
    groups: Slab<WaitingGroup>,
    by_key: HashMap<GroupKey, GroupId>,
    /// Groups to search for, each by its first conversation.
    awake: BTreeSet<(WaitOrder, GroupId)>,
}

impl WaitingGroups {
    /// Adds a conversation; returns its group and whether the group is new. A
    /// new group is awake. A sleeping group stays asleep: it has no candidate,
    /// whichever conversation joins.
    pub(super) fn join(&mut self, key: GroupKey, order: WaitOrder) -> (GroupId, bool) {
        if let Some(&id) = self.by_key.get(&key) {
            if let Some(group) = self.groups.get_mut(id) {
                group.waiting.insert(order);
            }
            self.reorder(id);
            return (id, false);
        }
        let id = self.groups.insert(WaitingGroup {
            key: key.clone(),
            waiting: BTreeSet::from([order]),
            awake: None,
        });
        self.by_key.insert(key, id);
        self.wake(id);
        (id, true)
    }

    /// Removes a conversation; returns the group's key if that emptied and
    /// removed the group.
    pub(super) fn leave(&mut self, id: GroupId, order: &WaitOrder) -> Option<GroupKey> {
        let group = self.groups.get_mut(id)?;
        group.waiting.remove(order);
        if !group.waiting.is_empty() {
            self.reorder(id);
            return None;
        }
        self.sleep(id);
        let group = self.groups.try_remove(id)?;
        self.by_key.remove(&group.key);
        Some(group.key)
    }

    /// Schedules a search for the group.
    pub(super) fn wake(&mut self, id: GroupId) {
        if let Some(group) = self.groups.get_mut(id)
            && group.awake.is_none()
            && let Some(first) = group.waiting.first()
        {
            group.awake = Some(first.clone());
            self.awake.insert((first.clone(), id));
        }
    }

    /// Ends the searches for the group until it is woken.
    pub(super) fn sleep(&mut self, id: GroupId) {
        if let Some(group) = self.groups.get_mut(id)
            && let Some(order) = group.awake.take()
        {
            self.awake.remove(&(order, id));
        }
    }

    /// The first conversation in order of all awake groups.
    pub(super) fn first(&self) -> Option<&(WaitOrder, GroupId)> {
        self.awake.first()
    }

    pub(super) fn key(&self, id: GroupId) -> Option<&GroupKey> {
        self.groups.get(id).map(|group| &group.key)
    }

    /// The group's conversations in order.
    pub(super) fn waiting(&self, id: GroupId) -> Vec<Arc<str>> {
        let group = self.groups.get(id).into_iter();
        group
            .flat_map(|group| &group.waiting)
            .map(|(_, _, id)| Arc::clone(id))
            .collect()
    }

    fn reorder(&mut self, id: GroupId) {
        if let Some(group) = self.groups.get(id)
            && group.awake.is_some()
            && group.awake.as_ref() != group.waiting.first()
        {
            self.sleep(id);
            self.wake(id);
        }
    }
}
