//! The figures of a demo's day, as a table and as JSON.

use std::net::SocketAddr;
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};
use patchbay_command::numbers::{self, Percentiles, thousands};
use patchbay_demo::{Counts, DayReport, Figures, time_of_day};
use serde_json::{Map, Value, json};

/// Simulated minutes that a request may take before it distorts the day.
const SLOW: f64 = 5.0;

/// Figures of all companies.
fn total(played: &DayReport) -> Figures {
    let mut total = Figures::default();
    for company in &played.companies {
        total.add(&company.figures);
    }
    total
}

/// The day as JSON.
pub(super) fn document(played: &DayReport, settings: &Path) -> Value {
    let companies = played.companies.iter();
    let companies: Map<_, _> = companies
        .map(|company| (company.name.clone(), figures_document(&company.figures)))
        .collect();
    json!({
        "day": {"from": played.day.from, "until": played.day.until, "rate": played.day.rate},
        "settings": settings,
        "companies": companies,
        "all": figures_document(&total(played)),
        "failures": played.failures,
        "problems": played.problems,
        "request_seconds": Percentiles::of(&mut played.request_seconds.clone()),
        "elapsed_seconds": played.elapsed.as_secs_f64(),
    })
}

fn figures_document(figures: &Figures) -> Value {
    let kind = |kind: &str| figures.kind(kind);
    json!({
        "agents": figures.agents,
        "interactions": figures.interactions,
        "conversations": figures.conversations,
        "first_response": {
            "due": figures.first_responses_due,
            "in_time": figures.first_responses_in_time,
            "service_level": figures.service_level(),
            "minutes": Percentiles::of(&mut figures.first_response_minutes.clone()),
        },
        "offers": {
            "made": kind("offered"),
            "accepted": kind("accepted"),
            "declined": kind("declined"),
            "timed_out": kind("timed-out"),
            "withdrawn": kind("withdrawn"),
        },
        "replies": {
            "drafted": kind("reply-drafted"),
            "sent": kind("reply-published"),
            "sent_back": kind("reply-revise"),
            "held": kind("reply-held"),
            "approved": kind("reply-approved"),
            "rejected": kind("reply-rejected"),
            "out_of_date": kind("reply-stale"),
            "blocked": kind("reply-blocked"),
            "delivered": kind("reply-delivered"),
        },
        "triggers": figures.triggers,
        "escalations": figures.escalations,
        "incidents": figures.incidents,
        "returned": figures.returned,
        "assigned_by_hand": kind("assigned"),
        "not_ok": figures.not_ok,
        "wrote_again": {"same_agent": figures.same_agent, "another": figures.other_agent},
        "delivered": {
            "replies": figures.replies,
            "notices": figures.notices,
            "failed_attempts": figures.failed,
            "keys_repeated": figures.repeated,
        },
        "still_open": figures.open,
        "entries": figures.kinds,
        "inside_micros": Percentiles::of(&mut figures.micros.clone()),
    })
}

/// The day as text: a summary, the table, and where to look next.
pub(super) fn text(played: &DayReport, address: SocketAddr, settings: &Path, once: bool) -> String {
    let total = total(played);
    let entries: u64 = played.companies.iter().map(|one| one.entries).sum();
    let inside = Percentiles::of(&mut total.micros.clone());
    let requests = Percentiles::of(&mut played.request_seconds.clone());
    let slowest = requests.p99 * f64::from(played.day.rate);
    let mut parts = vec![
        format!(
            "A day from {} to {} in {:.0} s ({} times real time): {} decisions, {} journal entries.\n\
             {} API requests of the simulated people: p50 {:.1} ms, p99 {:.0} ms ({} of the simulated day).\n\
             Time inside policies for each message: p50 {:.0} µs, p99 {:.0} µs, in a fresh sandbox each time.",
            time_of_day(played.day.from),
            time_of_day(played.day.until),
            played.elapsed.as_secs_f64(),
            played.day.rate,
            thousands(total.decisions),
            thousands(entries),
            thousands(played.request_seconds.len() as u64),
            requests.p50 * 1e3,
            requests.p99 * 1e3,
            numbers::span(slowest as u64),
            inside.p50,
            inside.p99,
        ),
        table(played, &total).to_string(),
    ];
    if slowest > SLOW {
        parts.push(
            "This machine is slow or busy: simulated people waited for answers, and offers timed out meanwhile. Use a longer day, such as --seconds 300.".to_owned(),
        );
    }
    parts.push(match played.failures {
        0 => "Every accepted interaction was decided, and every delivery arrived with exactly one effect.".to_owned(),
        all => format!("{all} problems:\n  {}", played.problems.join("\n  ")),
    });
    parts.push(next_steps(address, settings, once));
    parts.join("\n\n")
}

fn table(played: &DayReport, total: &Figures) -> Table {
    let companies = played.companies.iter();
    let mut columns: Vec<(&str, &Figures)> = companies
        .map(|company| (company.name.as_str(), &company.figures))
        .collect();
    if columns.len() > 1 {
        columns.push(("all", total));
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    table.set_header(std::iter::once("").chain(columns.iter().map(|(name, _)| *name)));
    for (title, value) in ROWS {
        let cells = columns.iter().map(|(_, figures)| value(figures));
        table.add_row(std::iter::once((*title).to_owned()).chain(cells));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Title of a row, and its value.
type Row = (&'static str, fn(&Figures) -> String);

const ROWS: &[Row] = &[
    ("agents", |figures| thousands(figures.agents)),
    ("interactions", |figures| thousands(figures.interactions)),
    ("conversations", |figures| thousands(figures.conversations)),
    ("first response within SLA", |figures| {
        format!(
            "{:.0} % ({} of {})",
            figures.service_level() * 100.0,
            thousands(figures.first_responses_in_time),
            thousands(figures.first_responses_due)
        )
    }),
    ("first response: p50 · p90", |figures| {
        let minutes = Percentiles::of(&mut figures.first_response_minutes.clone());
        format!("{} · {}", span(minutes.p50), span(minutes.p90))
    }),
    ("offers: made · declined · timed out", |figures| {
        kinds(figures, &["offered", "declined", "timed-out"])
    }),
    ("replies sent", |figures| {
        kinds(figures, &["reply-published"])
    }),
    ("  sent back by the tone policy", |figures| {
        kinds(figures, &["reply-revise"])
    }),
    ("  held · approved · rejected", |figures| {
        kinds(figures, &["reply-held", "reply-approved", "reply-rejected"])
    }),
    ("  blocked", |figures| kinds(figures, &["reply-blocked"])),
    ("escalations: priority raised", |figures| {
        count(&figures.escalations, "raise-priority")
    }),
    ("  notices sent", |figures| {
        count(&figures.escalations, "notify")
    }),
    ("  approval required", |figures| {
        count(&figures.escalations, "require-approval")
    }),
    ("  routed again", |figures| {
        count(&figures.escalations, "re-route")
    }),
    ("  agent does not answer", |figures| {
        count(&figures.triggers, "silent-agent")
    }),
    ("incidents", |figures| match figures.incidents.as_slice() {
        [] => "none".to_owned(),
        some => some.join("\n"),
    }),
    ("assigned by the supervisor", |figures| {
        kinds(figures, &["assigned"])
    }),
    ("returned to queue: agent offline · by agent", |figures| {
        let returned = |reason| count(&figures.returned, reason);
        format!("{} · {}", returned("offline"), returned("given-back"))
    }),
    ("returning customers: same agent · other", |figures| {
        let (same, other) = (figures.same_agent, figures.other_agent);
        format!("{} · {}", thousands(same), thousands(other))
    }),
    ("delivered: replies · notices", |figures| {
        let (replies, notices) = (figures.replies, figures.notices);
        format!("{} · {}", thousands(replies), thousands(notices))
    }),
    ("  failed attempts", |figures| thousands(figures.failed)),
    ("  delivered twice, one effect", |figures| {
        thousands(figures.repeated)
    }),
    (
        "open: queued · in progress · waiting for customer",
        |figures| {
            let open = |states: &[&str]| {
                let counts = states.iter().filter_map(|state| figures.open.get(*state));
                thousands(counts.sum())
            };
            format!(
                "{} · {} · {}",
                open(&["queued", "reserved"]),
                open(&["active", "on-hold", "awaiting-approval", "wrapping"]),
                open(&["waiting-on-customer"])
            )
        },
    ),
    ("decisions that failed (timeout)", |figures| {
        thousands(figures.not_ok.values().sum())
    }),
];

fn kinds(figures: &Figures, kinds: &[&str]) -> String {
    let counts = kinds.iter().map(|kind| thousands(figures.kind(kind)));
    counts.collect::<Vec<_>>().join(" · ")
}

fn count(counts: &Counts, name: &str) -> String {
    thousands(counts.get(name).copied().unwrap_or(0))
}

fn span(minutes: f64) -> String {
    match minutes {
        0.0..120.0 => format!("{minutes:.0} min"),
        _ => format!("{:.1} h", minutes / 60.0),
    }
}

fn next_steps(address: SocketAddr, settings: &Path, once: bool) -> String {
    let settings = settings.display();
    let host = match once {
        true => format!(
            "  patchbay journal status --config {settings}\n\
             \x20 patchbay journal check --config {settings}"
        ),
        false => format!(
            "  http://{address}/console/                                       the console: the time is real now, and `guest` is yours\n\
             \x20 curl http://{address}/v1/companies/meridian-air/conversations   open conversations\n\
             \x20 curl http://{address}/v1/companies/harbour-bank/alerts          alerts\n\
             \x20 curl http://{address}/metrics                                   metrics of the server\n\
             \x20 patchbay journal status --config {settings}   state of the journal, also after the demo"
        ),
    };
    format!(
        "Next steps:\n{host}\n\
         \x20 plugins/social-care/                  source of the policies, with their test cases\n\
         \x20 patchbay test plugins/social-care     run the test cases in the sandbox\n\
         \x20 patchbay new my-care                  create a policy of your own"
    )
}
