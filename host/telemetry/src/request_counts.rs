//! Counts requests by route.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use patchbay_model::histogram::{Histogram, HistogramSnapshot, MICROS};

use super::micros;

#[derive(Debug, Default)]
pub(super) struct RequestCounts(Mutex<HashMap<Arc<str>, Route>>);

#[derive(Debug)]
struct Route {
    times: Histogram,
    statuses: BTreeMap<u16, u64>,
}

/// Times and statuses of one route.
pub(super) struct RouteReading {
    pub(super) route: Arc<str>,
    pub(super) times: HistogramSnapshot,
    pub(super) statuses: BTreeMap<u16, u64>,
}

impl RequestCounts {
    pub(super) fn count(&self, route: &Arc<str>, status: u16, time: Duration) {
        let mut routes = self.0.lock();
        let route = routes.entry(Arc::clone(route)).or_insert_with(|| Route {
            times: Histogram::new(MICROS),
            statuses: BTreeMap::new(),
        });
        route.times.record(micros(time));
        *route.statuses.entry(status).or_default() += 1;
    }

    /// Every route, by name.
    pub(super) fn read(&self) -> Vec<RouteReading> {
        let routes = self.0.lock();
        let readings = routes.iter().map(|(route, counts)| RouteReading {
            route: Arc::clone(route),
            times: counts.times.read(),
            statuses: counts.statuses.clone(),
        });
        let mut readings: Vec<_> = readings.collect();
        readings.sort_by(|a, b| a.route.cmp(&b.route));
        readings
    }
}
