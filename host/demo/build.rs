//! Embeds the demo's files again when one of them changes.

fn main() {
    println!("cargo::rerun-if-changed=content");
}
