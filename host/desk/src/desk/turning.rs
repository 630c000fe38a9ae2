//! Breakers that open and close: told in the company's feed, off the path of
//! the decision that did it.

use std::sync::mpsc::Receiver;

use patchbay_engine::breaker::Turn;
use patchbay_generations::Generation;
use patchbay_journal::{CompanyId, Note};
use patchbay_model::decision::stage::Stage;
use serde_json::json;

use super::Inner;
use patchbay_records::history::EntryKind;
use crate::observer::Turned;

/// What waits to be told of breakers.
#[derive(Debug)]
pub(super) enum Turning {
    /// One opened or closed.
    Turned(CompanyId, Turned),
    /// The desk stops.
    Stop,
}

impl Inner {
    /// Listen to the breakers of a setup; its plugins are one company's alone.
    pub(super) fn listen(&self, company: CompanyId, generation: &Generation) {
        for stage in Stage::ALL {
            for plugin in generation.pipelines.of(stage) {
                let (turning, name) = (self.turning.clone(), plugin.name().to_owned());
                let number = generation.number;
                plugin.breaker(stage).listen(move |turn| {
                    let turned = Turned {
                        plugin: name.clone(),
                        stage,
                        generation: number,
                        turn,
                    };
                    // Nobody listens where the desk has stopped.
                    let _ = turning.send(Turning::Turned(company, turned));
                });
            }
        }
    }

    /// What the thread does that tells of them.
    pub(super) fn tell_turns(&self, turns: &Receiver<Turning>) {
        while let Ok(Turning::Turned(company, turned)) = turns.recv() {
            self.tell_turn(company, &turned);
        }
    }

    fn tell_turn(&self, company: CompanyId, turned: &Turned) {
        let Some(here) = self.at(company) else {
            return;
        };
        let name = here.generation().company.clone();
        let (plugin, stage) = (&turned.plugin, turned.stage.as_str());
        let mut head = json!({
            "plugin": plugin,
            "stage": stage,
            "generation": turned.generation,
        });
        let kind = match turned.turn {
            Turn::Opened { outcome, failures } => {
                tracing::warn!(company = name, plugin, stage, %outcome, failures, "a policy failed again and again and is left alone for a while");
                head["outcome"] = json!(outcome);
                head["failures"] = failures.into();
                EntryKind::BreakerOpened
            }
            Turn::Closed => {
                tracing::info!(company = name, plugin, stage, "a policy is asked again");
                EntryKind::BreakerClosed
            }
        };
        self.settings.observer.turned(&name, turned);
        let note = Note {
            kind: kind as u16,
            at: self.now(),
            head: head.to_string(),
        };
        match self.journal.note(company, vec![note]) {
            Ok(_) => self.tell_of(company, false),
            Err(error) => {
                tracing::error!(company = name, %error, "that a breaker turned is not in the feed");
            }
        }
    }
}
