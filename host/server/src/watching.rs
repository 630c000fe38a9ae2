//! Company files that are applied when they change.
//!
//! They are looked at again and again, rather than asked for by the system's
//! notices of changes: those do not come from network volumes, and what comes
//! from mounted configuration (a link that is swapped) differs by system. A look
//! costs a `stat` of each file; only what has changed is read.
//!
//! A file is taken once two looks found the same in it, so that none is taken
//! half written. At the start, what it holds is compared with every setup the
//! company keeps: whoever applies another one by hand, or rolls one back, is not
//! contradicted by a file that stays as it is.

mod content;
mod file;
mod notice;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_desk::setups::{Refused, Setups, Wanted};
use patchbay_desk::{ActivateError, Desk, DeskError};
use patchbay_generation::assemble::Rejected;
use patchbay_generation::source::Source;
use patchbay_journal::JournalError;
use patchbay_model::located::Located;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
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
/// How long a file is let be whose look broke off.
const REST: Duration = Duration::from_secs(30);
/// Most reasons that an alert repeats.
const REASONS: usize = 10;

/// Looks at company files, and applies what changed.
pub(crate) struct Watch {
    app: Arc<App>,
    files: BTreeMap<PathBuf, File>,
    /// Which file a company is of.
    owners: BTreeMap<String, PathBuf>,
    /// Until when files are let be whose look broke off.
    resting: BTreeMap<PathBuf, Instant>,
    /// What is tried again, by company, and what decided when it was refused.
    pending: BTreeMap<String, Pending>,
}

/// Digest of a setup that is tried again, and the generation it would replace.
type Pending = ([u8; 32], Option<u64>);

impl Watch {
    pub(crate) fn of(app: Arc<App>) -> Watch {
        Watch {
            app,
            files: BTreeMap::new(),
            owners: BTreeMap::new(),
            resting: BTreeMap::new(),
            pending: BTreeMap::new(),
        }
    }

    /// Look for ever.
    pub(crate) async fn keep_looking(self) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut watch = self;
        loop {
            ticks.tick().await;
            let app = Arc::clone(&watch.app);
            let looking = tokio::task::spawn_blocking(move || {
                watch.look();
                watch
            });
            match looking.await {
                Ok(looked) => watch = looked,
                Err(error) if error.is_panic() => {
                    tracing::error!(
                        "the watch of company files was broken off by a defect of the host; it begins anew"
                    );
                    watch = Watch::of(app);
                }
                // The server ends.
                Err(_) => return,
            }
        }
    }

    /// Have what is to be tried again tried at the next look.
    #[cfg(test)]
    pub(crate) fn hurry(&mut self) {
        self.resting.clear();
        self.files.values_mut().for_each(File::hurry);
    }

    /// Look at every file once. Blocks.
    pub(crate) fn look(&mut self) {
        self.look_by(Watch::look_once);
    }

    /// The same, each file in this way.
    pub(crate) fn look_by(&mut self, look_once: impl Fn(&mut Watch, &Path, &Setups, &Desk)) {
        let (app, named) = (Arc::clone(&self.app), self.app.settings.company_files());
        let (Some(setups), Ok(desk)) = (&app.setups, app.desk()) else {
            return;
        };
        let known: BTreeSet<PathBuf> = self.files.keys().cloned().collect();
        for path in named.into_iter().collect::<BTreeSet<_>>().union(&known) {
            if app.is_stopping() {
                return;
            }
            if self
                .resting
                .get(path)
                .is_some_and(|end| Instant::now() < *end)
            {
                continue;
            }
            self.resting.remove(path);
            // One that breaks a look off leaves the others watched.
            let looked = catch_unwind(AssertUnwindSafe(|| look_once(self, path, setups, &desk)));
            if looked.is_err() {
                tracing::error!(file = %path.display(), "a look at the company file was broken off by a defect of the host; it is looked at again in {} s", REST.as_secs());
                self.resting.insert(path.clone(), Instant::now() + REST);
            }
        }
    }

    pub(crate) fn look_once(&mut self, path: &Path, setups: &Setups, desk: &Desk) {
        let mut file = match self.files.get(path) {
            Some(file) => file.clone(),
            None => self.begin(path, setups, desk),
        };
        // Known before it is looked at: a look that breaks off forgets nothing.
        self.files.insert(path.to_owned(), file.clone());
        self.look_at(path, &mut file, setups, desk);
        self.files.insert(path.to_owned(), file);
    }

    /// A file that is seen for the first time: whether it holds anything the
    /// company does not keep already.
    fn begin(&mut self, path: &Path, setups: &Setups, desk: &Desk) -> File {
        let mut file = File::default();
        let Ok(source) = setups.assembler().read(path) else {
            // It is taken, and told why it is wrong.
            return file;
        };
        let Some(company) = named(&source.document) else {
            return file;
        };
        match is_news(desk, &company, source.document().digest().bytes()) {
            Ok(true) => return file,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(company, %error, "whether the company's file changed is not known");
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
                match self.owned(path) {
                    Some(company) => self.app.watched.removed(company, path),
                    None => self.app.watched.gone(path),
                }
            }
            Found::Unreadable(error) => self.refuse(&unreadable(path, &error), desk),
            Found::Readable => {
                if let Some(company) = self.owned(path) {
                    self.app.watched.forget(company);
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
                if self.take(path, read, setups, desk) {
                    file.try_again();
                }
            }
        }
    }

    /// The company a file is of.
    fn owned(&self, path: &Path) -> Option<&str> {
        let mut owners = self.owners.iter();
        let (company, _) = owners.find(|(_, owner)| owner.as_path() == path)?;
        Some(company)
    }

    /// Apply what was read. Answers whether to try the same again: what speaks
    /// against it may pass.
    fn take(
        &mut self,
        path: &Path,
        read: Result<Source, Rejected>,
        setups: &Setups,
        desk: &Desk,
    ) -> bool {
        let source = match read {
            Ok(source) => source,
            Err(wrong) => {
                self.refuse(&wrong, desk);
                return false;
            }
        };
        let text = source.document.clone();
        let reject = |problems: Vec<Located>| Rejected {
            path: path.to_owned(),
            text: text.clone(),
            problems,
        };
        let Some(company) = named(&source.document) else {
            self.refuse(&reject(vec![Located::whole("it names no company")]), desk);
            return false;
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
            self.app.watched.stray(path, vec![message]);
            return false;
        }
        if let Some(message) = self.renamed(path, &company, desk) {
            self.refuse_for(path, message, desk);
            return false;
        }
        self.owners.insert(company.clone(), path.to_owned());
        let digest = source.document().digest().bytes();
        if decides_by(desk, &company, digest) {
            self.app.watched.unchanged(&company, path);
            return false;
        }
        let pending = self.pending.remove(&company);
        if pending
            .is_some_and(|(what, active)| what == digest && active != active_of(desk, &company))
        {
            // Somebody gave the company another setup meanwhile.
            return false;
        }
        let wanted = Wanted {
            by: WATCH.to_owned(),
            actor: WATCH.to_owned(),
            // Whoever puts a file there owns the host's setup.
            begins: true,
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
                false
            }
            // It is right, and applied at the next start.
            Err(Refused::Activate(ActivateError::Desk(DeskError::Stopping))) => false,
            Err(refused) => {
                let passes = may_pass(&refused);
                if passes {
                    let active = active_of(desk, &company);
                    self.pending.insert(company.clone(), (digest, active));
                }
                let wrong = reject(reasons(refused));
                // What stays as it is is told once.
                if !passes || !self.app.watched.says(&company, path, &shown(&wrong)) {
                    self.refuse(&wrong, desk);
                }
                passes
            }
        }
    }

    /// What speaks against a file that was one company's and names another, which
    /// nobody has heard of: the name may be mistyped.
    fn renamed(&self, path: &Path, company: &str, desk: &Desk) -> Option<String> {
        let before = self.owned(path).filter(|before| *before != company)?;
        let is_known = active_of(desk, company).is_some();
        (!is_known).then(|| {
            format!(
                "it was the file of company {before:?} and now names {company:?}, which is not here: a company that begins gets a file of its own"
            )
        })
    }

    /// Tell the company a file is of why it changes nothing.
    fn refuse_for(&self, path: &Path, message: String, desk: &Desk) {
        let wrong = Rejected {
            path: path.to_owned(),
            text: String::new(),
            problems: vec![Located::whole(message)],
        };
        self.refuse(&wrong, desk);
    }

    /// Tell why a file changes nothing: in the log, in the company's feed, and
    /// where its generations are listed.
    fn refuse(&self, wrong: &Rejected, desk: &Desk) {
        let owned = || self.owned(&wrong.path).map(str::to_owned);
        let Some(company) = named(&wrong.text).or_else(owned) else {
            tracing::error!(
                "the company file is not applied: {}",
                escaped(&wrong.to_string())
            );
            self.app.watched.stray(&wrong.path, shown(wrong));
            return;
        };
        tracing::error!(
            company,
            "the company file is not applied, and the company goes on with what it decided by: {}",
            escaped(&wrong.to_string())
        );
        let file = notice::name(&wrong.path);
        let reasons = shown(wrong);
        let told: Vec<_> = reasons.iter().take(REASONS).collect();
        let about = json!({"file": file, "problems": told, "reasons": reasons.len()});
        // A company that never began has no feed.
        if let Err(error) = desk.alert(&company, "setup-refused", &about) {
            tracing::debug!(%error, "no alert of the refused company file");
        }
        self.app.watched.refused(&company, &wrong.path, reasons);
    }
}

/// Everything that is wrong with a file, a line each. Without its directory:
/// who reads it need not know this machine.
fn shown(wrong: &Rejected) -> Vec<String> {
    let shown = Rejected {
        path: PathBuf::from(notice::name(&wrong.path)),
        text: wrong.text.clone(),
        problems: wrong.problems.clone(),
    };
    shown.to_string().lines().map(escaped).collect()
}

/// That a file, or something it names, cannot be read.
fn unreadable(path: &Path, error: &io::Error) -> Rejected {
    Rejected {
        path: path.to_owned(),
        text: std::fs::read_to_string(path).unwrap_or_default(),
        problems: vec![Located::whole(format!("cannot be read: {error}"))],
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

/// Whether a company keeps no setup of this digest, whoever gave it. One that
/// never had a setup of a file is somebody else's doing, until the file changes.
fn is_news(desk: &Desk, name: &str, digest: [u8; 32]) -> Result<bool, JournalError> {
    let journal = desk.journal();
    let Some(company) = journal.find_company(name)? else {
        return Ok(true);
    };
    let mut by_file = false;
    let mut before = u64::MAX;
    loop {
        let page = journal.generations(company, before, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(by_file || desk.company(name).is_err());
        };
        before = last.number;
        if page.iter().any(|row| row.digest == digest) {
            return Ok(false);
        }
        by_file |= page.iter().any(|row| FILES.contains(&row.by.as_str()));
    }
}

/// Whether a company decides by a setup of this digest.
fn decides_by(desk: &Desk, company: &str, digest: [u8; 32]) -> bool {
    let journal = desk.journal();
    let active = || {
        let number = active_of(desk, company)?;
        let company = journal.find_company(company).ok()??;
        Some(journal.generation(company, number).ok()??.0.digest)
    };
    active() == Some(digest)
}

/// Number of the generation a company decides by, as far as that can be read.
fn active_of(desk: &Desk, company: &str) -> Option<u64> {
    let journal = desk.journal();
    let company = journal.find_company(company).ok()??;
    journal.active_generation(company).ok()?
}

/// Whether what speaks against a setup may pass while the setup stays as it is:
/// work at hand, another change at the same moment, a journal that cannot write.
fn may_pass(refused: &Refused) -> bool {
    match refused {
        Refused::Wrong { problems, .. } => problems.is_empty(),
        Refused::Activate(_) => true,
        _ => false,
    }
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
