//! Passes on what cargo prints, and recognises long messages that mean one short thing.

use std::io::{BufRead, Write};

/// Lines of one message that are held back at most.
const HELD: usize = 4_000;

/// What a build failed for, where one sentence says it better than cargo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BuildObstacle {
    /// A dependency compiles or links C code.
    NativeCode {
        /// The crate, as far as the message names it.
        dependency: String,
    },
    /// The component cannot be linked: a symbol that no crate defines.
    UndefinedSymbol {
        /// The symbol.
        symbol: String,
    },
}

/// Writes the lines of `source` to `out` as they come. A failed build script or linker is held
/// back: its message is dropped where the result names what it means.
pub(super) fn pass_on(source: impl BufRead, out: &mut impl Write) -> Option<BuildObstacle> {
    let mut held: Vec<String> = Vec::new();
    let mut lost = false;
    for line in source.lines().map_while(Result::ok) {
        if line.contains("Compiler family detection failed") {
            // Said again, and better, when the build script fails.
        } else if held.is_empty() && !begins_obstacle(&line) {
            // Nothing to do about a terminal that is gone.
            lost |= writeln!(out, "{line}").is_err();
        } else if held.len() < HELD {
            held.push(line);
        }
    }
    let obstacle = recognise(&held);
    if obstacle.is_none() && !lost {
        for line in &held {
            let _ = writeln!(out, "{line}");
        }
    }
    obstacle
}

fn begins_obstacle(line: &str) -> bool {
    let plain = without_colours(line);
    plain.starts_with("error: failed to run custom build command for")
        || plain.starts_with("error: linking with")
}

fn recognise(held: &[String]) -> Option<BuildObstacle> {
    let first = without_colours(held.first()?);
    let text = held.join("\n");
    if first.starts_with("error: linking with") {
        // The linker's words, and those of the tool that makes the component.
        let symbol = text
            .split("undefined symbol: ")
            .nth(1)
            .or_else(|| text.split("resolve import `env::").nth(1))?;
        let end = |c: char| c.is_whitespace() || c == '`';
        let symbol = symbol.split(end).next()?.to_owned();
        return Some(BuildObstacle::UndefinedSymbol { symbol });
    }
    let dependency = first.split('`').nth(1)?.to_owned();
    let name = dependency.split_whitespace().next().unwrap_or_default();
    let compiles_c = [
        "cc-rs",
        "ToolExecError",
        "ToolNotFound",
        "failed to find tool",
        "fatal error: '",
        "clang",
        "pkg-config",
        "cmake",
    ];
    let is_native = name.ends_with("-sys") || compiles_c.iter().any(|sign| text.contains(sign));
    is_native.then_some(BuildObstacle::NativeCode { dependency })
}

/// The line without escape sequences for colours.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                characters.by_ref().find(char::is_ascii_alphabetic);
            }
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> (String, Option<BuildObstacle>) {
        let mut out = Vec::new();
        let obstacle = pass_on(text.as_bytes(), &mut out);
        (String::from_utf8(out).expect("text"), obstacle)
    }

    #[test]
    fn a_dependency_with_c_code_is_one_obstacle_instead_of_its_message() {
        let (text, obstacle) = printed(concat!(
            "   Compiling zstd-sys v2.0.16\n",
            "\u{1b}[1m\u{1b}[91merror\u{1b}[0m\u{1b}[1m: failed to run custom build command for `zstd-sys v2.0.16+zstd.1.5.7`\u{1b}[0m\n",
            "Caused by:\n  process didn't exit successfully\n  error occurred in cc-rs: failed to find tool \"clang\"\n",
        ));
        assert_eq!(text, "   Compiling zstd-sys v2.0.16\n");
        let dependency = "zstd-sys v2.0.16+zstd.1.5.7".to_owned();
        assert_eq!(obstacle, Some(BuildObstacle::NativeCode { dependency }));
    }

    #[test]
    fn a_symbol_that_no_crate_defines_is_named() {
        for note in [
            "rust-lld: error: foo.o: undefined symbol: deflateInit_",
            "error: failed to encode component\n\n  Caused by:\n      1: module was not valid\n      2: failed to resolve import `env::deflateInit_`\n      3: module requires an import interface named `env`",
        ] {
            let (text, obstacle) = printed(&format!(
                "error: linking with `wasm-component-ld` failed: exit status: 1\n  = note: {note}\n"
            ));
            assert_eq!(text, "");
            let symbol = "deflateInit_".to_owned();
            assert_eq!(obstacle, Some(BuildObstacle::UndefinedSymbol { symbol }));
        }
    }

    #[test]
    fn other_messages_are_passed_on() {
        for text in [
            "error[E0308]: mismatched types\n --> src/lib.rs:1:1\n",
            "error: failed to run custom build command for `my-care v0.1.0`\nthread 'main' panicked at build.rs:3\n",
        ] {
            assert_eq!(printed(text), (text.to_owned(), None));
        }
    }
}
