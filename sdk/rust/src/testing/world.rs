use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::NOON;
use crate::source::{agents, data::Data, hours::Hours, knowledge, state::Memory, types};
use crate::state::Scope;
use crate::{Agent, Article, Interaction, Queue, Timestamp};

thread_local! {
    static CURRENT: RefCell<World> = RefCell::new(World::new());
}

/// A simulated host: answers a policy's calls for agents, queues, approved answers, history,
/// attributes of the contact, time and state.
///
/// It grants everything; `patchbay test` shows whether `pack.toml` requests the grants a policy
/// needs.
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
    pub(crate) fixture: Rc<Fixture>,
    pub(crate) effects: Rc<RefCell<Effects>>,
}

/// Values the test set.
#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) now: Timestamp,
    pub(crate) settings: String,
    pub(crate) hours: BTreeMap<String, Hours>,
    pub(crate) agents: Vec<agents::Agent>,
    pub(crate) queues: Vec<agents::Queue>,
    pub(crate) articles: Vec<knowledge::Article>,
    pub(crate) conversation_history: Vec<types::Interaction>,
    pub(crate) contact_history: Vec<types::Interaction>,
    pub(crate) data: BTreeMap<String, Data>,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// What the policy wrote, and the state of the random numbers.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) memory: Memory,
    pub(crate) log: Vec<String>,
    random: u64,
}

impl World {
    /// An empty world at [`NOON`](super::NOON).
    pub fn new() -> Self {
        let fixture = Fixture {
            now: NOON,
            settings: "{}".to_owned(),
            hours: BTreeMap::new(),
            agents: Vec::new(),
            queues: Vec::new(),
            articles: Vec::new(),
            conversation_history: Vec::new(),
            contact_history: Vec::new(),
            data: BTreeMap::new(),
            attributes: BTreeMap::new(),
        };
        Self {
            fixture: Rc::new(fixture),
            effects: Rc::default(),
        }
    }

    /// Sets the time of the decision. State stays, so a test can let time pass.
    pub fn now(self, now: Timestamp) -> Self {
        self.with(|fixture| fixture.now = now)
    }

    /// Sets the settings that [`settings::text`](crate::settings::text) returns.
    pub fn settings(self, settings: serde_json::Value) -> Self {
        self.with(|fixture| fixture.settings = settings.to_string())
    }

    /// Adds business hours that are always open, or always closed.
    pub fn hours(self, name: impl Into<String>, open: bool) -> Self {
        self.with(|fixture| {
            fixture.hours.insert(name.into(), Hours::always(open));
        })
    }

    /// Opens business hours from a time up to, not including, another. Calls with one name add up.
    pub fn open_between(self, name: impl Into<String>, from: Timestamp, to: Timestamp) -> Self {
        self.with(|fixture| fixture.hours.entry(name.into()).or_default().add(from..to))
    }

    /// Adds an agent.
    pub fn agent(self, agent: impl Into<Agent>) -> Self {
        self.with(|fixture| fixture.agents.push(agent.into().host))
    }

    /// Adds a queue. Agents who have its skills and name no queue are members.
    pub fn queue(self, queue: impl Into<Queue>) -> Self {
        self.with(|fixture| fixture.queues.push(queue.into().host))
    }

    /// Adds an approved answer.
    pub fn article(self, article: impl Into<Article>) -> Self {
        self.with(|fixture| fixture.articles.push(article.into().host))
    }

    /// Sets the interactions of the conversation, in any order.
    pub fn conversation_history<I: Into<Interaction>>(
        self,
        history: impl IntoIterator<Item = I>,
    ) -> Self {
        self.with(|fixture| fixture.conversation_history = hosts(history))
    }

    /// Sets the interactions of the contact, in any order.
    pub fn contact_history<I: Into<Interaction>>(
        self,
        history: impl IntoIterator<Item = I>,
    ) -> Self {
        self.with(|fixture| fixture.contact_history = hosts(history))
    }

    /// Sets what the company's CRM says about the contact under a name.
    pub fn contact_attribute(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with(|fixture| {
            fixture.attributes.insert(name.into(), value.into());
        })
    }

    /// Adds a table of the pack's data; the first column has the keys.
    ///
    /// # Panics
    /// If a key is there twice.
    pub fn table<const N: usize>(
        self,
        name: impl Into<String>,
        columns: [&str; N],
        rows: impl IntoIterator<Item = [&'static str; N]>,
    ) -> Self {
        let mut columns = columns.into_iter().map(str::to_owned);
        let key = columns.next().unwrap_or_default();
        let mut table = BTreeMap::new();
        for row in rows {
            let mut values = row.into_iter().map(str::to_owned);
            let key = values.next().unwrap_or_default();
            let shown = key.clone();
            assert!(
                table.insert(key, values.collect()).is_none(),
                "the key {shown:?} is there twice"
            );
        }
        let table = Data::Table {
            key,
            columns: columns.collect(),
            rows: table,
        };
        self.with(|fixture| {
            fixture.data.insert(name.into(), table);
        })
    }

    /// Adds bytes of the pack's data.
    pub fn bytes(self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.with(|fixture| {
            fixture.data.insert(name.into(), Data::Bytes(bytes.into()));
        })
    }

    /// Sets the seed of the random numbers.
    pub fn seed(self, seed: u64) -> Self {
        self.effects.borrow_mut().random = seed;
        self
    }

    /// Runs a function in this world, on this thread.
    pub fn enter<R>(&self, run: impl FnOnce() -> R) -> R {
        // Also after a panic: another test may run on this thread.
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

    /// Value of a key, as the policy would read it.
    pub fn value(&self, scope: Scope, key: &str) -> Option<Vec<u8>> {
        self.effects
            .borrow()
            .memory
            .value(scope, key, self.fixture.now)
    }

    /// Value of a counter, as the policy would read it.
    pub fn counter(&self, scope: Scope, key: &str) -> i64 {
        let now = self.fixture.now;
        self.effects.borrow().memory.counter(scope, key, now)
    }

    /// Lines the policy logged, each with its level: `info: text`.
    pub fn log(&self) -> Vec<String> {
        self.effects.borrow().log.clone()
    }

    pub(crate) fn current() -> Self {
        CURRENT.with_borrow(Self::clone)
    }

    fn with(mut self, change: impl FnOnce(&mut Fixture)) -> Self {
        change(Rc::make_mut(&mut self.fixture));
        self
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Effects {
    /// SplitMix64; the host uses another generator.
    pub(crate) fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.random;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

fn hosts<I: Into<Interaction>>(history: impl IntoIterator<Item = I>) -> Vec<types::Interaction> {
    history.into_iter().map(|it| it.into().host).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock, log, settings};

    #[test]
    fn a_world_is_left_also_after_a_panic() {
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
    fn a_world_stores_log_lines() {
        let world = World::new().settings(serde_json::json!({"a": 1}));
        world.enter(|| {
            log::warn!("{}", settings::text());
            log::write(log::Level::Error, "plain");
        });
        assert_eq!(world.log(), [r#"warn: {"a":1}"#, "error: plain"]);
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let draw = || World::new().seed(3).enter(crate::random::next);
        assert_eq!(draw(), draw());
        assert_ne!(draw(), World::new().seed(4).enter(crate::random::next));
    }
}
