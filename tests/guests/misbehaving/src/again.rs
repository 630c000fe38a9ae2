//! Answers after which the desk decides again or no more, and what a policy then reads.

use patchbay_sdk::prelude::*;

/// Milliseconds until the desk decides again.
const SOON: u64 = 60_000;

/// Whether a text, which is classified as a greeting, leads to such answers.
pub fn is_greeting(word: &str) -> bool {
    matches!(word, "close" | "expire" | "hold" | "incident" | "wake")
}

/// A plan that closes the conversation, whose only step expires, or that holds a new
/// conversation for a time.
pub fn route_plan(word: &str, conversation: &Conversation) -> Option<RoutePlan> {
    let plan = match word {
        "close" => RoutePlan::close(),
        "expire" => {
            let step = Step::new().minimum_agents(0).expires_after(60);
            RoutePlan::to_queue("general").step(step)
        }
        "hold" if conversation.cause() == RouteCause::New => {
            RoutePlan::hold().until(clock::now() + SOON)
        }
        _ => return None,
    };
    Some(plan.because(read(conversation)))
}

/// A wake-up, or an incident about greetings, once for each message.
pub fn escalation(trigger: &Trigger) -> Option<Escalation> {
    let conversation = trigger.conversation()?;
    if trigger.code() != TriggerCode::Classified {
        return None;
    }
    match conversation.latest().text() {
        "wake" => Some(Escalation::because("").wake_up(clock::now() + SOON)),
        "incident" => Some(Escalation::because("").open_incident("greeting", "many greet")),
        _ => None,
    }
}

/// Everything that a policy can read of a conversation, but for its identifier.
fn read(conversation: &Conversation) -> String {
    let assessment = conversation.assessment().map(|it| {
        let kinds = it.personal_data_kinds();
        let intents = it.intents();
        let scores = (it.sentiment(), it.urgency(), it.spam(), it.abuse());
        let others = (it.topics(), it.language(), it.reply_expected(), kinds);
        (intents, scores, others)
    });
    let contact = conversation.contact();
    let latest = conversation.latest();
    let history = (
        (latest.id(), latest.text()),
        conversation.interaction_count(),
        (contact.recent_interactions(), contact.last_agent()),
    );
    let times = (conversation.created_at(), conversation.unanswered_since());
    let place = (
        String::from(conversation.state()),
        String::from(conversation.cause()),
        conversation.queue(),
        conversation.owner(),
        conversation.last_agent(),
    );
    let marks = (
        conversation.priority(),
        conversation.tags(),
        conversation.incident(),
    );
    format!("{assessment:?} {history:?} {times:?} {place:?} {marks:?}")
}
