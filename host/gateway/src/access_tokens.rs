//! The access tokens of a connection: got from the provider, kept until their end, and
//! shared by everything that asks with them.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use jiff::Timestamp;
use patchbay_adapter::poll::{PollFailure, PollFailureKind};
use patchbay_adapter::token::{KEPT_TOKEN_BYTES, NewToken, TokenRequest};
use patchbay_adapter::{Headers, Response, Secret, TokenSource};
use patchbay_config::web_address::WebAddress;
use patchbay_desk::DeskError;
use patchbay_journal::ConnectionRecordKind;
use patchbay_outbound::egress::{Egress, EgressRequest};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::gateway::Gateway;

/// How long a failure is the answer to everyone who asks: providers limit logins.
const FAILURE_PAUSE: Duration = Duration::from_secs(15);
/// The same where a person has to act. Some providers lock accounts.
const REFUSAL_PAUSE: Duration = Duration::from_secs(60);
const TOKEN: ConnectionRecordKind = ConnectionRecordKind::Token;
/// Bytes before what is kept: to which secrets it belongs.
const IDENTITY_BYTES: usize = 32;

/// The access tokens of a connection.
#[derive(Debug, Default)]
pub(crate) struct AccessTokens(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    /// Of the settings and secrets that the rest belongs to.
    identity: [u8; IDENTITY_BYTES],
    token: Option<(Secret, Instant)>,
    failure: Option<(PollFailure, Instant)>,
    /// What renews the token, where the journal could not store it.
    unstored: Option<Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("has_token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

impl AccessTokens {
    /// Forgets why there was no token, so that the next caller asks at once.
    pub(crate) fn retry(&self) {
        // While it is locked, the provider is being asked.
        if let Ok(mut held) = self.0.try_lock() {
            held.failure = None;
        }
    }
}

/// What the tokens of a connection need: where they are kept, and the way out.
#[derive(Clone)]
pub(crate) struct TokenAccess {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) company: Arc<str>,
    pub(crate) connection: Arc<Connection>,
    pub(crate) egress: Egress,
}

/// A token, and whether the provider gave it just now.
pub(crate) struct HeldToken {
    pub(crate) token: Secret,
    pub(crate) is_fresh: bool,
}

impl TokenAccess {
    /// The token of a source; `None` without a source. One caller at a time asks the
    /// provider, and the others get what it got.
    ///
    /// # Errors
    /// The provider gives none, now or a moment ago.
    pub(crate) async fn token(
        &self,
        source: Option<&TokenSource>,
    ) -> Result<Option<HeldToken>, PollFailure> {
        let Some(source) = source else {
            return Ok(None);
        };
        let mut held = Arc::clone(&self.connection.tokens.0).lock_owned().await;
        let identity = source.provider().identity();
        if held.identity != identity {
            *held = Held {
                identity,
                ..Held::default()
            };
        }
        let now = Instant::now();
        if let Some((token, until)) = &held.token
            && *until > now
        {
            let (token, is_fresh) = (token.clone(), false);
            return Ok(Some(HeldToken { token, is_fresh }));
        }
        if let Some((failure, until)) = &held.failure
            && *until > now
        {
            return Err(failure.clone());
        }
        let Some(renewal) = self.gateway.renewals.begin() else {
            let problem = "the host stops, and renews no access token any more";
            return Err(PollFailure::new(PollFailureKind::HostBusy, problem));
        };
        // In a task of its own: a caller that gives up must not lose what replaces the
        // refresh token, which is void once the provider has answered.
        let (access, source) = (self.clone(), source.clone());
        let renewing = tokio::spawn(async move {
            let renewed = access.renew_held(&source, &mut held).await;
            drop(renewal);
            renewed
        });
        let renewed = renewing.await.unwrap_or_else(|_| {
            let problem = "the host failed to get an access token";
            Err(PollFailure::new(PollFailureKind::HostBusy, problem))
        });
        renewed.map(Some)
    }

    async fn renew_held(
        &self,
        source: &TokenSource,
        held: &mut Held,
    ) -> Result<HeldToken, PollFailure> {
        match self.renew(source, held).await {
            Ok(NewToken { access, .. }) => {
                held.failure = None;
                held.token = Some((access.token.clone(), Instant::now() + access.life));
                let (token, is_fresh) = (access.token, true);
                Ok(HeldToken { token, is_fresh })
            }
            Err(failure) => {
                let least = match failure.kind {
                    PollFailureKind::Unauthorised => REFUSAL_PAUSE,
                    _ => FAILURE_PAUSE,
                };
                let pause = failure.after.unwrap_or_default().max(least);
                held.failure = Some((failure.clone(), Instant::now() + pause));
                Err(failure)
            }
        }
    }

    /// Forgets a token that the provider does not accept, so that the next caller gets
    /// another.
    pub(crate) async fn forget(&self, refused: &Secret) {
        let mut held = self.connection.tokens.0.lock().await;
        held.token
            .take_if(|(token, _)| token.expose() == refused.expose());
    }

    /// Gets a token, first with what is kept, and if the provider says that this is void with
    /// the configured secret.
    async fn renew(&self, source: &TokenSource, held: &mut Held) -> Result<NewToken, PollFailure> {
        let kept = match held.unstored.clone() {
            Some(kept) => Some(kept),
            None => self.load(&held.identity).await?,
        };
        let asked = self.ask(source, kept.as_ref().map(|it| it.as_slice()));
        let renewed = match asked.await {
            Err(refusal) if refusal.is_kept_void && kept.is_some() => {
                let renewed = self
                    .ask(source, None)
                    .await
                    .map_err(Refusal::into_failure)?;
                held.unstored = None;
                if renewed.keep.is_none() {
                    self.run(|gateway, of| of.delete(gateway)).await?;
                }
                renewed
            }
            asked => asked.map_err(Refusal::into_failure)?,
        };
        if let Some(keep) = &renewed.keep
            && keep.len() <= KEPT_TOKEN_BYTES
        {
            self.store(keep, held).await;
        } else if let Some(unstored) = held.unstored.clone() {
            self.store(&unstored, held).await;
        }
        Ok(renewed)
    }

    /// Stores what renews the token. The one before may be void already: what cannot be
    /// stored is used, and stored with the next token.
    async fn store(&self, keep: &Zeroizing<Vec<u8>>, held: &mut Held) {
        let mut record = Zeroizing::new(held.identity.to_vec());
        record.extend_from_slice(keep);
        let stored = self.run(move |gateway, of| of.store(gateway, &record));
        held.unstored = stored.await.is_err().then(|| keep.clone());
    }

    async fn ask(&self, source: &TokenSource, kept: Option<&[u8]>) -> Result<NewToken, Refusal> {
        let unavailable =
            |problem: String| Refusal::of(PollFailure::new(PollFailureKind::Unavailable, problem));
        let provider = source.provider();
        let (url, more, content_type, body) = match provider.request(kept, Timestamp::now()) {
            TokenRequest::Made(token) => return Ok(token),
            TokenRequest::Impossible(failure) => return Err(Refusal::of(failure)),
            TokenRequest::Post {
                url,
                headers,
                content_type,
                body,
            } => (url, headers, content_type, body),
        };
        let url = WebAddress::parse(&url)
            .map_err(|_| unavailable("the address of access tokens is no URL".to_owned()))?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, value) in more {
            let invalid = || unavailable("a secret cannot be sent in a header".to_owned());
            let mut value = HeaderValue::from_str(&value).map_err(|_| invalid())?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let request = EgressRequest::post(url, headers, body.to_vec());
        let answer = self.egress.exchange(request).await;
        let answer = answer.map_err(|failure| unavailable(failure.error().without_address()))?;
        let headers = answer.headers.iter();
        let headers: Headers<'_> = headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        let response = Response {
            status: answer.status.as_u16(),
            headers,
            body: &answer.body,
            at: Timestamp::now(),
        };
        provider.read(&response).map_err(|failure| Refusal {
            is_kept_void: provider.is_kept_void(&response),
            failure,
        })
    }

    /// What is kept, if it belongs to the present secrets.
    async fn load(&self, identity: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, PollFailure> {
        let record = self.run(|gateway, of| of.load(gateway)).await?;
        Ok(record.and_then(|record| {
            let (of, kept) = record.split_at_checked(IDENTITY_BYTES)?;
            (of == identity).then(|| Zeroizing::new(kept.to_vec()))
        }))
    }

    /// Runs work on the journal.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Gateway, &RecordName) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, PollFailure> {
        let settings = &self.connection.settings;
        let name = RecordName {
            company: Arc::clone(&self.company),
            channel: settings.adapter.name,
            connection: settings.name.clone(),
        };
        let gateway = Arc::clone(&self.gateway);
        let done = spawn_blocking(move || {
            let done = work(&gateway, &name);
            if let Err(error) = &done {
                let RecordName {
                    company,
                    channel,
                    connection,
                } = &name;
                tracing::error!(%company, channel, %connection, %error, "cannot use what renews the access token of a connection");
            }
            done
        });
        let failed = || {
            let problem = "the host cannot read or store what renews the access token";
            PollFailure::new(PollFailureKind::HostBusy, problem)
        };
        match done.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) | Err(_) => Err(failed()),
        }
    }
}

/// Why the provider gives no token.
struct Refusal {
    failure: PollFailure,
    /// Whether what was kept can never be used again.
    is_kept_void: bool,
}

impl Refusal {
    fn of(failure: PollFailure) -> Refusal {
        Refusal {
            failure,
            is_kept_void: false,
        }
    }

    fn into_failure(self) -> PollFailure {
        self.failure
    }
}

/// The name of a connection's record in the journal.
struct RecordName {
    company: Arc<str>,
    channel: &'static str,
    connection: String,
}

impl RecordName {
    fn load(&self, gateway: &Gateway) -> Result<Option<Zeroizing<Vec<u8>>>, DeskError> {
        let channels = gateway.desk.channels();
        channels.connection_record(&self.company, (self.channel, &self.connection), TOKEN)
    }

    fn store(&self, gateway: &Gateway, record: &[u8]) -> Result<(), DeskError> {
        let name = (self.channel, self.connection.as_str());
        let channels = gateway.desk.channels();
        channels.store_connection_record(&self.company, name, TOKEN, record)
    }

    fn delete(&self, gateway: &Gateway) -> Result<(), DeskError> {
        let name = (self.channel, self.connection.as_str());
        let channels = gateway.desk.channels();
        channels.delete_connection_record(&self.company, name, TOKEN)
    }
}
