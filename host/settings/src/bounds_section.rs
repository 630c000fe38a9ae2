//! The section `[bounds]`: limits of the table in `host/model`.

use std::collections::BTreeMap;

use patchbay_config::bound::{Bound, BoundLimit, BoundSettings, Scope, Unit};
use patchbay_config::duration::{ByteSize, Millis};
use patchbay_config::file_problem::FileProblem;
use patchbay_config::name_suggestion;
use serde::Deserialize;
use toml::{Spanned, Value};

/// The section `[bounds]`, by key.
#[derive(Default, Deserialize)]
#[serde(transparent)]
pub(super) struct BoundsSection(BTreeMap<String, Spanned<Value>>);

impl BoundsSection {
    /// The limits it sets; problems are added to `problems`.
    pub(super) fn settings(&self, problems: &mut Vec<FileProblem>) -> BoundSettings {
        let mut settings = BoundSettings::default();
        for (key, value) in self.0.iter().filter(|(key, _)| *key != COMPANY) {
            match limit(key).and_then(|limit| Ok((limit, checked(limit, value.get_ref())?))) {
                Ok((limit, number)) if number != limit.default => {
                    settings.set(limit.bound, limit.scope, number);
                }
                Ok(_) => {}
                Err((message, help)) => {
                    let problem = FileProblem::at(value.span(), message);
                    problems.push(problem.help(help));
                }
            }
        }
        if let Some(companies) = self.0.get(COMPANY)
            && let Err((message, help)) = narrow(&mut settings, companies.get_ref())
        {
            let problem = FileProblem::at(companies.span(), message);
            problems.push(problem.help(help));
        }
        let is_above = |bound: &&Bound| {
            let [company, host] = [Scope::Company, Scope::Host].map(|scope| {
                let limit = bound.limit(scope).and_then(BoundLimit::key);
                limit.map(|_| settings.get(**bound, scope))
            });
            company
                .zip(host)
                .is_some_and(|(company, host)| company > host)
        };
        for bound in Bound::ALL.iter().filter(is_above) {
            let message = format!(
                "under [bounds], the limit of `{}` for one company is above that of the host",
                bound.as_str()
            );
            problems.push(FileProblem::whole(message));
        }
        settings
    }
}

/// Key of the tables that narrow the limits of companies, by name.
const COMPANY: &str = "company";

/// Narrow the limits of companies.
fn narrow(settings: &mut BoundSettings, companies: &Value) -> Result<(), Rejection> {
    let form = || {
        let message = "`company` under [bounds] is not a table of companies".to_owned();
        (message, "write [bounds.company.NAME]".to_owned())
    };
    for (company, limits) in companies.as_table().ok_or_else(form)? {
        for (key, value) in limits.as_table().ok_or_else(form)? {
            let limit = limit(key)?;
            if limit.scope != Scope::Company || !limit.bound.is_narrowed() {
                let message = format!("`{key}` cannot be narrowed for company {company:?}");
                return Err((message, format!("its keys are {}", narrowed_keys())));
            }
            let number = checked(limit, value)?;
            if number > settings.get(limit.bound, Scope::Company) {
                let message =
                    format!("`{key}` of company {company:?} is above the limit of every company");
                let help = format!("lower it, or raise `{key}` under [bounds]");
                return Err((message, help));
            }
            settings.narrow(limit.bound, company, number);
        }
    }
    Ok(())
}

fn narrowed_keys() -> String {
    let limits = Bound::all_limits().filter(|limit| limit.scope == Scope::Company);
    let limits = limits.filter(|limit| limit.bound.is_narrowed());
    let keys: Vec<_> = limits.filter_map(BoundLimit::key).collect();
    keys.join(", ")
}

/// A message, and what to do.
type Rejection = (String, String);

fn limit(key: &str) -> Result<&'static BoundLimit, Rejection> {
    let known = || Bound::all_limits().filter_map(|limit| Some((limit.key()?, limit)));
    if let Some((_, limit)) = known().find(|(name, _)| *name == key) {
        return Ok(limit);
    }
    let message = match name_suggestion::nearest(key, known().map(|(name, _)| name)) {
        Some(near) => format!("unknown key `{key}` under [bounds]; did you mean `{near}`?"),
        None => format!("unknown key `{key}` under [bounds]"),
    };
    let names: Vec<_> = known().map(|(name, _)| name).collect();
    Err((message, format!("its keys are {}", names.join(", "))))
}

fn checked(limit: &BoundLimit, value: &Value) -> Result<u64, Rejection> {
    let key = limit.key().unwrap_or(limit.setting);
    let written = |number: u64| match limit.unit {
        Unit::Bytes => ByteSize(number).to_string(),
        Unit::Millis => Millis(number).to_string(),
        Unit::Count(_) => number.to_string(),
    };
    let range = format!("{} to {}", written(limit.least), written(limit.most));
    let help = format!(
        "it must be {range}; the default is {}",
        written(limit.default)
    );
    let number = match (limit.unit, value) {
        (Unit::Count(_), Value::Integer(number)) => u64::try_from(*number).ok(),
        (Unit::Bytes, Value::String(text)) => text.parse().ok().map(|ByteSize(bytes)| bytes),
        (Unit::Millis, Value::String(text)) => text.parse().ok().map(|Millis(millis)| millis),
        _ => None,
    };
    match number {
        Some(number) if (limit.least..=limit.most).contains(&number) => Ok(number),
        Some(number) => Err((format!("`{key}` is {}", written(number)), help)),
        None => Err((format!("`{key}` is {value}, which has another form"), help)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::ServerSettings;

    fn parse(text: &str) -> Result<ServerSettings, Vec<FileProblem>> {
        ServerSettings::parse(text, Path::new("/"))
    }

    #[test]
    fn a_limit_is_set_in_its_unit() {
        let text =
            "[bounds]\nstreams-per-token = 3\ncompile-time = \"5s\"\ngeneration-size = \"1MiB\"\n";
        let bounds = parse(text).expect("valid").bounds;
        assert_eq!(bounds.get(Bound::Streams, Scope::Token), 3);
        assert_eq!(bounds.get(Bound::CompileTime, Scope::Item), 5_000);
        assert_eq!(bounds.get(Bound::GenerationSize, Scope::Item), 1 << 20);
        assert_eq!(bounds.get(Bound::Streams, Scope::Host), 4_096);
    }

    #[test]
    fn the_limits_of_one_company_are_narrowed() {
        let text = "[bounds]\nstored-bytes-per-company = \"8GiB\"\n[bounds.company.northwind]\nstored-bytes-per-company = \"2GiB\"\nrequests-per-company = 7\n";
        let bounds = parse(text).expect("valid").bounds;
        assert_eq!(bounds.of_company(Bound::StoredBytes, "northwind"), 2 << 30);
        assert_eq!(bounds.of_company(Bound::StoredBytes, "harbour"), 8 << 30);
        assert_eq!(bounds.of_company(Bound::Requests, "northwind"), 7);
        let narrowed: Vec<_> = bounds.narrowed(Bound::StoredBytes).collect();
        assert_eq!(narrowed, [("northwind", 2 << 30)]);
        for (limit, expected) in [
            (
                "stored-bytes-per-company = \"9GiB\"",
                "above the limit of every company",
            ),
            ("work-per-company = 3", "cannot be narrowed"),
            ("streams = 3", "cannot be narrowed"),
            (
                "streams-per-compny = 3",
                "did you mean `streams-per-company`?",
            ),
        ] {
            let text = format!(
                "[bounds]\nstored-bytes-per-company = \"8GiB\"\n[bounds.company.northwind]\n{limit}\n"
            );
            let problems = parse(&text).expect_err("wrong");
            assert!(problems[0].message.contains(expected), "{problems:?}");
        }
        let problems = parse("[bounds]\ncompany = 3\n").expect_err("no table");
        assert!(problems[0].message.contains("not a table"), "{problems:?}");
    }

    #[test]
    fn every_limit_of_the_section_can_be_set_to_its_ends() {
        for limit in Bound::all_limits() {
            let Some(key) = limit.key() else { continue };
            for number in [limit.least, limit.most, limit.default] {
                let value = match limit.unit {
                    Unit::Count(_) => number.to_string(),
                    Unit::Bytes => format!("\"{}\"", ByteSize(number)),
                    Unit::Millis => format!("\"{}\"", Millis(number)),
                };
                let mut problems = Vec::new();
                let text = format!("{key} = {value}");
                let section: BoundsSection = toml::from_str(&text).expect("TOML");
                section.settings(&mut problems);
                problems.retain(|problem| problem.span.is_some());
                assert!(problems.is_empty(), "{text}: {problems:?}");
            }
        }
    }

    #[test]
    fn a_wrong_limit_names_the_key_and_the_range() {
        for (text, expected) in [
            ("streams-per-tokn = 3", "did you mean `streams-per-token`?"),
            ("streams-per-token = 0", "`streams-per-token` is 0"),
            ("streams-per-token = \"3\"", "which has another form"),
            ("compile-memory = \"1B\"", "`compile-memory` is 1B"),
            (
                "work-per-company = 129\nwork = 128",
                "above that of the host",
            ),
        ] {
            let problems = parse(&format!("[bounds]\n{text}\n")).expect_err("wrong");
            assert!(
                problems[0].message.contains(expected),
                "{text}: {problems:?}"
            );
        }
    }

    #[test]
    fn the_table_has_the_defaults_of_the_other_sections() {
        let settings = parse("[journal]\npath = \"a\"\n").expect("valid");
        let journal = settings.journal.as_ref().expect("set");
        let defaults = [
            ("server.connections", settings.connections as u64),
            ("server.queue-length", settings.queue_length as u64),
            ("server.deadline", settings.deadline.as_millis() as u64),
            ("server.body-budget", settings.body_budget),
            ("server.body-limit", settings.body_limit),
            (
                "admission.queue-per-company",
                settings.admission.queue_per_company as u64,
            ),
            ("admission.backlog-in-all", settings.admission.backlog),
            (
                "admission.requests-per-company",
                settings.admission.requests_per_company as u64,
            ),
            ("engine.instances", settings.engine.instances.into()),
            ("journal.backlog", journal.backlog),
        ];
        for limit in Bound::all_limits().filter(|limit| limit.key().is_none()) {
            let found = defaults
                .iter()
                .find(|(setting, _)| *setting == limit.setting);
            assert_eq!(found, Some(&(limit.setting, limit.default)));
        }
    }
}
