//! `patchbay shadow` and `canary`: trying a setup on live traffic.

use patchbay_model::rollout::Bounds;
use serde_json::{Value, json};

use super::generations::{how, show_plan};
use crate::api::{Api, Reach, part, problem};
use crate::args::{CanaryArgs, CanaryVerb, ShadowArgs, ShadowVerb, TrialFlags};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Fields that are shown.
const FIELDS: usize = 20;

pub(crate) fn shadow(args: &ShadowArgs) -> Outcome {
    let trial = Trial::of("shadow", &args.trial)?;
    match &args.verb {
        Some(ShadowVerb::Report) => trial.report(),
        Some(ShadowVerb::Stop { reason }) => trial.end(reason.as_deref()),
        None => trial.begin(&json!({
            "generation": args.generation,
            "kind": "shadow",
            "share": args.sample,
            "by": args.trial.by,
        })),
    }
}

pub(crate) fn canary(args: &CanaryArgs) -> Outcome {
    let trial = Trial::of("canary", &args.trial)?;
    match &args.verb {
        Some(CanaryVerb::Report) => trial.report(),
        Some(CanaryVerb::Abort { reason }) => trial.end(reason.as_deref()),
        Some(CanaryVerb::Promote { change }) => {
            let body = how(&change.change(args.trial.by.clone()), false);
            trial.tried()?;
            let plan = trial.api.try_post(&trial.path("/promote"), &body)?;
            let plan = plan.map_err(|refusal| refused(&refusal))?;
            show_plan(trial.company, &plan, change.dry_run, args.trial.json)
        }
        None => trial.begin(&json!({
            "generation": args.generation,
            "kind": "canary",
            "share": args.share,
            "bounds": trial.bounds(args)?,
            "by": args.trial.by,
        })),
    }
}

/// What is tried of a company, at its server.
struct Trial<'a> {
    kind: &'static str,
    api: Api,
    company: &'a str,
    flags: &'a TrialFlags,
}

impl<'a> Trial<'a> {
    fn of(kind: &'static str, flags: &'a TrialFlags) -> Result<Trial<'a>, Failure> {
        let company = flags.company.name()?;
        match Reach::of(&flags.config)? {
            Reach::Server(api) => Ok(Trial {
                kind,
                api,
                company,
                flags,
            }),
            Reach::Journal(_) => Err(Failure::advised(
                Exit::Machine,
                "no server is running, and a generation is tried on live traffic",
                "start it with `patchbay serve`",
            )),
        }
    }

    fn path(&self, below: &str) -> String {
        format!("/v1/companies/{}/rollout{below}", part(self.company))
    }

    /// When it is taken back: as said, else as it is, else as usual.
    fn bounds(&self, args: &CanaryArgs) -> Result<Bounds, Failure> {
        let present = self.api.try_get(&self.path(""))?;
        let same = |report: &Value| {
            report["kind"] == "canary" && report["generation"].as_u64() == args.generation
        };
        let present = present.ok().filter(same);
        let present = present
            .and_then(|mut report| serde_json::from_value::<Bounds>(report["bounds"].take()).ok());
        let mut bounds = present.unwrap_or_default();
        if let Some(after) = args.after {
            bounds.after = after;
        }
        for (bound, said) in [
            (&mut bounds.failures, args.max_failures),
            (&mut bounds.p99, args.max_p99),
            (&mut bounds.disagreement, args.max_disagreement),
        ] {
            if let Some(said) = said {
                *bound = said.0;
            }
        }
        Ok(bounds)
    }

    fn begin(&self, body: &Value) -> Outcome {
        let report = self.api.try_put(&self.path(""), body)?;
        let report = report.map_err(|refusal| refused(&refusal))?;
        if self.flags.json {
            output::json(&report)?;
            return Ok(Exit::Success);
        }
        let company = self.company;
        let text = |name: &str| report[name].as_str().unwrap_or_default().to_owned();
        output::line(match report["kind"].as_str() {
            Some("canary") => format!(
                "generation {} decides for {} of the conversations of {company}, {} for the others",
                report["generation"],
                text("share"),
                report["control"],
            ),
            _ => format!(
                "generation {} is asked about {} of the conversations of {company}; {} decides",
                report["generation"],
                text("share"),
                report["control"],
            ),
        })?;
        let kind = text("kind");
        output::note(format!("see `patchbay {kind} report --company {company}`"));
        Ok(Exit::Success)
    }

    fn report(&self) -> Outcome {
        self.show(&self.tried()?)
    }

    /// How it stands, if it is what is meant.
    fn tried(&self) -> Result<Value, Failure> {
        let report = self.api.try_get(&self.path(""))?;
        let report = report.map_err(|refusal| match refusal["type"].as_str() {
            Some("/problems/nothing-tried") => Failure::advised(
                Exit::NotRight,
                "the company tries no generation",
                "how the last trial ended stands in the feed (rollout-ended), among the alerts and in `patchbay audit list`",
            ),
            _ => problem(&refusal),
        })?;
        let kind = report["kind"].as_str().unwrap_or_default();
        match kind == self.kind {
            true => Ok(report),
            false => Err(Failure::advised(
                Exit::NotRight,
                format!("generation {} is tried as a {kind}", report["generation"]),
                format!("use `patchbay {kind} …`"),
            )),
        }
    }

    fn end(&self, reason: Option<&str>) -> Outcome {
        self.tried()?;
        let body = json!({"by": self.flags.by, "reason": reason});
        let report = self.api.try_post(&self.path("/abort"), &body)?;
        let report = report.map_err(|refusal| refused(&refusal))?;
        if !self.flags.json {
            output::line(format!(
                "generation {} of {} is tried no more; {} decides",
                report["generation"], self.company, report["control"],
            ))?;
        }
        self.show(&report)
    }

    fn show(&self, report: &Value) -> Outcome {
        if self.flags.json {
            output::json(report)?;
            return Ok(Exit::Success);
        }
        output::line(format!(
            "{} of generation {} for {}, {} decides; since {} by {}",
            report["kind"].as_str().unwrap_or_default(),
            report["generation"],
            report["share"].as_str().unwrap_or_default(),
            report["control"],
            report["since"].as_str().unwrap_or_default(),
            report["by"].as_str().unwrap_or_default(),
        ))?;
        if self.kind == "canary" {
            output::line(bounds_line(&report["bounds"]))?;
        }
        output::line(arm("tried", &report["candidate_arm"]))?;
        output::line(arm("decides", &report["control_arm"]))?;
        let compared = &report["compared"];
        let number = |name: &str| compared[name].as_u64().unwrap_or_default();
        let decisions = number("decisions");
        output::line(format!(
            "  compared   {decisions}, the same {}{}",
            number("agreed"),
            share(number("agreed"), decisions)
        ))?;
        let fields = compared["differences"].as_array();
        let fields = fields.map(Vec::as_slice).unwrap_or_default();
        for field in fields.iter().take(FIELDS) {
            output::line(format!(
                "    {:<32} {}",
                field["field"].as_str().unwrap_or_default(),
                field["decisions"]
            ))?;
            for example in field["examples"].as_array().into_iter().flatten().take(2) {
                output::line(example_line(example))?;
            }
        }
        if fields.len() > FIELDS {
            output::line(format!(
                "    and {} more fields; --json has all",
                fields.len() - FIELDS
            ))?;
        }
        for (name, why) in [
            ("failed", "a policy of one of them failed"),
            (
                "no_time",
                "there was no time beside the decisions that count",
            ),
            ("no_room", "there was no room for one instance more"),
        ] {
            if number(name) > 0 {
                output::line(format!("  not compared {}: {why}", number(name)))?;
            }
        }
        Ok(Exit::Success)
    }
}

fn bounds_line(bounds: &Value) -> String {
    let percent = |name: &str| match bounds[name].as_f64() {
        Some(rate) => format!("{}%", rate * 100.0),
        None => "off".to_owned(),
    };
    let times = match bounds["p99"].as_f64() {
        Some(times) => times.to_string(),
        None => "off".to_owned(),
    };
    format!(
        "  bounds     after {} decisions: failures {}, p99 {times}, disagreement {}",
        bounds["after"],
        percent("failures"),
        percent("disagreement")
    )
}

fn arm(name: &str, arm: &Value) -> String {
    let decisions = arm["decisions"].as_u64().unwrap_or_default();
    let failures = arm["failures"].as_object();
    let failed = failures
        .into_iter()
        .flatten()
        .map(|(kind, count)| format!(", {count} {kind}"));
    let failed: String = failed.collect();
    let latency = &arm["latency"];
    let times = match latency["p50_micros"].as_u64() {
        Some(p50) => format!("; p50 {p50} µs, p99 {} µs", latency["p99_micros"]),
        None => String::new(),
    };
    format!("  {name:<10} {decisions} decisions{failed}{times}")
}

fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => String::new(),
        whole => format!(" ({:.1}%)", part as f64 * 100.0 / whole as f64),
    }
}

fn example_line(example: &Value) -> String {
    let side = |name: &str| match &example[name] {
        Value::Null => "-".to_owned(),
        value => value.to_string(),
    };
    let place = match (&example["conversation"], &example["interaction"]) {
        (Value::String(conversation), _) => format!("in conversation {conversation}"),
        (_, Value::String(interaction)) => format!("about interaction {interaction}"),
        _ => "about a draft".to_owned(),
    };
    format!("      {} → {}  {place}", side("control"), side("candidate"))
}

/// Every reason a server has, in one failure.
fn refused(refusal: &Value) -> Failure {
    let Some(problems) = refusal["problems"].as_array() else {
        return problem(refusal);
    };
    let text = |one: &Value| one["message"].as_str().map(str::to_owned);
    let all: Vec<String> = problems.iter().filter_map(text).collect();
    let help = problems.iter().find_map(|one| one["help"].as_str());
    let message = all.join("\n");
    match help {
        Some(help) => Failure::advised(Exit::NotRight, message, help),
        None => Failure::new(Exit::NotRight, message),
    }
}
