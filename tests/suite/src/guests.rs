//! Hostile guests: one written in Rust that misbehaves as it is told, and core
//! modules in WebAssembly's text format for what safe Rust cannot do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use patchbay_pack::build::{BuildOptions, build};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Packages of the contract, in the order of their dependencies.
const CONTRACT: [&str; 7] = [
    "care/package.wit",
    "classification/classification.wit",
    "routing/routing.wit",
    "tone/tone.wit",
    "escalation/escalation.wit",
    "lifecycle/lifecycle.wit",
    "policy/policy.wit",
];

/// What the core modules may import beside the contract.
const OTHERS: [&str; 2] = [
    "package wasi:random@0.2.3; interface random { get-random-bytes: func(len: u64) -> list<u8>; }",
    "package other:host@1.0.0; interface things { do: func(); }",
];

/// The worlds the core modules are made for.
const WORLDS: &str = "package test:guests;
    world classifier {
        include patchbay:classification/classifier@0.1.0;
        import wasi:random/random@0.2.3;
    }
    world prepared {
        include patchbay:classification/classifier@0.1.0;
        include patchbay:lifecycle/prepared@0.1.0;
    }
    world foreign {
        include patchbay:classification/classifier@0.1.0;
        import other:host/things@1.0.0;
    }
    world elsewhere { export other:host/things@1.0.0; }";

/// The guest of `tests/guests/misbehaving`, built once per process.
///
/// # Panics
/// When it does not build.
pub fn misbehaving() -> Arc<[u8]> {
    static BUILT: OnceLock<Arc<[u8]>> = OnceLock::new();
    Arc::clone(BUILT.get_or_init(|| {
        // Where it is built stands in `tests/guests/.cargo/config.toml`.
        let directory = root().join("tests/guests/misbehaving");
        let options = BuildOptions {
            offline: false,
            quiet: true,
        };
        let file = build(&directory, &options).expect("the misbehaving guest builds");
        std::fs::read(file)
            .expect("what was built can be read")
            .into()
    }))
}

/// A component made of `tests/wat/<name>.wat`.
///
/// # Panics
/// When there is no such file, or it is no module of the contract.
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

/// How a core module becomes a component.
pub struct Wrapping {
    /// Which world it is made for.
    pub world: &'static str,
    /// How it writes its texts.
    pub texts: StringEncoding,
    /// A passage of the contract, and what stands there instead.
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
    /// The component.
    ///
    /// # Panics
    /// As [`wat`] does.
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
            .expect("the world is there");
        embed_component_metadata(&mut module, &resolve, world, self.texts)
            .expect("it can be told what it is");
        ComponentEncoder::default()
            .module(&module)
            .and_then(|encoder| encoder.validate(true).encode())
            .unwrap_or_else(|error| panic!("{name} becomes no component: {error:?}"))
            .into()
    }

    /// Read the package of which this is a file, all of it as one text.
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

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
