//! Notes on stderr about work that takes long.

use std::time::{Duration, Instant};

use crate::output;

/// Time before the first note.
const FIRST: Duration = Duration::from_secs(1);
/// Time between two notes.
const PAUSE: Duration = Duration::from_secs(10);

/// Notes about how far a command is: none within the first second, then one every ten.
pub struct ProgressNotes {
    started: Instant,
    /// When the next one is due, after the start.
    due: Duration,
}

impl ProgressNotes {
    /// Starts to show notes; dropping it ends them.
    pub fn start() -> ProgressNotes {
        ProgressNotes {
            started: Instant::now(),
            due: FIRST,
        }
    }

    /// Writes a note, if one is due.
    pub fn step(&mut self, text: impl FnOnce() -> String) {
        if self.is_due(self.started.elapsed()) {
            output::note(text());
        }
    }

    fn is_due(&mut self, elapsed: Duration) -> bool {
        let is_due = elapsed >= self.due;
        if is_due {
            self.due = elapsed + PAUSE;
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_note_comes_after_a_second_and_others_every_ten() {
        let mut notes = ProgressNotes::start();
        let due: Vec<u64> = (0..25_000)
            .step_by(100)
            .filter(|at| notes.is_due(Duration::from_millis(*at)))
            .collect();
        assert_eq!(due, [1_000, 11_000, 21_000]);
    }
}
