//! The state that every request handler shares.

use std::future::Future;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::SignedDuration;
use parking_lot::RwLock;
use patchbay_access::{AccessControl, Caller, TlsTerminator};
use patchbay_config::bound::{Bound, Scope};
use patchbay_desk::{Desk, Drain, Load, LoadBounds};
use patchbay_engine::CancelSignal;
use patchbay_engine::engine::Engine;
use patchbay_gateway::Gateway;
use patchbay_generations::Generation;
use patchbay_generations::assemble::source::Source;
use patchbay_generations::service::{ChangeError, ChangeRequest, GenerationService, Plan};
use patchbay_http::bounds::Bounds;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::work_share::{WorkShares, on_share};
use patchbay_http::workers::Workers;
use patchbay_http::{body, json};
use patchbay_journal::{CompactReport, CompanyId};
use patchbay_lmtp::LmtpCounts;
use patchbay_outbound::courier::Courier;
use patchbay_outbound::egress::Egress;
use patchbay_settings::{NOT_A_COMPANY_FILE, ServerSettings};
use patchbay_telemetry::Telemetry;
use patchbay_watcher::{WatchedFiles, WatcherHost};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::{interval, timeout};

use crate::Companies;
use crate::alert_monitor::AlertMonitor;
use crate::article_indexes::ArticleIndexes;
use crate::changes::ChangeQueue;
use crate::chat_limits::ChatLimits;
use crate::chat_signals::ChatSignals;
use crate::company_locks::CompanyLocks;
use crate::feed_signals::FeedSignals;
use crate::live_signals::LiveSignals;
use crate::sign_in_limit::SignInLimit;
use crate::statistics::StatisticsMonitor;
use crate::viewers::Viewers;
use crate::what_if::WhatIfJobs;

/// How often data older than `retain` is deleted.
const RETENTION_INTERVAL: Duration = Duration::from_secs(3_600);
/// When the deletion of removed files is tried again after a failure.
const REMOVAL_RETRY: Duration = Duration::from_secs(60);

/// Limits checks of replies while they are typed, per agent and conversation.
pub type TypingLimiter = RateLimiter<String, HashMapStateStore<String>, DefaultClock>;
/// Checks of replies while they are typed, per agent and conversation.
pub const TYPING_QUOTA: Quota = Quota::per_second(NonZeroU32::new(4).unwrap());

/// The state that every request handler shares.
pub struct App {
    /// The server settings.
    pub settings: ServerSettings,
    /// Runs policies.
    pub engine: Engine,
    /// The companies and the generations that decide for them.
    pub companies: Arc<Companies>,
    /// Threads that decide.
    pub workers: Workers,
    /// Threads that change generations.
    pub changes: ChangeQueue,
    /// Jobs that repeat decisions with another generation.
    pub what_if: WhatIfJobs,
    /// What companies and tokens use of the host at this moment.
    pub bounds: Arc<Bounds>,
    /// Shares of the threads that read the journal.
    pub shares: WorkShares,
    /// Absent: plain HTTP.
    pub tls: Option<Arc<TlsTerminator>>,
    /// Who may call what.
    pub access: AccessControl,
    /// See [`TypingLimiter`].
    pub typing: TypingLimiter,
    /// Metrics and traces.
    pub telemetry: Arc<Telemetry>,
    /// Wakes the followers of feeds.
    pub feeds: Arc<FeedSignals>,
    /// Wakes visitors' streams of the web chat.
    pub chat_signals: Arc<ChatSignals>,
    /// How often a client may begin to sign in by the issuer.
    pub sign_in_limit: SignInLimit,
    /// How often visitors of the web chat may do things.
    pub chat_limits: ChatLimits,
    /// Absent without a journal.
    pub desk: Option<Arc<Desk>>,
    /// Absent without a journal.
    pub generations: Option<GenerationService>,
    /// Held while a company's generation changes, so that the desk and
    /// [`Companies`] change together. Only the threads of `changes` and of the
    /// watcher wait for it.
    pub locks: CompanyLocks,
    /// Company files that are applied when they change.
    pub watched: WatchedFiles,
    /// What alerts are read from.
    pub alerts: AlertMonitor,
    /// Counts the history of companies.
    pub statistics: Arc<StatisticsMonitor>,
    /// Who has which conversation open.
    pub viewers: Viewers,
    /// Tells people what is not in the feed.
    pub live_signals: LiveSignals,
    /// Articles as agents search them.
    pub articles: ArticleIndexes,
    /// Connects channels to intake; absent without a journal.
    pub gateway: Option<Arc<Gateway>>,
    /// Opens outgoing connections; absent where nothing needs it.
    pub egress: Option<Egress>,
    /// What the listener for mails did.
    pub lmtp: Arc<LmtpCounts>,
    /// Delivers the outbox; absent without a journal.
    pub courier: Option<Arc<Courier>>,
    /// Whether the server is stopping.
    pub stopping: AtomicBool,
    /// The drain of the whole host, which ends with the process.
    pub drain: RwLock<Option<Drain>>,
}

/// What a handler holds while it waits for work, and the signal for the work: cancelled once
/// that is dropped, whatever ends the handler.
fn caller_signal() -> (Arc<()>, CancelSignal) {
    let caller = Arc::new(());
    let waiting = Arc::downgrade(&caller);
    let cancel = CancelSignal::when(move || waiting.strong_count() == 0);
    (caller, cancel)
}

impl App {
    /// Whether the server is stopping.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The load of the host: the greater of the desk's and the request queue's.
    pub fn load(&self) -> Load {
        let capacity = self.workers.limits().total;
        let bounds = LoadBounds {
            busy: (capacity / 4).max(1),
            full: (capacity / 2).max(1),
            ..LoadBounds::default()
        };
        // Waiting times are bounded by the requests' deadlines.
        let load = bounds.load(self.workers.waiting(), Duration::ZERO);
        self.desk
            .as_ref()
            .map_or(load, |desk| desk.load().max(load))
    }

    /// The desk, or a problem without a journal.
    pub fn desk(&self) -> Result<Arc<Desk>, Problem> {
        self.desk.clone().ok_or_else(|| {
            Problem::of(Kind::NoJournal)
                .detail("this server makes stateless decisions only; set path under [journal] in its settings")
        })
    }

    /// An agent identified by an issuer or a certificate must be on the roster:
    /// removing the agent revokes the access, as with a token of the host.
    pub fn check_roster(&self, caller: Option<&Caller>) -> Result<(), Problem> {
        let Some(identity) = caller.and_then(Caller::external) else {
            return Ok(());
        };
        let standing = &identity.standing;
        let (Some(company), Some(agent), Ok(desk)) =
            (&standing.company, &standing.agent, self.desk())
        else {
            return Ok(());
        };
        match desk.roster().has_agent(company, agent) {
            Ok(false) => Err(Problem::of(Kind::Forbidden)
                .detail("the agent is not on the company's roster; a supervisor can add them")),
            // The handler reports any other error.
            _ => Ok(()),
        }
    }

    /// An error if the host or the company is draining.
    pub fn check_draining(&self, company: &str) -> Result<(), Problem> {
        let draining = |what: &str| {
            Err(Problem::of(Kind::Draining).detail(format!(
                "an operator is draining the {what}; deliver this again later"
            )))
        };
        if self.drain.read().is_some() {
            return draining("host");
        }
        match self.desk() {
            Ok(desk) if desk.drains().of(company)?.is_some() => draining("company"),
            _ => Ok(()),
        }
    }

    /// An error if the journal's disk has too little free space for more
    /// deliveries or generations. Asks the file system: not for an async thread.
    pub fn check_free_space(&self) -> Result<(), Problem> {
        self.check_free_space_for(0)
    }

    /// As [`check_free_space`](App::check_free_space), with so many bytes that will be
    /// written.
    pub fn check_free_space_for(&self, bytes: u64) -> Result<(), Problem> {
        let Some(limit) = Bound::FreeSpace.limit(Scope::Host) else {
            return Ok(());
        };
        let least = self.bounds.limit(Bound::FreeSpace, Scope::Host);
        let desk = self.desk.as_ref();
        let free = desk.and_then(|desk| desk.journal().storage().free);
        match free.is_some_and(|free| free.saturating_sub(bytes) < least) {
            true => Err(Problem::at_bound(
                limit,
                least,
                "the journal's disk is nearly full; deliver this again later",
            )),
            false => Ok(()),
        }
    }

    /// Deletes every hour what the journal keeps for a fixed time, and resolved
    /// conversations and finished items at the age the settings give, if they
    /// give one. None without a journal.
    pub fn retention(self: &Arc<App>) -> Option<impl Future<Output = ()> + Send + use<>> {
        let retain = self.settings.journal.as_ref()?.retain;
        let age = retain.map(|age| SignedDuration::from_secs(age.0.into()));
        let app = Arc::clone(self);
        Some(async move {
            let mut ticks = interval(RETENTION_INTERVAL);
            loop {
                ticks.tick().await;
                let statistics = Arc::clone(&app.statistics);
                let deleted = app.read(move |desk| {
                    let now = desk.now();
                    desk.journal().delete_expired(now)?;
                    statistics.delete_old(desk, now)?;
                    let Some(age) = age else {
                        return Ok(CompactReport::default());
                    };
                    statistics.count_everything(desk)?;
                    let before = now.checked_sub(age).unwrap_or_default();
                    Ok(desk.compact(before)?)
                });
                match deleted.await {
                    Ok(deleted) if deleted.conversations > 0 => tracing::info!(
                        conversations = deleted.conversations,
                        "deleted resolved conversations older than `retain`"
                    ),
                    Ok(_) => {}
                    // The cause has been logged.
                    Err(_) => tracing::error!(
                        "cannot delete data that is too old; retrying within the hour"
                    ),
                }
            }
        })
    }

    /// Deletes what operations left of the pieces of removed files: at the start, and when the
    /// journal tells that there are some. None without a journal.
    pub fn removed_files(self: &Arc<App>) -> Option<impl Future<Output = ()> + Send + use<>> {
        let signal = Arc::new(Notify::new());
        let told = Arc::clone(&signal);
        let desk = self.desk.as_ref()?;
        desk.journal()
            .on_removed_files(Box::new(move || told.notify_one()));
        let app = Arc::clone(self);
        Some(async move {
            loop {
                let deleted = app.read(|desk| Ok(desk.journal().delete_removed_files()?));
                match deleted.await {
                    Ok(true) => {}
                    Ok(false) => signal.notified().await,
                    // The cause has been logged.
                    Err(_) => {
                        tracing::error!("cannot delete removed files; retrying within a minute");
                        // It has ended or was told: both begin the next try.
                        let _ = timeout(REMOVAL_RETRY, signal.notified()).await;
                    }
                }
            }
        })
    }

    /// Read a request's body as JSON.
    pub async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        self.large_json(request, self.settings.body_limit).await
    }

    /// Read a body of up to `limit` bytes as JSON.
    pub async fn large_json<T: DeserializeOwned>(
        &self,
        request: Request,
        limit: u64,
    ) -> Result<T, Problem> {
        let time = self.settings.request_timeout;
        let body = body::read(request, limit, time, &self.bounds).await?;
        json::read(&body)
    }

    /// An error if this agent has replies checked too often while typing.
    pub fn check_typing(&self, company: &str, conversation: &str, by: &str) -> Result<(), Problem> {
        let key = format!("{company}\u{0}{conversation}\u{0}{by}");
        self.typing.check_key(&key).map_err(|_| {
            Problem::of(Kind::TooMany)
                .bound(Bound::Typing)
                .detail("a reply may be checked 4 times a second while it is typed")
        })
    }

    /// Count a company's deliveries that are not valid.
    pub fn count_refused(&self, company: &str, deliveries: usize) {
        if self.companies.get(company).is_some() {
            self.telemetry.count_refused(company, deliveries);
        }
    }

    /// Drop the counters of generations that no longer decide.
    pub fn drop_retired_counters(&self) {
        self.telemetry.drop_retired(|company| {
            let generation = self.companies.get(company);
            generation.map(|generation| generation.number)
        });
    }

    /// Bounds of the whole host: use now, and limit.
    pub fn bound_readings(&self) -> Vec<(Bound, u64, u64)> {
        let all = Bound::ALL.iter().copied();
        let readings = all.filter_map(|bound| {
            let limit = self.bounds.limit(bound, Scope::Host);
            let (used, share) = self.bound_use(bound)?;
            Some((bound, used, limit * share))
        });
        readings.collect()
    }

    /// Use of a bound by all of the host now, and how many times its limit there is. `None`
    /// where the host has no limit, or where the use has a metric of its own.
    fn bound_use(&self, bound: Bound) -> Option<(u64, u64)> {
        match bound {
            Bound::Requests
            | Bound::Bodies
            | Bound::Streams
            | Bound::Files
            | Bound::Uploads
            | Bound::ChatFiles
            | Bound::Pollers
            | Bound::ChatStreams
            | Bound::ChatPolls => Some((self.bounds.used(bound), 1)),
            Bound::Changes => Some((self.changes.waiting() as u64, 1)),
            Bound::Compiles => Some((self.engine.compiling() as u64, 1)),
            Bound::CompanyFiles => Some((self.watched.listed() as u64, 1)),
            Bound::SearchWords => {
                let desk = self.desk.as_ref();
                Some((desk.map_or(0, |desk| desk.status().word_figures().bytes), 1))
            }
            Bound::Work => {
                // Requests and intake have threads of their own, as many each.
                let shares = [&self.shares.requests, &self.shares.intake];
                Some((shares.iter().map(|share| share.used()).sum(), 2))
            }
            // `patchbay_queue_depth`, `patchbay_running_decisions`,
            // `patchbay_desk_undecided` and `patchbay_journal_free_bytes`; open
            // connections and reads of the journal have none.
            Bound::Queue
            | Bound::Policies
            | Bound::Backlog
            | Bound::FreeSpace
            | Bound::Connections
            | Bound::Readers => None,
            Bound::Deadline
            | Bound::Body
            | Bound::Desk
            | Bound::Typing
            | Bound::ChangeWait
            | Bound::FileSize
            | Bound::UploadSize
            | Bound::WaitingFiles
            | Bound::ChatClientStreams
            | Bound::ChatClientPolls
            | Bound::ChatSessions
            | Bound::ChatMessages
            | Bound::ChatRequests
            | Bound::CompileTime
            | Bound::CompileMemory
            | Bound::CaseTime
            | Bound::GenerationSize
            | Bound::Generations
            | Bound::GenerationBytes
            | Bound::StoredBytes
            | Bound::SchemaSteps
            | Bound::SettingsSize => None,
        }
    }

    /// Wake the followers of all feeds: a token was revoked, or the server stops.
    pub fn notify_followers(&self) {
        self.feeds.wake_all();
        self.chat_signals.wake_all();
    }

    /// Run `work` with the desk, off the async threads.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let desk = self.desk()?;
        on_share(&self.shares.requests, move || work(&desk)).await?
    }

    /// [`read`](App::read) for work that may leave a part for later: its signal is cancelled
    /// when the caller has hung up.
    pub async fn read_until<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk, &CancelSignal) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let desk = self.desk()?;
        let (caller, cancel) = caller_signal();
        let answer = on_share(&self.shares.requests, move || work(&desk, &cancel)).await;
        drop(caller);
        answer?
    }

    /// Search conversations, off the async threads: one search of a caller at a time. The
    /// turn of a caller who has hung up meanwhile passes to the next.
    pub async fn search<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let desk = self.desk()?;
        on_share(&self.shares.searches, move || work(&desk)).await?
    }

    /// Make a report of statistics, off the async threads: one of a company at a time. `work`
    /// gives up when its signal is cancelled, because the caller has hung up or has waited for
    /// the request timeout.
    ///
    /// # Errors
    /// Overload, after the request timeout: it says whether the report itself takes too long,
    /// or has waited for others of the company.
    pub async fn report<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Desk, &CancelSignal) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let desk = self.desk()?;
        let (caller, cancel) = caller_signal();
        let has_begun = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&has_begun);
        let report = on_share(&self.shares.reports, move || {
            begun.store(true, Ordering::Relaxed);
            work(&desk, &cancel)
        });
        let answer = timeout(self.settings.request_timeout, report).await;
        drop(caller);
        answer.map_err(|_| match has_begun.load(Ordering::Relaxed) {
            true => Problem::busy("the report takes too long; ask for less time or a longer step"),
            false => Problem::busy("other reports of the company take too long; try again later"),
        })??
    }

    /// Run `work` with the companies' generations, off the async threads.
    pub async fn with_generations<T: Send + 'static>(
        self: &Arc<App>,
        work: impl FnOnce(&GenerationService, &Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (app, desk) = (Arc::clone(self), self.desk()?);
        on_share(&self.shares.requests, move || {
            let generations = app.generations.as_ref();
            work(generations.ok_or(Problem::of(Kind::NoJournal))?, &desk)
        })
        .await?
    }

    /// Change a company's generation while holding its lock. Stateless
    /// decisions follow an activation. Blocks.
    pub fn change_generation<E>(
        &self,
        generations: &GenerationService,
        desk: &Desk,
        company: &str,
        change: impl FnOnce(&GenerationService) -> Result<Plan, E>,
    ) -> Result<Plan, E> {
        self.locks.with_lock(company, || {
            let plan = change(generations)?;
            if plan.active {
                match desk.generation(&plan.company) {
                    Ok(generation) => {
                        self.companies.put(generation);
                    }
                    Err(error) => {
                        tracing::error!(company = plan.company, %error, "stateless decisions use the previous generation until the next start");
                    }
                }
            }
            Ok(plan)
        })
    }

    /// Run a change of a company when it is its turn, with the generations and the
    /// company's lock.
    pub async fn with_change_turn<T: Send + 'static>(
        self: &Arc<App>,
        company: &str,
        change: impl FnOnce(&App, &GenerationService, &Desk, CancelSignal) -> Result<T, Problem>
        + Send
        + 'static,
    ) -> Result<T, Problem> {
        let (app, desk) = (Arc::clone(self), self.desk()?);
        self.changes
            .run(company, move |cancel| {
                let generations = app.generations.as_ref();
                let generations = generations.ok_or(Problem::of(Kind::NoJournal))?;
                change(&app, generations, &desk, cancel)
            })
            .await
    }

    /// A stored generation of a company, active or not. Blocks while it is built.
    ///
    /// # Errors
    /// No such generation is stored, or it can no longer be built.
    pub fn stored_generation(
        &self,
        company: &str,
        id: CompanyId,
        number: u64,
    ) -> Result<Arc<Generation>, Problem> {
        if let Some(active) = self.companies.get(company)
            && active.number == number
        {
            return Ok(active);
        }
        let generations = self.generations.as_ref();
        let generations = generations.ok_or_else(|| Problem::of(Kind::NoJournal))?;
        Ok(generations.load(id, number)?)
    }

    /// An inactive generation; none if it can no longer be built. Blocks.
    pub fn inactive_generation(&self, company: CompanyId, number: u64) -> Option<Arc<Generation>> {
        self.generations.as_ref()?.load(company, number).ok()
    }
}

impl WatcherHost for App {
    fn company_files(&self) -> Vec<PathBuf> {
        let files = self.settings.company_files();
        let ignored = files.ignored();
        self.watched.set_listing(files.used.len(), ignored.as_ref());
        for path in self.watched.set_unused(&files.unused) {
            tracing::warn!(file = %path.display(), "{NOT_A_COMPANY_FILE}");
        }
        files.used
    }

    fn is_stopping(&self) -> bool {
        App::is_stopping(self)
    }

    fn generations(&self) -> Option<(&GenerationService, Arc<Desk>)> {
        Some((self.generations.as_ref()?, self.desk.clone()?))
    }

    fn apply(
        &self,
        company: &str,
        source: &Source,
        request: &ChangeRequest,
    ) -> Result<Plan, ChangeError> {
        let (generations, desk) = WatcherHost::generations(self).ok_or(ChangeError::NoDesk)?;
        self.change_generation(generations, &desk, company, |generations| {
            generations.apply(source, request)
        })
    }

    fn files(&self) -> &WatchedFiles {
        &self.watched
    }
}
