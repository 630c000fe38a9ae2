//! Engines, plugins and situations for test guests.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use patchbay_company::Grants;
use patchbay_config::duration::Millis;
use patchbay_engine::component::ComponentBytes;
use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_engine::engine::Engine;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_model::conversation::{Trigger, TriggerCode};
use patchbay_model::directory::Directory;
use patchbay_model::interaction::{Draft, Interaction};
use patchbay_model::limits::Limits;
use patchbay_model::on_failure::OnFailure;
use patchbay_model::situation::{DraftInput, Exchange, Situation, Surroundings};
use patchbay_model::state::Scope;
use serde_json::json;

use crate::guests::misbehaving;

/// How long a decision waits for an instance.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// Time of decisions: 2026-03-02T10:00:00Z, in milliseconds.
pub const NOW_MS: i64 = 1_772_445_600_000;
/// Default seed of decisions.
pub const SEED: u64 = 7;

/// Settings small enough for many engines in one test process.
pub fn small(allocation: Allocation) -> EngineSettings {
    EngineSettings {
        instances: 32,
        allocation,
        queue_deadline: TIMEOUT,
        ..EngineSettings::default()
    }
}

/// A pooling and an on-demand engine, shared by the tests of a process.
///
/// # Panics
/// If the machine lacks the memory map for a pool.
pub fn serving() -> [&'static Engine; 2] {
    static ENGINES: [OnceLock<Engine>; 2] = [const { OnceLock::new() }; 2];
    let kinds = [Allocation::Pooling, Allocation::OnDemand];
    std::array::from_fn(|index| {
        ENGINES[index].get_or_init(|| {
            let engine = Engine::serving(small(kinds[index]), None).expect("an engine");
            pin_compiled_code(&engine);
            engine
        })
    })
}

/// The engine that meters fuel, shared by the tests of a process.
///
/// # Panics
/// If the machine cannot run it.
pub fn metered() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let engine = Engine::metered(small(Allocation::OnDemand)).expect("an engine");
        pin_compiled_code(&engine);
        engine
    })
}

/// An engine caches compiled code while a plugin uses it. This plugin lives as
/// long as the process, so that the tests do not compile again.
fn pin_compiled_code(engine: &Engine) {
    let plugin = Plugin::activate(engine, spec(misbehaving())).expect("activated");
    std::mem::forget(plugin);
}

/// A plugin with all grants and a deadline for a busy machine.
pub fn spec(component: impl Into<ComponentBytes>) -> PluginSpec {
    PluginSpec {
        name: "guest".to_owned(),
        pack: "guest".to_owned(),
        version: "0.1.0".to_owned(),
        component: component.into(),
        settings: json!({}),
        data: Default::default(),
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

/// All grants.
pub fn everything() -> Grants {
    Grants {
        interactions: true,
        agents: true,
        knowledge: true,
        contacts: true,
        state: [Scope::Conversation, Scope::Contact, Scope::Company].into(),
    }
}

/// A plugin of the misbehaving guest; `change` edits its spec.
///
/// # Panics
/// If the activation fails.
pub fn plugin(engine: &Engine, change: impl FnOnce(&mut PluginSpec)) -> Plugin {
    let mut spec = spec(misbehaving());
    change(&mut spec);
    Plugin::activate(engine, spec).expect("activated")
}

/// A customer writes this text.
pub fn said(text: &str) -> Arc<Situation> {
    Arc::new(situation(text, NOW_MS, SEED))
}

/// A customer of this number writes this text.
///
/// # Panics
/// If the interaction is not valid.
pub fn said_by(customer: u32, text: &str) -> Arc<Situation> {
    let mut said = situation(text, NOW_MS, SEED);
    let interaction = Interaction::from_outside(json!({
        "id": customer.to_string(), "channel": "chat", "text": text,
        "author": {"address": format!("@customer-{customer}")}
    }));
    said.exchange = Some(Arc::new(Exchange::new(
        interaction.expect("an interaction"),
    )));
    Arc::new(said)
}

/// A customer writes this text, at this time and with this seed.
///
/// # Panics
/// If the time is out of range.
pub fn situation(text: &str, now_ms: i64, seed: u64) -> Situation {
    let interaction = Interaction::from_outside(json!({
        "id": "1", "channel": "chat", "text": text, "author": {"name": "Ana", "address": "@ana"}
    }));
    let interaction = interaction.expect("an interaction");
    let now = Timestamp::from_millisecond(now_ms).expect("a time");
    Situation::of(company(), Exchange::new(interaction), now, seed)
}

/// An agent drafts this reply.
///
/// # Panics
/// If the draft is not valid.
pub fn drafted(text: &str, composing: bool) -> Arc<Situation> {
    let draft = Draft::from_value(json!({"id": "d", "channel": "chat", "text": text}));
    Arc::new(Situation {
        draft: Some(DraftInput {
            draft: Arc::new(draft.expect("a draft")),
            composing,
        }),
        ..situation("hello", NOW_MS, SEED)
    })
}

/// A trigger with this subject fires.
pub fn triggered(subject: &str) -> Arc<Situation> {
    let trigger = Trigger {
        subject: Some(subject.to_owned()),
        ..Trigger::of(TriggerCode::VolumeSurge)
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
