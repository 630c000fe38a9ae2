//! Reads the rules of the settings: every construct that is not supported is a problem with its path.

mod actions;
mod conditions;

use patchbay_sdk::Problems;

use crate::comparison::Comparison;
use crate::settings::{self, Approximation, Settings};
use crate::vocabulary::{EVENTS, Event, OTHER_EVENTS, nearest};

pub(crate) use actions::Effect;

/// Most rules of the settings.
pub const MOST_RULES: usize = 500;
/// Most conditions of a rule, and most actions.
const MOST_PARTS: usize = 100;

/// A rule that is used.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Its place in the settings.
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) event: Event,
    /// It applies when all comparisons of one group hold: AND binds tighter than OR.
    pub(crate) groups: Vec<Vec<Comparison>>,
    pub(crate) effects: Vec<Effect>,
}

impl Rule {
    /// Whether one of its conditions is known only where the conversation is.
    pub(crate) fn is_of_conversation(&self) -> bool {
        self.groups
            .iter()
            .flatten()
            .any(Comparison::is_of_conversation)
    }
}

/// What the numbers of the other system stand for here.
#[derive(Debug)]
pub(crate) struct Names {
    settings: Settings,
}

impl Names {
    fn agent(&self, id: &str) -> Option<String> {
        self.settings.agents.get(id).map(Into::into)
    }

    fn team(&self, id: &str) -> Option<String> {
        self.settings.teams.get(id).map(Into::into)
    }

    pub(crate) fn is_team(&self, queue: &str) -> bool {
        self.settings.teams.values().any(|team| **team == *queue)
    }

    /// Numbers of the inboxes that a message to this account of the channel comes to.
    pub(crate) fn inboxes_of(&self, channel: &str, account: Option<&str>) -> Vec<String> {
        let inboxes = self.settings.inboxes.iter().filter(|(_, inbox)| {
            let same_account = inbox.account.is_none() || inbox.account.as_deref() == account;
            *inbox.channel == *channel && same_account
        });
        inboxes.map(|(id, _)| id.clone()).collect()
    }

    pub(crate) fn priority_name(&self, priority: u8) -> Option<&'static str> {
        let reached = self.priorities().into_iter().rev();
        let mut reached = reached.filter(|(_, least)| priority >= *least);
        reached.next().map(|(name, _)| name)
    }

    fn priorities(&self) -> [(&'static str, u8); 4] {
        let all = self.settings.priorities;
        [
            ("low", all.low),
            ("medium", all.medium),
            ("high", all.high),
            ("urgent", all.urgent),
        ]
    }

    /// Queue of conversations that have no team.
    pub(crate) fn default_queue(&self) -> Option<String> {
        self.settings.default_queue.as_ref().map(Into::into)
    }
}

/// The rules that are used, and what their numbers stand for.
pub(crate) fn prepare(mut settings: Settings) -> Result<(Vec<Rule>, Names), Problems> {
    let rules = std::mem::take(&mut settings.rules);
    let names = Names { settings };
    let mut problems = Problems::new();
    check_priorities(&names, &mut problems);
    if rules.len() > MOST_RULES {
        problems.add(
            "/rules",
            format!(
                "there are {} rules, more than {MOST_RULES}; use several plugins",
                rules.len()
            ),
        );
    }
    let used = rules.iter().take(MOST_RULES).enumerate();
    let used = used.filter(|(_, rule)| rule.active);
    let prepared: Vec<Rule> = used
        .filter_map(|(index, rule)| prepare_rule(index, rule, &names, &mut problems))
        .collect();
    problems.into_result((prepared, names))
}

fn prepare_rule(
    index: usize,
    rule: &settings::Rule,
    names: &Names,
    problems: &mut Problems,
) -> Option<Rule> {
    let path = format!("/rules/{index}");
    if rule.execution_delay.is_some_and(|delay| delay != 0) {
        problems.add(
            format!("{path}/execution_delay"),
            "delayed actions are not supported; remove the delay, or use an SLA clock of the queue",
        );
    }
    if rule.actions.is_empty() {
        problems.add(format!("{path}/actions"), "the rule does nothing");
    }
    for (part, count) in [
        ("conditions", rule.conditions.len()),
        ("actions", rule.actions.len()),
    ] {
        if count > MOST_PARTS {
            problems.add(
                format!("{path}/{part}"),
                format!("are more than {MOST_PARTS}"),
            );
            return None;
        }
    }
    let event = event_of(&path, rule, names, problems);
    let groups = conditions::groups(&path, rule, names, problems);
    let effects = actions::effects(&path, rule, event, names, problems);
    Some(Rule {
        index,
        name: shorten(&rule.name),
        event: event?,
        groups,
        effects,
    })
}

fn event_of(
    path: &str,
    rule: &settings::Rule,
    names: &Names,
    problems: &mut Problems,
) -> Option<Event> {
    let path = format!("{path}/event_name");
    let name = rule.event_name.as_str();
    if let Some((_, event)) = EVENTS.iter().find(|(known, _)| *known == name) {
        if *event == Event::ConversationUpdated
            && !names.accepts(Approximation::ConversationUpdated)
        {
            problems.add(
                path,
                "`conversation_updated` is supported in part: only a change that makes Patchbay route the \
                 conversation again counts; add \"conversation_updated\" to `accept` if that is enough",
            );
        }
        return Some(*event);
    }
    let message = match OTHER_EVENTS.iter().find(|(known, _)| *known == name) {
        Some((_, instead)) => format!("the event `{name}` is not supported: {instead}"),
        None => {
            let known: Vec<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
            let near = nearest(name, known.iter().copied());
            format!(
                "the event `{name}` is not supported{near}; supported are {}",
                known.join(", ")
            )
        }
    };
    problems.add(path, message);
    None
}

impl Names {
    fn accepts(&self, construct: Approximation) -> bool {
        self.settings.accept.contains(&construct)
    }
}

fn check_priorities(names: &Names, problems: &mut Problems) {
    let all = names.priorities();
    let rising = all.windows(2).all(|pair| pair[0].1 < pair[1].1);
    if !rising || all[0].1 < 1 || all[3].1 > 100 {
        problems.add("/priorities", "must rise from low to urgent, from 1 to 100");
    }
}

/// Names of rules appear in reasons, which are bounded.
fn shorten(name: &str) -> String {
    name.chars()
        .filter(|sign| !sign.is_control())
        .take(80)
        .collect()
}
