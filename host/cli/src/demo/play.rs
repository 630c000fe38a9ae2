//! Playing messages to a server, as a help desk in front of it would.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::exit::{Exit, Failure};
use crate::output;

/// What is played to one company.
pub(crate) struct Scene {
    pub(crate) company: String,
    pub(crate) interactions: Vec<Value>,
    pub(crate) drafts: Vec<Value>,
}

/// One answered request.
pub(crate) struct Answered {
    pub(crate) company: String,
    pub(crate) request: Value,
    pub(crate) status: u16,
    pub(crate) document: Value,
    pub(crate) latency: Duration,
}

impl Answered {
    /// Whether it ended as it should.
    pub(crate) fn is_ok(&self) -> bool {
        self.status == 200 && self.document["outcome"] == "ok"
    }
}

/// Everything that was answered.
#[derive(Default)]
pub(crate) struct Played {
    pub(crate) decisions: Vec<Answered>,
    pub(crate) surges: Vec<Answered>,
    pub(crate) checks: Vec<Answered>,
    pub(crate) elapsed: Duration,
    pub(crate) concurrency: usize,
}

impl Played {
    fn all(&self) -> impl Iterator<Item = &Answered> {
        self.decisions
            .iter()
            .chain(&self.surges)
            .chain(&self.checks)
    }

    /// Requests answered.
    pub(crate) fn total(&self) -> usize {
        self.all().count()
    }

    /// Requests that did not end well.
    pub(crate) fn failures(&self) -> usize {
        self.all().filter(|answered| !answered.is_ok()).count()
    }

    /// Latencies in microseconds.
    pub(crate) fn latencies(&self) -> Vec<f64> {
        self.all()
            .map(|answered| answered.latency.as_secs_f64() * 1e6)
            .collect()
    }

    /// Microseconds inside policies, of the decisions.
    pub(crate) fn inside(&self) -> Vec<f64> {
        self.decisions
            .iter()
            .filter_map(|answered| {
                let micros = &answered.document["micros"];
                Some((micros["instantiate"].as_u64()? + micros["call"].as_u64()?) as f64)
            })
            .collect()
    }
}

type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// Plays scenes to a server.
pub(crate) struct Player {
    address: SocketAddr,
    client: HttpClient,
    concurrency: usize,
}

impl Player {
    pub(crate) fn new(address: SocketAddr, concurrency: usize) -> Player {
        Player {
            address,
            client: Client::builder(TokioExecutor::new()).build_http(),
            concurrency,
        }
    }

    /// First every interaction, then what surges, then every draft.
    pub(crate) async fn play(self, scenes: Vec<Scene>) -> Result<Played, Failure> {
        let mut requests = Vec::new();
        let mut drafts = Vec::new();
        for scene in scenes {
            let mut known = Known::default();
            for interaction in &scene.interactions {
                requests.push((scene.company.clone(), "decide", known.request(interaction)));
            }
            let by_id: HashMap<&str, &Value> = scene
                .interactions
                .iter()
                .filter_map(|row| Some((row["id"].as_str()?, row)))
                .collect();
            for draft in &scene.drafts {
                let answered = draft["interaction"].as_str().and_then(|id| by_id.get(id));
                let body = match answered {
                    Some(interaction) => json!({"draft": draft, "interaction": interaction}),
                    None => json!({"draft": draft}),
                };
                drafts.push((scene.company.clone(), "tone", body));
            }
        }
        // The day of all companies, as it happened.
        requests.sort_by(|(_, _, a), (_, _, b)| received(a).cmp(received(b)));
        let bar = output::progress(Some((requests.len() + drafts.len()) as u64), "requests");
        let began = Instant::now();
        let mut played = Played {
            concurrency: self.concurrency,
            ..Played::default()
        };
        played.decisions = self.send(requests, &bar).await?;
        played.surges = self.send(surges(&played.decisions), &bar).await?;
        played.checks = self.send(drafts, &bar).await?;
        played.elapsed = began.elapsed();
        bar.finish_and_clear();
        Ok(played)
    }

    /// Send requests, several in flight at once; answers in their order.
    async fn send(
        &self,
        requests: Vec<(String, &'static str, Value)>,
        bar: &ProgressBar,
    ) -> Result<Vec<Answered>, Failure> {
        let places = Arc::new(Semaphore::new(self.concurrency));
        let mut pending = VecDeque::new();
        let mut answers = Vec::with_capacity(requests.len());
        for (company, route, body) in requests {
            let place = Arc::clone(&places).acquire_owned().await;
            let place = place.map_err(|error| Failure::new(Exit::Machine, error))?;
            let client = self.client.clone();
            let uri = format!("http://{}/v1/companies/{company}/{route}", self.address);
            let bar = bar.clone();
            pending.push_back(tokio::spawn(async move {
                let answered = post(&client, &uri, company, body).await;
                bar.inc(1);
                drop(place);
                answered
            }));
            // Finished ones at the front are taken as we go.
            while pending.front().is_some_and(|task| task.is_finished()) {
                answers.push(finish(pending.pop_front()).await?);
            }
        }
        while !pending.is_empty() {
            answers.push(finish(pending.pop_front()).await?);
        }
        Ok(answers)
    }
}

async fn finish(
    task: Option<tokio::task::JoinHandle<Result<Answered, String>>>,
) -> Result<Answered, Failure> {
    let broken = |error: String| {
        Failure::new(
            Exit::Machine,
            format!("the demo's own server did not answer: {error}"),
        )
    };
    match task {
        None => Err(broken("no request".to_owned())),
        Some(task) => task
            .await
            .map_err(|error| broken(error.to_string()))?
            .map_err(broken),
    }
}

async fn post(
    client: &HttpClient,
    uri: &str,
    company: String,
    body: Value,
) -> Result<Answered, String> {
    let request = Request::post(uri)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body.to_string())))
        .map_err(|error| error.to_string())?;
    let began = Instant::now();
    let response = client
        .request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = response.status().as_u16();
    let bytes = response
        .into_body()
        .collect()
        .await
        .map_err(|error| error.to_string())?
        .to_bytes();
    let latency = began.elapsed();
    let document = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    Ok(Answered {
        company,
        request: body,
        status,
        document,
        latency,
    })
}

fn received(request: &Value) -> &str {
    request["interaction"]["received_at"]
        .as_str()
        .unwrap_or_default()
}

/// What a help desk knows of whoever writes: how often, and what before.
#[derive(Default)]
struct Known<'a> {
    of_author: HashMap<&'a str, u32>,
    of_thread: HashMap<&'a str, Vec<&'a Value>>,
}

/// Earlier messages of a thread that are sent along.
const EARLIER: usize = 8;

impl<'a> Known<'a> {
    fn request(&mut self, interaction: &'a Value) -> Value {
        let mut contact = json!({});
        if let Some(address) = interaction["author"]["address"].as_str() {
            let count = self.of_author.entry(address).or_default();
            *count += 1;
            contact = json!({"recent_interactions": *count});
        }
        let mut earlier = Vec::new();
        if let Some(thread) = interaction["conversation"].as_str() {
            let said = self.of_thread.entry(thread).or_default();
            earlier = said.iter().rev().take(EARLIER).copied().collect();
            said.push(interaction);
        }
        json!({
            "interaction": interaction,
            "stages": ["classify", "route", "escalate"],
            "contact": contact,
            "earlier": earlier,
        })
    }
}

/// How far back a surge is looked for, and how much is one.
const WINDOW_SECONDS: i64 = 20 * 60;
const SURGE: usize = 10;

/// Intents that suddenly come up much more often than the rest of the day: a
/// trigger each, once.
fn surges(decisions: &[Answered]) -> Vec<(String, &'static str, Value)> {
    let mut times: BTreeMap<(&str, &str), Vec<i64>> = BTreeMap::new();
    for answered in decisions {
        let intent = answered.document["classification"]["intents"][0]["name"].as_str();
        let at = received(&answered.request).parse::<Timestamp>().ok();
        if let (Some(intent), Some(at)) = (intent, at) {
            times
                .entry((&answered.company, intent))
                .or_default()
                .push(at.as_second());
        }
    }
    let mut found = Vec::new();
    for ((company, intent), mut times) in times {
        times.sort_unstable();
        let busiest = times
            .iter()
            .enumerate()
            .map(|(index, start)| {
                times[index..]
                    .iter()
                    .take_while(|at| *at - start < WINDOW_SECONDS)
                    .count()
            })
            .max()
            .unwrap_or(0);
        let span = times
            .last()
            .zip(times.first())
            .map_or(0, |(last, first)| last - first);
        let usual = times.len() as f64 * WINDOW_SECONDS as f64 / (span.max(10 * 3600)) as f64;
        if busiest >= SURGE && busiest as f64 > usual * 4.0 {
            let example = decisions
                .iter()
                .find(|answered| {
                    answered.company == company
                        && answered.document["classification"]["intents"][0]["name"] == intent
                })
                .map(|answered| answered.request["interaction"].clone());
            if let Some(interaction) = example {
                let trigger = json!({"code": "volume-surge", "subject": intent, "count": busiest, "usual": usual});
                let body =
                    json!({"interaction": interaction, "stages": ["escalate"], "trigger": trigger});
                found.push((company.to_owned(), "decide", body));
            }
        }
    }
    found
}
