//! Waiting conversations, in lines: those in one line have the same
//! candidates, so that whether there is one is asked once for all of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::conversation::Turn;
use super::pools::PoolId;
use super::slots::{Slab, Slot};

/// Number of a line.
pub(super) type LineId = u32;

/// Whom the conversations of a line wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Scope {
    Pool(PoolId),
    Agent(Slot),
}

/// What the conversations of a line have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct LineKey {
    pub(super) scope: Scope,
    pub(super) medium: usize,
    /// Who refused and must not be asked yet, ascending.
    pub(super) barred: Vec<Slot>,
    /// Who refused and may be asked if nobody else fits, ascending.
    pub(super) last_resort: Vec<Slot>,
}

#[derive(Clone, Debug)]
struct Line {
    key: LineKey,
    waiting: BTreeSet<Turn>,
    /// Its entry among those to be looked at; `None` while it sleeps.
    awake: Option<Turn>,
}

/// All lines. A line sleeps once it was found to have no candidate, until
/// somebody becomes free who could be one.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    lines: Slab<Line>,
    by_key: HashMap<LineKey, LineId>,
    /// Lines to be looked at, by the first who waits in each.
    awake: BTreeSet<(Turn, LineId)>,
}

impl Lines {
    /// Puts a conversation in the line of this key; says whether the line is
    /// new. A new line is awake. One that sleeps goes on sleeping: it has no
    /// candidate, whoever joins it.
    pub(super) fn join(&mut self, key: LineKey, turn: Turn) -> (LineId, bool) {
        if let Some(&id) = self.by_key.get(&key) {
            if let Some(line) = self.lines.get_mut(id) {
                line.waiting.insert(turn);
            }
            self.reorder(id);
            return (id, false);
        }
        let id = self.lines.insert(Line {
            key: key.clone(),
            waiting: BTreeSet::from([turn]),
            awake: None,
        });
        self.by_key.insert(key, id);
        self.wake(id);
        (id, true)
    }

    /// Takes a conversation out; gives the key of the line where it was the
    /// last and the line is no more.
    pub(super) fn leave(&mut self, id: LineId, turn: &Turn) -> Option<LineKey> {
        let line = self.lines.get_mut(id)?;
        line.waiting.remove(turn);
        if !line.waiting.is_empty() {
            self.reorder(id);
            return None;
        }
        self.sleep(id);
        let line = self.lines.remove(id)?;
        self.by_key.remove(&line.key);
        Some(line.key)
    }

    /// To be looked at again.
    pub(super) fn wake(&mut self, id: LineId) {
        if let Some(line) = self.lines.get_mut(id)
            && line.awake.is_none()
            && let Some(first) = line.waiting.first()
        {
            line.awake = Some(first.clone());
            self.awake.insert((first.clone(), id));
        }
    }

    /// No candidate until somebody becomes free.
    pub(super) fn sleep(&mut self, id: LineId) {
        if let Some(line) = self.lines.get_mut(id)
            && let Some(turn) = line.awake.take()
        {
            self.awake.remove(&(turn, id));
        }
    }

    /// The first who waits in a line that is awake.
    pub(super) fn first(&self) -> Option<&(Turn, LineId)> {
        self.awake.first()
    }

    pub(super) fn key(&self, id: LineId) -> Option<&LineKey> {
        self.lines.get(id).map(|line| &line.key)
    }

    /// Who waits in a line, in turn.
    pub(super) fn waiting(&self, id: LineId) -> Vec<Arc<str>> {
        let line = self.lines.get(id).into_iter();
        line.flat_map(|line| &line.waiting)
            .map(|(_, _, id)| Arc::clone(id))
            .collect()
    }

    fn reorder(&mut self, id: LineId) {
        if let Some(line) = self.lines.get(id)
            && line.awake.is_some()
            && line.awake.as_ref() != line.waiting.first()
        {
            self.sleep(id);
            self.wake(id);
        }
    }
}
