//! `patchbay pack migrate`.

use std::path::Path;

use patchbay_command::args::PackMigrateArgs;
use patchbay_command::change::located;
use patchbay_command::changed_file::ChangedFile;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_command::policy::rejected;
use patchbay_company::{CompanyFile, PluginEntry, SettingsPlaces};
use patchbay_config::name_suggestion::suggest;
use patchbay_generations::assemble::InvalidFile;
use patchbay_pack::Pack;
use patchbay_pack::manifest::Manifest;
use patchbay_pack::migration::{
    MigratedCompany, MigrationError, migrate_company, set_pack, settings_in,
};
use semver::{Version, VersionReq};
use serde_json::json;

use super::pack_sources::PackSources;

pub(super) fn run(args: &PackMigrateArgs, as_json: bool) -> Outcome {
    let places = PackSources::read(&args.config, false)?;
    let changed = ChangedFile::lock(&args.file)?;
    let before = InvalidFile::read(&args.file).map_err(rejected)?;
    let file =
        CompanyFile::parse(&before).map_err(|problems| located(&args.file, &before, problems))?;
    if let Some(wanted) = &args.plugin
        && !file.plugin.contains_key(wanted)
    {
        let mut names: Vec<String> = file.plugin.keys().cloned().collect();
        names.sort();
        return Err(Failure::advised(
            Exit::Usage,
            format!("{} has no plugin {wanted:?}", args.file.display()),
            suggest(wanted, "plugins", &names),
        ));
    }
    let beside = args.file.parent().unwrap_or(Path::new("."));
    let mut text = before.clone();
    let (mut lines, mut left, mut invalid) = (Vec::new(), Vec::new(), Vec::new());
    for (plugin, entry) in &file.plugin {
        if args.plugin.as_ref().is_some_and(|wanted| wanted != plugin) {
            continue;
        }
        let upgrade = Upgrade::find(args, entry, beside, &places)
            .map_err(|problem| Failure::new(Exit::Pack, format!("plugin {plugin:?}: {problem}")))?;
        let Some(upgrade) = upgrade else {
            lines.push(format!("{plugin}: there is no newer version"));
            continue;
        };
        let failed = |error: MigrationError| Failure::new(Exit::NotRight, error);
        let migrated = upgrade.apply(&text, plugin, entry).map_err(failed)?;
        lines.push(format!(
            "{plugin}: {} {} > {}",
            upgrade.target.name, upgrade.from, upgrade.target.version
        ));
        let settings = settings_in(&migrated.text, plugin).map_err(failed)?;
        let problems = upgrade.target.complete_settings(settings).err();
        invalid.extend(problems.into_iter().flatten().map(|one| (plugin, one)));
        left.extend(migrated.left);
        text = migrated.text;
    }
    let places = SettingsPlaces::of(&text);
    left.extend(invalid.iter().map(|(plugin, problem)| {
        let (path, part) = problem.place();
        places.problem_text(plugin, (&path, part), problem)
    }));
    let result = MigratedCompany { text, left };
    let diff = result.diff(&before);
    if !args.dry_run && result.text != before {
        changed.write(result.text.as_bytes())?;
    }
    let document = json!({
        "file": args.file,
        "changed": result.text != before,
        "written": !args.dry_run && result.text != before,
        "diff": diff,
        "left": result.left,
    });
    output::result(as_json, &document, || {
        lines.iter().try_for_each(output::line)?;
        match diff.is_empty() {
            true => output::line("nothing in the file changes"),
            false => output::line(&diff),
        }?;
        for line in &result.left {
            output::note(format!("still to do: {line}"));
        }
        if !diff.is_empty() && args.dry_run {
            output::note("nothing is written: it is a dry run");
        }
        Ok(())
    })?;
    Ok(Exit::success_if(result.left.is_empty()))
}

/// A version of a pack to migrate to, and the one before.
struct Upgrade {
    from: Version,
    target: Pack,
}

impl Upgrade {
    /// `None`: the file uses the newest version.
    fn find(
        args: &PackMigrateArgs,
        entry: &PluginEntry,
        beside: &Path,
        places: &PackSources,
    ) -> Result<Option<Upgrade>, String> {
        let wanted = entry.pack.get_ref();
        let current = places.current(wanted, beside)?;
        let versions = places.versions(&current.name, wanted, beside);
        let target = match &args.to {
            Some(to) => versions.versions.iter().find(|pack| pack.version == *to),
            None => versions.newest(),
        };
        let Some(target) = target else {
            let wanted = match &args.to {
                Some(to) => format!("version {to}"),
                None => "version".to_owned(),
            };
            let known: Vec<String> = versions
                .versions
                .iter()
                .map(|pack| pack.version.to_string())
                .collect();
            let known = match known.is_empty() {
                true => "none is there".to_owned(),
                false => format!("there are {}", known.join(", ")),
            };
            return Err(format!(
                "there is no {wanted} of the pack {}: {known}",
                current.name
            ));
        };
        let from = args.from.as_ref().unwrap_or(&current.version).clone();
        if from == target.version && args.to.is_some() && args.from.is_none() {
            return Err(format!(
                "the file names {wanted:?}, which is version {from} already; say with --from for which version the settings were written; `patchbay apply {} --dry-run` says which is active",
                args.file.display()
            ));
        }
        if from.cmp_precedence(&target.version).is_gt() {
            return Err(format!(
                "version {from} is above {}: settings are migrated to newer versions only",
                target.version
            ));
        }
        if from == target.version {
            return Ok(None);
        }
        let target = match current.version == target.version {
            true => current,
            false => places.open(&target.origin)?,
        };
        Ok(Some(Upgrade { from, target }))
    }

    /// Migrates the settings, and names the new version where the file asks for another.
    fn apply(
        &self,
        text: &str,
        plugin: &str,
        entry: &PluginEntry,
    ) -> Result<MigratedCompany, MigrationError> {
        let manifest = self.target.manifest.as_deref();
        let manifest = manifest.and_then(|text| Manifest::parse(text).ok());
        let migrations = manifest.map(|manifest| manifest.migrations());
        let migrations = migrations.unwrap_or_default();
        let mut migrated = migrate_company(text, plugin, &self.from, &migrations)?;
        let (name, version) = (&self.target.name, &self.target.version);
        let wanted = entry.pack.get_ref();
        let (of, range) = wanted.split_once('@').unwrap_or((wanted, "*"));
        if of == name {
            let fits = VersionReq::parse(range).is_ok_and(|range| range.matches(version));
            if !fits {
                let pack = format!("{name}@{version}");
                migrated.text = set_pack(&migrated.text, plugin, &pack)?;
            }
        } else {
            migrated.left.push(format!(
                "plugin {plugin:?} names its pack as {wanted:?}: name version {version} there"
            ));
        }
        Ok(migrated)
    }
}
