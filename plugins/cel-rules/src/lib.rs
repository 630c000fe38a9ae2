//! Rules of one line each, in the Common Expression Language.
//!
//! The settings are lists of rules: a condition (`when`) and an answer (`then`). [`Policy::prepare`]
//! parses and checks every condition; a decision evaluates them. The package's `README.md` lists the
//! names, functions and answers.

mod answers;
mod check;
mod condition;
mod environment;
mod functions;
mod rules;
mod settings;
mod types;

use patchbay_sdk::prelude::*;

pub use condition::{Condition, Fault, LONGEST};
pub use environment::Stage;
pub use settings::{
    Classify as ClassifyAnswer, ClassifyRule, Escalate as EscalateAnswer, EscalateRule, Judgement,
    OnError, Route as RouteAnswer, RouteRule, Settings, Tone as ToneAnswer, ToneRule,
};

use rules::{Rules, Subject};

/// The policy, prepared with a company's rules.
#[derive(Debug)]
pub struct CelRules {
    classify: Rules<ClassifyAnswer>,
    route: Rules<RouteAnswer>,
    tone: Rules<ToneAnswer>,
    escalate: Rules<EscalateAnswer>,
}

impl Policy for CelRules {
    type Settings = Settings;

    fn prepare(settings: Settings) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        answers::check(&settings, &mut problems);
        let on_error = settings.on_error;
        let hours: Vec<&str> = settings.hours.iter().map(|hours| hours.as_str()).collect();
        let classify = settings.classify.into_iter().map(|it| (it.when, it.then));
        let route = settings.route.into_iter().map(|it| (it.when, it.then));
        let tone = settings.tone.into_iter().map(|it| (it.when, it.then));
        let escalate = settings.escalate.into_iter().map(|it| (it.when, it.then));
        let policy = Self {
            classify: Rules::prepare(Stage::Classify, classify, &hours, on_error, &mut problems),
            route: Rules::prepare(Stage::Route, route, &hours, on_error, &mut problems),
            tone: Rules::prepare(Stage::Tone, tone, &hours, on_error, &mut problems),
            escalate: Rules::prepare(Stage::Escalate, escalate, &hours, on_error, &mut problems),
        };
        problems.into_result(policy)
    }
}

impl Classify for CelRules {
    fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
        let contact = interaction.author();
        let subject = Subject {
            interaction: Some(interaction),
            contact: Some(&contact),
            ..Subject::default()
        };
        answers::classification(self.classify.applying(&subject))
    }
}

impl Route for CelRules {
    fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
        let latest = conversation.latest();
        let contact = conversation.contact();
        let assessment = conversation.assessment();
        let subject = Subject {
            interaction: Some(&latest),
            contact: Some(&contact),
            conversation: Some(conversation),
            classification: assessment.as_ref(),
            ..Subject::default()
        };
        answers::route_plan(self.route.applying(&subject), conversation)
    }
}

impl CheckTone for CelRules {
    fn check(&self, draft: &Draft) -> Answer<Review> {
        let conversation = draft.conversation();
        let answers = draft
            .answers()
            .or_else(|| conversation.as_ref().map(Conversation::latest));
        let contact = match (&conversation, &answers) {
            (Some(conversation), _) => Some(conversation.contact()),
            (None, Some(interaction)) => Some(interaction.author()),
            (None, None) => None,
        };
        let assessment = draft.assessment();
        let subject = Subject {
            interaction: answers.as_ref(),
            contact: contact.as_ref(),
            conversation: conversation.as_ref(),
            classification: assessment.as_ref(),
            draft: Some(draft),
            ..Subject::default()
        };
        answers::review(self.tone.applying(&subject))
    }
}

impl Escalate for CelRules {
    fn escalate(&self, trigger: &Trigger) -> Answer<Escalation> {
        let conversation = trigger.conversation();
        let latest = conversation.as_ref().map(Conversation::latest);
        let contact = conversation.as_ref().map(Conversation::contact);
        let assessment = conversation.as_ref().and_then(Conversation::assessment);
        let subject = Subject {
            interaction: latest.as_ref(),
            contact: contact.as_ref(),
            conversation: conversation.as_ref(),
            classification: assessment.as_ref(),
            trigger: Some(trigger),
            ..Subject::default()
        };
        answers::escalation(self.escalate.applying(&subject))
    }
}

#[cfg(test)]
mod tests;

export!(CelRules: classify, route, tone, escalate);
