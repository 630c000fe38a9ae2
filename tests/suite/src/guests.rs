//! Hostile guests: one in Rust that misbehaves on request, and core modules in
//! WebAssembly's text format for what safe Rust cannot do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use patchbay_pack_build::{BuildOptions, build};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Packages of the contract, in dependency order.
const CONTRACT: [&str; 7] = [
    "care/package.wit",
    "classification/classification.wit",
    "routing/routing.wit",
    "tone/tone.wit",
    "escalation/escalation.wit",
    "lifecycle/lifecycle.wit",
    "policy/policy.wit",
];

/// Packages besides the contract that the core modules import.
const OTHERS: [&str; 2] = [
    "package wasi:random@0.2.3; interface random { get-random-bytes: func(len: u64) -> list<u8>; }",
    "package other:host@1.0.0; interface things { do: func(); }",
];

/// The worlds of the core modules.
const WORLDS: &str = "package test:guests;
    world classifier {
        include patchbay:classification/classifier@0.1.0;
        import wasi:random/random@0.2.3;
    }
    world prepared {
        include patchbay:classification/classifier@0.1.0;
        include patchbay:lifecycle/prepared@0.1.0;
    }
    world checker {
        include patchbay:tone/tone-checker@0.1.0;
    }
    world foreign {
        include patchbay:classification/classifier@0.1.0;
        import other:host/things@1.0.0;
    }
    world elsewhere { export other:host/things@1.0.0; }";

/// The guest of `tests/guests/misbehaving`, built once per process.
///
/// # Panics
/// If the build fails.
pub fn misbehaving() -> Arc<[u8]> {
    static BUILT: OnceLock<Arc<[u8]>> = OnceLock::new();
    Arc::clone(BUILT.get_or_init(|| {
        // `tests/guests/.cargo/config.toml` sets the target directory.
        let directory = root().join("tests/guests/misbehaving");
        let options = BuildOptions {
            quiet: true,
            ..BuildOptions::default()
        };
        let built = build(&directory, &options).expect("the guest builds");
        built.component.into()
    }))
}

/// The component of `tests/wat/<name>.wat`.
///
/// # Panics
/// If the file is missing or not a module of the contract.
pub fn wat(name: &str) -> Arc<[u8]> {
    let world = match name {
        "prepared" | "prepares-itself" | "vector-global" => "prepared",
        _ => "classifier",
    };
    let wrapping = Wrapping {
        world,
        ..Wrapping::default()
    };
    wrapping.wrap(name)
}

/// How to wrap a core module into a component.
pub struct Wrapping {
    /// The module's world.
    pub world: &'static str,
    /// Encoding of its strings.
    pub texts: StringEncoding,
    /// A passage of the contract and its replacement.
    pub altered: Option<(&'static str, &'static str)>,
}

impl Default for Wrapping {
    fn default() -> Wrapping {
        Wrapping {
            world: "classifier",
            texts: StringEncoding::UTF8,
            altered: None,
        }
    }
}

impl Wrapping {
    /// Wraps `tests/wat/<name>.wat`.
    ///
    /// # Panics
    /// As [`wat`].
    pub fn wrap(&self, name: &str) -> Arc<[u8]> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/wat/{name}.wat"));
        let mut module = wat::parse_file(&file).unwrap_or_else(|error| panic!("{error}"));
        let mut resolve = Resolve::default();
        for package in CONTRACT {
            self.push(&mut resolve, &root().join("wit").join(package));
        }
        for package in OTHERS {
            resolve
                .push_source("others.wit", package)
                .expect("they parse");
        }
        let package = resolve
            .push_source("worlds.wit", WORLDS)
            .expect("the worlds parse");
        let world = resolve
            .select_world(&[package], Some(self.world))
            .expect("a world");
        embed_component_metadata(&mut module, &resolve, world, self.texts)
            .expect("metadata fits the module");
        ComponentEncoder::default()
            .module(&module)
            .and_then(|encoder| encoder.validate(true).encode())
            .unwrap_or_else(|error| panic!("{name} is not a component: {error:?}"))
            .into()
    }

    /// Adds the package of this file, all its files as one text.
    fn push(&self, resolve: &mut Resolve, file: &Path) {
        let mut text = std::fs::read_to_string(file).expect("the contract can be read");
        let directory = file.parent().expect("a file lies somewhere");
        for entry in std::fs::read_dir(directory).expect("the contract can be listed") {
            let path = entry.expect("an entry").path();
            if path != file {
                text += &std::fs::read_to_string(&path).expect("the contract can be read");
            }
        }
        if let Some((old, new)) = self.altered {
            text = text.replacen(old, new, 1);
        }
        resolve
            .push_source(&file.display().to_string(), &text)
            .expect("the contract parses");
    }
}

/// Root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
