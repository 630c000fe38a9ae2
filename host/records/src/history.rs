//! Entries of a company's history: from events to rows, and the part of a
//! decision that the history shows without opening a seal.

use jiff::Timestamp;
use patchbay_engine::decision::{Decision, Micros};
use patchbay_events::{
    ActionSummary, ClassificationSummary, ContactErasedEvent, DecisionSummary, EscalationSummary,
    Event, FallbackSummary, FindingSummary, GenerationStamp, PhaseTimes, PluginStamp, RouteSummary,
    ToneSummary,
};
use patchbay_journal::{ContactId, ErasureNotes, Note};

/// The row of an event that concerns the company rather than a conversation.
pub fn note(event: &Event, at: Timestamp) -> Note {
    Note {
        kind: event.kind() as u16,
        at,
        head: event.head_json(),
    }
}

/// The notes about the erasure of the person behind a contact.
pub fn erasure_notes(contact: ContactId, at: Timestamp) -> ErasureNotes {
    Box::new(move |contacts| {
        let event = Event::ContactErased(ContactErasedEvent {
            contact: contact.to_string(),
            contacts: contacts.iter().map(ToString::to_string).collect(),
        });
        vec![note(&event, at)]
    })
}

/// The public part of a decision: codes and numbers. What a policy wrote in its
/// own words may quote the customer and stays sealed.
pub fn summarize(decision: &Decision) -> DecisionSummary {
    DecisionSummary {
        outcome: decision.outcome,
        classification: decision.classification.as_ref().map(|merged| {
            let answer = &merged.classification;
            ClassificationSummary {
                intents: answer.intents.clone(),
                topics: answer.topics.clone(),
                sentiment: answer.sentiment,
                urgency: answer.urgency,
                language: answer.language.clone(),
                spam: answer.spam,
                abuse: answer.abuse,
                reply_expected: answer.reply_expected,
                personal_data_kinds: answer.personal_data_kinds(),
            }
        }),
        route: decision.route.as_ref().map(|plan| RouteSummary {
            target: plan.target.clone(),
            steps: plan.steps.clone(),
            priority: plan.priority,
            sla: plan.sla.clone(),
            tags: plan.tags.clone(),
        }),
        escalation: decision.escalation.as_ref().map(|escalation| {
            let actions = escalation.actions.iter();
            let actions = actions.map(|action| ActionSummary {
                kind: action.kind.clone(),
                target: action.target.clone(),
            });
            EscalationSummary {
                actions: actions.collect(),
            }
        }),
        tone: decision.tone.as_ref().map(|review| {
            let findings = review.findings.iter();
            let findings = findings.map(|finding| FindingSummary {
                code: finding.code.clone(),
                severity: finding.severity,
            });
            ToneSummary {
                verdict: review.verdict,
                findings: findings.collect(),
            }
        }),
        fallbacks: decision
            .fallbacks
            .iter()
            .map(|fallback| FallbackSummary {
                stage: fallback.stage,
                rule: fallback.rule.to_owned(),
                plugin: fallback.plugin.clone(),
            })
            .collect(),
        stamp: GenerationStamp {
            generation: decision.stamp.generation,
            plugins: decision
                .stamp
                .plugins
                .iter()
                .map(|part| PluginStamp {
                    stage: part.stage,
                    name: part.name.clone(),
                    version: part.version.clone(),
                    digest: part.digest.to_string(),
                    outcome: part.outcome,
                    use_number: part.use_number,
                    micros: phase_times(part.micros),
                    peak_memory: part.peak_memory,
                })
                .collect(),
        },
        micros: phase_times(decision.micros),
        transcript: None,
    }
}

fn phase_times(micros: Micros) -> PhaseTimes {
    PhaseTimes {
        queue: micros.queue,
        instantiate: micros.instantiate,
        call: micros.call,
    }
}

#[cfg(test)]
mod tests {
    use patchbay_events::EventKind;

    #[test]
    fn the_documentation_lists_every_kind_of_event() {
        let documentation = include_str!("../../../docs/desk.md");
        for kind in EventKind::ALL {
            let row = format!("| `{}` |", kind.as_str());
            assert!(documentation.contains(&row), "{row} is not in docs/desk.md");
        }
    }
}
