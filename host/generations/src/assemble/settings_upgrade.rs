//! A plugin's settings, and what an upgrade of its pack means for them. The host never changes
//! settings on its own: it says which are not valid any more, and what the pack's migration would
//! make of them.

use std::collections::BTreeMap;

use patchbay_company::{CompanyFile, PluginEntry, SettingsPlaces};
use patchbay_config::bound::BoundSettings;
use patchbay_config::file_problem::FileProblem;
use patchbay_pack::Pack;
use patchbay_pack::manifest::Manifest;
use patchbay_pack::migration::{migrate_company, settings_in};
use patchbay_pack::settings::{SettingUpgrade, SettingsProblem, SettingsSchema};
use semver::Version;
use serde_json::Value;

use super::source::SourceDocument;

/// The packs of a company's active generation, by plugin.
#[derive(Debug, Default)]
pub(crate) struct ActivePacks(BTreeMap<String, ActivePack>);

/// The pack of a plugin in the active generation.
#[derive(Debug)]
pub(super) struct ActivePack {
    name: String,
    version: Version,
    /// Text of its settings schema.
    schema: Option<String>,
}

impl ActivePacks {
    /// The packs of a generation that is stored.
    pub(crate) fn of(mut document: SourceDocument) -> ActivePacks {
        let Ok(file) = CompanyFile::parse(&document.document) else {
            return ActivePacks::default();
        };
        let entries = file.plugin.iter();
        let packs = entries.filter_map(|(plugin, entry)| {
            let bundle = document.packs.get_mut(entry.pack.get_ref())?;
            let manifest = Manifest::parse(bundle.manifest.as_deref()?).ok()?;
            let pack = ActivePack {
                name: manifest.name().to_owned(),
                version: manifest.pack.version,
                schema: bundle.schema.clone(),
            };
            Some((plugin.clone(), pack))
        });
        ActivePacks(packs.collect())
    }

    /// The pack of a plugin that another replaces: an older version of the same.
    pub(super) fn older(&self, plugin: &str, pack: &Pack) -> Option<&ActivePack> {
        let active = self.0.get(plugin)?;
        (active.name == pack.name && active.version < pack.version).then_some(active)
    }
}

/// A plugin of a company file and its pack.
#[derive(Clone, Copy)]
pub(super) struct UsedPack<'a> {
    pub(super) plugin: &'a str,
    pub(super) entry: &'a PluginEntry,
    pub(super) pack: &'a Pack,
    pub(super) places: &'a SettingsPlaces<'a>,
    pub(super) bounds: &'a BoundSettings,
}

impl UsedPack<'_> {
    /// The settings, completed with the defaults of the pack's schema. Adds a warning where the pack
    /// has a migration that would change them.
    pub(super) fn settings(
        &self,
        active: &ActivePacks,
        warnings: &mut Vec<String>,
    ) -> Result<Value, Vec<FileProblem>> {
        let values = serde_json::to_value(self.entry.settings.get_ref()).unwrap_or_default();
        let completed = self
            .pack
            .complete_settings_within(values.clone(), self.bounds);
        let older = active.older(self.plugin, self.pack);
        match (completed, older) {
            (Ok(settings), older) => {
                warnings.extend(older.and_then(|older| self.proposal(older)));
                Ok(settings)
            }
            (Err(problems), Some(older)) if !problems.iter().any(|one| one.is_secret) => {
                Err(self.explained(older, problems, &values))
            }
            (Err(problems), _) => Err(self.located(problems)),
        }
    }

    fn located(&self, problems: Vec<SettingsProblem>) -> Vec<FileProblem> {
        let problem = |problem: SettingsProblem| {
            let (path, part) = problem.place();
            let place = (path.as_str(), part);
            if problem.is_secret {
                // The line may hold the secret, and an error shows its line.
                let text = self.places.problem_text(self.plugin, place, &problem);
                return FileProblem::whole(text);
            }
            let located = self.places.problem(self.plugin, place, &problem);
            match problem.exceeded {
                Some((limit, value)) => located.exceeds(limit, value),
                None => located,
            }
        };
        problems.into_iter().map(problem).collect()
    }

    /// The problems of settings that were valid for the older version, each with what both want.
    fn explained(
        &self,
        older: &ActivePack,
        problems: Vec<SettingsProblem>,
        values: &Value,
    ) -> Vec<FileProblem> {
        let schema = older.schema.as_deref().map(SettingsSchema::parse);
        let explained = match (&self.pack.schema, schema) {
            (Some(new), Some(Ok(old))) => new.explain_upgrade(&old, values, self.bounds),
            _ => Vec::new(),
        };
        let mut located: Vec<FileProblem> = match explained.is_empty() {
            true => self.located(problems),
            false => explained
                .into_iter()
                .map(|one| self.upgrade_problem(older, one))
                .collect(),
        };
        if let (Some(proposal), Some(last)) = (self.proposal(older), located.last_mut()) {
            let help = last.help.take();
            let help = help.map(|help| format!("{help}\n")).unwrap_or_default();
            *last = last.clone().help(help + &proposal);
        }
        located
    }

    fn upgrade_problem(&self, older: &ActivePack, one: SettingUpgrade) -> FileProblem {
        let place = (one.path.as_str(), one.part);
        let message = match one.path.as_str() {
            "" => one.message.clone(),
            path => format!("{path}: {}", one.message),
        };
        let problem = self.places.problem(self.plugin, place, message);
        let shown = |wanted: Option<String>| wanted.unwrap_or_else(|| "no such setting".to_owned());
        let help = format!(
            "valid for version {} of the pack {}, which is active: {}; version {} has: {}; {}",
            older.version,
            older.name,
            shown(one.before),
            self.pack.version,
            shown(one.after),
            one.advice
        );
        problem.help(help)
    }

    /// What the pack's migration would make of the company file; `None` where it has none that
    /// changes something.
    fn proposal(&self, older: &ActivePack) -> Option<String> {
        let manifest = Manifest::parse(self.pack.manifest.as_deref()?).ok()?;
        let (plugin, from) = (self.plugin, &older.version);
        let before = self.places.text();
        let migrated = migrate_company(before, plugin, from, &manifest.migrations()).ok()?;
        if migrated.text == before && migrated.left.is_empty() {
            return None;
        }
        let mut text = format!(
            "version {} of the pack {} has a migration of settings from {from}, which is active; `patchbay pack migrate COMPANY.toml --plugin {plugin} --from {from}` makes these changes:\n{}",
            self.pack.version,
            older.name,
            migrated.diff(before)
        );
        let settings = settings_in(&migrated.text, plugin).unwrap_or_default();
        let still = self.pack.complete_settings_within(settings, self.bounds);
        let still = still.err().unwrap_or_default();
        let places = SettingsPlaces::of(&migrated.text);
        let still = still.iter().map(|problem| {
            let (path, part) = problem.place();
            let text = places.problem_text(plugin, (&path, part), problem);
            format!("after it, {text}")
        });
        for line in migrated.left.into_iter().chain(still) {
            text.push_str(&format!("\n{line}"));
        }
        Some(text)
    }
}
