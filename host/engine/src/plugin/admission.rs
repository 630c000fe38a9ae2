//! Admission to everything a pass will need, before any of it begins.

use std::time::{Duration, Instant};

use patchbay_model::outcome::Outcome;

use super::Plugin;
use crate::gate::Pass;

/// Places at several plugins' gates, and the engine's places for an instance of
/// each. All are had before the first policy is called: nobody holds what
/// others wait for while waiting for more.
pub(crate) struct Admission<'a> {
    plugins: Vec<&'a Plugin>,
    /// Time spent waiting.
    pub(crate) queued: Duration,
    _of_plugins: Vec<Pass<'a>>,
    _of_engine: Pass<'a>,
}

impl<'a> Admission<'a> {
    /// Wait up to `patience` for a place at each of these plugins, of which
    /// there is at least one.
    ///
    /// # Errors
    /// `overloaded`, naming the plugin whose gate stayed shut, if it was one's.
    pub(crate) fn wait_for(
        mut plugins: Vec<&'a Plugin>,
        patience: Duration,
    ) -> Result<Admission<'a>, Outcome> {
        let asked = Instant::now();
        let left = || patience.saturating_sub(asked.elapsed());
        // The same order for everybody, so that no two wait for each other; and
        // the engine's places last, so that whoever waits for one company's
        // plugin keeps nobody from another's.
        plugins.sort_by_key(|plugin| std::ptr::from_ref::<Plugin>(plugin));
        plugins.dedup_by_key(|plugin| std::ptr::from_ref::<Plugin>(plugin));
        let of_plugins = plugins
            .iter()
            .map(|plugin| {
                plugin.gate.enter(left()).map_err(|mut outcome| {
                    let detail = outcome.detail.unwrap_or_default();
                    outcome.detail = Some(format!("plugin {}: {detail}", plugin.name));
                    outcome
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let engine = &plugins[0].engine;
        let of_engine = engine.enter_with(left(), plugins.len())?;
        Ok(Admission {
            plugins,
            queued: asked.elapsed(),
            _of_plugins: of_plugins,
            _of_engine: of_engine,
        })
    }

    /// Whether it is for this plugin too.
    pub(crate) fn covers(&self, plugin: &Plugin) -> bool {
        self.plugins
            .iter()
            .any(|admitted| std::ptr::eq(*admitted, plugin))
    }
}
