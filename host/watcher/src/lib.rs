//! Applies company files when they change.
//!
//! On Linux the kernel reports changes (inotify). They do not arrive from network
//! volumes, so files are polled too: all of them each second where they are few,
//! else a share of them. A check costs one `stat` per file, and one look at each
//! pack for all companies that share it; only changed files are read.
//!
//! A file is applied once two checks find the same content, so that no half
//! written file is applied. At the start its content is compared with every
//! stored generation: an unchanged file never reverts a generation that an
//! operator applied or rolled back.

mod change_signals;
mod content;
mod file_status;
mod file_tracker;
mod rejection;
mod schedule;
mod stored_generations;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_document;
use patchbay_desk::Desk;
use patchbay_events::AlertEvent;
use patchbay_generations::activation::ActivateError;
use patchbay_generations::assemble::InvalidFile;
use patchbay_generations::assemble::source::Source;
use patchbay_generations::service::{ChangeError, ChangeRequest, GenerationService, Plan};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};

use content::{Content, PlaceReadings};

pub use file_status::{WatchedFile, WatchedFiles};
use file_tracker::{FileChange, FileTracker};
use rejection::{escape, findings, is_temporary, lines, unreadable};
use schedule::Schedule;
use stored_generations::{active_number, is_new};

const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// Name under which the watcher creates generations.
const WATCH: &str = "watch";
/// Pause after a check of a file panicked.
const PANIC_PAUSE: Duration = Duration::from_secs(30);
/// Problems that an alert repeats at most.
const ALERT_PROBLEMS: usize = 10;

/// What the watcher needs of the server.
pub trait WatcherHost: Send + Sync {
    /// The company files that exist now.
    fn company_files(&self) -> Vec<PathBuf>;

    /// Whether the server is stopping.
    fn is_stopping(&self) -> bool;

    /// The generations and the desk; none without a journal.
    fn generations(&self) -> Option<(&GenerationService, Arc<Desk>)>;

    /// Apply a company file as a new generation, for stateless decisions too.
    ///
    /// # Errors
    /// Why the generation is refused.
    fn apply(
        &self,
        company: &str,
        source: &Source,
        request: &ChangeRequest,
    ) -> Result<Plan, ChangeError>;

    /// Where the state of each file is reported.
    fn files(&self) -> &WatchedFiles;
}

/// Checks company files and applies those that changed.
pub struct CompanyFileWatcher {
    host: Arc<dyn WatcherHost>,
    trackers: BTreeMap<PathBuf, FileTracker>,
    /// The file of each company.
    owners: BTreeMap<String, PathBuf>,
    /// Until when files whose check panicked are skipped.
    paused: BTreeMap<PathBuf, Instant>,
    /// Contents to apply again, by company.
    retries: BTreeMap<String, Retry>,
    /// What the round in progress found at referenced places.
    round: PlaceReadings,
    schedule: Schedule,
}

/// A content whose refusal may be temporary.
#[derive(PartialEq)]
struct Retry {
    digest: [u8; 32],
    /// The generation it would replace.
    active: Option<u64>,
}

impl CompanyFileWatcher {
    /// A watcher that has seen no file yet.
    pub fn new(host: Arc<dyn WatcherHost>) -> CompanyFileWatcher {
        CompanyFileWatcher {
            host,
            trackers: BTreeMap::new(),
            owners: BTreeMap::new(),
            paused: BTreeMap::new(),
            retries: BTreeMap::new(),
            round: PlaceReadings::default(),
            schedule: Schedule::new(),
        }
    }

    /// Check what may have changed, every second until the runtime ends.
    pub async fn run(self) {
        let mut ticks = interval(CHECK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut watcher = self;
        loop {
            ticks.tick().await;
            let host = Arc::clone(&watcher.host);
            let checked = spawn_blocking(move || {
                watcher.check_due();
                watcher
            });
            match checked.await {
                Ok(checked) => watcher = checked,
                Err(error) if error.is_panic() => {
                    tracing::error!("the watcher of company files panicked; it starts again");
                    watcher = CompanyFileWatcher::new(host);
                }
                // The runtime is shutting down.
                Err(_) => return,
            }
        }
    }

    /// End all pauses and waits for retries, for tests.
    pub fn retry_now(&mut self) {
        self.paused.clear();
        self.trackers.values_mut().for_each(FileTracker::retry_now);
    }

    /// Check every file once. Blocks.
    pub fn check_all(&mut self) {
        self.check_all_with(CompanyFileWatcher::check_file);
    }

    /// Check every file once with this function, for tests. Blocks.
    pub fn check_all_with(
        &mut self,
        check: impl Fn(&mut CompanyFileWatcher, &Path, &GenerationService, &Desk),
    ) {
        let host = Arc::clone(&self.host);
        let Some((generations, desk)) = host.generations() else {
            return;
        };
        let mut paths: BTreeSet<PathBuf> = self.trackers.keys().cloned().collect();
        paths.extend(host.company_files());
        self.check_files(paths, generations, &desk, check);
    }

    /// Check the files that may have changed, and a share of the others. Blocks.
    pub fn check_due(&mut self) {
        let host = Arc::clone(&self.host);
        let Some((generations, desk)) = host.generations() else {
            return;
        };
        let due = self.schedule.due(&self.trackers, || host.company_files());
        let check = CompanyFileWatcher::check_file;
        self.check_files(due.clone(), generations, &desk, check);
        self.schedule.watch(&self.trackers, &due);
    }

    /// Check these files in one round.
    fn check_files(
        &mut self,
        paths: impl IntoIterator<Item = PathBuf>,
        generations: &GenerationService,
        desk: &Desk,
        check: impl Fn(&mut CompanyFileWatcher, &Path, &GenerationService, &Desk),
    ) {
        self.round = PlaceReadings::default();
        for path in &paths.into_iter().collect::<Vec<_>>() {
            if self.host.is_stopping() {
                return;
            }
            let paused_until = self.paused.get(path);
            if paused_until.is_some_and(|end| Instant::now() < *end) {
                continue;
            }
            self.paused.remove(path);
            // A panic over one file must not end the watch of the others.
            let checked = catch_unwind(AssertUnwindSafe(|| check(self, path, generations, desk)));
            if checked.is_err() {
                tracing::error!(file = %path.display(), "the check of a company file panicked; it is repeated in {} s", PANIC_PAUSE.as_secs());
                let end = Instant::now() + PANIC_PAUSE;
                self.paused.insert(path.clone(), end);
            }
        }
    }

    /// Check one file. Blocks.
    pub fn check_file(&mut self, path: &Path, generations: &GenerationService, desk: &Desk) {
        let mut tracker = match self.trackers.get(path) {
            Some(tracker) => tracker.clone(),
            None => self.new_tracker(path, generations, desk),
        };
        // Stored before the check too: a panic must not lose it.
        self.trackers.insert(path.to_owned(), tracker.clone());
        self.apply_change(path, &mut tracker, generations, desk);
        self.trackers.insert(path.to_owned(), tracker);
    }

    /// The tracker of a file that is seen for the first time. A content that is
    /// stored already counts as applied.
    fn new_tracker(
        &mut self,
        path: &Path,
        generations: &GenerationService,
        desk: &Desk,
    ) -> FileTracker {
        let mut tracker = FileTracker::default();
        // An invalid file is reported as a change.
        let Ok(source) = generations.assembler().read(path) else {
            return tracker;
        };
        let Some(company) = company_of_file(&source.document) else {
            return tracker;
        };
        match is_new(desk, generations.store(), &company, &source.document()) {
            Ok(true) => return tracker,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(company, %error, "cannot compare the company file with the stored generations; it counts as unchanged");
            }
        }
        self.owners
            .entry(company)
            .or_insert_with(|| path.to_owned());
        if let Ok(content) = Content::read(path, generations.assembler(), &mut self.round) {
            tracker.set_applied(&content);
        }
        tracker
    }

    fn apply_change(
        &mut self,
        path: &Path,
        tracker: &mut FileTracker,
        generations: &GenerationService,
        desk: &Desk,
    ) {
        let assembler = generations.assembler();
        match tracker.check(path, assembler, &mut self.round) {
            FileChange::None => {}
            FileChange::Removed => {
                tracing::warn!(file = %path.display(), "the company file was removed; the active generation stays");
                match self.company_of(path) {
                    Some(company) => self.host.files().removed(company, path),
                    None => self.host.files().removed_of_no_company(path),
                }
            }
            FileChange::Unreadable(error) => self.report(&unreadable(path, &error), desk),
            FileChange::Readable => {
                if let Some(company) = self.company_of(path) {
                    self.host.files().forget(company);
                }
            }
            FileChange::Changed(content) => {
                // Packs may have changed while the file stayed the same.
                assembler.forget_packs(&content.places);
                let read = assembler.read(path);
                if !content.is_still_at(path, assembler) {
                    tracker.set_not_applied();
                } else if self.apply_source(path, read, desk) {
                    tracker.retry_later();
                }
            }
        }
    }

    /// The company whose file this is.
    fn company_of(&self, path: &Path) -> Option<&str> {
        let mut owners = self.owners.iter();
        let (company, _) = owners.find(|(_, owner)| owner.as_path() == path)?;
        Some(company)
    }

    /// Apply a file's content. True if the refusal may be temporary, so that
    /// the same content should be applied again.
    fn apply_source(
        &mut self,
        path: &Path,
        read: Result<Source, InvalidFile>,
        desk: &Desk,
    ) -> bool {
        let source = match read {
            Ok(source) => source,
            Err(rejected) => {
                self.report(&rejected, desk);
                return false;
            }
        };
        let text = source.document.clone();
        let reject = |text: String, findings| InvalidFile::new(path, text, findings);
        let Some(company) = company_of_file(&text) else {
            let problem = FileProblem::whole("names no company; add `company = \"…\"`");
            self.report(&reject(text, vec![problem].into()), desk);
            return false;
        };
        let owner = self.owners.get(&company);
        if let Some(owner) = owner.filter(|owner| owner.as_path() != path && owner.exists()) {
            let file = owner.file_name().unwrap_or_default().to_string_lossy();
            let message =
                format!("company {company:?} is already defined by {file:?}; remove one of them");
            // The company's own file is valid: its feed gets no alert.
            tracing::error!(file = %path.display(), "the company file is not applied: {message}");
            let problems = vec![message];
            self.host.files().refused_of_no_company(path, problems);
            return false;
        }
        if let Some(message) = self.unknown_new_name(path, &company, desk) {
            let problem = FileProblem::whole(message);
            self.report(&reject(String::new(), vec![problem].into()), desk);
            return false;
        }
        self.owners.insert(company.clone(), path.to_owned());
        let digest = source.document().digest().bytes();
        let active = active_number(desk, &company);
        let retry = self.retries.remove(&company);
        if retry.is_some_and(|retry| retry.digest == digest && retry.active != active) {
            // Another generation was activated meanwhile: do not revert it.
            return false;
        }
        let request = ChangeRequest {
            by: WATCH.to_owned(),
            actor: WATCH.to_owned(),
            // The operator of the host puts files here.
            create_company: true,
            ..ChangeRequest::default()
        };
        let changed = self.host.apply(&company, &source, &request);
        match changed {
            Ok(plan) => {
                match plan.unchanged {
                    true => {
                        self.host.files().unchanged(&company, path);
                        tracing::info!(
                            company,
                            generation = plan.number,
                            "nothing in the changed company file differs from the active generation"
                        );
                    }
                    false => {
                        self.host.files().applied(&company, path, plan.number);
                        tracing::info!(
                            company,
                            generation = plan.number,
                            "activated the changed company file"
                        );
                    }
                }
                for warning in plan.warnings {
                    tracing::warn!(company, "{warning}");
                }
                false
            }
            // The file is valid; the next start applies it.
            Err(ChangeError::Activate(ActivateError::Stopping)) => false,
            Err(refused) => {
                let is_temporary = is_temporary(&refused);
                if is_temporary {
                    let active = active_number(desk, &company);
                    let retry = Retry { digest, active };
                    self.retries.insert(company.clone(), retry);
                }
                let rejected = reject(text, findings(refused));
                // A retry that is refused for the same reasons is not reported.
                let watched = &self.host.files();
                if !is_temporary || !watched.is_refused_for(&company, path, &lines(&rejected)) {
                    self.report(&rejected, desk);
                }
                is_temporary
            }
        }
    }

    /// A problem if a company's file now names a company that does not exist:
    /// the name may be misspelled.
    fn unknown_new_name(&self, path: &Path, company: &str, desk: &Desk) -> Option<String> {
        let before = self.company_of(path).filter(|before| *before != company)?;
        let is_known = active_number(desk, company).is_some();
        (!is_known).then(|| {
            format!(
                "the file of company {before:?} now names {company:?}, which does not exist; correct the name, or create a new company with a file of its own"
            )
        })
    }

    /// Report why a file is not applied: in the log, the company's feed, the
    /// status and the list of generations.
    fn report(&self, rejected: &InvalidFile, desk: &Desk) {
        let owned = || self.company_of(&rejected.path).map(str::to_owned);
        let reasons = lines(rejected);
        let escaped = escape(&rejected.to_string());
        for warning in &rejected.warnings {
            tracing::warn!(file = %rejected.path.display(), "{}", escape(warning));
        }
        let Some(company) = company_of_file(&rejected.text).or_else(owned) else {
            tracing::error!("the company file is not applied: {escaped}");
            let watched = &self.host.files();
            watched.refused_of_no_company(&rejected.path, reasons);
            return;
        };
        tracing::error!(
            company,
            "the company file is not applied; the active generation stays: {escaped}"
        );
        let alert = AlertEvent::CompanyFileRejected {
            file: rejection::file_name(&rejected.path),
            problems: reasons.iter().take(ALERT_PROBLEMS).cloned().collect(),
            reasons: reasons.len(),
        };
        // A company that was never created has no feed.
        if let Err(error) = desk.alert(&company, alert) {
            tracing::debug!(%error, "no alert for the refused company file");
        }
        self.host.files().refused(&company, &rejected.path, reasons);
    }
}

/// The company that a file defines, even if the rest of the file is invalid.
pub fn company_of_file(text: &str) -> Option<String> {
    let value = |text: &str| {
        let table = toml_document::read::<toml::Table>(text).ok()?;
        Some(table.get("company")?.as_str()?.to_owned())
    };
    let is_definition = |line: &&str| line.trim_start().starts_with("company");
    value(text).or_else(|| text.lines().filter(is_definition).find_map(value))
}
