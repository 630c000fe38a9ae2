//! What needs an operator's attention now: one table of kinds, and the alert
//! itself. The server lists alerts in its status, readiness, metrics and
//! `GET /v1/alerts`; a company's feed has an event for each change.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::codes;

codes! {
    /// How urgent an alert is.
    pub enum AlertSeverity {
        /// The host, or a company, cannot do its work.
        Critical = "critical",
        /// Something does not work as configured.
        Warning = "warning",
        /// A person's temporary order is in force.
        Notice = "notice",
    }
}

/// When an alert ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertEnd {
    /// With its cause.
    WithCause,
    /// This long after it was last raised: what it reports is over at once.
    After(Duration),
}

const fn hours(hours: u64) -> AlertEnd {
    AlertEnd::After(Duration::from_secs(hours * 3_600))
}

/// Who must know of an alert of the whole host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    /// The operator of the host.
    Operator,
    /// The operators of its companies too: it changes what they experience.
    Companies,
}

/// What is known of a kind.
#[derive(Clone, Copy, Debug)]
struct KindInfo {
    severity: AlertSeverity,
    end: AlertEnd,
    audience: Audience,
    summary: &'static str,
    advice: &'static str,
}

/// One row per kind: code, severity, end, audience, what happens and what to do.
macro_rules! alerts {
    ($( $(#[doc = $doc:literal])+ $case:ident = $code:literal, $severity:ident, $end:expr, $audience:ident, $summary:literal, $advice:literal; )+) => {
        codes! {
            /// What an alert is about.
            pub enum AlertKind {
                $( $(#[doc = $doc])+ $case = $code, )+
            }
        }

        impl AlertKind {
            const fn info(self) -> KindInfo {
                match self {
                    $( AlertKind::$case => KindInfo {
                        severity: AlertSeverity::$severity,
                        end: $end,
                        audience: Audience::$audience,
                        summary: $summary,
                        advice: $advice,
                    }, )+
                }
            }
        }
    };
}

use AlertEnd::WithCause;

alerts! {
    /// The journal cannot write: intake and every change are refused.
    StorageFailing = "storage-failing", Critical, WithCause, Companies,
        "the journal cannot write",
        "free space on the journal's disk, or repair it; the server writes again on its own as soon as it can";
    /// The journal's disk is nearly full.
    StorageLow = "storage-low", Warning, WithCause, Operator,
        "the journal's disk is nearly full",
        "free space on the journal's disk, or delete old conversations with `patchbay journal compact`";
    /// A company stores nearly as much as it may.
    StoredBytesHigh = "stored-bytes-high", Warning, WithCause, Operator,
        "the company stores nearly as much as it may",
        "at the bound its deliveries are answered 503: delete old conversations with `patchbay journal compact`, set `retain` under [journal], delete generations that are not used, or raise `stored-bytes-per-company` under [bounds]";
    /// The machine's clock went back, or forward by more than the time that
    /// passed.
    ClockJumped = "clock-jumped", Warning, hours(24), Companies,
        "the machine's clock jumped",
        "check the machine's clock and its synchronisation (NTP); if the time before the jump was wrong, correct the clock and restart with `patchbay serve --accept-clock`: without it the host's time stays ahead until the clock has caught up";
    /// A company's active generation cannot be built.
    CompanyNotReady = "company-not-ready", Critical, WithCause, Operator,
        "the company's generation cannot be built",
        "read the reason in the server's log; `patchbay apply` or `patchbay rollback` make the company ready";
    /// A watched company file is invalid; the active generation stays.
    CompanyFileRefused = "company-file-refused", Warning, WithCause, Operator,
        "a watched company file is not applied",
        "correct the file; the server reads it again when it changes";
    /// A shadow run or canary ended without an operator.
    RolloutEnded = "rollout-ended", Warning, hours(7 * 24), Operator,
        "the host ended a shadow run or canary",
        "`patchbay canary report` or `patchbay shadow report` shows its figures; the alert ends with the next rollout or activation";
    /// A pack that decides is revoked by the trust policy.
    PackRevoked = "pack-revoked", Critical, WithCause, Operator,
        "a pack that decides is revoked",
        "activate another version with `patchbay apply` or `patchbay rollback`; until then `patchbay bypass PLUGIN` suspends its plugin";
    /// A pack that decides is not trusted any more, or the trust policy cannot be
    /// read.
    PackNotTrusted = "pack-not-trusted", Warning, WithCause, Operator,
        "a pack that decides is not trusted any more, or the trust policy cannot be used",
        "have the pack signed again by a key that counts and apply the company file, or correct the trust policy; `patchbay keys list` shows its keys";
    /// A circuit breaker is open: its plugin failed repeatedly and is not
    /// called.
    BreakerOpen = "breaker-open", Warning, WithCause, Operator,
        "a circuit breaker is open",
        "`patchbay decisions list` shows the failures; correct the plugin, or go back with `patchbay rollback`";
    /// The host refused to compile a component: it takes too much time or
    /// memory.
    ComponentRefused = "component-refused", Warning, hours(24), Operator,
        "a component was not compiled",
        "make the component smaller, or raise the compile limits under [engine] in the settings";
    /// Outbox items are due and are not delivered.
    OutboxStalled = "outbox-stalled", Warning, WithCause, Operator,
        "outbox items are due and not delivered",
        "`patchbay outbox list` shows the last error of each item; check the target and the network";
    /// The delivery of outbox items failed for good.
    OutboxFailed = "outbox-failed", Warning, WithCause, Operator,
        "delivery of outbox items failed for good",
        "`patchbay outbox list` shows the items, and `patchbay outbox retry` sends them again";
    /// A connection to the provider of a channel is not open.
    ConnectionNotOpen = "connection-not-open", Warning, WithCause, Operator,
        "a connection to the provider of a channel is not open",
        "set the variable of the secret that the alert names and restart the server, or correct the company file; `patchbay channels check` lists the problems";
    /// A provider refuses the account of a connection: nothing is sent by it.
    ChannelBroken = "channel-broken", Critical, WithCause, Operator,
        "a provider refuses the account of a connection",
        "renew the account's access at the provider; replies wait and go out once it works. `patchbay channels test` shows whether it does, `patchbay channels retry` sends them at once";
    /// The host cannot read from a provider that it must ask.
    ConnectionNotRead = "connection-not-read", Critical, WithCause, Operator,
        "messages of a connection cannot be read",
        "renew the access at the provider or correct the company file; what the provider has waits there. `patchbay channels test` shows what is wrong, `patchbay channels retry` reads at once";
    /// Deliveries of a channel could not be decoded.
    DeliveryQuarantined = "delivery-quarantined", Warning, WithCause, Operator,
        "deliveries of a channel could not be decoded",
        "`patchbay channels quarantine list` shows the problems; retry the deliveries after an upgrade, or remove them";
    /// The machine's limits allow fewer instances than the settings ask for.
    PoolReduced = "pool-reduced", Warning, WithCause, Operator,
        "the host runs fewer instances than its settings ask for",
        "`patchbay doctor` says how much address space is needed; raise `ulimit -v`, or lower `instances` under [engine] in the settings";
    /// An operator bypasses a stage or a plugin.
    Bypassed = "bypassed", Notice, WithCause, Operator,
        "a stage or plugin is bypassed",
        "`patchbay bypass lift` ends it before its time";
    /// The host or a company accepts no interactions.
    Draining = "draining", Notice, WithCause, Companies,
        "no interactions are accepted: an operator is draining",
        "`patchbay drain --undo` ends it, with `--company` for a company";
    /// The server is stopping.
    Stopping = "stopping", Notice, WithCause, Companies,
        "the server is stopping",
        "start it again when it has ended";
}

impl AlertKind {
    /// How urgent alerts of this kind are.
    pub const fn severity(self) -> AlertSeverity {
        self.info().severity
    }

    /// When alerts of this kind end.
    pub const fn end(self) -> AlertEnd {
        self.info().end
    }

    /// What happens, without details of the host or a company.
    pub const fn summary(self) -> &'static str {
        self.info().summary
    }

    /// What an operator does about it, in a sentence without a full stop.
    pub const fn advice(self) -> &'static str {
        self.info().advice
    }

    /// Whether an alert of the whole host changes what a company experiences,
    /// so that its own operators must know.
    pub const fn affects_companies(self) -> bool {
        matches!(self.info().audience, Audience::Companies)
    }
}

/// Something that needs an operator's attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about.
    pub kind: AlertKind,
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// The company; absent: the whole host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// What exactly: a plugin at a stage, a file, a target. Tells apart the
    /// alerts of one kind and company; absent where there can be only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// What happens, in one sentence without personal data.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl Alert {
    /// An alert of the whole host, with the kind's severity and advice.
    pub fn of_host(kind: AlertKind, since: Timestamp, what: impl Into<String>) -> Alert {
        Alert {
            kind,
            severity: kind.severity(),
            company: None,
            subject: None,
            since,
            what: what.into(),
            advice: kind.advice().to_owned(),
        }
    }

    /// An alert of one company, with the kind's severity and advice.
    pub fn of_company(
        kind: AlertKind,
        company: impl Into<String>,
        since: Timestamp,
        what: impl Into<String>,
    ) -> Alert {
        Alert {
            company: Some(company.into()),
            ..Alert::of_host(kind, since, what)
        }
    }

    /// The same alert about this subject.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Alert {
        self.subject = Some(subject.into());
        self
    }

    /// What tells it apart from every other alert.
    pub fn key(&self) -> AlertKey {
        AlertKey {
            kind: self.kind,
            company: self.company.clone(),
            subject: self.subject.clone(),
        }
    }

    /// The sentence with the company before it, as a concern of the status.
    pub fn sentence(&self) -> String {
        match &self.company {
            Some(company) => format!("{company}: {}", self.what),
            None => self.what.clone(),
        }
    }
}

/// Identity of an alert. Two alerts with one key are the same alert.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AlertKey {
    /// What it is about.
    pub kind: AlertKind,
    /// The company; absent: the whole host.
    pub company: Option<String>,
    /// What exactly.
    pub subject: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_reads_back_as_it_was_written() {
        for kind in AlertKind::ALL {
            let alert = Alert::of_company(kind, "northwind", Timestamp::UNIX_EPOCH, "it stopped")
                .about("billing");
            let json = serde_json::to_string(&alert).expect("serializes");
            assert_eq!(serde_json::from_str::<Alert>(&json).ok(), Some(alert));
        }
    }

    #[test]
    fn the_documentation_lists_every_kind() {
        let mut table = String::new();
        for kind in AlertKind::ALL {
            let end = match kind.end() {
                WithCause => "with its cause".to_owned(),
                AlertEnd::After(span) => format!("after {} h", span.as_secs() / 3_600),
            };
            table += &format!(
                "| `{kind}` | {} | {} | {} | {end} |\n",
                kind.severity(),
                kind.summary(),
                kind.advice()
            );
        }
        let published = include_str!("../../../docs/operate.md");
        assert!(
            published.contains(&table),
            "docs/operate.md must hold this table:\n{table}"
        );
    }

    #[test]
    fn every_kind_says_what_to_do() {
        for kind in AlertKind::ALL {
            let advice = kind.advice();
            assert!(
                advice.len() > 10 && !advice.ends_with('.'),
                "{kind}: {advice}"
            );
        }
    }
}
