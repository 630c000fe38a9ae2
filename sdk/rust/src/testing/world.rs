use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::NOON;
use crate::source::{agents, hours::Hours, knowledge, state::Memory, types};
use crate::state::Scope;
use crate::{Agent, Article, Interaction, Queue, Timestamp};

thread_local! {
    static CURRENT: RefCell<World> = RefCell::new(World::new());
}

/// What a policy finds when it asks for more than it was given: the directory,
/// the knowledge base, the history, the clock, and what it remembers.
///
/// Nothing is denied: whether the manifest asks for the grants a policy needs
/// is seen by `patchbay test`.
///
/// ```
/// use patchbay_sdk::prelude::*;
/// use patchbay_sdk::testing::*;
///
/// let world = World::new().now(1_000).hours("support", false);
/// world.enter(|| assert_eq!(clock::is_open("support", clock::now()), Some(false)));
/// ```
#[derive(Clone)]
pub struct World {
    pub(crate) given: Rc<Given>,
    pub(crate) kept: Rc<RefCell<Kept>>,
}

/// What the test set up.
#[derive(Clone)]
pub(crate) struct Given {
    pub(crate) now: Timestamp,
    pub(crate) settings: String,
    pub(crate) hours: BTreeMap<String, Hours>,
    pub(crate) agents: Vec<agents::Agent>,
    pub(crate) queues: Vec<agents::Queue>,
    pub(crate) articles: Vec<knowledge::Article>,
    pub(crate) of_conversation: Vec<types::Interaction>,
    pub(crate) of_contact: Vec<types::Interaction>,
}

/// What the policy did.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) memory: Memory,
    pub(crate) log: Vec<String>,
    random: u64,
}

impl World {
    /// An empty one, at [`NOON`](super::NOON).
    pub fn new() -> Self {
        let given = Given {
            now: NOON,
            settings: "{}".to_owned(),
            hours: BTreeMap::new(),
            agents: Vec::new(),
            queues: Vec::new(),
            articles: Vec::new(),
            of_conversation: Vec::new(),
            of_contact: Vec::new(),
        };
        Self {
            given: Rc::new(given),
            kept: Rc::default(),
        }
    }

    /// The time of the decision. What was remembered stays, so a test can let
    /// time pass.
    pub fn now(self, now: Timestamp) -> Self {
        self.with(|given| given.now = now)
    }

    /// The settings, for a policy that asks for them.
    pub fn settings(self, settings: serde_json::Value) -> Self {
        self.with(|given| given.settings = settings.to_string())
    }

    /// Business hours of this name, open or closed at any time.
    pub fn hours(self, name: impl Into<String>, open: bool) -> Self {
        self.with(|given| {
            given.hours.insert(name.into(), Hours::always(open));
        })
    }

    /// Business hours of this name, open from a moment to just before another,
    /// and in every other span given by the same name.
    pub fn open_between(self, name: impl Into<String>, from: Timestamp, to: Timestamp) -> Self {
        self.with(|given| given.hours.entry(name.into()).or_default().add(from..to))
    }

    /// One more agent.
    pub fn agent(self, agent: impl Into<Agent>) -> Self {
        self.with(|given| given.agents.push(agent.into().host))
    }

    /// One more queue. Agents who have its skills are its members.
    pub fn queue(self, queue: impl Into<Queue>) -> Self {
        self.with(|given| given.queues.push(queue.into().host))
    }

    /// One more approved answer.
    pub fn article(self, article: impl Into<Article>) -> Self {
        self.with(|given| given.articles.push(article.into().host))
    }

    /// Interactions of the conversation, in any order.
    pub fn conversation_history<I: Into<Interaction>>(
        self,
        history: impl IntoIterator<Item = I>,
    ) -> Self {
        self.with(|given| given.of_conversation = hosts(history))
    }

    /// Interactions of the contact, in any order.
    pub fn contact_history<I: Into<Interaction>>(
        self,
        history: impl IntoIterator<Item = I>,
    ) -> Self {
        self.with(|given| given.of_contact = hosts(history))
    }

    /// The seed of chance.
    pub fn seed(self, seed: u64) -> Self {
        self.kept.borrow_mut().random = seed;
        self
    }

    /// Run something in this world, on this thread.
    pub fn enter<R>(&self, run: impl FnOnce() -> R) -> R {
        // Also after a panic: another test may run on the thread.
        struct Leave(World);
        impl Drop for Leave {
            fn drop(&mut self) {
                CURRENT.replace(self.0.clone());
            }
        }
        crate::log::connect();
        let _leave = Leave(CURRENT.replace(self.clone()));
        run()
    }

    /// The value of a key, as the policy would read it.
    pub fn value(&self, scope: Scope, key: &str) -> Option<Vec<u8>> {
        self.kept.borrow().memory.value(scope, key, self.given.now)
    }

    /// The value of a counter, as the policy would read it.
    pub fn counter(&self, scope: Scope, key: &str) -> i64 {
        self.kept
            .borrow()
            .memory
            .counter(scope, key, self.given.now)
    }

    /// The lines the policy logged, each with its level: `info: text`.
    pub fn log(&self) -> Vec<String> {
        self.kept.borrow().log.clone()
    }

    pub(crate) fn current() -> Self {
        CURRENT.with_borrow(Self::clone)
    }

    fn with(mut self, change: impl FnOnce(&mut Given)) -> Self {
        change(Rc::make_mut(&mut self.given));
        self
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Kept {
    /// SplitMix64: any even distribution serves a test.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

fn hosts<I: Into<Interaction>>(history: impl IntoIterator<Item = I>) -> Vec<types::Interaction> {
    history
        .into_iter()
        .map(|interaction| interaction.into().host)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock, log, settings};

    #[test]
    fn a_world_is_left_even_after_a_panic() {
        let world = World::new().now(7);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            world.enter(|| {
                assert_eq!(clock::now(), 7);
                panic!("the policy failed");
            })
        }));
        assert!(outcome.is_err());
        assert_eq!(clock::now(), NOON);
    }

    #[test]
    fn a_world_keeps_what_was_logged() {
        let world = World::new().settings(serde_json::json!({"a": 1}));
        world.enter(|| {
            log::warn!("{}", settings::text());
            log::write(log::Level::Error, "plain");
        });
        assert_eq!(world.log(), [r#"warn: {"a":1}"#, "error: plain"]);
    }

    #[test]
    fn the_same_seed_gives_the_same_chance() {
        let draw = || World::new().seed(3).enter(crate::random::next);
        assert_eq!(draw(), draw());
        assert_ne!(draw(), World::new().seed(4).enter(crate::random::next));
    }
}
