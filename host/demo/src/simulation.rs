//! Plays the day: everybody works at once, until the day is over and everything
//! accepted is decided and delivered.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use crate::agent::Worker;
use crate::company_api::{CompanyApi, Latencies};
use crate::customers::{Arrivals, Customers};
use crate::day::Day;
use crate::figures::Figures;
use crate::observer::Observer;
use crate::office::{CompanyScript, Office};
use crate::problem_log::ProblemLog;
use crate::sink::{Deliveries, Sink};
use crate::supervisor::supervise;
use crate::tally::Tally;
use crate::{DemoError, content};

/// Real time without any progress after which the rest counts as lost.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How often progress is looked at, in real time.
const POLL: Duration = Duration::from_millis(100);

/// What one company plays.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) script: CompanyScript,
    pub(crate) arrivals: Arrivals,
    /// Ids of messages, as replies to them arrive.
    pub(crate) replies: mpsc::UnboundedReceiver<String>,
}

/// Result of one company's day.
#[derive(Debug)]
pub struct CompanyReport {
    /// Name of the company.
    pub name: String,
    /// Entries of its journal.
    pub entries: u64,
    /// Figures for a table or a document.
    pub figures: Figures,
}

/// Result of the day.
#[derive(Debug)]
pub struct DayReport {
    /// The day that was played.
    pub day: Day,
    /// Each company, in the order of [`content::COMPANIES`].
    pub companies: Vec<CompanyReport>,
    /// Problems, at most 50.
    pub problems: Vec<String>,
    /// Number of all problems; 0 if the day went as it should.
    pub failures: u64,
    /// Real time the day took.
    pub elapsed: Duration,
    /// Seconds each request of the simulated people took.
    pub request_seconds: Vec<f64>,
}

pub(crate) async fn play(
    day: Day,
    address: SocketAddr,
    scenes: Vec<Scene>,
    sink: &Sink,
    problems: &ProblemLog,
    observer: Arc<dyn Observer>,
) -> Result<DayReport, DemoError> {
    let began = Instant::now();
    let latencies = Latencies::default();
    let words = Arc::new(content::words()?);
    let mut desks = Vec::new();
    for scene in scenes {
        let company = &scene.script.company;
        let api = CompanyApi::new(address, company, latencies.clone(), problems.clone())?;
        let office = Arc::new(Office::new(
            scene.script,
            api,
            day,
            Arc::clone(&words),
            Arc::clone(&observer),
        ));
        open(&office).await;
        desks.push(Desk::start(office, scene.arrivals, scene.replies));
    }
    while !day.is_over() {
        observer.time(day.now());
        tokio::time::sleep(POLL).await;
    }
    let mut companies = Vec::new();
    for desk in desks {
        companies.push(desk.finish(sink, problems).await?);
    }
    let (stored, failures) = problems.problems();
    Ok(DayReport {
        day,
        companies,
        problems: stored,
        failures,
        elapsed: began.elapsed(),
        request_seconds: latencies.all(),
    })
}

/// Id of the agent as whom a visitor may work.
const GUEST: &str = "guest";

/// Add agents whom the company file does not list, and the visitor's; set everybody
/// offline.
async fn open(office: &Office) {
    let crew = &office.crew;
    let with_id = |profile: &Value, id: &str| {
        let mut profile = profile.clone();
        profile["id"] = json!(id);
        profile
    };
    let members = crew.agents.iter();
    let profiles = members.filter_map(|member| Some(with_id(member.profile.as_ref()?, &member.id)));
    let profiles = profiles.chain([with_id(&crew.guest, GUEST)]);
    let _ = office.api.post("agents", &profiles.collect()).await;
    let roster = office.api.get("agents").await.unwrap_or_default();
    for agent in roster["agents"].as_array().into_iter().flatten() {
        if agent["presence"] != "offline" {
            let id = agent["id"].as_str().unwrap_or_default();
            let path = format!("agents/{id}/presence");
            let _ = office.api.put(&path, &json!({"presence": "offline"})).await;
        }
    }
}

/// A desk at work.
struct Desk {
    office: Arc<Office>,
    customers: JoinHandle<u64>,
    people: Vec<JoinHandle<()>>,
    feed: JoinHandle<()>,
}

impl Desk {
    fn start(
        office: Arc<Office>,
        arrivals: Arrivals,
        replies: mpsc::UnboundedReceiver<String>,
    ) -> Desk {
        let customers = Customers::new(Arc::clone(&office), arrivals);
        let agents = office.crew.agents.iter();
        let mut people: Vec<_> = agents
            .map(|member| tokio::spawn(Worker::new(Arc::clone(&office), member.clone()).work()))
            .collect();
        people.push(tokio::spawn(supervise(Arc::clone(&office))));
        Desk {
            feed: tokio::spawn(Arc::clone(&office).follow_feed()),
            customers: tokio::spawn(customers.write_and_read(replies)),
            office,
            people,
        }
    }

    /// Wait until everything accepted is decided and delivered.
    async fn finish(self, sink: &Sink, problems: &ProblemLog) -> Result<CompanyReport, DemoError> {
        let broken = |error: JoinError| DemoError::Machine(format!("the demo stopped: {error}"));
        let accepted = self.customers.await.map_err(broken)?;
        for person in self.people {
            person.await.map_err(broken)?;
        }
        let office = self.office;
        wait_for_rest(&office, accepted, problems).await;
        self.feed.abort();
        let mut deliveries = sink.deliveries(&office.company);
        let received = office.networks.received(&office.api.client()).await;
        deliveries.replies += received.accepted;
        deliveries.failed += received.turned_away;
        let open = open_conversations(&office).await;
        let agents = office.crew.agents.len();
        Ok(office.with_tally(|tally| {
            check(&office.company, tally, deliveries, problems);
            CompanyReport {
                name: office.company.clone(),
                entries: tally.newest,
                figures: tally.figures(agents, accepted, deliveries, open),
            }
        }))
    }
}

/// Wait for what is still in progress; what makes no progress is a problem.
async fn wait_for_rest(office: &Office, accepted: u64, problems: &ProblemLog) {
    let mut newest = 0;
    let mut since = Instant::now();
    loop {
        let (seen, decided, undelivered) =
            office.with_tally(|tally| (tally.newest, tally.decided(), tally.undelivered()));
        let outbox = office.api.get("outbox?state=waiting").await;
        let pending = outbox.unwrap_or_default()["items"]
            .as_array()
            .map_or(0, Vec::len);
        if decided >= accepted && undelivered == 0 && pending == 0 {
            return;
        }
        if seen > newest {
            (newest, since) = (seen, Instant::now());
        }
        if since.elapsed() > TIMEOUT {
            problems.report(format!(
                "{}: {} interactions are not decided, {undelivered} replies are not delivered, {pending} items are pending in the outbox",
                office.company,
                accepted.saturating_sub(decided)
            ));
            return;
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Conversations that are not resolved, by state.
async fn open_conversations(office: &Office) -> BTreeMap<String, u64> {
    let mut open = BTreeMap::new();
    for conversation in office.api.list("conversations", "conversations").await {
        let state = conversation["state"].as_str().unwrap_or_default();
        *open.entry(state.to_owned()).or_default() += 1;
    }
    open
}

/// Report what must not happen on any day.
fn check(company: &str, tally: &Tally, deliveries: Deliveries, problems: &ProblemLog) {
    let delivered = tally.of_kind("reply-delivered");
    if deliveries.replies != delivered {
        problems.report(format!(
            "{company}: {} replies reached their customers, the journal has {delivered}",
            deliveries.replies
        ));
    }
    if deliveries.notices != tally.notices {
        problems.report(format!(
            "{company}: {} notices arrived at the webhook, escalation sent {}",
            deliveries.notices, tally.notices
        ));
    }
    // A timeout on a busy machine is no defect: the queue's default applies.
    for (outcome, count) in tally
        .figures
        .not_ok
        .iter()
        .filter(|(what, _)| *what != "timeout")
    {
        problems.report(format!("{company}: {count} decisions ended {outcome}"));
    }
    let undeliverable = tally.of_kind("reply-undeliverable");
    if undeliverable > 0 {
        problems.report(format!(
            "{company}: delivery of {undeliverable} replies failed"
        ));
    }
}
