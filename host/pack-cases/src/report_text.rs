//! The text of a case's report, for a person.

use patchbay_config::excerpt::shortened;
use serde_json::Value;

use super::{CaseReport, StepReport};

/// Frames of a call stack that are shown.
const FRAMES: usize = 8;
/// What the standard library prints after a panic; a policy has no environment.
const BACKTRACE_NOTE: &str = "note: run with `RUST_BACKTRACE=1`";

impl CaseReport {
    /// The lines of the report: of a failed case every mismatch, how the policy ended, its log, and
    /// advice; of a passed case its name.
    pub fn lines(&self) -> Vec<String> {
        let path = self.path.display();
        if self.passed() {
            let note = match self.note.as_str() {
                "" => String::new(),
                note => format!("  {note}"),
            };
            return vec![format!("ok      {path}{note}")];
        }
        let mut lines = vec![format!("FAILED  {path}")];
        if !self.note.is_empty() {
            lines.push(format!("  {}", self.note));
        }
        for step in &self.steps {
            step.describe(&mut lines);
        }
        if let Some(error) = &self.error {
            lines.extend(error.lines().map(|line| format!("  {line}")));
        }
        lines
    }

    /// The report in one line, without the path.
    pub fn summary(&self) -> String {
        if let Some(error) = &self.error {
            return format!("cannot be run: {}", error.replace('\n', "; "));
        }
        let mut failed = self.steps.iter().filter(|step| !step.mismatches.is_empty());
        let Some((step, first)) = failed
            .next()
            .and_then(|step| Some((step, step.mismatches.first()?)))
        else {
            return "passes".to_owned();
        };
        let found = first.found.as_ref();
        let found = found.map_or("nothing".to_owned(), ToString::to_string);
        let mut summary = format!(
            "fails at step {} ({}): {} should be {} and is {found}",
            step.step,
            step.event,
            name_of(&first.path),
            first.expected
        );
        if let Some(detail) = step.detail() {
            summary += &format!(" ({detail})");
        }
        if let Some(advice) = &step.advice {
            summary += &format!("; {advice}");
        }
        summary
    }
}

impl StepReport {
    fn describe(&self, lines: &mut Vec<String>) {
        if self.mismatches.is_empty() {
            return;
        }
        for mismatch in &self.mismatches {
            let found = mismatch.found.as_ref();
            let found = found.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            lines.push(format!(
                "  step {} ({}): {}",
                self.step,
                self.event,
                name_of(&mismatch.path)
            ));
            lines.push(shortened(format!("    expected  {}", mismatch.expected)));
            lines.push(shortened(format!("    found     {found}")));
        }
        let decision = self.decision.as_ref();
        if let Some(detail) = self.detail() {
            let outcome = decision.and_then(|decision| decision["outcome"].as_str());
            lines.push(format!(
                "    ended     {}: {detail}",
                outcome.unwrap_or("?")
            ));
        }
        if let Some(advice) = &self.advice {
            lines.push(format!("    advice    {advice}"));
        }
        let Some(decision) = decision else {
            return;
        };
        for fallback in array(&decision["fallbacks"]) {
            let (rule, because) = (&fallback["rule"], &fallback["because"]);
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            lines.push(format!("    fallback  {}: {}", text(rule), text(because)));
        }
        for plugin in array(&decision["stamp"]["plugins"]) {
            for line in array(&plugin["log"]) {
                let level = line["level"].as_str().unwrap_or_default();
                let message = line["message"].as_str().unwrap_or_default();
                if message.starts_with(BACKTRACE_NOTE) {
                    continue;
                }
                // The log escapes line ends.
                let message = message.trim_start_matches("\\n");
                let message = message.replace("\\n", "\n              ");
                lines.push(format!("    {level:<8}  {message}"));
            }
            if let Some(dropped) = plugin["log_dropped"].as_u64() {
                lines.push(format!(
                    "    log       {dropped} more lines exceed the limit `log`"
                ));
            }
            let frames = array(&plugin["problem"]["backtrace"]);
            let frames = frames.iter().filter_map(Value::as_str);
            let frames = frames.filter(|frame| !is_of_panic(frame));
            for frame in frames.take(FRAMES) {
                lines.push(format!("    at        {frame}"));
            }
        }
    }

    /// Detail and limit of the decision's outcome.
    fn detail(&self) -> Option<String> {
        let problem = self.decision.as_ref()?.get("problem")?;
        let mut parts = Vec::new();
        if let Some(detail) = problem["detail"].as_str() {
            parts.push(detail.to_owned());
        }
        if let Some(limit) = problem.get("limit") {
            let name = limit["limit"].as_str().unwrap_or_default();
            let unit = limit["unit"].as_str().unwrap_or_default();
            parts.push(format!(
                "limit `{name}` of {} {unit}; raise it under [limits] in pack.toml",
                limit["value"]
            ));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

/// Whether a frame of a call stack belongs to the handling of a panic.
fn is_of_panic(frame: &str) -> bool {
    let parts = ["abort", "std::", "core::", "__rustc::", "rust_"];
    parts.iter().any(|part| frame.starts_with(part))
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn name_of(path: &str) -> &str {
    match path {
        "" => "decision",
        path => path,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;
    use crate::compare;

    fn report(decision: Value, expected: Value, advice: Option<&str>) -> CaseReport {
        CaseReport {
            path: PathBuf::from("cases/a.json"),
            note: "A note".to_owned(),
            steps: vec![StepReport {
                step: 1,
                event: "route",
                mismatches: compare(&expected, Some(&decision)),
                advice: advice.map(str::to_owned),
                decision: Some(decision),
            }],
            error: None,
        }
    }

    #[test]
    fn a_failed_step_shows_detail_advice_log_and_panic() {
        let decision = json!({
            "outcome": "trapped",
            "problem": {"kind": "trapped", "detail": "wasm `unreachable` instruction executed"},
            "fallbacks": [{"stage": "route", "rule": "default-queue", "because": "it crashed"}],
            "stamp": {"generation": 0, "plugins": [{
                "log": [{"level": "info", "message": "12 agents"},
                    {"level": "stderr", "message": "thread panicked at src/lib.rs:7:5: no queue"}],
                "problem": {"backtrace": ["my_care::route"]},
            }]},
        });
        let report = report(decision, json!({"outcome": "ok"}), Some("do this"));
        let text = report.lines().join("\n");
        for part in [
            "FAILED  cases/a.json",
            "step 1 (route): outcome",
            "expected  \"ok\"",
            "ended     trapped: wasm `unreachable`",
            "advice    do this",
            "fallback  default-queue: it crashed",
            "info      12 agents",
            "panicked at src/lib.rs:7:5: no queue",
            "at        my_care::route",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(
            report.summary().contains("unreachable"),
            "{}",
            report.summary()
        );
    }

    #[test]
    fn a_passed_case_is_named_with_its_note() {
        let report = report(json!({"outcome": "ok"}), json!({"outcome": "ok"}), None);
        assert_eq!(report.lines(), ["ok      cases/a.json  A note"]);
    }
}
