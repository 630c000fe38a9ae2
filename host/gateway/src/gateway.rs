//! The gateway of a host.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use patchbay_adapter::{CompanyKey, InboundWay, MessageIds, ReplyWindow};
use patchbay_desk::{Desk, DeskError};
use patchbay_generations::Environment;

use crate::connection::{Connection, ConnectionState};
use crate::connections::Connections;
use crate::poll_state::PollState;
use crate::renewals::Renewals;
use crate::sending_places::SendingPlaces;
use crate::stored_media::StoredMedia;
use crate::transcription::Transcriptions;

/// The connections of every company to the providers of its channels.
pub struct Gateway {
    pub(crate) desk: Arc<Desk>,
    connections: Connections,
    /// Most bytes of deliveries as they came that a company keeps.
    pub(crate) originals: u64,
    pub(crate) transcriptions: Transcriptions,
    pub(crate) renewals: Renewals,
    /// Places for files that are sent at once.
    pub(crate) sending_places: Arc<SendingPlaces>,
    pub(crate) stored_media: StoredMedia,
    /// Whether replies begin no further part.
    stopping: AtomicBool,
}

impl Gateway {
    /// The gateway to a desk. `environment` has the secrets of its connections. Of
    /// deliveries as they came, a company keeps at most `originals` bytes; 0: none.
    pub fn new(desk: Arc<Desk>, environment: Environment, originals: u64) -> Gateway {
        Gateway {
            desk,
            originals,
            transcriptions: Transcriptions::default(),
            renewals: Renewals::default(),
            sending_places: Arc::default(),
            stored_media: StoredMedia::default(),
            stopping: AtomicBool::new(false),
            connections: Connections::new(environment),
        }
    }

    /// The connections of a company.
    pub(crate) fn connections(&self, company: &str) -> Result<Vec<Arc<Connection>>, DeskError> {
        self.connections.of(&self.desk, company)
    }

    /// A connection of a company; `None` if it has none of that channel and name.
    pub(crate) fn connection(
        &self,
        company: &str,
        channel: &str,
        name: &str,
    ) -> Result<Option<Arc<Connection>>, DeskError> {
        let all = self.connections.of(&self.desk, company)?;
        let mut all = all.into_iter();
        Ok(all.find(|it| it.settings.adapter.name == channel && it.settings.name == name))
    }

    /// The connection of a webhook; `None` if the company has none of that channel and
    /// name, or its messages come another way: a web chat has none.
    pub(crate) fn webhook(
        &self,
        company: &str,
        channel: &str,
        name: &str,
    ) -> Result<Option<Arc<Connection>>, DeskError> {
        let connection = self.connection(company, channel, name)?;
        let has_one = |connection: &Arc<Connection>| {
            let settings = &connection.settings;
            settings.adapter.has_provider && settings.inbound() == InboundWay::Webhook
        };
        Ok(connection.filter(has_one))
    }

    /// The connections of an adapter.
    pub(crate) fn connections_of(
        &self,
        company: &str,
        adapter: &str,
    ) -> Result<Vec<Arc<Connection>>, DeskError> {
        let mut all = self.connections.of(&self.desk, company)?;
        all.retain(|connection| connection.settings.adapter.name == adapter);
        Ok(all)
    }

    /// Until when a channel takes a reply by a connection of the company;
    /// [`ReplyWindow::Unlimited`] where none sends its replies.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn reply_window(
        &self,
        company: &str,
        channel: &str,
        last_inbound: Option<Timestamp>,
    ) -> Result<ReplyWindow, DeskError> {
        let all = self.connections.of(&self.desk, company)?;
        let mut all = all.iter();
        let sends =
            |connection: &&Arc<Connection>| connection.settings.adapter.channels.contains(&channel);
        Ok(all.find(sends).map_or(ReplyWindow::Unlimited, |it| {
            it.settings.reply_window(channel, last_inbound)
        }))
    }

    /// Makes the ids of a channel's messages. Blocks.
    pub(crate) fn message_ids(
        &self,
        company: &str,
        channel: &str,
    ) -> Result<MessageIds, DeskError> {
        let key = self.desk.channels().message_key(company)?;
        Ok(MessageIds::new(&CompanyKey::new(*key), channel))
    }

    /// How long a request to a webhook may be; `None` if the company has no connection of
    /// that channel and name with one.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn body_limit(
        &self,
        company: &str,
        channel: &str,
        name: &str,
    ) -> Result<Option<BodyLimit>, DeskError> {
        let connection = self.webhook(company, channel, name)?;
        Ok(connection.map(|it| BodyLimit {
            bytes: it.settings.adapter.body_limit,
            is_stored: it.settings.adapter.files_within,
        }))
    }

    /// What each connection of a company did, and why it is not open.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn reports(&self, company: &str) -> Result<Vec<ConnectionReport>, DeskError> {
        let all = self.connections.of(&self.desk, company)?;
        let reports = all.iter().map(|connection| ConnectionReport {
            channel: connection.settings.adapter.name,
            name: connection.settings.name.clone(),
            inbound: connection.settings.inbound(),
            accounts: connection
                .settings
                .accounts()
                .into_iter()
                .map(str::to_owned)
                .collect(),
            url: connection.settings.webhook_url(company),
            path: connection.settings.webhook_path(company),
            problem: connection.adapter.as_ref().err().cloned(),
            state: connection.state(),
            poll: connection
                .settings
                .inbound()
                .is_polled()
                .then(|| connection.poll.state()),
        });
        Ok(reports.collect())
    }
}

impl Gateway {
    /// Tries a channel's connections again, or one of them, after its access was renewed:
    /// begins the next poll at once, and asks for an access token again. Returns how many
    /// are polled.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn try_now(
        &self,
        company: &str,
        channel: &str,
        name: Option<&str>,
    ) -> Result<u64, DeskError> {
        let mut polled = 0;
        for connection in self.connections_of(company, channel)? {
            if name.is_none_or(|name| connection.settings.name == name) {
                connection.tokens.retry();
                connection.poll.poll_now();
                polled += u64::from(connection.settings.inbound().is_polled());
            }
        }
        Ok(polled)
    }

    /// Replies begin no further part: what is left of them is sent after the next start. Called
    /// before the courier stops, which waits a short time for attempts in progress.
    pub fn stop_sending(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Begins no more renewals of access tokens, and waits for those under way, at most
    /// this long: what replaces a refresh token is stored before the desk stops. Returns
    /// how many are left.
    pub async fn finish_renewals(&self, limit: Duration) -> usize {
        self.renewals.finish(limit).await
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").finish_non_exhaustive()
    }
}

/// The limit of a request to a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyLimit {
    /// Most bytes of the body.
    pub bytes: usize,
    /// Whether the body is stored as it came. Sealing it takes its size once more.
    pub is_stored: bool,
}

/// A connection, for status, metrics and the command line.
#[derive(Clone, Debug)]
pub struct ConnectionReport {
    /// Name of the adapter.
    pub channel: &'static str,
    /// Name of the connection.
    pub name: String,
    /// How messages reach it.
    pub inbound: InboundWay,
    /// The accounts that its settings name.
    pub accounts: Vec<String>,
    /// URL of the webhook; `None` without one, or without a public URL.
    pub url: Option<String>,
    /// Path of the webhook, if it has one.
    pub path: Option<String>,
    /// Why it is not open.
    pub problem: Option<String>,
    /// What it did since the host started.
    pub state: ConnectionState,
    /// What its poller does, if the host must ask the provider.
    pub poll: Option<PollState>,
}
