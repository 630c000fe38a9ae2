//! Parses the settings file and checks its values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use patchbay_config::document_kind::DocumentKind;
use patchbay_config::duration::{ByteSize, Millis, Seconds};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_document;
use patchbay_config::web_address::WebAddress;
use patchbay_desk::LoadBounds;
use patchbay_engine::config::{Allocation, CompileSettings, EngineSettings};
use patchbay_model::limits::{Limits, LimitsFile};
use patchbay_outbound::egress::{AddressRange, EgressSettings};
use patchbay_pack::store::PackStore;
use patchbay_pack::trust::{TrustSource, Unsigned};
use patchbay_pack_build::Sources;
use patchbay_telemetry::TelemetrySettings;
use serde::Deserialize;
use toml::Spanned;
use tracing::level_filters::LevelFilter;

use super::bounds_section::BoundsSection;
use super::lmtp_section::LmtpSection;
use super::trust_sections::{OidcSection, TlsSection};
use super::{AdmissionSettings, JournalSettings, LogFormat, LogSettings, ServerSettings};

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct SettingsFile {
    companies: Vec<String>,
    packs: Vec<String>,
    store: Option<String>,
    trust: TrustSection,
    dev: DevSection,
    server: ServerSection,
    admission: AdmissionSection,
    limits: LimitsFile,
    engine: EngineSection,
    journal: Option<JournalSection>,
    search: SearchSection,
    lmtp: Option<LmtpSection>,
    egress: EgressSection,
    secrets: BTreeMap<String, BTreeSet<String>>,
    oidc: Option<OidcSection>,
    tls: Option<TlsSection>,
    log: LogSection,
    telemetry: TelemetrySection,
    bounds: BoundsSection,
}

/// Which packs are trusted.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct TrustSection {
    policy: Option<String>,
    unsigned: Option<Spanned<UnsignedName>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum UnsignedName {
    Allow,
    Refuse,
}

/// What a host in production does not do.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct DevSection {
    sources: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct JournalSection {
    path: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    backups: Option<String>,
    #[serde(default)]
    backlog: Option<Spanned<u64>>,
    #[serde(default)]
    retain: Option<Spanned<Seconds>>,
    #[serde(default)]
    originals: Option<Spanned<ByteSize>>,
    #[serde(default)]
    low_space: Option<Spanned<ByteSize>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct SearchSection {
    enabled: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct ServerSection {
    listen: Option<Spanned<String>>,
    body_limit: Option<Spanned<ByteSize>>,
    body_budget: Option<Spanned<ByteSize>>,
    request_timeout: Option<Spanned<Millis>>,
    header_timeout: Option<Spanned<Millis>>,
    write_timeout: Option<Spanned<Millis>>,
    deadline: Option<Spanned<Millis>>,
    workers: Option<Spanned<usize>>,
    queue_length: Option<Spanned<usize>>,
    connections: Option<Spanned<usize>>,
    shutdown: Option<Spanned<Millis>>,
    watch: Option<Spanned<bool>>,
    trusted_proxies: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct AdmissionSection {
    queue_per_company: Option<Spanned<usize>>,
    requests_per_company: Option<Spanned<usize>>,
    backlog_in_all: Option<Spanned<u64>>,
    busy: Option<Spanned<usize>>,
    full: Option<Spanned<usize>>,
    busy_after: Option<Spanned<Millis>>,
    full_after: Option<Spanned<Millis>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct EngineSection {
    instances: Option<Spanned<u32>>,
    allocation: AllocationName,
    made_ahead: Option<Spanned<u32>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct EgressSection {
    allow: Vec<Spanned<String>>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AllocationName {
    #[default]
    Auto,
    Pooling,
    OnDemand,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct LogSection {
    level: Option<Spanned<String>>,
    format: LogFormat,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct TelemetrySection {
    otlp: Option<Spanned<String>>,
    sample: Option<Spanned<String>>,
}

/// Path of a collector for traces, if its address has none.
const OTLP_PATH: &str = "/v1/traces";
/// Bounds of `retain`: an hour and a century.
const RETENTION: RangeInclusive<Seconds> = Seconds(3_600)..=Seconds(100 * 366 * 86_400);
/// Upper bound of every timeout: a day.
const LONGEST_TIMEOUT: Millis = Millis(86_400_000);

/// A field of a section, checked against a range; the default has the same name.
macro_rules! value {
    ($check:ident, $section:ident.$field:ident, $range:expr, $default:expr) => {
        $check.value(
            stringify!($field),
            &$section.$field,
            $range,
            $default.$field,
        )
    };
}

/// A checked size of a section, in bytes.
macro_rules! size {
    ($check:ident, $section:ident.$field:ident, $least:expr, $most:expr, $default:ident) => {{
        let (range, default) = (ByteSize($least)..=ByteSize($most), $default.$field);
        let field = stringify!($field);
        $check
            .value(field, &$section.$field, range, ByteSize(default))
            .0
    }};
}

/// A checked duration of a section.
macro_rules! time {
    ($check:ident, $section:ident.$field:ident, $default:expr) => {
        $check.time(stringify!($field), &$section.$field, $default.$field)
    };
}

pub(super) fn parse(text: &str, beside: &Path) -> Result<ServerSettings, Vec<FileProblem>> {
    let file: SettingsFile =
        toml_document::read_as(DocumentKind::Settings, text).map_err(|problem| vec![problem])?;
    let default = ServerSettings::default();
    let mut check = Check::default();
    let server = &file.server;
    if let (Some(watch), None) = (&server.watch, &file.journal)
        && *watch.get_ref()
    {
        let problem = FileProblem::at(
            watch.span(),
            "`watch` needs a [journal] to store generations in",
        );
        check
            .problems
            .push(problem.help("set path under [journal]"));
    }
    let deadline = time!(check, server.deadline, default);
    let queue_length = value!(check, server.queue_length, 1..=1_000_000, default);
    let bounds = file.bounds.settings(&mut check.problems);
    let has_journal = file.journal.is_some();
    let lmtp = file.lmtp.as_ref();
    let lmtp = lmtp.and_then(|lmtp| lmtp.settings(beside, has_journal, &mut check));
    let listen = check.address(&server.listen, default.listen);
    let settings = ServerSettings {
        listen,
        body_limit: size!(check, server.body_limit, 1024, 64 << 20, default),
        body_budget: size!(check, server.body_budget, 64 << 20, 1 << 40, default),
        request_timeout: time!(check, server.request_timeout, default),
        header_timeout: time!(check, server.header_timeout, default),
        write_timeout: time!(check, server.write_timeout, default),
        deadline,
        workers: value!(check, server.workers, 1..=1024, default),
        queue_length,
        admission: check.admission(&file.admission, default.admission),
        connections: value!(check, server.connections, 1..=1_000_000, default),
        shutdown: time!(check, server.shutdown, default),
        companies: file
            .companies
            .iter()
            .map(|path| beside.join(path))
            .collect(),
        watch: server.watch.as_ref().is_some_and(|watch| *watch.get_ref()),
        trusted_proxies: check.ranges("trusted-proxies", &server.trusted_proxies),
        strict: default.strict,
        packs: file.packs.iter().map(|path| beside.join(path)).collect(),
        store: match &file.store {
            Some(path) => Some(PackStore::at(beside.join(path))),
            None => PackStore::of_user(),
        },
        trust: check.trust(&file.trust, beside, listen),
        sources: match file.dev.sources {
            true => Sources::Build,
            false => Sources::Refuse,
        },
        engine: EngineSettings {
            ceiling: Limits::ceiling(&file.limits),
            queue_deadline: deadline,
            queue_length,
            compile: CompileSettings::of(&bounds),
            ..check.engine(&file.engine, default.engine)
        },
        journal: file.journal.map(|section| {
            let usual = JournalSettings::at(beside.join(&section.path));
            let placed =
                |path: Option<String>, usual: PathBuf| path.map_or(usual, |path| beside.join(path));
            JournalSettings {
                key: placed(section.key, usual.key),
                backups: placed(section.backups, usual.backups),
                path: usual.path,
                backlog: value!(check, section.backlog, 1..=100_000_000, usual),
                originals: size!(check, section.originals, 0, 1 << 50, usual),
                low_space: size!(check, section.low_space, 0, 1 << 50, usual),
                retain: section.retain.map(|retain| {
                    let longest = *RETENTION.end();
                    check.value("retain", &Some(retain), RETENTION, longest)
                }),
            }
        }),
        search: file.search.enabled.unwrap_or(default.search),
        lmtp,
        clock: default.clock,
        accept_clock: default.accept_clock,
        egress: EgressSettings {
            allow: check.ranges("allow", &file.egress.allow),
            ..default.egress
        },
        secrets: file.secrets,
        environment: default.environment,
        oidc: file
            .oidc
            .map(|oidc| oidc.settings(beside, has_journal, &mut check.problems)),
        tls: file
            .tls
            .map(|tls| tls.settings(beside, &mut check.problems)),
        log: LogSettings {
            level: check.level(&file.log.level, default.log.level),
            format: file.log.format,
        },
        telemetry: TelemetrySettings {
            otlp: check.collector(&file.telemetry.otlp),
            sample: check.share(&file.telemetry.sample, default.telemetry.sample),
        },
        bounds,
    };
    match check.problems.is_empty() {
        true => Ok(settings),
        false => Err(check.problems),
    }
}

/// Checks values against their ranges and collects the problems.
#[derive(Default)]
pub(super) struct Check {
    pub(super) problems: Vec<FileProblem>,
}

impl Check {
    pub(super) fn value<T: Copy + PartialOrd + Display>(
        &mut self,
        key: &str,
        given: &Option<Spanned<T>>,
        range: RangeInclusive<T>,
        default: T,
    ) -> T {
        let Some(given) = given else {
            return default;
        };
        let value = *given.get_ref();
        if !range.contains(&value) {
            let (least, most) = (range.start(), range.end());
            let key = key.replace('_', "-");
            let message = format!("`{key}` is {value}; it must be {least} to {most}");
            self.problems.push(FileProblem::at(given.span(), message));
        }
        value
    }

    pub(super) fn time(
        &mut self,
        key: &str,
        given: &Option<Spanned<Millis>>,
        default: Duration,
    ) -> Duration {
        let default = Millis(default.as_millis() as u64);
        self.value(key, given, Millis(1)..=LONGEST_TIMEOUT, default)
            .into()
    }

    /// Where the trust policy is; without one, packs need no signature while the
    /// server is reached from this machine alone.
    fn trust(&mut self, section: &TrustSection, beside: &Path, listen: SocketAddr) -> TrustSource {
        let unsigned = match &section.unsigned {
            Some(unsigned) => match unsigned.get_ref() {
                UnsignedName::Allow => Unsigned::Allow,
                UnsignedName::Refuse => Unsigned::Refuse,
            },
            None if listen.ip().is_loopback() => Unsigned::Allow,
            None => Unsigned::Refuse,
        };
        match (&section.policy, &section.unsigned) {
            (Some(_), Some(unsigned)) => {
                let problem = FileProblem::at(
                    unsigned.span(),
                    "`unsigned` stands beside `policy`, which decides it",
                );
                self.problems
                    .push(problem.help("set `unsigned` in the trust policy"));
                TrustSource::Without(Unsigned::Refuse)
            }
            (Some(path), None) => TrustSource::File(beside.join(path)),
            (None, _) => TrustSource::Without(unsigned),
        }
    }

    fn admission(
        &mut self,
        section: &AdmissionSection,
        default: AdmissionSettings,
    ) -> AdmissionSettings {
        let most = 100_000_000;
        AdmissionSettings {
            queue_per_company: value!(self, section.queue_per_company, 1..=1_000_000, default),
            requests_per_company: value!(self, section.requests_per_company, 1..=16_384, default),
            backlog: self.value(
                "backlog_in_all",
                &section.backlog_in_all,
                1..=most,
                default.backlog,
            ),
            load: LoadBounds {
                busy: value!(self, section.busy, 1..=most as usize, default.load),
                full: value!(self, section.full, 1..=most as usize, default.load),
                busy_after: time!(self, section.busy_after, default.load),
                full_after: time!(self, section.full_after, default.load),
            },
        }
    }

    /// Parses a text; `help` is added to the problem of one that is wrong.
    fn text<T>(
        &mut self,
        given: &Option<Spanned<String>>,
        default: T,
        help: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> T {
        let Some(given) = given else {
            return default;
        };
        parse(given.get_ref()).unwrap_or_else(|message| {
            self.problems
                .push(FileProblem::at(given.span(), message).help(help));
            default
        })
    }

    fn address(&mut self, given: &Option<Spanned<String>>, default: SocketAddr) -> SocketAddr {
        let help = "write an address and a port, such as \"127.0.0.1:7420\" or \"[::1]:7420\"";
        self.text(given, default, help, |text| {
            text.parse()
                .map_err(|_| format!("`listen` is {text:?}, which is not an address"))
        })
    }

    fn engine(&mut self, section: &EngineSection, default: EngineSettings) -> EngineSettings {
        EngineSettings {
            instances: value!(self, section.instances, 2..=16_384, default),
            made_ahead: value!(self, section.made_ahead, 0..=1024, default),
            allocation: match section.allocation {
                AllocationName::Auto => Allocation::Auto,
                AllocationName::Pooling => Allocation::Pooling,
                AllocationName::OnDemand => Allocation::OnDemand,
            },
            ..default
        }
    }

    pub(super) fn ranges(&mut self, key: &str, given: &[Spanned<String>]) -> Vec<AddressRange> {
        let mut ranges = Vec::new();
        for text in given {
            match text.get_ref().parse() {
                Ok(range) => ranges.push(range),
                Err(error) => {
                    let message = format!("`{key}` has {error}");
                    self.problems.push(FileProblem::at(text.span(), message));
                }
            }
        }
        ranges
    }

    fn collector(&mut self, given: &Option<Spanned<String>>) -> Option<WebAddress> {
        let help =
            "write the collector's address for OTLP over HTTP, such as \"http://127.0.0.1:4318\"";
        self.text(given, None, help, |text| {
            let address =
                WebAddress::parse(text).and_then(|address| match address.path_and_query() {
                    "/" => WebAddress::parse(&format!("{}{OTLP_PATH}", address.origin())),
                    _ => Ok(address),
                });
            address.map(Some).map_err(|error| format!("`otlp` {error}"))
        })
    }

    fn share(&mut self, given: &Option<Spanned<String>>, default: f64) -> f64 {
        let help = "write 0% to 100%, such as \"1%\" or \"0.1%\"";
        self.text(given, default, help, |text| {
            let percent = text.strip_suffix('%');
            let percent = percent.and_then(|number| number.trim().parse::<f64>().ok());
            let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
            percent
                .map(|percent| percent / 100.0)
                .ok_or_else(|| format!("`sample` is {text:?}, which is not a percentage"))
        })
    }

    fn level(&mut self, given: &Option<Spanned<String>>, default: LevelFilter) -> LevelFilter {
        let help = "levels are off, error, warn, info, debug, trace";
        self.text(given, default, help, |text| {
            Ok(match text {
                "off" => LevelFilter::OFF,
                "error" => LevelFilter::ERROR,
                "warn" => LevelFilter::WARN,
                "info" => LevelFilter::INFO,
                "debug" => LevelFilter::DEBUG,
                "trace" => LevelFilter::TRACE,
                other => return Err(format!("`level` is {other:?}, which is not a log level")),
            })
        })
    }
}

#[cfg(test)]
mod tests;
