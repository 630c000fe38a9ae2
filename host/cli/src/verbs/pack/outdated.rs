//! `patchbay pack outdated`.

use std::path::Path;

use patchbay_company::{CompanyFile, PluginEntry};
use patchbay_generations::assemble::InvalidFile;
use patchbay_pack::Pack;
use patchbay_pack::build::{BuildOptions, Sources};
use patchbay_pack::manifest::Manifest;
use patchbay_pack::migration::migrations_from;
use patchbay_pack::release::{ReleaseChange, changes, level_of};
use patchbay_pack::source::{AvailablePacks, PackPlaces, REGISTRY_SCHEME, locate};
use serde_json::{Value, json};

use super::release::{all_changes, change_documents, change_lines};
use crate::args::PackOutdatedArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::policy::rejected;
use crate::server::settings;
use crate::verbs::change::located;

pub(super) fn run(args: &PackOutdatedArgs, as_json: bool) -> Outcome {
    let places = PackSources::read(&args.config)?;
    let text = InvalidFile::read(&args.file).map_err(rejected)?;
    let file =
        CompanyFile::parse(&text).map_err(|problems| located(&args.file, &text, problems))?;
    let beside = args.file.parent().unwrap_or(Path::new("."));
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for (plugin, entry) in &file.plugin {
        match Row::of(plugin, entry, beside, &places, args.skip_cases) {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(format!("plugin {plugin:?}: {problem}")),
        }
    }
    let outdated = rows.iter().filter(|row| row.newest.is_some()).count();
    let document = json!({
        "company": file.company.get_ref(),
        "outdated": outdated,
        "plugins": rows.iter().map(Row::document).collect::<Vec<_>>(),
        "problems": problems,
    });
    output::result(as_json, &document, || {
        for row in &rows {
            for line in row.lines(&args.file) {
                output::line(line)?;
            }
        }
        if rows.is_empty() && problems.is_empty() {
            output::line("the company file has no plugins")?;
        }
        Ok(())
    })?;
    match problems.is_empty() {
        true => Ok(Exit::Success),
        false => Err(Failure::new(Exit::Pack, problems.join("; "))),
    }
}

/// Where packs are looked for, and whether sources are built.
pub(super) struct PackSources {
    pub(super) places: PackPlaces,
    build: BuildOptions,
}

impl PackSources {
    pub(super) fn read(config: &Path) -> Result<PackSources, Failure> {
        let settings = settings(config)?;
        let build = BuildOptions {
            sources: settings.sources,
            ..BuildOptions::default()
        };
        let places = PackPlaces {
            directories: settings.packs,
            store: settings.store,
        };
        Ok(PackSources { places, build })
    }

    pub(super) fn open(&self, path: &Path) -> Result<Pack, String> {
        Pack::open(path, &self.build).map_err(|error| error.to_string())
    }

    /// The pack that a company file names.
    pub(super) fn current(&self, wanted: &str, beside: &Path) -> Result<Pack, String> {
        let found = locate(wanted, beside, &self.places).map_err(|error| error.to_string())?;
        self.open(&found.path)
    }

    /// The versions of a pack that this host can use; those beside the company file count too, where
    /// it names a pack by path.
    pub(super) fn versions(&self, name: &str, wanted: &str, beside: &Path) -> AvailablePacks {
        let is_path = wanted.contains('/') || wanted.ends_with(".pack");
        let named = is_path && !wanted.starts_with(REGISTRY_SCHEME);
        let path = named.then(|| beside.join(wanted));
        let directory = path.as_deref().and_then(Path::parent).map(Path::to_owned);
        let mut places = self.places.clone();
        places.directories.extend(directory);
        let mut found = AvailablePacks::find(name, &places);
        let builds = self.build.sources == Sources::Build;
        found.packs.retain(|pack| pack.is_file || builds);
        found
    }
}

/// A plugin, the version of its pack, and the newest.
struct Row {
    plugin: String,
    pack: String,
    wanted: String,
    current: semver::Version,
    newest: Option<Newer>,
    broken: Vec<String>,
}

/// A newer version of a pack.
struct Newer {
    version: semver::Version,
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
        let newest = versions
            .newest()
            .filter(|newest| newest.version.cmp_precedence(&current.version).is_gt());
        let newest = match newest {
            None => None,
            Some(newest) => {
                let newest = places.open(&newest.path)?;
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
            broken: versions.broken,
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
            "broken": self.broken,
        })
    }

    fn lines(&self, file: &Path) -> Vec<String> {
        let (plugin, pack, current) = (&self.plugin, &self.pack, &self.current);
        let Some(newest) = &self.newest else {
            return vec![format!("{plugin}: {pack} {current} is the newest version")];
        };
        let version = &newest.version;
        let mut lines = vec![format!(
            "{plugin}: {pack} {current} > {version}, a {} release",
            level_of(&newest.changes)
        )];
        let changes = change_lines(&newest.changes).into_iter();
        lines.extend(changes.map(|line| format!("  {line}")));
        let invalid = newest.invalid.iter();
        lines.extend(
            invalid.map(|problem| format!("  the present settings are not valid: {problem}")),
        );
        let (file, next) = (file.display(), format!("pack = \"{pack}@{version}\""));
        lines.push(match newest.has_migration || !newest.invalid.is_empty() {
            true => format!(
                "  `patchbay pack migrate {file} --plugin {plugin} --to {version}` changes the file"
            ),
            false => format!(
                "  write {next} under [plugin.{plugin}], and `patchbay apply {file} --dry-run`"
            ),
        });
        lines
    }
}
