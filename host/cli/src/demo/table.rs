//! The table one would show a colleague.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Map, Value, json};

use super::day::hour;
use super::played::{Company, Played};
use super::tally::Counts;
use crate::numbers::{Percentiles, thousands};

/// Minutes of the day a request may take before that changes what is seen.
const SLOW: f64 = 5.0;

/// What is shown of one company, or of all.
struct Figures {
    agents: u64,
    interactions: u64,
    conversations: u64,
    due: u64,
    kept: u64,
    first_responses: Vec<f64>,
    kinds: Counts,
    escalations: Counts,
    triggers: Counts,
    incidents: Vec<String>,
    returned: Counts,
    not_ok: Counts,
    same_agent: u64,
    other_agent: u64,
    replies: u64,
    notices: u64,
    repeated: u64,
    failed: u64,
    open: Counts,
    micros: Vec<f64>,
}

impl Figures {
    fn of(company: &Company) -> Figures {
        let tally = &company.tally;
        let (due, kept) = tally.service();
        let (same_agent, other_agent) = tally.came_back();
        Figures {
            agents: company.agents as u64,
            interactions: company.delivered.accepted,
            conversations: tally.conversations(),
            due,
            kept,
            first_responses: tally.first_responses(),
            kinds: tally.kinds.clone(),
            escalations: tally.escalations.clone(),
            triggers: tally.triggers.clone(),
            incidents: tally.incidents.iter().cloned().collect(),
            returned: tally.returned.clone(),
            not_ok: tally.not_ok.clone(),
            same_agent,
            other_agent,
            replies: company.received.replies,
            notices: company.received.notices,
            repeated: company.received.repeated,
            failed: company.received.failed,
            open: company.open.clone(),
            micros: tally.micros.clone(),
        }
    }

    fn add(mut self, other: Figures) -> Figures {
        for (to, from) in [
            (&mut self.agents, other.agents),
            (&mut self.interactions, other.interactions),
            (&mut self.conversations, other.conversations),
            (&mut self.due, other.due),
            (&mut self.kept, other.kept),
            (&mut self.same_agent, other.same_agent),
            (&mut self.other_agent, other.other_agent),
            (&mut self.replies, other.replies),
            (&mut self.notices, other.notices),
            (&mut self.repeated, other.repeated),
            (&mut self.failed, other.failed),
        ] {
            *to += from;
        }
        for (to, from) in [
            (&mut self.kinds, other.kinds),
            (&mut self.escalations, other.escalations),
            (&mut self.triggers, other.triggers),
            (&mut self.returned, other.returned),
            (&mut self.not_ok, other.not_ok),
            (&mut self.open, other.open),
        ] {
            for (name, count) in from {
                *to.entry(name).or_default() += count;
            }
        }
        self.first_responses.extend(other.first_responses);
        self.micros.extend(other.micros);
        self.incidents.extend(other.incidents);
        self
    }

    fn kind(&self, kind: &str) -> u64 {
        self.kinds.get(kind).copied().unwrap_or(0)
    }

    fn service_level(&self) -> f64 {
        match self.due {
            0 => 1.0,
            due => self.kept as f64 / due as f64,
        }
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let first = Percentiles::of(&mut self.first_responses.clone());
        let kind = |kind: &str| thousands(self.kind(kind));
        let returned = |why: &str| thousands(self.returned.get(why).copied().unwrap_or(0));
        let open = |states: &[&str]| {
            let counts = states.iter().filter_map(|state| self.open.get(*state));
            thousands(counts.sum())
        };
        let mut rows = vec![
            ("agents", thousands(self.agents)),
            ("interactions", thousands(self.interactions)),
            ("conversations", thousands(self.conversations)),
            (
                "first response in time",
                format!(
                    "{:.0} % ({} of {})",
                    self.service_level() * 100.0,
                    thousands(self.kept),
                    thousands(self.due)
                ),
            ),
            (
                "first response after",
                format!("{}, p90 {}", span(first.p50), span(first.p90)),
            ),
            (
                "offers made · declined · timed out",
                format!(
                    "{} · {} · {}",
                    kind("offered"),
                    kind("declined"),
                    kind("timed-out")
                ),
            ),
            ("replies sent", kind("reply-published")),
            ("  sent back", kind("reply-revise")),
            (
                "  held · approved · rejected",
                format!(
                    "{} · {} · {}",
                    kind("reply-held"),
                    kind("reply-approved"),
                    kind("reply-rejected")
                ),
            ),
            ("  blocked", kind("reply-blocked")),
        ];
        for (title, action) in [
            ("escalations: priority raised", "raise-priority"),
            ("  somebody notified", "notify"),
            ("  approval required", "require-approval"),
            ("  routed anew", "re-route"),
        ] {
            let count = self.escalations.get(action).copied().unwrap_or(0);
            rows.push((title, thousands(count)));
        }
        let silent = self.triggers.get("silent-agent").copied().unwrap_or(0);
        rows.extend([
            ("  of a silent agent", thousands(silent)),
            ("incidents", names(&self.incidents)),
            ("given to the lead by hand", kind("assigned")),
            (
                "returned: agent offline · given back",
                format!("{} · {}", returned("offline"), returned("given-back")),
            ),
            (
                "wrote again: same agent · another",
                format!(
                    "{} · {}",
                    thousands(self.same_agent),
                    thousands(self.other_agent)
                ),
            ),
            (
                "delivered: replies · notices",
                format!("{} · {}", thousands(self.replies), thousands(self.notices)),
            ),
            ("  attempts that failed", thousands(self.failed)),
            (
                "  keys that came twice, one effect",
                thousands(self.repeated),
            ),
            (
                "still open: queued · in hand · customer is next",
                format!(
                    "{} · {} · {}",
                    open(&["queued", "reserved"]),
                    open(&["active", "on-hold", "awaiting-approval", "wrapping"]),
                    open(&["waiting-on-customer"])
                ),
            ),
            (
                "policies that took too long",
                thousands(self.not_ok.values().sum()),
            ),
        ]);
        rows
    }

    fn document(&self) -> Value {
        let first = Percentiles::of(&mut self.first_responses.clone());
        let inside = Percentiles::of(&mut self.micros.clone());
        json!({
            "agents": self.agents,
            "interactions": self.interactions,
            "conversations": self.conversations,
            "first_response": {
                "due": self.due,
                "in_time": self.kept,
                "service_level": self.service_level(),
                "minutes": first,
            },
            "offers": {
                "made": self.kind("offered"),
                "accepted": self.kind("accepted"),
                "declined": self.kind("declined"),
                "timed_out": self.kind("timed-out"),
                "withdrawn": self.kind("withdrawn"),
            },
            "replies": {
                "drafted": self.kind("reply-drafted"),
                "sent": self.kind("reply-published"),
                "sent_back": self.kind("reply-revise"),
                "held": self.kind("reply-held"),
                "approved": self.kind("reply-approved"),
                "rejected": self.kind("reply-rejected"),
                "out_of_date": self.kind("reply-stale"),
                "blocked": self.kind("reply-blocked"),
                "delivered": self.kind("reply-delivered"),
            },
            "triggers": self.triggers,
            "escalations": self.escalations,
            "incidents": self.incidents,
            "returned": self.returned,
            "assigned_by_hand": self.kind("assigned"),
            "not_ok": self.not_ok,
            "wrote_again": {"same_agent": self.same_agent, "another": self.other_agent},
            "delivered": {
                "replies": self.replies,
                "notices": self.notices,
                "failed_attempts": self.failed,
                "keys_repeated": self.repeated,
            },
            "still_open": self.open,
            "entries": self.kinds,
            "inside_micros": inside,
        })
    }
}

fn span(minutes: f64) -> String {
    match minutes {
        0.0..120.0 => format!("{minutes:.0} min"),
        _ => format!("{:.1} h", minutes / 60.0),
    }
}

fn names(incidents: &[String]) -> String {
    match incidents {
        [] => "none".to_owned(),
        some => some.join("\n"),
    }
}

fn in_all(played: &Played) -> Option<Figures> {
    let companies = played.companies.iter().map(Figures::of);
    companies.reduce(Figures::add)
}

/// The day for machines.
pub(crate) fn document(played: &Played, settings: &Path) -> Value {
    let mut companies = Map::new();
    for company in &played.companies {
        companies.insert(company.name.clone(), Figures::of(company).document());
    }
    json!({
        "day": {"from": played.day.from, "until": played.day.until, "rate": played.day.rate},
        "settings": settings,
        "companies": companies,
        "all": in_all(played).map(|figures| figures.document()),
        "failures": played.problems.1,
        "problems": played.problems.0,
        "request_seconds": Percentiles::of(&mut played.took.clone()),
        "elapsed_seconds": played.elapsed.as_secs_f64(),
    })
}

/// The day for people.
pub(crate) fn render(played: &Played, address: SocketAddr, settings: &Path, once: bool) -> String {
    let mut columns: BTreeMap<usize, (String, Figures)> = BTreeMap::new();
    for (index, company) in played.companies.iter().enumerate() {
        columns.insert(index, (company.name.clone(), Figures::of(company)));
    }
    let all = in_all(played).filter(|_| columns.len() > 1);
    if let Some(all) = all {
        columns.insert(columns.len(), ("all".to_owned(), all));
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    let names = columns.values().map(|(name, _)| name.clone());
    table.set_header(std::iter::once(String::new()).chain(names));
    let rows: Vec<Vec<(&str, String)>> = columns
        .values()
        .map(|(_, figures)| figures.rows())
        .collect();
    for (index, (title, _)) in rows.first().into_iter().flatten().enumerate() {
        let cells = rows.iter().filter_map(|rows| rows.get(index));
        let cells = cells.map(|(_, value)| value.clone());
        table.add_row(std::iter::once((*title).to_owned()).chain(cells));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let entries: u64 = played.companies.iter().map(|one| one.tally.newest).sum();
    let decisions: u64 = played.companies.iter().map(|one| one.tally.decisions).sum();
    let mut micros: Vec<f64> = Vec::new();
    for company in &played.companies {
        micros.extend(&company.tally.micros);
    }
    let inside = Percentiles::of(&mut micros);
    let took = Percentiles::of(&mut played.took.clone());
    let lost = took.p99 * f64::from(played.day.rate) / 60.0;
    let mut parts = vec![
        format!(
            "A day from {} to {}, played in {:.0} s ({} times as fast): {} decisions, {} entries in the journal.\n\
             {} requests of people at their desks: p50 {:.1} ms, p99 {:.0} ms; the latter is {lost:.0} minutes of such a day.\n\
             In policies, of each message: p50 {:.0} µs, p99 {:.0} µs (a fresh sandbox each time).",
            hour(played.day.from),
            hour(played.day.until),
            played.elapsed.as_secs_f64(),
            played.day.rate,
            thousands(decisions),
            thousands(entries),
            thousands(played.took.len() as u64),
            took.p50 * 1e3,
            took.p99 * 1e3,
            inside.p50,
            inside.p99,
        ),
        table.to_string(),
    ];
    if lost > SLOW {
        parts.push(
            "This machine is slow or busy now: people waited for it, and offers timed out before they saw them. A longer day shows more, with --seconds 300.".to_owned(),
        );
    }
    match &played.problems {
        (_, 0) => parts.push(
            "Everything that was taken in was decided about, and everything that was sent arrived, with one effect.".to_owned(),
        ),
        (told, all) => parts.push(format!("{all} problems:\n  {}", told.join("\n  "))),
    }
    parts.push(next_steps(address, settings, once));
    parts.join("\n\n")
}

fn next_steps(address: SocketAddr, settings: &Path, once: bool) -> String {
    let mut lines = vec!["Where to look next:".to_owned()];
    let settings = settings.display();
    if once {
        lines.push(format!(
            "  patchbay journal status --config {settings}\n  patchbay journal check --config {settings}"
        ));
    } else {
        lines.push(format!(
            "  curl http://{address}/v1/companies/meridian-air/conversations   what is still open\n  curl http://{address}/v1/companies/harbour-bank/alerts          what somebody should look at\n  curl http://{address}/metrics                                   what the server counts"
        ));
        lines.push(format!(
            "  patchbay journal status --config {settings}   once it has ended"
        ));
    }
    lines.push("  plugins/social-care/                      the policy that decided all this, and its cases".to_owned());
    lines.push(
        "  patchbay test plugins/social-care         run its cases in the sandbox".to_owned(),
    );
    lines.push("  patchbay new my-care                      begin your own".to_owned());
    lines.join("\n")
}
