//! The directory that policies see: agents with presence and load, at most some
//! moments old.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_model::directory::{Agent, Directory, Presence, Queue};
use patchbay_model::situation::Surroundings;

use super::{CompanyFloor, FloorState};

/// Largest age of a view.
const MAX_AGE: Duration = Duration::from_millis(250);
/// Generations of a company that decide at the same time: active and candidate.
const GENERATIONS: usize = 2;
/// A view is used for at least this many times as long as building it took.
const REUSE_FACTOR: u32 = 50;

/// The newest view of each generation that decides.
#[derive(Debug, Default)]
pub(super) struct DirectoryView(Mutex<Vec<View>>);

#[derive(Debug)]
struct View {
    surroundings: Arc<Surroundings>,
    /// The surroundings of its generation.
    base: Arc<Surroundings>,
    changes: u64,
    at: Instant,
    took: Duration,
}

impl CompanyFloor {
    /// A generation's surroundings, with the agents and queues of the floor.
    pub fn surroundings(&self, base: &Arc<Surroundings>, now: Timestamp) -> Arc<Surroundings> {
        let mut views = self.directory_view.0.lock();
        let known = views.iter().position(|view| Arc::ptr_eq(&view.base, base));
        if let Some(view) = known.map(|known| &views[known])
            && view.at.elapsed() < MAX_AGE.max(view.took * REUSE_FACTOR)
        {
            return Arc::clone(&view.surroundings);
        }
        let started = Instant::now();
        let floor = self.lock();
        let changes = floor.changes;
        if let Some(view) = known.map(|known| &mut views[known])
            && view.changes == changes
        {
            view.at = started;
            return Arc::clone(&view.surroundings);
        }
        let (agents, queues) = (
            floor.directory_agents(now),
            floor.directory_queues(&base.directory, now),
        );
        drop(floor);
        // Agents and queues were checked when they were added.
        let directory = match Directory::new(agents, queues) {
            Ok(directory) => Arc::new(directory),
            Err(error) => {
                tracing::error!(%error, "the roster does not fit the queues; policies see the agents of the company file");
                Arc::clone(&base.directory)
            }
        };
        let surroundings = Arc::new(Surroundings {
            directory,
            knowledge: Arc::clone(&base.knowledge),
            hours: Arc::clone(&base.hours),
            targets: Arc::clone(&base.targets),
            lengths: Arc::clone(&base.lengths),
        });
        if let Some(known) = known {
            views.swap_remove(known);
        }
        if views.len() >= GENERATIONS {
            views.remove(0);
        }
        views.push(View {
            surroundings: Arc::clone(&surroundings),
            base: Arc::clone(base),
            changes,
            at: Instant::now(),
            took: started.elapsed(),
        });
        surroundings
    }
}

impl FloorState {
    fn directory_agents(&self, now: Timestamp) -> Vec<Agent> {
        let agents = self.roster.values().filter_map(|agent| {
            let view = self.floor.agent(&agent.id).ok()?;
            let idle = view.idle_since.map(|since| seconds_since(since, now));
            Some(Agent {
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
                channel_capacity: agent.channel_capacity.clone(),
                queue_capacity: agent.queue_capacity.clone(),
                idle,
                queues: agent.queues.clone(),
                teams: agent.teams.clone(),
                site: agent.site.clone(),
            })
        });
        agents.collect()
    }

    fn directory_queues(&self, directory: &Directory, now: Timestamp) -> Vec<Queue> {
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
