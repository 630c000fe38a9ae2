//! A server's life: bound, running, stopping, finished.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use patchbay_desk::setups::Setups;
use patchbay_desk::{Desk, DeskError, DeskSettings};
use patchbay_generation::assemble::{Assembler, Built, Rejected};
use patchbay_journal::{Journal, JournalError, Options, SqliteJournal};
use patchbay_outbound::courier::{Courier, CourierSettings};
use patchbay_outbound::egress::Egress;
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::interval;

use crate::access::Access;
use crate::app::{App, TYPING, Typing};
use crate::body::Budget;
use crate::carrying::Outbox;
use crate::companies::Companies;
use crate::connections::{self, Connections};
use crate::draining::Draining;
use crate::oidc::{Issuer, Patience};
use crate::settings::ServerSettings;
use crate::starting::Begun;
use crate::telemetry::{Collector, Telemetry};
use crate::tls::{Tls, TlsError};
use crate::turns::Turns;
use crate::watching::{Noticed, Watch};
use crate::workers::Workers;
use crate::{guard, routes, starting};

/// Connections the system may keep for us until we accept them.
const BACKLOG: u32 = 4096;
/// How often what is not of use any more is let go.
const TIDY: Duration = Duration::from_secs(5);
/// Stack of a deciding thread beside what a policy may use.
const OWN_STACK: usize = 2 << 20;

/// Why a server does not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Anybody on the network could ask.
    #[error(
        "will not listen on {address}: without tokens anybody who reaches it could ask; listen on 127.0.0.1 or [::1], or make a token first: `patchbay token create --role operator`"
    )]
    NotLoopback {
        /// The address in the settings.
        address: SocketAddr,
    },
    /// The address cannot be had.
    #[error(
        "cannot listen on {address}: {error}; is another server running, or the port reserved?"
    )]
    Bind {
        /// The address in the settings.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// The journal cannot be opened.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A company's file is wrong, and there is nothing else it decides by.
    #[error("{0}")]
    Company(Rejected),
    /// The setup a company decides by cannot be built any more, and the
    /// settings say that nothing less than all will do.
    #[error(
        "company {company:?} decides by generation {number}, which cannot be built: {because}; without --strict the others are served, and `patchbay apply` gives it another"
    )]
    Setup {
        /// Name of the company.
        company: String,
        /// Number of the generation.
        number: u64,
        /// Why.
        because: String,
    },
    /// The desk cannot be opened.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The server cannot prove who it is.
    #[error("cannot speak TLS: {0}")]
    Tls(#[from] TlsError),
    /// A deciding thread cannot be started.
    #[error("cannot start the threads that decide: {0}; try fewer workers")]
    Workers(std::io::Error),
}

/// Makes servers.
#[derive(Debug)]
pub struct Server;

/// A server that has its address, and does not accept yet.
pub struct BoundServer {
    pub(crate) app: Arc<App>,
    listener: TcpListener,
    address: SocketAddr,
}

/// How a server's life ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Connections that were cut off because what they waited for did not
    /// finish in time; 0 where everything begun was finished.
    pub abandoned: usize,
}

/// What a server decides with.
struct Opened {
    companies: Arc<Companies>,
    desk: Option<Arc<Desk>>,
    setups: Option<Setups>,
}

/// Open the desk of the settings, if they name a journal.
fn open(
    settings: &ServerSettings,
    files: Vec<Built>,
    rejected: Vec<Rejected>,
    assembler: Assembler,
    telemetry: &Arc<Telemetry>,
) -> Result<Opened, ServeError> {
    let Some(journal) = &settings.journal else {
        for file in &files {
            telemetry.listen(&file.generation);
        }
        let all = files.into_iter().map(|file| Arc::new(file.generation));
        return Ok(Opened {
            companies: Arc::new(Companies::of(all)),
            desk: None,
            setups: None,
        });
    };
    let options = Options {
        lanes: u16::try_from(settings.workers).unwrap_or(u16::MAX),
        backlog_per_company: journal.backlog,
        backlog: settings.admission.backlog,
        ..Options::new(&journal.path, &journal.key)
    };
    let stack = assembler.engine().settings().stack;
    let opened: Arc<dyn Journal> = Arc::new(SqliteJournal::open(&options)?);
    let setups = Setups::of(assembler, Arc::clone(&opened));
    let Begun {
        generations,
        unready,
    } = starting::setups(&*opened, &setups, files, rejected, settings.strict)?;
    let desk_settings = DeskSettings {
        workers: settings.workers,
        stack,
        load: settings.admission.load,
        requests: settings.admission.requests_per_company,
        clock: settings.clock,
        observer: Arc::clone(telemetry) as _,
        ..DeskSettings::default()
    };
    let desk = Arc::new(Desk::open_trying(
        opened,
        generations.clone(),
        setups.on_trial()?,
        desk_settings,
    )?);
    for one in &unready {
        desk.expect(&one.name, one.company);
    }
    let unready = unready.into_iter().map(|one| (one.name, one.because));
    let setups = setups.followed_by(Arc::clone(&desk));
    Ok(Opened {
        companies: Arc::new(Companies::of(generations).without(unready)),
        desk: Some(desk),
        setups: Some(setups),
    })
}

/// The way out that the settings allow.
async fn way_out(settings: &ServerSettings) -> Result<Egress, ServeError> {
    let egress = settings.egress.clone();
    // Reads the system's certificate authorities.
    tokio::task::spawn_blocking(move || Egress::new(egress))
        .await
        .map_err(|error| ServeError::Workers(std::io::Error::other(error)))
}

/// Start emptying the outbox.
fn start_courier(desk: &Arc<Desk>, egress: Egress) -> Arc<Courier> {
    let outbox = Arc::new(Outbox::of(Arc::clone(desk)));
    let runtime = Handle::current();
    let courier = Courier::start(&runtime, outbox, CourierSettings::default(), egress);
    Arc::new(courier)
}

impl Server {
    /// Take the address and start the threads that decide. Call it in a tokio
    /// runtime.
    ///
    /// # Errors
    /// [`ServeError`]; nothing is left behind.
    pub async fn bind(
        settings: &ServerSettings,
        companies: Vec<Built>,
        assembler: Assembler,
    ) -> Result<BoundServer, ServeError> {
        Server::start(settings, companies, Vec::new(), assembler).await
    }

    /// The same; some companies' files are wrong.
    pub(crate) async fn start(
        settings: &ServerSettings,
        files: Vec<Built>,
        rejected: Vec<Rejected>,
        assembler: Assembler,
    ) -> Result<BoundServer, ServeError> {
        let engine = assembler.engine().clone();
        let address = settings.listen;
        let needs_token = !guard::may_listen(address);
        // Only a journal keeps tokens.
        if needs_token && settings.journal.is_none() && !settings.knows_others() {
            return Err(ServeError::NotLoopback { address });
        }
        let tls = settings
            .tls
            .as_ref()
            .map(Tls::of)
            .transpose()?
            .map(Arc::new);
        connections::raise_file_limit(settings.connections);
        let (listener, address) =
            listen(address).map_err(|error| ServeError::Bind { address, error })?;
        let stack = OWN_STACK + engine.settings().stack;
        let workers = Workers::start(settings.workers, settings.room(), stack)
            .map_err(ServeError::Workers)?;
        // Reads what was left undecided: not for a thread that serves others.
        let opening = settings.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let telemetry = Telemetry::new(Collector::of(&opening.telemetry));
            let telemetry = Arc::new(telemetry);
            let opened = open(&opening, files, rejected, assembler, &telemetry)?;
            Ok::<_, ServeError>((opened, telemetry))
        });
        let (opened, telemetry) = opened
            .await
            .map_err(|error| ServeError::Workers(std::io::Error::other(error)))??;
        let Opened {
            companies,
            desk,
            setups,
        } = opened;
        let access = match &desk {
            Some(desk) => Access::load(&**desk.journal()).map_err(ServeError::Journal)?,
            None => Access::default(),
        };
        let egress = match desk.is_some() || settings.oidc.is_some() {
            true => Some(way_out(settings).await?),
            false => None,
        };
        let issuer = settings.oidc.clone().zip(egress.clone());
        let issuer = issuer.map(|(oidc, egress)| Issuer::of(oidc, egress, Patience::default()));
        let access = access.trusting(issuer).knowing(settings.tls.as_ref());
        if needs_token && !access.is_guarded() {
            return Err(ServeError::NotLoopback { address });
        }
        if needs_token && tls.is_none() {
            tracing::warn!(%address, "tokens cross the network as they are shown: set [tls], or put a proxy that speaks TLS in front");
        }
        let changes = watch::Sender::new(0);
        let mut courier = None;
        if let (Some(desk), Some(egress)) = (&desk, egress) {
            let started = start_courier(desk, egress);
            let (changes, wakes) = (changes.clone(), Arc::clone(&started));
            desk.on_commit(move |news| {
                changes.send_modify(|number| *number += 1);
                if news.outbox {
                    wakes.wake();
                }
            });
            courier = Some(started);
        }
        if let Some(journal) = &settings.journal
            && let Err(error) = std::fs::write(journal.address(), address.to_string())
        {
            tracing::warn!(%error, "where it listens is not written down; the command line looks at the address in the settings");
        }
        Ok(BoundServer {
            app: Arc::new(App {
                settings: settings.clone(),
                engine,
                companies,
                workers,
                bodies: Budget::of(settings.body_budget),
                tls,
                access,
                typing: Typing::hashmap(TYPING),
                telemetry,
                changes,
                desk,
                setups,
                turns: Turns::default(),
                watched: Noticed::default(),
                courier,
                stopping: AtomicBool::new(false),
                draining: Draining::default(),
            }),
            listener,
            address,
        })
    }
}

fn listen(address: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A server started again takes the port although old connections linger.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

impl BoundServer {
    /// The address, with the port the system chose where the settings say 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The companies; a generation put here decides from then on.
    pub fn companies(&self) -> &Arc<Companies> {
        &self.app.companies
    }

    /// Serve until `shutdown` completes; then accept nothing more, finish what
    /// was begun within the settings' bound, and return.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Finished {
        let BoundServer {
            app,
            listener,
            address,
        } = self;
        tracing::info!(%address, companies = app.companies.len(), "serving");
        let tidied = Arc::clone(&app);
        let tidying = tokio::spawn(async move {
            let mut ticks = interval(TIDY);
            loop {
                ticks.tick().await;
                tidied.telemetry.tidy(&tidied.companies);
                // Whoever has not typed lately is not counted any more.
                tidied.typing.retain_recent();
                tidied.typing.shrink_to_fit();
            }
        });
        let compacting = app.retain().map(tokio::spawn);
        let watching = app
            .settings
            .watch
            .then(|| tokio::spawn(Watch::of(Arc::clone(&app)).keep_looking()));
        let keeping = app.tls.clone().map(|tls| tokio::spawn(tls.keep_fresh()));
        let router = routes::router(Arc::clone(&app));
        let connections = Connections::new(router, app.tls.clone(), &app.settings);
        tokio::select! {
            () = connections.accept(&listener) => {}
            () = shutdown => {}
        }
        drop(listener);
        app.stopping.store(true, Ordering::Relaxed);
        app.changes.send_modify(|number| *number += 1);
        if let Some(setups) = &app.setups {
            setups.stop();
        }
        tracing::info!("stopping: finishing what was begun");
        let until = Instant::now() + app.settings.shutdown;
        let abandoned = connections.finish(app.settings.shutdown).await;
        let left = until.saturating_duration_since(Instant::now());
        if !app.workers.stop(left).await {
            tracing::warn!("a decision still runs; it is left to its own limits");
        }
        if let Some(courier) = &app.courier {
            let left = courier.stop().await;
            if left > 0 {
                tracing::warn!(
                    left,
                    "what was being sent was cut off; it goes out again after the next start"
                );
            }
        }
        if let Some(desk) = app.desk.clone() {
            // What was taken in and not decided about waits in the journal.
            let stopped = tokio::task::spawn_blocking(move || desk.stop()).await;
            if stopped.is_err() {
                tracing::error!("the desk did not stop in order");
            }
        }
        if let Some(collector) = app.telemetry.collector() {
            collector.stop().await;
        }
        tidying.abort();
        for task in compacting.into_iter().chain(watching).chain(keeping) {
            task.abort();
        }
        if let Some(journal) = &app.settings.journal {
            // Whoever finds it without a server asks the journal itself.
            let _ = std::fs::remove_file(journal.address());
        }
        if abandoned > 0 {
            tracing::warn!(
                abandoned,
                "connections were cut off: the time to finish ran out"
            );
        }
        tracing::info!("stopped");
        Finished { abandoned }
    }
}
