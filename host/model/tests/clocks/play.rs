//! Plays a case and says where it differs.

use std::fmt::Display;

use patchbay_config::duration::Millis;
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::hours::Hours;
use patchbay_model::sla::{ClockError, ClockEvent, Due, SlaClocks, start_of};

use crate::case::{Case, Deadline, Does, Firing, Refusal, Step};
use crate::moment::{Calendar, Maybe, Moment};

/// Every difference, each with its step.
pub(crate) fn differences(case: &Case) -> Vec<String> {
    let mut differences = Vec::new();
    if let Err(error) = play(case, &mut differences) {
        differences.push(error);
    }
    differences
}

fn play(case: &Case, differences: &mut Vec<String>) -> Result<(), String> {
    let calendar = case.calendar()?;
    let received = case.received.map(|at| calendar.ms(at)).transpose()?;
    let start = start_of(received, calendar.created_ms);
    let mut clocks = SlaClocks::new(start, case.sla.targets());
    let mut hours = case.hours.as_ref();
    for (step, number) in case.steps.iter().zip(1..) {
        let at = calendar.ms(step.at)?;
        let place = format!("step {number} at {}", calendar.shown(at));
        let (fired, refused) = take(&mut clocks, step, at, &calendar, hours)?;
        hours = step.hours.as_ref().or(hours);
        // A snapshot lies between any two steps in a host.
        let stored = serde_json::to_string(&clocks).map_err(|error| error.to_string())?;
        let restored: SlaClocks =
            serde_json::from_str(&stored).map_err(|error| error.to_string())?;
        if restored != clocks {
            differences.push(format!(
                "{place}: restored from {stored}, it is {restored:?}"
            ));
        }
        let mut found = Found {
            calendar: &calendar,
            place,
            differences,
        };
        found.step(step, &clocks, &fired, refused, hours)?;
    }
    Ok(())
}

/// What a step fires, and why it is refused.
fn take(
    clocks: &mut SlaClocks,
    step: &Step,
    at: u64,
    calendar: &Calendar,
    hours: Option<&Hours>,
) -> Result<(Vec<Due>, Option<Refusal>), String> {
    let received = step.received.map(|at| calendar.ms(at)).transpose()?;
    let event = step
        .does
        .map(|does| event(does, step, start_of(received, at)));
    let taken = match event {
        None => Ok(clocks.advance(at, hours)),
        Some(event) => clocks.apply(at, event, hours),
    };
    let (mut fired, refused) = match taken {
        Ok(fired) => (fired, None),
        Err(ClockError::Unanswered { .. }) => {
            (clocks.advance(at, hours), Some(Refusal::Unanswered))
        }
    };
    // What the step itself makes due at once belongs to it.
    fired.extend(clocks.advance(at, step.hours.as_ref().or(hours)));
    Ok((fired, refused))
}

fn event(does: Does, step: &Step, started_ms: u64) -> ClockEvent {
    let state = |state| ClockEvent::State { state };
    match does {
        Does::Message => ClockEvent::CustomerMessage {
            started_ms,
            expects_reply: true,
        },
        Does::MessageWithoutReply => ClockEvent::CustomerMessage {
            started_ms,
            expects_reply: false,
        },
        Does::Reply => ClockEvent::ReplyAccepted,
        Does::Retarget => ClockEvent::Retarget {
            targets: step.sla.clone().unwrap_or_default().targets(),
        },
        Does::Queued => state(ConversationState::Queued),
        Does::Reserved => state(ConversationState::Reserved),
        Does::Active => state(ConversationState::Active),
        Does::WaitingOnCustomer => state(ConversationState::WaitingOnCustomer),
        Does::OnHold => state(ConversationState::OnHold),
        Does::AwaitingApproval => state(ConversationState::AwaitingApproval),
        Does::Wrapping => state(ConversationState::Wrapping),
        Does::Resolved => state(ConversationState::Resolved),
    }
}

struct Found<'a> {
    calendar: &'a Calendar,
    place: String,
    differences: &'a mut Vec<String>,
}

impl Found<'_> {
    fn step(
        &mut self,
        step: &Step,
        clocks: &SlaClocks,
        fired: &[Due],
        refused: Option<Refusal>,
        hours: Option<&Hours>,
    ) -> Result<(), String> {
        let refusal = |refusal: Option<Refusal>| match refusal {
            Some(Refusal::Unanswered) => "unanswered",
            None => "none",
        };
        self.compare("refused", refusal(refused), refusal(step.refused));
        let fired = fired.iter().map(|due| self.due(due)).collect();
        let expected = step.fires.iter().map(|firing| self.firing(firing));
        let expected = expected.collect::<Result<Vec<String>, String>>()?;
        self.compare("fires", list(fired), list(expected));
        for (clock, expected) in &step.states {
            let state = Maybe(clocks.state(*clock).map(|state| state.as_str()));
            let expected = Maybe(expected.0.map(|state| state.as_str()));
            self.compare(&format!("states.{}", clock.as_str()), state, expected);
        }
        for (of, expected) in &step.deadlines {
            let (name, deadline) = deadline(*of, clocks, hours);
            self.moment(&format!("deadlines.{name}"), deadline, *expected)?;
        }
        for (clock, expected) in &step.elapsed {
            let elapsed = clocks.elapsed(*clock, clocks.latest_ms(), hours);
            let shown = Maybe(elapsed.map(Millis));
            self.compare(&format!("elapsed.{}", clock.as_str()), shown, expected);
        }
        for (clock, expected) in &step.misses {
            let name = format!("misses.{}", clock.as_str());
            self.compare(&name, clocks.misses(*clock), expected);
        }
        if let Some(expected) = step.unanswered {
            self.moment("unanswered", clocks.unanswered_since(), expected)?;
        }
        if let Some(Maybe(expected)) = step.next {
            let next = Maybe(clocks.next_event(hours).map(|due| self.due(&due)));
            let expected = expected.map(|firing| self.firing(&firing)).transpose()?;
            self.compare("next", next, Maybe(expected));
        }
        Ok(())
    }

    fn moment(
        &mut self,
        name: &str,
        found: Option<u64>,
        expected: Maybe<Moment>,
    ) -> Result<(), String> {
        let expected = expected.0.map(|at| self.calendar.ms(at)).transpose()?;
        let shown = |ms: Option<u64>| Maybe(ms.map(|ms| self.calendar.shown(ms)));
        let (found_shown, expected_shown) = (shown(found), shown(expected));
        // Local time alone would take the hour that comes twice for one.
        if found != expected && found_shown == expected_shown {
            self.compare(name, format!("{found:?}"), format!("{expected:?}"));
        }
        self.compare(name, found_shown, expected_shown);
        Ok(())
    }

    fn due(&self, due: &Due) -> String {
        let at = self.calendar.shown(due.at_ms);
        format!("{} {} {at}", due.clock.as_str(), due.kind.as_str())
    }

    fn firing(&self, firing: &Firing) -> Result<String, String> {
        let at = self.calendar.shown(self.calendar.ms(firing.at)?);
        Ok(format!(
            "{} {} {at}",
            firing.clock.as_str(),
            firing.what.as_str()
        ))
    }

    fn compare(&mut self, name: &str, found: impl Display, expected: impl Display) {
        let (found, expected) = (found.to_string(), expected.to_string());
        if found != expected {
            let place = &self.place;
            self.differences
                .push(format!("{place}: {name} is {found}, not {expected}"));
        }
    }
}

fn list(of: Vec<String>) -> String {
    match of.is_empty() {
        true => "none".to_owned(),
        false => of.join("; "),
    }
}

fn deadline(
    of: Deadline,
    clocks: &SlaClocks,
    hours: Option<&Hours>,
) -> (&'static str, Option<u64>) {
    match of {
        Deadline::Clock(clock) => (clock.as_str(), clocks.deadline(clock, hours)),
        Deadline::Conversation => {
            let nearest = clocks.nearest_deadline(hours);
            ("conversation", nearest.map(|nearest| nearest.at_ms))
        }
    }
}
