//! One attempt: send a delivery, decide what follows, record it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use patchbay_model::final_failure::{FinalFailure, FinalKind};
use tokio::task::{JoinError, spawn_blocking};

use super::destination::{Problem, SendFailure, SendFailureKind, TargetHealth};
use super::outbox::{Delivery, Outbox, OutboxError};
use super::settings::CourierSettings;
use super::target::TargetReport;
use super::worker::Environment;

/// Most bytes of a recorded problem.
const PROBLEM_BYTES: usize = 1024;

/// What to record of an attempt.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Delivered(Timestamp),
    Retry(Timestamp, Problem),
    Hold(Timestamp, Problem),
    Failed(FinalKind, Problem),
}

/// A finished attempt.
pub(super) struct Attempt {
    /// What it showed about the target; `None`: nothing was sent.
    pub(super) report: Option<TargetReport>,
    pub(super) outcome: Outcome,
    pub(super) recorded: Result<(), OutboxError>,
}

impl Attempt {
    /// An attempt that sent nothing: its delivery was taken back, or the outbox could not
    /// record that it begins. Then it is due again as soon as the outbox works.
    fn not_begun(error: OutboxError, now: Timestamp) -> Attempt {
        let problem = Problem::plain(format!("the attempt did not begin: {error}"));
        Attempt {
            report: None,
            outcome: Outcome::Hold(now, one_line("", problem)),
            recorded: Err(error),
        }
    }

    /// An attempt that panicked: it is not known what it sent. So the delivery
    /// is neither lost nor sent forever.
    pub(super) fn panicked(error: &JoinError) -> Attempt {
        let problem = format!("the attempt failed within the host: {error}");
        Attempt {
            report: None,
            outcome: Outcome::Failed(FinalKind::Uncertain, one_line("", Problem::plain(problem))),
            recorded: Err(OutboxError::Unavailable("not recorded yet".to_owned())),
        }
    }
}

/// Sends a delivery and records the outcome. `hold` is the wait if the target is
/// broken.
pub(super) async fn attempt(
    outbox: Arc<dyn Outbox>,
    settings: CourierSettings,
    environment: Environment,
    delivery: Arc<Delivery>,
    hold: Duration,
) -> Attempt {
    let begun = match delivery.can_take_back {
        true => begin(&outbox, &delivery).await,
        false => Ok(()),
    };
    if let Err(error) = begun {
        return Attempt::not_begun(error, (environment.clock)());
    }
    let (report, outcome) = match &delivery.destination {
        Err(problem) => {
            let problem = one_line("", Problem::plain(problem));
            (None, Outcome::Failed(FinalKind::Refused, problem))
        }
        Ok(destination) => {
            let at = (environment.clock)();
            let egress = environment.egress.for_company(&delivery.company);
            let sent = destination.send(&egress, &delivery, at).await;
            let (report, outcome) =
                evaluate(sent, delivery.attempts, hold, &settings, &environment);
            (Some(report), outcome)
        }
    };
    let recorded = record(&outbox, &delivery, &outcome).await;
    Attempt {
        report,
        outcome,
        recorded,
    }
}

fn evaluate(
    sent: Result<(), SendFailure>,
    earlier: u32,
    hold: Duration,
    settings: &CourierSettings,
    environment: &Environment,
) -> (TargetReport, Outcome) {
    let now = (environment.clock)();
    let Err(failure) = sent else {
        return (TargetReport::Healthy, Outcome::Delivered(now));
    };
    let later = |wait| now.saturating_add(wait).unwrap_or(Timestamp::MAX);
    let report = |requested| match failure.health {
        TargetHealth::Healthy => TargetReport::Healthy,
        TargetHealth::Failing => TargetReport::Failing(requested),
        TargetHealth::Unknown => TargetReport::Unknown,
    };
    match failure.kind {
        SendFailureKind::Final(kind) => {
            let outcome = Outcome::Failed(kind, one_line("", failure.problem));
            (report(None), outcome)
        }
        SendFailureKind::ChannelBroken => {
            let problem = one_line("", failure.problem);
            let report = TargetReport::Broken(problem.recorded.clone());
            (report, Outcome::Hold(later(hold), problem))
        }
        SendFailureKind::Postponed { after } => {
            let problem = one_line("", failure.problem);
            (TargetReport::Unknown, Outcome::Hold(later(after), problem))
        }
        SendFailureKind::Partial { after } => {
            let requested = after.map(|wait| wait.min(settings.max_retry_after));
            let wait = settings.backoff.wait(1, (environment.random)());
            let not_before = later(wait.max(requested.unwrap_or_default()));
            let problem = one_line("", failure.problem);
            (report(requested), Outcome::Hold(not_before, problem))
        }
        SendFailureKind::Retry { after } => {
            let requested = after.map(|wait| wait.min(settings.max_retry_after));
            let report = report(requested);
            let failures = earlier.saturating_add(1);
            if failures >= settings.attempts {
                let prefix = format!("failed after {failures} attempts; the last: ");
                let problem = one_line(&prefix, failure.problem);
                return (report, Outcome::Failed(FinalKind::Exhausted, problem));
            }
            let wait = settings.backoff.wait(failures, (environment.random)());
            let not_before = later(wait.max(requested.unwrap_or_default()));
            let problem = one_line("", failure.problem);
            (report, Outcome::Retry(not_before, problem))
        }
    }
}

/// Puts `prefix` before the texts, cuts them to their limit and removes line
/// breaks.
fn one_line(prefix: &str, problem: Problem) -> Problem {
    let cut = |text: &str| {
        let text = format!("{prefix}{text}");
        let text = &text[..text.floor_char_boundary(PROBLEM_BYTES)];
        text.replace(|c: char| c.is_control(), " ")
    };
    Problem {
        logged: cut(&problem.logged),
        recorded: cut(&problem.recorded),
    }
}

/// Records that the first attempt begins.
async fn begin(outbox: &Arc<dyn Outbox>, delivery: &Arc<Delivery>) -> Result<(), OutboxError> {
    let (outbox, delivery) = (Arc::clone(outbox), Arc::clone(delivery));
    let begun = spawn_blocking(move || outbox.begin(&delivery)).await;
    begun.unwrap_or_else(task_failed)
}

/// Stores an outcome.
pub(super) async fn record(
    outbox: &Arc<dyn Outbox>,
    delivery: &Arc<Delivery>,
    outcome: &Outcome,
) -> Result<(), OutboxError> {
    let (outbox, delivery, outcome) = (Arc::clone(outbox), Arc::clone(delivery), outcome.clone());
    spawn_blocking(move || match outcome {
        Outcome::Delivered(at) => outbox.mark_delivered(&delivery, at),
        Outcome::Retry(not_before, problem) => {
            outbox.schedule_retry(&delivery, not_before, &problem.recorded)
        }
        Outcome::Hold(not_before, problem) => outbox.hold(&delivery, not_before, &problem.recorded),
        Outcome::Failed(kind, problem) => {
            let problem = problem.recorded;
            outbox.mark_failed(&delivery, &FinalFailure { kind, problem })
        }
    })
    .await
    .unwrap_or_else(task_failed)
}

pub(super) fn task_failed<T>(error: JoinError) -> Result<T, OutboxError> {
    Err(OutboxError::Unavailable(format!(
        "the call failed: {error}"
    )))
}
