//! The policy as a component, called as the server calls it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::Engine;
use patchbay_engine::pipeline::Pipelines;
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_model::decision::stage::Stage;
use patchbay_model::on_failure::OnFailure;
use patchbay_model::situation::Situation;
use patchbay_pack::Pack;
use patchbay_pack_build::{BuildOptions, open_pack};
use serde_json::{Value, json};

use super::Contender;
use crate::answer::Answer;
use crate::company::{TEXTS, directory, settings, situation};

/// Longer than any wait.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The guest.
pub struct Packs {
    /// The policy.
    pub policy: Pack,
}

impl Packs {
    /// Builds the guest.
    ///
    /// # Panics
    /// If the build fails.
    pub fn build() -> Packs {
        Packs {
            policy: open("guest"),
        }
    }
}

/// Builds the guest in a directory of this crate.
///
/// # Panics
/// If the build fails.
pub fn open(directory: &str) -> Pack {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let options = BuildOptions {
        quiet: true,
        ..BuildOptions::default()
    };
    open_pack(&path, &options).unwrap_or_else(|error| panic!("{directory}: {error}"))
}

/// An engine that prepares this many instances.
///
/// # Panics
/// If the machine lacks the memory map for a pool.
pub fn engine(made_ahead: u32) -> Engine {
    let settings = EngineSettings {
        made_ahead,
        ..EngineSettings::default()
    };
    Engine::serving(settings, None).expect("an engine")
}

/// What to activate of a pack.
pub fn spec(pack: &Pack, settings: Value, reuse: u32) -> PluginSpec {
    PluginSpec {
        name: "bench".to_owned(),
        pack: pack.name.clone(),
        version: pack.version.to_string(),
        component: pack.component.clone(),
        settings,
        data: pack.data.clone(),
        grants: pack.needs.clone(),
        limits: Default::default(),
        state_version: pack.state_version,
        reuse,
        on_failure: OnFailure::default(),
    }
}

/// A component behind a pipeline.
pub struct Component {
    name: &'static str,
    pipelines: Pipelines,
    situations: Vec<Arc<Situation>>,
}

impl Component {
    /// The policy.
    pub fn new(name: &'static str, engine: &Engine, packs: &Packs, reuse: u32) -> Component {
        Component::of(name, engine, spec(&packs.policy, settings(), reuse))
    }

    /// The policy in another language.
    pub fn of_pack(name: &'static str, engine: &Engine, pack: &Pack, reuse: u32) -> Component {
        Component::of(name, engine, spec(pack, settings(), reuse))
    }

    /// The same policy, set to decline.
    pub fn idle(name: &'static str, engine: &Engine, packs: &Packs, reuse: u32) -> Component {
        let mut settings = settings();
        settings["idle"] = json!(true);
        Component::of(name, engine, spec(&packs.policy, settings, reuse))
    }

    fn of(name: &'static str, engine: &Engine, spec: PluginSpec) -> Component {
        let plugin =
            Plugin::activate(engine, spec).unwrap_or_else(|error| panic!("{name}: {error}"));
        let plugin = Arc::new(plugin);
        let mut pipelines = Pipelines::new("general");
        pipelines.push(Stage::Classify, Arc::clone(&plugin));
        pipelines.push(Stage::Route, plugin);
        let directory = directory();
        Component {
            name,
            pipelines,
            situations: TEXTS
                .iter()
                .map(|text| situation(&directory, text))
                .collect(),
        }
    }

    /// One call of `classify`.
    pub fn classify(&self) -> Duration {
        let started = Instant::now();
        let mut pass = self.pipelines.begin([Stage::Classify], TIMEOUT);
        let decided = pass.classify(&self.situations[0]);
        let took = started.elapsed();
        drop(pass);
        drop(decided);
        took
    }

    /// Two calls in one pass: the difference to one call is the cost of a call.
    pub fn classify_twice(&self) -> Duration {
        let started = Instant::now();
        let mut pass = self.pipelines.begin([Stage::Classify], TIMEOUT);
        let first = pass.classify(&self.situations[0]);
        let second = pass.classify(&self.situations[0]);
        let took = started.elapsed();
        drop(pass);
        drop((first, second));
        took
    }
}

impl Contender for Component {
    fn name(&self) -> &'static str {
        self.name
    }

    fn decide(&mut self, text: usize) -> (Answer, Duration) {
        let situation = &self.situations[text];
        let started = Instant::now();
        let mut pass = self
            .pipelines
            .begin([Stage::Classify, Stage::Route], TIMEOUT);
        let classified = pass.classify(situation);
        let assessment = classified
            .answer
            .map(|merged| Arc::new(merged.classification));
        let classified_situation = Arc::new(Situation {
            assessment: assessment.clone(),
            ..Situation::clone(situation)
        });
        let routed = pass.route(&classified_situation);
        let took = started.elapsed();
        drop(pass);
        drop(classified_situation);
        let (Some(assessment), Some(plan)) = (assessment, routed.answer) else {
            panic!(
                "{}: {:?} {:?}",
                self.name, classified.outcome, routed.outcome
            );
        };
        let answer = Answer {
            classification: Arc::unwrap_or_clone(assessment),
            plan,
        };
        (answer, took)
    }
}
