use std::fmt;
use std::sync::Arc;

use patchbay_company::Grants;
use patchbay_model::decision::stage::Stage;
use patchbay_model::limits::Limits;
use patchbay_model::on_failure::OnFailure;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde_json::Value;

use crate::breaker::Breaker;
use crate::cancel::CancelSignal;
use crate::care::PluginContext;
use crate::component::{ComponentBytes, Description, Digest, LoadError};
use crate::data_layer::{self, DataSet};
use crate::engine::Engine;
use crate::gate::Gate;
use crate::instance::Instance;
use crate::instance_pool::{InstancePool, PoolPermit};
use crate::loader::LoadedComponent;
use crate::runtime::Runtime;

/// What a plugin is activated from.
#[derive(Clone, Debug)]
pub struct PluginSpec {
    /// Name in the company's pipelines.
    pub name: String,
    /// Name of the pack, for the stamp.
    pub pack: String,
    /// Version of the pack.
    pub version: String,
    /// The component.
    pub component: ComponentBytes,
    /// Settings, with defaults filled in.
    pub settings: Value,
    /// Its tables and bytes.
    pub data: DataSet,
    /// What the operator grants.
    pub grants: Grants,
    /// Limits of each call and instance.
    pub limits: Limits,
    /// Version of its state format; state of another version is invisible.
    pub state_version: u32,
    /// Decisions of one instance before it is discarded; 0: one.
    pub reuse: u32,
    /// What the host does when it fails.
    pub on_failure: OnFailure,
}

/// An activated plugin, ready to decide.
pub struct Plugin {
    pack: String,
    version: String,
    pub(crate) runtime: Arc<Runtime>,
    description: Description,
    settings: Digest,
    data: Option<Digest>,
    loaded: Arc<LoadedComponent>,
    /// Whether each instance calls `prepare`, for lack of a snapshot.
    prepares_each: bool,
    pub(crate) context: PluginContext,
    limits: Limits,
    state_version: u32,
    reuse: u32,
    on_failure: OnFailure,
    pub(super) gate: Gate,
    breakers: [Breaker; 4],
    reusable: InstancePool,
}

/// Attempts to start the instance that tests a plugin. On a busy machine its
/// thread may wait for longer than a decision may last, which is no fault of the
/// plugin.
const TEST_STARTS: u32 = 3;

/// The result of `start`, of up to so many attempts while it times out.
fn repeat_after_timeout<T>(
    attempts: u32,
    mut start: impl FnMut() -> Result<T, LoadError>,
) -> Result<T, LoadError> {
    for _ in 1..attempts {
        match start() {
            Err(LoadError::Start(outcome) | LoadError::Prepare(outcome))
                if outcome.kind == OutcomeKind::Timeout => {}
            other => return other,
        }
    }
    start()
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.context.name)
            .field("component", &self.description)
            .finish_non_exhaustive()
    }
}

macro_rules! getters {
    ($( $(#[doc = $doc:literal])+ $name:ident -> $type:ty, |$it:ident| $value:expr; )+) => { $(
        $(#[doc = $doc])+
        pub fn $name(&self) -> $type {
            let $it = self;
            $value
        }
    )+ };
}

impl Plugin {
    /// Compile, link and prepare a plugin, and start one instance as a test.
    /// Takes up to seconds, unless the compiled component is cached.
    ///
    /// # Errors
    /// [`LoadError`] for everything that would fail in a decision later.
    pub fn activate(engine: &Engine, spec: PluginSpec) -> Result<Plugin, LoadError> {
        Plugin::activate_until(engine, spec, &CancelSignal::default())
    }

    /// [`activate`](Plugin::activate) that gives up when it is cancelled.
    ///
    /// # Errors
    /// As of [`activate`](Plugin::activate), and [`LoadError::Cancelled`].
    pub fn activate_until(
        engine: &Engine,
        spec: PluginSpec,
        cancel: &CancelSignal,
    ) -> Result<Plugin, LoadError> {
        let (runtime, loader) = (&engine.runtime, &engine.loader);
        let settings_text: Arc<str> = spec.settings.to_string().into();
        let settings = Digest::of(settings_text.as_bytes());
        let context = PluginContext {
            name: spec.name.into(),
            grants: Arc::new(spec.grants),
            settings: settings_text,
            data: Arc::new(spec.data),
        };
        let bytes = &spec.component;
        let limits = &spec.limits;
        let loaded = loader.load_prepared(runtime, bytes, &context, settings, limits, cancel)?;
        let built = loaded.origin.as_ref();
        let plugin = Plugin {
            pack: spec.pack,
            version: spec.version,
            runtime: Arc::clone(runtime),
            description: built.unwrap_or(&loaded.linked.description).clone(),
            settings,
            data: data_layer::digest_of(&context.data),
            prepares_each: built.is_none() && loaded.linked.description.lifecycle,
            loaded,
            context,
            gate: Gate::new(
                spec.limits.concurrency as usize,
                runtime.settings.queue_length,
            ),
            limits: spec.limits,
            state_version: spec.state_version,
            reuse: spec.reuse,
            on_failure: spec.on_failure,
            breakers: Default::default(),
            reusable: InstancePool::default(),
        };
        // Companies share the component: what one has tested holds for all.
        if !plugin.prepares_each && plugin.loaded.has_started(&plugin.limits) {
            return Ok(plugin);
        }
        let _permit = runtime
            .gate
            .enter(runtime.settings.queue_deadline)
            .map_err(LoadError::Start)?;
        let start = || plugin.start_prepared(&plugin.limits);
        match repeat_after_timeout(TEST_STARTS, start) {
            Ok(_) => {
                plugin.loaded.set_started(&plugin.limits);
                Ok(plugin)
            }
            Err(LoadError::Start(outcome)) => Err(LoadError::start(outcome)),
            Err(other) => Err(other),
        }
    }

    getters! {
        /// Name in the company's pipelines.
        name -> &str, |it| &it.context.name;
        /// Name of the pack.
        pack -> &str, |it| &it.pack;
        /// Version of the pack.
        version -> &str, |it| &it.version;
        /// The component as its author built it.
        component -> &Description, |it| &it.description;
        /// Digest of the settings.
        settings -> Digest, |it| it.settings;
        /// Digest of the names and digests of its data; `None` without data.
        data -> Option<Digest>, |it| it.data;
        /// The settings as JSON.
        settings_text -> &str, |it| &it.context.settings;
        /// Limits of each call and instance.
        limits -> &Limits, |it| &it.limits;
        /// What the operator grants.
        grants -> &Grants, |it| &it.context.grants;
        /// Version of the meaning of its state.
        state_version -> u32, |it| it.state_version;
        /// What the host does when it fails.
        on_failure -> &OnFailure, |it| &it.on_failure;
    }

    /// Digest of the snapshot its instances start from, if they do.
    pub fn snapshot(&self) -> Option<Digest> {
        let digest = self.loaded.linked.description.digest;
        (digest != self.description.digest).then_some(digest)
    }

    /// Whether it exports this stage.
    pub fn decides(&self, stage: Stage) -> bool {
        self.description.stages.contains(&stage)
    }

    /// Its breaker at a stage.
    pub fn breaker(&self, stage: Stage) -> &Breaker {
        &self.breakers[stage as usize]
    }

    /// Start a fresh instance under these limits.
    ///
    /// # Errors
    /// The outcome of a decision whose instance does not start.
    pub(crate) fn start_instance(&self, limits: &Limits) -> Result<Instance, Outcome> {
        self.start_prepared(limits).map_err(LoadError::into_outcome)
    }

    fn start_prepared(&self, limits: &Limits) -> Result<Instance, LoadError> {
        let mut instance = Instance::start(&self.runtime, &self.loaded.linked, limits)
            .map_err(LoadError::Start)?;
        if self.prepares_each {
            instance.prepare(&self.context, limits)?;
        }
        Ok(instance)
    }

    /// Take an idle instance, or start one. The caller holds the permits.
    pub(super) fn take_instance(&self) -> Result<Instance, Outcome> {
        let idle = match (self.reuse, self.prepares_each) {
            (0, true) => None,
            (0, false) => self.loaded.fresh.take(),
            _ => self.reusable.take(),
        };
        if let Some(mut instance) = idle
            && instance.adopt(&self.limits)
        {
            return Ok(instance);
        }
        self.start_instance(&self.limits)
    }

    /// Keep an instance for reuse, or discard it and start one ahead.
    pub(super) fn give_back(&self, instance: Instance) {
        if self.reuse > 0 {
            let is_reusable = !instance.is_spent() && instance.used() < self.reuse;
            if is_reusable && let Some(permit) = PoolPermit::claim(&self.runtime) {
                self.reusable.put(instance, permit);
            }
            return;
        }
        drop(instance);
        let fresh = &self.loaded.fresh;
        if self.prepares_each || fresh.len() >= self.runtime.settings.made_ahead as usize {
            return;
        }
        // If it does not start, the next decision meets and reports the error.
        if let Some(permit) = PoolPermit::claim(&self.runtime)
            && let Ok(next) = Instance::start(&self.runtime, &self.loaded.linked, &self.limits)
        {
            fresh.put(next, permit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_start_that_times_out_is_repeated() {
        for (kind, failures, expected) in [
            (OutcomeKind::Timeout, 0, (true, 1)),
            (OutcomeKind::Timeout, 2, (true, 3)),
            (OutcomeKind::Timeout, 3, (false, 3)),
            (OutcomeKind::Trapped, 1, (false, 1)),
        ] {
            let mut attempts = 0;
            let started = repeat_after_timeout(3, || {
                attempts += 1;
                match attempts > failures {
                    true => Ok(()),
                    false => Err(LoadError::Start(Outcome::plain(kind))),
                }
            });
            assert_eq!((started.is_ok(), attempts), expected, "{kind:?}");
        }
    }
}
