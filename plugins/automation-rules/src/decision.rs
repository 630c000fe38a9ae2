//! Runs the rules for a decision.
//!
//! A call of Patchbay stands for events of the other system: a new conversation is
//! `conversation_created` and `message_created`. Routing does what places and labels a conversation;
//! escalation, which follows it, notifies and raises the priority. A message to a conversation that is
//! not routed again is moved by escalation.

use patchbay_sdk::prelude::*;
use patchbay_sdk::state::Scope;

use crate::AutomationRules;
use crate::facts::{Changes, Facts, Status};
use crate::prepare::{Effect, Rule};
use crate::vocabulary::Event;

/// The interaction that the last route was for, with its cause.
const ROUTED: &str = "routed";
/// The interaction for which escalation asked for a route.
const ASKED: &str = "asked";
/// Most actions of an escalation.
const MOST_ACTIONS: usize = 32;
/// Most tags of a plan and topics of a classification.
const MOST_LABELS: usize = 64;
/// Most bytes of a reason.
const LONGEST_REASON: usize = 4000;

/// Whether escalation has something to do, for which it must know what routing did: notifications, the
/// end of a snooze, and actions on a message that is not routed.
pub(crate) fn must_remember(rules: &[Rule]) -> bool {
    rules.iter().any(|rule| {
        let later = rule.event != Event::ConversationCreated;
        rule.effects.iter().any(|effect| match effect {
            Effect::Notify(..) | Effect::Status(Status::Snoozed) => true,
            Effect::Label(_) => false,
            _ => later,
        })
    })
}

/// Labels of a message as topics.
pub(crate) fn classification(
    policy: &AutomationRules,
    interaction: &Interaction,
) -> Option<Classification> {
    let labels = |rule: &&Rule| {
        rule.event == Event::MessageCreated
            && !rule.is_of_conversation()
            && rule
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Label(_)))
    };
    let rules: Vec<&Rule> = policy.rules.iter().filter(labels).collect();
    if rules.is_empty() {
        return None;
    }
    let contact = interaction.author();
    let mut facts = Facts::new(&policy.names, interaction, &contact, None);
    let applied = run(rules, &mut facts);
    let mut labels = facts.changes.labels;
    labels.truncate(MOST_LABELS);
    (!labels.is_empty()).then(|| Classification {
        topics: labels,
        ..Classification::because(reason(&applied, &[]))
    })
}

/// Where the conversation goes; `None` where no rule has a say.
pub(crate) fn plan(policy: &AutomationRules, conversation: &Conversation) -> Option<RoutePlan> {
    let interaction = conversation.latest();
    let contact = conversation.contact();
    let cause = conversation.cause();
    let id = interaction.id();
    let asked = policy.remembers && state::text(Scope::Conversation, ASKED).as_ref() == Some(&id);
    if policy.remembers {
        let routed = format!("{cause} {id}");
        state::set(Scope::Conversation, ROUTED, routed);
        if asked {
            state::remove(ASKED);
        }
    }
    let events = events_of_route(&cause, asked);
    let mut facts = Facts::new(&policy.names, &interaction, &contact, Some(conversation));
    let applied = run(rules_of(policy, &events), &mut facts);
    let queue = conversation.queue();
    let changes = facts.changes;
    if !changes.concern_routing() {
        // As in the other system, what is assigned to a team stays so, and a snooze ends in its queue.
        let stays = |queue: &String| asked || policy.names.is_team(queue);
        let queue = queue.filter(|queue| cause != RouteCause::New && stays(queue))?;
        let why = "No automation rule applies; the conversation stays in its queue.";
        return Some(RoutePlan::to_queue(queue).because(why));
    }
    let team = match &changes.team {
        Some(team) => team.clone(),
        None => queue,
    };
    let queue = team.or_else(|| policy.names.default_queue());
    let in_queue = |plan: RoutePlan| match &queue {
        Some(queue) => plan.in_queue(queue),
        None => plan,
    };
    let plan = match (changes.status, &changes.agent) {
        (Some(Status::Resolved), _) => RoutePlan::close(),
        (Some(Status::Snoozed), _) => in_queue(RoutePlan::hold()),
        (_, Some(Some(agent))) => in_queue(RoutePlan::to_agent(agent)),
        _ => RoutePlan::to_queue(queue?),
    };
    let tags = changes.labels.iter().take(MOST_LABELS);
    let mut plan = tags.fold(plan, |plan, label| plan.tag(label));
    plan.priority = changes.priority;
    Some(plan.because(reason(&applied, &changes.notes)))
}

/// Notifies, raises the priority, and moves a conversation that is not routed anyway.
pub(crate) fn escalation(policy: &AutomationRules, trigger: &Trigger) -> Option<Escalation> {
    if trigger.code() != TriggerCode::Classified || !policy.remembers {
        return None;
    }
    let conversation = trigger.conversation()?;
    let interaction = conversation.latest();
    let contact = conversation.contact();
    let id = interaction.id();
    let routed = state::text(Scope::Conversation, ROUTED);
    let routed = routed
        .and_then(|routed| Some(routed.split_once(' ')?.1 == id))
        .unwrap_or(false);
    let events = events_of_message(&conversation, routed);
    let mut facts = Facts::new(&policy.names, &interaction, &contact, Some(&conversation));
    let snoozed = facts.status() == Status::Snoozed && conversation.owner().is_none();
    let applied = run(rules_of(policy, &events), &mut facts);
    let changes = facts.changes;
    let mut escalation = Escalation::because("");
    for (target, message) in &changes.notifications {
        escalation = escalation.notify(target, message);
    }
    if !routed {
        if let Some(priority) = changes.priority
            && priority > conversation.priority()
        {
            escalation = escalation.raise_priority(priority);
        }
        match move_of(&changes, &conversation) {
            Some(Move::Queue(queue)) => escalation = escalation.re_route(queue),
            Some(Move::Route) => escalation = route_again(escalation, &id),
            None if snoozed && sets_aside(policy) => escalation = route_again(escalation, &id),
            None => {}
        }
    }
    escalation.actions.truncate(MOST_ACTIONS);
    if escalation.actions.is_empty() {
        return None;
    }
    escalation.why = match applied.is_empty() {
        true => "A message ends the snooze.".to_owned(),
        false => reason(&applied, &changes.notes),
    };
    Some(escalation)
}

/// How a conversation that is not routed anyway is moved.
enum Move {
    /// To the queue of a team.
    Queue(String),
    /// By routing: to an agent, aside, or closed.
    Route,
}

fn move_of(changes: &Changes, conversation: &Conversation) -> Option<Move> {
    if matches!(
        changes.status,
        Some(Status::Resolved) | Some(Status::Snoozed)
    ) {
        return Some(Move::Route);
    }
    match &changes.agent {
        Some(Some(agent)) if conversation.owner().as_ref() != Some(agent) => {
            return Some(Move::Route);
        }
        Some(None) if conversation.owner().is_some() => return Some(Move::Route),
        _ => {}
    }
    match &changes.team {
        Some(Some(queue)) if conversation.queue().as_ref() != Some(queue) => {
            Some(Move::Queue(queue.clone()))
        }
        Some(None) => Some(Move::Route),
        _ => None,
    }
}

fn route_again(escalation: Escalation, interaction: &str) -> Escalation {
    state::set(Scope::Conversation, ASKED, interaction);
    escalation.route_again()
}

/// Whether a rule sets conversations aside.
fn sets_aside(policy: &AutomationRules) -> bool {
    let mut effects = policy.rules.iter().flat_map(|rule| &rule.effects);
    effects.any(|effect| *effect == Effect::Status(Status::Snoozed))
}

fn events_of_route(cause: &RouteCause, asked: bool) -> Vec<Event> {
    match cause {
        RouteCause::New => vec![Event::ConversationCreated, Event::MessageCreated],
        RouteCause::Reopened => vec![
            Event::ConversationOpened,
            Event::ConversationUpdated,
            Event::MessageCreated,
        ],
        RouteCause::Held => vec![Event::ConversationOpened, Event::ConversationUpdated],
        _ if asked => vec![Event::ConversationUpdated, Event::MessageCreated],
        _ => vec![Event::ConversationUpdated],
    }
}

/// Escalation follows the classification of a message, and the route where there was one.
fn events_of_message(conversation: &Conversation, routed: bool) -> Vec<Event> {
    match routed {
        true => events_of_route(&conversation.cause(), true),
        false => vec![Event::MessageCreated],
    }
}

/// The rules of some events, in the order of the events and of the settings.
fn rules_of<'a>(policy: &'a AutomationRules, events: &[Event]) -> Vec<&'a Rule> {
    let of = |event: &Event| {
        let event = *event;
        policy.rules.iter().filter(move |rule| rule.event == event)
    };
    events.iter().flat_map(of).collect()
}

/// Runs rules in order: each reads what those before it changed. Gives the rules that apply.
fn run<'a>(rules: Vec<&'a Rule>, facts: &mut Facts<'_>) -> Vec<&'a Rule> {
    let mut applied = Vec::new();
    for rule in rules {
        match holds(rule, facts) {
            Ok(true) => {
                let conversation = facts.conversation;
                let last_agent = || conversation.and_then(Conversation::last_agent);
                for effect in &rule.effects {
                    effect.apply(&mut facts.changes, last_agent);
                }
                applied.push(rule);
            }
            Ok(false) => {}
            Err(error) => log::warn!("/rules/{}: {error}; the rule does not apply", rule.index),
        }
    }
    applied
}

/// Whether a rule applies: all comparisons of a group hold. An error anywhere makes it not apply, as
/// the one query of the other system fails as a whole.
fn holds(rule: &Rule, facts: &Facts<'_>) -> Result<bool, String> {
    let mut applies = false;
    for group in &rule.groups {
        let mut all = true;
        for comparison in group {
            all &= comparison.holds(facts)? == Some(true);
        }
        applies |= all;
    }
    Ok(applies)
}

fn reason(applied: &[&Rule], notes: &[String]) -> String {
    let rules: Vec<String> = applied
        .iter()
        .take(10)
        .map(|rule| format!("{} ({})", rule.index, rule.name))
        .collect();
    let mut why = match applied.len() {
        1 => format!("Automation rule {} applies.", rules.join(", ")),
        _ => format!("Automation rules {} apply.", rules.join(", ")),
    };
    for note in notes {
        if why.len() + note.len() + 8 <= LONGEST_REASON {
            why.push_str(" Note: ");
            why.push_str(note);
        }
    }
    why
}
