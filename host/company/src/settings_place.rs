//! Where the settings of plugins stand in the text of a company file.

use std::cell::OnceCell;
use std::fmt::Display;
use std::ops::Range;

use patchbay_config::excerpt::shortened;
use patchbay_config::file_problem::FileProblem;
use patchbay_config::toml_place::{Part, TomlPlaces};

/// The settings of the plugins of a company file. The text is parsed when the first place is looked
/// for.
#[derive(Debug)]
pub struct SettingsPlaces<'a> {
    text: &'a str,
    places: OnceCell<TomlPlaces<'a>>,
}

impl<'a> SettingsPlaces<'a> {
    /// Those of the text of a company file.
    pub fn of(text: &'a str) -> SettingsPlaces<'a> {
        SettingsPlaces {
            text,
            places: OnceCell::new(),
        }
    }

    /// The text of the company file.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// A problem of a setting of a plugin, at the value or the key that a JSON Pointer leads to. Of
    /// a setting that the file lacks, it is at the nearest table or array around it.
    pub fn problem(
        &self,
        plugin: &str,
        (path, part): (&str, Part),
        message: impl Display,
    ) -> FileProblem {
        let message = format!("settings of plugin {plugin:?}: {message}");
        match self.find(plugin, path, part) {
            Some(span) => FileProblem::at(span, message),
            None => FileProblem::whole(message),
        }
    }

    /// [`problem`](SettingsPlaces::problem) as one text, for a list without the lines of the file.
    /// It never shows the line.
    pub fn problem_text(
        &self,
        plugin: &str,
        (path, part): (&str, Part),
        message: impl Display,
    ) -> String {
        let place = self.find(plugin, path, part);
        let place = place.and_then(|span| FileProblem::at(span, "").line_column(self.text));
        let place = place.map(|(line, column)| format!(" (line {line}, column {column})"));
        let place = place.unwrap_or_default();
        shortened(format!("settings of plugin {plugin:?}{place}: {message}"))
    }

    fn find(&self, plugin: &str, path: &str, part: Part) -> Option<Range<usize>> {
        let places = self.places.get_or_init(|| TomlPlaces::read(self.text));
        places.find(&["plugin", plugin, "settings"], path, part)
    }
}
