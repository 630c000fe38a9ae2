//! The differences between two releases of a pack that a company notices.

use patchbay_engine::component::Outline;
use patchbay_model::decision::stage::Stage;
use serde_json::Value;

use super::ChangeLevel::{Major, Minor};
use super::data_changes::data_changes;
use super::{ChangeArea, ChangeLevel, ReleaseChange};
use crate::manifest::{Manifest, PackSection};
use crate::pack::Pack;
use crate::settings::SettingsSchema;

/// The differences between two releases of a pack, the furthest first. What the policies decide is
/// not compared: see [`behaviour_change`].
pub fn changes(before: &Pack, after: &Pack) -> Vec<ReleaseChange> {
    let mut found = Vec::new();
    let mut add = |level, area, what: String| found.push(ReleaseChange { level, area, what });
    let needed = before.needs.missing(&after.needs);
    if !needed.is_empty() {
        let what = format!(
            "it needs {}, which a company may not grant",
            needed.join(", ")
        );
        add(Major, ChangeArea::Grants, what);
    }
    let dropped = after.needs.missing(&before.needs);
    if !dropped.is_empty() {
        let what = format!("it no longer needs {}", dropped.join(", "));
        add(Minor, ChangeArea::Grants, what);
    }
    for (level, what) in stage_changes(before, after) {
        add(level, ChangeArea::Stages, what);
    }
    for what in limit_changes(before, after) {
        add(Minor, ChangeArea::Limits, what);
    }
    if let Some((level, what)) = state_change(before, after) {
        add(level, ChangeArea::State, what);
    }
    for (level, what) in data_changes(&before.data, &after.data) {
        add(level, ChangeArea::Data, what);
    }
    for (level, what) in origin_changes(before, after) {
        add(level, ChangeArea::Origin, what);
    }
    for (level, what) in settings_changes(before.schema.as_deref(), after.schema.as_deref()) {
        add(level, ChangeArea::Settings, what);
    }
    found.sort_by_key(|change| std::cmp::Reverse(change.level));
    found
}

/// The change that a case of the release before shows when it fails with the next one; `failure` is
/// the summary of its run.
pub fn behaviour_change(case: &str, failure: &str) -> ReleaseChange {
    ReleaseChange {
        level: Minor,
        area: ChangeArea::Behaviour,
        what: format!("case {case} of the release before {failure}"),
    }
}

fn stage_changes(before: &Pack, after: &Pack) -> Vec<(ChangeLevel, String)> {
    let stages = |pack: &Pack| Outline::read(&pack.component).stages();
    let (old, new) = (stages(before), stages(after));
    let only = |one: &[Stage], other: &[Stage]| -> Vec<Stage> {
        let mut all = one.to_vec();
        all.retain(|stage| !other.contains(stage));
        all
    };
    let removed = only(&old, &new).into_iter();
    let removed = removed.map(|stage| (Major, format!("it no longer decides at {stage}")));
    let added = only(&new, &old).into_iter();
    let added = added.map(|stage| (Minor, format!("it also decides at {stage}")));
    removed.chain(added).collect()
}

fn limit_changes(before: &Pack, after: &Pack) -> Vec<String> {
    let limits = |pack: &Pack| match serde_json::to_value(&pack.limits) {
        Ok(Value::Object(limits)) => limits,
        _ => Default::default(),
    };
    let (old, new) = (limits(before), limits(after));
    let shown = |value: Option<&Value>| value.map_or("the default".to_owned(), text_of);
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    let changed = keys
        .into_iter()
        .filter(|key| old.get(*key) != new.get(*key));
    changed
        .map(|key| {
            let (old, new) = (shown(old.get(key)), shown(new.get(key)));
            format!("the suggested {key} changes from {old} to {new}")
        })
        .collect()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn state_change(before: &Pack, after: &Pack) -> Option<(ChangeLevel, String)> {
    let (old, new) = (before.state_version, after.state_version);
    if old == new {
        return None;
    }
    Some(match after.state_from.contains(&old) {
        true => (
            Minor,
            format!("state of version {old} is copied to version {new}"),
        ),
        false => (
            Major,
            format!(
                "state of version {old} is lost: the release has version {new}, and its state-from does not name {old}"
            ),
        ),
    })
}

fn origin_changes(before: &Pack, after: &Pack) -> Vec<(ChangeLevel, String)> {
    let section = |pack: &Pack| -> Option<PackSection> {
        let manifest = Manifest::parse(pack.manifest.as_deref()?).ok()?;
        Some(manifest.pack)
    };
    let (Some(old), Some(new)) = (section(before), section(after)) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let parts = [
        ("publisher", Major, &old.publisher, &new.publisher),
        ("licence", Minor, &old.licence, &new.licence),
    ];
    for (name, level, old, new) in parts {
        let text = |value: &Option<toml::Spanned<String>>| {
            value.as_ref().map(|value| value.get_ref().clone())
        };
        let (old, new) = (text(old), text(new));
        if old != new {
            let shown = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
            let what = format!("the {name} changes from {} to {}", shown(old), shown(new));
            found.push((level, what));
        }
    }
    found
}

fn settings_changes(
    before: Option<&SettingsSchema>,
    after: Option<&SettingsSchema>,
) -> Vec<(ChangeLevel, String)> {
    match (before, after) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec![(
            Major,
            "any settings were valid, and now a schema says which are".to_owned(),
        )],
        (Some(_), None) => vec![(Minor, "any settings are valid".to_owned())],
        (Some(before), Some(after)) => {
            let changes = before.changes_to(after).into_iter();
            changes.map(|one| (one.level, one.what)).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use patchbay_engine::component::Digest;

    use super::*;
    use crate::bundle::Bundle;

    fn pack(manifest: &str, schema: Option<&str>) -> Pack {
        let manifest = format!("[pack]\nname = \"care\"\nversion = \"1.0.0\"\n{manifest}");
        let bundle = Bundle {
            name: "care".to_owned(),
            manifest: Some(manifest),
            schema: schema.map(str::to_owned),
            component: Digest::of(b"code"),
            cases: BTreeMap::new(),
            tested: None,
            is_stored: false,
            data: BTreeMap::new(),
            provenance: None,
        };
        Pack::from_bundle(bundle, b"code".to_vec().into(), |_| None).expect("a pack")
    }

    fn lines(before: &str, after: &str) -> Vec<String> {
        let found = changes(&pack(before, None), &pack(after, None)).into_iter();
        found.map(|one| one.to_string()).collect()
    }

    #[test]
    fn a_grant_more_is_a_major_change_and_one_less_a_minor() {
        let (with, without) = ("[needs]\nagents = true\nstate = [\"contact\"]\n", "");
        assert_eq!(
            lines(without, with),
            ["grants (major): it needs agents, state \"contact\", which a company may not grant"]
        );
        assert_eq!(
            lines(with, without),
            ["grants (minor): it no longer needs agents, state \"contact\""]
        );
    }

    #[test]
    fn another_limit_is_a_minor_change() {
        assert_eq!(
            lines(
                "[limits]\nhandles = 8\n",
                "[limits]\nhandles = 9\nmemory = \"16MiB\"\n"
            ),
            [
                "limits (minor): the suggested handles changes from 8 to 9",
                "limits (minor): the suggested memory changes from the default to 16MiB",
            ]
        );
    }

    #[test]
    fn stored_state_that_is_lost_is_a_major_change() {
        let (one, two) = ("", "state-version = 2\n");
        let copied = "state-version = 2\nstate-from = [1]\n";
        assert_eq!(level(one, copied), Some(Minor));
        assert_eq!(level(one, two), Some(Major));
        assert_eq!(level(two, one), Some(Major));
        assert_eq!(level(two, two), None);
    }

    fn level(before: &str, after: &str) -> Option<ChangeLevel> {
        let found = changes(&pack(before, None), &pack(after, None));
        found.into_iter().map(|one| one.level).max()
    }

    #[test]
    fn another_publisher_is_a_major_change_and_another_licence_a_minor() {
        assert_eq!(
            level("publisher = \"a\"\n", "publisher = \"b\"\n"),
            Some(Major)
        );
        assert_eq!(
            level("licence = \"MIT\"\n", "licence = \"BSD-2-Clause\"\n"),
            Some(Minor)
        );
    }

    #[test]
    fn the_furthest_change_comes_first() {
        let found = lines("", "[needs]\nagents = true\n[limits]\nhandles = 9\n");
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("grants (major)"), "{found:?}");
    }

    #[test]
    fn without_a_schema_any_settings_are_valid() {
        let (none, some) = (None, Some(r#"{"type":"object"}"#));
        let level = |before, after| {
            let before = pack("", before);
            changes(&before, &pack("", after))
                .first()
                .map(|one| one.level)
        };
        assert_eq!(level(none, some), Some(Major));
        assert_eq!(level(some, none), Some(Minor));
        assert_eq!(level(some, some), None);
    }
}
