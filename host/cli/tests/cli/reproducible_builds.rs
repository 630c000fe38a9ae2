//! A component depends on its sources alone.

use crate::command::{joined, stderr};
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
