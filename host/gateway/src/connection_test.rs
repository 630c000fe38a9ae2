//! Asks the provider of a connection whether it works.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use patchbay_adapter::Exchange;
use patchbay_adapter::probe::{Finding, Probe, Verdict};
use patchbay_desk::DeskError;
use patchbay_outbound::egress::{Egress, ExchangeFailure};
use tokio::task::spawn_blocking;
use tokio::time::{Instant as Deadline, timeout_at};

use crate::access_tokens::TokenAccess;
use crate::gateway::Gateway;
use crate::part_request::{PartRequest, probe_token_source};

/// Time for all questions of a test.
const LIMIT: Duration = Duration::from_secs(30);
/// Least time between the beginnings of two tests of a connection.
const PAUSE: Duration = Duration::from_secs(5);

/// What a test of a connection shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionTest {
    /// The company has no such connection.
    UnknownConnection,
    /// A test of it is running, or was begun a moment ago.
    Busy {
        /// Seconds until it can be tested.
        retry_after: u32,
    },
    /// The findings.
    Done(Vec<Finding>),
}

impl ConnectionTest {
    /// Whether nothing is wrong.
    pub fn works(findings: &[Finding]) -> bool {
        findings.iter().all(|it| it.verdict != Verdict::Wrong)
    }
}

/// Lets one test of a connection run at a time, and not too often.
#[derive(Debug, Default)]
pub(crate) struct TestPermits(Mutex<TestTimes>);

#[derive(Debug, Default)]
struct TestTimes {
    is_running: bool,
    begun: Option<Instant>,
}

/// A test that runs until this is dropped.
struct TestPermit<'a>(&'a TestPermits);

impl TestPermits {
    /// # Errors
    /// Seconds until a test can begin.
    fn begin(&self, now: Instant) -> Result<TestPermit<'_>, u32> {
        let mut times = self.0.lock();
        let wait = times.begun.map_or(Duration::ZERO, |begun| {
            PAUSE.saturating_sub(now.saturating_duration_since(begun))
        });
        if times.is_running || !wait.is_zero() {
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
            return Err(seconds.max(1));
        }
        *times = TestTimes {
            is_running: true,
            begun: Some(now),
        };
        drop(times);
        Ok(TestPermit(self))
    }
}

impl Drop for TestPermit<'_> {
    fn drop(&mut self) {
        self.0.0.lock().is_running = false;
    }
}

impl Gateway {
    /// Asks the provider of a connection whether it works, through the rules for
    /// outgoing connections. Nothing reaches a customer. Ends within half a minute.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub async fn test(
        self: &Arc<Gateway>,
        company: &str,
        (channel, name): (&str, &str),
        egress: &Egress,
    ) -> Result<ConnectionTest, DeskError> {
        let (gateway, company) = (Arc::clone(self), company.to_owned());
        let (channel, name) = (channel.to_owned(), name.to_owned());
        let egress = egress.for_company(&company);
        let found = spawn_blocking(move || {
            let connection = gateway.connection(&company, &channel, &name);
            connection.map(|connection| (connection, company))
        });
        let (connection, company) = match found.await {
            Ok(found) => found?,
            Err(_) => return Ok(ConnectionTest::Busy { retry_after: 1 }),
        };
        let Some(connection) = connection else {
            return Ok(ConnectionTest::UnknownConnection);
        };
        let permit = match connection.tests.begin(Instant::now()) {
            Ok(permit) => permit,
            Err(retry_after) => return Ok(ConnectionTest::Busy { retry_after }),
        };
        let tokens = TokenAccess {
            gateway: Arc::clone(self),
            company: company.into(),
            connection: Arc::clone(&connection),
            egress,
        };
        let findings = ask(&tokens).await;
        drop(permit);
        if ConnectionTest::works(&findings) {
            connection.access_works();
        }
        Ok(ConnectionTest::Done(findings))
    }
}

/// The findings of all questions.
async fn ask(tokens: &TokenAccess) -> Vec<Finding> {
    let (connection, company) = (&tokens.connection, &*tokens.company);
    let adapter = match &connection.adapter {
        Ok(adapter) => &**adapter,
        Err(problem) => {
            let text = format!("the connection is not open: {problem}");
            return vec![Finding::wrong("not-open", text)];
        }
    };
    let url = connection.settings.webhook_url(company);
    let run = TestRun {
        tokens,
        until: Deadline::now() + LIMIT,
    };
    let mut findings = Vec::new();
    for probe in adapter.probe() {
        let read = |exchange: &Exchange<'_>| adapter.probe_result(&probe, exchange, url.as_deref());
        let (found, is_answered) = run.ask(&probe, read).await;
        findings.extend(found);
        if !is_answered {
            break;
        }
    }
    findings.extend(adapter.unprobed());
    findings
}

/// A test that runs.
struct TestRun<'a> {
    tokens: &'a TokenAccess,
    /// Its end.
    until: Deadline,
}

impl TestRun<'_> {
    /// Asks, once more with another access token if the provider refuses the one that was
    /// held: it can end before its time. Returns what is found, and whether there was time
    /// for an answer.
    async fn ask(
        &self,
        probe: &Probe,
        read: impl Fn(&Exchange<'_>) -> Vec<Finding>,
    ) -> (Vec<Finding>, bool) {
        let mut is_second = false;
        loop {
            let asked = self.tokens.token(probe_token_source(probe));
            let held = match timeout_at(self.until, asked).await {
                Ok(Ok(held)) => held,
                Ok(Err(failure)) => return (vec![Finding::of_token_failure(&failure)], true),
                Err(_) => return (read(&Exchange::Lost), false),
            };
            let token = held.as_ref().map(|it| &it.token);
            let request = match PartRequest::build_probe(probe, token) {
                Ok(request) => request,
                Err(error) => return (vec![Finding::wrong("settings", error.to_string())], true),
            };
            let exchange = request.exchange(self.tokens, &read);
            let Ok((found, failure)) = timeout_at(self.until, exchange).await else {
                return (read(&Exchange::Lost), false);
            };
            if let Some(error) = failure {
                self.log(probe, &error);
            }
            let is_refused = found.iter().any(is_refusal);
            match held.filter(|held| is_refused && !held.is_fresh && !is_second) {
                Some(held) => self.tokens.forget(&held.token).await,
                None => return (found, true),
            }
            is_second = true;
        }
    }

    fn log(&self, probe: &Probe, error: &ExchangeFailure) {
        let settings = &self.tokens.connection.settings;
        let (channel, name) = (settings.adapter.name, &settings.name);
        let (company, topic) = (&*self.tokens.company, probe.topic);
        tracing::info!(company, channel, connection = %name, topic, %error, "a provider did not answer a test");
    }
}

/// Whether the provider does not accept the token, or refuses the question with an error of
/// its own.
fn is_refusal(finding: &Finding) -> bool {
    finding.verdict == Verdict::Wrong && matches!(finding.code, "token" | "refused")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_test_runs_at_a_time_and_the_next_begins_after_a_pause() {
        let permits = TestPermits::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let first = permits.begin(at(0)).expect("the first");
        assert_eq!(permits.begin(at(1)).err(), Some(4));
        // However long it runs.
        assert_eq!(permits.begin(at(20)).err(), Some(1));
        drop(first);
        let second = permits.begin(at(21)).expect("the pause is over");
        drop(second);
        assert_eq!(permits.begin(at(22)).err(), Some(4));
        assert!(permits.begin(at(26)).is_ok());
    }
}
