//! What policies see of the people: the roster with presence and load as they
//! were a moment ago.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use patchbay_model::directory::{Agent as Listed, Directory, Presence, Queue};
use patchbay_model::situation::Surroundings;

use super::{Assignments, Room};

/// How old what policies see may be.
const FRESH: Duration = Duration::from_millis(250);
/// Generations of a company that decide at the same time.
const AT_ONCE: usize = 2;
/// Largest share of the time that is spent on making it: one part in this.
const SHARE: u32 = 50;

/// The directory as it was last made, for each generation that decides.
#[derive(Debug, Default)]
pub(crate) struct Shown(Mutex<Vec<Made>>);

#[derive(Debug)]
struct Made {
    surroundings: Arc<Surroundings>,
    /// Those of the generation it was made from.
    base: Arc<Surroundings>,
    changes: u64,
    at: Instant,
    took: Duration,
}

impl Assignments {
    /// What the company has, with its people as they are now or were a moment
    /// ago.
    pub(crate) fn surroundings(
        &self,
        base: &Arc<Surroundings>,
        now: Timestamp,
    ) -> Arc<Surroundings> {
        let mut shown = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shown.iter().position(|made| Arc::ptr_eq(&made.base, base));
        if let Some(made) = known.map(|known| &shown[known])
            && made.at.elapsed() < FRESH.max(made.took * SHARE)
        {
            return Arc::clone(&made.surroundings);
        }
        let begun = Instant::now();
        let room = self.room();
        let changes = room.changes;
        if let Some(made) = known.map(|known| &mut shown[known])
            && made.changes == changes
        {
            made.at = begun;
            return Arc::clone(&made.surroundings);
        }
        let (agents, queues) = (room.listed(now), room.queues(&base.directory, now));
        drop(room);
        // Everybody and every queue was checked when it came in.
        let directory = match Directory::new(agents, queues) {
            Ok(directory) => Arc::new(directory),
            Err(error) => {
                tracing::error!(%error, "the roster does not fit the queues; policies see the company file's");
                Arc::clone(&base.directory)
            }
        };
        let surroundings = Arc::new(Surroundings {
            directory,
            knowledge: Arc::clone(&base.knowledge),
            hours: Arc::clone(&base.hours),
            targets: Arc::clone(&base.targets),
            legacy_140: Arc::clone(&base.legacy_140),
        });
        if let Some(known) = known {
            shown.swap_remove(known);
        }
        // The one that was made last is the last.
        if shown.len() >= AT_ONCE {
            shown.remove(0);
        }
        shown.push(Made {
            surroundings: Arc::clone(&surroundings),
            base: Arc::clone(base),
            changes,
            at: Instant::now(),
            took: begun.elapsed(),
        });
        surroundings
    }
}

impl Room {
    fn listed(&self, now: Timestamp) -> Vec<Listed> {
        let listed = self.roster.values().filter_map(|agent| {
            let view = self.floor.agent(&agent.id).ok()?;
            let idle = view.idle_since.map(|since| seconds_since(since, now));
            Some(Listed {
                id: agent.id.clone(),
                name: agent.name.clone(),
                skills: agent.skills.clone(),
                languages: agent.languages.clone(),
                presence: match view.not_responding && view.presence.is_present() {
                    true => Presence::Away,
                    false => view.presence,
                },
                load: u32::try_from(view.load).unwrap_or(u32::MAX),
                capacity: view.capacity,
                idle,
                queues: agent.queues.clone(),
                teams: agent.teams.clone(),
                site: agent.site.clone(),
            })
        });
        listed.collect()
    }

    fn queues(&self, directory: &Directory, now: Timestamp) -> Vec<Queue> {
        let known = directory.queue_ids().filter_map(|id| directory.queue(id));
        known
            .map(|queue| {
                let view = self.floor.queue(&queue.id).ok();
                let waiting = view.map_or(0, |view| view.waiting);
                Queue {
                    waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
                    longest_wait: view
                        .and_then(|view| view.oldest)
                        .map(|oldest| seconds_since(oldest, now)),
                    ..Queue::clone(queue)
                }
            })
            .collect()
    }
}

fn seconds_since(since: Timestamp, now: Timestamp) -> u32 {
    u32::try_from(now.duration_since(since).as_secs().max(0)).unwrap_or(u32::MAX)
}
