//! Pools: the members of a queue who meet a requirement, sorted by idle time
//! and updated as agents change, so that selection takes the first.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bit_set::BitSet;
use slab::Slab;

use super::agent::{AgentState, Availability, IdleRank};
use super::capacity_rules::{ClassId, ClassSet};
use super::ids::{AgentSlot, GroupId, PoolId};
use super::property_index::PropertyIndex;
use super::requirement::Requirement;

/// Most pools kept while no conversation waits on them, for the next
/// conversation with the same requirement.
pub(super) const MAX_UNUSED: usize = 256;

/// What makes an agent a member of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PoolKey {
    pub(super) queue: String,
    /// Members meet at least one of these.
    pub(super) requirements: Vec<Requirement>,
}

impl PoolKey {
    fn admits(&self, agent: &AgentState) -> bool {
        let mut requirements = self.requirements.iter();
        agent.queues.contains(&self.queue)
            && requirements.any(|one| one.is_met_by(&agent.record.profile))
    }
}

/// The agents of one [`PoolKey`].
#[derive(Clone, Debug)]
pub(super) struct Pool {
    key: PoolKey,
    members: BitSet,
    /// Number of members who are present and responding, whatever their load.
    available: u32,
    /// By class, members with capacity for one more, longest idle first;
    /// built by [`Pools::build_idle_order`].
    free: BTreeMap<usize, BTreeSet<IdleRank>>,
    /// By class, groups that wait on this pool.
    groups: BTreeMap<usize, BTreeSet<GroupId>>,
    /// Waiting conversations by the least number of available agents their
    /// step needs.
    minimums: BTreeSet<(u32, Arc<str>)>,
    /// Number of waiting conversations.
    waiting: usize,
    last_used: u64,
}

impl Pool {
    pub(super) fn available(&self) -> u32 {
        self.available
    }

    pub(super) fn contains(&self, slot: AgentSlot) -> bool {
        self.members.contains(slot)
    }

    /// Members with capacity for the class, longest idle first.
    pub(super) fn free(&self, class: ClassId) -> impl Iterator<Item = &IdleRank> {
        self.free.get(&class).into_iter().flatten()
    }

    /// Conversations whose step needs more agents than are available.
    pub(super) fn understaffed(&self) -> impl Iterator<Item = &Arc<str>> {
        let least = (self.available.saturating_add(1), Arc::from(""));
        self.minimums.range(least..).map(|(_, id)| id)
    }

    fn update<'a>(&mut self, before: Option<&'a Availability>, after: Option<&'a Availability>) {
        let available =
            |one: Option<&Availability>| u32::from(one.is_some_and(|one| one.available));
        self.available = (self.available + available(after)).saturating_sub(available(before));
        let queue = self.key.queue.as_str();
        for (class, free) in &mut self.free {
            let rank = |one: Option<&'a Availability>| {
                let one = one.filter(|one| one.free_for(queue) & (1 << class) != 0);
                one.map(|one| &one.idle)
            };
            let (before, after) = (rank(before), rank(after));
            if before == after {
                continue;
            }
            if let Some(before) = before {
                free.remove(before);
            }
            free.extend(after.cloned());
        }
    }

    /// Groups that wait for one of these classes.
    fn groups_of(&self, classes: ClassSet) -> impl Iterator<Item = GroupId> {
        let groups = self.groups.iter();
        groups
            .filter(move |(class, _)| classes & (1 << **class) != 0)
            .flat_map(|(_, groups)| groups.iter().copied())
    }
}

/// All pools.
#[derive(Clone, Debug, Default)]
pub(super) struct Pools {
    pools: Slab<Pool>,
    by_key: HashMap<PoolKey, PoolId>,
    /// Pools on which no conversation waits, least recently used first.
    unused: BTreeSet<(u64, PoolId)>,
    uses: u64,
    /// Pools whose number of available agents fell.
    shrunk: BTreeSet<PoolId>,
}

impl Pools {
    pub(super) fn get(&self, id: PoolId) -> Option<&Pool> {
        self.pools.get(id)
    }

    /// The pool of a key, built if there is none; also returns the number of
    /// agents visited.
    pub(super) fn get_or_build(
        &mut self,
        key: PoolKey,
        agents: &mut [AgentState],
        properties: &PropertyIndex,
    ) -> (PoolId, u64) {
        if let Some(&id) = self.by_key.get(&key) {
            return (id, 0);
        }
        self.drop_unused(agents);
        let members = properties.matching(&key.queue, &key.requirements);
        let slot = self.pools.vacant_entry();
        let id = slot.key();
        let (mut visited, mut available) = (0, 0);
        for member in &members {
            visited += 1;
            if let Some(agent) = agents.get_mut(member) {
                available += u32::from(agent.availability.available);
                agent.pools.push(id);
            }
        }
        slot.insert(Pool {
            key: key.clone(),
            members,
            available,
            free: BTreeMap::new(),
            groups: BTreeMap::new(),
            minimums: BTreeSet::new(),
            waiting: 0,
            last_used: self.uses,
        });
        self.by_key.insert(key, id);
        self.unused.insert((self.uses, id));
        (id, visited)
    }

    /// Sorts the pool's free members for a class, once; returns the number of
    /// agents visited.
    pub(super) fn build_idle_order(
        &mut self,
        id: PoolId,
        class: ClassId,
        agents: &[AgentState],
    ) -> u64 {
        let Some(pool) = self.pools.get_mut(id) else {
            return 0;
        };
        if pool.free.contains_key(&class) {
            return 0;
        }
        let mut visited = 0;
        let members = pool.members.iter().inspect(|_| visited += 1);
        let free = members
            .filter_map(|slot| agents.get(slot))
            .filter(|agent| agent.can_take(class, &pool.key.queue))
            .map(|agent| agent.availability.idle.clone())
            .collect();
        pool.free.insert(class, free);
        visited
    }

    fn drop_unused(&mut self, agents: &mut [AgentState]) {
        while self.unused.len() >= MAX_UNUSED {
            let Some((_, id)) = self.unused.pop_first() else {
                return;
            };
            self.shrunk.remove(&id);
            let Some(pool) = self.pools.try_remove(id) else {
                continue;
            };
            self.by_key.remove(&pool.key);
            for slot in &pool.members {
                if let Some(agent) = agents.get_mut(slot) {
                    agent.pools.retain(|other| *other != id);
                }
            }
        }
    }

    /// Adds a waiting conversation of this group; `minimum` is the number of
    /// available agents its step needs.
    pub(super) fn join(
        &mut self,
        id: PoolId,
        class: ClassId,
        group: GroupId,
        minimum: Option<u32>,
        conversation: &Arc<str>,
    ) {
        let Some(pool) = self.pools.get_mut(id) else {
            return;
        };
        self.unused.remove(&(pool.last_used, id));
        pool.waiting += 1;
        pool.groups.entry(class).or_default().insert(group);
        let minimum = minimum.map(|minimum| (minimum, Arc::clone(conversation)));
        pool.minimums.extend(minimum);
    }

    /// Removes a waiting conversation, with the `minimum` it joined with.
    pub(super) fn leave(&mut self, id: PoolId, minimum: Option<u32>, conversation: &Arc<str>) {
        let Some(pool) = self.pools.get_mut(id) else {
            return;
        };
        if let Some(minimum) = minimum {
            pool.minimums.remove(&(minimum, Arc::clone(conversation)));
        }
        pool.waiting -= 1;
        if pool.waiting == 0 {
            self.uses += 1;
            pool.last_used = self.uses;
            self.unused.insert((pool.last_used, id));
        }
    }

    /// Removes an empty group.
    pub(super) fn remove_group(&mut self, id: PoolId, class: ClassId, group: GroupId) {
        if let Some(pool) = self.pools.get_mut(id)
            && let Some(groups) = pool.groups.get_mut(&class)
        {
            groups.remove(&group);
        }
    }

    /// Replaces an agent's availability; adds to `woken` the groups the agent
    /// can serve now and could not before.
    pub(super) fn update_availability(
        &mut self,
        agent: &AgentState,
        after: &Availability,
        woken: &mut Vec<GroupId>,
    ) {
        let before = &agent.availability;
        for &id in &agent.pools {
            if let Some(pool) = self.pools.get_mut(id) {
                let queue = &pool.key.queue;
                let gained = after.free_for(queue) & !before.free_for(queue);
                pool.update(Some(&agent.availability), Some(after));
                woken.extend(pool.groups_of(gained));
                if agent.availability.available && !after.available {
                    self.shrunk.insert(id);
                }
            }
        }
    }

    /// Recomputes which pools an agent is in after their profile changed; adds
    /// to `woken` the groups of the pools they joined.
    pub(super) fn update_membership(&mut self, agent: &mut AgentState, woken: &mut Vec<GroupId>) {
        agent.pools.clear();
        for (id, pool) in &mut self.pools {
            let (was, is) = (pool.contains(agent.slot), pool.key.admits(agent));
            if is {
                agent.pools.push(id);
            }
            if is && !was {
                pool.members.insert(agent.slot);
                pool.update(None, Some(&agent.availability));
                let free = agent.availability.free_for(&pool.key.queue);
                woken.extend(pool.groups_of(free));
            } else if was && !is {
                pool.members.remove(agent.slot);
                pool.update(Some(&agent.availability), None);
                self.shrunk.insert(id);
            }
        }
    }

    /// Returns and clears the pools whose number of available agents fell:
    /// their conversations may be understaffed.
    pub(super) fn take_shrunk(&mut self) -> BTreeSet<PoolId> {
        std::mem::take(&mut self.shrunk)
    }
}
