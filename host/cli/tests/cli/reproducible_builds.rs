//! A component depends on its sources alone.

use std::path::Path;

use patchbay_test_python::{Environment, OWN_CACHE};

use crate::command::{joined, patchbay_with_environment, stderr};
use crate::project::Project;

/// The component of a new project with a generated source, and what the build printed.
fn built_with_generated_source(project: &Project) -> (Vec<u8>, String) {
    let generator = r#"fn main() {
        let file = format!("{}/generated.rs", std::env::var("OUT_DIR").expect("set"));
        let code = "pub fn rate(text: &str) -> u32 { text.parse().expect(\"a rate\") }";
        std::fs::write(file, code).expect("written");
    }"#;
    std::fs::write(project.path("build.rs"), generator).expect("written");
    project.change(
        "src/lib.rs",
        "use patchbay_sdk",
        "include!(concat!(env!(\"OUT_DIR\"), \"/generated.rs\"));\n\n#[unsafe(no_mangle)]\nextern \"C\" fn rate_of_arguments() -> u32 {\n    rate(&std::env::args().collect::<String>())\n}\n\nuse patchbay_sdk",
    );
    let component = project.beside("care.wasm");
    let output = component.to_string_lossy().into_owned();
    let built = project.run(&["build", "care", "--offline", "--output", &output]);
    joined(&built, 0);
    (std::fs::read(component).expect("built"), stderr(&built))
}

#[test]
fn the_same_sources_give_the_same_component_in_any_directory() {
    let (first, second) = (Project::new(), Project::new());
    let (expected, _) = built_with_generated_source(&first);
    let (component, printed) = built_with_generated_source(&second);
    assert!(expected == component, "the components differ");
    let text = String::from_utf8_lossy(&component);
    for place in [
        first.path(""),
        crate::command::guests(),
        std::env::home_dir().expect("a home"),
    ] {
        let place = place.to_string_lossy();
        assert!(!text.contains(&*place), "the component names {place}");
    }
    assert!(text.contains("packs/target/"), "no generated source");
    // Projects that share a target directory share their compiled dependencies.
    assert!(printed.contains("Compiling care "), "{printed}");
    assert!(!printed.contains("Compiling serde "), "{printed}");
}

/// What is built of a new project in Python, with files of its own and in a cache of its own.
fn built_in_python(environment: &Environment, temporary: &Path) -> Vec<u8> {
    let place = tempfile::tempdir_in(temporary).expect("a directory");
    let path = |name: &str| place.path().join(name).display().to_string();
    let (cache, output) = (path(OWN_CACHE), path("care.wasm"));
    let variables = [
        (
            "VIRTUAL_ENV",
            environment.directory().to_str().expect("UTF-8"),
        ),
        ("XDG_CACHE_HOME", &cache),
        ("TMPDIR", temporary.to_str().expect("UTF-8")),
    ];
    for command in [
        &["new", "care", "--language", "python"][..],
        &["build", "care", "--output", &output],
    ] {
        let output = patchbay_with_environment(place.path(), &variables, command);
        let printed = joined(&output, 0);
        assert!(!printed.contains("another digest"), "{printed}");
    }
    std::fs::read(output).expect("built")
}

#[test]
fn a_component_in_python_is_the_same_whatever_files_and_file_system_it_is_built_on() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(environment) = Environment::installed(target) else {
        return;
    };
    // In memory, files have other numbers and times, and directories list them in another order.
    let memory = Path::new("/dev/shm");
    // Containers often have 64 MiB there.
    let has_room = rustix::fs::statvfs(memory)
        .is_ok_and(|found| found.f_bavail.saturating_mul(found.f_frsize) >= 256 << 20);
    let other = if has_room { memory } else { target };
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| built_in_python(environment, target));
        let second = built_in_python(environment, other);
        (first.join().expect("built"), second)
    });
    assert!(first == second, "the components differ");
}
