//! `patchbay shadow` and `canary`: try a candidate generation on live traffic.

mod report;

use patchbay_client::{BlockingClient, ClientError, company_path};
use patchbay_command::args::{CanaryArgs, CanaryVerb, RolloutFlags, ShadowArgs, ShadowVerb};
use patchbay_command::change;
use patchbay_command::document::text;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_command::server::JournalAccess;
use patchbay_model::rollout::Bounds;
use serde_json::{Value, json};

pub(crate) fn shadow(args: &ShadowArgs) -> Outcome {
    let rollout = Rollout::connect("shadow", &args.rollout)?;
    match &args.verb {
        Some(ShadowVerb::Report) => rollout.report(),
        Some(ShadowVerb::Stop { reason }) => rollout.end(reason.as_deref()),
        None => rollout.start(&json!({
            "generation": args.generation,
            "kind": "shadow",
            "share": args.sample,
            "by": args.rollout.by,
        })),
    }
}

pub(crate) fn canary(args: &CanaryArgs) -> Outcome {
    let rollout = Rollout::connect("canary", &args.rollout)?;
    match &args.verb {
        Some(CanaryVerb::Report) => rollout.report(),
        Some(CanaryVerb::Abort { reason }) => rollout.end(reason.as_deref()),
        Some(CanaryVerb::Promote { change: flags }) => {
            let body = change::body(&flags.change(args.rollout.by.clone()));
            rollout.current()?;
            let plan = rollout.api.post(&rollout.path("/promote"), &body)?;
            let as_json = args.rollout.server.json;
            change::print(rollout.company, &plan, flags.dry_run, as_json)
        }
        None => rollout.start(&json!({
            "generation": args.generation,
            "kind": "canary",
            "share": args.share,
            "bounds": rollout.bounds(args)?,
            "by": args.rollout.by,
        })),
    }
}

/// The rollout of a company, on its server.
struct Rollout<'a> {
    kind: &'static str,
    api: BlockingClient,
    company: &'a str,
    flags: &'a RolloutFlags,
}

impl<'a> Rollout<'a> {
    fn connect(kind: &'static str, flags: &'a RolloutFlags) -> Result<Rollout<'a>, Failure> {
        let company = flags.company.name()?;
        match JournalAccess::open(&flags.server.config)? {
            JournalAccess::Server(api) => Ok(Rollout {
                kind,
                api: *api,
                company,
                flags,
            }),
            JournalAccess::File(_) => Err(Failure::advised(
                Exit::Machine,
                "no server is running; a candidate needs live traffic",
                "start the server: patchbay serve --config FILE",
            )),
        }
    }

    fn path(&self, rest: &str) -> String {
        company_path(self.company, &format!("rollout{rest}"))
    }

    /// Limits of a canary: as given, else those of the running canary of the
    /// same generation, else the defaults.
    fn bounds(&self, args: &CanaryArgs) -> Result<Bounds, Failure> {
        let present = match self.api.get(&self.path("")) {
            Ok(report) => Some(report),
            Err(ClientError::Problem(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let present = present.filter(|report| {
            report["kind"] == "canary" && report["generation"].as_u64() == args.generation
        });
        let present = present
            .and_then(|mut report| serde_json::from_value::<Bounds>(report["bounds"].take()).ok());
        let mut bounds = present.unwrap_or_default();
        if let Some(after) = args.after {
            bounds.after = after;
        }
        for (bound, given) in [
            (&mut bounds.failures, args.max_failures),
            (&mut bounds.p99, args.max_p99),
            (&mut bounds.disagreement, args.max_disagreement),
        ] {
            if let Some(given) = given {
                *bound = given.0;
            }
        }
        Ok(bounds)
    }

    fn start(&self, body: &Value) -> Outcome {
        let report = self.api.put(&self.path(""), body)?;
        output::result(self.flags.server.json, &report, || {
            let company = self.company;
            let (candidate, active) = (&report["generation"], &report["control"]);
            let share = text(&report, "share");
            let kind = text(&report, "kind");
            output::line(match kind {
                "canary" => format!(
                    "{company}: candidate generation {candidate} decides for {share} of the conversations, generation {active} for the others"
                ),
                _ => format!(
                    "{company}: candidate generation {candidate} runs beside generation {active} in {share} of the conversations"
                ),
            })?;
            output::note(format!("see `patchbay {kind} report --company {company}`"));
            Ok(())
        })
    }

    /// The report of the current rollout; an error if it is of another kind.
    fn current(&self) -> Result<Value, Failure> {
        let report = match self.api.get(&self.path("")) {
            Err(ClientError::Problem(problem)) if problem.kind() == "nothing-tried" => {
                return Err(Failure::advised(
                    Exit::NotRight,
                    format!("{} has no candidate generation", self.company),
                    format!(
                        "`patchbay {} report` shows how the last one ended",
                        self.kind
                    ),
                ));
            }
            result => result?,
        };
        let kind = text(&report, "kind");
        match kind == self.kind {
            true => Ok(report),
            false => Err(Failure::advised(
                Exit::NotRight,
                format!("generation {} runs as a {kind}", report["generation"]),
                format!("use `patchbay {kind} …`"),
            )),
        }
    }

    /// Print the running rollout; without one, how the last one ended.
    fn report(&self) -> Outcome {
        let is_running = match self.api.get(&self.path("")) {
            Err(ClientError::Problem(problem)) if problem.kind() == "nothing-tried" => false,
            Err(error) => return Err(error.into()),
            Ok(_) => true,
        };
        if is_running {
            return self.print(&self.current()?);
        }
        match self.api.get(&self.path("/last")) {
            Err(ClientError::Problem(problem)) if problem.kind() == "nothing-tried" => {
                Err(Failure::advised(
                    Exit::NotRight,
                    format!("{} never had a candidate generation", self.company),
                    "`patchbay shadow` and `patchbay canary` try one",
                ))
            }
            Err(error) => Err(error.into()),
            Ok(ended) => output::result(self.flags.server.json, &ended, || {
                report::ended_lines(&ended)
                    .iter()
                    .try_for_each(output::line)
            }),
        }
    }

    fn end(&self, reason: Option<&str>) -> Outcome {
        self.current()?;
        let body = json!({"by": self.flags.by, "reason": reason});
        let report = self.api.post(&self.path("/abort"), &body)?;
        if !self.flags.server.json {
            output::line(format!(
                "{}: the {} of generation {} has ended; generation {} decides",
                self.company, self.kind, report["generation"], report["control"],
            ))?;
        }
        self.print(&report)
    }

    fn print(&self, report: &Value) -> Outcome {
        output::result(self.flags.server.json, report, || {
            report::lines(report).iter().try_for_each(output::line)
        })
    }
}
