//! A bound server: runs until it is told to shut down, then stops in order.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use patchbay_gateway::Pollers;
use patchbay_http::connections::Connections;
use patchbay_lmtp::{Listener as LmtpListener, LmtpServer};
use patchbay_service::Companies;
use patchbay_service::alerts;
use patchbay_service::app::App;
use patchbay_service::statistics;
use patchbay_watcher::CompanyFileWatcher;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio::time::{interval, timeout};

use crate::company_mailboxes::CompanyMailboxes;
use crate::polled_companies::PolledCompanies;
use crate::router::router;

/// How often counters and limiters that are no longer needed are dropped.
const CLEANUP_INTERVAL: Duration = Duration::from_secs(5);

/// A server whose address is bound, and which does not accept connections yet.
pub struct BoundServer {
    pub(crate) app: Arc<App>,
    pub(crate) listener: TcpListener,
    pub(crate) address: SocketAddr,
    /// Where mail servers deliver; absent: nowhere.
    pub(crate) lmtp: Option<LmtpListener>,
}

/// How a server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShutdownReport {
    /// Connections that were closed although a request was in progress.
    pub abandoned: usize,
}

impl BoundServer {
    /// The bound address; its port is never 0.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The companies and their active generations.
    pub fn companies(&self) -> &Arc<Companies> {
        &self.app.companies
    }

    /// Serve until `shutdown` completes. Then accept nothing more, let requests
    /// in progress finish for as long as the settings allow, and return.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> ShutdownReport {
        let BoundServer {
            app,
            listener,
            address,
            lmtp,
        } = self;
        tracing::info!(%address, companies = app.companies.len(), "serving");
        let watcher = app
            .settings
            .watch
            .then(|| CompanyFileWatcher::new(Arc::clone(&app) as _).run());
        let mut tasks = vec![tokio::spawn(clean_up(Arc::clone(&app)))];
        tasks.push(tokio::spawn(alerts::watch(Arc::clone(&app))));
        tasks.push(tokio::spawn(statistics::watch(Arc::clone(&app))));
        tasks.extend(app.retention().map(tokio::spawn));
        tasks.extend(app.removed_files().map(tokio::spawn));
        tasks.extend(watcher.map(tokio::spawn));
        tasks.extend(app.tls.clone().map(|tls| tokio::spawn(tls.watch())));
        let router = router(Arc::clone(&app));
        let connections = Connections::new(
            router,
            app.tls.clone(),
            &app.settings,
            Arc::clone(&app.telemetry),
        );
        let lmtp = lmtp.map(|listener| {
            tracing::info!(address = %listener.address(), "mail servers deliver by LMTP");
            let mailboxes = CompanyMailboxes::of(Arc::clone(&app));
            listener.start(Arc::new(mailboxes), Arc::clone(&app.lmtp))
        });
        let pollers = start_pollers(&app);
        tokio::select! {
            () = connections.accept(&listener) => {}
            () = shutdown => {}
        }
        drop(listener);
        let abandoned = stop(&app, &connections, lmtp, pollers).await;
        for task in tasks {
            task.abort();
        }
        if let Some(journal) = &app.settings.journal {
            // Without the file the command line opens the journal itself.
            let _ = std::fs::remove_file(journal.address());
        }
        if abandoned > 0 {
            tracing::warn!(
                abandoned,
                "closed connections with requests in progress: `shutdown` ran out"
            );
        }
        tracing::info!("stopped");
        ShutdownReport { abandoned }
    }
}

/// How much longer than `shutdown` the desk may take to stop.
const DESK_STOP: Duration = Duration::from_secs(5);
/// How much longer than `shutdown` the renewals of access tokens under way may take. It is
/// how long a provider may take to answer: the refresh token that it was sent is void then,
/// and a person has to get another where what replaces it is lost.
const RENEWALS_STOP: Duration = Duration::from_secs(15);

async fn clean_up(app: Arc<App>) {
    let mut ticks = interval(CLEANUP_INTERVAL);
    loop {
        ticks.tick().await;
        app.drop_retired_counters();
        app.typing.retain_recent();
        app.typing.shrink_to_fit();
        app.chat_limits.retain_recent();
        app.sign_in_limit.retain_recent();
    }
}

/// Starts to ask the providers of companies; `None` without a journal.
fn start_pollers(app: &Arc<App>) -> Option<Pollers> {
    let gateway = Arc::clone(app.gateway.as_ref()?);
    let host = PolledCompanies::of(Arc::clone(app));
    Some(Pollers::start(gateway, Arc::new(host), app.egress.clone()?))
}

/// Stops connections, those of mail servers too, pollers, threads, courier, renewals of
/// access tokens and desk in this order; the number of connections that were closed with a request in progress.
async fn stop(
    app: &App,
    connections: &Connections,
    lmtp: Option<LmtpServer>,
    pollers: Option<Pollers>,
) -> usize {
    app.stopping.store(true, Ordering::Relaxed);
    app.notify_followers();
    if let Some(generations) = &app.generations {
        generations.stop();
    }
    app.changes.close();
    tracing::info!("stopping: waiting for requests in progress");
    let until = Instant::now() + app.settings.shutdown;
    if let Some(pollers) = pollers {
        pollers.stop(app.settings.shutdown).await;
    }
    let mails = async {
        if let Some(lmtp) = lmtp {
            lmtp.stop(app.settings.shutdown).await;
        }
    };
    let (abandoned, ()) = tokio::join!(connections.finish(app.settings.shutdown), mails);
    let left = until.saturating_duration_since(Instant::now());
    if !app.workers.stop(left).await {
        tracing::warn!("a decision still runs; its own limits end it");
    }
    let left = until.saturating_duration_since(Instant::now());
    if !app.changes.stop(left).await {
        tracing::warn!("a change of a generation still runs; nothing of it is stored");
    }
    let left = until.saturating_duration_since(Instant::now());
    if !app.what_if.stop(left).await {
        tracing::warn!("a repeated decision still runs; its own limits end it");
    }
    let statistics = Arc::clone(&app.statistics);
    // A panic has been logged.
    let _ = spawn_blocking(move || statistics.stop()).await;
    if let Some(gateway) = &app.gateway {
        gateway.stop_sending();
    }
    if let Some(courier) = &app.courier {
        let left = courier.stop().await;
        if left > 0 {
            tracing::warn!(
                left,
                "deliveries in progress were cut off; they are repeated after the next start"
            );
        }
    }
    if let Some(gateway) = &app.gateway {
        let left = until.saturating_duration_since(Instant::now());
        let left = gateway.finish_renewals(left + RENEWALS_STOP).await;
        if left > 0 {
            tracing::error!(
                left,
                "renewals of access tokens were cut off; a connection whose refresh token was replaced meanwhile needs a new one"
            );
        }
    }
    if let Some(desk) = app.desk.clone() {
        // Undecided inputs stay in the journal.
        let left = until.saturating_duration_since(Instant::now());
        let stopped = timeout(left + DESK_STOP, spawn_blocking(move || desk.stop())).await;
        match stopped {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => tracing::error!("the desk panicked while stopping"),
            Err(_) => tracing::warn!(
                "passes still run and are abandoned; they are repeated after the next start"
            ),
        }
    }
    if let Some(exporter) = app.telemetry.exporter() {
        exporter.stop().await;
    }
    abandoned
}
