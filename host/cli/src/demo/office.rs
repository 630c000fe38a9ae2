//! One company's desk as its people see it: what happens comes over the feed,
//! is counted, and wakes whoever it is about.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::Notify;

use super::api::Api;
use super::day::Day;
use super::narrate::Narrator;
use super::tally::{Entry, Tally};
use super::words::Words;

/// How long to wait before a feed that broke off is followed again.
const PAUSE: Duration = Duration::from_millis(100);

/// One company's desk.
pub(crate) struct Office {
    pub(crate) company: String,
    pub(crate) api: Api,
    pub(crate) day: Day,
    pub(crate) words: Arc<Words>,
    /// Answers somebody drafted, by the interaction they are to.
    pub(crate) drafts: HashMap<String, Vec<String>>,
    /// Wakes each agent.
    agents: BTreeMap<String, Notify>,
    /// Wakes the supervisor.
    pub(crate) supervisor: Notify,
    /// Conversations whose agent was silent, for the supervisor.
    pub(crate) silent: Mutex<Vec<String>>,
    owners: Mutex<HashMap<String, String>>,
    tally: Mutex<Tally>,
    narrator: Narrator,
}

impl Office {
    pub(crate) fn new(
        company: String,
        api: Api,
        day: Day,
        words: Arc<Words>,
        drafts: HashMap<String, Vec<String>>,
        agents: impl IntoIterator<Item = String>,
        narrator: Narrator,
    ) -> Office {
        Office {
            company,
            api,
            day,
            words,
            drafts,
            agents: agents.into_iter().map(|id| (id, Notify::new())).collect(),
            supervisor: Notify::new(),
            silent: Mutex::default(),
            owners: Mutex::default(),
            tally: Mutex::new(Tally::until(day.until)),
            narrator,
        }
    }

    /// Until something happens that is about an agent.
    pub(crate) async fn woken(&self, agent: &str) {
        match self.agents.get(agent) {
            Some(notify) => notify.notified().await,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn tally(&self) -> Tally {
        self.with_tally(|tally| tally.clone())
    }

    pub(crate) fn with_tally<T>(&self, look: impl FnOnce(&Tally) -> T) -> T {
        look(&self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Follow the feed for as long as the server serves.
    pub(crate) async fn follow(self: Arc<Self>) {
        loop {
            let after = self.with_tally(|tally| tally.newest);
            match self.api.events(after).await {
                Ok(feed) => self.read(feed).await,
                Err(error) => self
                    .api
                    .trouble
                    .report(format!("{}: {error}", self.company)),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn read(&self, mut feed: Incoming) {
        let mut text = Vec::new();
        while let Some(Ok(frame)) = feed.frame().await {
            let Ok(data) = frame.into_data() else {
                continue;
            };
            text.extend_from_slice(&data);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                let document = line.trim_end().strip_prefix("data: ");
                if let Some(entry) = document.and_then(Entry::read) {
                    self.hear(&entry);
                }
            }
        }
    }

    fn hear(&self, entry: &Entry) {
        let is_first = {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            if entry.number != tally.newest + 1 {
                self.api.trouble.report(format!(
                    "{}: the feed goes from {} to {}",
                    self.company, tally.newest, entry.number
                ));
            }
            let incidents = tally.incidents.len();
            tally.note(entry);
            tally.incidents.len() > incidents
        };
        let owner = {
            let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
            match entry.kind.as_str() {
                "accepted" | "assigned" => {
                    owners.insert(entry.conversation.clone(), entry.text("agent").to_owned());
                }
                "returned" => {
                    owners.remove(&entry.conversation);
                }
                _ => {}
            }
            owners.get(&entry.conversation).cloned()
        };
        let agent = owner.as_deref().unwrap_or_default();
        self.narrator.tell(&self.company, entry, agent, is_first);
        // Whoever it is set before, and whoever owns it.
        let named = Some(entry.text("agent").to_owned());
        for agent in [named, owner].into_iter().flatten() {
            if let Some(notify) = self.agents.get(&agent) {
                notify.notify_one();
            }
        }
        if entry.data["trigger"]["code"] == "silent-agent" {
            let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
            silent.push(entry.conversation.clone());
            self.supervisor.notify_one();
        }
        if entry.kind == "reply-held" {
            self.supervisor.notify_one();
        }
    }
}
