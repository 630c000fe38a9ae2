//! Every number the server shows: its name, type, labels and meaning. The page
//! is written by this table, and `docs/metrics.md` holds it.

/// How a family's numbers behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only rises, until the process ends.
    Counter,
    /// It is what it is now.
    Gauge,
    /// How often values fell into which range.
    Histogram,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// Numbers under one name.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) labels: &'static [&'static str],
    pub(crate) help: &'static str,
}

macro_rules! families {
    ($($constant:ident = $kind:ident, $name:literal, [$($label:literal),*], $help:literal;)*) => {
        $(pub(crate) const $constant: Family = Family {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*

        /// All there are, in the order in which they are shown.
        pub(crate) const ALL: &[Family] = &[$($constant,)*];
    };
}

families! {
    BUILD = Gauge, "patchbay_build_info", ["version"],
        "1; the version stands in the label.";
    STARTED = Gauge, "patchbay_start_time_seconds", [],
        "When the server was started, in seconds since 1970.";
    UNREADY = Gauge, "patchbay_companies_unready", [],
        "Companies that are answered 503, because their setup cannot be built.";

    REQUESTS = Counter, "patchbay_requests_total", ["route", "status"],
        "Requests by route and status; 499 where the client had gone.";
    REQUEST_SECONDS = Histogram, "patchbay_request_seconds", ["route"],
        "From the head of a request to its answer.";
    SHED = Counter, "patchbay_shed_total", ["company", "what"],
        "What was turned away because the host had too much to do; no company where none is configured by the name asked for.";
    QUEUE_DEPTH = Gauge, "patchbay_queue_depth", [],
        "Requests that wait for a thread now.";
    RUNNING = Gauge, "patchbay_running_decisions", [],
        "Decisions that run now.";
    PARKED = Gauge, "patchbay_instances_parked", [],
        "Instances made ahead or kept for reuse now.";

    DECISIONS = Counter, "patchbay_decisions_total", ["company", "generation", "stage", "plugin", "outcome"],
        "Plugins asked, at the desk and by requests alike; what is decided about again counts again.";
    PEAK = Gauge, "patchbay_guest_memory_peak_bytes", ["company", "generation", "stage", "plugin"],
        "Most linear memory a plugin has used in one decision.";
    PHASE_SECONDS = Histogram, "patchbay_phase_seconds", ["stage", "phase"],
        "Phases of a plugin's decisions: queue, instantiate, call; and commit, of the desk's.";
    STAGE_SECONDS = Histogram, "patchbay_stage_seconds", ["company", "stage"],
        "All plugins of a stage in one decision, from waiting for a place to the answer.";
    OVERTAKEN = Counter, "patchbay_passes_overtaken_total", ["company"],
        "Passes over a conversation that came to nothing, because it had moved on meanwhile.";
    UNRECORDED = Counter, "patchbay_decisions_unrecorded_total", ["company"],
        "Decisions whose transcript was wanted and not kept.";
    GENERATION = Gauge, "patchbay_active_generation", ["company"],
        "Number of the generation a company decides by.";
    ROLLOUT = Gauge, "patchbay_rollout_generation", ["company", "kind"],
        "Number of the generation a company tries, as a shadow or as a canary; absent where it tries none.";
    ROLLOUT_DECISIONS = Counter, "patchbay_rollout_decisions_total", ["company", "arm", "failed"],
        "Decisions of what is tried (candidate) and of what decides beside it (control), since the trial began.";
    ROLLOUT_COMPARED = Counter, "patchbay_rollout_compared_total", ["company", "result"],
        "Decisions both were asked about: same, different; or why they were not compared: failed, no-time, no-room.";
    BYPASSES = Gauge, "patchbay_bypasses", ["company"],
        "Stages and plugins an operator has taken out of the decisions.";
    DRAINING = Gauge, "patchbay_draining", ["company"],
        "1 where nothing is taken in; of the whole host without a company.";
    LOAD = Gauge, "patchbay_load", [],
        "How much is asked of the host: 0 calm, 1 busy, 2 full.";
    BREAKER_OPEN = Gauge, "patchbay_breaker_open", ["company", "stage", "plugin"],
        "1 where a plugin is left alone after repeated failures.";
    BREAKER_TURNS = Counter, "patchbay_breaker_turns_total", ["company", "generation", "stage", "plugin", "to"],
        "How often a breaker opened and closed.";

    INTAKE = Counter, "patchbay_intake_total", ["company", "result"],
        "Deliveries: accepted, duplicate, busy, refused.";
    UNDECIDED = Gauge, "patchbay_desk_undecided", ["company"],
        "Interactions, clocks and actions that wait to be decided about.";
    CLOCKS = Gauge, "patchbay_desk_clocks", [],
        "Clocks that will ring.";
    WAITING = Gauge, "patchbay_desk_queue_waiting", ["company", "queue"],
        "Conversations that wait in a queue; those on offer do not.";
    OLDEST = Gauge, "patchbay_desk_queue_oldest_seconds", ["company", "queue"],
        "How long the oldest of them has waited.";
    OFFERS = Gauge, "patchbay_desk_offers_open", ["company"],
        "Offers set before agents.";

    OUTBOX_WAITING = Gauge, "patchbay_outbox_waiting", ["company"],
        "What is still to go out.";
    OUTBOX_DEAD = Gauge, "patchbay_outbox_dead", ["company"],
        "What was given up and waits for a human.";
    OUTBOX_SENT = Counter, "patchbay_outbox_attempts_total", ["result"],
        "What attempts came to: delivered, retried, given-up.";
    OUTBOX_IN_FLIGHT = Gauge, "patchbay_outbox_in_flight", [],
        "Attempts under way.";

    JOURNAL_SECONDS = Histogram, "patchbay_journal_write_seconds", [],
        "From the beginning of a group of operations to its being on disk.";
    JOURNAL_GROUP = Histogram, "patchbay_journal_group_operations", [],
        "Operations that were made durable together.";
    JOURNAL_BYTES = Gauge, "patchbay_journal_bytes", [],
        "Size of the journal's files.";

    SPANS = Counter, "patchbay_spans_total", ["result"],
        "Spans of traces: exported, dropped because too many waited, failed because the collector did not take them.";
}

/// The table of `docs/metrics.md`.
#[cfg(test)]
pub(crate) fn markdown() -> String {
    let mut text = "| name | type | labels | meaning |\n| --- | --- | --- | --- |\n".to_owned();
    for family in ALL {
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
    fn names_follow_the_conventions() {
        for family in ALL {
            let name = family.name;
            assert!(name.starts_with("patchbay_"), "{name}");
            let is_total = name.ends_with("_total");
            assert_eq!(is_total, family.kind == Kind::Counter, "{name}");
            assert!(family.help.ends_with('.'), "{name}");
            let times = ALL.iter().filter(|other| other.name == name).count();
            assert_eq!(times, 1, "{name}");
        }
    }

    #[test]
    fn the_families_are_published_as_they_are() {
        let published = include_str!("../../../../docs/metrics.md");
        let table = markdown();
        assert!(
            published.contains(&table),
            "docs/metrics.md must hold this table:\n{table}"
        );
    }
}
