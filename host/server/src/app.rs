//! What every request has at hand.

use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use jiff::SignedDuration;
use patchbay_desk::setups::Setups;
use patchbay_desk::{Desk, Load, LoadBounds};
use patchbay_engine::engine::Engine;
use patchbay_outbound::courier::Courier;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tokio::time::interval;

use crate::access::Access;
use crate::body::{self, Budget};
use crate::companies::Companies;
use crate::draining::Draining;
use crate::json;
use crate::problem::{Kind, Problem};
use crate::settings::ServerSettings;
use crate::telemetry::{Shed, Telemetry};
use crate::tls::Tls;
use crate::turns::Turns;
use crate::watching::Noticed;
use crate::workers::Workers;

/// How often what is old is let go, where the settings say when.
const COMPACT: Duration = Duration::from_secs(3_600);

/// Checks of what somebody types, counted by whoever types where.
pub(crate) type Typing = RateLimiter<String, HashMapStateStore<String>, DefaultClock>;
/// How many there may be.
pub(crate) const TYPING: Quota = Quota::per_second(NonZeroU32::new(4).unwrap());

/// What every request has at hand.
pub(crate) struct App {
    pub(crate) settings: ServerSettings,
    pub(crate) engine: Engine,
    pub(crate) companies: Arc<Companies>,
    pub(crate) workers: Workers,
    pub(crate) bodies: Budget,
    /// How the server proves who it is; absent: it speaks plain HTTP.
    pub(crate) tls: Option<Arc<Tls>>,
    /// Who may ask.
    pub(crate) access: Access,
    /// How often each agent has checked what they type.
    pub(crate) typing: Typing,
    pub(crate) telemetry: Arc<Telemetry>,
    /// Changes whenever something was added to a feed, or the server stops.
    pub(crate) changes: watch::Sender<u64>,
    pub(crate) desk: Option<Arc<Desk>>,
    /// The companies' setups, where there is a journal.
    pub(crate) setups: Option<Setups>,
    /// Who may change which now, so that what decides here and at the desk is
    /// the same.
    pub(crate) turns: Turns,
    /// What became of the company files that are watched.
    pub(crate) watched: Noticed,
    /// Empties the outbox, where there is one.
    pub(crate) courier: Option<Arc<Courier>>,
    pub(crate) stopping: AtomicBool,
    /// Whether it takes nothing in.
    pub(crate) draining: Draining,
}

impl App {
    /// Whether the server was told to stop.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// How much is asked of the host at this moment: of the desk, or of the
    /// threads that answer requests.
    pub(crate) fn load(&self) -> Load {
        let room = self.workers.room().in_all;
        let bounds = LoadBounds {
            busy: (room / 4).max(1),
            full: (room / 2).max(1),
            ..LoadBounds::default()
        };
        // How long they wait is for their deadlines to say.
        let load = bounds.load(self.workers.waiting(), Duration::ZERO);
        self.desk
            .as_ref()
            .map_or(load, |desk| desk.load().max(load))
    }

    /// The desk, where the server keeps one.
    pub(crate) fn desk(&self) -> Result<Arc<Desk>, Problem> {
        self.desk.clone().ok_or_else(|| {
            Problem::of(Kind::NoJournal)
                .detail("it decides and keeps nothing; set path under [journal] in its settings")
        })
    }

    /// Let go what is old now and then, where the settings say when.
    pub(crate) fn retain(self: &Arc<App>) -> Option<impl Future<Output = ()> + Send + use<>> {
        let kept = self.settings.journal.as_ref()?.retain?;
        let age = SignedDuration::from_secs(kept.0.into());
        let app = Arc::clone(self);
        Some(async move {
            let mut ticks = interval(COMPACT);
            loop {
                ticks.tick().await;
                let done = app.read(move |desk| {
                    let before = desk.now().checked_sub(age).unwrap_or_default();
                    Ok(desk.journal().compact(before)?)
                });
                match done.await {
                    Ok(gone) if gone.conversations > 0 => tracing::info!(
                        conversations = gone.conversations,
                        "conversations were let go: they are older than the settings keep them"
                    ),
                    Ok(_) => {}
                    // What went wrong was logged where it did.
                    Err(_) => tracing::error!(
                        "what is older than the settings keep could not be let go; it is tried again within the hour"
                    ),
                }
            }
        })
    }

    /// A request's body as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        self.large_json(request, self.settings.body_limit).await
    }

    /// The same, of a body that may be larger than others.
    pub(crate) async fn large_json<T: DeserializeOwned>(
        &self,
        request: Request,
        limit: u64,
    ) -> Result<T, Problem> {
        let time = self.settings.request_timeout;
        let body = body::read(request, limit, time, &self.bodies).await?;
        json::read(&body)
    }

    /// Count a check of what somebody types: not too many a second.
    pub(crate) fn typing(
        &self,
        company: &str,
        conversation: &str,
        by: &str,
    ) -> Result<(), Problem> {
        let who = format!("{company}\u{0}{conversation}\u{0}{by}");
        self.typing.check_key(&who).map_err(|_| {
            Problem::of(Kind::TooMany)
                .shed(Shed::Typing)
                .detail("a reply is checked at most 4 times a second while it is typed")
        })
    }

    /// Count deliveries to a company that are not right.
    pub(crate) fn refused(&self, company: &str, deliveries: usize) {
        if self.companies.get(company).is_some() {
            self.telemetry.refused(company, deliveries);
        }
    }

    /// Look something up in the journal, off the threads that speak to
    /// clients.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let desk = self.desk()?;
        tokio::task::spawn_blocking(move || look(&desk))
            .await
            .map_err(|_| Problem::of(Kind::Internal))?
    }
}
