//! Reads the actions of a rule.

use patchbay_sdk::Problems;
use serde_json::Value;

use super::Names;
use super::conditions::scalar;
use crate::facts::{Changes, Status};
use crate::settings::{Action, Approximation, Rule};
use crate::vocabulary::{ACTIONS, Event, OTHER_ACTIONS, nearest};

/// Most bytes of a message or note.
const LONGEST_TEXT: usize = 4000;

/// What an action does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// The agent; `None`: no agent any more.
    Agent(Option<String>),
    LastAgent,
    /// The queue of the team; `None`: no team any more.
    Team(Option<String>),
    Label(String),
    Priority(u8),
    Status(Status),
    /// Target and message.
    Notify(String, String),
    Note(String),
}

impl Effect {
    /// Changes what the rules after it read. `last_agent` is the agent who replied last.
    pub(crate) fn apply(&self, changes: &mut Changes, last_agent: impl Fn() -> Option<String>) {
        match self {
            Self::Agent(agent) => changes.agent = Some(agent.clone()),
            Self::LastAgent => {
                if let Some(agent) = last_agent() {
                    changes.agent = Some(Some(agent));
                }
            }
            Self::Team(team) => changes.team = Some(team.clone()),
            Self::Label(label) => {
                if !changes.labels.contains(label) {
                    changes.labels.push(label.clone());
                }
            }
            Self::Priority(priority) => changes.priority = Some(*priority),
            Self::Status(status) => changes.status = Some(*status),
            Self::Notify(target, message) => {
                let notification = (target.clone(), message.clone());
                if !changes.notifications.contains(&notification) {
                    changes.notifications.push(notification);
                }
            }
            Self::Note(note) => changes.notes.push(note.clone()),
        }
    }
}

/// What the actions of a rule do.
pub(super) fn effects(
    path: &str,
    rule: &Rule,
    event: Option<Event>,
    names: &Names,
    problems: &mut Problems,
) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (index, action) in rule.actions.iter().enumerate() {
        let mut read = ActionReader {
            path: format!("{path}/actions/{index}"),
            rule,
            event,
            names,
            problems,
        };
        effects.extend(read.action(action));
    }
    effects
}

struct ActionReader<'a, 'b> {
    path: String,
    rule: &'a Rule,
    event: Option<Event>,
    names: &'a Names,
    problems: &'b mut Problems,
}

impl ActionReader<'_, '_> {
    fn action(&mut self, action: &Action) -> Vec<Effect> {
        let parameters = match &action.action_params {
            Value::Array(list) => list.clone(),
            Value::Null => Vec::new(),
            other => vec![other.clone()],
        };
        match action.action_name.as_str() {
            "assign_agent" => self.agent(&parameters),
            "assign_team" => self.team(&parameters),
            "remove_assigned_team" => self.unassign_team(),
            "add_label" => self.labels(&parameters),
            "change_priority" => self.priority(&parameters),
            "resolve_conversation" => self.status("resolved"),
            "snooze_conversation" => self.status("snoozed"),
            "open_conversation" => self.status("open"),
            "change_status" => match self.first(&parameters, "a status") {
                Some(status) => self.status(&status),
                None => Vec::new(),
            },
            "send_webhook_event" => self.webhook(&parameters),
            "send_email_to_team" => self.team_mail(&parameters),
            "send_message" => self.message(&parameters),
            "add_private_note" => self.note(&parameters),
            other => {
                let message = unsupported(other);
                self.problem("/action_name", message);
                Vec::new()
            }
        }
    }

    fn problem(&mut self, at: &str, message: impl Into<String>) {
        self.problems.add(format!("{}{at}", self.path), message);
    }

    /// The first parameter as a text.
    fn first(&mut self, parameters: &[Value], what: &str) -> Option<String> {
        let first = parameters.first().and_then(scalar);
        if first.as_ref().is_none_or(|text| text.trim().is_empty()) {
            self.problem("/action_params", format!("must begin with {what}"));
            return None;
        }
        first
    }

    fn agent(&mut self, parameters: &[Value]) -> Vec<Effect> {
        let Some(id) = self.first(parameters, "the number of an agent") else {
            return Vec::new();
        };
        match id.as_str() {
            "nil" => self.needing_default_queue(Effect::Agent(None)),
            "last_responding_agent" => vec![Effect::LastAgent],
            id => match self.names.agent(id) {
                Some(agent) => vec![Effect::Agent(Some(agent))],
                None => {
                    let message = format!("agent {id} is not in `agents`; add its id here");
                    self.problem("/action_params/0", message);
                    Vec::new()
                }
            },
        }
    }

    fn team(&mut self, parameters: &[Value]) -> Vec<Effect> {
        let id = parameters.first().and_then(scalar).unwrap_or_default();
        match id.as_str() {
            "" | "nil" | "0" => self.unassign_team(),
            id => match self.names.team(id) {
                Some(queue) => vec![Effect::Team(Some(queue))],
                None => {
                    let message = format!("team {id} is not in `teams`; add its queue");
                    self.problem("/action_params/0", message);
                    Vec::new()
                }
            },
        }
    }

    fn unassign_team(&mut self) -> Vec<Effect> {
        self.needing_default_queue(Effect::Team(None))
    }

    fn labels(&mut self, parameters: &[Value]) -> Vec<Effect> {
        if parameters.is_empty() {
            self.problem("/action_params", "names no label");
        }
        if self.event == Some(Event::MessageCreated) && !self.names.accepts(Approximation::AddLabel)
        {
            self.problem(
                "/action_name",
                "`add_label` of `message_created` is supported in part: the label is a tag while Patchbay \
                 routes the conversation, else a topic of the message; add \"add_label\" to `accept` if that \
                 is enough",
            );
        }
        let mut effects = Vec::new();
        for (index, label) in parameters.iter().enumerate() {
            let code = scalar(label).ok_or_else(|| "must be a text".to_owned());
            match code.and_then(|label| label_code(&label)) {
                Ok(code) => effects.push(Effect::Label(code)),
                Err(message) => self.problem(&format!("/action_params/{index}"), message),
            }
        }
        if let Some(effect) = effects.pop() {
            effects.extend(self.needing_default_queue(effect));
        }
        effects
    }

    fn priority(&mut self, parameters: &[Value]) -> Vec<Effect> {
        let Some(name) = self.first(parameters, "a priority") else {
            return Vec::new();
        };
        let all = self.names.priorities();
        match all.iter().find(|(known, _)| *known == name) {
            Some((_, priority)) => self.needing_default_queue(Effect::Priority(*priority)),
            None if name == "nil" => {
                self.problem(
                    "/action_params/0",
                    "a priority cannot be taken away: Patchbay only raises it",
                );
                Vec::new()
            }
            None => {
                let near = nearest(&name, all.map(|(known, _)| known));
                self.problem(
                    "/action_params/0",
                    format!("the priority `{name}` does not exist{near}"),
                );
                Vec::new()
            }
        }
    }

    fn status(&mut self, name: &str) -> Vec<Effect> {
        if let Some((_, status)) = Status::ALL.iter().find(|(known, _)| *known == name) {
            return match status {
                Status::Open => self.needing_default_queue(Effect::Status(*status)),
                _ => vec![Effect::Status(*status)],
            };
        }
        let message = match name {
            "pending" => {
                "Patchbay has no status `pending`; route to the queue of the bot".to_owned()
            }
            other => format!("the status `{other}` does not exist"),
        };
        self.problem("/action_params/0", message);
        Vec::new()
    }

    fn webhook(&mut self, parameters: &[Value]) -> Vec<Effect> {
        let Some(url) = self.first(parameters, "an address") else {
            return Vec::new();
        };
        match self.names.settings.webhooks.get(&url) {
            Some(target) => {
                let event = &self.rule.event_name;
                let message = format!(
                    "automation_event.{event}: {}",
                    super::shorten(&self.rule.name)
                );
                vec![Effect::Notify(target.into(), message)]
            }
            None => {
                self.problem(
                    "/action_params/0",
                    "the webhook is not in `webhooks`; add the target of the company file that stands for it",
                );
                Vec::new()
            }
        }
    }

    fn team_mail(&mut self, parameters: &[Value]) -> Vec<Effect> {
        let Some(Value::Object(mail)) = parameters.first() else {
            self.problem(
                "/action_params/0",
                "must be an object with `team_ids` and `message`",
            );
            return Vec::new();
        };
        let message = mail.get("message").and_then(Value::as_str).unwrap_or("");
        if !self.is_plain("/action_params/0/message", message) {
            return Vec::new();
        }
        let teams = match mail.get("team_ids") {
            Some(Value::Array(teams)) if !teams.is_empty() => teams.as_slice(),
            _ => {
                self.problem("/action_params/0/team_ids", "names no team");
                return Vec::new();
            }
        };
        let mut effects = Vec::new();
        for (index, team) in teams.iter().enumerate() {
            let id = scalar(team).unwrap_or_default();
            match self.names.settings.team_targets.get(&id) {
                Some(target) => effects.push(Effect::Notify(target.into(), message.to_owned())),
                None => {
                    let at = format!("/action_params/0/team_ids/{index}");
                    let message = format!("team {id} is not in `team-targets`; add its target");
                    self.problem(&at, message);
                }
            }
        }
        effects
    }

    fn message(&mut self, parameters: &[Value]) -> Vec<Effect> {
        let Some(text) = self.first(parameters, "a text") else {
            return Vec::new();
        };
        if !self.is_plain("/action_params/0", &text) {
            return Vec::new();
        }
        match &self.names.settings.messages {
            Some(target) => vec![Effect::Notify(target.into(), text)],
            None => {
                self.problem(
                    "/action_name",
                    "`send_message` needs the setting `messages`: a policy does not write to customers; \
                     the target that is notified with the text sends it",
                );
                Vec::new()
            }
        }
    }

    fn note(&mut self, parameters: &[Value]) -> Vec<Effect> {
        if !self.names.accepts(Approximation::AddPrivateNote) {
            self.problem(
                "/action_name",
                "`add_private_note` is supported in part: the note is part of the reason of the decision, \
                 which agents see; add \"add_private_note\" to `accept` if that is enough",
            );
        }
        match self.first(parameters, "a text") {
            Some(text) if self.is_plain("/action_params/0", &text) => {
                self.needing_default_queue(Effect::Note(text))
            }
            _ => Vec::new(),
        }
    }

    /// Whether a text has no placeholders, and is of bounded length.
    fn is_plain(&mut self, at: &str, text: &str) -> bool {
        let length = 1..=LONGEST_TEXT;
        if text.contains("{{") || text.contains("{%") {
            self.problem(
                at,
                "placeholders (`{{…}}`) are not supported: a notification quotes no personal data; write a \
                 text without them",
            );
            false
        } else if text.trim().is_empty() || !length.contains(&text.len()) {
            self.problem(at, format!("must have 1 to {LONGEST_TEXT} bytes"));
            false
        } else {
            true
        }
    }

    /// A rule that does not say where the conversation goes needs a queue for it.
    fn needing_default_queue(&mut self, effect: Effect) -> Vec<Effect> {
        if self.names.settings.default_queue.is_none() {
            self.problems.add(
                "/default-queue",
                format!(
                    "is needed by {}: name the queue of a conversation that no rule assigns to a team",
                    self.path
                ),
            );
        }
        vec![effect]
    }
}

fn unsupported(name: &str) -> String {
    match OTHER_ACTIONS.iter().find(|(known, _)| *known == name) {
        Some((_, instead)) => format!("the action `{name}` is not supported: {instead}"),
        None => format!(
            "the action `{name}` is not supported{}; supported are {}",
            nearest(name, ACTIONS.iter().copied()),
            ACTIONS.join(", ")
        ),
    }
}

/// The tag of a label: lower case, hyphens for underscores and spaces.
pub(super) fn label_code(label: &str) -> Result<String, String> {
    let code: String = label
        .trim()
        .to_lowercase()
        .chars()
        .map(|sign| if matches!(sign, '_' | ' ') { '-' } else { sign })
        .collect();
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit())
    };
    match !code.is_empty() && code.len() <= 64 && code.split('-').all(word) {
        true => Ok(code),
        false => Err(format!(
            "the label `{label}` does not make a tag: lower case, digits, hyphens or underscores between words"
        )),
    }
}
