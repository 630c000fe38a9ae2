//! The demo: serves three invented companies with a journal on disk and plays a
//! working day at their desks. Customers write on X, Facebook, WhatsApp, by mail and
//! in the chat of a site, in deliveries that are signed as the providers sign them;
//! agents with their habits accept and answer over the HTTP API, supervisors approve.
//! Stand-ins for the providers on loopback take the replies, and a webhook the notices.
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
mod networks;
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

use patchbay_config::bound::{Bound, BoundSettings, Scope};
use patchbay_config::file_problem::FileProblem;
use patchbay_generations::Environment;
use patchbay_generations::assemble::{AssembledGeneration, Assembler};
use patchbay_outbound::egress::EgressSettings;
use patchbay_server::{Server, ServerSettings, ShutdownReport};
use serde_json::Value;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use company_files::{CompanyFile, CompanyFiles};
use demo_directory::DemoDirectory;
use networks::{MailServer, Provider, StandInAddresses};
use office::CompanyScript;
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
    listeners: Listeners,
    problems: ProblemLog,
}

/// Where the demo's stand-ins listen, on loopback.
struct Listeners {
    /// For the webhooks of targets.
    webhook: TcpListener,
    /// For the APIs of providers.
    api: TcpListener,
    /// For the companies' mail servers.
    mail: TcpListener,
}

impl Listeners {
    async fn bind() -> std::io::Result<Listeners> {
        let any_port = (Ipv4Addr::LOCALHOST, 0);
        Ok(Listeners {
            webhook: TcpListener::bind(any_port).await?,
            api: TcpListener::bind(any_port).await?,
            mail: TcpListener::bind(any_port).await?,
        })
    }

    fn files(&self, problems: &ProblemLog) -> Result<CompanyFiles, DemoError> {
        let address = |listener: &TcpListener| listener.local_addr().map_err(DemoError::machine);
        let stand_ins = StandInAddresses {
            api: address(&self.api)?,
            mail: address(&self.mail)?,
        };
        CompanyFiles::for_demo(address(&self.webhook)?, stand_ins, problems)
    }
}

impl Demo {
    /// Empty the directory if an earlier demo wrote it, and write settings and
    /// company files into it.
    ///
    /// # Errors
    /// When the directory is not a demo's, or a file or port is refused.
    pub async fn prepare(directory: &Path, pack: &Path) -> Result<Demo, DemoError> {
        let directory = DemoDirectory::create(directory, &content::COMPANIES)?;
        let listeners = Listeners::bind().await.map_err(DemoError::machine)?;
        let problems = ProblemLog::default();
        let files = listeners.files(&problems)?;
        let texts = files.files.iter();
        let texts = texts.map(|file| (file.name, file.text.as_str()));
        directory.write_settings(pack, texts)?;
        Ok(Demo {
            directory,
            files,
            listeners,
            problems,
        })
    }

    /// Build every company. Takes as long as compiling the pack does.
    ///
    /// # Errors
    /// When a company file is rejected.
    pub fn build(&self, assembler: &Assembler) -> Result<Vec<AssembledGeneration>, DemoError> {
        let built = self.files.files.iter().map(|file| {
            let built = assembler.build_text(&file.text, Path::new("."), 1);
            built.map_err(|findings| DemoError::Company {
                name: file.name,
                text: file.text.clone(),
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
        let CompanyFiles { files, secrets } = self.files;
        let variables = files.iter().flat_map(|file| file.networks.variables());
        let environment = Environment::of(variables);
        let (mut readers, mut networks) = (BTreeMap::new(), BTreeMap::new());
        for (file, company) in files.iter().zip(&names) {
            readers.insert(company.clone(), file.reader.clone());
            networks.insert(company.clone(), Arc::clone(&file.networks));
        }
        let scenes = scenes(options.input, files, &names, &day)?;
        let loopback = "127.0.0.0/8".parse().map_err(DemoError::machine)?;
        let settings = ServerSettings {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            workers: options.workers,
            journal: Some(self.directory.journal()),
            clock: day.clock(),
            environment,
            egress: EgressSettings {
                allow: vec![loopback],
                ..EgressSettings::default()
            },
            bounds: bounds(),
            ..ServerSettings::default()
        };
        let server = Server::bind(&settings, built, assembler).await;
        let server = server.map_err(DemoError::machine)?;
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let (listeners, problems) = (self.listeners, self.problems);
        let sink = Sink::new(secrets, readers, problems.clone());
        tokio::spawn(sink.clone().serve(listeners.webhook));
        let mail = MailServer::new(networks.values().cloned().collect(), problems.clone());
        tokio::spawn(mail.serve(listeners.mail));
        tokio::spawn(Provider::new(networks, problems.clone()).serve(listeners.api));
        Ok(RunningDemo {
            address,
            day,
            scenes,
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
    scenes: Vec<Scene>,
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
        let scenes = std::mem::take(&mut self.scenes);
        simulation::play(
            self.day,
            self.address,
            scenes,
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

/// The default bounds, but for those of one address of visitors: all of them write from
/// this machine.
fn bounds() -> BoundSettings {
    let mut bounds = BoundSettings::default();
    bounds.set(Bound::ChatSessions, Scope::Item, 10_000);
    bounds.set(Bound::ChatRequests, Scope::Item, 1_000_000);
    bounds.set(Bound::ChatClientStreams, Scope::Token, 10_000);
    bounds.set(Bound::ChatClientPolls, Scope::Token, 10_000);
    bounds
}

/// What each company plays: its own interactions, or one company a file's.
fn scenes(
    input: Option<(&'static str, Vec<Value>)>,
    files: Vec<CompanyFile>,
    names: &[String],
    day: &Day,
) -> Result<Vec<Scene>, DemoError> {
    let mut crews = content::crews()?;
    let mut scenes = Vec::new();
    for (file, company) in files.into_iter().zip(names) {
        let name = file.name;
        let arrivals = match &input {
            None => customers::on_their_dates(content::interactions(name)?, day)?,
            Some((chosen, rows)) if *chosen == name => customers::spread(rows.clone(), day),
            Some(_) => continue,
        };
        let missing = || DemoError::content("crews.toml", format!("[{name}] is missing"));
        let crew = crews.remove(name).ok_or_else(missing)?;
        scenes.push(Scene {
            script: CompanyScript {
                company: company.clone(),
                networks: file.networks,
                crew,
                drafts: content::drafts(name)?,
            },
            arrivals,
            replies: file.replies,
        });
    }
    Ok(scenes)
}
