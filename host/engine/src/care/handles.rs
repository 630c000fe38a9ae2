//! Handles to host resources: small numbers given to a guest, each with the
//! number of the decision it was given in, so that a handle kept for later is
//! dead and says so.

use std::sync::Arc;

use patchbay_model::conversation::Trigger;
use patchbay_model::decision::classification::Classification;
use patchbay_model::directory::{Agent, Queue};
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::knowledge::Article;
use patchbay_model::situation::{DraftAtHand, Exchange};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wasmtime::component::Resource;

use crate::stop::Stop;

/// What a handle stands for.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    Interaction(Arc<Interaction>),
    Attachment(Arc<Interaction>, usize),
    DraftAttachment(Arc<Draft>, usize),
    /// The author of an interaction; with its exchange, if it is the customer
    /// the decision is about.
    Contact(Arc<Interaction>, Option<Arc<Exchange>>),
    Conversation(Arc<Exchange>),
    Assessment(Arc<Classification>),
    Draft(DraftAtHand),
    Trigger(Arc<Trigger>),
    Agent(Arc<Agent>),
    Queue(Arc<Queue>),
    Article(Arc<Article>),
}

const INDEX_BITS: u32 = 10;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

/// Most handles a table can be told to hold; the rest of a handle's 32 bits
/// numbers the decision.
pub(crate) const MOST_HANDLES: u32 = 1 << INDEX_BITS;

/// A handle just given, as the recorder writes it: without the number of the
/// decision, which says nothing in a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given(u32);

impl Given {
    /// The first handle of a decision: what it is about.
    pub(crate) const FIRST: Given = Given(0);

    pub(crate) fn into_handle<T: 'static>(self) -> Resource<T> {
        Resource::new_own(self.0)
    }
}

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0 & INDEX_MASK)
    }
}

/// Read back from a transcript. It is of no decision and stands for nothing:
/// whatever it is used for is in the transcript too.
impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Given, D::Error> {
        let index = u32::deserialize(deserializer)?;
        Ok(Given(index & INDEX_MASK))
    }
}

/// The number of a handle a guest gave back, as the recorder writes it.
pub(crate) fn number<T>(handle: &Resource<T>) -> u32 {
    handle.rep() & INDEX_MASK
}

/// The handles of one decision.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    items: Vec<Option<Item>>,
    free: Vec<u32>,
    decision: u32,
    limit: u32,
}

impl Handles {
    /// Forget everything given so far; what the guest kept is dead from here.
    pub(crate) fn next_decision(&mut self, limit: u32) {
        self.items.clear();
        self.free.clear();
        self.decision = (self.decision + 1) & (u32::MAX >> INDEX_BITS);
        self.limit = limit.min(MOST_HANDLES);
    }

    /// Give the guest a handle.
    pub(crate) fn give(&mut self, item: Item) -> Result<Given, Stop> {
        let index = match self.free.pop() {
            Some(index) => {
                self.items[index as usize] = Some(item);
                index
            }
            None => {
                let index = self.items.len() as u32;
                if index >= self.limit {
                    return Err(Stop::out_of_memory("handles", self.limit.into(), "handles"));
                }
                self.items.push(Some(item));
                index
            }
        };
        Ok(Given(self.decision << INDEX_BITS | index))
    }

    /// What a handle stands for.
    pub(crate) fn get<T>(&self, handle: &Resource<T>) -> Result<&Item, Stop> {
        let rep = handle.rep();
        if rep >> INDEX_BITS != self.decision {
            return Err(Stop::denied(
                "a handle of an earlier decision was used; handles die with the call they were given in",
            ));
        }
        self.items
            .get((rep & INDEX_MASK) as usize)
            .and_then(Option::as_ref)
            .ok_or_else(|| Stop::denied("a handle was used that was never given"))
    }

    /// The guest dropped a handle. One of an earlier decision is gone already.
    pub(crate) fn dropped(&mut self, rep: u32) {
        if rep >> INDEX_BITS != self.decision {
            return;
        }
        let index = rep & INDEX_MASK;
        if let Some(slot) = self.items.get_mut(index as usize)
            && slot.take().is_some()
        {
            self.free.push(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item::Trigger(Arc::new(Trigger::of(patchbay_model::conversation::TriggerCode::Classified)))
    }

    fn handle(given: Given) -> Resource<()> {
        Resource::new_borrow(given.0)
    }

    #[test]
    fn a_handle_dies_with_its_decision() {
        let mut handles = Handles::default();
        handles.next_decision(8);
        let kept = handles.give(item()).expect("room");
        assert!(handles.get(&handle(kept)).is_ok());
        handles.next_decision(8);
        assert!(matches!(handles.get(&handle(kept)), Err(Stop::Denied(_))));
        let fresh = handles.give(item()).expect("room");
        handles.dropped(kept.0);
        assert!(
            handles.get(&handle(fresh)).is_ok(),
            "a late drop must not hit a new handle"
        );
    }

    #[test]
    fn handles_are_bounded_and_dropped_ones_are_free_again() {
        let mut handles = Handles::default();
        handles.next_decision(2);
        let first = handles.give(item()).expect("room");
        handles.give(item()).expect("room");
        assert!(handles.give(item()).is_err());
        handles.dropped(first.0);
        assert!(handles.give(item()).is_ok());
    }
}
