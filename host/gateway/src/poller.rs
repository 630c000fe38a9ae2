//! The poller of one connection: asks, stores what came, stores the cursor, waits.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::VerifiedRequest;
use patchbay_adapter::poll::{
    NextPoll, Poll, PollAnswer, PollFailure, PollFailureKind, PollRequest, PollStep, PolledDelivery,
};
use patchbay_desk::DeskError;
use patchbay_journal::{ConnectionRecordKind, JournalError};
use patchbay_outbound::courier::Backoff;
use tokio::time::{Instant, sleep, sleep_until};

use crate::access_tokens::{HeldToken, TokenAccess};
use crate::connection::Connection;
use crate::gateway::Gateway;
use crate::mailbox_session::{MailboxError, MailboxSession};
use crate::poll_host::{HostRefusal, PollHost};
use crate::poll_query;

/// Waits after failures: half of it for sure, half of it random.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(5),
    max: Duration::from_secs(600),
};
/// Between attempts where a person has to act. Servers lock accounts after many refused
/// logins.
const PERSON_WAIT: Duration = Duration::from_secs(900);
/// Longest wait where the host itself has no room.
const HOST_WAIT: Duration = Duration::from_secs(60);
/// How often an item is asked for that the provider does not deliver.
const ITEM_ATTEMPTS: u32 = 5;
/// How often the host tries to store an item that it cannot store.
const STORE_ATTEMPTS: u32 = 3;
/// Deliveries after which the cursor is stored, although more follow at once.
const CURSOR_INTERVAL: u32 = 16;
/// Least pause between two polls.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// The poller of a connection.
pub(crate) struct Poller<H: PollHost> {
    pub(crate) host: Arc<H>,
    pub(crate) tokens: TokenAccess,
    pub(crate) company: Arc<str>,
    pub(crate) connection: Arc<Connection>,
}

/// What a poller remembers between polls.
#[derive(Default)]
struct Memory {
    session: MailboxSession,
    /// Polls that failed one after the other without a delivery.
    failures: u32,
    /// The request for an item that failed, and how often.
    stuck: Option<(PollRequest, u32)>,
    /// How often the delivery at the cursor could not be stored.
    unstored: u32,
}

/// What became of a delivery.
enum Taken {
    Stored,
    /// No room in intake or quarantine.
    Busy,
    Failed,
}

impl<H: PollHost> Poller<H> {
    /// Polls until the task ends.
    pub(crate) async fn run(self) {
        let control = &self.connection.poll;
        control.start();
        let _place = loop {
            if let Some(place) = self.host.enter(&self.company) {
                break place;
            }
            control.no_place();
            tokio::select! {
                () = sleep(BACKOFF.max) => {}
                () = control.woken() => {}
            }
        };
        let mut memory = Memory::default();
        loop {
            control.begin();
            match self.poll(&mut memory).await {
                Ok(next) => {
                    memory.failures = 0;
                    if control.complete(Timestamp::now()) {
                        self.log_recovery();
                    }
                    tokio::select! {
                        () = wait(&mut memory.session, next) => {}
                        // The session may be in the middle of a wait.
                        () = control.woken() => memory.session = MailboxSession::default(),
                    }
                }
                Err(failure) => {
                    let pause = self.failed(&mut memory, &failure);
                    tokio::select! {
                        () = sleep(pause) => {}
                        () = control.woken() => {}
                    }
                }
            }
        }
    }

    fn log_recovery(&self) {
        let (channel, name) = self.name();
        let company = &*self.company;
        tracing::info!(company, channel, connection = %name, "the provider can be read again");
    }

    /// Counts a failure. Returns how long to wait.
    fn failed(&self, memory: &mut Memory, failure: &PollFailure) -> Duration {
        memory.failures = memory.failures.saturating_add(1);
        let half = BACKOFF.bound(memory.failures) / 2;
        let pause = half + half.mul_f64(fastrand::f64());
        let pause = match failure.kind {
            PollFailureKind::Unauthorised => pause.max(PERSON_WAIT),
            PollFailureKind::HostBusy => pause.min(HOST_WAIT),
            PollFailureKind::Limited | PollFailureKind::NotFound | PollFailureKind::Unavailable => {
                pause.max(failure.after.unwrap_or_default())
            }
        };
        let now = Timestamp::now();
        let later = SignedDuration::try_from(pause).unwrap_or_default();
        let next = now.checked_add(later).unwrap_or(now);
        if self.connection.poll.fail(failure, now, next) {
            let (channel, name) = self.name();
            let company = &*self.company;
            tracing::warn!(company, channel, connection = %name, kind = %failure.kind, problem = %failure, "the provider cannot be read; what it has waits there");
        }
        pause
    }

    fn name(&self) -> (&'static str, &str) {
        let settings = &self.connection.settings;
        (settings.adapter.name, &settings.name)
    }

    /// One poll, from the stored cursor to its end.
    async fn poll(&self, memory: &mut Memory) -> Result<NextPoll, PollFailure> {
        let (mut poll, mut stored) = self.begin().await?;
        let mut taken = 0_u32;
        loop {
            let request = match poll.step() {
                PollStep::Ask(request) => request,
                PollStep::Done(next) => {
                    self.store_cursor(poll.cursor(), &mut stored).await?;
                    return Ok(next);
                }
            };
            let before = poll.cursor();
            match self.ask(memory, &mut *poll, request).await {
                Ok(deliveries) => taken = taken.saturating_add(deliveries),
                Err(failure) => {
                    // What came before is not read again. Why the cursor cannot be stored
                    // is in the log.
                    let _ = self.store_cursor(before, &mut stored).await;
                    return Err(failure);
                }
            }
            if taken >= CURSOR_INTERVAL {
                taken = 0;
                self.store_cursor(poll.cursor(), &mut stored).await?;
            }
        }
    }

    /// Asks, and stores what the answer delivers. Returns how many deliveries it has.
    async fn ask(
        &self,
        memory: &mut Memory,
        poll: &mut dyn Poll,
        request: PollRequest,
    ) -> Result<u32, PollFailure> {
        // The memory of the answer, until its deliveries are stored.
        let mut share = self.host.share(&self.company);
        let mut is_second = false;
        let deliveries = loop {
            let (answer, used) = match self.request(memory, &request, &mut share).await {
                Ok(asked) => asked,
                Err(failure) => {
                    let passed = self.pass_over(memory, poll, request, &failure);
                    break vec![passed.ok_or(failure)?];
                }
            };
            memory.stuck.take_if(|(stuck, _)| *stuck == request);
            match (poll.answer(answer), used) {
                // A provider can end a token before its time, and says so in its own form.
                (Err(failure), Some(used)) if failure.kind == PollFailureKind::Unauthorised => {
                    self.tokens.forget(&used.token).await;
                    if used.is_fresh || is_second {
                        return Err(failure);
                    }
                    is_second = true;
                }
                (answered, _) => break answered?,
            }
        };
        let mut taken = 0;
        for delivery in deliveries {
            self.take(memory, delivery).await?;
            taken += 1;
        }
        Ok(taken)
    }

    /// The answer to a request, and the access token that it was asked with, if there is
    /// one.
    async fn request(
        &self,
        memory: &mut Memory,
        request: &PollRequest,
        share: &mut H::Share,
    ) -> Result<(PollAnswer, Option<HeldToken>), PollFailure> {
        let grow = |bytes| self.host.grow(share, bytes);
        match request {
            PollRequest::Get(query) => {
                let (document, used) = poll_query::get(query, &self.tokens, grow).await?;
                Ok((PollAnswer::Document(document), used))
            }
            PollRequest::OpenFolder(_)
            | PollRequest::ListMails { .. }
            | PollRequest::ReadMail { .. } => {
                let asked = memory.session.ask(request, &self.tokens, grow).await;
                asked
                    .map(|answer| (answer, None))
                    .map_err(MailboxError::into_failure)
            }
        }
    }

    /// The poll from the stored cursor on, and that cursor.
    async fn begin(&self) -> Result<(Box<dyn Poll>, Vec<u8>), PollFailure> {
        let (channel, name) = self.name();
        let (channel, name) = (channel.to_owned(), name.to_owned());
        let read = self.host.run(&self.company, move |gateway, company| {
            let channels = gateway.desk.channels();
            let kind = ConnectionRecordKind::PollCursor;
            channels.connection_record(company, (&channel, &name), kind)
        });
        let cursor = self.done(read.await)?;
        let Ok(adapter) = &self.connection.adapter else {
            let kind = PollFailureKind::Unauthorised;
            return Err(PollFailure::new(kind, "the connection is not open"));
        };
        let cursor = cursor.map(|it| it.to_vec());
        let poll = adapter.poll(cursor.as_deref(), Timestamp::now());
        let poll = poll.ok_or_else(|| {
            let kind = PollFailureKind::NotFound;
            PollFailure::new(kind, "the connection has nothing to read")
        })?;
        Ok((poll, cursor.unwrap_or_default()))
    }

    /// Gives up an item that the provider did not deliver several times, each time after it
    /// took the login and listed the item.
    fn pass_over(
        &self,
        memory: &mut Memory,
        poll: &mut dyn Poll,
        request: PollRequest,
        failure: &PollFailure,
    ) -> Option<PolledDelivery> {
        let is_of_item = matches!(request, PollRequest::ReadMail { .. });
        if !is_of_item || failure.kind == PollFailureKind::HostBusy {
            return None;
        }
        let before = memory.stuck.take().filter(|(stuck, _)| *stuck == request);
        let attempts = before.map_or(0, |(_, attempts)| attempts) + 1;
        if attempts < ITEM_ATTEMPTS {
            memory.stuck = Some((request, attempts));
            return None;
        }
        let delivery = poll.pass_over()?;
        self.connection.poll.pass_over();
        let (channel, name) = self.name();
        let company = &*self.company;
        tracing::warn!(company, channel, connection = %name, attempts, problem = %failure, "the provider does not deliver an item; it is passed over and listed in the quarantine");
        Some(delivery)
    }

    /// Stores a delivery: its interactions, or the delivery in quarantine.
    async fn take(&self, memory: &mut Memory, delivery: PolledDelivery) -> Result<(), PollFailure> {
        let connection = Arc::clone(&self.connection);
        // Sealing what is stored as it came takes its size once more.
        let mut sealing = self.host.share(&self.company);
        let is_stored = connection.settings.adapter.files_within;
        if is_stored && !self.host.grow(&mut sealing, delivery.body.len()) {
            return Err(busy(HostRefusal::Busy));
        }
        let is_hopeless = memory.unstored >= STORE_ATTEMPTS;
        let taken = self
            .host
            .run(&self.company, move |gateway, company| match is_hopeless {
                false => gateway.take_polled(company, &connection, &delivery),
                true => gateway.quarantine_polled(company, &connection, &delivery),
            });
        let taken = match taken.await {
            Ok(Some(Ok(taken))) => taken,
            Ok(Some(Err(error))) => return Err(self.unstored(memory, &error)),
            Ok(None) => Taken::Failed,
            Err(refusal) => return Err(busy(refusal)),
        };
        match taken {
            Taken::Stored => {
                memory.unstored = 0;
                memory.failures = 0;
                self.connection.poll.progress();
                Ok(())
            }
            Taken::Busy => Err(busy(HostRefusal::Busy)),
            Taken::Failed => {
                memory.unstored += 1;
                let kind = PollFailureKind::HostBusy;
                Err(PollFailure::new(
                    kind,
                    "the host failed to read a delivery; the log says why",
                ))
            }
        }
    }

    /// An error of the desk about a delivery.
    fn unstored(&self, memory: &mut Memory, error: &DeskError) -> PollFailure {
        match error {
            DeskError::Draining(_) => busy(HostRefusal::Draining),
            DeskError::Stopping | DeskError::Journal(JournalError::CompanyFull { .. }) => {
                busy(HostRefusal::Busy)
            }
            DeskError::Journal(JournalError::DiskFull) => busy(HostRefusal::NoSpace),
            error => {
                memory.unstored += 1;
                let company = &*self.company;
                tracing::error!(company, %error, "cannot store what a provider delivered; it is read again");
                PollFailure::new(
                    PollFailureKind::HostBusy,
                    "the host could not store a delivery",
                )
            }
        }
    }

    /// Stores the cursor if there is one, and it is another.
    async fn store_cursor(&self, cursor: Vec<u8>, stored: &mut Vec<u8>) -> Result<(), PollFailure> {
        if cursor.is_empty() || cursor == *stored {
            return Ok(());
        }
        let (channel, name) = self.name();
        let (channel, name) = (channel.to_owned(), name.to_owned());
        let new = cursor.clone();
        let storing = self.host.run(&self.company, move |gateway, company| {
            let channels = gateway.desk.channels();
            let kind = ConnectionRecordKind::PollCursor;
            channels.store_connection_record(company, (&channel, &name), kind, &new)
        });
        self.done(storing.await)?;
        *stored = cursor;
        Ok(())
    }

    /// The result of work on the journal.
    fn done<T>(
        &self,
        done: Result<Option<Result<T, DeskError>>, HostRefusal>,
    ) -> Result<T, PollFailure> {
        match done {
            Ok(Some(Ok(result))) => Ok(result),
            Err(refusal) => Err(busy(refusal)),
            Ok(Some(Err(error))) => {
                let company = &*self.company;
                tracing::error!(company, %error, "cannot use the cursor of a connection");
                Err(busy(HostRefusal::Busy))
            }
            Ok(None) => Err(busy(HostRefusal::Busy)),
        }
    }
}

fn busy(refusal: HostRefusal) -> PollFailure {
    PollFailure::new(PollFailureKind::HostBusy, refusal.text())
}

/// Until the next poll begins.
async fn wait(session: &mut MailboxSession, next: NextPoll) {
    let begun = Instant::now();
    let until = match session.can_wait() && session.wait(next.at_latest).await {
        true => Instant::now() + LEAST_PAUSE,
        false => begun + next.otherwise,
    };
    sleep_until(until.max(Instant::now() + LEAST_PAUSE)).await;
}

impl Gateway {
    /// Decodes and accepts what a provider delivered. Blocks.
    fn take_polled(
        &self,
        company: &str,
        connection: &Connection,
        delivery: &PolledDelivery,
    ) -> Result<Taken, DeskError> {
        let Ok(adapter) = &connection.adapter else {
            return Ok(Taken::Failed);
        };
        let request = delivery.request();
        let delivery = VerifiedRequest::of_own_request(&request);
        Ok(
            match self.take(company, connection, &**adapter, &delivery, None)? {
                true => Taken::Stored,
                false => Taken::Busy,
            },
        )
    }

    /// Puts in quarantine what the host failed to read or to store. Blocks.
    fn quarantine_polled(
        &self,
        company: &str,
        connection: &Connection,
        delivery: &PolledDelivery,
    ) -> Result<Taken, DeskError> {
        let request = delivery.request();
        let delivery = VerifiedRequest::of_own_request(&request);
        Ok(match self.keep_unread(company, connection, &delivery)? {
            true => Taken::Stored,
            false => Taken::Busy,
        })
    }
}
