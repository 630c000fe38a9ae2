//! Plugin state of the generation that repeats decisions: starts from the live
//! state, continues with its own writes, and is discarded with the rollout.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use patchbay_engine::decision::Decision;
use patchbay_model::situation::Situation;
use patchbay_model::state::{Memory, Scope};

use crate::Generation;

/// Most memories; beyond that the oldest starts from the live state again.
const MAX_MEMORIES: usize = 20_000;
/// Most bytes written to all memories.
const MAX_BYTES: usize = 64 << 20;

/// Plugin, scope, and the id of the conversation or contact; empty for the
/// company.
type Key = (String, Scope, String);

/// A memory, and the bytes written to it.
#[derive(Debug, Default)]
struct ScratchMemory {
    memory: Memory,
    bytes: usize,
}

/// State of one generation's plugins.
#[derive(Debug, Default)]
pub(super) struct ScratchState {
    memories: HashMap<Key, ScratchMemory>,
    oldest: VecDeque<Key>,
    bytes: usize,
    /// Whether the generation sees every decision. If not, contact and company
    /// scopes use the live state: a share of the writes would make them wrong.
    sees_all: bool,
}

impl ScratchState {
    pub(super) fn new(sees_all: bool) -> ScratchState {
        ScratchState {
            sees_all,
            ..ScratchState::default()
        }
    }

    /// Replace the live state in a situation of `decider` with the state of
    /// `other`.
    pub(super) fn load(&self, situation: &mut Situation, decider: &Generation, other: &Generation) {
        let mut memories = BTreeMap::new();
        for plugin in other.pipelines.plugins() {
            let (name, scopes) = (plugin.name(), &plugin.grants().state);
            if scopes.is_empty() {
                continue;
            }
            let live = situation.memories.get(name);
            let live = live.filter(|_| can_read(decider, other, name));
            let mut memory = Memory::default();
            for scope in scopes {
                let key = self.key(name, *scope, situation);
                let scratch = key.and_then(|key| self.memories.get(&key));
                let source = scratch.map(|scratch| &scratch.memory).or(live);
                copy_scope(source, *scope, &mut memory);
            }
            memories.insert(name.to_owned(), memory);
        }
        situation.memories = Arc::new(memories);
    }

    /// Apply the writes of a decision; `situation` is the one it decided in.
    pub(super) fn apply_writes(&mut self, situation: &Situation, decision: &Decision) {
        for (plugin, write) in decision.writes() {
            let Some(key) = self.key(plugin, write.scope, situation) else {
                continue;
            };
            let oldest = &mut self.oldest;
            let scratch = self.memories.entry(key).or_insert_with_key(|key| {
                oldest.push_back(key.clone());
                let mut memory = Memory::default();
                copy_scope(situation.memories.get(plugin), write.scope, &mut memory);
                ScratchMemory { memory, bytes: 0 }
            });
            scratch.memory.apply(write, situation.now);
            scratch.bytes += write.size();
            self.bytes += write.size();
            self.evict();
        }
    }

    fn evict(&mut self) {
        while self.memories.len() > MAX_MEMORIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.oldest.pop_front() else {
                return;
            };
            let evicted = self.memories.remove(&oldest).unwrap_or_default();
            self.bytes = self.bytes.saturating_sub(evicted.bytes);
        }
    }

    /// `None` where the scope uses the live state.
    fn key(&self, plugin: &str, scope: Scope, situation: &Situation) -> Option<Key> {
        let exchange = situation.exchange.as_ref()?;
        let owner = match scope {
            Scope::Conversation => exchange.conversation.id.clone(),
            Scope::Contact if self.sees_all => exchange.contact.id.clone()?,
            Scope::Company if self.sees_all => String::new(),
            _ => return None,
        };
        Some((plugin.to_owned(), scope, owner))
    }
}

fn copy_scope(from: Option<&Memory>, scope: Scope, to: &mut Memory) {
    let cells = from.into_iter().flat_map(Memory::cells);
    for (_, key, cell) in cells.filter(|(of, ..)| *of == scope) {
        to.insert(scope, key.to_owned(), cell.clone());
    }
}

/// Whether a plugin of `reader` can read the state that `writer` stored.
fn can_read(writer: &Generation, reader: &Generation, plugin: &str) -> bool {
    let (from, to) = (writer.state_version(plugin), reader.state_version(plugin));
    let older = reader.state_from.get(plugin);
    from == to || from.is_some_and(|from| older.is_some_and(|older| older.contains(&from)))
}
