//! Parts of a reply, and what the courier does about their outcomes.

use patchbay_adapter::{Outbound, Outcome, Reason, Receipt};
use patchbay_model::final_failure::FinalKind;
use patchbay_outbound::courier::{Problem, SendFailure, SendFailureKind, TargetHealth};

use crate::destination::{broken, failed};

/// A part of a reply, by its number.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    /// From 1.
    pub(crate) number: u32,
    pub(crate) parts: u32,
    /// All parts of a reply; none of a decision.
    plan: &'a [Outbound],
    /// Numbers of those that the provider accepted.
    accepted: &'a [u32],
}

impl<'a> Part<'a> {
    /// The part of this number of a reply.
    pub(crate) fn of(number: u32, plan: &'a [Outbound], accepted: &'a [u32]) -> Part<'a> {
        Part {
            number,
            parts: u32::try_from(plan.len()).unwrap_or(u32::MAX),
            plan,
            accepted,
        }
    }

    /// The request of this number of so many that write a decision.
    pub(crate) fn of_decision(number: u32, parts: u32) -> Part<'static> {
        Part {
            number,
            parts,
            plan: &[],
            accepted: &[],
        }
    }

    /// The same failure, with the part and what went out before it.
    pub(crate) fn describe(self, mut failure: SendFailure) -> SendFailure {
        failure.problem = Problem::plain(self.problem(&failure.problem.recorded));
        failure
    }

    /// A problem of the part, with what went out before it.
    fn problem(self, problem: &str) -> String {
        let Part { number, parts, .. } = self;
        if parts < 2 {
            return problem.to_owned();
        }
        let file = match self.outbound(number) {
            Some(Outbound::File(file)) => format!(", file {}", file.position + 1),
            _ => String::new(),
        };
        let sent = self.accepted.iter().filter_map(|it| self.outbound(*it));
        let count = parts_out(self.accepted.len());
        let sent = sent_parts(sent);
        format!("part {number} of {parts}{file}: {problem}; {count}{sent}")
    }

    fn outbound(self, number: u32) -> Option<&'a Outbound> {
        self.plan.get(number.checked_sub(1)? as usize)
    }
}

fn parts_out(count: usize) -> String {
    match count {
        0 => "no part went out".to_owned(),
        1 => "1 part went out".to_owned(),
        count => format!("{count} parts went out"),
    }
}

/// What some parts are, if files are among them: `: the text and file 1`. Files are named by
/// their position, since their names can tell something of the customer.
fn sent_parts<'a>(parts: impl Iterator<Item = &'a Outbound>) -> String {
    let (mut has_text, mut files) = (false, Vec::new());
    for part in parts {
        match part {
            Outbound::File(file) => {
                has_text |= file.caption.is_some();
                files.push((file.position + 1).to_string());
            }
            _ => has_text = true,
        }
    }
    let text = if has_text { "the text" } else { "" };
    match (has_text, files.len()) {
        (_, 0) => String::new(),
        (true, 1) => format!(": {text} and file {}", files[0]),
        (false, 1) => format!(": file {}", files[0]),
        (true, _) => format!(": {text} and files {}", files.join(", ")),
        (false, _) => format!(": files {}", files.join(", ")),
    }
}

/// The receipt of an accepted part, or what the courier does about another outcome.
pub(crate) fn receipt(outcome: Outcome, part: Part<'_>) -> Result<Receipt, SendFailure> {
    let of_part =
        |what: &str, reason: &Reason| part.problem(&format!("{what} ({})", reason.as_str()));
    Err(match outcome {
        Outcome::Accepted(receipt) => return Ok(receipt),
        Outcome::Retry { after, reason } => SendFailure {
            kind: SendFailureKind::Retry { after },
            problem: Problem::plain(of_part("the channel did not take it now", &reason)),
            health: TargetHealth::Failing,
        },
        Outcome::WindowClosed(reason) => failed(
            FinalKind::WindowClosed,
            &of_part("the time for free replies is over", &reason),
        ),
        Outcome::RecipientUnreachable(reason) => failed(
            FinalKind::RecipientUnreachable,
            &of_part("the channel cannot reach the customer", &reason),
        ),
        Outcome::Refused(reason) => failed(
            FinalKind::Refused,
            &of_part("the channel refused it", &reason),
        ),
        Outcome::ChannelBroken(reason) => broken(&of_part(
            "the account cannot send: renew its access",
            &reason,
        )),
        Outcome::Uncertain(reason) => failed(FinalKind::Uncertain, &of_part(UNCERTAIN, &reason)),
    })
}

const UNCERTAIN: &str = "it may have arrived; look at the provider before you retry";

/// The failure of a reply whose part was being sent when the host stopped: the provider may
/// have it.
pub(crate) fn interrupted(part: u32, accepted: usize) -> SendFailure {
    let count = parts_out(accepted);
    let problem = format!("part {part}: {UNCERTAIN} (the host stopped while it was sent); {count}");
    failed(FinalKind::Uncertain, &problem)
}
