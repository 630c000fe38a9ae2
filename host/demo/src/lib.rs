//! The demo: serves three invented companies with a journal on disk and plays a
//! working day at their desks over the HTTP API. Customers write, agents with
//! their habits accept and answer, supervisors approve, and deliveries arrive at
//! a webhook on loopback.
//!
//! [`Demo::prepare`] → [`Demo::build`] → [`Demo::start`] → [`RunningDemo::play`]
//! → [`RunningDemo::stop`].

mod agent;
mod company_api;
mod company_files;
pub mod content;
mod crew;
mod customers;
mod day;
mod demo_directory;
mod figures;
mod narrator;
mod observer;
mod office;
mod problem_log;
mod simulation;
mod sink;
mod supervisor;
mod tally;
mod words;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use patchbay_config::file_problem::FileProblem;
use patchbay_generations::assemble::{AssembledGeneration, Assembler};
use patchbay_outbound::egress::EgressSettings;
use patchbay_server::{Server, ServerSettings, ShutdownReport};
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use company_files::CompanyFiles;
use demo_directory::DemoDirectory;
use problem_log::ProblemLog;
use simulation::Scene;
use sink::Sink;

pub use day::{Day, time_of_day};
pub use figures::{Counts, Figures};
pub use observer::Observer;
pub use simulation::{CompanyReport, DayReport};

/// Why the demo cannot run.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The directory holds files that no demo wrote.
    #[error("{0} exists and was not written by a demo")]
    ForeignDirectory(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {error}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Cause.
        error: std::io::Error,
    },
    /// A company file is rejected.
    #[error("{name}.toml is rejected")]
    Company {
        /// Name of the file, without its extension.
        name: &'static str,
        /// Text of the file.
        text: String,
        /// Every reason.
        problems: Vec<FileProblem>,
    },
    /// An environment variable holds no valid signing secret.
    #[error("the signing secret in {variable} {problem}")]
    Secret {
        /// Name of the variable.
        variable: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The server, the webhook, the journal of an earlier demo, or an embedded
    /// file.
    #[error("{0}")]
    Machine(String),
}

impl DemoError {
    fn machine(error: impl ToString) -> DemoError {
        DemoError::Machine(error.to_string())
    }

    /// An embedded file is missing or invalid: a defect of this build.
    fn content(file: &str, problem: impl Display) -> DemoError {
        DemoError::Machine(format!("embedded file {file}: {problem}"))
    }
}

/// What to play.
#[derive(Debug)]
pub struct PlayOptions {
    /// Length of the day in real seconds.
    pub seconds: u32,
    /// Threads of the server that decide.
    pub workers: usize,
    /// Interactions to play instead of the demo's own, and the company (one of
    /// [`content::COMPANIES`]) that receives them; the other companies rest.
    pub input: Option<(&'static str, Vec<Value>)>,
}

/// A demo that is ready to be built.
pub struct Demo {
    directory: DemoDirectory,
    files: CompanyFiles,
    webhook: TcpListener,
}

impl Demo {
    /// Empty the directory if an earlier demo wrote it, and write settings and
    /// company files into it.
    ///
    /// # Errors
    /// When the directory is not a demo's, or a file or port is refused.
    pub async fn prepare(directory: &Path, pack: &Path) -> Result<Demo, DemoError> {
        let directory = DemoDirectory::create(directory, &content::COMPANIES)?;
        let webhook = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let webhook = webhook.map_err(DemoError::machine)?;
        let address = webhook.local_addr().map_err(DemoError::machine)?;
        let files = CompanyFiles::with_webhook(address)?;
        directory.write_settings(pack, &files.texts)?;
        Ok(Demo {
            directory,
            files,
            webhook,
        })
    }

    /// Build every company. Takes as long as compiling the pack does.
    ///
    /// # Errors
    /// When a company file is rejected.
    pub fn build(&self, assembler: &Assembler) -> Result<Vec<AssembledGeneration>, DemoError> {
        let built = self.files.texts.iter().map(|(name, text)| {
            let built = assembler.build_text(text, Path::new("."), 1);
            built.map_err(|findings| DemoError::Company {
                name,
                text: text.clone(),
                problems: findings.problems,
            })
        });
        built.collect()
    }

    /// Settings file that opens the demo's journal again, for `--config`.
    pub fn settings(&self) -> PathBuf {
        self.directory.settings()
    }

    /// Start the server on a free port of loopback. The day's clock starts now.
    ///
    /// # Errors
    /// When the server cannot start, or embedded content is invalid.
    pub async fn start(
        self,
        built: Vec<AssembledGeneration>,
        assembler: Assembler,
        options: PlayOptions,
    ) -> Result<RunningDemo, DemoError> {
        let names: Vec<String> = built
            .iter()
            .map(|built| built.generation.company.clone())
            .collect();
        let day = Day::within(options.seconds);
        let scenes = scenes(options.input, &names, &day)?;
        let loopback = "127.0.0.0/8".parse().map_err(DemoError::machine)?;
        let settings = ServerSettings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            workers: options.workers,
            journal: Some(self.directory.journal()),
            clock: day.clock(),
            egress: EgressSettings {
                allow: vec![loopback],
                ..EgressSettings::default()
            },
            ..ServerSettings::default()
        };
        let server = Server::bind(&settings, built, assembler).await;
        let server = server.map_err(DemoError::machine)?;
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let problems = ProblemLog::default();
        let mut readers = BTreeMap::new();
        let mut companies = Vec::new();
        for scene in scenes {
            let (reader, replies) = mpsc::unbounded_channel();
            readers.insert(scene.company.clone(), reader);
            companies.push((scene, replies));
        }
        let sink = Sink::new(self.files.secrets, readers, problems.clone());
        tokio::spawn(sink.clone().serve(self.webhook));
        Ok(RunningDemo {
            address,
            day,
            companies,
            sink,
            problems,
            stop,
            serving,
        })
    }
}

/// A demo whose server runs.
pub struct RunningDemo {
    /// Where the server listens.
    pub address: SocketAddr,
    /// The day to play.
    pub day: Day,
    companies: Vec<(Scene, mpsc::UnboundedReceiver<Value>)>,
    sink: Sink,
    problems: ProblemLog,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<ShutdownReport>,
}

impl RunningDemo {
    /// Play the day, once. Returns when everything the server accepted is
    /// decided and delivered, or 20 s after the last progress.
    ///
    /// # Errors
    /// When embedded content is invalid or a simulated person panics.
    pub async fn play(&mut self, observer: Arc<dyn Observer>) -> Result<DayReport, DemoError> {
        let companies = std::mem::take(&mut self.companies);
        simulation::play(
            self.day,
            self.address,
            companies,
            &self.sink,
            &self.problems,
            observer,
        )
        .await
    }

    /// Stop the server after it has finished the requests in progress.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

/// What each company plays: its own interactions, or one company a file's.
fn scenes(
    input: Option<(&'static str, Vec<Value>)>,
    names: &[String],
    day: &Day,
) -> Result<Vec<Scene>, DemoError> {
    let mut crews = content::crews()?;
    let mut scenes = Vec::new();
    for (file, company) in content::COMPANIES.into_iter().zip(names) {
        let arrivals = match &input {
            None => customers::on_their_dates(content::interactions(file)?, day)?,
            Some((chosen, rows)) if *chosen == file => customers::spread(rows.clone(), day),
            Some(_) => continue,
        };
        let missing = || DemoError::content("crews.toml", format!("[{file}] is missing"));
        let crew = crews.remove(file).ok_or_else(missing)?;
        scenes.push(Scene {
            company: company.clone(),
            arrivals,
            drafts: content::drafts(file)?,
            crew,
        });
    }
    Ok(scenes)
}
