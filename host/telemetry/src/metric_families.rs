//! The table of all metrics: name, type, labels and help. The metrics page
//! follows it, and `docs/metrics.md` repeats it.

/// Type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricType {
    /// Rises until the process ends.
    Counter,
    /// A current value.
    Gauge,
    /// Counts of values by range.
    Histogram,
}

impl MetricType {
    /// The name, as in the text format.
    pub const fn as_str(self) -> &'static str {
        match self {
            MetricType::Counter => "counter",
            MetricType::Gauge => "gauge",
            MetricType::Histogram => "histogram",
        }
    }
}

/// A metric with all its labels' values.
#[derive(Debug)]
pub struct Family {
    /// Name, beginning with `patchbay_`.
    pub name: &'static str,
    /// Type.
    pub kind: MetricType,
    /// Names of the labels.
    pub labels: &'static [&'static str],
    /// Meaning, in one sentence.
    pub help: &'static str,
}

macro_rules! families {
    ($($constant:ident = $kind:ident, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(pub(super) const $constant: Family = Family {
            name: $name,
            kind: MetricType::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*

        /// Every family, in the order of the metrics page.
        pub const FAMILIES: &[Family] = &[$($constant,)*];
    };
}

families! {
    BUILD = Gauge, "patchbay_build_info", ["version"],
        "Always 1; the label holds the version.";
    STARTED = Gauge, "patchbay_start_time_seconds", [],
        "Start time of the server, in seconds since 1970.";
    UNREADY = Gauge, "patchbay_companies_unready", [],
        "Companies whose generation cannot be built; their requests are answered 503.";

    ALERTS = Gauge, "patchbay_alerts", ["company", "kind", "severity"],
        "Active alerts by kind; the company is empty for the whole host.";
    STORAGE_FAILING = Gauge, "patchbay_storage_failing", [],
        "1 while the journal cannot write.";

    REQUESTS = Counter, "patchbay_requests_total", ["route", "status"],
        "Requests by route and status; 499 if the client disconnected before the answer.";
    REQUEST_SECONDS = Histogram, "patchbay_request_seconds", ["route"],
        "Time from a request's head to its answer.";
    SHED = Counter, "patchbay_shed_total", ["company", "what"],
        "Requests, deliveries and actions turned away by overload; the company is empty if the request names none that is configured.";
    BOUND_USED = Gauge, "patchbay_bound_used", ["what"],
        "Use of a bound by all of the host now; docs/limits.md lists the bounds.";
    BOUND_LIMIT = Gauge, "patchbay_bound_limit", ["what"],
        "Limit of a bound for all of the host.";
    QUEUE_DEPTH = Gauge, "patchbay_queue_depth", [],
        "Requests waiting for a thread.";
    RUNNING = Gauge, "patchbay_running_decisions", [],
        "Decisions running.";
    PARKED = Gauge, "patchbay_instances_parked", [],
        "Idle instances, created ahead or kept for reuse.";

    DECISIONS = Counter, "patchbay_decisions_total", ["company", "generation", "stage", "plugin", "outcome"],
        "Plugin calls by outcome, of the desk and of stateless requests; a repeated decision counts again.";
    PEAK = Gauge, "patchbay_guest_memory_peak_bytes", ["company", "generation", "stage", "plugin"],
        "Peak linear memory of a plugin in one decision.";
    PHASE_SECONDS = Histogram, "patchbay_phase_seconds", ["stage", "phase"],
        "Time per phase of a plugin call: queue, instantiate, call; for the desk's decisions also commit.";
    STAGE_SECONDS = Histogram, "patchbay_stage_seconds", ["company", "stage"],
        "Time of all plugins of a stage in one decision, queueing included.";
    OVERTAKEN = Counter, "patchbay_passes_overtaken_total", ["company"],
        "Passes discarded because the conversation changed meanwhile; each is repeated.";
    UNRECORDED = Counter, "patchbay_decisions_unrecorded_total", ["company"],
        "Decisions whose transcript was not stored because it exceeded the company's limit.";
    GENERATION = Gauge, "patchbay_active_generation", ["company"],
        "Number of the company's active generation.";
    ROLLOUT = Gauge, "patchbay_rollout_generation", ["company", "kind"],
        "Number of the candidate generation in a shadow run or canary; absent without a rollout.";
    ROLLOUT_DECISIONS = Counter, "patchbay_rollout_decisions_total", ["company", "arm", "failed"],
        "Decisions of the candidate and of the control generation since the rollout started.";
    ROLLOUT_COMPARED = Counter, "patchbay_rollout_compared_total", ["company", "result"],
        "Decisions compared between candidate and control (same, different), or not compared (failed, no-time, no-room).";
    BYPASSES = Gauge, "patchbay_bypasses", ["company"],
        "Stages and plugins that operators bypass.";
    DRAINING = Gauge, "patchbay_draining", ["company"],
        "1 while the company is draining; the company is empty for the whole host.";
    LOAD = Gauge, "patchbay_load", [],
        "Load of the host: 0 calm, 1 busy, 2 full.";
    BREAKER_OPEN = Gauge, "patchbay_breaker_open", ["company", "stage", "plugin"],
        "1 while the plugin's circuit breaker is open after repeated failures.";
    BREAKER_TURNS = Counter, "patchbay_breaker_turns_total", ["company", "generation", "stage", "plugin", "to"],
        "Circuit breaker transitions.";

    INTAKE = Counter, "patchbay_intake_total", ["company", "result"],
        "Deliveries by result: accepted, duplicate, busy (turned away by overload), refused (not valid).";
    UNDECIDED = Gauge, "patchbay_desk_undecided", ["company"],
        "Interactions, clocks and actions waiting for a decision.";
    CLOCKS = Gauge, "patchbay_desk_clocks", [],
        "Running clocks.";
    WAITING = Gauge, "patchbay_desk_queue_waiting", ["company", "queue"],
        "Conversations waiting in a queue, without those offered to an agent.";
    OLDEST = Gauge, "patchbay_desk_queue_oldest_seconds", ["company", "queue"],
        "Waiting time of the oldest conversation in the queue.";
    OFFERS = Gauge, "patchbay_desk_offers_open", ["company"],
        "Open offers to agents.";

    SEARCHES = Counter, "patchbay_searches_total", ["company", "outcome"],
        "Searches of conversations by outcome: found, nothing, partial (not all were searched), refused (not valid, or switched off), failed.";
    SEARCH_SECONDS = Histogram, "patchbay_search_seconds", [],
        "Time of a search of conversations, without waiting for its turn.";
    SEARCHED = Counter, "patchbay_search_conversations_total", ["words"],
        "Conversations that were searched, by where their words were: memory, or journal.";
    LISTS_OPENED = Counter, "patchbay_search_lists_opened_total", [],
        "Lists of words that were read from the journal and opened.";
    WORDS_DROPPED = Counter, "patchbay_search_words_dropped_total", ["reason"],
        "Conversations whose words were dropped from memory (evicted: for others, or idle), or not kept (no-room).";
    OUTDATED_WORDS = Gauge, "patchbay_search_outdated_conversations", ["company"],
        "Conversations whose words wait to be collected: a search does not find them by all of their texts.";

    OUTBOX_WAITING = Gauge, "patchbay_outbox_waiting", ["company"],
        "Items of the outbox waiting for delivery.";
    OUTBOX_DEAD = Gauge, "patchbay_outbox_dead", ["company"],
        "Items of the outbox whose delivery failed for good; an operator must retry them.";
    STORED_BYTES = Gauge, "patchbay_company_stored_bytes", ["company"],
        "Bytes that the company stores in the journal.";
    STORED_LIMIT = Gauge, "patchbay_company_stored_limit_bytes", ["company"],
        "How many the company may store; beyond them its deliveries are answered 503.";
    OUTBOX_SENT = Counter, "patchbay_outbox_attempts_total", ["result"],
        "Delivery attempts by result: delivered, retried, given-up.";
    CHANNEL_REQUESTS = Counter, "patchbay_channel_requests_total", ["company", "channel", "connection", "result"],
        "Requests of providers by result: accepted, handshake, rejected, quarantined, busy.";
    CHANNEL_REJECTIONS = Counter, "patchbay_channel_rejections_total", ["company", "channel", "connection", "reason"],
        "Requests that are not authentic, by reason.";
    CHANNEL_OPEN = Gauge, "patchbay_channel_open", ["company", "channel", "connection"],
        "1 while the connection accepts requests of its provider.";
    POLL_FAILING = Gauge, "patchbay_channel_poll_failing", ["company", "channel", "connection"],
        "1 while the host cannot read from a provider that it must ask; absent for other connections.";
    POLL_FAILURES = Counter, "patchbay_channel_poll_failures_total", ["company", "channel", "connection"],
        "Polls of such a provider that failed.";
    POLL_PASSED_OVER = Counter, "patchbay_channel_poll_passed_over_total", ["company", "channel", "connection"],
        "Items that such a provider does not deliver, and that were passed over.";
    POLL_COMPLETE = Gauge, "patchbay_channel_poll_complete_timestamp_seconds", ["company", "channel", "connection"],
        "When everything of such a provider was last read; absent until then.";
    LMTP_OPEN = Gauge, "patchbay_lmtp_connections_open", [],
        "Open connections of mail servers; absent without [lmtp].";
    LMTP_CONNECTIONS = Counter, "patchbay_lmtp_connections_total", ["result"],
        "Connections of mail servers by result: accepted, too-many, not-allowed.";
    LMTP_RECIPIENTS = Counter, "patchbay_lmtp_recipients_total", ["code"],
        "Recipients of mails by the code of their answer: 250 stored, 451 and 452 deferred, 550 unknown, 552 too large.";
    OUTBOX_IN_FLIGHT = Gauge, "patchbay_outbox_in_flight", [],
        "Delivery attempts in progress.";
    OUTBOX_BROKEN = Gauge, "patchbay_outbox_broken_targets", [],
        "Targets that take no deliveries until a person repairs them; their items wait and no attempt is counted.";

    JOURNAL_SECONDS = Histogram, "patchbay_journal_write_seconds", [],
        "Time to write one group of operations to disk.";
    JOURNAL_GROUP = Histogram, "patchbay_journal_group_operations", [],
        "Operations written together in one group.";
    JOURNAL_BYTES = Gauge, "patchbay_journal_bytes", [],
        "Size of the journal's files.";
    JOURNAL_FREE = Gauge, "patchbay_journal_free_bytes", [],
        "Free space on the journal's disk.";

    SPANS = Counter, "patchbay_spans_total", ["result"],
        "Trace spans by result: exported, dropped (queue full), failed (refused by the collector).";
}

/// The table of `docs/metrics.md`.
#[cfg(test)]
fn markdown() -> String {
    let mut text = "| name | type | labels | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for family in FAMILIES {
        let labels: Vec<String> = family.labels.iter().map(|one| format!("`{one}`")).collect();
        text += &format!(
            "| `{}` | {} | {} | {} |\n",
            family.name,
            family.kind.as_str(),
            labels.join(", "),
            family.help
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names_follow_the_conventions() {
        for family in FAMILIES {
            let name = family.name;
            assert!(name.starts_with("patchbay_"), "{name}");
            let is_total = name.ends_with("_total");
            assert_eq!(is_total, family.kind == MetricType::Counter, "{name}");
            assert!(family.help.ends_with('.'), "{name}");
            let times = FAMILIES.iter().filter(|other| other.name == name).count();
            assert_eq!(times, 1, "{name}");
        }
    }

    #[test]
    fn the_documentation_lists_every_metric() {
        let published = include_str!("../../../docs/metrics.md");
        let table = markdown();
        assert!(
            published.contains(&table),
            "docs/metrics.md must hold this table:\n{table}"
        );
    }
}
