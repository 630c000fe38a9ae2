//! Pools: those who qualify for one requirement in one queue, kept in idle
//! order while agents come and go, so that selection never searches.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::agent::{AgentState, Idle, Standing};
use super::lines::LineId;
use super::postings::Postings;
use super::requirement::Requirement;
use super::slots::{Slab, Slot, Slots};

/// Number of a pool.
pub(super) type PoolId = u32;

/// Most pools kept though nobody waits on them: the next conversation with the
/// same requirement finds its pool made.
pub(super) const MOST_UNUSED: usize = 256;

/// Who is in a pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PoolKey {
    pub(super) queue: String,
    /// Whoever meets one of these.
    pub(super) wanted: Vec<Requirement>,
}

impl PoolKey {
    fn admits(&self, agent: &AgentState) -> bool {
        agent.queues.contains(&self.queue)
            && self
                .wanted
                .iter()
                .any(|one| one.met_by(&agent.record.profile))
    }
}

/// Members of a queue who meet a requirement.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    key: PoolKey,
    members: Slots,
    /// Members who are present and responding, whatever they hold.
    available: u32,
    /// By medium, members with room for one more, longest idle first; made
    /// when first asked for.
    free: BTreeMap<usize, BTreeSet<Idle>>,
    /// By medium, lines that wait on this pool.
    lines: BTreeMap<usize, BTreeSet<LineId>>,
    /// Waiting conversations by the least number of available agents they want.
    minimums: BTreeSet<(u32, Arc<str>)>,
    waiting: usize,
    last_used: u64,
}

impl Pool {
    pub(super) fn available(&self) -> u32 {
        self.available
    }

    pub(super) fn contains(&self, slot: Slot) -> bool {
        self.members.contains(slot)
    }

    /// Members with room, longest idle first.
    pub(super) fn free(&self, medium: usize) -> impl Iterator<Item = &Idle> {
        self.free.get(&medium).into_iter().flatten()
    }

    /// Conversations whose step wants more agents than are available.
    pub(super) fn short(&self) -> impl Iterator<Item = &Arc<str>> {
        let least = (self.available.saturating_add(1), Arc::from(""));
        self.minimums.range(least..).map(|(_, id)| id)
    }

    fn update(&mut self, before: Option<&Standing>, after: Option<&Standing>) {
        let available = |one: Option<&Standing>| u32::from(one.is_some_and(|one| one.available));
        self.available = (self.available + available(after)).saturating_sub(available(before));
        for (medium, free) in &mut self.free {
            let has = |one: Option<&Standing>| one.is_some_and(|one| one.free & (1 << medium) != 0);
            let same = has(before)
                && has(after)
                && before.map(|one| &one.idle) == after.map(|one| &one.idle);
            if same {
                continue;
            }
            if let Some(before) = before.filter(|_| has(before)) {
                free.remove(&before.idle);
            }
            if let Some(after) = after.filter(|_| has(after)) {
                free.insert(after.idle.clone());
            }
        }
    }

    fn woken(&self, gained: u32) -> impl Iterator<Item = LineId> {
        let gained = move |medium: usize| gained & (1 << medium) != 0;
        self.lines
            .iter()
            .filter(move |(medium, _)| gained(**medium))
            .flat_map(|(_, lines)| lines.iter().copied())
    }
}

/// All pools.
#[derive(Clone, Debug, Default)]
pub(super) struct Pools {
    pools: Slab<Pool>,
    by_key: HashMap<PoolKey, PoolId>,
    /// Those nobody waits on, least recently used first.
    unused: BTreeSet<(u64, PoolId)>,
    uses: u64,
    /// Pools where fewer are available than before.
    shrunk: BTreeSet<PoolId>,
}

impl Pools {
    pub(super) fn get(&self, id: PoolId) -> Option<&Pool> {
        self.pools.get(id)
    }

    /// The pool of a key, made if there is none; says how many agents were
    /// looked at to make it.
    pub(super) fn obtain(
        &mut self,
        key: PoolKey,
        agents: &mut [AgentState],
        postings: &Postings,
    ) -> (PoolId, u64) {
        if let Some(&id) = self.by_key.get(&key) {
            return (id, 0);
        }
        self.drop_unused(agents);
        let members = postings.matching(&key.queue, &key.wanted);
        let mut pool = Pool {
            key: key.clone(),
            members: Slots::default(),
            available: 0,
            free: BTreeMap::new(),
            lines: BTreeMap::new(),
            minimums: BTreeSet::new(),
            waiting: 0,
            last_used: self.uses,
        };
        let mut visited = 0;
        for slot in members.iter() {
            visited += 1;
            if let Some(agent) = agents.get(slot as usize) {
                pool.available += u32::from(agent.standing.available);
            }
        }
        pool.members = members;
        let id = self.pools.insert(pool);
        for slot in self
            .pools
            .get(id)
            .iter()
            .flat_map(|pool| pool.members.iter())
        {
            if let Some(agent) = agents.get_mut(slot as usize) {
                agent.pools.push(id);
            }
        }
        self.by_key.insert(key, id);
        self.unused.insert((self.uses, id));
        (id, visited)
    }

    /// Has the idle order of a medium at hand; says how many agents were
    /// looked at to make it.
    pub(super) fn order(&mut self, id: PoolId, medium: usize, agents: &[AgentState]) -> u64 {
        let Some(pool) = self.pools.get_mut(id) else {
            return 0;
        };
        if pool.free.contains_key(&medium) {
            return 0;
        }
        let mut visited = 0;
        let members = pool.members.iter().inspect(|_| visited += 1);
        let free = members
            .filter_map(|slot| agents.get(slot as usize))
            .filter(|agent| agent.can_take(medium))
            .map(|agent| agent.standing.idle.clone())
            .collect();
        pool.free.insert(medium, free);
        visited
    }

    fn drop_unused(&mut self, agents: &mut [AgentState]) {
        while self.unused.len() >= MOST_UNUSED {
            let Some((_, id)) = self.unused.pop_first() else {
                return;
            };
            self.shrunk.remove(&id);
            let Some(pool) = self.pools.remove(id) else {
                continue;
            };
            self.by_key.remove(&pool.key);
            for slot in pool.members.iter() {
                if let Some(agent) = agents.get_mut(slot as usize) {
                    agent.pools.retain(|other| *other != id);
                }
            }
        }
    }

    /// A conversation begins to wait on a pool, in this line.
    pub(super) fn join(
        &mut self,
        id: PoolId,
        medium: usize,
        line: LineId,
        minimum: Option<u32>,
        conversation: &Arc<str>,
    ) {
        let Some(pool) = self.pools.get_mut(id) else {
            return;
        };
        self.unused.remove(&(pool.last_used, id));
        pool.waiting += 1;
        pool.lines.entry(medium).or_default().insert(line);
        if let Some(minimum) = minimum {
            pool.minimums.insert((minimum, Arc::clone(conversation)));
        }
    }

    /// A conversation waits on a pool no longer.
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

    /// A line is no more.
    pub(super) fn drop_line(&mut self, id: PoolId, medium: usize, line: LineId) {
        if let Some(pool) = self.pools.get_mut(id)
            && let Some(lines) = pool.lines.get_mut(&medium)
        {
            lines.remove(&line);
        }
    }

    /// Takes over how an agent stands now; gives the lines they could serve and
    /// could not before.
    pub(super) fn restand(
        &mut self,
        agent: &AgentState,
        after: &Standing,
        woken: &mut Vec<LineId>,
    ) {
        let gained = after.free & !agent.standing.free;
        for &id in &agent.pools {
            if let Some(pool) = self.pools.get_mut(id) {
                pool.update(Some(&agent.standing), Some(after));
                woken.extend(pool.woken(gained));
                if agent.standing.available && !after.available {
                    self.shrunk.insert(id);
                }
            }
        }
    }

    /// Finds the pools of an agent whose profile changed; gives the lines they
    /// could serve now.
    pub(super) fn readmit(&mut self, agent: &mut AgentState, woken: &mut Vec<LineId>) {
        agent.pools.clear();
        for (id, pool) in self.pools.iter_mut() {
            let (was, is) = (pool.members.contains(agent.slot), pool.key.admits(agent));
            if is {
                agent.pools.push(id);
            }
            if was == is {
                continue;
            }
            if is {
                pool.members.insert(agent.slot);
                pool.update(None, Some(&agent.standing));
                woken.extend(pool.woken(agent.standing.free));
            } else {
                pool.members.remove(agent.slot);
                pool.update(Some(&agent.standing), None);
                self.shrunk.insert(id);
            }
        }
    }

    /// Pools that may have too few agents available for some who wait on them.
    pub(super) fn take_shrunk(&mut self) -> BTreeSet<PoolId> {
        std::mem::take(&mut self.shrunk)
    }
}
