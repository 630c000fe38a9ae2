//! What finding alerts remembers from one time to the next.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use patchbay_desk::Desk;
use patchbay_engine::component::CompileRefusal;
use patchbay_engine::engine::Engine;
use patchbay_events::AlertEvent;
use patchbay_journal::{CompanyId, JournalError, OutboxBacklog};
use patchbay_model::alert::AlertKind;
use patchbay_telemetry::{AlertChanges, outbox_by_company};

use crate::trust_monitor::TrustMonitor;

/// Least time between two probes of a journal that cannot write.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// Free bytes below which a disk counts as full.
pub const FULL_BELOW: u64 = 1 << 20;
/// How long a reading of the outbox's backlogs serves.
const BACKLOG_INTERVAL: Duration = Duration::from_secs(15);
/// Items due for longer than this, in seconds, are not delivered fast enough.
const OVERDUE_SECONDS: i64 = 60;
/// Failed attempts from which on a target counts as not reachable; they take
/// half a minute to a minute.
const ATTEMPTS: u32 = 6;

/// What finding alerts remembers from one time to the next.
#[derive(Debug, Default)]
pub struct AlertMonitor {
    /// Whether the packs that decide are trusted.
    pub trust: TrustMonitor,
    probed: Mutex<Option<Instant>>,
    backlogs: Mutex<Option<(Instant, Arc<Vec<OutboxBacklog>>)>>,
    /// Components that were not compiled.
    refusals: AtomicU64,
    /// Changes that are not in the companies' feeds yet.
    unwritten: Mutex<Vec<(Option<String>, AlertEvent)>>,
}

/// The outbox and the quarantine of all companies.
#[derive(Debug, Default)]
pub struct OutboxReading {
    /// Items that are not delivered in time.
    pub backlogs: Arc<Vec<OutboxBacklog>>,
    /// Waiting and failed items by company.
    pub counts: HashMap<String, (u64, u64)>,
    /// Deliveries in quarantine by company.
    pub quarantined: HashMap<CompanyId, u64>,
}

impl AlertMonitor {
    /// Find out whether a journal that could not write still cannot, and whether
    /// one on a full disk can, before a request needs it.
    pub fn probe(&self, desk: &Desk) {
        let mut probed = self.probed.lock();
        let is_due = probed.is_none_or(|at| at.elapsed() >= PROBE_INTERVAL);
        let storage = desk.journal().storage();
        let is_doubtful =
            storage.failure.is_some() || storage.free.is_some_and(|free| free < FULL_BELOW);
        if is_doubtful && is_due {
            // The journal remembers the result.
            let _ = desk.journal().probe();
            *probed = Some(Instant::now());
        }
    }

    /// The last component that was not compiled, if it is not known yet.
    pub fn new_refusal(&self, engine: &Engine) -> Option<CompileRefusal> {
        let refusal = engine.last_refusal()?;
        let known = self.refusals.swap(refusal.count, Ordering::Relaxed);
        (known < refusal.count).then_some(refusal)
    }

    /// Reads the backlog of the outbox, which alerts and the overview show.
    pub fn read_outbox(&self, desk: &Desk) -> Result<OutboxReading, JournalError> {
        Ok(OutboxReading {
            backlogs: self.backlogs(desk)?,
            counts: outbox_by_company(desk)?,
            quarantined: desk.journal().quarantine_counts()?.into_iter().collect(),
        })
    }

    fn backlogs(&self, desk: &Desk) -> Result<Arc<Vec<OutboxBacklog>>, JournalError> {
        let mut backlogs = self.backlogs.lock();
        if let Some((at, read)) = &*backlogs
            && at.elapsed() < BACKLOG_INTERVAL
        {
            return Ok(Arc::clone(read));
        }
        let now = desk.now();
        let before = Timestamp::from_second(now.as_second() - OVERDUE_SECONDS).unwrap_or(now);
        let read = Arc::new(desk.journal().outbox_backlogs(before, ATTEMPTS)?);
        *backlogs = Some((Instant::now(), Arc::clone(&read)));
        Ok(read)
    }

    /// Remember the changes that a company cannot see elsewhere, for its feed.
    pub fn note(&self, changes: &AlertChanges, backlogs: &[OutboxBacklog]) {
        let mut unwritten = self.unwritten.lock();
        for alert in &changes.raised {
            if alert.kind == AlertKind::OutboxStalled
                && let Some(target) = &alert.subject
            {
                let items = backlogs.iter().filter(|backlog| backlog.target == *target);
                let event = AlertEvent::OutboxStalled {
                    target: target.clone(),
                    since: alert.since,
                    items: items.map(|backlog| backlog.items).max().unwrap_or(0),
                };
                unwritten.push((alert.company.clone(), event));
            }
        }
        for alert in &changes.ended {
            if alert.kind == AlertKind::StorageFailing {
                let event = AlertEvent::StorageFailed {
                    since: alert.since,
                    error: alert.kind.summary().to_owned(),
                };
                unwritten.push((None, event));
            }
        }
    }

    /// The changes that are not in the companies' feeds yet; of every company, where the
    /// company is absent.
    pub fn take_events(&self) -> Vec<(Option<String>, AlertEvent)> {
        std::mem::take(&mut *self.unwritten.lock())
    }

    /// Remember a change that could not be written.
    pub fn keep_event(&self, company: Option<String>, event: AlertEvent) {
        self.unwritten.lock().push((company, event));
    }
}
