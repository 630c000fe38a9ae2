use std::time::{Duration, Instant};

use patchbay_model::outcome::Outcome;

use super::active_plugin::Plugin;
use crate::gate::{Gate, GatePermit};

/// Permits for all plugins of a decision, at each plugin's gate and the
/// engine's. They are taken before the first call, so that no decision holds
/// permits while it waits for more.
pub(crate) struct Admission<'a> {
    plugins: Vec<&'a Plugin>,
    /// Time spent waiting.
    pub(crate) queued: Duration,
    _plugin_permits: Vec<GatePermit<'a>>,
    _engine_permits: GatePermit<'a>,
}

impl<'a> Admission<'a> {
    /// Wait up to `timeout` for the permits of these plugins; at least one.
    ///
    /// # Errors
    /// `overloaded`, naming the plugin where its own gate refused.
    pub(crate) fn wait_for(
        plugins: Vec<&'a Plugin>,
        timeout: Duration,
    ) -> Result<Admission<'a>, Outcome> {
        let started = Instant::now();
        Admission::acquire(plugins, |gate, permits| {
            gate.enter_many(timeout.saturating_sub(started.elapsed()), permits)
        })
    }

    /// Take the permits without waiting, if every gate keeps headroom.
    ///
    /// # Errors
    /// As [`wait_for`](Admission::wait_for).
    pub(crate) fn try_with_headroom(plugins: Vec<&'a Plugin>) -> Result<Admission<'a>, Outcome> {
        Admission::acquire(plugins, Gate::try_enter_with_headroom)
    }

    fn acquire(
        mut plugins: Vec<&'a Plugin>,
        enter: impl Fn(&'a Gate, usize) -> Result<GatePermit<'a>, Outcome>,
    ) -> Result<Admission<'a>, Outcome> {
        let started = Instant::now();
        // All callers use one order, so that no two wait for each other. The
        // engine's permits come last, so that a caller who waits for one
        // company's plugin does not delay another company.
        plugins.sort_by_key(|plugin| std::ptr::from_ref::<Plugin>(plugin));
        plugins.dedup_by_key(|plugin| std::ptr::from_ref::<Plugin>(plugin));
        let plugin_permits = plugins
            .iter()
            .map(|plugin| {
                enter(&plugin.gate, 1).map_err(|mut outcome| {
                    let detail = outcome.detail.unwrap_or_default();
                    outcome.detail = Some(format!("plugin {}: {detail}", plugin.name()));
                    outcome
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let engine_permits = enter(&plugins[0].runtime.gate, plugins.len())?;
        Ok(Admission {
            plugins,
            queued: started.elapsed(),
            _plugin_permits: plugin_permits,
            _engine_permits: engine_permits,
        })
    }

    /// Whether it holds a permit for this plugin.
    pub(crate) fn covers(&self, plugin: &Plugin) -> bool {
        self.plugins
            .iter()
            .any(|admitted| std::ptr::eq(*admitted, plugin))
    }
}
