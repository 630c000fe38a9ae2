//! Who watches the day.

use jiff::Timestamp;

/// Shows what happens while the day is played.
pub trait Observer: Send + Sync {
    /// Called ten times a second with the simulated time.
    fn time(&self, now: Timestamp);
    /// Called with a line for each notable event.
    fn event(&self, line: &str);
}
