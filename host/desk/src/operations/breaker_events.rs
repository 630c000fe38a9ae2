//! Circuit breakers that open and close: a thread of its own writes them to the
//! company's feed, off the decision path.

use std::collections::{HashSet, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use patchbay_engine::breaker::BreakerTransition;
use patchbay_events::{BreakerClosedEvent, BreakerOpenedEvent, Event};
use patchbay_generations::Generation;
use patchbay_journal::{CompanyId, Note};
use patchbay_model::decision::stage::Stage;
use patchbay_pass::observer::BreakerEvent;
use patchbay_records::history::note;

use crate::desk_core::DeskCore;
use crate::dispatch::breaker_message::BreakerMessage;

/// Pause before writing again after the journal failed.
const RETRY: Duration = Duration::from_secs(1);
/// Most transitions that wait for the journal.
const MAX_UNWRITTEN: usize = 1024;

impl DeskCore {
    /// Have the breakers of a generation report to the thread.
    pub(crate) fn subscribe_breakers(&self, company: CompanyId, generation: &Generation) {
        for stage in Stage::ALL {
            for plugin in generation.pipelines.of(stage) {
                let (messages, name) = (self.breaker_messages.clone(), plugin.name().to_owned());
                let number = generation.number;
                plugin.breaker(stage).set_listener(move |transition| {
                    let event = BreakerEvent {
                        plugin: name.clone(),
                        stage,
                        generation: number,
                        transition,
                    };
                    // The receiver is gone once the desk has stopped.
                    let _ = messages.send(BreakerMessage::Transition(company, event));
                });
            }
        }
    }

    /// The thread's loop. What the journal refuses is written again.
    pub(crate) fn run_breaker_events(&self, messages: &Receiver<BreakerMessage>) {
        let mut unwritten = VecDeque::new();
        loop {
            let message = match unwritten.is_empty() {
                true => messages.recv().map_err(RecvTimeoutError::from),
                false => messages.recv_timeout(RETRY),
            };
            let stops = match message {
                Ok(BreakerMessage::Transition(company, event)) => {
                    unwritten.extend(self.report_breaker_event(company, &event));
                    false
                }
                Err(RecvTimeoutError::Timeout) => false,
                Ok(BreakerMessage::Stop) | Err(RecvTimeoutError::Disconnected) => true,
            };
            self.write_notes(&mut unwritten);
            if stops {
                return;
            }
            if unwritten.len() > MAX_UNWRITTEN {
                unwritten.pop_front();
                tracing::error!(
                    "the feed lacks a breaker's transition: too many wait to be written"
                );
            }
        }
    }

    /// Write notes to the feeds of their companies, each feed in order; keep those
    /// that the journal refuses.
    fn write_notes(&self, notes: &mut VecDeque<(CompanyId, Note)>) {
        let mut refusing = HashSet::new();
        notes.retain(|(company, note)| {
            if refusing.contains(company) {
                return true;
            }
            let written = self.journal.append_notes(*company, vec![note.clone()]);
            if let Err(error) = written {
                tracing::error!(%error, "cannot write a breaker's transition to the feed; trying again");
                return refusing.insert(*company);
            }
            self.notify_listeners(*company, false);
            false
        });
    }

    /// Report a transition to the log and telemetry. Returns the note of it.
    fn report_breaker_event(
        &self,
        company: CompanyId,
        breaker: &BreakerEvent,
    ) -> Option<(CompanyId, Note)> {
        let state = self.company_state(company)?;
        let name = state.generation().company.clone();
        let BreakerEvent {
            plugin,
            stage,
            generation,
            transition,
        } = breaker.clone();
        let event = match transition {
            BreakerTransition::Opened { outcome, failures } => {
                tracing::warn!(company = name, plugin, stage = stage.as_str(), %outcome, failures, "circuit breaker open: the policy failed repeatedly");
                Event::BreakerOpened(BreakerOpenedEvent {
                    plugin,
                    stage,
                    generation,
                    outcome,
                    failures,
                })
            }
            BreakerTransition::Closed => {
                tracing::info!(
                    company = name,
                    plugin,
                    stage = stage.as_str(),
                    "circuit breaker closed"
                );
                Event::BreakerClosed(BreakerClosedEvent {
                    plugin,
                    stage,
                    generation,
                })
            }
        };
        self.settings.observer.breaker_changed(&name, breaker);
        Some((company, note(&event, self.now())))
    }
}
