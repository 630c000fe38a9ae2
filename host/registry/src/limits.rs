//! How long a registry may take.

use std::time::Duration;

/// How long a registry may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegistryLimits {
    /// For the head of an answer. Default: 30 s.
    pub answer: Duration,
    /// Between two pieces of a body. Default: 30 s.
    pub pause: Duration,
    /// Least bytes a second of a whole transfer, beyond `answer`. Default: 16 KiB.
    pub least_rate: u64,
    /// How often a transfer is resumed that made no progress, or a request is repeated. Default: 4.
    pub repetitions: u32,
    /// Time before the first repetition; doubled for each further one. Default: 500 ms.
    pub backoff: Duration,
    /// Bytes of a piece of an upload. Default: 4 MiB.
    pub chunk: usize,
}

impl Default for RegistryLimits {
    fn default() -> RegistryLimits {
        RegistryLimits {
            answer: Duration::from_secs(30),
            pause: Duration::from_secs(30),
            least_rate: 16 << 10,
            repetitions: 4,
            backoff: Duration::from_millis(500),
            chunk: 4 << 20,
        }
    }
}

/// Longest time that a registry may ask to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl RegistryLimits {
    /// Time for a transfer of so many bytes.
    pub(crate) fn transfer(&self, bytes: u64) -> Duration {
        self.answer + Duration::from_secs(bytes / self.least_rate.max(1))
    }

    /// Time before a repetition, the first being 0; `asked` is what the registry asks for.
    pub(crate) fn wait(&self, repetition: u32, asked: Option<Duration>) -> Duration {
        let own = self.backoff * 2_u32.saturating_pow(repetition.min(6));
        asked.unwrap_or(own).max(own).min(LONGEST_WAIT)
    }
}
