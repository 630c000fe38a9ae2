//! Readings of the host, which the server takes for the metrics page.

use jiff::Timestamp;
use patchbay_config::bound::Bound;
use patchbay_outbound::courier::CourierStats;

/// Readings of the host at this moment, which the server takes.
#[derive(Debug)]
pub struct HostReadings {
    /// Companies whose generation cannot be built.
    pub unready: usize,
    /// Decisions running.
    pub running: usize,
    /// Bounds: use by all of the host now, and limit.
    pub bounds: Vec<(Bound, u64, u64)>,
    /// Requests waiting for a thread.
    pub queue_depth: usize,
    /// Idle instances.
    pub parked: u32,
    /// 0 calm, 1 busy, 2 full.
    pub load: u8,
    /// Whether the whole host is draining.
    pub draining: bool,
    /// The courier's counters; absent without a journal.
    pub courier: Option<CourierStats>,
    /// Connections to providers.
    pub connections: Vec<ConnectionReading>,
    /// The listener for mails; absent without one.
    pub lmtp: Option<LmtpReading>,
}

/// Counts of the listener for mails since the server started.
#[derive(Debug)]
pub struct LmtpReading {
    /// Open connections.
    pub open: u64,
    /// Connections by result.
    pub connections: Vec<(&'static str, u64)>,
    /// Replies about recipients by code.
    pub recipients: Vec<(u16, u64)>,
}

/// Counts of a connection since the server started.
#[derive(Debug)]
pub struct ConnectionReading {
    /// Name of the company.
    pub company: String,
    /// Name of the channel.
    pub channel: &'static str,
    /// Name of the connection.
    pub name: String,
    /// Whether it is open.
    pub is_open: bool,
    /// Requests by result.
    pub results: Vec<(&'static str, u64)>,
    /// Rejected requests by reason.
    pub rejections: Vec<(&'static str, u64)>,
    /// How reading goes, if the host must ask the provider.
    pub poll: Option<PollReading>,
}

/// How reading from a provider goes that the host must ask.
#[derive(Clone, Copy, Debug)]
pub struct PollReading {
    /// Whether it fails.
    pub is_failing: bool,
    /// When everything was last read.
    pub last_complete: Option<Timestamp>,
    /// Polls that failed.
    pub failures: u64,
    /// Items that the provider does not deliver.
    pub passed_over: u64,
}
