//! Admission to everything a pass will need, before any of it begins.

use std::time::{Duration, Instant};

use patchbay_model::outcome::Outcome;

use super::Plugin;
use crate::engine::Engine;
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
        plugins: Vec<&'a Plugin>,
        patience: Duration,
    ) -> Result<Admission<'a>, Outcome> {
        let asked = Instant::now();
        let left = || patience.saturating_sub(asked.elapsed());
        Admission::to(
            plugins,
            |plugin| plugin.gate.enter(left()),
            |engine, places| engine.enter_with(left(), places),
        )
    }

    /// A place at each of these plugins, of which there is at least one, where
    /// everywhere one is left for others.
    ///
    /// # Errors
    /// As [`wait_for`](Admission::wait_for).
    pub(crate) fn aside(plugins: Vec<&'a Plugin>) -> Result<Admission<'a>, Outcome> {
        Admission::to(
            plugins,
            |plugin| plugin.gate.slip_in(1),
            |engine, places| engine.slip_in(places),
        )
    }

    fn to(
        mut plugins: Vec<&'a Plugin>,
        enter: impl Fn(&'a Plugin) -> Result<Pass<'a>, Outcome>,
        enter_engine: impl Fn(&'a Engine, usize) -> Result<Pass<'a>, Outcome>,
    ) -> Result<Admission<'a>, Outcome> {
        let asked = Instant::now();
        // The same order for everybody, so that no two wait for each other; and
        // the engine's places last, so that whoever waits for one company's
        // plugin keeps nobody from another's.
        plugins.sort_by_key(|plugin| std::ptr::from_ref::<Plugin>(plugin));
        plugins.dedup_by_key(|plugin| std::ptr::from_ref::<Plugin>(plugin));
        let of_plugins = plugins
            .iter()
            .map(|plugin| {
                enter(plugin).map_err(|mut outcome| {
                    let detail = outcome.detail.unwrap_or_default();
                    outcome.detail = Some(format!("plugin {}: {detail}", plugin.name));
                    outcome
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let engine = &plugins[0].engine;
        let of_engine = enter_engine(engine, plugins.len())?;
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
