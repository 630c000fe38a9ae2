//! The alerts of the present state: of the host, and of a company.

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::poll::PollFailureKind;
use patchbay_gateway::{PollActivity, PollState};
use patchbay_generations::Generation;
use patchbay_journal::StorageState;
use patchbay_journal::limits::QUARANTINE_ITEMS;
use patchbay_model::alert::{Alert, AlertKind};
use patchbay_model::channel::connection_target;
use patchbay_model::decision::stage::Stage;
use patchbay_watcher::WatchedFile;

use crate::alert_monitor::OutboxReading;
use crate::app::App;

/// Tenths of its bound from which on a company stores nearly as much as it may.
const STORED_TENTHS: u64 = 9;
/// Free inodes below which the journal's disk is nearly full: its log, its index and
/// each backup are files.
const LOW_FILES: u64 = 100;
/// How long a provider may fail to be read by itself before an alert says so.
const UNREAD_PATIENCE: SignedDuration = SignedDuration::from_mins(5);

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
        if let Some(failure) = &storage.failure {
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
        if let Some(what) = low_storage(&storage, low) {
            alerts.push(Alert::of_host(AlertKind::StorageLow, now, what));
        }
    }
    if let Some(problem) = app.alerts.trust.problem() {
        let what =
            format!("the trust policy cannot be used, and no new pack is accepted: {problem}");
        let alert = Alert::of_host(AlertKind::PackNotTrusted, now, what);
        alerts.push(alert.about("trust policy"));
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

/// What is nearly used up on the journal's disk: space below `low`, or inodes.
fn low_storage(storage: &StorageState, low: Option<u64>) -> Option<String> {
    let space = storage.free.zip(low).filter(|(free, low)| free < low);
    let space = space.map(|(free, low)| {
        format!(
            "{} KiB are free on the journal's disk; `low-space` is {} KiB",
            free >> 10,
            low >> 10
        )
    });
    let files = storage.free_files.filter(|free| *free < LOW_FILES);
    let files = files.map(|free| {
        format!(
            "{free} inodes are free on the journal's disk, and every new file needs one: delete files"
        )
    });
    let both = [space, files].into_iter().flatten().collect::<Vec<_>>();
    (!both.is_empty()).then(|| both.join("; "))
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
    for pack in app.alerts.trust.untrusted(generation).iter() {
        let kind = match pack.is_revoked() {
            true => AlertKind::PackRevoked,
            false => AlertKind::PackNotTrusted,
        };
        let what = format!(
            "generation {} goes on deciding with a pack that is not trusted: {pack}",
            generation.number
        );
        let alert = Alert::of_company(kind, company, now, what);
        alerts.push(alert.about(pack.plugin.clone()));
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
    add_channel_alerts(app, company, outbox, now, alerts);
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

/// Alerts of a company's connections to providers.
fn add_channel_alerts(
    app: &App,
    company: &str,
    outbox: &OutboxReading,
    now: Timestamp,
    alerts: &mut Vec<Alert>,
) {
    let Some(gateway) = &app.gateway else {
        return;
    };
    let courier = app.courier.iter();
    let broken = courier.flat_map(|courier| courier.broken_targets());
    let broken: Vec<_> = broken.filter(|it| it.company == company).collect();
    for report in gateway.reports(company).unwrap_or_default() {
        let target = connection_target(report.channel, &report.name);
        if let Some(since) = report.state.access_revoked
            && !broken.iter().any(|it| it.target == target)
        {
            let what = format!(
                "nothing can be sent to {target:?} since {since}: the provider took the access back; renew it"
            );
            let alert = Alert::of_company(AlertKind::ChannelBroken, company, since, what);
            alerts.push(alert.about(target));
        }
        let subject = format!("{}/{}", report.channel, report.name);
        if let Some(what) = report.poll.and_then(|poll| unread(&poll, &subject, now)) {
            let (since, what) = what;
            let kind = AlertKind::ConnectionNotRead;
            let alert = Alert::of_company(kind, company, since, what);
            alerts.push(alert.about(subject.clone()));
        }
        if let Some(problem) = report.problem {
            let what = format!("the connection {subject} is not open: {problem}");
            let alert = Alert::of_company(AlertKind::ConnectionNotOpen, company, now, what);
            alerts.push(alert.about(subject));
        }
    }
    for target in broken {
        let what = format!(
            "nothing is sent to {:?} since {}: {}",
            target.target, target.since, target.problem
        );
        let alert = Alert::of_company(AlertKind::ChannelBroken, company, target.since, what);
        alerts.push(alert.about(target.target));
    }
    let id = app
        .desk
        .as_deref()
        .and_then(|desk| desk.company(company).ok());
    if let Some(held) = id.and_then(|id| outbox.quarantined.get(&id)) {
        let mut what = format!("{held} deliveries could not be decoded and are in quarantine");
        if *held >= QUARANTINE_ITEMS {
            what += ", which is full: further ones are answered 503";
        }
        let kind = AlertKind::DeliveryQuarantined;
        alerts.push(Alert::of_company(kind, company, now, what));
    }
}

/// Why an alert says that a connection cannot be read, and since when; `None` where it can,
/// or where what fails may pass.
fn unread(poll: &PollState, subject: &str, now: Timestamp) -> Option<(Timestamp, String)> {
    if poll.activity == PollActivity::NoPlace {
        let what = format!(
            "the connection {subject} is not read: as many connections ask their providers as `pollers` and `pollers-per-company` under [bounds] permit"
        );
        return Some((now, what));
    }
    let (since, failure) = (poll.failing_since?, poll.failure?);
    let patience = match failure {
        PollFailureKind::Unauthorised | PollFailureKind::NotFound => SignedDuration::ZERO,
        PollFailureKind::Unavailable | PollFailureKind::Limited => UNREAD_PATIENCE,
        // Alerts about the host say why.
        PollFailureKind::HostBusy => return None,
    };
    if now.duration_since(since) < patience {
        return None;
    }
    let problem = poll.problem.as_deref().unwrap_or_default();
    let what = format!("the connection {subject} cannot be read since {since}: {problem}");
    Some((since, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The disk of a journal with so much space and so many inodes left.
    fn low(free: u64, free_files: Option<u64>) -> Option<String> {
        let storage = StorageState {
            free: Some(free),
            free_files,
            ..StorageState::default()
        };
        low_storage(&storage, Some(1_024))
    }

    #[test]
    fn a_disk_is_nearly_full_without_space_or_without_inodes() {
        assert_eq!(low(1_024, Some(LOW_FILES)), None);
        assert_eq!(low(1_024, None), None, "no fixed number of inodes");
        let space = low(1_023, None).expect("little space");
        assert!(space.contains("`low-space` is 1 KiB"), "{space}");
        let inodes = low(1 << 40, Some(0)).expect("no inode");
        assert!(inodes.starts_with("0 inodes are free"), "{inodes}");
        assert!(low(1 << 40, Some(LOW_FILES - 1)).is_some());
        let both = low(0, Some(0)).expect("neither");
        assert!(
            both.contains("low-space") && both.contains("inodes"),
            "{both}"
        );
    }
}
