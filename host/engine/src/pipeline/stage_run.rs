use patchbay_model::outcome::{Outcome, OutcomeKind};

use crate::decision::{Fallback, PluginResult, StageResult};

/// The results of a stage while its plugins are being called.
pub(super) struct StageRun<'a, A> {
    /// Answers with the names of their plugins.
    pub(super) answers: Vec<(&'a str, A)>,
    pub(super) fallback: Option<Fallback>,
    results: Vec<PluginResult>,
    /// Outcome of the first plugin that failed or was not called for overload.
    worst: Option<Outcome>,
    overloaded: bool,
}

impl<A> Default for StageRun<'_, A> {
    fn default() -> Self {
        StageRun {
            answers: Vec::new(),
            fallback: None,
            results: Vec::new(),
            worst: None,
            overloaded: false,
        }
    }
}

impl<'a, A> StageRun<'a, A> {
    /// Add the result of one plugin; `rule` applies if it failed.
    pub(super) fn add(
        &mut self,
        plugin: &'a str,
        answer: Option<A>,
        result: PluginResult,
        rule: &'static str,
    ) {
        let kind = result.outcome;
        let overloaded = kind == OutcomeKind::Overloaded;
        self.overloaded |= overloaded;
        if overloaded || kind.is_failure() {
            self.worst.get_or_insert_with(|| result.full_outcome());
        }
        if kind.is_failure() {
            self.fallback.get_or_insert_with(|| Fallback {
                stage: result.stage,
                rule,
                plugin: Some(plugin.to_owned()),
                because: format!("{plugin} ended {kind}"),
            });
        }
        self.results.push(result);
        self.answers.extend(answer.map(|answer| (plugin, answer)));
    }

    /// Whether the host was too busy for a plugin: no fallback, try again.
    pub(super) fn is_overloaded(&self) -> bool {
        self.overloaded
    }

    pub(super) fn finish<B>(self, answer: Option<B>) -> StageResult<B> {
        let outcome = self.worst.unwrap_or_else(|| {
            let mut outcomes = self.results.iter().map(|result| result.outcome);
            Outcome::plain(match outcomes.any(|kind| kind == OutcomeKind::Ok) {
                true => OutcomeKind::Ok,
                false => OutcomeKind::Declined,
            })
        });
        StageResult {
            answer,
            outcome,
            plugins: self.results,
            fallback: self.fallback,
        }
    }
}
