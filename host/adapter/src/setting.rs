//! The settings of an adapter, for people: the types beside the adapters read them.

use crate::adapter::AdapterKind;

/// A setting of an adapter in the company file.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its key.
    pub name: &'static str,
    /// What it is, and where to find it: one sentence without a full stop at its end.
    pub meaning: &'static str,
    /// A value, as TOML and JSON write it.
    pub example: &'static str,
    /// Whether every connection needs it.
    pub is_required: bool,
}

impl Setting {
    /// A setting that every connection needs.
    pub const fn required(
        name: &'static str,
        example: &'static str,
        meaning: &'static str,
    ) -> Setting {
        Setting {
            name,
            meaning,
            example,
            is_required: true,
        }
    }

    /// A setting that a connection can do without.
    pub const fn optional(
        name: &'static str,
        example: &'static str,
        meaning: &'static str,
    ) -> Setting {
        Setting {
            is_required: false,
            ..Setting::required(name, example, meaning)
        }
    }

    /// The base URL of the API, which every adapter of one has.
    pub const fn api_base(example: &'static str) -> Setting {
        let meaning = "base URL of the provider's API; change it only for tests";
        Setting::optional("api-base", example, meaning)
    }
}

impl AdapterKind {
    /// The rows of the table of its settings in its page, `docs/channel-NAME.md`.
    pub fn settings_table(&self) -> String {
        let rows = self.settings.iter().map(|setting| {
            let need = match setting.is_required {
                true => " (required)",
                false => "",
            };
            format!("| `{}`{need} | {} |\n", setting.name, setting.meaning)
        });
        rows.collect()
    }
}
