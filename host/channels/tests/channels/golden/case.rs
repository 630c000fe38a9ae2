//! A case directory.

use std::fs;
use std::path::{Path, PathBuf};

use patchbay_adapter::{Item, Method};
use serde::Deserialize;
use serde_json::Map;

use super::Delivery;

/// Names of the file with the raw body, and the media type of each.
const BODIES: [(&str, &str); 3] = [
    ("delivery.json", "application/json"),
    ("delivery.form", "application/x-www-form-urlencoded"),
    ("delivery.eml", "message/rfc822"),
];

/// A case of an adapter.
pub(super) struct Case {
    pub(super) name: String,
    place: PathBuf,
}

/// `request.json`: what differs from a POST to the usual URL.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RequestFile {
    url: Option<String>,
    headers: Map<String, serde_json::Value>,
    method: Option<String>,
    now: Option<jiff::Timestamp>,
}

fn place(adapter: &str) -> PathBuf {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/channels/cases");
    cases.join(adapter)
}

impl Case {
    /// A case by its name.
    pub(super) fn open(adapter: &str, name: &str) -> Case {
        Case {
            name: name.to_owned(),
            place: place(adapter).join(name),
        }
    }

    /// Every case of an adapter, sorted by name.
    pub(super) fn all(adapter: &str) -> Vec<Case> {
        let entries = fs::read_dir(place(adapter)).expect("the cases");
        let names = entries.map(|entry| entry.expect("a directory").file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        let names = names.iter();
        let cases = names.map(|name| Case::open(adapter, &name.to_string_lossy()));
        cases.collect()
    }

    /// The delivery, not signed yet.
    pub(super) fn delivery(&self) -> Delivery {
        let bodies = BODIES.iter().filter_map(|(file, media_type)| {
            let body = fs::read(self.place.join(file)).ok()?;
            Some(Delivery::new(media_type, &body))
        });
        let bodies: Vec<Delivery> = bodies.collect();
        let Ok([mut delivery]) = <[Delivery; 1]>::try_from(bodies) else {
            panic!("{}: needs one of {BODIES:?}", self.name);
        };
        let request = self.request();
        delivery.url = request.url.unwrap_or(delivery.url);
        delivery.now = request.now.unwrap_or(delivery.now);
        for (name, value) in request.headers {
            delivery
                .headers
                .retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            delivery.header(&name, value.as_str().expect("a header is text"));
        }
        delivery.method = match request.method.as_deref() {
            None | Some("POST") => Method::Post,
            Some("GET") => Method::Get,
            Some(_) => Method::Other,
        };
        delivery
    }

    fn request(&self) -> RequestFile {
        match fs::read(self.place.join("request.json")) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .unwrap_or_else(|error| panic!("{}: request.json: {error}", self.name)),
            Err(_) => RequestFile::default(),
        }
    }

    /// Compares items with the file, or writes it. `Err` holds what differs.
    pub(super) fn compare(&self, items: &[Item]) -> Result<(), String> {
        let mut shown = serde_json::to_string_pretty(items).expect("serialises");
        shown.push('\n');
        let file = self.place.join("items.json");
        if std::env::var_os("PATCHBAY_UPDATE").is_some() {
            fs::write(&file, &shown).expect("written");
        }
        match fs::read_to_string(&file).unwrap_or_default() == shown {
            true => Ok(()),
            false => Err(format!("{}:\n{shown}", self.name)),
        }
    }
}
