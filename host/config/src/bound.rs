//! Bounds of what one company, token or component may use of the host: one row
//! each. The server rejects a caller at a bound; other callers are
//! not affected.

use std::collections::BTreeMap;

use serde::Serialize;

/// Whose use a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All of the host.
    Host,
    /// One company.
    Company,
    /// One token, issuer identity or certificate.
    Token,
    /// One item: a request, a component, a generation.
    Item,
}

impl Scope {
    /// The code, as in metric labels and documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::Host => "host",
            Scope::Company => "company",
            Scope::Token => "token",
            Scope::Item => "item",
        }
    }
}

/// Unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things, named in the plural.
    Count(&'static str),
    /// Bytes; the settings take `"64 MiB"` too.
    Bytes,
    /// Milliseconds; the settings take `"30s"` too.
    Millis,
}

impl Unit {
    /// The unit's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unit::Count(name) => name,
            Unit::Bytes => "bytes",
            Unit::Millis => "ms",
        }
    }
}

/// How a request at a bound is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 503: the host is busy; the client tries again after so many seconds.
    Busy(u32),
    /// 429: this caller uses too much; it tries again after so many seconds.
    TooMany(u32),
    /// 413: repeating the request does not help.
    TooLarge,
    /// No request is rejected: what is beyond is not used, and an alert says so.
    NotUsed,
    /// No request is rejected: what is beyond is not kept in memory, and a metric counts it.
    NotKept,
}

impl Refusal {
    /// The HTTP status; none where no request is rejected.
    pub const fn status(self) -> Option<u16> {
        match self {
            Refusal::Busy(_) => Some(503),
            Refusal::TooMany(_) => Some(429),
            Refusal::TooLarge => Some(413),
            Refusal::NotUsed | Refusal::NotKept => None,
        }
    }

    /// Seconds of `Retry-After`.
    pub const fn retry_after(self) -> Option<u32> {
        match self {
            Refusal::Busy(seconds) | Refusal::TooMany(seconds) => Some(seconds),
            Refusal::TooLarge | Refusal::NotUsed | Refusal::NotKept => None,
        }
    }
}

/// One limit of a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundLimit {
    /// The bound.
    pub bound: Bound,
    /// Whose use it counts.
    pub scope: Scope,
    /// Section and key in the server's settings.
    pub setting: &'static str,
    /// Default.
    pub default: u64,
    /// Smallest value the settings accept.
    pub least: u64,
    /// Largest value the settings accept.
    pub most: u64,
    /// Unit of the values.
    pub unit: Unit,
}

impl BoundLimit {
    /// The key within `[bounds]`; none if the setting stands in another section.
    pub fn key(&self) -> Option<&'static str> {
        self.setting.strip_prefix("bounds.")
    }
}

macro_rules! bounds {
    ($( $(#[doc = $doc:literal])+ $case:ident = $code:literal, $refusal:expr, [
        $( $scope:ident $setting:literal = $default:expr, $least:expr, $most:expr, $unit:expr; )*
    ]; )+) => {
        /// What turned a request away. The code is the label `what` of
        /// `patchbay_shed_total`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bound {
            $( $(#[doc = $doc])+ $case, )+
        }

        impl Bound {
            /// Every bound, in the order of the table.
            pub const ALL: &'static [Bound] = &[ $( Bound::$case, )+ ];

            /// The code, as in metric labels.
            pub const fn as_str(self) -> &'static str {
                match self { $( Bound::$case => $code, )+ }
            }

            /// How a request at the bound is answered.
            pub const fn refusal(self) -> Refusal {
                match self { $( Bound::$case => $refusal, )+ }
            }

            /// What it bounds, in one sentence.
            pub fn help(self) -> String {
                let lines: &[&str] = match self { $( Bound::$case => &[ $( $doc ),+ ], )+ };
                lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
            }

            /// Its limits.
            pub const fn limits(self) -> &'static [BoundLimit] {
                match self { $( Bound::$case => &[ $( BoundLimit {
                    bound: Bound::$case,
                    scope: Scope::$scope,
                    setting: $setting,
                    default: $default,
                    least: $least,
                    most: $most,
                    unit: $unit,
                }, )* ], )+ }
            }
        }
    };
}

const REQUESTS: Unit = Unit::Count("requests");
const MANY: u64 = 1_000_000;

bounds! {
    /// Open connections. Further ones are answered only about health, status
    /// and metrics, for which `connection-reserve` is kept.
    Connections = "connections", Refusal::Busy(1), [
        Host "server.connections" = 16_384, 1, MANY, Unit::Count("connections");
        Item "bounds.connection-reserve" = 64, 1, 65_536, Unit::Count("connections");
    ];
    /// Requests in progress, of every kind but health, status and metrics.
    Requests = "requests", Refusal::Busy(1), [
        Token "bounds.requests-per-token" = 2_048, 1, MANY, REQUESTS;
        Company "bounds.requests-per-company" = 4_096, 1, MANY, REQUESTS;
        Host "bounds.requests" = 12_288, 1, MANY, REQUESTS;
    ];
    /// Requests that use a thread, counted for deliveries and for other requests
    /// apart; further ones wait.
    Work = "work", Refusal::Busy(1), [
        Token "bounds.work-per-token" = 48, 1, 1_024, REQUESTS;
        Company "bounds.work-per-company" = 64, 1, 1_024, REQUESTS;
        Host "bounds.work" = 128, 2, 1_024, REQUESTS;
    ];
    /// Reads of the journal at once, for requests; further ones wait.
    Readers = "readers", Refusal::Busy(1), [
        Company "bounds.readers-per-company" = 2, 1, 256, Unit::Count("reads");
        Host "bounds.readers" = 4, 2, 256, Unit::Count("reads");
    ];
    /// Stateless decisions that wait for a thread.
    Queue = "queue", Refusal::Busy(1), [
        Company "admission.queue-per-company" = 1_024, 1, MANY, REQUESTS;
        Host "server.queue-length" = 4_096, 1, MANY, REQUESTS;
    ];
    /// Time a request waits for a thread.
    Deadline = "deadline", Refusal::Busy(1), [
        Item "server.deadline" = 2_000, 1, 86_400_000, Unit::Millis;
    ];
    /// Request bodies, and mails that arrive in whatever way, in memory; a mail counts twice
    /// while it is stored.
    Bodies = "bodies", Refusal::Busy(1), [
        Company "bounds.bodies-per-company" = 128 << 20, 72 << 20, 1 << 40, Unit::Bytes;
        Host "server.body-budget" = 256 << 20, 72 << 20, 1 << 40, Unit::Bytes;
    ];
    /// Size of a request's body.
    Body = "body", Refusal::TooLarge, [
        Item "server.body-limit" = 1 << 20, 1_024, 64 << 20, Unit::Bytes;
    ];
    /// Instances of policies that decide at once; each plugin has the limit
    /// `concurrency` too.
    Policies = "policies", Refusal::Busy(1), [
        Host "engine.instances" = 128, 2, 16_384, Unit::Count("instances");
    ];
    /// Accepted inputs that wait for a decision.
    Backlog = "backlog", Refusal::Busy(1), [
        Company "journal.backlog" = 100_000, 1, 100_000_000, Unit::Count("inputs");
        Host "admission.backlog-in-all" = 1_000_000, 1, 100_000_000, Unit::Count("inputs");
    ];
    /// Actions of agents that wait for the desk.
    Desk = "desk", Refusal::Busy(1), [
        Company "admission.requests-per-company" = 128, 1, 16_384, Unit::Count("actions");
    ];
    /// Checks of a reply while it is typed, per agent, conversation and second.
    Typing = "typing", Refusal::TooMany(1), [];
    /// Changes of generations and rollouts that wait. A company's changes run one
    /// at a time.
    Changes = "changes", Refusal::Busy(5), [
        Company "bounds.changes-per-company" = 8, 1, 1_024, Unit::Count("changes");
        Host "bounds.changes" = 256, 1, 65_536, Unit::Count("changes");
    ];
    /// Time a change waits for its turn.
    ChangeWait = "change-wait", Refusal::Busy(5), [
        Item "bounds.change-wait" = 60_000, 1, 86_400_000, Unit::Millis;
    ];
    /// Open event streams.
    Streams = "streams", Refusal::TooMany(5), [
        Token "bounds.streams-per-token" = 16, 1, 65_536, Unit::Count("streams");
        Company "bounds.streams-per-company" = 512, 1, 65_536, Unit::Count("streams");
        Host "bounds.streams" = 4_096, 1, MANY, Unit::Count("streams");
    ];
    /// Downloads of files of interactions.
    Files = "files", Refusal::TooMany(1), [
        Token "bounds.files-per-token" = 4, 1, 1_024, Unit::Count("files");
        Company "bounds.files-per-company" = 8, 1, 1_024, Unit::Count("files");
        Host "bounds.files" = 24, 1, 65_536, Unit::Count("files");
    ];
    /// Uploads of files for replies at once.
    Uploads = "uploads", Refusal::TooMany(1), [
        Token "bounds.uploads-per-token" = 3, 1, 1_024, Unit::Count("uploads");
        Company "bounds.uploads-per-company" = 8, 1, 1_024, Unit::Count("uploads");
        Host "bounds.uploads" = 24, 1, 65_536, Unit::Count("uploads");
    ];
    /// Size of a file that is uploaded for a reply; the channel may take less.
    UploadSize = "upload-size", Refusal::TooLarge, [
        Item "bounds.upload-size" = 25 << 20, 1 << 10, 1 << 30, Unit::Bytes;
    ];
    /// Bytes of uploaded files that no reply has yet: of one conversation, of one person
    /// (here `token`), and of a company.
    WaitingFiles = "waiting-files", Refusal::TooMany(60), [
        Item "bounds.waiting-files-per-conversation" = 100 << 20, 1 << 10, 1 << 40, Unit::Bytes;
        Token "bounds.waiting-files-per-person" = 256 << 20, 1 << 10, 1 << 40, Unit::Bytes;
        Company "bounds.waiting-files-per-company" = 2 << 30, 1 << 10, 1 << 50, Unit::Bytes;
    ];
    /// Connections whose provider the host asks for messages, such as mailboxes that are
    /// read by IMAP. Further ones are not read, and an alert says so.
    Pollers = "pollers", Refusal::NotUsed, [
        Company "bounds.pollers-per-company" = 32, 1, 1_024, Unit::Count("connections");
        Host "bounds.pollers" = 512, 1, 16_384, Unit::Count("connections");
    ];
    /// Size of a file of an interaction that is downloaded.
    FileSize = "file-size", Refusal::TooLarge, [
        Item "bounds.file-size" = 25 << 20, 1 << 10, 1 << 30, Unit::Bytes;
    ];
    /// Open event streams of visitors of the web chat.
    ChatStreams = "chat-streams", Refusal::TooMany(5), [
        Token "bounds.chat-streams-per-visitor" = 6, 1, 1_024, Unit::Count("streams");
        Company "bounds.chat-streams-per-company" = 2_048, 1, 65_536, Unit::Count("streams");
        Host "bounds.chat-streams" = 8_192, 1, MANY, Unit::Count("streams");
    ];
    /// Open event streams of the web chat from one address of a client.
    ChatClientStreams = "chat-client-streams", Refusal::TooMany(5), [
        Token "bounds.chat-streams-per-address" = 256, 1, 65_536, Unit::Count("streams");
    ];
    /// Requests of visitors of the web chat that wait for events instead of a stream, where a
    /// proxy holds streams back.
    ChatPolls = "chat-polls", Refusal::TooMany(5), [
        Token "bounds.chat-polls-per-visitor" = 6, 1, 1_024, Unit::Count("polls");
        Company "bounds.chat-polls-per-company" = 2_048, 1, 65_536, Unit::Count("polls");
        Host "bounds.chat-polls" = 8_192, 1, MANY, Unit::Count("polls");
    ];
    /// Requests of the web chat from one address of a client that wait for events.
    ChatClientPolls = "chat-client-polls", Refusal::TooMany(5), [
        Token "bounds.chat-polls-per-address" = 256, 1, 65_536, Unit::Count("polls");
    ];
    /// Downloads of files by visitors of the web chat.
    ChatFiles = "chat-files", Refusal::TooMany(1), [
        Token "bounds.chat-files-per-visitor" = 2, 1, 1_024, Unit::Count("files");
        Company "bounds.chat-files-per-company" = 16, 1, 1_024, Unit::Count("files");
        Host "bounds.chat-files" = 48, 1, 65_536, Unit::Count("files");
    ];
    /// Sessions of the web chat that begin or are renewed: from one address of a client,
    /// and of one chat of a company.
    ChatSessions = "chat-sessions", Refusal::TooMany(10), [
        Item "bounds.chat-sessions-per-address" = 30, 1, MANY, Unit::Count("sessions a minute");
        Company "bounds.chat-sessions-per-chat" = 600, 1, MANY, Unit::Count("sessions a minute");
    ];
    /// Messages to the web chat: of one visitor, and of one chat of a company.
    ChatMessages = "chat-messages", Refusal::TooMany(5), [
        Token "bounds.chat-messages-per-visitor" = 30, 1, MANY, Unit::Count("messages a minute");
        Company "bounds.chat-messages-per-chat" = 3_000, 1, MANY, Unit::Count("messages a minute");
    ];
    /// Requests of every kind to the web chat from one address of a client.
    ChatRequests = "chat-requests", Refusal::TooMany(5), [
        Item "bounds.chat-requests-per-address" = 600, 1, MANY, Unit::Count("requests a minute");
    ];
    /// Compilations at once; further ones wait.
    Compiles = "compiles", Refusal::Busy(5), [
        Host "bounds.compiles" = 2, 1, 256, Unit::Count("compilations");
    ];
    /// Time to compile one component.
    CompileTime = "compile-time", Refusal::TooLarge, [
        Item "bounds.compile-time" = 60_000, 100, 3_600_000, Unit::Millis;
    ];
    /// Memory to compile one component.
    CompileMemory = "compile-memory", Refusal::TooLarge, [
        Item "bounds.compile-memory" = 1 << 30, 64 << 20, 1 << 40, Unit::Bytes;
    ];
    /// Time that the cases of a company file's packs take together when the file is
    /// applied.
    CaseTime = "case-time", Refusal::TooLarge, [
        Item "bounds.case-time" = 120_000, 1_000, 86_400_000, Unit::Millis;
    ];
    /// Size of one generation: its company file, packs, articles, components and data.
    GenerationSize = "generation-size", Refusal::TooLarge, [
        Item "bounds.generation-size" = 64 << 20, 64 << 10, 1 << 30, Unit::Bytes;
    ];
    /// Stored generations.
    Generations = "generations", Refusal::TooLarge, [
        Company "bounds.generations" = 1_000, 2, MANY, Unit::Count("generations");
    ];
    /// Size of a company's stored generations; a component that several of them
    /// use counts once.
    GenerationBytes = "generation-bytes", Refusal::TooLarge, [
        Company "bounds.generation-bytes" = 1 << 30, 1 << 20, 1 << 50, Unit::Bytes;
    ];
    /// Company files that the server reads and watches: the first of those that the
    /// settings name.
    CompanyFiles = "company-files", Refusal::NotUsed, [
        Host "bounds.company-files" = 20_000, 1, MANY, Unit::Count("files");
    ];
    /// Free space on the journal's disk that is kept for replies, decisions and
    /// deletions: below it, deliveries and new generations are rejected.
    FreeSpace = "free-space", Refusal::Busy(60), [
        Host "bounds.free-space" = 16 << 20, 1, 1 << 50, Unit::Bytes;
    ];
    /// Bytes that a company stores in the journal. At the first limit its deliveries
    /// are rejected; its agents may store `stored-bytes-reserve` more, then their
    /// actions are rejected except to resolve a conversation.
    StoredBytes = "stored-bytes", Refusal::Busy(60), [
        Company "bounds.stored-bytes-per-company" = 64 << 30, 64 << 10, 1 << 50, Unit::Bytes;
        Item "bounds.stored-bytes-reserve" = 1 << 30, 1, 1 << 50, Unit::Bytes;
    ];
    /// Memory for words of conversations, so that a search need not read them from the
    /// journal. What has no room is read at each search.
    SearchWords = "search-words", Refusal::NotKept, [
        Company "bounds.search-words-per-company" = 64 << 20, 1, 1 << 40, Unit::Bytes;
        Host "bounds.search-words" = 256 << 20, 1, 1 << 40, Unit::Bytes;
    ];
    /// Values that the defaults of a settings schema may add, and steps of
    /// checking settings against the schema.
    SchemaSteps = "schema-steps", Refusal::TooLarge, [
        Item "bounds.schema-steps" = 100_000, 1_000, 100_000_000, Unit::Count("steps");
    ];
    /// Size of the settings of a plugin with the defaults of their schema.
    SettingsSize = "settings-size", Refusal::TooLarge, [
        Item "bounds.settings-size" = 1 << 20, 1 << 10, 64 << 20, Unit::Bytes;
    ];
}

impl Bound {
    /// The limit for a scope.
    pub fn limit(self, scope: Scope) -> Option<&'static BoundLimit> {
        self.limits().iter().find(|limit| limit.scope == scope)
    }

    /// Whether the settings can narrow the limit of one company.
    pub const fn is_narrowed(self) -> bool {
        matches!(self, Bound::Requests | Bound::Streams | Bound::StoredBytes)
    }

    /// Every limit of every bound.
    pub fn all_limits() -> impl Iterator<Item = &'static BoundLimit> {
        Bound::ALL.iter().flat_map(|bound| bound.limits())
    }
}

/// The limits in force: the settings' values, and the defaults for the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundSettings {
    values: BTreeMap<(Bound, Scope), u64>,
    /// Narrower limits of companies, by name.
    narrowed: BTreeMap<(Bound, String), u64>,
}

impl BoundSettings {
    /// The limit of a bound for a scope; unlimited where the table has no row.
    pub fn get(&self, bound: Bound, scope: Scope) -> u64 {
        let default = || bound.limit(scope).map_or(u64::MAX, |limit| limit.default);
        let value = self.values.get(&(bound, scope));
        value.copied().unwrap_or_else(default)
    }

    /// [`BoundSettings::get`] as a size in memory.
    pub fn count(&self, bound: Bound, scope: Scope) -> usize {
        usize::try_from(self.get(bound, scope)).unwrap_or(usize::MAX)
    }

    /// The limit of a bound for one company: that of every company, or a narrower
    /// one.
    pub fn of_company(&self, bound: Bound, company: &str) -> u64 {
        let of_each = self.get(bound, Scope::Company);
        if self.narrowed.is_empty() {
            return of_each;
        }
        let narrowed = self.narrowed.get(&(bound, company.to_owned()));
        narrowed.map_or(of_each, |narrowed| of_each.min(*narrowed))
    }

    /// The companies with a narrower limit of a bound, and that limit.
    pub fn narrowed(&self, bound: Bound) -> impl Iterator<Item = (&str, u64)> {
        let of_bound = self.narrowed.iter();
        let of_bound = of_bound.filter(move |((narrowed, _), _)| *narrowed == bound);
        of_bound.map(|((_, company), limit)| (company.as_str(), *limit))
    }

    /// Narrow the limit of a bound for one company.
    pub fn narrow(&mut self, bound: Bound, company: &str, limit: u64) {
        self.narrowed.insert((bound, company.to_owned()), limit);
    }

    /// Set a limit.
    pub fn set(&mut self, bound: Bound, scope: Scope, value: u64) {
        self.values.insert((bound, scope), value);
    }
}

/// The table of `docs/limits.md`.
#[cfg(test)]
fn markdown() -> String {
    use crate::duration::{ByteSize, Millis};
    let mut text =
        "| bound | of | setting | default | answer | what it bounds |\n| --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for bound in Bound::ALL {
        let refusal = bound.refusal();
        let answer = match (refusal.status(), refusal.retry_after()) {
            (Some(status), Some(seconds)) => format!("{status}, retry after {seconds} s"),
            (Some(status), None) => status.to_string(),
            (None, _) if refusal == Refusal::NotKept => "not kept in memory".to_owned(),
            (None, _) => "not used, alert".to_owned(),
        };
        let help = bound.help();
        for limit in bound.limits() {
            let default = match limit.unit {
                Unit::Bytes => ByteSize(limit.default).to_string(),
                Unit::Millis => Millis(limit.default).to_string(),
                Unit::Count(unit) => format!("{} {unit}", limit.default),
            };
            text += &format!(
                "| `{}` | {} | `{}` | {default} | {answer} | {help} |\n",
                bound.as_str(),
                limit.scope.as_str(),
                limit.setting,
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_in_its_range() {
        for limit in Bound::all_limits() {
            let range = limit.least..=limit.most;
            assert!(range.contains(&limit.default), "{}", limit.setting);
        }
    }

    #[test]
    fn every_setting_and_code_occurs_once() {
        let settings: Vec<_> = Bound::all_limits().map(|limit| limit.setting).collect();
        for setting in &settings {
            assert_eq!(settings.iter().filter(|one| one == &setting).count(), 1);
        }
        for bound in Bound::ALL {
            let same = Bound::ALL
                .iter()
                .filter(|one| one.as_str() == bound.as_str());
            assert_eq!(same.count(), 1, "{}", bound.as_str());
        }
    }

    #[test]
    fn the_documentation_lists_every_bound() {
        let published = include_str!("../../../docs/limits.md");
        let table = markdown();
        assert!(
            published.contains(&table),
            "docs/limits.md must hold this table:\n{table}"
        );
    }
}
