//! Runs cases in the real sandbox, on the metered engine: its budgets are the same on every
//! machine.

use std::cell::Cell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_engine::cache::AotCache;
use patchbay_engine::config::EngineSettings;
use patchbay_engine::engine::{Engine, EngineError};
use patchbay_engine::plugin::{Plugin, PluginSpec};
use patchbay_model::limits::Limits;
use patchbay_model::on_failure::OnFailure;
use serde::Serialize;
use serde_json::Value;

use super::case_run::CaseRun;
use super::expect::{Mismatch, compare};
use super::{Case, CaseError, advice, case_data};
use patchbay_pack::Pack;

/// Result of one step.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Number of the step, from 1.
    pub step: usize,
    /// Every field that is not as expected.
    pub mismatches: Vec<Mismatch>,
    /// What happens: `classify`, `route`, `tone`, `escalate` or `advance`.
    pub event: &'static str,
    /// The decision; absent for `advance`.
    pub decision: Option<Value>,
    /// What to do about a policy that did not end `ok`, where the host knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// Result of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// The file.
    pub path: PathBuf,
    /// What the case shows.
    pub note: String,
    /// The steps run.
    pub steps: Vec<StepReport>,
    /// Why the case was not run to its end.
    pub error: Option<String>,
}

impl CaseReport {
    fn new(path: &Path) -> CaseReport {
        CaseReport {
            path: path.to_owned(),
            note: String::new(),
            steps: Vec::new(),
            error: None,
        }
    }

    /// Whether every step ran and is as expected.
    pub fn passed(&self) -> bool {
        self.error.is_none() && self.steps.iter().all(|step| step.mismatches.is_empty())
    }
}

/// Runs the cases of one pack.
pub struct CaseRunner<'a> {
    pack: &'a Pack,
    engine: Engine,
    /// The plugin activated with each settings and the pack's own data.
    plugins: HashMap<String, Arc<Plugin>>,
    prepared: usize,
}

/// Name of the one plugin.
const NAME: &str = "care";

impl<'a> CaseRunner<'a> {
    /// Creates a runner for a pack, with an engine of its own. The component is compiled once, or
    /// comes from the cache; each instance calls `prepare`, which costs less than to compile a
    /// snapshot for each settings.
    ///
    /// # Errors
    /// When this machine cannot run the metered engine.
    pub fn new(pack: &'a Pack, cache: Option<AotCache>) -> Result<CaseRunner<'a>, EngineError> {
        let settings = EngineSettings {
            snapshots: false,
            ..EngineSettings::default()
        };
        Ok(CaseRunner {
            pack,
            engine: Engine::metered_with_cache(settings, cache)?,
            plugins: HashMap::new(),
            prepared: 0,
        })
    }

    /// Times that it prepared the policy: once for each distinct settings of the cases, and for each
    /// case with data of its own.
    pub fn prepared(&self) -> usize {
        self.prepared
    }

    /// Runs the case in a file.
    pub fn run(&mut self, path: &Path) -> CaseReport {
        let mut report = CaseReport::new(path);
        let case = Case::read(path);
        let result = case.and_then(|case| self.run_case(&case, &mut report, &|| true));
        report.error = result.err().map(|error| error.to_string());
        report
    }

    /// Runs a case from the text of its file; `None` if `should_continue` was false
    /// before one of its steps.
    pub fn run_text(
        &mut self,
        path: &Path,
        text: &str,
        should_continue: &dyn Fn() -> bool,
    ) -> Option<CaseReport> {
        let mut report = CaseReport::new(path);
        let interrupted = Cell::new(false);
        let goes_on = || {
            interrupted.set(!should_continue());
            !interrupted.get()
        };
        let case = Case::parse(path, text);
        let result = case.and_then(|case| self.run_case(&case, &mut report, &goes_on));
        report.error = result.err().map(|error| error.to_string());
        (!interrupted.get()).then_some(report)
    }

    fn run_case(
        &mut self,
        case: &Case,
        report: &mut CaseReport,
        should_continue: &dyn Fn() -> bool,
    ) -> Result<(), CaseError> {
        report.note.clone_from(&case.note);
        let path = report.path.clone();
        self.run_steps(case, &mut report.steps, should_continue)
            .map_err(|message| CaseError::new(&path, message))
    }

    /// Runs the steps until one fails or `should_continue` is false before one.
    fn run_steps(
        &mut self,
        case: &Case,
        reports: &mut Vec<StepReport>,
        should_continue: &dyn Fn() -> bool,
    ) -> Result<(), String> {
        let plugin = self.plugin(case)?;
        let mut run = CaseRun::start(case, &plugin)?;
        for (index, step) in case.steps.iter().enumerate() {
            if !should_continue() {
                return Ok(());
            }
            let number = index + 1;
            let decision = run
                .step(step)
                .map_err(|message| format!("step {number}: {message}"))?;
            let decision =
                decision.map(|decision| serde_json::to_value(decision).unwrap_or(Value::Null));
            let expected = step.expect.as_ref();
            reports.push(StepReport {
                step: number,
                event: step.event().map_or("", |event| event.name()),
                mismatches: expected.map_or_else(Vec::new, |it| compare(it, decision.as_ref())),
                advice: decision.as_ref().and_then(advice::of_decision),
                decision,
            });
        }
        Ok(())
    }

    fn plugin(&mut self, case: &Case) -> Result<Arc<Plugin>, String> {
        let settings = self
            .pack
            .complete_settings(Value::Object(case.settings.clone()))
            .map_err(|problems| {
                let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
                format!("settings: {}", texts.join("; "))
            })?;
        let key = settings.to_string();
        let has_own_data = case.data.is_empty();
        if let Some(known) = self.plugins.get(&key).filter(|_| has_own_data) {
            return Ok(Arc::clone(known));
        }
        let data = case_data::replaced(&self.pack.data, &case.data)?;
        let engine = &self.engine;
        let ceiling = &engine.settings().ceiling;
        let limits = Limits::resolve(ceiling, &self.pack.limits, &Default::default()).map_err(
            |_| "the pack's limits exceed the engine's ceiling; lower them in pack.toml",
        )?;
        let spec = PluginSpec {
            name: NAME.to_owned(),
            pack: self.pack.name.clone(),
            version: self.pack.version.to_string(),
            component: self.pack.component.clone(),
            settings,
            data,
            grants: self.pack.needs.clone(),
            limits,
            state_version: self.pack.state_version,
            reuse: 0,
            on_failure: OnFailure::default(),
        };
        self.prepared += 1;
        let plugin = Arc::new(Plugin::activate(engine, spec).map_err(|error| {
            let message = error.to_string();
            match advice::of_texts([message.as_str()]) {
                Some(advice) => format!("{message}; {advice}"),
                None => message,
            }
        })?);
        if has_own_data {
            self.plugins.insert(key, Arc::clone(&plugin));
        }
        Ok(plugin)
    }
}
