//! The alerts of the host that are active now.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use patchbay_model::alert::{Alert, AlertEnd, AlertKey};

/// Every active alert. An alert that ends with its cause is part of the state
/// that [`AlertRegistry::set_current`] gets; any other is raised once and ends
/// by its time.
#[derive(Debug, Default)]
pub struct AlertRegistry(RwLock<BTreeMap<AlertKey, Alert>>);

/// Which alerts a state is complete for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertScope<'a> {
    /// Those of the host and of every company.
    All,
    /// Those of the host and of one company.
    Company(&'a str),
}

/// What changed in the registry.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AlertChanges {
    /// Alerts that began.
    pub raised: Vec<Alert>,
    /// Alerts that ended.
    pub ended: Vec<Alert>,
}

impl AlertRegistry {
    /// Raise an alert. One with the same key is replaced.
    pub fn raise(&self, alert: Alert) {
        self.0.write().insert(alert.key(), alert);
    }

    /// End an alert before its time.
    pub fn end(&self, key: &AlertKey) {
        self.0.write().remove(key);
    }

    /// Replace the alerts that end with their cause by those of the state at
    /// `now`, and drop those whose time is over. An alert that was active
    /// already keeps its start.
    pub fn set_current(
        &self,
        scope: AlertScope<'_>,
        current: Vec<Alert>,
        now: Timestamp,
    ) -> AlertChanges {
        let mut changes = AlertChanges::default();
        let keys: HashSet<AlertKey> = current.iter().map(Alert::key).collect();
        let mut alerts = self.0.write();
        alerts.retain(|key, alert| {
            let is_of_scope = match scope {
                AlertScope::All => true,
                AlertScope::Company(company) => {
                    key.company.as_deref().is_none_or(|of| of == company)
                }
            };
            let has_ended = match key.kind.end() {
                AlertEnd::WithCause => is_of_scope && !keys.contains(key),
                AlertEnd::After(span) => {
                    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
                    now.duration_since(alert.since) > span
                }
            };
            if has_ended {
                changes.ended.push(alert.clone());
            }
            !has_ended
        });
        for alert in current {
            match alerts.get_mut(&alert.key()) {
                Some(known) => {
                    known.what = alert.what;
                    known.since = known.since.min(alert.since);
                }
                None => {
                    changes.raised.push(alert.clone());
                    alerts.insert(alert.key(), alert);
                }
            }
        }
        changes
    }

    /// The active alerts, the most severe first, then by kind and company.
    pub fn active(&self) -> Vec<Alert> {
        let mut alerts: Vec<_> = self.0.read().values().cloned().collect();
        alerts.sort_by_key(|alert| alert.severity);
        alerts
    }

    /// The active alerts of one company, the most severe first.
    pub fn of_company(&self, company: &str) -> Vec<Alert> {
        let mut alerts = self.active();
        alerts.retain(|alert| alert.company.as_deref() == Some(company));
        alerts
    }

    /// The active alerts of the whole host, the most severe first.
    pub fn of_host(&self) -> Vec<Alert> {
        let mut alerts = self.active();
        alerts.retain(|alert| alert.company.is_none());
        alerts
    }
}

#[cfg(test)]
mod tests {
    use patchbay_model::alert::AlertKind;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn open_breaker(company: &str, since: i64) -> Alert {
        Alert::of_company(AlertKind::BreakerOpen, company, at(since), "it failed")
            .about("care at route")
    }

    #[test]
    fn an_alert_with_a_cause_begins_and_ends_with_it_and_keeps_its_start() {
        let registry = AlertRegistry::default();
        let began = registry.set_current(AlertScope::All, vec![open_breaker("a", 10)], at(10));
        assert_eq!(began.raised, [open_breaker("a", 10)]);
        let same = registry.set_current(AlertScope::All, vec![open_breaker("a", 20)], at(20));
        assert_eq!(same, AlertChanges::default());
        assert_eq!(registry.active(), [open_breaker("a", 10)]);
        let ended = registry.set_current(AlertScope::All, Vec::new(), at(30));
        assert_eq!(ended.ended, [open_breaker("a", 10)]);
        assert_eq!(registry.active(), []);
    }

    #[test]
    fn the_state_of_one_company_leaves_the_others_alone() {
        let registry = AlertRegistry::default();
        let both = vec![open_breaker("a", 1), open_breaker("b", 1)];
        registry.set_current(AlertScope::All, both, at(1));
        registry.set_current(AlertScope::Company("a"), Vec::new(), at(2));
        assert_eq!(registry.active(), [open_breaker("b", 1)]);
        assert_eq!(registry.of_company("b").len(), 1);
        assert_eq!(registry.of_host(), []);
    }

    #[test]
    fn an_alert_about_a_moment_ends_by_its_time() {
        let registry = AlertRegistry::default();
        registry.raise(Alert::of_host(AlertKind::ClockJumped, at(0), "by 2 h"));
        registry.set_current(AlertScope::All, Vec::new(), at(24 * 3_600));
        assert_eq!(registry.of_host().len(), 1);
        let ended = registry.set_current(AlertScope::All, Vec::new(), at(24 * 3_600 + 1));
        assert_eq!(ended.ended.len(), 1);
        assert_eq!(registry.of_host(), []);
    }

    #[test]
    fn the_most_severe_alert_comes_first() {
        let registry = AlertRegistry::default();
        registry.raise(Alert::of_host(AlertKind::Draining, at(0), "drains"));
        registry.raise(open_breaker("a", 0));
        registry.raise(Alert::of_host(AlertKind::StorageFailing, at(0), "full"));
        let kinds: Vec<_> = registry.active().iter().map(|alert| alert.kind).collect();
        let order = [
            AlertKind::StorageFailing,
            AlertKind::BreakerOpen,
            AlertKind::Draining,
        ];
        assert_eq!(kinds, order);
    }
}
