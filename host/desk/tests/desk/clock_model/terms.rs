//! Random targets and hours, and the generation that has them.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use fastrand::Rng;
use jiff::civil::date;
use patchbay_company::Sla;
use patchbay_config::duration::Seconds;
use patchbay_config::web_address::WebAddress;
use patchbay_engine::pipeline::Pipelines;
use patchbay_generations::{Generation, QueueSettings, TargetSettings};
use patchbay_model::directory::{Directory, Queue};
use patchbay_model::situation::Surroundings;
use serde_json::json;

use super::calendar::Calendar;
use super::oracle::{Targets, Terms};
use crate::office::company_of;

pub(super) const QUEUES: [&str; 2] = ["general", "billing"];

/// Timers other than clocks are far away, so that only clocks fall due.
const RULES: &str = "silent-after = \"1000d\"\npark-after = \"1000d\"\noffer-timeout = \"1d\"\n\
    return-after = \"1000d\"\nsend-after = \"1m\"";

/// The terms of each queue.
pub(super) type QueueTerms = BTreeMap<&'static str, Terms>;

pub(super) fn calendars() -> Vec<Rc<Calendar>> {
    let office = || vec![(9 * 60, 17 * 60)];
    let weekdays = [
        office(),
        office(),
        office(),
        office(),
        office(),
        Vec::new(),
        Vec::new(),
    ];
    let split = || vec![(8 * 60 + 30, 12 * 60), (14 * 60, 18 * 60 + 15)];
    let all_week = || [0; 7].map(|_| split());
    let nights = || [0; 7].map(|_| vec![(0, 3 * 60), (21 * 60, 24 * 60)]);
    let calendars = [
        Calendar::new("Europe/Lisbon", weekdays.clone())
            .with_break((12 * 60 + 30, 13 * 60))
            .with_holiday(date(2026, 3, 27))
            .with_shift(date(2026, 3, 28), vec![(10 * 60, 12 * 60)]),
        Calendar::new("America/New_York", all_week()).with_holiday(date(2026, 3, 30)),
        Calendar::new("Asia/Kathmandu", weekdays),
        // Open while the clocks change.
        Calendar::new("Europe/Berlin", nights()).with_break((60, 75)),
        Calendar::new("UTC", [0; 7].map(|_| Vec::new())),
    ];
    calendars.into_iter().map(Rc::new).collect()
}

/// A target whose share of 80 % is a whole number of minutes.
fn target(rng: &mut Rng, most: i64) -> Option<i64> {
    (rng.u8(..10) > 0).then(|| 5 * rng.i64(1..=most / 5))
}

pub(super) fn random_terms(rng: &mut Rng, calendars: &[Rc<Calendar>]) -> QueueTerms {
    let mut one = || Terms {
        targets: Targets {
            first_response: target(rng, 180),
            next_response: target(rng, 120),
            resolution: target(rng, 1_500),
        },
        calendar: rng
            .bool()
            .then(|| Rc::clone(&calendars[rng.usize(..calendars.len())])),
    };
    QUEUES.into_iter().map(|queue| (queue, one())).collect()
}

/// A generation with these terms.
pub(super) fn generation(number: u64, terms: &QueueTerms) -> Arc<Generation> {
    let mut generation = company_of("northwind", None);
    generation.number = number;
    generation.pipelines = Pipelines::new("general");
    generation.desk = toml::from_str(RULES).expect("rules");
    generation.publishers.default = Some("sink".to_owned());
    let sink = TargetSettings {
        url: WebAddress::parse("https://sink.example/replies").expect("an address"),
        secret_env: None,
        previous_secret_env: None,
    };
    generation.targets.insert("sink".to_owned(), sink);
    let queue = |id: &&str| -> Queue {
        serde_json::from_value(json!({"id": id, "default": *id == "general"})).expect("a queue")
    };
    let queues = QUEUES.iter().map(queue).collect();
    let directory = Directory::new(Vec::new(), queues).expect("a directory");
    let mut surroundings = Surroundings::of(directory);
    let mut hours = BTreeMap::new();
    for (queue, terms) in terms {
        let seconds =
            |minutes: Option<i64>| Some(Seconds(u32::try_from(minutes? * 60).expect("small")));
        if let Some(calendar) = &terms.calendar {
            hours.insert((*queue).to_owned(), calendar.to_hours());
        }
        let sla = Sla {
            first_response: seconds(terms.targets.first_response),
            next_response: seconds(terms.targets.next_response),
            resolution: seconds(terms.targets.resolution),
            hours: terms.calendar.as_ref().map(|_| (*queue).to_owned()),
        };
        let settings = QueueSettings { sla, priority: 10 };
        generation.queues.insert((*queue).to_owned(), settings);
    }
    surroundings.hours = Arc::new(hours);
    generation.surroundings = Arc::new(surroundings);
    Arc::new(generation)
}
