//! Finds what needs an operator's attention, and keeps the registry of alerts
//! up to date. Every concern of the status is an alert; nothing else raises one
//! for a lasting cause.

mod sources;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use patchbay_desk::Desk;
use patchbay_engine::component::CompileRefusal;
use patchbay_events::AlertEvent;
use patchbay_generations::Generation;
use patchbay_journal::{JournalError, OutboxBacklog};
use patchbay_model::alert::{Alert, AlertEnd, AlertKind, AlertSeverity};
use patchbay_telemetry::{AlertChanges, AlertScope, outbox_by_company};
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::work_share::on_share_of;

/// How often the state of the host is compared with the registry.
const INTERVAL: Duration = Duration::from_secs(5);
/// Least time between two probes of a journal that cannot write.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// Free bytes below which a disk counts as full.
pub(crate) const FULL_BELOW: u64 = 1 << 20;
/// How long a reading of the outbox's backlogs serves.
const BACKLOG_INTERVAL: Duration = Duration::from_secs(15);
/// Items due for longer than this, in seconds, are not delivered fast enough.
const OVERDUE_SECONDS: i64 = 60;
/// Failed attempts from which on a target counts as not reachable; they take
/// half a minute to a minute.
const ATTEMPTS: u32 = 6;

/// What finding alerts remembers from one time to the next.
#[derive(Debug, Default)]
pub(crate) struct AlertMonitor {
    probed: Mutex<Option<Instant>>,
    backlogs: Mutex<Option<(Instant, Arc<Vec<OutboxBacklog>>)>>,
    /// Components that were not compiled.
    refusals: AtomicU64,
    /// Changes that are not in the companies' feeds yet.
    unwritten: Mutex<Vec<(Option<String>, AlertEvent)>>,
}

/// The outbox of all companies.
#[derive(Debug, Default)]
struct OutboxReading {
    /// Items that are not delivered in time.
    backlogs: Arc<Vec<OutboxBacklog>>,
    /// Waiting and failed items by company.
    counts: HashMap<String, (u64, u64)>,
}

impl AlertMonitor {
    /// Find out whether a journal that could not write still cannot, and whether
    /// one on a full disk can, before somebody needs it.
    fn probe(&self, desk: &Desk) {
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
    fn new_refusal(&self, app: &App) -> Option<CompileRefusal> {
        let refusal = app.engine.last_refusal()?;
        let known = self.refusals.swap(refusal.count, Ordering::Relaxed);
        (known < refusal.count).then_some(refusal)
    }

    fn read_outbox(&self, desk: &Desk) -> Result<OutboxReading, JournalError> {
        Ok(OutboxReading {
            backlogs: self.backlogs(desk)?,
            counts: outbox_by_company(desk)?,
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

    /// Have the changes that a company cannot see elsewhere written to feeds.
    fn note(&self, changes: &AlertChanges, backlogs: &[OutboxBacklog]) {
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
}

/// Compare the registry with the state of the host and of every company, or of
/// the host and one company. Blocks: it reads the journal.
pub(crate) fn refresh(app: &App, only: Option<&Arc<Generation>>) {
    let now = Timestamp::now();
    let scope = only.map_or(AlertScope::All, |one| AlertScope::Company(&one.company));
    let outbox = app
        .desk
        .as_deref()
        .map_or_else(OutboxReading::default, |desk| {
            app.alerts.probe(desk);
            app.alerts.read_outbox(desk).unwrap_or_else(|error| {
                tracing::error!(%error, "cannot read the outbox");
                OutboxReading::default()
            })
        });
    let mut current = Vec::new();
    sources::of_host(app, now, &mut current);
    let generations = match only {
        Some(generation) => vec![Arc::clone(generation)],
        None => app.companies.all(),
    };
    for generation in generations {
        sources::of_company(app, &generation, &outbox, now, &mut current);
    }
    if let Some(refusal) = app.alerts.new_refusal(app) {
        let what = format!(
            "component {} was not compiled: {}",
            refusal.digest, refusal.reason
        );
        let alert = Alert::of_host(AlertKind::ComponentRefused, now, what);
        app.telemetry.alerts().raise(alert);
    }
    let changes = app.telemetry.alerts().set_current(scope, current, now);
    log(&changes);
    app.alerts.note(&changes, &outbox.backlogs);
}

fn log(changes: &AlertChanges) {
    for alert in &changes.raised {
        let (kind, what) = (alert.kind.as_str(), alert.sentence());
        match alert.severity {
            AlertSeverity::Critical => {
                tracing::error!(kind, advice = alert.advice, "alert: {what}");
            }
            AlertSeverity::Warning => {
                tracing::warn!(kind, advice = alert.advice, "alert: {what}");
            }
            AlertSeverity::Notice => tracing::info!(kind, "alert: {what}"),
        }
    }
    for alert in &changes.ended {
        tracing::info!(
            kind = alert.kind.as_str(),
            "alert ended: {}",
            alert.sentence()
        );
    }
}

/// Keep the registry up to date until the runtime ends.
pub(crate) async fn watch(app: Arc<App>) {
    let restored = Arc::clone(&app);
    let restored = on_share_of(&app.shares.observation, None, move || {
        restore_rollout_alerts(&restored);
    });
    // A panic has been logged.
    let _ = restored.await;
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let watched = Arc::clone(&app);
        let refreshed = on_share_of(&app.shares.observation, None, move || {
            refresh(&watched, None);
            write_events(&watched);
        });
        // A panic has been logged; the next time may succeed.
        let _ = refreshed.await;
    }
}

/// Raise the alerts about rollouts that the host ended before it was started.
fn restore_rollout_alerts(app: &App) {
    let Some(desk) = app.desk.as_deref() else {
        return;
    };
    let AlertEnd::After(span) = AlertKind::RolloutEnded.end() else {
        return;
    };
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    let after = Timestamp::now().checked_sub(span).unwrap_or(Timestamp::MIN);
    for generation in app.companies.all() {
        let company = &generation.company;
        match desk.last_rollout_end(company, after, true) {
            Ok(Some((at, ended))) => {
                if let Some(alert) = ended.alert(company, at) {
                    app.telemetry.alerts().raise(alert);
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(company, %error, "cannot read how the last rollout ended");
            }
        }
    }
}

/// Write changes to the feeds of their companies. What cannot be written is
/// tried again.
fn write_events(app: &App) {
    let Some(desk) = app.desk.as_deref() else {
        return;
    };
    let events = std::mem::take(&mut *app.alerts.unwritten.lock());
    for (company, event) in events {
        let companies = match &company {
            Some(company) => vec![company.clone()],
            None => app.companies.names(),
        };
        for name in companies {
            match desk.alert(&name, event.clone()) {
                Ok(()) => {}
                Err(error) => {
                    tracing::warn!(company = name, %error, "cannot write an alert to the feed");
                    if company.is_some() {
                        app.alerts
                            .unwritten
                            .lock()
                            .push((company.clone(), event.clone()));
                    }
                }
            }
        }
    }
}

/// The alerts that a caller may see: all, or those of one company and those of
/// the host that affect it; the latter without details for the company's token.
pub(crate) fn visible(app: &App, only: Option<&str>, is_company_token: bool) -> Vec<Alert> {
    let registry = app.telemetry.alerts();
    let Some(company) = only else {
        return registry.active();
    };
    let host = registry.of_host().into_iter();
    let host = host.filter(|alert| alert.kind.affects_companies());
    let host = host.map(|alert| match is_company_token {
        false => alert,
        true => Alert {
            what: alert.kind.summary().to_owned(),
            ..alert
        },
    });
    host.chain(registry.of_company(company)).collect()
}

/// The first alert that keeps the host from accepting interactions.
pub(crate) fn blocks_readiness(app: &App) -> Option<Alert> {
    let mut alerts = app.telemetry.alerts().of_host().into_iter();
    alerts.find(|alert| alert.severity == AlertSeverity::Critical)
}
