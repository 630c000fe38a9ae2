//! Handles to host objects: small numbers that carry the number of the decision
//! they were given in, so that using one in a later decision is detected.

use std::sync::Arc;

use patchbay_model::conversation::Trigger;
use patchbay_model::decision::classification::Classification;
use patchbay_model::directory::{Agent, Queue};
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::knowledge::Article;
use patchbay_model::situation::{DraftInput, Exchange};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wasmtime::component::Resource;

use crate::limits::stop::Stop;

/// What a handle refers to.
#[derive(Clone, Debug)]
pub(crate) enum HostObject {
    Interaction(Arc<Interaction>),
    Attachment(Arc<Interaction>, usize),
    DraftAttachment(Arc<Draft>, usize),
    /// An author; with the exchange, if it is the decision's customer.
    Contact(Arc<Interaction>, Option<Arc<Exchange>>),
    Conversation(Arc<Exchange>),
    Assessment(Arc<Classification>),
    Draft(DraftInput),
    Trigger(Arc<Trigger>),
    Agent(Arc<Agent>),
    Queue(Arc<Queue>),
    Article(Arc<Article>),
}

/// Declares how a host call finds the object behind a handle of each resource.
/// A handle of another kind, which the types rule out, stops the guest.
macro_rules! accessors {
    ($( $name:ident($resource:ident) -> $object:ty: $pattern:pat => $value:expr; )+) => {
        impl crate::care::HostState {
            $( pub(super) fn $name(
                &self,
                this: &Resource<crate::contract::$resource>,
            ) -> Result<$object, Stop> {
                match self.handles.get(this)? {
                    $pattern => Ok($value),
                    _ => Err(Stop::denied("a handle was used as another kind of resource")),
                }
            } )+
        }
    };
}

accessors! {
    interaction_at(Interaction) -> &Arc<Interaction>: HostObject::Interaction(it) => it;
    contact_at(Contact) -> (&Arc<Interaction>, Option<&Arc<Exchange>>):
        HostObject::Contact(interaction, exchange) => (interaction, exchange.as_ref());
    exchange_at(Conversation) -> &Arc<Exchange>: HostObject::Conversation(it) => it;
    assessment_at(Assessment) -> &Arc<Classification>: HostObject::Assessment(it) => it;
    draft_at(Draft) -> &DraftInput: HostObject::Draft(it) => it;
    trigger_at(Trigger) -> &Arc<Trigger>: HostObject::Trigger(it) => it;
    agent_at(Agent) -> &Arc<Agent>: HostObject::Agent(it) => it;
    queue_at(Queue) -> &Arc<Queue>: HostObject::Queue(it) => it;
    article_at(Article) -> &Arc<Article>: HostObject::Article(it) => it;
}

const INDEX_BITS: u32 = 10;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;

/// Most handles of one decision; the other bits number the decision.
const MOST_HANDLES: u32 = 1 << INDEX_BITS;

/// A handle on its way to the guest. A transcript stores its index only: the
/// number of the decision differs in a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewHandle(u32);

impl NewHandle {
    /// The first handle of a decision: what the decision is about.
    pub(crate) const FIRST: NewHandle = NewHandle(0);

    pub(crate) fn into_resource<T: 'static>(self) -> Resource<T> {
        Resource::new_own(self.0)
    }
}

impl Serialize for NewHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.0 & INDEX_MASK)
    }
}

/// Read back from a transcript. It belongs to no decision and refers to no
/// object: every call with it is answered from the transcript too.
impl<'de> Deserialize<'de> for NewHandle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<NewHandle, D::Error> {
        let index = u32::deserialize(deserializer)?;
        Ok(NewHandle(index & INDEX_MASK))
    }
}

/// The number under which a transcript stores a handle the guest passed.
pub(crate) fn index_of<T>(handle: &Resource<T>) -> u32 {
    handle.rep() & INDEX_MASK
}

/// The handles of one decision.
#[derive(Debug, Default)]
pub(crate) struct HandleTable {
    objects: Vec<Option<HostObject>>,
    free: Vec<u32>,
    decision: u32,
    limit: u32,
}

impl HandleTable {
    /// Invalidate every handle given so far.
    pub(crate) fn next_decision(&mut self, limit: u32) {
        self.objects.clear();
        self.free.clear();
        self.decision = (self.decision + 1) & (u32::MAX >> INDEX_BITS);
        self.limit = limit.min(MOST_HANDLES);
    }

    pub(crate) fn insert(&mut self, object: HostObject) -> Result<NewHandle, Stop> {
        let index = match self.free.pop() {
            Some(index) => {
                self.objects[index as usize] = Some(object);
                index
            }
            None => {
                let index = self.objects.len() as u32;
                if index >= self.limit {
                    return Err(Stop::out_of_memory("handles", self.limit.into(), "handles"));
                }
                self.objects.push(Some(object));
                index
            }
        };
        Ok(NewHandle(self.decision << INDEX_BITS | index))
    }

    pub(crate) fn insert_all(
        &mut self,
        objects: impl IntoIterator<Item = HostObject>,
    ) -> Result<Vec<NewHandle>, Stop> {
        objects.into_iter().map(|it| self.insert(it)).collect()
    }

    pub(crate) fn get<T>(&self, handle: &Resource<T>) -> Result<&HostObject, Stop> {
        let rep = handle.rep();
        if rep >> INDEX_BITS != self.decision {
            return Err(Stop::denied(
                "a handle of an earlier decision was used; a handle is valid only during the call it was given in",
            ));
        }
        self.objects
            .get((rep & INDEX_MASK) as usize)
            .and_then(Option::as_ref)
            .ok_or_else(|| Stop::denied("a handle was used that the host never gave"))
    }

    /// The guest dropped a handle. One of an earlier decision is ignored.
    pub(crate) fn remove(&mut self, rep: u32) {
        if rep >> INDEX_BITS != self.decision {
            return;
        }
        let index = rep & INDEX_MASK;
        if let Some(slot) = self.objects.get_mut(index as usize)
            && slot.take().is_some()
        {
            self.free.push(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_model::conversation::TriggerCode;

    use super::*;

    fn object() -> HostObject {
        HostObject::Trigger(Arc::new(Trigger::of(TriggerCode::Classified)))
    }

    fn resource(handle: NewHandle) -> Resource<()> {
        Resource::new_borrow(handle.0)
    }

    #[test]
    fn a_handle_is_valid_for_one_decision() {
        let mut handles = HandleTable::default();
        handles.next_decision(8);
        let old = handles.insert(object()).expect("below the limit");
        assert!(handles.get(&resource(old)).is_ok());
        handles.next_decision(8);
        assert!(matches!(handles.get(&resource(old)), Err(Stop::Denied(_))));
        let fresh = handles.insert(object()).expect("below the limit");
        handles.remove(old.0);
        assert!(
            handles.get(&resource(fresh)).is_ok(),
            "a late drop must not hit a new handle"
        );
    }

    #[test]
    fn handles_are_bounded_and_dropped_ones_are_reused() {
        let mut handles = HandleTable::default();
        handles.next_decision(2);
        let first = handles.insert(object()).expect("below the limit");
        handles.insert(object()).expect("below the limit");
        assert!(handles.insert(object()).is_err());
        handles.remove(first.0);
        assert!(handles.insert(object()).is_ok());
    }
}
