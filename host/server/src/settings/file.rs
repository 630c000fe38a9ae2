//! The settings file as it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use patchbay_desk::LoadBounds;
use patchbay_engine::config::{Allocation, EngineSettings};
use patchbay_model::duration::{ByteSize, Millis, Seconds};
use patchbay_model::limits::{Limits, LimitsFile};
use patchbay_model::located::Located;
use patchbay_model::web_address::WebAddress;
use patchbay_outbound::egress::{AddressRange, EgressSettings};
use serde::Deserialize;
use toml::Spanned;
use tracing::level_filters::LevelFilter;

use super::trust::{OidcSection, TlsSection};
use super::{
    AdmissionSettings, JournalSettings, LogFormat, LogSettings, ServerSettings, TelemetrySettings,
};

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct SettingsFile {
    companies: Vec<String>,
    packs: Vec<String>,
    server: ServerSection,
    admission: AdmissionSection,
    limits: LimitsFile,
    engine: EngineSection,
    journal: Option<JournalSection>,
    egress: EgressSection,
    secrets: BTreeMap<String, BTreeSet<String>>,
    oidc: Option<OidcSection>,
    tls: Option<TlsSection>,
    log: LogSection,
    telemetry: TelemetrySection,
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

/// Where a collector takes traces, unless its address says another path.
const OTLP_PATH: &str = "/v1/traces";
/// Bounds on how long is kept what is done: an hour, a century.
const LEAST_KEPT: Seconds = Seconds(3_600);
const MOST_KEPT: Seconds = Seconds(100 * 366 * 86_400);
/// A day: nothing here is worth waiting longer for.
const LONGEST: Millis = Millis(86_400_000);

pub(super) fn parse(text: &str, beside: &Path) -> Result<ServerSettings, Vec<Located>> {
    let file: SettingsFile = toml::from_str(text).map_err(|error| vec![Located::from(error)])?;
    let default = ServerSettings::default();
    let mut check = Check::default();
    let server = &file.server;
    if let (Some(watch), None) = (&server.watch, &file.journal)
        && *watch.get_ref()
    {
        let problem = Located::at(watch.span(), "`watch` needs a [journal] to keep setups in");
        check
            .problems
            .push(problem.help("set path under [journal]"));
    }
    let deadline = check.time("deadline", &server.deadline, default.deadline);
    let queue_length = check.value(
        "queue-length",
        &server.queue_length,
        1..=1_000_000,
        default.queue_length,
    );
    let settings = ServerSettings {
        listen: check.address(&server.listen, default.listen),
        body_limit: check
            .value(
                "body-limit",
                &server.body_limit,
                ByteSize(1024)..=ByteSize(64 << 20),
                ByteSize(default.body_limit),
            )
            .0,
        body_budget: check
            .value(
                "body-budget",
                &server.body_budget,
                ByteSize(64 << 20)..=ByteSize(1 << 40),
                ByteSize(default.body_budget),
            )
            .0,
        request_timeout: check.time(
            "request-timeout",
            &server.request_timeout,
            default.request_timeout,
        ),
        header_timeout: check.time(
            "header-timeout",
            &server.header_timeout,
            default.header_timeout,
        ),
        write_timeout: check.time(
            "write-timeout",
            &server.write_timeout,
            default.write_timeout,
        ),
        deadline,
        workers: check.value("workers", &server.workers, 1..=1024, default.workers),
        queue_length,
        admission: check.admission(&file.admission, default.admission),
        connections: check.value(
            "connections",
            &server.connections,
            1..=1_000_000,
            default.connections,
        ),
        shutdown: check.time("shutdown", &server.shutdown, default.shutdown),
        companies: file
            .companies
            .iter()
            .map(|path| beside.join(path))
            .collect(),
        watch: server.watch.as_ref().is_some_and(|watch| *watch.get_ref()),
        strict: default.strict,
        packs: file.packs.iter().map(|path| beside.join(path)).collect(),
        engine: EngineSettings {
            ceiling: Limits::ceiling(&file.limits),
            queue_deadline: deadline,
            queue_length,
            ..check.engine(&file.engine, default.engine)
        },
        journal: file.journal.map(|section| {
            let usual = JournalSettings::at(beside.join(&section.path));
            let placed = |path: Option<String>, usual: PathBuf| match path {
                Some(path) => beside.join(path),
                None => usual,
            };
            JournalSettings {
                key: placed(section.key, usual.key),
                backups: placed(section.backups, usual.backups),
                path: usual.path,
                backlog: check.value("backlog", &section.backlog, 1..=100_000_000, usual.backlog),
                retain: section.retain.map(|retain| {
                    check.value("retain", &Some(retain), LEAST_KEPT..=MOST_KEPT, MOST_KEPT)
                }),
            }
        }),
        clock: default.clock,
        egress: EgressSettings {
            allow: check.ranges(&file.egress.allow),
            ..default.egress
        },
        secrets: file.secrets,
        oidc: file.oidc.map(|oidc| oidc.settings(&mut check.problems)),
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
    };
    match check.problems.is_empty() {
        true => Ok(settings),
        false => Err(check.problems),
    }
}

/// Holds values to their ranges and keeps what is wrong.
#[derive(Default)]
struct Check {
    problems: Vec<Located>,
}

impl Check {
    fn value<T: Copy + PartialOrd + Display>(
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
            let message = format!("`{key}` is {value}; it must be {least} to {most}");
            self.problems.push(Located::at(given.span(), message));
        }
        value
    }

    fn time(&mut self, key: &str, given: &Option<Spanned<Millis>>, default: Duration) -> Duration {
        let default = Millis(default.as_millis() as u64);
        self.value(key, given, Millis(1)..=LONGEST, default).into()
    }

    fn admission(
        &mut self,
        section: &AdmissionSection,
        default: AdmissionSettings,
    ) -> AdmissionSettings {
        let most = 100_000_000;
        AdmissionSettings {
            queue_per_company: self.value(
                "queue-per-company",
                &section.queue_per_company,
                1..=1_000_000,
                default.queue_per_company,
            ),
            requests_per_company: self.value(
                "requests-per-company",
                &section.requests_per_company,
                1..=16_384,
                default.requests_per_company,
            ),
            backlog: self.value(
                "backlog-in-all",
                &section.backlog_in_all,
                1..=most,
                default.backlog,
            ),
            load: LoadBounds {
                busy: self.value("busy", &section.busy, 1..=most as usize, default.load.busy),
                full: self.value("full", &section.full, 1..=most as usize, default.load.full),
                busy_after: self.time("busy-after", &section.busy_after, default.load.busy_after),
                full_after: self.time("full-after", &section.full_after, default.load.full_after),
            },
        }
    }

    fn address(&mut self, given: &Option<Spanned<String>>, default: SocketAddr) -> SocketAddr {
        let Some(given) = given else {
            return default;
        };
        given.get_ref().parse().unwrap_or_else(|_| {
            let message = format!("`listen` is {:?}, which is no address", given.get_ref());
            self.problems.push(
                Located::at(given.span(), message).help(
                    "write an address and a port, such as \"127.0.0.1:7420\" or \"[::1]:7420\"",
                ),
            );
            default
        })
    }

    fn engine(&mut self, section: &EngineSection, default: EngineSettings) -> EngineSettings {
        EngineSettings {
            instances: self.value(
                "instances",
                &section.instances,
                2..=16_384,
                default.instances,
            ),
            made_ahead: self.value(
                "made-ahead",
                &section.made_ahead,
                0..=1024,
                default.made_ahead,
            ),
            allocation: match section.allocation {
                AllocationName::Auto => Allocation::Auto,
                AllocationName::Pooling => Allocation::Pooling,
                AllocationName::OnDemand => Allocation::OnDemand,
            },
            ..default
        }
    }

    fn ranges(&mut self, given: &[Spanned<String>]) -> Vec<AddressRange> {
        let mut ranges = Vec::new();
        for text in given {
            match text.get_ref().parse() {
                Ok(range) => ranges.push(range),
                Err(error) => {
                    let message = format!("`allow` has {error}");
                    self.problems.push(Located::at(text.span(), message));
                }
            }
        }
        ranges
    }

    fn collector(&mut self, given: &Option<Spanned<String>>) -> Option<WebAddress> {
        let given = given.as_ref()?;
        let text = given.get_ref();
        let address = WebAddress::parse(text).and_then(|address| match address.path_and_query() {
            "/" => WebAddress::parse(&format!("{}{OTLP_PATH}", address.origin())),
            _ => Ok(address),
        });
        match address {
            Ok(address) => Some(address),
            Err(error) => {
                let message = format!("`otlp` {error}");
                self.problems.push(Located::at(given.span(), message).help(
                    "write the collector's address for OTLP over HTTP, such as \"http://127.0.0.1:4318\"",
                ));
                None
            }
        }
    }

    fn share(&mut self, given: &Option<Spanned<String>>, default: f64) -> f64 {
        let Some(given) = given else {
            return default;
        };
        let percent = given.get_ref().strip_suffix('%');
        let percent = percent.and_then(|number| number.trim().parse::<f64>().ok());
        match percent.filter(|percent| (0.0..=100.0).contains(percent)) {
            Some(percent) => percent / 100.0,
            None => {
                let message = format!("`sample` is {:?}, which is no share", given.get_ref());
                self.problems.push(
                    Located::at(given.span(), message)
                        .help("write 0% to 100%, such as \"1%\" or \"0.1%\""),
                );
                default
            }
        }
    }

    fn level(&mut self, given: &Option<Spanned<String>>, default: LevelFilter) -> LevelFilter {
        let Some(given) = given else {
            return default;
        };
        match given.get_ref().as_str() {
            "off" => LevelFilter::OFF,
            "error" => LevelFilter::ERROR,
            "warn" => LevelFilter::WARN,
            "info" => LevelFilter::INFO,
            "debug" => LevelFilter::DEBUG,
            "trace" => LevelFilter::TRACE,
            other => {
                self.problems.push(
                    Located::at(
                        given.span(),
                        format!("`level` is {other:?}, which is no level"),
                    )
                    .help("levels are off, error, warn, info, debug, trace"),
                );
                default
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::EXAMPLE;
    use super::*;

    fn problems(text: &str) -> Vec<(String, Option<(usize, usize)>)> {
        let problems = parse(text, Path::new("/etc/patchbay")).expect_err("wrong");
        let place = |problem: &Located| (problem.message.clone(), problem.line_column(text));
        problems.iter().map(place).collect()
    }

    #[test]
    fn the_example_is_complete_and_gives_the_defaults() {
        let given = parse(EXAMPLE, Path::new("/etc/patchbay")).expect("the example is valid");
        assert_eq!(
            given.companies,
            [Path::new("/etc/patchbay/companies/northwind.toml")]
        );
        assert_eq!(given.packs, [Path::new("/etc/patchbay/packs")]);
        let default = ServerSettings {
            companies: given.companies.clone(),
            packs: given.packs.clone(),
            engine: EngineSettings {
                queue_deadline: given.deadline,
                ..EngineSettings::default()
            },
            workers: given.workers,
            journal: parse(
                "[journal]\npath = \"patchbay.db\"",
                Path::new("/etc/patchbay"),
            )
            .expect("a path is enough")
            .journal,
            ..ServerSettings::default()
        };
        assert_eq!(format!("{given:?}"), format!("{default:?}"));
        // Every key there is stands in the example.
        for key in [
            "listen",
            "body-limit",
            "body-budget",
            "write-timeout",
            "backups",
            "backlog",
            "request-timeout",
            "header-timeout",
            "deadline",
            "workers",
            "queue-length",
            "queue-per-company",
            "requests-per-company",
            "backlog-in-all",
            "busy",
            "full",
            "busy-after",
            "full-after",
            "connections",
            "shutdown",
            "watch",
            "instances",
            "allocation",
            "made-ahead",
            "allow",
            "level",
            "format",
            "sample",
            "memory",
            "table-elements",
            "transfer",
            "handles",
            "output",
            "log",
            "state",
            "concurrency",
            "fuel",
        ] {
            assert!(
                EXAMPLE.contains(&format!("\n{key} = ")),
                "{key} is not in the example"
            );
        }
    }

    #[test]
    fn an_unknown_key_is_refused_where_it_stands() {
        let found = problems("[server]\ncolour = 1\n");
        assert!(found[0].0.contains("colour"), "{found:?}");
        assert_eq!(found[0].1.map(|(line, _)| line), Some(2));
    }

    #[test]
    fn every_value_out_of_range_is_told_at_once() {
        let found = problems(
            "[server]\nworkers = 0\ndeadline = \"0ms\"\nlisten = \"here\"\n[log]\nlevel = \"loud\"\n",
        );
        let lines: Vec<_> = found
            .iter()
            .filter_map(|(_, place)| place.map(|(line, _)| line))
            .collect();
        assert_eq!(lines.len(), 4, "{found:?}");
        for line in [2, 3, 4, 6] {
            assert!(lines.contains(&line), "{found:?}");
        }
    }

    #[test]
    fn a_range_that_is_none_is_pointed_at() {
        let text =
            "[egress]\nallow = [\n  \"127.0.0.0/8\",\n  \"localhost\",\n  \"10.0.0.8/8\",\n]\n";
        let found = problems(text);
        let lines: Vec<_> = found
            .iter()
            .filter_map(|(_, place)| place.map(|(line, _)| line))
            .collect();
        assert_eq!(lines, [4, 5], "{found:?}");
        assert!(found[1].0.contains("write \"10.0.0.0/8\""), "{found:?}");
    }

    #[test]
    fn a_collector_has_an_address_and_a_share() {
        let settings = |text: &str| parse(text, Path::new("/etc")).expect("valid").telemetry;
        let usual = settings("[telemetry]\notlp = \"http://127.0.0.1:4318\"\nsample = \"2.5%\"\n");
        let address = usual.otlp.expect("an address");
        assert_eq!(address.path_and_query(), "/v1/traces");
        assert_eq!((address.port(), usual.sample), (4318, 0.025));
        let own = settings("[telemetry]\notlp = \"https://otel.example/in?key=1\"\n");
        let address = own.otlp.expect("an address");
        assert_eq!((address.path_and_query(), own.sample), ("/in?key=1", 0.01));
        let found = problems("[telemetry]\notlp = \"collector:4318\"\nsample = \"101%\"\n");
        let lines: Vec<_> = found
            .iter()
            .filter_map(|(_, place)| place.map(|(line, _)| line))
            .collect();
        assert_eq!(lines, [2, 3], "{found:?}");
        for wrong in ["0.01", "-1%", "NaN%", "some"] {
            let found = problems(&format!("[telemetry]\nsample = \"{wrong}\"\n"));
            assert_eq!(found.len(), 1, "{wrong}: {found:?}");
        }
    }

    #[test]
    fn ranges_are_kept_as_written() {
        let text = "[egress]\nallow = [\"127.0.0.0/8\", \"fd00::/8\"]\n";
        let settings = parse(text, Path::new("/etc")).expect("valid");
        let allow: Vec<_> = settings
            .egress
            .allow
            .iter()
            .map(AddressRange::to_string)
            .collect();
        assert_eq!(allow, ["127.0.0.0/8", "fd00::/8"]);
    }

    #[test]
    fn an_absolute_path_stays_what_it_is() {
        let settings = parse("companies = [\"/srv/a.toml\"]", Path::new("/etc")).expect("valid");
        assert_eq!(settings.companies, [Path::new("/srv/a.toml")]);
    }
}
