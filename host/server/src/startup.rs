//! Starts a server: opens the journal and the desk, builds every company's
//! active generation, and binds the address.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::RwLock;
use patchbay_access::oidc::{Issuer, IssuerCacheTimes, SignInFlow};
use patchbay_access::{AccessControl, TlsTerminator};
use patchbay_config::bound::{Bound, Scope};
use patchbay_desk::{CacheBounds, Desk, DeskSettings, SearchSettings};
use patchbay_gateway::Gateway;
use patchbay_generations::assemble::{AssembledGeneration, Assembler, InvalidFile};
use patchbay_generations::service::GenerationService;
use patchbay_http::bounds::Bounds;
use patchbay_http::connections::raise_file_limit;
use patchbay_http::work_share::WorkShares;
use patchbay_http::workers::{QueueLimits, Workers};
use patchbay_journal::Journal;
use patchbay_lmtp::Listener as LmtpListener;
use patchbay_outbound::courier::{Courier, CourierSettings};
use patchbay_outbound::egress::Egress;
use patchbay_pack::trust::{TrustSource, Unsigned};
use patchbay_service::Companies;
use patchbay_service::alert_monitor::AlertMonitor;
use patchbay_service::app::{App, TYPING_QUOTA, TypingLimiter};
use patchbay_service::article_indexes::ArticleIndexes;
use patchbay_service::changes::ChangeQueue;
use patchbay_service::chat_limits::ChatLimits;
use patchbay_service::chat_signals::ChatSignals;
use patchbay_service::company_locks::CompanyLocks;
use patchbay_service::feed_signals::FeedSignals;
use patchbay_service::live_signals::LiveSignals;
use patchbay_service::sign_in_limit::SignInLimit;
use patchbay_service::statistics::StatisticsMonitor;
use patchbay_service::viewers::Viewers;
use patchbay_service::what_if::WhatIfJobs;
use patchbay_settings::{ServerSettings, read_client_secret};
use patchbay_telemetry::{SpanExporter, Telemetry};
use patchbay_watcher::WatchedFiles;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use crate::initial_generations::InitialGenerations;
use crate::outbox_adapter::DeskOutbox;
use crate::serve::BoundServer;
use crate::serve_error::ServeError;
use crate::start_check::requires_tokens;
use crate::{guard, storage_wait};

/// Connections the system queues until the server accepts them.
const BACKLOG: u32 = 4096;
/// Stack of a deciding thread beyond the stack limit of plugins, in bytes.
const OWN_STACK: usize = 2 << 20;

/// Binds servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Bind the address and start the deciding threads. Call it in a tokio
    /// runtime.
    ///
    /// # Errors
    /// [`ServeError`]; nothing keeps running.
    pub async fn bind(
        settings: &ServerSettings,
        companies: Vec<AssembledGeneration>,
        assembler: Assembler,
    ) -> Result<BoundServer, ServeError> {
        Server::bind_with_rejected(settings, companies, Vec::new(), assembler).await
    }

    /// [`Server::bind`] with company files that are invalid: their companies
    /// keep their stored generations.
    pub(crate) async fn bind_with_rejected(
        settings: &ServerSettings,
        files: Vec<AssembledGeneration>,
        rejected: Vec<InvalidFile>,
        assembler: Assembler,
    ) -> Result<BoundServer, ServeError> {
        let engine = assembler.engine().clone();
        let address = settings.listen;
        let needs_token = !guard::may_listen(address);
        // Only a journal stores tokens.
        if requires_tokens(settings) && settings.journal.is_none() {
            return Err(ServeError::NotLoopback { address });
        }
        let tls = settings.tls.as_ref().map(TlsTerminator::new).transpose()?;
        let tls = tls.map(Arc::new);
        raise_file_limit(settings.connections);
        let (listener, address) =
            listen(address).map_err(|error| ServeError::Bind { address, error })?;
        let lmtp = settings.lmtp.as_ref().map(LmtpListener::bind).transpose()?;
        let stack = OWN_STACK + engine.settings().stack;
        let limits = QueueLimits {
            total: settings.queue_length,
            per_company: settings.admission.queue_per_company,
            running_per_company: usize::MAX,
        };
        let workers = Workers::start("decide", settings.workers, limits, stack)
            .map_err(ServeError::Workers)?;
        let changes = ChangeQueue::start(&settings.bounds, stack).map_err(ServeError::Workers)?;
        let what_if = WhatIfJobs::start(stack).map_err(ServeError::Workers)?;
        let mut bounds = settings.bounds.clone();
        bounds.set(Bound::Bodies, Scope::Host, settings.body_budget);
        let bounds = Bounds::new(bounds);
        let journal = storage_wait::open_journal(settings, &listener, tls.as_ref()).await?;
        let opening = settings.clone();
        let opened = spawn_blocking(move || {
            let telemetry = Telemetry::new(SpanExporter::start(&opening.telemetry));
            OpenedDesk::open(
                &opening,
                journal,
                files,
                rejected,
                assembler,
                Arc::new(telemetry),
            )
        });
        let OpenedDesk {
            telemetry,
            companies,
            desk,
            generations,
            watched,
        } = opened.await.map_err(thread_failed)??;
        let access = match &desk {
            Some(desk) => AccessControl::load(&**desk.journal())?,
            None => AccessControl::default(),
        };
        let egress = match desk.is_some() || settings.oidc.is_some() {
            true => {
                let egress = settings.egress.clone();
                // Reads the system's certificate authorities.
                let egress = spawn_blocking(move || Egress::new(egress)).await;
                Some(egress.map_err(thread_failed)?)
            }
            false => None,
        };
        let (issuer, sign_in_flow) = issuer(settings, egress.as_ref())?;
        let access = access
            .with_issuer(issuer)
            .with_sign_in_flow(sign_in_flow)
            .with_certificates(settings.tls.as_ref());
        if needs_token && !access.is_guarded() {
            return Err(ServeError::NotLoopback { address });
        }
        if needs_token && tls.is_none() {
            tracing::warn!(%address, "tokens cross the network unencrypted: set [tls], or put a TLS proxy in front");
        }
        warn_without_trust_policy(&settings.trust);
        warn_of_unknown_companies(settings, &companies);
        let feeds = Arc::new(FeedSignals::default());
        let chat_signals = Arc::new(ChatSignals::default());
        let statistics = Arc::new(StatisticsMonitor::default());
        let originals = settings.journal.as_ref().map_or(0, |it| it.originals);
        let gateway = desk.as_ref().map(|desk| {
            Arc::new(Gateway::new(
                Arc::clone(desk),
                settings.environment.clone(),
                originals,
            ))
        });
        let connected = desk.as_ref().zip(gateway.as_ref()).zip(egress.clone());
        let courier = connected.map(|((desk, gateway), egress)| {
            let outbox = Arc::new(DeskOutbox::new(Arc::clone(desk), Arc::clone(gateway)));
            let courier = Courier::start(
                &Handle::current(),
                outbox,
                CourierSettings::default(),
                egress,
            );
            let courier = Arc::new(courier);
            let (feeds, woken) = (Arc::clone(&feeds), Arc::clone(&courier));
            let chats = Arc::clone(&chat_signals);
            let statistics = Arc::clone(&statistics);
            desk.on_commit(move |news| {
                feeds.wake(news.company);
                statistics.note_change(news.company);
                for thread in news.threads {
                    chats.wake(news.company, thread);
                }
                if news.outbox {
                    woken.wake();
                }
            });
            courier
        });
        if let Some(journal) = &settings.journal
            && let Err(error) = std::fs::write(journal.address(), address.to_string())
        {
            tracing::warn!(%error, "cannot write the server's address beside the journal; the command line uses the address in the settings");
        }
        let app = App {
            settings: settings.clone(),
            engine,
            companies,
            workers,
            changes,
            what_if,
            shares: WorkShares::new(&bounds),
            bounds,
            tls,
            access,
            typing: TypingLimiter::hashmap(TYPING_QUOTA),
            telemetry,
            feeds,
            chat_signals,
            sign_in_limit: SignInLimit::default(),
            chat_limits: ChatLimits::new(&settings.bounds),
            desk,
            generations,
            locks: CompanyLocks::default(),
            watched,
            alerts: AlertMonitor::default(),
            articles: ArticleIndexes::default(),
            statistics,
            viewers: Viewers::default(),
            live_signals: LiveSignals::default(),
            gateway,
            egress,
            lmtp: Arc::default(),
            courier,
            stopping: AtomicBool::new(false),
            drain: RwLock::default(),
        };
        Ok(BoundServer {
            app: Arc::new(app),
            listener,
            address,
            lmtp,
        })
    }
}

/// The issuer of the settings, and the sign-in by it.
fn issuer(
    settings: &ServerSettings,
    egress: Option<&Egress>,
) -> Result<(Option<Arc<Issuer>>, Option<SignInFlow>), ServeError> {
    let (Some(oidc), Some(egress)) = (&settings.oidc, egress) else {
        return Ok((None, None));
    };
    let times = IssuerCacheTimes::default();
    let issuer = Arc::new(Issuer::new(oidc.clone(), egress.clone(), times));
    let Some(sign_in) = &oidc.sign_in else {
        return Ok((Some(issuer), None));
    };
    let secret = sign_in.client_secret.as_ref();
    let secret = secret.map(|place| read_client_secret(place, &settings.environment));
    let (issuer_of_flow, secret) = (Arc::clone(&issuer), secret.transpose()?);
    let flow = SignInFlow::new(issuer_of_flow, sign_in, secret, egress.clone());
    Ok((Some(issuer), Some(flow)))
}

/// Says which companies have mail addresses and do not exist: their mails are deferred.
fn warn_of_unknown_companies(settings: &ServerSettings, companies: &Companies) {
    let known = companies.names();
    let named = settings.lmtp.iter().flat_map(|lmtp| lmtp.companies());
    for company in named.filter(|name| !known.iter().any(|known| known == name)) {
        tracing::warn!(
            company,
            "[lmtp.companies] names a company that this host does not have; mails to it wait at the mail server"
        );
    }
}

/// Says what a server without a trust policy accepts.
fn warn_without_trust_policy(trust: &TrustSource) {
    match trust {
        TrustSource::File(_) => {}
        TrustSource::Without(Unsigned::Allow) => tracing::warn!(
            "there is no trust policy: packs need no signature; name a policy under [trust] (docs/packs.md)"
        ),
        TrustSource::Without(Unsigned::Refuse) => tracing::warn!(
            "there is no trust policy: every new pack is refused; name a policy under [trust], or set unsigned = \"allow\" there (docs/packs.md)"
        ),
    }
}

fn thread_failed(error: tokio::task::JoinError) -> ServeError {
    ServeError::Workers(std::io::Error::other(error))
}

/// The companies, and the desk of the settings' journal.
struct OpenedDesk {
    telemetry: Arc<Telemetry>,
    companies: Arc<Companies>,
    desk: Option<Arc<Desk>>,
    generations: Option<GenerationService>,
    watched: WatchedFiles,
}

impl OpenedDesk {
    /// Opens the desk of a journal and resumes its undecided inputs. Blocks.
    fn open(
        settings: &ServerSettings,
        journal: Option<Arc<dyn Journal>>,
        files: Vec<AssembledGeneration>,
        rejected: Vec<InvalidFile>,
        assembler: Assembler,
        telemetry: Arc<Telemetry>,
    ) -> Result<OpenedDesk, ServeError> {
        let Some(journal) = journal else {
            for file in &files {
                telemetry.count_breakers(&file.generation);
            }
            let all = files.into_iter().map(|file| Arc::new(file.generation));
            return Ok(OpenedDesk {
                telemetry,
                companies: Arc::new(Companies::of(all)),
                desk: None,
                generations: None,
                watched: WatchedFiles::default(),
            });
        };
        let stack = assembler.engine().settings().stack;
        let service = GenerationService::of(assembler, Arc::clone(&journal));
        let InitialGenerations {
            ready,
            unready,
            strays,
        } = InitialGenerations::build(&*journal, &service, files, rejected, settings.strict)?;
        let desk_settings = DeskSettings {
            workers: settings.workers,
            stack,
            load: settings.admission.load,
            requests: settings.admission.requests_per_company,
            search: SearchSettings {
                is_on: settings.search,
                memory: CacheBounds {
                    company: settings.bounds.count(Bound::SearchWords, Scope::Company),
                    host: settings.bounds.count(Bound::SearchWords, Scope::Host),
                },
            },
            clock: settings.clock,
            accept_clock: settings.accept_clock,
            observer: Arc::clone(&telemetry) as _,
            ..DeskSettings::default()
        };
        let desk = Arc::new(Desk::open_with_rollouts(
            journal,
            ready.clone(),
            service.stored_rollouts()?,
            desk_settings,
        )?);
        for company in &unready {
            if let Some(id) = company.id {
                desk.register(&company.name, id);
            }
        }
        let watched = WatchedFiles::of_refused(&strays);
        let files = settings.company_files();
        watched.set_listing(files.used.len(), files.ignored().as_ref());
        // They were logged when the files were read.
        watched.set_unused(&files.unused);
        let unready = unready
            .into_iter()
            .map(|company| (company.name, company.reason));
        Ok(OpenedDesk {
            telemetry,
            companies: Arc::new(Companies::of(ready).with_unready(unready)),
            generations: Some(service.with_desk(Arc::clone(&desk) as _)),
            desk: Some(desk),
            watched,
        })
    }
}

fn listen(address: SocketAddr) -> std::io::Result<(TcpListener, SocketAddr)> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // A restarted server can bind although old connections linger.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
