//! Circuit breakers that open and close: a thread of its own writes them to the
//! company's feed, off the decision path.

use std::sync::mpsc::Receiver;

use patchbay_engine::breaker::BreakerTransition;
use patchbay_events::{BreakerClosedEvent, BreakerOpenedEvent, Event};
use patchbay_generations::Generation;
use patchbay_journal::CompanyId;
use patchbay_model::decision::stage::Stage;
use patchbay_records::history::note;

use crate::desk_core::DeskCore;
use crate::dispatch::breaker_message::BreakerMessage;
use crate::observer::BreakerEvent;

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

    /// The thread's loop.
    pub(crate) fn run_breaker_events(&self, messages: &Receiver<BreakerMessage>) {
        while let Ok(BreakerMessage::Transition(company, event)) = messages.recv() {
            self.record_breaker_event(company, &event);
        }
    }

    fn record_breaker_event(&self, company: CompanyId, breaker: &BreakerEvent) {
        let Some(state) = self.company_state(company) else {
            return;
        };
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
        match self
            .journal
            .append_notes(company, vec![note(&event, self.now())])
        {
            Ok(_) => self.notify_listeners(company, false),
            Err(error) => {
                tracing::error!(company = name, %error, "cannot write a breaker's transition to the feed");
            }
        }
    }
}
