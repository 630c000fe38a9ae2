//! One company's desk as its people see it: follows the event feed, counts the
//! entries and wakes the people they concern.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::company_api::CompanyApi;
use crate::crew::Crew;
use crate::day::Day;
use crate::narrator::Narrator;
use crate::networks::Networks;
use crate::observer::Observer;
use crate::tally::{Entry, Tally};
use crate::words::Words;

/// Pause before a broken feed is followed again.
const PAUSE: Duration = Duration::from_millis(100);

/// What the demo knows of a company before its day.
#[derive(Debug)]
pub(crate) struct CompanyScript {
    pub(crate) company: String,
    pub(crate) networks: Arc<Networks>,
    pub(crate) crew: Crew,
    /// Drafted replies, by the id of the row they answer.
    pub(crate) drafts: HashMap<String, Vec<String>>,
}

/// One company's desk.
pub(crate) struct Office {
    pub(crate) company: String,
    pub(crate) api: CompanyApi,
    /// How its customers write and are answered.
    pub(crate) networks: Arc<Networks>,
    pub(crate) day: Day,
    pub(crate) words: Arc<Words>,
    pub(crate) crew: Crew,
    /// Drafted replies, by the id of the row they answer.
    pub(crate) drafts: HashMap<String, Vec<String>>,
    /// Wakes the supervisor.
    pub(crate) supervisor: Notify,
    /// Conversations whose agent does not answer, for the supervisor.
    pub(crate) unanswered: Mutex<Vec<String>>,
    /// Wakes each agent.
    agents: BTreeMap<String, Notify>,
    owners: Mutex<HashMap<String, String>>,
    tally: Mutex<Tally>,
    narrator: Narrator,
    observer: Arc<dyn Observer>,
}

impl Office {
    pub(crate) fn new(
        script: CompanyScript,
        api: CompanyApi,
        day: Day,
        words: Arc<Words>,
        observer: Arc<dyn Observer>,
    ) -> Office {
        let CompanyScript {
            company,
            networks,
            crew,
            drafts,
        } = script;
        let ids = crew.agents.iter().map(|member| member.id.clone());
        Office {
            agents: ids.map(|id| (id, Notify::new())).collect(),
            company,
            api,
            networks,
            day,
            words,
            crew,
            drafts,
            supervisor: Notify::new(),
            unanswered: Mutex::default(),
            owners: Mutex::default(),
            tally: Mutex::new(Tally::until(day.until)),
            narrator: Narrator::default(),
            observer,
        }
    }

    /// Wait for an entry that concerns an agent.
    pub(crate) async fn wait_for_entry(&self, agent: &str) {
        match self.agents.get(agent) {
            Some(notify) => notify.notified().await,
            None => std::future::pending().await,
        }
    }

    pub(crate) fn with_tally<T>(&self, look: impl FnOnce(&Tally) -> T) -> T {
        look(&self.tally.lock())
    }

    /// Follow the feed for as long as the server runs.
    pub(crate) async fn follow_feed(self: Arc<Self>) {
        loop {
            let after = self.with_tally(|tally| tally.newest);
            match self.api.events(after).await {
                Ok(mut feed) => {
                    while let Some(document) = feed.next().await {
                        if let Some(entry) = Entry::parse(&document) {
                            self.handle(&entry);
                        }
                    }
                }
                Err(error) => {
                    let problem = format!("{}: {error}", self.company);
                    self.api.problems.report(problem);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn handle(&self, entry: &Entry) {
        let new_incident = {
            let mut tally = self.tally.lock();
            if entry.number != tally.newest + 1 {
                self.api.problems.report(format!(
                    "{}: the feed goes from {} to {}",
                    self.company, tally.newest, entry.number
                ));
            }
            let incidents = tally.figures.incidents.len();
            tally.add(entry);
            tally.figures.incidents.len() > incidents
        };
        let owner = {
            let mut owners = self.owners.lock();
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
        let line = self
            .narrator
            .narrate(&self.company, entry, agent, new_incident);
        if let Some(line) = line {
            self.observer.event(&line);
        }
        for agent in [entry.text("agent"), agent] {
            if let Some(notify) = self.agents.get(agent) {
                notify.notify_one();
            }
        }
        let is_unanswered = entry.data["trigger"]["code"] == "silent-agent";
        if is_unanswered {
            self.unanswered.lock().push(entry.conversation.clone());
        }
        if is_unanswered || entry.kind == "reply-held" {
            self.supervisor.notify_one();
        }
    }
}
