//! A plugin: a component with one company's settings, grants and limits, ready
//! to decide.

mod admission;
mod lease;
mod replayer;

use std::fmt;
use std::sync::Arc;

use patchbay_model::company::Grants;
use patchbay_model::decision::stage::Stage;
use patchbay_model::limits::Limits;
use patchbay_model::on_failure::OnFailure;
use serde_json::Value;

use crate::breaker::Breaker;
use crate::care::Rights;
use crate::component::{
    ComponentBytes, Description, Digest, Linked, LoadError, does_not_start, has_lifecycle,
};
use crate::engine::Engine;
use crate::gate::Gate;
use crate::instance::Instance;
use crate::prepare::call_prepare;
use crate::shelf::Shelf;

pub(crate) use admission::Admission;
pub use lease::Lease;
pub(crate) use replayer::{Again, Replayer};

/// What a plugin is made of.
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
    /// Settings, defaults filled in.
    pub settings: Value,
    /// What the operator granted.
    pub grants: Grants,
    /// What it may use.
    pub limits: Limits,
    /// Which meaning the state it keeps has; state of another is not its own.
    pub state_version: u32,
    /// Decisions an instance makes before it is thrown away; 0: one.
    pub reuse: u32,
    /// What happens when it fails.
    pub on_failure: OnFailure,
}

/// A plugin that is activated.
pub struct Plugin {
    name: Arc<str>,
    pack: String,
    version: String,
    engine: Engine,
    component: Description,
    settings: Digest,
    linked: Arc<Linked>,
    /// Whether each instance must be prepared by itself, because no picture
    /// of it can be taken.
    prepare_each: bool,
    rights: Rights,
    limits: Limits,
    state_version: u32,
    reuse: u32,
    on_failure: OnFailure,
    gate: Gate,
    breakers: [Breaker; 4],
    /// Instances kept for reuse.
    kept: Shelf,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name)
            .field("component", &self.component)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// Compile, link, prepare, and start one instance to see that it does.
    ///
    /// # Errors
    /// [`LoadError`]: everything that is wrong is found here, off the path of
    /// any interaction.
    pub fn activate(engine: &Engine, spec: PluginSpec) -> Result<Plugin, LoadError> {
        let settings_text: Arc<str> = spec.settings.to_string().into();
        let settings = Digest::of(settings_text.as_bytes());
        let rights = Rights {
            plugin: spec.name.as_str().into(),
            grants: Arc::new(spec.grants),
            settings: settings_text,
        };
        let bytes = &spec.component;
        let mut picture = engine.prepared(bytes, settings)?;
        if picture.is_none() && has_lifecycle(bytes) {
            picture = engine.prepare(bytes, &rights, settings, &spec.limits)?;
        }
        let linked = match picture {
            Some(picture) => picture,
            None => engine.load(bytes)?,
        };
        let prepare_each = linked.origin.is_none() && linked.description.lifecycle;
        let component = linked.origin.as_ref().unwrap_or(&linked.description);
        let plugin = Plugin {
            name: rights.plugin.clone(),
            pack: spec.pack,
            version: spec.version,
            engine: engine.clone(),
            component: component.clone(),
            settings,
            linked,
            prepare_each,
            gate: Gate::new(
                spec.limits.concurrency as usize,
                engine.settings().queue_length,
            ),
            rights,
            limits: spec.limits,
            state_version: spec.state_version,
            reuse: spec.reuse,
            on_failure: spec.on_failure,
            breakers: Default::default(),
            kept: Shelf::default(),
        };
        plugin.try_out()?;
        Ok(plugin)
    }

    /// One instance, so that what does not start is refused now.
    fn try_out(&self) -> Result<(), LoadError> {
        let _inside = self
            .engine
            .enter(self.engine.settings().queue_deadline)
            .map_err(LoadError::Start)?;
        let mut instance =
            Instance::start(&self.engine, &self.linked, &self.limits).map_err(does_not_start)?;
        if self.prepare_each {
            call_prepare(&mut instance, &self.rights, &self.limits)?;
        }
        Ok(())
    }

    /// Name in the company's pipelines.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Name of the pack.
    pub fn pack(&self) -> &str {
        &self.pack
    }

    /// Version of the pack.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the component is, as its author built it.
    pub fn component(&self) -> &Description {
        &self.component
    }

    /// Digest of the settings.
    pub fn settings(&self) -> Digest {
        self.settings
    }

    /// The settings themselves, as JSON.
    pub fn settings_text(&self) -> &str {
        &self.rights.settings
    }

    /// Digest of the picture its instances start from; absent where they
    /// start from the component itself.
    pub fn snapshot(&self) -> Option<Digest> {
        let digest = self.linked.description.digest;
        (digest != self.component.digest).then_some(digest)
    }

    /// What it may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What was granted to it.
    pub fn grants(&self) -> &Grants {
        &self.rights.grants
    }

    /// Which meaning the state it keeps has.
    pub fn state_version(&self) -> u32 {
        self.state_version
    }

    /// What happens when it fails.
    pub fn on_failure(&self) -> &OnFailure {
        &self.on_failure
    }

    /// Whether it makes this decision.
    pub fn decides(&self, stage: Stage) -> bool {
        self.component.stages.contains(&stage)
    }

    /// The breaker of a stage.
    pub fn breaker(&self, stage: Stage) -> &Breaker {
        &self.breakers[stage as usize]
    }
}
