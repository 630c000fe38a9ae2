//! The network behind a conversation of a help desk, for the attribute `network`.

use patchbay_model::channel::Visibility;
use patchbay_model::input::is_code;

/// Networks on which anyone can read a message.
const PUBLIC: [&str; 2] = ["facebook", "x"];

/// The code of a network by the help desk's name of it, from a table of both.
pub(crate) fn find(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let known = table.iter().find(|(known, _)| *known == name);
    known.map(|(_, code)| *code)
}

/// Who can read a message of a network.
pub(crate) fn visibility(code: Option<&str>) -> Visibility {
    match code.is_some_and(|code| PUBLIC.contains(&code)) {
        true => Visibility::Public,
        false => Visibility::Private,
    }
}

/// A name that is in no table, as a code: `any channel` is `any-channel`. `None` if it
/// cannot be one.
pub(crate) fn as_code(name: &str) -> Option<String> {
    let part = |c: char| match c {
        'a'..='z' | '0'..='9' | '.' => c,
        _ => '-',
    };
    let code: String = name.to_ascii_lowercase().chars().map(part).collect();
    is_code(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_code_or_nothing() {
        for (name, code) in [
            ("native_messaging", Some("native-messaging")),
            ("Any Channel", Some("any-channel")),
            ("", None),
            ("-x", None),
            (&"x".repeat(65), None),
        ] {
            assert_eq!(as_code(name).as_deref(), code, "{name}");
        }
    }
}
