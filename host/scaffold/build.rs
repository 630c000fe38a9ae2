//! Rebuilds this crate when an embedded directory changes: the compiler sees edits of embedded
//! files, not files that are added or removed. Only the command line depends on this crate, so an
//! edit of the SDK recompiles two crates and not the host.

fn main() {
    for directory in [
        "../../sdk/rust",
        "../../sdk/javascript/src",
        "../../sdk/javascript/build",
        "../../sdk/python/src",
        "../../wit",
        "template",
    ] {
        println!("cargo::rerun-if-changed={directory}");
    }
}
