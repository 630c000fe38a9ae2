//! What policies that decide beside another's decisions remember: it begins
//! with what is remembered in earnest, goes on by their own writes, and is
//! thrown away with the trial.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use patchbay_engine::decision::Decision;
use crate::Generation;
use patchbay_model::situation::Situation;
use patchbay_model::state::{Memory, Scope};

/// Most memories that are kept apart; beyond that the oldest begins anew.
const MEMORIES: usize = 20_000;
/// Most bytes written to all of them.
const BYTES: usize = 64 << 20;

/// Whose memory: of a plugin, of a conversation, contact or the company.
type Place = (String, Scope, String);

/// A memory, and how much was written to it.
#[derive(Debug, Default)]
struct Own {
    memory: Memory,
    bytes: usize,
}

/// Memories of one generation.
#[derive(Debug, Default)]
pub struct Scratch {
    memories: HashMap<Place, Own>,
    oldest: VecDeque<Place>,
    bytes: usize,
    /// Whether it hears of every decision. If not, memories of contacts and of
    /// the company are those in earnest: a share of what happened would leave
    /// them wrong.
    whole: bool,
}

impl Scratch {
    pub fn new(whole: bool) -> Scratch {
        Scratch {
            whole,
            ..Scratch::default()
        }
    }

    /// Have a generation remember what it has heard so far.
    pub fn recall(
        &self,
        situation: &mut Situation,
        decided: &Generation,
        asked: &Generation,
    ) {
        let mut all = BTreeMap::new();
        for plugin in asked.pipelines.plugins() {
            let scopes = &plugin.grants().state;
            if scopes.is_empty() {
                continue;
            }
            let earnest = situation.memories.get(plugin.name());
            let earnest = earnest.filter(|_| reads(decided, asked, plugin.name()));
            let mut memory = Memory::default();
            for scope in scopes {
                let place = self.place(plugin.name(), *scope, situation);
                let own = place.and_then(|place| self.memories.get(&place));
                let own = own.map(|own| &own.memory);
                for (of, key, cell) in own.or(earnest).into_iter().flat_map(Memory::cells) {
                    if of == *scope {
                        memory.insert(of, key.to_owned(), cell.clone());
                    }
                }
            }
            all.insert(plugin.name().to_owned(), memory);
        }
        situation.memories = Arc::new(all);
    }

    /// Remember what its decision wrote. The situation is the one it decided
    /// in.
    pub fn remember(&mut self, situation: &Situation, decision: &Decision) {
        for (plugin, write) in decision.writes() {
            let Some(place) = self.place(plugin, write.scope, situation) else {
                continue;
            };
            if !self.memories.contains_key(&place) {
                let mut memory = Memory::default();
                let seen = situation.memories.get(plugin);
                for (scope, key, cell) in seen.into_iter().flat_map(Memory::cells) {
                    if scope == write.scope {
                        memory.insert(scope, key.to_owned(), cell.clone());
                    }
                }
                self.oldest.push_back(place.clone());
                self.memories
                    .insert(place.clone(), Own { memory, bytes: 0 });
            }
            if let Some(own) = self.memories.get_mut(&place) {
                own.memory.apply(write, situation.now);
                own.bytes += write.size();
                self.bytes += write.size();
            }
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        while self.memories.len() > MEMORIES || self.bytes > BYTES {
            let Some(oldest) = self.oldest.pop_front() else {
                return;
            };
            let gone = self.memories.remove(&oldest).unwrap_or_default();
            self.bytes = self.bytes.saturating_sub(gone.bytes);
        }
    }

    /// Where a memory is kept; none: it is not.
    fn place(&self, plugin: &str, scope: Scope, situation: &Situation) -> Option<Place> {
        let exchange = situation.exchange.as_ref()?;
        let owner = match scope {
            Scope::Conversation => exchange.conversation.id.clone(),
            Scope::Contact if self.whole => exchange.contact.id.clone()?,
            Scope::Company if self.whole => String::new(),
            _ => return None,
        };
        Some((plugin.to_owned(), scope, owner))
    }
}

/// Whether a generation's plugin reads what another generation's wrote.
fn reads(wrote: &Generation, reads: &Generation, plugin: &str) -> bool {
    let (from, to) = (wrote.state_version(plugin), reads.state_version(plugin));
    let older = reads.state_from.get(plugin);
    from == to || from.is_some_and(|from| older.is_some_and(|older| older.contains(&from)))
}
