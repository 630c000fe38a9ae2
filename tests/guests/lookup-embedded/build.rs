//! Writes the table of the guest `lookup` as Rust.

use std::fmt::Write as _;
use std::path::Path;

fn main() {
    let file = Path::new("../lookup/tiers.csv");
    println!("cargo::rerun-if-changed={}", file.display());
    let table = std::fs::read_to_string(file).expect("the example `tables` wrote the table");
    let mut rows: Vec<(&str, &str)> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(','))
        .collect();
    rows.sort_unstable();
    let mut code = "[".to_owned();
    for row in rows {
        write!(code, "{row:?},").expect("in memory");
    }
    code.push(']');
    let out = std::env::var("OUT_DIR").expect("cargo sets it");
    std::fs::write(Path::new(&out).join("tiers.rs"), code).expect("written");
}
