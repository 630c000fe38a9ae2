//! The alerts of the present state: of the host, and of a company.

use jiff::Timestamp;
use patchbay_generations::Generation;
use patchbay_model::alert::{Alert, AlertKind};
use patchbay_model::decision::stage::Stage;
use patchbay_watcher::WatchedFile;

use super::OutboxReading;
use crate::app::App;

/// Tenths of its bound from which on a company stores nearly as much as it may.
const STORED_TENTHS: u64 = 9;

/// Alerts of the whole host.
pub(super) fn of_host(app: &App, now: Timestamp, alerts: &mut Vec<Alert>) {
    if app.is_stopping() {
        let what = AlertKind::Stopping.summary();
        alerts.push(Alert::of_host(AlertKind::Stopping, now, what));
    }
    if let Some(drain) = app.drain.read().as_ref() {
        let what = format!(
            "the host is draining since {}, started by {}",
            drain.since, drain.by
        );
        alerts.push(Alert::of_host(AlertKind::Draining, drain.since, what));
    }
    let (wanted, fitting) = (
        app.engine.wanted_instances(),
        app.engine.settings().instances,
    );
    if fitting < wanted {
        let what = format!(
            "{fitting} instances fit into the address space instead of {wanted}, which need {} GiB",
            app.engine.address_need().pool.div_ceil(1 << 30)
        );
        alerts.push(Alert::of_host(AlertKind::PoolReduced, now, what));
    }
    if let Some(desk) = app.desk.as_deref() {
        let storage = desk.journal().storage();
        if let Some(failure) = storage.failure {
            let what = format!(
                "the journal cannot write since {}: {}",
                failure.since, failure.error
            );
            alerts.push(Alert::of_host(
                AlertKind::StorageFailing,
                failure.since,
                what,
            ));
        }
        let low = app
            .settings
            .journal
            .as_ref()
            .map(|journal| journal.low_space);
        if let (Some(free), Some(low)) = (storage.free, low)
            && free < low
        {
            let what = format!(
                "{} KiB are free on the journal's disk; `low-space` is {} KiB",
                free >> 10,
                low >> 10
            );
            alerts.push(Alert::of_host(AlertKind::StorageLow, now, what));
        }
    }
    for (company, reason) in app.companies.unready() {
        alerts.push(Alert::of_company(
            AlertKind::CompanyNotReady,
            company,
            now,
            reason,
        ));
    }
    for file in app.watched.refused_of_others(&app.companies.names()) {
        if let Some(what) = file.concern() {
            let alert = Alert::of_host(AlertKind::CompanyFileRefused, file.at(), what);
            alerts.push(alert.about(file.name()));
        }
    }
}

/// Alerts of one company.
pub(super) fn of_company(
    app: &App,
    generation: &Generation,
    outbox: &OutboxReading,
    now: Timestamp,
    alerts: &mut Vec<Alert>,
) {
    let company = &generation.company;
    for stage in Stage::ALL {
        let plugins = generation.pipelines.of(stage).iter();
        for plugin in plugins.filter(|plugin| plugin.breaker(stage).is_open()) {
            let what = format!(
                "the circuit breaker of plugin {:?} is open at the stage {stage}: it failed repeatedly",
                plugin.name()
            );
            let alert = Alert::of_company(AlertKind::BreakerOpen, company, now, what);
            alerts.push(alert.about(format!("{} at {stage}", plugin.name())));
        }
    }
    if let Some(file) = app.watched.of(company).filter(WatchedFile::differs)
        && let Some(what) = file.concern()
    {
        let alert = Alert::of_company(AlertKind::CompanyFileRefused, company, file.at(), what);
        alerts.push(alert.about(file.name()));
    }
    let Some(desk) = app.desk.as_deref() else {
        return;
    };
    let bypasses = desk.bypasses().active(company).unwrap_or_default();
    for bypass in bypasses.iter() {
        let what = format!(
            "{} is bypassed until {}, by {}",
            bypass.what, bypass.until, bypass.by
        );
        let alert = Alert::of_company(AlertKind::Bypassed, company, now, what);
        alerts.push(alert.about(bypass.what.to_string()));
    }
    if let Ok(Some(drain)) = desk.drains().of(company) {
        let what = format!("draining since {}, started by {}", drain.since, drain.by);
        alerts.push(Alert::of_company(
            AlertKind::Draining,
            company,
            drain.since,
            what,
        ));
    }
    let (_, dead) = outbox.counts.get(company).copied().unwrap_or_default();
    if dead > 0 {
        let what = format!("delivery of {dead} outbox items failed for good");
        alerts.push(Alert::of_company(
            AlertKind::OutboxFailed,
            company,
            now,
            what,
        ));
    }
    let Ok(id) = desk.company(company) else {
        return;
    };
    let stored = desk.journal().stored_bytes(id);
    if stored.used >= stored.limit / 10 * STORED_TENTHS {
        let what = format!(
            "{} MiB are stored of the {} MiB that the company may store",
            stored.used >> 20,
            stored.limit >> 20
        );
        let kind = AlertKind::StoredBytesHigh;
        alerts.push(Alert::of_company(kind, company, now, what));
    }
    for backlog in outbox
        .backlogs
        .iter()
        .filter(|backlog| backlog.company == id)
    {
        let what = match backlog.attempts {
            0 => format!(
                "{} outbox items for the target {:?} are due since {} and not delivered",
                backlog.items, backlog.target, backlog.due
            ),
            attempts => format!(
                "{} outbox items for the target {:?} are not delivered after up to {attempts} attempts",
                backlog.items, backlog.target
            ),
        };
        let alert = Alert::of_company(AlertKind::OutboxStalled, company, now, what);
        alerts.push(alert.about(backlog.target.clone()));
    }
}
