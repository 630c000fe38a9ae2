//! What is embedded is embedded anew when it changes.

fn main() {
    for directory in ["../../sdk/rust", "../../wit", "template"] {
        println!("cargo::rerun-if-changed={directory}");
    }
}
