//! A host to let guests loose on: engines, plugins, and what they decide about.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use patchbay_engine::component::ComponentBytes;
use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_model::company::Grants;
use patchbay_model::conversation::Trigger;
use patchbay_model::directory::Directory;
use patchbay_model::duration::Millis;
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::limits::Limits;
use patchbay_model::on_failure::OnFailure;
use patchbay_model::situation::{DraftAtHand, Exchange, Situation, Surroundings};
use patchbay_model::state::Scope;
use serde_json::json;

use crate::guests::misbehaving;

/// How long a decision waits for its place.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// When decisions are made: 2026-03-02T10:00:00Z, in milliseconds.
pub const NOW_MS: i64 = 1_772_445_600_000;
/// Seed of decisions that say none.
pub const SEED: u64 = 7;

/// An engine's settings, small enough that many engines fit one test process.
pub fn small(allocation: Allocation) -> EngineSettings {
    EngineSettings {
        instances: 32,
        allocation,
        queue_deadline: PATIENCE,
        ..EngineSettings::default()
    }
}

/// The engines a guest is served on, from a pool and on demand.
///
/// # Panics
/// When the machine has not what a pool needs.
pub fn serving() -> [&'static Engine; 2] {
    static ENGINES: [OnceLock<Engine>; 2] = [const { OnceLock::new() }; 2];
    let kinds = [Allocation::Pooling, Allocation::OnDemand];
    std::array::from_fn(|index| {
        ENGINES[index].get_or_init(|| {
            let engine = Engine::serving(small(kinds[index]), None).expect("an engine");
            keep_compiled(&engine);
            engine
        })
    })
}

/// The engine of tests and benchmarks.
///
/// # Panics
/// When the machine cannot run it.
pub fn metered() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let engine = Engine::metered(small(Allocation::OnDemand)).expect("an engine");
        keep_compiled(&engine);
        engine
    })
}

/// An engine keeps compiled code as long as a plugin uses it. One that lives as
/// long as the process spares every test the compiler.
fn keep_compiled(engine: &Engine) {
    let plugin = Plugin::activate(engine, spec(misbehaving())).expect("it is activated");
    std::mem::forget(plugin);
}

/// What a test plugin is made of: everything granted, and time enough on a busy
/// machine for whatever comes back at all.
pub fn spec(component: impl Into<ComponentBytes>) -> PluginSpec {
    PluginSpec {
        name: "guest".to_owned(),
        pack: "guest".to_owned(),
        version: "0.1.0".to_owned(),
        component: component.into(),
        settings: json!({}),
        grants: everything(),
        limits: Limits {
            deadline: Millis(500),
            ..Limits::default()
        },
        state_version: 1,
        reuse: 0,
        on_failure: OnFailure::default(),
    }
}

/// Every grant there is.
pub fn everything() -> Grants {
    Grants {
        interactions: true,
        agents: true,
        knowledge: true,
        state: [Scope::Conversation, Scope::Contact, Scope::Company].into(),
    }
}

/// A plugin of the misbehaving guest, its making changed by `change`.
///
/// # Panics
/// When it cannot be activated.
pub fn plugin(engine: &Engine, change: impl FnOnce(&mut PluginSpec)) -> Plugin {
    let mut spec = spec(misbehaving());
    change(&mut spec);
    Plugin::activate(engine, spec).expect("it is activated")
}

/// The situation in which a customer says this.
pub fn said(text: &str) -> Arc<Situation> {
    Arc::new(situation(text, NOW_MS, SEED))
}

/// The same, at another time and with other chances.
///
/// # Panics
/// When no calendar tells the time.
pub fn situation(text: &str, now_ms: i64, seed: u64) -> Situation {
    let interaction = Interaction::from_outside(json!({
        "id": "1", "channel": "chat", "text": text, "author": {"name": "Ana", "address": "@ana"}
    }));
    let interaction = interaction.expect("an interaction");
    let now = Timestamp::from_millisecond(now_ms).expect("a moment");
    Situation::of(company(), Exchange::new(interaction), now, seed)
}

/// The situation in which an agent drafts this.
///
/// # Panics
/// When it is no draft.
pub fn drafted(text: &str, composing: bool) -> Arc<Situation> {
    let draft = Draft::from_value(json!({"id": "d", "channel": "chat", "text": text}));
    Arc::new(Situation {
        draft: Some(DraftAtHand {
            draft: Arc::new(draft.expect("a draft")),
            composing,
        }),
        ..situation("hello", NOW_MS, SEED)
    })
}

/// The situation in which a trigger about this fires.
pub fn triggered(subject: &str) -> Arc<Situation> {
    let trigger = Trigger {
        subject: Some(subject.to_owned()),
        ..Trigger::of("volume-surge")
    };
    Arc::new(Situation {
        trigger: Some(Arc::new(trigger)),
        ..situation("hello", NOW_MS, SEED)
    })
}

fn company() -> Arc<Surroundings> {
    static COMPANY: OnceLock<Arc<Surroundings>> = OnceLock::new();
    Arc::clone(COMPANY.get_or_init(|| {
        let agents = serde_json::from_value(json!([{"id": "ana", "skills": {"fraud": 3}}]))
            .expect("an agent");
        let queues =
            serde_json::from_value(json!([{"id": "general", "default": true}])).expect("a queue");
        Arc::new(Surroundings::of(
            Directory::new(agents, queues).expect("a directory"),
        ))
    }))
}
