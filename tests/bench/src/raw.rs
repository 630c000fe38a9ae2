//! The policy's component on wasmtime alone with a minimal host, for settings that
//! the engine does not expose. Compare settings with each other, not with the
//! real host.
#![allow(dead_code, reason = "the records of the contract are read back whole")]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use patchbay_model::decision::classification::Classification;
use patchbay_model::directory::Directory;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentType, Instance, InstancePre, Lift, Linker, Lower,
    Resource, ResourceType, WasmList,
};
use wasmtime::{Config, Engine, Store};
use wasmtime_wizer::{ComponentInstanceState, Wizer};

use crate::company::{SETTINGS, TEXT, directory, find_agents};
use crate::contenders::{Contender as _, Native};

/// `patchbay:care/types.intent`.
#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
struct Intent {
    name: String,
    confidence: f64,
}

/// `patchbay:care/agents.skill`.
#[derive(Clone, Debug, ComponentType, Lift, Lower)]
#[component(record)]
struct Skill {
    name: String,
    proficiency: u8,
}

/// `patchbay:care/agents.query`.
#[derive(Clone, Debug, ComponentType, Lift)]
#[component(record)]
struct Query {
    skills: Vec<Skill>,
    language: Option<String>,
    queue: Option<String>,
    team: Option<String>,
    site: Option<String>,
    present: bool,
    limit: u32,
}

/// `patchbay:care/agents.agent-summary`.
#[derive(Debug, ComponentType, Lower)]
#[component(record)]
struct AgentSummary {
    id: String,
    presence: String,
    load: u32,
    capacity: u32,
    #[component(name = "idle-seconds")]
    idle_seconds: Option<u32>,
    proficiencies: Vec<u8>,
}

/// `patchbay:care/agents.summary-page`.
#[derive(Debug, ComponentType, Lower)]
#[component(record)]
struct SummaryPage {
    items: Vec<AgentSummary>,
    total: u32,
    truncated: bool,
}

/// `patchbay:classification/classification.personal-data`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct PersonalData {
    kind: String,
    start: u32,
    end: u32,
}

/// `patchbay:classification/classification.classification`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct Classified {
    intents: Vec<Intent>,
    topics: Vec<String>,
    sentiment: Option<f64>,
    urgency: Option<u8>,
    language: Option<String>,
    spam: Option<f64>,
    abuse: Option<f64>,
    #[component(name = "reply-expected")]
    reply_expected: Option<bool>,
    #[component(name = "personal-data")]
    personal_data: Vec<PersonalData>,
    why: String,
}

/// `patchbay:routing/routing.target`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct Target {
    kind: String,
    id: Option<String>,
    queue: Option<String>,
    until: Option<u64>,
    #[component(name = "while-away")]
    while_away: Option<bool>,
}

/// `patchbay:routing/routing.step`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct Step {
    skills: Vec<Skill>,
    languages: Vec<String>,
    #[component(name = "minimum-agents")]
    minimum_agents: Option<u32>,
    #[component(name = "expires-after")]
    expires_after: Option<u32>,
}

/// `patchbay:routing/routing.preference`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct Preference {
    agent: String,
    score: u8,
}

/// `patchbay:routing/routing.sla-target`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct SlaTarget {
    clock: String,
    seconds: u32,
}

/// `patchbay:routing/routing.route-plan`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct Plan {
    target: Target,
    steps: Vec<Step>,
    preferences: Vec<Preference>,
    excluded: Vec<String>,
    priority: Option<u8>,
    #[component(name = "offer-timeout")]
    offer_timeout: Option<u32>,
    sla: Vec<SlaTarget>,
    tags: Vec<String>,
    why: String,
}

/// `patchbay:lifecycle/lifecycle.problem`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
struct Problem {
    path: String,
    message: String,
}

/// Type of all handles.
enum Handle {}

type Classify = (Result<Option<Classified>, String>,);
type Route = (Result<Option<Plan>, String>,);
type Prepare = (Result<(), Vec<Problem>>,);

/// State of the minimal host.
struct Host {
    directory: Arc<Directory>,
    classification: Arc<Classification>,
}

/// A compiled component, ready to instantiate.
pub struct Guest {
    engine: Engine,
    pre: InstancePre<Host>,
    classify: ComponentExportIndex,
    route: ComponentExportIndex,
    prepare: ComponentExportIndex,
    fuel: bool,
    directory: Arc<Directory>,
    classification: Arc<Classification>,
    intents: usize,
    preferences: usize,
}

/// An instance and its store.
pub struct Living {
    store: Store<Host>,
    instance: Instance,
}

impl Guest {
    /// Compiles a component with a configuration.
    ///
    /// # Panics
    /// If the component is not valid or wasmtime does not start.
    pub fn new(config: &Config, component: &[u8]) -> Guest {
        let engine = Engine::new(config).unwrap_or_else(|error| panic!("{error:?}"));
        let component = Component::new(&engine, component).expect("compiles");
        let mut linker = Linker::new(&engine);
        link(&mut linker).expect("links");
        linker
            .define_unknown_imports_as_traps(&component)
            .expect("links");
        let pre = linker
            .instantiate_pre(&component)
            .unwrap_or_else(|error| panic!("{error:?}"));
        let export = |interface: &str, function: &str| {
            let interface = component
                .get_export_index(None, interface)
                .expect("an interface");
            component
                .get_export_index(Some(&interface), function)
                .expect("a function")
        };
        let (answer, _) = Native::new().decide(0);
        Guest {
            classify: export("patchbay:classification/classification@0.1.0", "classify"),
            route: export("patchbay:routing/routing@0.1.0", "route"),
            prepare: export("patchbay:lifecycle/lifecycle@0.1.0", "prepare"),
            fuel: engine.get_consume_fuel(),
            engine,
            pre,
            directory: directory(),
            intents: answer.classification.intents.len(),
            preferences: answer.plan.preferences.len(),
            classification: Arc::new(answer.classification),
        }
    }

    /// A fresh instance.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(&self) -> Living {
        let host = Host {
            directory: Arc::clone(&self.directory),
            classification: Arc::clone(&self.classification),
        };
        let mut store = Store::new(&self.engine, host);
        store.set_hostcall_fuel(1 << 20);
        if self.fuel {
            store.set_fuel(u64::MAX / 2).expect("fuel");
        } else {
            store.set_epoch_deadline(u64::MAX / 2);
        }
        let instance = self.pre.instantiate(&mut store).expect("starts");
        Living { store, instance }
    }

    /// Prepares an instance with the settings.
    ///
    /// # Panics
    /// If it traps or rejects them.
    pub fn prepare(&self, living: &mut Living) {
        let Living { store, instance } = living;
        let prepare = instance
            .get_typed_func::<(&str,), Prepare>(&mut *store, self.prepare)
            .expect("a type");
        let (result,) = prepare.call(store, (SETTINGS,)).expect("prepares");
        result.expect("valid settings");
    }

    /// Classifies and routes with an instance.
    ///
    /// # Panics
    /// If it traps or gives another answer than the policy.
    pub fn decide(&self, living: &mut Living) {
        let Living { store, instance } = living;
        let handle = || Resource::<Handle>::new_own(0);
        let classify = instance
            .get_typed_func::<(Resource<Handle>,), Classify>(&mut *store, self.classify)
            .expect("a type");
        let (classified,) = classify.call(&mut *store, (handle(),)).expect("classifies");
        let route = instance
            .get_typed_func::<(Resource<Handle>,), Route>(&mut *store, self.route)
            .expect("a type");
        let (plan,) = route.call(&mut *store, (handle(),)).expect("routes");
        let (Ok(Some(classified)), Ok(Some(plan))) = (classified, plan) else {
            panic!("no answer");
        };
        assert_eq!(classified.intents.len(), self.intents);
        assert_eq!(plan.preferences.len(), self.preferences);
    }

    /// Instantiates, decides, drops.
    pub fn fresh(&self) -> Duration {
        let started = Instant::now();
        let mut living = self.start();
        self.decide(&mut living);
        drop(living);
        started.elapsed()
    }

    /// Instantiates, prepares, decides, drops.
    pub fn fresh_prepared(&self) -> Duration {
        let started = Instant::now();
        let mut living = self.start();
        self.prepare(&mut living);
        self.decide(&mut living);
        drop(living);
        started.elapsed()
    }

    /// Instantiates and drops.
    pub fn start_alone(&self) -> Duration {
        let started = Instant::now();
        drop(self.start());
        started.elapsed()
    }
}

fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    let resource = || ResourceType::host::<Handle>();
    let mut types = linker.instance("patchbay:care/types@0.1.1")?;
    for name in [
        "attachment",
        "contact",
        "interaction",
        "assessment",
        "conversation",
        "draft",
        "trigger",
    ] {
        types.resource(name, resource(), |_, _| Ok(()))?;
    }
    type This = (Resource<Handle>,);
    types.func_wrap("[method]interaction.text", |_, _: This| {
        Ok((TEXT.to_owned(),))
    })?;
    types.func_wrap("[method]conversation.assessment", |_, _: This| {
        Ok((Some(Resource::<Handle>::new_own(0)),))
    })?;
    types.func_wrap("[method]assessment.intents", |store, _: This| {
        let intents: Vec<Intent> = store
            .data()
            .classification
            .intents
            .iter()
            .map(|intent| Intent {
                name: intent.name.clone(),
                confidence: intent.confidence,
            })
            .collect();
        Ok((intents,))
    })?;
    types.func_wrap("[method]assessment.sentiment", |store, _: This| {
        Ok((store.data().classification.sentiment,))
    })?;
    types.func_wrap("[method]assessment.urgency", |store, _: This| {
        Ok((store.data().classification.urgency,))
    })?;
    let mut agents = linker.instance("patchbay:care/agents@0.1.1")?;
    for name in ["agent", "queue"] {
        agents.resource(name, resource(), |_, _| Ok(()))?;
    }
    agents.func_wrap("find-summaries", |store, (query,): (Query,)| {
        let skill = &query.skills[0];
        let directory = &store.data().directory;
        let page = find_agents(directory, &skill.name, skill.proficiency, query.limit);
        let items = page.items.iter().map(|agent| AgentSummary {
            id: agent.id.clone(),
            presence: agent.presence.as_str().to_owned(),
            load: agent.load,
            capacity: agent.capacity,
            idle_seconds: agent.idle,
            proficiencies: vec![agent.skills.get(&skill.name).copied().unwrap_or(0)],
        });
        Ok((SummaryPage {
            items: items.collect(),
            total: page.total,
            truncated: page.truncated,
        },))
    })?;
    linker
        .instance("patchbay:care/knowledge@0.1.1")?
        .resource("article", resource(), |_, _| Ok(()))?;
    let mut seed = linker.instance("wasi:random/insecure-seed@0.2.6")?;
    seed.func_wrap("insecure-seed", |_, ()| Ok(((7_u64, 11_u64),)))?;
    seed.func_wrap("get-insecure-seed", |_, ()| Ok(((7_u64, 11_u64),)))?;
    Ok(())
}

/// The component's snapshot after `prepare`.
///
/// # Panics
/// If no snapshot can be taken.
pub fn snapshot(component: &[u8]) -> Vec<u8> {
    let wizer = Wizer::new();
    let (context, instrumented) = wizer.instrument_component(component).expect("instruments");
    let guest = Guest::new(&Config::new(), &instrumented);
    let mut living = guest.start();
    guest.prepare(&mut living);
    living.store.set_hostcall_fuel(1 << 30);
    let snapshot = wizer.snapshot_component(&context, &mut living);
    let mut snapshot = pin!(snapshot);
    match snapshot
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(snapshot) => snapshot.expect("a snapshot"),
        Poll::Pending => unreachable!("nothing waits"),
    }
}

impl Living {
    fn read<R: Lift + 'static, T>(
        &mut self,
        interface: &str,
        function: &str,
        look: impl FnOnce(&Store<Host>, R) -> T,
    ) -> T {
        let Living { store, instance } = self;
        let (_, interface) = instance
            .get_export(&mut *store, None, interface)
            .expect("an interface");
        let (_, index) = instance
            .get_export(&mut *store, Some(&interface), function)
            .expect("an accessor");
        let accessor = instance
            .get_typed_func::<(), (R,)>(&mut *store, index)
            .expect("a type");
        let (value,) = accessor.call(&mut *store, ()).expect("reads");
        look(store, value)
    }
}

impl ComponentInstanceState for Living {
    async fn call_func_ret_list_u8(
        &mut self,
        instance: &str,
        function: &str,
        contents: impl FnOnce(&[u8]) + Send,
    ) {
        self.read(instance, function, |store, list: WasmList<u8>| {
            contents(list.as_le_slice(store))
        });
    }

    async fn call_func_ret_s32(&mut self, instance: &str, function: &str) -> i32 {
        self.read(instance, function, |_, value| value)
    }

    async fn call_func_ret_s64(&mut self, instance: &str, function: &str) -> i64 {
        self.read(instance, function, |_, value| value)
    }

    async fn call_func_ret_f32(&mut self, instance: &str, function: &str) -> u32 {
        self.read(instance, function, |_, value: f32| value.to_bits())
    }

    async fn call_func_ret_f64(&mut self, instance: &str, function: &str) -> u64 {
        self.read(instance, function, |_, value: f64| value.to_bits())
    }
}
