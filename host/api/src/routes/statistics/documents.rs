//! Documents of statistics over time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use patchbay_journal::{Counts, Dimension};
use patchbay_model::sla::Clock;
use patchbay_statistics::figures::ClockFigures;
use patchbay_statistics::measure::{DurationMeasure, Measure};
use patchbay_statistics::{Durations, Figures, StageFigures};
use serde::Serialize;
use utoipa::ToSchema;

use super::{StatisticsStep, StatisticsSubject};

/// Statistics of a company over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsDocument {
    /// Start of the first bucket.
    pub(super) from: Timestamp,
    /// End of the last bucket.
    pub(super) to: Timestamp,
    /// Length of the buckets.
    #[schema(value_type = StatisticsStep)]
    pub(super) step: &'static str,
    /// What the rows are about.
    #[schema(value_type = StatisticsSubject)]
    pub(super) by: &'static str,
    /// IANA name of the time zone of the hours and days.
    pub(super) zone: String,
    /// Number of the last entry of the feed that is counted.
    pub(super) counted: u64,
    /// Entries of the feed that are not counted yet; 0: everything is.
    pub(super) behind: u64,
    /// In order, without gaps.
    pub(super) buckets: Vec<StatisticsBucket>,
    /// The whole time, by subject.
    pub(super) totals: Vec<StatisticsRow>,
}

/// Statistics of one time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsBucket {
    /// Its start.
    pub(super) start: Timestamp,
    /// Its end, which is the start of the next.
    pub(super) end: Timestamp,
    /// Sorted by `key`. A subject without a row did nothing in this time.
    pub(super) rows: Vec<StatisticsRow>,
}

/// What happened in a time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatisticsRow {
    /// The queue, agent, channel or stage; absent: the company, or conversations that had
    /// no queue yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// Conversations and what agents did with them; absent where `by` is `stage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    work: Option<Box<WorkStatistics>>,
    /// Decisions of the stage; only where `by` is `stage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<StageStatistics>,
}

/// What a company, a queue, an agent or a channel did in a time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WorkStatistics {
    /// Messages of customers, without those that a program wrote.
    interactions: u64,
    /// Conversations.
    conversations: ConversationStatistics,
    /// Time from the start of a conversation to its first reply, by the clock on the wall;
    /// counted when the channel accepts the reply.
    first_response: DurationStatistics,
    /// Time from the start of a conversation to resolved, by the clock on the wall; counted
    /// when it is resolved, each time.
    resolution: DurationStatistics,
    /// Time that an agent owned a conversation that did not wait on its customer; counted
    /// when the agent no longer owns it.
    handle: DurationStatistics,
    /// SLA clocks, in working time.
    clocks: ClockStatistics,
    /// Offers to agents.
    offers: OfferStatistics,
    /// Replies.
    replies: ReplyStatistics,
}

/// Numbers of conversations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationStatistics {
    /// Their customer wrote in person for the first time.
    opened: u64,
    /// They were resolved, and their customer wrote again.
    reopened: u64,
    /// They were resolved, each time.
    resolved: u64,
}

/// Durations that ended in a time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DurationStatistics {
    /// How many.
    count: u64,
    /// Their mean, in seconds; absent: there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f64>,
    /// Seconds that half of them do not exceed, estimated from a histogram whose ranges are
    /// at most twice as long as the one before, from 15 s to 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50: Option<u64>,
    /// Seconds that nine of ten do not exceed, estimated likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    p90: Option<u64>,
}

/// Results of the SLA clocks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClockStatistics {
    /// First replies.
    first_response: ClockResultStatistics,
    /// Later replies.
    next_response: ClockResultStatistics,
    /// Resolved conversations.
    resolution: ClockResultStatistics,
}

/// Results of one SLA clock. Runs without a target do not count.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClockResultStatistics {
    /// Runs that were stopped within the target.
    met: u64,
    /// Runs that were stopped after the target.
    late: u64,
    /// `met` of `met` and `late`, 0 to 1: of the first response, the service level; absent:
    /// no run was stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    share_met: Option<f64>,
    /// Runs whose at-risk share was used up in this time.
    at_risk: u64,
    /// Runs whose target was used up in this time, stopped later or not.
    missed: u64,
}

/// Numbers of offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferStatistics {
    /// They were made.
    made: u64,
    /// Their agent accepted.
    accepted: u64,
    /// Their agent declined.
    declined: u64,
    /// Their agent did not answer in time.
    timed_out: u64,
    /// The host or a supervisor took them back.
    withdrawn: u64,
}

/// Numbers of replies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplyStatistics {
    /// They went to the outbox, at once or after an approval.
    published: u64,
    /// They waited for an approval.
    held: u64,
    /// They went back to their agent for changes.
    revised: u64,
    /// They may not be sent.
    blocked: u64,
    /// The channel accepted them.
    delivered: u64,
    /// The channel refused them, or reported later that they did not arrive.
    undeliverable: u64,
}

/// Decisions of a stage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StageStatistics {
    /// Decisions of its plugins by outcome, without outcomes that did not happen.
    #[schema(value_type = BTreeMap<String, u64>)]
    decisions: BTreeMap<&'static str, u64>,
    /// Decisions that a rule of the host made in place of a plugin.
    fallbacks: u64,
}

/// The rows of these counts.
pub(super) fn rows(counts: Vec<(String, Counts)>, by: Dimension) -> Vec<StatisticsRow> {
    let row = |(key, counts): (String, Counts)| {
        let is_stage = by == Dimension::Stage;
        StatisticsRow {
            key: (!key.is_empty()).then_some(key),
            work: (!is_stage).then(|| Box::new(WorkStatistics::from(Figures(&counts)))),
            stage: is_stage.then(|| StageFigures::of(&counts).into()),
        }
    };
    counts.into_iter().map(row).collect()
}

impl From<Figures<'_>> for WorkStatistics {
    fn from(figures: Figures<'_>) -> WorkStatistics {
        let count = |measure| figures.count(measure);
        WorkStatistics {
            interactions: count(Measure::Interactions),
            conversations: ConversationStatistics {
                opened: count(Measure::Opened),
                reopened: count(Measure::Reopened),
                resolved: count(Measure::Resolved),
            },
            first_response: figures.durations(DurationMeasure::FirstResponse).into(),
            resolution: figures.durations(DurationMeasure::Resolution).into(),
            handle: figures.durations(DurationMeasure::Handle).into(),
            clocks: ClockStatistics {
                first_response: figures.clock(Clock::FirstResponse).into(),
                next_response: figures.clock(Clock::NextResponse).into(),
                resolution: figures.clock(Clock::Resolution).into(),
            },
            offers: OfferStatistics {
                made: count(Measure::OffersMade),
                accepted: count(Measure::OffersAccepted),
                declined: count(Measure::OffersDeclined),
                timed_out: count(Measure::OffersTimedOut),
                withdrawn: count(Measure::OffersWithdrawn),
            },
            replies: ReplyStatistics {
                published: count(Measure::RepliesPublished),
                held: count(Measure::RepliesHeld),
                revised: count(Measure::RepliesRevised),
                blocked: count(Measure::RepliesBlocked),
                delivered: count(Measure::RepliesDelivered),
                undeliverable: count(Measure::RepliesUndeliverable),
            },
        }
    }
}

impl From<ClockFigures> for ClockResultStatistics {
    fn from(figures: ClockFigures) -> ClockResultStatistics {
        ClockResultStatistics {
            met: figures.met,
            late: figures.late,
            share_met: figures.share_met(),
            at_risk: figures.at_risk,
            missed: figures.missed,
        }
    }
}

impl From<Durations> for DurationStatistics {
    fn from(durations: Durations) -> DurationStatistics {
        DurationStatistics {
            count: durations.count,
            mean: durations.mean,
            p50: durations.p50,
            p90: durations.p90,
        }
    }
}

impl From<StageFigures> for StageStatistics {
    fn from(figures: StageFigures) -> StageStatistics {
        let outcomes = figures.outcomes.into_iter();
        StageStatistics {
            decisions: outcomes
                .map(|(outcome, count)| (outcome.as_str(), count))
                .collect(),
            fallbacks: figures.fallbacks,
        }
    }
}
