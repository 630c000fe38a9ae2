//! Conversations at random.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use patchbay_config::duration::Seconds;
use proptest::prelude::*;
use proptest::sample::select;

use crate::conversation_state::ConversationState;
use crate::hours::{Hours, NEVER_MS};
use crate::sla::{AtRisk, ClockEvent, Targets};

/// Hours, and when they are open by a rule of their own.
pub(super) struct WorldCalendar {
    hours: Option<Hours>,
    zone: TimeZone,
    /// Weekdays that are open, Monday 0, and minutes of the day.
    days: &'static [i8],
    open: &'static [(i32, i32)],
}

impl WorldCalendar {
    /// Round the clock, an office, and nights over the hours at which clocks
    /// are changed.
    pub(super) fn all(zone: &str) -> Vec<WorldCalendar> {
        let calendar = |week: &str, days, open| {
            let table = format!("zone = \"{zone}\"\n{week}");
            WorldCalendar {
                hours: (!week.is_empty()).then(|| toml::from_str(&table).expect("hours")),
                zone: TimeZone::get(zone).expect("a zone"),
                days,
                open,
            }
        };
        vec![
            calendar("", &[0, 1, 2, 3, 4, 5, 6], &[(0, 1_440)]),
            calendar(
                "breaks = [\"12:00-12:45\"]\n[week]\nmon = [\"09:00-17:00\"]\ntue = [\"09:00-17:00\"]\n\
                 wed = [\"09:00-17:00\"]\nthu = [\"09:00-17:00\"]\nfri = [\"09:00-17:00\"]",
                &[0, 1, 2, 3, 4],
                &[(540, 720), (765, 1_020)],
            ),
            calendar(
                "[week]\nfri = [\"22:00-24:00\", \"00:00-03:30\"]\nsat = [\"22:00-24:00\", \"00:00-03:30\"]\n\
                 sun = [\"22:00-24:00\", \"00:00-03:30\"]",
                &[4, 5, 6],
                &[(0, 210), (1_320, 1_440)],
            ),
        ]
    }

    pub(super) fn hours(&self) -> Option<&Hours> {
        self.hours.as_ref()
    }

    pub(super) fn is_open(&self, at_ms: u64) -> bool {
        let at = Timestamp::from_millisecond(at_ms as i64).expect("in range");
        let local = self.zone.to_datetime(at);
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        self.days.contains(&local.weekday().to_monday_zero_offset())
            && self
                .open
                .iter()
                .any(|(start, end)| (*start..*end).contains(&minute))
    }
}

/// A conversation's life, in whole minutes.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) zone: &'static str,
    year: i16,
    second_change: bool,
    minutes_before: u32,
    pub(super) calendar: usize,
    pub(super) targets: Targets,
    pub(super) happenings: Vec<(u32, Happening)>,
}

impl Story {
    /// Some days before a change of the clock, where the zone has one.
    pub(super) fn created_ms(&self) -> u64 {
        let zone = TimeZone::get(self.zone).expect("a zone");
        let new_year = date(self.year, 1, 1)
            .to_zoned(TimeZone::UTC)
            .expect("in range");
        let change = zone
            .following(new_year.timestamp())
            .nth(usize::from(self.second_change))
            .map_or(new_year.timestamp(), |change| change.timestamp());
        let minutes = change.as_second() / 60 - i64::from(self.minutes_before);
        u64::try_from(minutes * 60_000).expect("after 1970")
    }
}

#[derive(Clone, Debug)]
pub(super) enum Happening {
    Message(bool),
    Reply,
    State(ConversationState),
    /// To other targets, and to a calendar.
    Retarget(Targets, usize),
}

impl Happening {
    pub(super) fn event(&self, at_ms: u64) -> ClockEvent {
        match self {
            Happening::Message(expects_reply) => ClockEvent::CustomerMessage {
                started_ms: at_ms,
                expects_reply: *expects_reply,
            },
            Happening::Reply => ClockEvent::ReplyAccepted,
            Happening::State(state) => ClockEvent::State { state: *state },
            Happening::Retarget(targets, _) => ClockEvent::Retarget {
                targets: targets.clone(),
            },
        }
    }
}

pub(super) fn zone() -> impl Strategy<Value = &'static str> {
    select(vec![
        "Europe/Lisbon",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "UTC",
    ])
}

/// A conversation of some events, at most so many minutes apart.
pub(super) fn story(minutes: u32, events: usize) -> impl Strategy<Value = Story> {
    let happenings = prop::collection::vec((0..minutes, happening(minutes)), 1..=events);
    let world = (
        zone(),
        1990i16..2037,
        any::<bool>(),
        0u32..10_000,
        0usize..3,
    );
    (world, whole_targets(minutes), happenings).prop_map(|(world, targets, happenings)| {
        let (zone, year, second_change, minutes_before, calendar) = world;
        Story {
            zone,
            year,
            second_change,
            minutes_before,
            calendar,
            targets,
            happenings,
        }
    })
}

fn happening(minutes: u32) -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => prop::bool::weighted(0.8).prop_map(Happening::Message),
        3 => Just(Happening::Reply),
        5 => any_state().prop_map(Happening::State),
        2 => (whole_targets(minutes), 0usize..3)
            .prop_map(|(targets, calendar)| Happening::Retarget(targets, calendar)),
    ]
}

fn any_state() -> impl Strategy<Value = ConversationState> {
    select(vec![
        ConversationState::Queued,
        ConversationState::Active,
        ConversationState::Active,
        ConversationState::WaitingOnCustomer,
        ConversationState::WaitingOnCustomer,
        ConversationState::OnHold,
        ConversationState::OnHold,
        ConversationState::AwaitingApproval,
        ConversationState::Resolved,
    ])
}

/// Targets of which the target and its share are whole minutes.
fn whole_targets(minutes: u32) -> impl Strategy<Value = Targets> {
    let target =
        || prop::option::weighted(0.85, (0..=minutes / 5).prop_map(|five| Seconds(five * 300)));
    (
        target(),
        target(),
        target(),
        select(vec![20u8, 60, 80, 100]),
    )
        .prop_map(all_targets)
}

pub(super) fn any_targets() -> impl Strategy<Value = Targets> {
    let seconds = || prop_oneof![0u32..100_000, Just(u32::MAX), any::<u32>()].prop_map(Seconds);
    let target = move || prop::option::weighted(0.85, seconds());
    (target(), target(), target(), 1u8..=100).prop_map(all_targets)
}

fn all_targets(
    (first_response, next_response, resolution, percent): (
        Option<Seconds>,
        Option<Seconds>,
        Option<Seconds>,
        u8,
    ),
) -> Targets {
    Targets {
        first_response,
        next_response,
        resolution,
        at_risk: AtRisk::try_from(percent).expect("a share"),
        ..Targets::default()
    }
}

/// Mostly near one another, and the ends of the range.
pub(super) fn any_moment() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 1_770_000_000_000u64..1_771_000_000_000,
        1 => any::<u64>(),
        1 => select(vec![0, 1, NEVER_MS - 1, NEVER_MS, NEVER_MS + 1, u64::MAX - 1, u64::MAX]),
    ]
}

pub(super) fn any_event() -> impl Strategy<Value = ClockEvent> {
    prop_oneof![
        4 => (any_moment(), any::<bool>())
            .prop_map(|(started_ms, expects_reply)| ClockEvent::CustomerMessage { started_ms, expects_reply }),
        2 => Just(ClockEvent::ReplyAccepted),
        4 => any_state().prop_map(|state| ClockEvent::State { state }),
        2 => any_targets().prop_map(|targets| ClockEvent::Retarget { targets }),
    ]
}
