//! `patchbay pack outdated`.

use std::path::Path;

use patchbay_command::args::PackOutdatedArgs;
use patchbay_command::change::located;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::counted;
use patchbay_command::output;
use patchbay_command::policy::rejected;
use patchbay_company::{CompanyFile, PluginEntry};
use patchbay_generations::assemble::InvalidFile;
use patchbay_pack::manifest::Manifest;
use patchbay_pack::migration::migrations_from;
use patchbay_pack::release::{ReleaseChange, changes, level_of};
use semver::Version;
use serde_json::{Value, json};

use super::pack_sources::{PackSources, VersionOrigin};
use super::release::{all_changes, change_documents, change_lines};

pub(super) fn run(args: &PackOutdatedArgs, as_json: bool) -> Outcome {
    let places = PackSources::read(&args.config, !args.offline)?;
    let text = InvalidFile::read(&args.file).map_err(rejected)?;
    let file =
        CompanyFile::parse(&text).map_err(|problems| located(&args.file, &text, problems))?;
    let beside = args.file.parent().unwrap_or(Path::new("."));
    let mut checks = Vec::new();
    for (plugin, entry) in &file.plugin {
        let row = Row::of(plugin, entry, beside, &places, args.skip_cases);
        checks.push(row.map_err(|problem| (plugin.clone(), problem)));
    }
    let rows: Vec<&Row> = checks.iter().flatten().collect();
    let outdated = rows.iter().filter(|row| row.newest.is_some()).count();
    let problems: Vec<String> = checks.iter().filter_map(problem_of).collect();
    let document = json!({
        "company": file.company.get_ref(),
        "outdated": outdated,
        "plugins": rows.iter().map(|row| row.document()).collect::<Vec<_>>(),
        "problems": problems,
    });
    output::result(as_json, &document, || {
        for check in &checks {
            match check {
                Ok(row) => row.lines(&args.file).iter().try_for_each(output::line)?,
                Err((plugin, problem)) => output::line(format!("{plugin}: {problem}"))?,
            }
        }
        match checks.is_empty() {
            true => output::line("the company file has no plugins"),
            false => Ok(()),
        }
    })?;
    match problems.len() {
        0 => Ok(Exit::Success),
        count => Err(Failure::new(
            Exit::Pack,
            format!(
                "{count} of {} could not be checked as a whole",
                counted(checks.len() as u64, "plugin")
            ),
        )),
    }
}

/// What is wrong with a check, with the name of the plugin.
fn problem_of(check: &Result<Row, (String, String)>) -> Option<String> {
    let (plugin, problem) = match check {
        Ok(row) => (&row.plugin, row.registry_problem.as_ref()?),
        Err((plugin, problem)) => (plugin, problem),
    };
    Some(format!("plugin {plugin:?}: {problem}"))
}

/// A plugin, the version of its pack, and the newest.
struct Row {
    plugin: String,
    pack: String,
    wanted: String,
    current: Version,
    newest: Option<Newer>,
    /// The newest version that promises to be compatible, where it is above the current one.
    compatible: Option<Version>,
    broken: Vec<String>,
    /// Why the versions of its registry are not known.
    registry_problem: Option<String>,
}

/// A newer version of a pack.
struct Newer {
    version: Version,
    origin: VersionOrigin,
    changes: Vec<ReleaseChange>,
    /// What is wrong with the present settings for it.
    invalid: Vec<String>,
    /// Whether it has a migration from the version in use.
    has_migration: bool,
}

impl Row {
    fn of(
        plugin: &str,
        entry: &PluginEntry,
        beside: &Path,
        places: &PackSources,
        skip_cases: bool,
    ) -> Result<Row, String> {
        let wanted = entry.pack.get_ref();
        let current = places.current(wanted, beside)?;
        let versions = places.versions(&current.name, wanted, beside);
        let is_newer = |version: &Version| version.cmp_precedence(&current.version).is_gt();
        let newest = versions.newest().filter(|found| is_newer(&found.version));
        let compatible = versions.newest_compatible(&current.version);
        let compatible = compatible.filter(|found| is_newer(&found.version));
        let compatible = compatible.map(|found| found.version.clone());
        let newest = match newest {
            None => None,
            Some(found) => {
                let origin = found.origin.clone();
                let newest = places.open(&origin)?;
                let found = match skip_cases {
                    true => changes(&current, &newest),
                    false => all_changes(&current, &newest)
                        .map_err(|failure| failure.report.to_string())?,
                };
                let values = serde_json::to_value(entry.settings.get_ref()).unwrap_or_default();
                let invalid = newest.complete_settings(values).err().unwrap_or_default();
                let manifest = newest.manifest.as_deref();
                let manifest = manifest.and_then(|text| Manifest::parse(text).ok());
                let migrations = manifest.map(|manifest| manifest.migrations());
                let migrations = migrations.unwrap_or_default();
                Some(Newer {
                    has_migration: migrations_from(&migrations, &current.version)
                        .next()
                        .is_some(),
                    invalid: invalid.iter().map(ToString::to_string).collect(),
                    version: newest.version,
                    origin,
                    changes: found,
                })
            }
        };
        Ok(Row {
            plugin: plugin.to_owned(),
            pack: current.name,
            wanted: wanted.clone(),
            current: current.version,
            newest,
            compatible,
            broken: versions.broken,
            registry_problem: versions.registry_problem,
        })
    }

    fn document(&self) -> Value {
        let newest = self.newest.as_ref();
        json!({
            "plugin": self.plugin,
            "pack": self.pack,
            "wanted": self.wanted,
            "current": self.current,
            "newest": newest.map(|newest| &newest.version),
            "level": newest.map(|newest| level_of(&newest.changes)),
            "changes": newest.map(|newest| change_documents(&newest.changes)),
            "invalid_settings": newest.map(|newest| &newest.invalid),
            "has_migration": newest.map(|newest| newest.has_migration),
            "reference": newest.and_then(Newer::reference),
            "newest_compatible": self.compatible,
            "broken": self.broken,
            "registry_problem": self.registry_problem,
        })
    }

    fn lines(&self, file: &Path) -> Vec<String> {
        let (plugin, pack, current) = (&self.plugin, &self.pack, &self.current);
        let problem = self.registry_problem.as_ref();
        let problem =
            problem.map(|problem| format!("  versions in the registry are not known: {problem}"));
        let Some(newest) = &self.newest else {
            let first = match problem {
                None => format!("{plugin}: {pack} {current} is the newest version"),
                Some(_) => format!("{plugin}: {pack} {current}"),
            };
            return [first].into_iter().chain(problem).collect();
        };
        let version = &newest.version;
        let mut lines = vec![format!(
            "{plugin}: {pack} {current} > {version}, a {} release",
            level_of(&newest.changes)
        )];
        lines.extend(problem);
        let changes = change_lines(&newest.changes).into_iter();
        lines.extend(changes.map(|line| format!("  {line}")));
        let invalid = newest.invalid.iter();
        lines.extend(
            invalid.map(|problem| format!("  the present settings are not valid: {problem}")),
        );
        if let Some(compatible) = self.compatible.as_ref().filter(|one| *one != version) {
            lines.push(format!("  the newest compatible version is {compatible}"));
        }
        let (file, next) = (file.display(), newest.name(pack));
        let is_migrated = newest.has_migration || !newest.invalid.is_empty();
        if is_migrated {
            lines.push(format!(
                "  `patchbay pack migrate {file} --plugin {plugin} --to {version}` changes the file"
            ));
        }
        // `migrate` does not change references to registries.
        if !is_migrated || newest.reference().is_some() {
            lines.push(format!(
                "  write pack = {next:?} under [plugin.{plugin}], and `patchbay apply {file} --dry-run`"
            ));
        }
        lines
    }
}

impl Newer {
    /// Its reference, where it is in a registry.
    fn reference(&self) -> Option<String> {
        match &self.origin {
            VersionOrigin::Registry(reference) => Some(reference.to_string()),
            VersionOrigin::Path(_) => None,
        }
    }

    /// How a company file names it.
    fn name(&self, pack: &str) -> String {
        let by_version = || format!("{pack}@{}", self.version);
        self.reference().unwrap_or_else(by_version)
    }
}
