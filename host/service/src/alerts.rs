//! Finds what needs an operator's attention, and keeps the registry of alerts
//! up to date. Every concern of the status is an alert; nothing else raises one
//! for a lasting cause.

mod sources;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_generations::Generation;
use patchbay_http::work_share::on_share_of;
use patchbay_model::alert::{Alert, AlertEnd, AlertKind, AlertSeverity};
use patchbay_telemetry::{AlertChanges, AlertScope};
use tokio::time::{MissedTickBehavior, interval};

use crate::alert_monitor::OutboxReading;
use crate::app::App;

/// How often the state of the host is compared with the registry.
const INTERVAL: Duration = Duration::from_secs(5);
/// Compare the registry with the state of the host and of every company, or of
/// the host and one company. Blocks: it reads the journal.
pub fn refresh(app: &App, only: Option<&Arc<Generation>>) {
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
    let generations = match only {
        Some(generation) => vec![Arc::clone(generation)],
        None => app.companies.all(),
    };
    if let Some(service) = &app.generations {
        let trust = &app.alerts.trust;
        trust.refresh(&app.settings.trust, service, &generations, now);
        if only.is_none() {
            trust.keep_only(&generations);
        }
    }
    let mut current = Vec::new();
    sources::of_host(app, now, &mut current);
    for generation in generations {
        sources::of_company(app, &generation, &outbox, now, &mut current);
    }
    if let Some(refusal) = app.alerts.new_refusal(&app.engine) {
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
pub async fn watch(app: Arc<App>) {
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
    let events = app.alerts.take_events();
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
                        app.alerts.keep_event(company.clone(), event.clone());
                    }
                }
            }
        }
    }
}

/// The alerts that a caller may see: all, or those of one company and those of
/// the host that affect it; the latter without details for the company's token.
pub fn visible(app: &App, only: Option<&str>, is_company_token: bool) -> Vec<Alert> {
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
pub fn blocks_readiness(app: &App) -> Option<Alert> {
    let mut alerts = app.telemetry.alerts().of_host().into_iter();
    alerts.find(|alert| alert.severity == AlertSeverity::Critical)
}
