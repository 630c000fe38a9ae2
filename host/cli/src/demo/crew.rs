//! Who works at a demo desk, when, and how.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::day::Day;

/// A company's people.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crew {
    /// Approves replies, and sees to it that somebody takes over.
    pub(crate) supervisor: String,
    /// The agent who is given what must not wait.
    pub(crate) lead: String,
    pub(crate) agents: Vec<Member>,
}

/// One agent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) shifts: Vec<Span>,
    #[serde(default)]
    pub(crate) habit: Habit,
    /// When the habit shows; absent: always.
    #[serde(default)]
    during: Option<Span>,
    /// What the roster says of them, where the company file does not know
    /// them.
    #[serde(default)]
    pub(crate) profile: Option<Value>,
}

/// What is worth knowing of how somebody works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Habit {
    #[default]
    Steady,
    /// Writes what should not go out, first.
    Rude,
    /// Declines much.
    Picky,
    /// Lets offers time out.
    Sleepy,
    /// Takes conversations, and answers none.
    Silent,
    /// Goes offline with conversations in hand.
    Leaves,
}

/// Hours of a day, as `06:00-14:00`, in minutes after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Span {
    from: u32,
    until: u32,
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Span, String> {
        let minutes = |text: &str| {
            let (hours, minutes) = text.split_once(':')?;
            Some(hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok()?)
        };
        let span = text.split_once('-').and_then(|(from, until)| {
            Some(Span {
                from: minutes(from)?,
                until: minutes(until)?,
            })
        });
        span.ok_or_else(|| format!("{text:?} is no span such as 06:00-14:00"))
    }
}

impl Span {
    fn holds(self, day: &Day, at: Timestamp) -> bool {
        day.at(self.from) <= at && at < day.at(self.until)
    }
}

/// How long before the end of a shift nothing new is taken.
const WINDING_UP: u32 = 20;

impl Member {
    /// Whether a habit shows now.
    pub(crate) fn is(&self, habit: Habit, day: &Day) -> bool {
        let now = day.now();
        self.habit == habit && self.during.is_none_or(|during| during.holds(day, now))
    }

    /// Where they are: at work, finishing what they have, or gone.
    pub(crate) fn presence(&self, day: &Day) -> &'static str {
        if self.is(Habit::Leaves, day) {
            return "offline";
        }
        let now = day.now();
        let shift = self.shifts.iter().find(|shift| shift.holds(day, now));
        match shift {
            None => "offline",
            // The desk closes with the day: nobody winds up before.
            Some(shift) if day.at(shift.until) >= day.until => "available",
            Some(shift) if now >= day.at(shift.until.saturating_sub(WINDING_UP)) => "away",
            Some(_) => "available",
        }
    }

    /// When their presence changes next.
    pub(crate) fn next_change(&self, day: &Day) -> Timestamp {
        let now = day.now();
        let shifts = self.shifts.iter().chain(&self.during);
        let ends =
            shifts.flat_map(|span| [span.from, span.until.saturating_sub(WINDING_UP), span.until]);
        let times = ends.map(|minutes| day.at(minutes)).filter(|at| *at > now);
        times.min().unwrap_or(day.until).min(day.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_as_it_is_said() {
        let span = Span::try_from("08:30-11:00".to_owned()).expect("a span");
        assert_eq!((span.from, span.until), (510, 660));
        assert!(Span::try_from("morning".to_owned()).is_err());
    }
}
