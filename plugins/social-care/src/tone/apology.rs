//! Finds a missing apology.

use super::{Findings, Reply, suggestions};
use crate::lexicon::phrases::Signal;
use crate::route::SURE;

pub(super) fn check(reply: &Reply<'_>, findings: &mut Findings<'_>) {
    // An unfinished reply may apologise later.
    if reply.draft.composing() || reply.draft.text().trim().is_empty() {
        return;
    }
    let Some(reason) = due(reply) else { return };
    if reply.hits.iter().all(|hit| hit.signal != Signal::Apology) {
        let suggestion = suggestions::apology(reply.language.as_deref());
        findings.add(
            "apology.missing",
            format!("An apology is due: {reason}."),
            Some(suggestion),
        );
    }
}

/// Why an apology is due, if it is. Spam needs none.
fn due(reply: &Reply<'_>) -> Option<String> {
    let assessment = reply.assessment.as_ref()?;
    let settings = &reply.policy.settings;
    if assessment.spam().unwrap_or(0.0) >= SURE {
        return None;
    }
    let intent = assessment.intents().into_iter().find(|intent| {
        intent.confidence >= SURE && settings.apology_required_for.contains(&intent.name)
    });
    if let Some(intent) = intent {
        return Some(format!("the customer wrote about {}", intent.name));
    }
    let upset = assessment
        .sentiment()
        .is_some_and(|mood| mood <= settings.apology_at_mood);
    upset.then(|| "the customer is upset".to_owned())
}
