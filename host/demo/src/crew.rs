//! Who works at a demo desk, when, and with which habit.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::day::Day;

/// Minutes before the end of a shift from which an agent accepts nothing new.
const WIND_DOWN: u32 = 20;

/// People of a company.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crew {
    /// Approves replies, and reassigns conversations of silent agents.
    pub(crate) supervisor: String,
    /// Agent who receives what the supervisor reassigns.
    pub(crate) lead: String,
    /// Roster entry of the agent `guest`, for a visitor; the demo does not simulate them.
    pub(crate) guest: Value,
    pub(crate) agents: Vec<Member>,
}

/// One agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) shifts: Vec<Shift>,
    #[serde(default)]
    pub(crate) habit: Habit,
    /// When the habit shows; absent: always.
    #[serde(default)]
    during: Option<Shift>,
    /// Roster entry of an agent whom the company file does not list.
    #[serde(default)]
    pub(crate) profile: Option<Value>,
}

/// How an agent differs from a reliable one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Habit {
    #[default]
    Steady,
    /// First drafts break the rules of tone.
    Rude,
    /// Declines many offers.
    Picky,
    /// Lets offers time out.
    Sleepy,
    /// Accepts conversations and answers none.
    Silent,
    /// Goes offline with conversations in progress.
    Leaves,
}

/// Hours of a day, written `06:00-14:00`, in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Shift {
    from: u32,
    until: u32,
}

impl TryFrom<String> for Shift {
    type Error = String;

    fn try_from(text: String) -> Result<Shift, String> {
        let minutes = |text: &str| {
            let (hours, minutes) = text.split_once(':')?;
            Some(hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok()?)
        };
        let shift = text.split_once('-').and_then(|(from, until)| {
            Some(Shift {
                from: minutes(from)?,
                until: minutes(until)?,
            })
        });
        shift.ok_or_else(|| format!("{text:?} is not a span of hours such as 06:00-14:00"))
    }
}

impl Shift {
    fn contains(self, day: &Day, moment: Timestamp) -> bool {
        day.at(self.from) <= moment && moment < day.at(self.until)
    }
}

impl Member {
    /// Whether a habit shows now.
    pub(crate) fn shows(&self, habit: Habit, day: &Day) -> bool {
        let now = day.now();
        self.habit == habit && self.during.is_none_or(|during| during.contains(day, now))
    }

    /// Presence now: `available`, `away` at the end of a shift, or `offline`.
    pub(crate) fn presence(&self, day: &Day) -> &'static str {
        if self.shows(Habit::Leaves, day) {
            return "offline";
        }
        let now = day.now();
        let shift = self.shifts.iter().find(|shift| shift.contains(day, now));
        match shift {
            None => "offline",
            // The desk closes at the end of the day: no wind-down before.
            Some(shift) if day.at(shift.until) >= day.until => "available",
            Some(shift) if now >= day.at(shift.until.saturating_sub(WIND_DOWN)) => "away",
            Some(_) => "available",
        }
    }

    /// When the presence may change next.
    pub(crate) fn next_change(&self, day: &Day) -> Timestamp {
        let now = day.now();
        let shifts = self.shifts.iter().chain(&self.during);
        let minutes = shifts.flat_map(|shift| {
            [
                shift.from,
                shift.until.saturating_sub(WIND_DOWN),
                shift.until,
            ]
        });
        let moments = minutes.map(|minutes| day.at(minutes));
        let next = moments.filter(|moment| *moment > now).min();
        next.unwrap_or(day.until).min(day.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_is_parsed_into_minutes_after_midnight() {
        let shift = Shift::try_from("08:30-11:00".to_owned()).expect("a shift");
        assert_eq!((shift.from, shift.until), (510, 660));
        assert!(Shift::try_from("morning".to_owned()).is_err());
    }
}
