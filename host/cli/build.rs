//! What is embedded is embedded anew when it changes.

fn main() {
    println!("cargo::rerun-if-changed=demo");
}
