//! A case while it runs: what was said and decided so far.

use patchbay_sdk::prelude::*;
use patchbay_sdk::testing::*;
use serde_json::Value;
use social_care::SocialCare;

use crate::{answers, matching};

/// Run a case; what is not as it expects.
pub(crate) fn run(case: &Value) -> Vec<String> {
    let policy: SocialCare = match prepare(case.get("settings").cloned().unwrap_or(json!({}))) {
        Ok(policy) => policy,
        Err(problems) => return vec![format!("settings: {problems}")],
    };
    let mut course = Course {
        policy,
        case,
        said: Vec::new(),
        latest: None,
    };
    let mut wrong = Vec::new();
    for (index, step) in list(case, "steps").iter().enumerate() {
        let found = course.world().enter(|| course.step(step));
        let expected = step.get("expect").unwrap_or(&Value::Null);
        if !expected.is_null() && !matching::fits(expected, &found) {
            wrong.push(format!(
                "step {}: expected {expected}, found {found}",
                index + 1
            ));
        }
    }
    wrong
}

struct Course<'a> {
    policy: SocialCare,
    case: &'a Value,
    /// Addresses of those who wrote.
    said: Vec<String>,
    latest: Option<(Value, Option<Classification>)>,
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of.get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str)
}

fn strings<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    list(of, name).iter().filter_map(Value::as_str)
}

/// Posts are public, messages private, unless said.
fn is_public(of: &Value) -> bool {
    let usual = matches!(
        text(of, "channel"),
        Some("x" | "facebook" | "instagram" | "web")
    );
    text(of, "visibility").map_or(usual, |said| said == "public")
}

impl Course<'_> {
    fn step(&mut self, step: &Value) -> Value {
        if let Some(interaction) = step.get("classify") {
            self.classify(interaction)
        } else if let Some(fields) = step.get("route") {
            answer(
                "route",
                self.policy.route(&self.conversation(fields).into()),
                answers::route,
            )
        } else if let Some(draft) = step.get("tone") {
            answer(
                "tone",
                self.policy.check(&self.draft(draft).into()),
                answers::tone,
            )
        } else if let Some(trigger) = step.get("escalate") {
            answer(
                "escalation",
                self.policy.escalate(&self.trigger(trigger).into()),
                answers::escalation,
            )
        } else {
            Value::Null
        }
    }

    fn classify(&mut self, interaction: &Value) -> Value {
        if let Some(address) = interaction
            .get("author")
            .and_then(|author| text(author, "address"))
        {
            self.said.push(address.to_owned());
        }
        self.latest = Some((interaction.clone(), None));
        let decided = self.policy.classify(&self.interaction().into());
        if let (Some((_, slot)), Ok(given)) = (&mut self.latest, &decided) {
            slot.clone_from(given);
        }
        answer("classification", decided, answers::classification)
    }

    fn interaction(&self) -> InteractionExample {
        let empty = json!({});
        let of = self
            .latest
            .as_ref()
            .map_or(&empty, |(interaction, _)| interaction);
        let mut interaction = Interaction::example(
            text(of, "channel").unwrap_or("chat"),
            text(of, "text").unwrap_or(""),
        )
        .author(self.contact());
        if is_public(of) {
            interaction = interaction.public();
        }
        if let Some(language) = text(of, "language") {
            interaction = interaction.language(language);
        }
        interaction
    }

    fn contact(&self) -> ContactExample {
        let mut contact = Contact::example();
        let Some(author) = self
            .latest
            .as_ref()
            .and_then(|(interaction, _)| interaction.get("author"))
        else {
            return contact;
        };
        if let Some(address) = text(author, "address") {
            let times = self.said.iter().filter(|said| *said == address).count();
            contact = contact.address(address).recent_interactions(times as u32);
        }
        if let Some(reach) = author.get("reach").and_then(Value::as_u64) {
            contact = contact.reach(reach);
        }
        if let Some(verified) = author.get("verified").and_then(Value::as_bool) {
            contact = contact.verified(verified);
        }
        contact
    }

    fn assessment(&self) -> Option<AssessmentExample> {
        let answer = self.latest.as_ref()?.1.as_ref()?;
        let mut assessment =
            Assessment::example().reply_expected(answer.reply_expected.unwrap_or(true));
        for intent in &answer.intents {
            assessment = assessment.intent(&intent.name, intent.confidence);
        }
        for topic in &answer.topics {
            assessment = assessment.topic(topic);
        }
        for data in &answer.personal_data {
            assessment = assessment.personal_data(&data.kind);
        }
        if let Some(language) = &answer.language {
            assessment = assessment.language(language);
        }
        let scores = (
            answer.sentiment.unwrap_or(0.0),
            answer.urgency.unwrap_or(0),
            answer.spam.unwrap_or(0.0),
            answer.abuse.unwrap_or(0.0),
        );
        Some(
            assessment
                .sentiment(scores.0)
                .urgency(scores.1)
                .spam(scores.2)
                .abuse(scores.3),
        )
    }

    fn conversation(&self, fields: &Value) -> ConversationExample {
        let mut conversation = Conversation::example(self.interaction())
            .contact(self.contact())
            .cause(text(fields, "cause").unwrap_or("new"));
        if let Some(assessment) = self.assessment() {
            conversation = conversation.assessment(assessment);
        }
        if let Some(agent) = text(fields, "last_agent") {
            conversation = conversation.last_agent(agent);
        }
        if let Some(queue) = text(fields, "queue") {
            conversation = conversation.queue(queue);
        }
        if let Some(priority) = fields.get("priority").and_then(Value::as_u64) {
            conversation = conversation.priority(priority as u8);
        }
        strings(fields, "tags").fold(conversation, |conversation, tag| conversation.tag(tag))
    }

    fn draft(&self, of: &Value) -> DraftExample {
        let channel = text(of, "channel").unwrap_or("chat");
        let written = text(of, "text").unwrap_or("");
        let mut draft = Draft::example(channel, written).length(written.chars().count() as u32);
        let limit = match channel {
            "x" => Some(280),
            "whatsapp" => Some(4096),
            _ => None,
        };
        if let Some(limit) = limit {
            draft = draft.length_limit(limit);
        }
        draft = if is_public(of) {
            draft.public()
        } else {
            draft.private()
        };
        if of.get("interaction").is_some() {
            draft = draft.answers(self.interaction());
        }
        match self.assessment() {
            Some(assessment) => draft.assessment(assessment),
            None => draft,
        }
    }

    fn trigger(&self, of: &Value) -> TriggerExample {
        let mut trigger = Trigger::example(text(of, "code").unwrap_or(""));
        if self.latest.is_some() {
            trigger = trigger.conversation(self.conversation(&json!({})));
        }
        if let Some(clock) = text(of, "clock") {
            trigger = trigger.clock(clock);
        }
        if let Some(subject) = text(of, "subject") {
            trigger = trigger.subject(subject);
        }
        if let Some(count) = of.get("count").and_then(Value::as_u64) {
            trigger = trigger.count(count);
        }
        if let Some(usual) = of.get("usual").and_then(Value::as_f64) {
            trigger = trigger.usual(usual);
        }
        trigger
    }

    fn world(&self) -> World {
        let mut world = World::new();
        for of in list(self.case, "agents") {
            let mut agent = Agent::example(text(of, "id").unwrap_or(""))
                .presence(text(of, "presence").unwrap_or("available"));
            for (skill, proficiency) in of
                .get("skills")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                agent = agent.skill(skill, proficiency.as_u64().unwrap_or(1) as u8);
            }
            agent =
                strings(of, "languages").fold(agent, |agent, language| agent.language(language));
            world = world.agent(agent);
        }
        let queues = list(self.case, "queues");
        if queues.is_empty() {
            world = world.queue(Queue::example("general").default_queue());
        }
        for of in queues {
            let mut queue = Queue::example(text(of, "id").unwrap_or(""));
            if of.get("default") == Some(&Value::Bool(true)) {
                queue = queue.default_queue();
            }
            if of.get("open") == Some(&Value::Bool(false)) {
                queue = queue.closed();
            }
            for (skill, proficiency) in of
                .get("skills")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                queue = queue.skill(skill, proficiency.as_u64().unwrap_or(1) as u8);
            }
            world = world.queue(queue);
        }
        for of in list(self.case, "knowledge") {
            let article =
                Article::example(text(of, "id").unwrap_or(""), text(of, "text").unwrap_or(""))
                    .title(text(of, "title").unwrap_or(""));
            let article =
                strings(of, "intents").fold(article, |article, intent| article.intent(intent));
            world = world.article(
                strings(of, "never_say").fold(article, |article, phrase| article.never_say(phrase)),
            );
        }
        world
    }
}

fn answer<T>(key: &str, decided: Answer<T>, form: impl Fn(&T) -> Value) -> Value {
    match decided {
        Ok(Some(answer)) => json!({ "outcome": "ok", key: form(&answer) }),
        Ok(None) => json!({ "outcome": "declined" }),
        Err(error) => json!({ "outcome": "failed", "message": error.message() }),
    }
}
