//! The pollers of every company: one task for each connection whose provider the host
//! must ask.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_outbound::egress::Egress;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::access_tokens::TokenAccess;
use crate::connection::Connection;
use crate::gateway::Gateway;
use crate::poll_host::PollHost;
use crate::poller::Poller;

/// How often new generations are looked for.
const TICK: Duration = Duration::from_secs(1);

/// The running pollers. Dropping it ends them.
#[derive(Debug)]
pub struct Pollers {
    stop: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Pollers {
    /// Starts the pollers of every company, and keeps to their active generations from
    /// then on.
    pub fn start<H: PollHost>(gateway: Arc<Gateway>, host: Arc<H>, egress: Egress) -> Pollers {
        let stop = Arc::new(Notify::new());
        let supervisor = Supervisor {
            gateway,
            host,
            egress,
            companies: HashMap::new(),
        };
        let stopped = Arc::clone(&stop);
        let task = tokio::spawn(async move {
            tokio::select! {
                () = supervisor.run() => {}
                () = stopped.notified() => {}
            }
        });
        Pollers { stop, task }
    }

    /// Ends them. What is being stored is stored; a cursor that is not stored yet is
    /// behind what was read, which is a duplicate then.
    pub async fn stop(mut self, limit: Duration) {
        self.stop.notify_one();
        if timeout(limit, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

impl Drop for Pollers {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The pollers of a company.
#[derive(Default)]
struct CompanyPollers {
    generation: u64,
    running: Vec<Running>,
}

/// A running poller.
struct Running {
    connection: Arc<Connection>,
    /// One task, which ends with it.
    _task: JoinSet<()>,
}

struct Supervisor<H: PollHost> {
    gateway: Arc<Gateway>,
    host: Arc<H>,
    egress: Egress,
    companies: HashMap<Arc<str>, CompanyPollers>,
}

impl<H: PollHost> Supervisor<H> {
    async fn run(mut self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let all = self.host.companies();
            self.companies
                .retain(|known, _| all.iter().any(|(company, _)| company == known));
            for (company, generation) in all {
                let known = self.companies.get(&company);
                if known.is_none_or(|known| known.generation != generation) {
                    self.follow(company, generation).await;
                }
            }
        }
    }

    /// Starts and ends pollers of a company, as a generation has them.
    async fn follow(&mut self, company: Arc<str>, generation: u64) {
        let (gateway, name) = (Arc::clone(&self.gateway), Arc::clone(&company));
        let opened = spawn_blocking(move || gateway.connections(&name)).await;
        let connections = match opened {
            Ok(Ok(connections)) => connections,
            // The company cannot decide yet; asked again at the next tick.
            Ok(Err(_)) | Err(_) => return,
        };
        let polled = connections.into_iter().filter(|connection| {
            connection.settings.inbound().is_polled() && connection.adapter.is_ok()
        });
        let mut before = self.companies.remove(&company).unwrap_or_default().running;
        let running = polled.map(|connection| {
            // One that did not change goes on, with its session.
            let same = before
                .iter()
                .position(|it| is_same(&it.connection, &connection));
            same.map_or_else(
                || self.start(&company, connection),
                |at| before.swap_remove(at),
            )
        });
        let running = running.collect();
        let pollers = CompanyPollers {
            generation,
            running,
        };
        self.companies.insert(company, pollers);
    }

    fn start(&self, company: &Arc<str>, connection: Arc<Connection>) -> Running {
        let poller = Poller {
            host: Arc::clone(&self.host),
            tokens: TokenAccess {
                gateway: Arc::clone(&self.gateway),
                company: Arc::clone(company),
                connection: Arc::clone(&connection),
                egress: self.egress.for_company(company),
            },
            company: Arc::clone(company),
            connection: Arc::clone(&connection),
        };
        let mut task = JoinSet::new();
        task.spawn(poller.run());
        Running {
            connection,
            _task: task,
        }
    }
}

/// Whether two connections are one, with the same settings and variables of secrets.
fn is_same(before: &Connection, after: &Connection) -> bool {
    let (before, after) = (&before.settings, &after.settings);
    before.adapter.name == after.adapter.name
        && before.name == after.name
        && before.settings == after.settings
        && before.secrets == after.secrets
}
