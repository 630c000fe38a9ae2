//! Playing the day: everybody at work at once, until it is over and everything
//! that was begun is done.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::agent::Worker;
use super::api::{Api, Took};
use super::content;
use super::crew::Crew;
use super::customers::{Arrivals, Customers, Delivered};
use super::day::{Day, hour};
use super::narrate::Narrator;
use super::office::Office;
use super::sink::{Received, Sink};
use super::supervisor::supervise;
use super::tally::Tally;
use super::trouble::Trouble;
use crate::exit::{Exit, Failure};
use crate::output;

/// How long what was begun may take to be done after the day, in real time,
/// with nothing seen to happen.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(100);

/// What one company plays.
pub(crate) struct Scene {
    pub(crate) company: String,
    pub(crate) arrivals: Arrivals,
    pub(crate) drafts: HashMap<String, Vec<String>>,
    pub(crate) crew: Crew,
}

/// What one company's day came to.
pub(crate) struct Company {
    pub(crate) name: String,
    pub(crate) agents: usize,
    pub(crate) delivered: Delivered,
    pub(crate) tally: Tally,
    pub(crate) received: Received,
    /// Conversations that are not resolved, by state.
    pub(crate) open: BTreeMap<String, u64>,
}

/// What the day came to.
pub(crate) struct Played {
    pub(crate) day: Day,
    pub(crate) companies: Vec<Company>,
    /// What went wrong, and how much of it there was in all.
    pub(crate) problems: (Vec<String>, u64),
    pub(crate) elapsed: Duration,
    /// Seconds each request of somebody at a desk took.
    pub(crate) took: Vec<f64>,
}

/// Play the day.
pub(crate) async fn play(
    day: Day,
    address: SocketAddr,
    scenes: Vec<(Scene, mpsc::UnboundedReceiver<Value>)>,
    sink: Sink,
    trouble: Trouble,
) -> Result<Played, Failure> {
    let began = Instant::now();
    let took = Took::default();
    let words = Arc::new(content::words()?);
    let minutes = day.until.duration_since(day.from).as_secs() / 60;
    let bar = output::progress(u64::try_from(minutes).ok(), "");
    let narrator = Narrator::above(bar.clone());
    let mut desks = Vec::new();
    for (scene, replies) in scenes {
        let api = Api::of(address, &scene.company, took.clone(), trouble.clone());
        let ids: Vec<String> = scene.crew.agents.iter().map(|one| one.id.clone()).collect();
        let words = Arc::clone(&words);
        let office = Office::new(
            scene.company,
            api,
            day,
            words,
            scene.drafts,
            ids,
            narrator.clone(),
        );
        let office = Arc::new(office);
        open(&office, &scene.crew).await;
        desks.push(Desk::begin(office, scene.crew, scene.arrivals, replies));
    }
    show(day, &bar).await;
    bar.finish_and_clear();
    let mut companies = Vec::new();
    for desk in desks {
        companies.push(desk.end(&sink, &trouble).await?);
    }
    for company in &companies {
        company.check(&trouble);
    }
    Ok(Played {
        day,
        companies,
        problems: trouble.told(),
        elapsed: began.elapsed(),
        took: took.all(),
    })
}

/// The desk opens: whoever is not in the file joins, nobody is there yet.
async fn open(office: &Office, crew: &Crew) {
    let profiles: Vec<Value> = crew
        .agents
        .iter()
        .filter_map(|member| {
            let mut profile = member.profile.clone()?;
            profile["id"] = json!(member.id);
            Some(profile)
        })
        .collect();
    let _ = office.api.post("agents", &json!(profiles)).await;
    let roster = office.api.get("agents").await.unwrap_or_default();
    for agent in roster["agents"].as_array().into_iter().flatten() {
        if agent["presence"] != "offline" {
            let path = format!(
                "agents/{}/presence",
                agent["id"].as_str().unwrap_or_default()
            );
            let _ = office.api.put(&path, &json!({"presence": "offline"})).await;
        }
    }
}

async fn show(day: Day, bar: &ProgressBar) {
    while !day.is_over() {
        let now = day.now();
        let passed = now.duration_since(day.from).as_secs() / 60;
        bar.set_position(u64::try_from(passed).unwrap_or(0));
        bar.set_prefix(hour(now));
        tokio::time::sleep(LOOK).await;
    }
}

/// A desk at work.
struct Desk {
    office: Arc<Office>,
    agents: usize,
    customers: JoinHandle<Delivered>,
    people: Vec<JoinHandle<()>>,
    following: JoinHandle<()>,
}

impl Desk {
    fn begin(
        office: Arc<Office>,
        crew: Crew,
        arrivals: Arrivals,
        replies: mpsc::UnboundedReceiver<Value>,
    ) -> Desk {
        let following = tokio::spawn(Arc::clone(&office).follow());
        let customers = Customers::new(Arc::clone(&office), arrivals);
        let mut people: Vec<_> = crew
            .agents
            .iter()
            .map(|member| tokio::spawn(Worker::new(Arc::clone(&office), member.clone()).work()))
            .collect();
        let agents = people.len();
        people.push(tokio::spawn(supervise(Arc::clone(&office), crew)));
        Desk {
            customers: tokio::spawn(customers.live(replies)),
            office,
            agents,
            people,
            following,
        }
    }

    /// Wait until everything that was begun is done, and close.
    async fn end(self, sink: &Sink, trouble: &Trouble) -> Result<Company, Failure> {
        let broken = |error| Failure::new(Exit::Machine, format!("the demo broke off: {error}"));
        let delivered = self.customers.await.map_err(broken)?;
        for person in self.people {
            person.await.map_err(broken)?;
        }
        let office = self.office;
        settle(&office, delivered, trouble).await;
        self.following.abort();
        Ok(Company {
            name: office.company.clone(),
            agents: self.agents,
            delivered,
            tally: office.tally(),
            received: sink.received(&office.company),
            open: open_conversations(&office).await,
        })
    }
}

/// Wait until all that was taken in is decided about and all that goes out has
/// arrived; what does not within reason is trouble.
async fn settle(office: &Office, delivered: Delivered, trouble: &Trouble) {
    let mut newest = 0;
    let mut since = Instant::now();
    loop {
        let (seen, decided, undelivered) =
            office.with_tally(|tally| (tally.newest, tally.decided(), tally.undelivered()));
        let waiting = office
            .api
            .get("outbox?state=waiting")
            .await
            .unwrap_or_default();
        let waiting = waiting["items"].as_array().map_or(0, Vec::len);
        if decided >= delivered.accepted && undelivered == 0 && waiting == 0 {
            return;
        }
        if seen > newest {
            (newest, since) = (seen, Instant::now());
        }
        if since.elapsed() > PATIENCE {
            trouble.report(format!(
                "{}: {} interactions are not decided about, {undelivered} replies not delivered, {waiting} items of the outbox wait",
                office.company,
                delivered.accepted.saturating_sub(decided)
            ));
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn open_conversations(office: &Office) -> BTreeMap<String, u64> {
    let mut open = BTreeMap::new();
    let mut after = String::new();
    loop {
        let page = office.api.get(&format!("conversations{after}")).await;
        let page = page.unwrap_or_default();
        for conversation in page["conversations"].as_array().into_iter().flatten() {
            let state = conversation["state"].as_str().unwrap_or_default();
            *open.entry(state.to_owned()).or_default() += 1;
        }
        match page["next"].as_str() {
            Some(next) => after = format!("?after={next}"),
            None => return open,
        }
    }
}

impl Company {
    /// What must hold whatever the day was like.
    fn check(&self, trouble: &Trouble) {
        let tally = &self.tally;
        let taken = tally.of_kind("reply-delivered");
        if self.received.replies != taken {
            trouble.report(format!(
                "{}: {} replies arrived, and the journal knows of {taken}",
                self.name, self.received.replies
            ));
        }
        if self.received.notices != tally.notices {
            trouble.report(format!(
                "{}: {} notices arrived, and escalation asked for {}",
                self.name, self.received.notices, tally.notices
            ));
        }
        // A policy that a busy machine kept from its turn is what the
        // fallbacks are for; it is shown.
        for (outcome, count) in tally.not_ok.iter().filter(|(what, _)| *what != "timeout") {
            trouble.report(format!("{}: {count} decisions were {outcome}", self.name));
        }
        let undeliverable = tally.of_kind("reply-undeliverable");
        if undeliverable > 0 {
            trouble.report(format!(
                "{}: {undeliverable} replies were given up",
                self.name
            ));
        }
    }
}
