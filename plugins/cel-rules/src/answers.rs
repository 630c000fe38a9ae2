//! Answers: what the rules that apply say, put together.

mod check;

use patchbay_sdk::prelude::*;
use patchbay_sdk::{SlaClock, clock};

use crate::settings::{Classify, Escalate, Judgement, Route, Tone};

pub(crate) use check::check;

/// Most tags, topics, intents and findings of an answer.
const MOST_ENTRIES: usize = 64;
/// Most actions of an escalation.
const MOST_ACTIONS: usize = 32;
/// Preference for the agent who replied last.
const LAST_AGENT: u8 = 90;

/// Combines what the rules say: intents with their best confidence, topics once each, and of other
/// values the first.
pub(crate) fn classification<'a>(
    applying: impl Iterator<Item = Result<(usize, &'a Classify), Error>>,
) -> Answer<Classification> {
    let mut answer = Classification::because("");
    let mut rules = Vec::new();
    for rule in applying {
        let (index, then) = rule?;
        rules.push(index);
        for (name, confidence) in &then.intents {
            if let Some(known) = answer.intents.iter_mut().find(|it| it.name == *name) {
                known.confidence = known.confidence.max(*confidence);
            } else if answer.intents.len() < MOST_ENTRIES {
                answer = answer.intent(name, *confidence);
            }
        }
        add_codes(&mut answer.topics, &then.topics);
        answer.sentiment = answer.sentiment.or(then.sentiment);
        answer.urgency = answer.urgency.or(then.urgency);
        answer.language = answer.language.or_else(|| then.language.clone());
        answer.spam = answer.spam.or(then.spam);
        answer.abuse = answer.abuse.or(then.abuse);
        answer.reply_expected = answer.reply_expected.or(then.reply_expected);
    }
    answer.why = reason("classify", &rules);
    Ok((!rules.is_empty()).then_some(answer))
}

/// The plan of the first rule that applies.
pub(crate) fn route_plan<'a>(
    mut applying: impl Iterator<Item = Result<(usize, &'a Route), Error>>,
    conversation: &Conversation,
) -> Answer<RoutePlan> {
    let Some(rule) = applying.next() else {
        return Ok(None);
    };
    let (index, then) = rule?;
    let later = |span: patchbay_sdk::Duration| clock::now() + u64::from(span.seconds()) * 1000;
    let mut plan = if then.close {
        RoutePlan::close()
    } else if let Some(span) = then.hold {
        RoutePlan::hold().until(later(span))
    } else if let Some(agent) = &then.agent {
        let plan = RoutePlan::to_agent(agent);
        match then.wait {
            Some(span) => plan.until(later(span)),
            None => plan,
        }
    } else if let Some(queue) = &then.queue {
        RoutePlan::to_queue(queue)
    } else {
        return Ok(None);
    };
    if let Some(queue) = &then.queue
        && (then.hold.is_some() || then.agent.is_some())
    {
        plan = plan.in_queue(queue);
    }
    if !then.skills.is_empty() {
        let mut step = Step::new();
        for (skill, proficiency) in &then.skills {
            step = step.skill(skill, *proficiency);
        }
        step.expires_after = then.skills_for.map(|span| span.seconds());
        plan = plan.step(step);
    }
    if then.prefer_last_agent
        && let Some(agent) = conversation.last_agent()
    {
        plan = plan.prefer(agent, LAST_AGENT);
    }
    if let Some(priority) = then.priority {
        plan = plan.priority(priority);
    }
    for (clock, span) in [
        (SlaClock::FirstResponse, then.first_response),
        (SlaClock::NextResponse, then.next_response),
        (SlaClock::Resolution, then.resolution),
    ] {
        if let Some(span) = span {
            plan = plan.sla(clock, span.seconds());
        }
    }
    add_codes(&mut plan.tags, &then.tags);
    Ok(Some(plan.because(reason("route", &[index]))))
}

/// The findings of the rules, with the strictest verdict.
pub(crate) fn review<'a>(
    applying: impl Iterator<Item = Result<(usize, &'a Tone), Error>>,
) -> Answer<Review> {
    let mut review = Review::approve();
    let mut rules = Vec::new();
    let mut approvers: Vec<String> = Vec::new();
    for rule in applying {
        let (index, then) = rule?;
        if rules.len() == MOST_ENTRIES {
            break;
        }
        rules.push(index);
        let (verdict, severity) = match then.verdict {
            Judgement::Approve => (Verdict::Approve, Severity::Info),
            Judgement::Revise => (Verdict::Revise, Severity::Medium),
            Judgement::Hold => (Verdict::Hold, Severity::High),
            Judgement::Block => (Verdict::Block, Severity::Critical),
        };
        let mut finding = Finding::new(&then.code, severity, &then.message);
        if let Some(suggestion) = &then.suggestion {
            finding = finding.suggest(suggestion);
        }
        review = review.at_least(verdict).finding(finding);
        for team in &then.approvers {
            if !approvers.iter().any(|known| known == team.as_str()) && approvers.len() < 8 {
                approvers.push(team.into());
            }
        }
    }
    if review.verdict == Verdict::Hold {
        for team in approvers {
            review = review.hold_for(team);
        }
    }
    Ok((!rules.is_empty()).then(|| review.because(reason("tone", &rules))))
}

/// The actions of the rules, each once.
pub(crate) fn escalation<'a>(
    applying: impl Iterator<Item = Result<(usize, &'a Escalate), Error>>,
) -> Answer<Escalation> {
    let mut rules = Vec::new();
    let mut actions: Vec<Action> = Vec::new();
    for rule in applying {
        let (index, then) = rule?;
        rules.push(index);
        for action in actions_of(then).actions {
            let same = |known: &Action| {
                known.kind == action.kind
                    && known.target == action.target
                    && known.message == action.message
                    && known.priority == action.priority
                    && known.at == action.at
            };
            if !actions.iter().any(same) && actions.len() < MOST_ACTIONS {
                actions.push(action);
            }
        }
    }
    let why = reason("escalate", &rules);
    Ok((!actions.is_empty()).then_some(Escalation { actions, why }))
}

fn actions_of(then: &Escalate) -> Escalation {
    let mut actions = Escalation::because("");
    let message = then.message.as_deref().unwrap_or_default();
    if let Some(priority) = then.raise_priority {
        actions = actions.raise_priority(priority);
    }
    if let Some(target) = &then.notify {
        actions = actions.notify(target, message);
    }
    if let Some(subject) = &then.open_incident {
        actions = actions.open_incident(subject, message);
    }
    if let Some(team) = &then.require_approval_of {
        actions = actions.require_approval_of(team);
    } else if then.require_approval {
        actions = actions.require_approval();
    }
    if let Some(span) = then.wake_up_after {
        let at = clock::now() + u64::from(span.seconds()) * 1000;
        actions = match &then.wake_up_for {
            Some(name) => actions.wake_up_for(name, at),
            None => actions.wake_up(at),
        };
    }
    if let Some(queue) = &then.re_route {
        actions = actions.re_route(queue);
    }
    actions
}

fn add_codes(codes: &mut Vec<String>, more: &[String]) {
    for code in more {
        if !codes.contains(code) && codes.len() < MOST_ENTRIES {
            codes.push(code.clone());
        }
    }
}

/// Names the rules by their numbers in the settings, from 0 as in messages of the check.
fn reason(stage: &str, rules: &[usize]) -> String {
    let numbers: Vec<String> = rules.iter().take(20).map(usize::to_string).collect();
    match numbers.as_slice() {
        [one] => format!("Rule {stage}/{one} applies."),
        many => format!("Rules {stage}/{} apply.", many.join(", ")),
    }
}
