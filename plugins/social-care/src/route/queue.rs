//! Chooses the queue of a conversation.

use patchbay_sdk::prelude::*;

use super::{SURE, Situation};

/// A queue that exists.
pub(super) struct Chosen {
    pub(super) id: String,
    pub(super) open: bool,
    /// Beginning of the reason.
    pub(super) why: String,
}

/// The queue of the best certain intent that has one, else of a topic, else of an uncertain intent,
/// else the default; `None` where the company has no queue.
pub(super) fn choose(situation: &Situation<'_>) -> Option<Chosen> {
    if situation.is_likely_spam()
        && let Some(id) = &situation.policy.settings.review_queue
        && let Some(queue) = agents::queue(id.as_str())
    {
        return Some(Chosen {
            open: queue.is_open(),
            why: format!("Queue {id} to review likely spam"),
            id: id.to_string(),
        });
    }
    let sure = situation
        .intents
        .iter()
        .filter(|intent| intent.confidence >= SURE);
    let unsure = situation
        .intents
        .iter()
        .filter(|intent| intent.confidence < SURE);
    let intent = |intent: &Intent| (intent.name.clone(), "intent");
    let topics = situation
        .topics
        .iter()
        .map(|topic| (topic.clone(), "topic"));
    for (code, kind) in sure.map(intent).chain(topics).chain(unsure.map(intent)) {
        let Some(id) = situation.policy.settings.queue_for(&code) else {
            continue;
        };
        if let Some(queue) = agents::queue(id) {
            return Some(Chosen {
                open: queue.is_open(),
                why: format!("Queue {id} for the {kind} {code}"),
                id: id.to_owned(),
            });
        }
    }
    fallback(situation)
}

fn fallback(situation: &Situation<'_>) -> Option<Chosen> {
    if let Some(id) = &situation.policy.settings.default_queue
        && let Some(queue) = agents::queue(id.as_str())
    {
        return Some(Chosen {
            open: queue.is_open(),
            why: format!("Queue {id} as the policy's default"),
            id: id.to_string(),
        });
    }
    let ids = agents::queue_ids();
    let default = ids
        .iter()
        .find_map(|id| agents::queue(id).filter(Queue::is_default));
    let queue = default.or_else(|| agents::queue(ids.first()?))?;
    let id = queue.id();
    Some(Chosen {
        open: queue.is_open(),
        why: format!("Queue {id} as the company's default"),
        id,
    })
}
