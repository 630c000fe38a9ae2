//! Company files that are applied when they change.
//!
//! They are looked at again and again, rather than asked for by the system's
//! notices of changes: those do not come from network volumes, and what comes
//! from mounted configuration (a link that is swapped) differs by system. A look
//! costs a `stat` of each file; only what has changed is read.
//!
//! A file is taken once two looks found the same in it, so that none is taken
//! half written. What it holds then is compared with what the file gave the
//! company last: whoever applies another setup by hand is not contradicted by a
//! file that stays as it is.

mod content;
mod file;
mod notice;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use patchbay_desk::Desk;
use patchbay_desk::setups::{Refused, Setups, Wanted};
use patchbay_generation::assemble::Rejected;
use patchbay_generation::source::Source;
use patchbay_journal::JournalError;
use patchbay_model::located::Located;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::serve::App;
use crate::starting::named;
use content::Content;
use file::{File, Found};
pub(crate) use notice::{Noticed, WatchedFile};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);
/// Under which name the files act.
const WATCH: &str = "watch";
/// Who gave a company what a file held: here, or at its first start.
const FILES: [&str; 2] = [WATCH, "start"];
/// Generations looked through at once.
const PAGE: usize = 100;
/// Most reasons that an alert repeats.
const REASONS: usize = 10;

/// Looks at company files, and applies what changed.
pub(crate) struct Watch {
    app: Arc<App>,
    files: BTreeMap<PathBuf, File>,
    /// Which file a company is of.
    owners: BTreeMap<String, PathBuf>,
}

impl Watch {
    pub(crate) fn of(app: Arc<App>) -> Watch {
        Watch {
            app,
            files: BTreeMap::new(),
            owners: BTreeMap::new(),
        }
    }

    /// Look for ever.
    pub(crate) async fn keep_looking(self) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut watch = self;
        loop {
            ticks.tick().await;
            let looking = tokio::task::spawn_blocking(move || {
                watch.look();
                watch
            });
            match looking.await {
                Ok(looked) => watch = looked,
                Err(_) => {
                    tracing::error!(
                        "company files are not watched any more; start the server again"
                    );
                    return;
                }
            }
        }
    }

    /// Look at every file once. Blocks.
    pub(crate) fn look(&mut self) {
        let (app, named) = (Arc::clone(&self.app), self.app.settings.company_files());
        let (Some(setups), Ok(desk)) = (&app.setups, app.desk()) else {
            return;
        };
        let known: BTreeSet<PathBuf> = self.files.keys().cloned().collect();
        for path in named.into_iter().collect::<BTreeSet<_>>().union(&known) {
            if app.is_stopping() {
                return;
            }
            let mut file = match self.files.remove(path) {
                Some(file) => file,
                None => self.begin(path, setups, &desk),
            };
            self.look_at(path, &mut file, setups, &desk);
            self.files.insert(path.clone(), file);
        }
    }

    /// A file that is seen for the first time: whether it changed since the
    /// company was given what it held.
    fn begin(&mut self, path: &Path, setups: &Setups, desk: &Desk) -> File {
        let mut file = File::default();
        let Ok(source) = setups.assembler().read(path) else {
            // It is taken, and told why it is wrong.
            return file;
        };
        let Some(company) = named(&source.document) else {
            return file;
        };
        match given(desk, &company) {
            Ok(Some(digest)) if digest == source.document().digest().bytes() => {}
            Ok(Some(_)) => return file,
            // The company is somebody else's doing, until the file changes.
            Ok(None) if desk.company(&company).is_ok() => {}
            Ok(None) => return file,
            Err(error) => {
                tracing::warn!(company, %error, "what its file gave the company last is not known");
            }
        }
        self.owners
            .entry(company)
            .or_insert_with(|| path.to_owned());
        if let Ok(content) = Content::read(path, setups.assembler()) {
            file.was_taken(&content);
        }
        file
    }

    fn look_at(&mut self, path: &Path, file: &mut File, setups: &Setups, desk: &Desk) {
        match file.look(path, setups.assembler()) {
            Found::Nothing => {}
            Found::Gone => {
                tracing::warn!(file = %path.display(), "the company file is gone; the company goes on with what it decides by");
                let mut owners = self.owners.iter();
                if let Some((company, _)) = owners.find(|(_, owner)| owner.as_path() == path) {
                    self.app.watched.removed(company, path);
                }
            }
            Found::Changed(content) => {
                // What it names may have changed while it stayed the same.
                setups.assembler().forget(&content.places);
                let read = setups.assembler().read(path);
                if !content.is_still_at(path, setups.assembler()) {
                    file.is_not_taken();
                    return;
                }
                self.take(path, read, setups, desk);
            }
        }
    }

    fn take(&mut self, path: &Path, read: Result<Source, Rejected>, setups: &Setups, desk: &Desk) {
        let source = match read {
            Ok(source) => source,
            Err(wrong) => return self.refuse(&wrong, desk),
        };
        let text = source.document.clone();
        let reject = |problems: Vec<Located>| Rejected {
            path: path.to_owned(),
            text: text.clone(),
            problems,
        };
        let Some(company) = named(&source.document) else {
            return self.refuse(&reject(vec![Located::whole("it names no company")]), desk);
        };
        let owner = self
            .owners
            .get(&company)
            .filter(|owner| owner.as_path() != path && owner.exists());
        if let Some(owner) = owner {
            let file = owner.file_name().unwrap_or_default().to_string_lossy();
            let message = format!("company {company:?} has a file already, {file:?}; take one out");
            // The company's own file is right: this is no news of the company's.
            tracing::error!(file = %path.display(), "the company file is not applied: {message}");
            return;
        }
        self.owners.insert(company.clone(), path.to_owned());
        let digest = source.document().digest().bytes();
        if decides_by(desk, &company, digest) {
            self.app.watched.unchanged(&company, path);
            return;
        }
        let wanted = Wanted {
            by: WATCH.to_owned(),
            actor: WATCH.to_owned(),
            ..Wanted::default()
        };
        let done = self.app.change(setups, desk, &company, |setups| {
            setups.apply(&source, &wanted)
        });
        match done {
            Ok(plan) => {
                tracing::info!(
                    company,
                    generation = plan.number,
                    "the company file changed, and the company decides by it"
                );
                for warning in plan.warnings {
                    tracing::warn!(company, "{warning}");
                }
                self.app.watched.applied(&company, path, plan.number);
            }
            Err(refused) => self.refuse(&reject(reasons(refused)), desk),
        }
    }

    /// Tell why a file changes nothing: in the log, in the company's feed, and
    /// where its generations are listed.
    fn refuse(&self, wrong: &Rejected, desk: &Desk) {
        let Some(company) = named(&wrong.text) else {
            tracing::error!(
                "the company file is not applied: {}",
                escaped(&wrong.to_string())
            );
            return;
        };
        tracing::error!(
            company,
            "the company file is not applied, and the company goes on with what it decided by: {}",
            escaped(&wrong.to_string())
        );
        let file = notice::name(&wrong.path);
        // Without its directory: who reads it need not know this machine.
        let shown = Rejected {
            path: PathBuf::from(&file),
            text: wrong.text.clone(),
            problems: wrong.problems.clone(),
        };
        let reasons: Vec<String> = shown.to_string().lines().map(escaped).collect();
        let told: Vec<_> = reasons.iter().take(REASONS).collect();
        let about = json!({"file": file, "problems": told, "reasons": reasons.len()});
        // A company that never began has no feed.
        if let Err(error) = desk.alert(&company, "setup-refused", &about) {
            tracing::debug!(%error, "no alert of the refused company file");
        }
        self.app.watched.refused(&company, &wrong.path, reasons);
    }
}

/// Control characters as what they are: what a file says must not move a
/// cursor.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => shown.push_str("; "),
            character if character.is_control() => shown.extend(character.escape_default()),
            character => shown.push(character),
        }
    }
    shown
}

/// Digest of what a file gave a company last.
fn given(desk: &Desk, company: &str) -> Result<Option<[u8; 32]>, JournalError> {
    let journal = desk.journal();
    let Some(company) = journal.find_company(company)? else {
        return Ok(None);
    };
    let mut before = u64::MAX;
    loop {
        let page = journal.generations(company, before, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        before = last.number;
        let by_file = |by: &str| FILES.contains(&by);
        if let Some(row) = page.iter().find(|row| by_file(&row.by)) {
            return Ok(Some(row.digest));
        }
    }
}

/// Whether a company decides by a setup of this digest.
fn decides_by(desk: &Desk, company: &str, digest: [u8; 32]) -> bool {
    let journal = desk.journal();
    let active = || {
        let company = journal.find_company(company).ok()??;
        let number = journal.active_generation(company).ok()??;
        Some(journal.generation(company, number).ok()??.0.digest)
    };
    active() == Some(digest)
}

/// Everything that speaks against a setup.
fn reasons(refused: Refused) -> Vec<Located> {
    match refused {
        Refused::Wrong {
            mut problems,
            obstacles,
            ..
        } => {
            let obstacles = obstacles.iter().map(|one| Located::whole(one.to_string()));
            problems.extend(obstacles);
            problems
        }
        error => vec![Located::whole(error.to_string())],
    }
}
