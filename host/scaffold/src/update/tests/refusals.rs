//! Projects that are not updated.

use std::fs;

use super::*;

#[test]
fn what_is_no_project_is_refused() {
    let empty = tempfile::tempdir().expect("a place");
    let error = ProjectUpdate::plan(empty.path(), false).expect_err("refused");
    assert!(
        error
            .to_string()
            .ends_with("is not a policy project: it has no pack.toml"),
        "{error}"
    );
    let error = ProjectUpdate::plan(&empty.path().join("none"), false).expect_err("refused");
    assert!(matches!(error, UpdateError::Io { .. }), "{error}");
    for (language, file) in [
        (Language::Rust, "Cargo.toml"),
        (Language::Typescript, "package.json"),
        (Language::Python, "requirements.txt"),
    ] {
        let project = Project::new(language);
        let text = project.read(file);
        project.write(file, &text.replace("patchbay", "other"));
        project.refused(&format!("its {file} "));
        fs::remove_file(project.path(file)).expect("removed");
        project.refused(&format!("it has no {file}"));
    }
}

#[test]
fn a_file_that_is_not_valid_is_named_with_its_place() {
    for (language, file, from, to, part) in [
        (
            Language::Rust,
            "pack.toml",
            "[pack]",
            "[pack",
            "pack.toml:4:6: ",
        ),
        (
            Language::Rust,
            "Cargo.toml",
            "[lib]",
            "[lib",
            "Cargo.toml:7:5: ",
        ),
        (
            Language::Rust,
            "Cargo.toml",
            "{ path = \"vendor/patchbay-sdk\" }",
            "\"new\"",
            "Cargo.toml:11:16: \"new\" is not a version; write",
        ),
        (
            Language::Rust,
            "Cargo.lock",
            "version = 4",
            "version = ",
            "Cargo.lock:1:",
        ),
        (
            Language::Rust,
            RECORD,
            "\"sdk\": \"0.1.0\"",
            "\"sdk\": \"one\"",
            "patchbay.json:2:10: \"one\" is not a version",
        ),
        (
            Language::Rust,
            RECORD,
            "\"vendor/wit/",
            "\"vendor/../wit/",
            "is not a file of the SDK in vendor/",
        ),
        (
            Language::Rust,
            RECORD,
            "\"sdk\"",
            "\"kit\"",
            "patchbay.json: missing field `sdk`",
        ),
        (
            Language::Typescript,
            "package.json",
            "\"type\": \"module\",",
            "\"type\": module,",
            "package.json:5:11: not valid JSON: ",
        ),
        (
            Language::Typescript,
            "package.json",
            "sdk-0.1.0",
            "sdk-one",
            "package.json:11:22: \"one\" is not a version",
        ),
        (
            Language::Typescript,
            "package-lock.json",
            "{\n  \"name\"",
            "{,\n  \"name\"",
            "package-lock.json:1:2: not valid JSON: ",
        ),
        (
            Language::Python,
            "requirements.txt",
            "sdk-0.1.0-",
            "sdk-1-",
            "requirements.txt:8:23: \"1\" is not a version",
        ),
    ] {
        let project = Project::new(language);
        project.change(file, from, to);
        project.refused(part);
    }
    let project = Project::new(Language::Python);
    fs::write(project.path("pack.toml"), b"\xff").expect("written");
    project.refused("pack.toml: is not UTF-8 text");
}

#[test]
fn a_project_of_a_later_version_is_refused() {
    for language in Language::ALL {
        let project = Project::new(language);
        project.change(RECORD, "\"sdk\": \"0.1.0\"", "\"sdk\": \"0.2.0\"");
        project.refused("the project has version 0.2.0 of the SDK; this patchbay has 0.1.0");
        let project = Project::new(language);
        project.change(RECORD, "\"contract\": \"0.1.2\"", "\"contract\": \"1.0.0\"");
        project.refused("the project has version 1.0.0 of the contract; this patchbay has 0.1.2");
    }
    // Without a record the project's own files tell.
    for (language, file, from, to) in [
        (
            Language::Rust,
            "vendor/patchbay-sdk/Cargo.toml",
            "version = \"0.1.0\"",
            "version = \"0.2.0\"",
        ),
        (
            Language::Rust,
            "Cargo.toml",
            "{ path = \"vendor/patchbay-sdk\" }",
            "\"0.2\"",
        ),
        (
            Language::Typescript,
            "package.json",
            "sdk-0.1.0",
            "sdk-0.2.0",
        ),
        (
            Language::Python,
            "requirements.txt",
            "sdk-0.1.0",
            "sdk-0.2.0",
        ),
    ] {
        let project = Project::new(language);
        fs::remove_file(project.path(RECORD)).expect("removed");
        project.change(file, from, to);
        project.refused("version 0.2.0 of the SDK");
    }
}

#[test]
fn an_sdk_from_elsewhere_is_left_alone() {
    let rust = "{ path = \"vendor/patchbay-sdk\" }";
    let npm = "file:vendor/patchbay-sdk-0.1.0.tar";
    for (language, file, from, to, source) in [
        (
            Language::Rust,
            "Cargo.toml",
            rust,
            "{ path = \"../sdk\" }",
            "the path \"../sdk\"",
        ),
        (
            Language::Rust,
            "Cargo.toml",
            rust,
            "{ workspace = true }",
            "a git repository or the workspace",
        ),
        (
            Language::Rust,
            "Cargo.toml",
            rust,
            "{ git = \"https://a.example\", version = \"0.1\" }",
            "a git repository",
        ),
        (Language::Typescript, "package.json", npm, "*", "\"*\""),
        (
            Language::Typescript,
            "package.json",
            npm,
            "file:../sdk",
            "\"file:../sdk\"",
        ),
    ] {
        let project = Project::new(language);
        project.change(file, from, to);
        project.refused(&format!("{file} has the SDK from {source}"));
    }
}

#[test]
fn a_link_is_not_followed_out_of_the_project() {
    use std::os::unix::fs::symlink;
    let project = Project::old(Language::Rust);
    let outside = tempfile::tempdir().expect("a place");
    let wit = project.path("vendor/wit");
    fs::rename(&wit, outside.path().join("wit")).expect("moved");
    symlink(outside.path().join("wit"), &wit).expect("a link");
    project.refused("vendor/wit is a link");
    let project = Project::old(Language::Typescript);
    let file = project.path("package.json");
    fs::rename(&file, outside.path().join("package.json")).expect("moved");
    symlink(outside.path().join("package.json"), &file).expect("a link");
    project.refused("package.json is a link");
}
