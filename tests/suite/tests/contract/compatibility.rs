//! Compares a contract with a released one: every policy compiled against the released one must keep
//! working.

use crate::surface::{Item, Kind, Surface, Version};

/// Advice for an item that was changed or removed.
const NEVER_CHANGES: &str = "a released item never changes. Restore it and add a new item beside \
     it, or start the next version of its package (docs/contract.md)";

/// Everything that breaks a policy compiled against `released`, each with the item's name and what
/// to do. A package on another compatibility track is a new contract and is skipped.
pub(crate) fn incompatibilities(released: &Surface, current: &Surface) -> Vec<String> {
    let mut found = Vec::new();
    for (package, version) in &released.packages {
        let Some(now) = current.packages.get(package) else {
            found.push(format!("package {package} was removed; {}", NEVER_CHANGES));
            continue;
        };
        if track(*now) != track(*version) {
            continue;
        }
        if now < version {
            found.push(format!(
                "package {package} is {}, which is earlier than the released {}",
                shown(*now),
                shown(*version)
            ));
        }
        let of_package = |item: &&(&String, &Item)| item.1.package == *package;
        for (name, item) in released.items.iter().filter(|one| of_package(&one)) {
            found.extend(lost(name, item, current.items.get(name)));
        }
        for (name, item) in current.items.iter().filter(|one| of_package(&one)) {
            if !released.items.contains_key(name) {
                let beside = released.items.contains_key(&item.within);
                found.extend(added(name, item, beside, *version));
            }
        }
    }
    found
}

/// What is wrong with a released item now.
fn lost(name: &str, released: &Item, current: Option<&Item>) -> Option<String> {
    let Some(current) = current else {
        return Some(format!("{name} was removed; {NEVER_CHANGES}"));
    };
    if current.signature != released.signature {
        return Some(format!(
            "{name} was changed from `{}` to `{}`; {NEVER_CHANGES}",
            released.signature, current.signature
        ));
    }
    if current.since != released.since {
        let since = |item: &Item| item.since.map_or("none".to_owned(), shown);
        return Some(format!(
            "{name} was released with @since {}, and now has {}; restore it",
            since(released),
            since(current)
        ));
    }
    None
}

/// What is wrong with an item added after a release. `beside`: in a released interface or world.
fn added(name: &str, item: &Item, beside: bool, released: Version) -> Option<String> {
    match item.kind {
        Kind::Export if beside => Some(format!(
            "{name} was added to an interface that policies export: a policy compiled \
             against {} lacks it and would not load. Add another interface with a world of its own",
            shown(released)
        )),
        Kind::WorldExport if beside => Some(format!(
            "{name} was added: a policy compiled against {} does not export it. Add another world",
            shown(released)
        )),
        Kind::WorldImport | Kind::WorldExport => None,
        Kind::Import | Kind::Export => match item.since {
            None => Some(format!(
                "{name} was added without @since; add a version after {}",
                shown(released)
            )),
            Some(since) if since <= released => Some(format!(
                "{name} was added with @since {}, but {} was released without it; use a later \
                 version, and raise the package's to it",
                shown(since),
                shown(released)
            )),
            Some(_) => None,
        },
    }
}

/// Versions of one track are compatible: 0.1.x, 1.x.
fn track((major, minor, _): Version) -> (u64, u64) {
    match major {
        0 => (0, minor),
        _ => (major, 0),
    }
}

pub(crate) fn shown((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use wit_parser::Resolve;

    use super::*;

    const RELEASED: &str = "
        package test:desk@0.1.0;

        /// What the host offers.
        @since(version = 0.1.0)
        interface care {
            /// An agent.
            @since(version = 0.1.0)
            resource agent {
                @since(version = 0.1.0)
                id: func() -> string;
            }
            @since(version = 0.1.0)
            type timestamp = u64;
            @since(version = 0.1.0)
            record query { skill: string, limit: u32 }
            @since(version = 0.1.0)
            enum scope { conversation, contact }
            @since(version = 0.1.0)
            variant answer { yes, no(string) }
            @since(version = 0.1.0)
            flags rights { read, write }
            @since(version = 0.1.0)
            find: func(query: query) -> list<agent>;
            @since(version = 0.1.0)
            now: func() -> timestamp;
        }

        @since(version = 0.1.0)
        interface other {
            @since(version = 0.1.0)
            ping: func();
        }

        @since(version = 0.1.0)
        interface routing {
            use care.{agent};
            @since(version = 0.1.0)
            record plan { queue: string }
            @since(version = 0.1.0)
            route: func(agent: agent) -> result<option<plan>, string>;
        }

        @since(version = 0.1.0)
        interface third {
            @since(version = 0.1.0)
            pong: func();
        }

        @since(version = 0.1.0)
        world router {
            @since(version = 0.1.0)
            import care;
            @since(version = 0.1.0)
            import third;
            @since(version = 0.1.0)
            export routing;
        }
    ";

    /// What is wrong after replacing `from` by `to`.
    fn edited(from: &str, to: &str) -> Vec<String> {
        assert_eq!(RELEASED.matches(from).count(), 1, "{from}");
        compared(&RELEASED.replacen(from, to, 1))
    }

    fn compared(text: &str) -> Vec<String> {
        incompatibilities(&surface(RELEASED), &surface(text))
    }

    fn surface(text: &str) -> Surface {
        let mut resolve = Resolve::default();
        resolve
            .push_str("contract.wit", text)
            .unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        Surface::of(&resolve)
    }

    /// The same contract at 0.1.1, with an edit.
    fn patched(from: &str, to: &str) -> Vec<String> {
        assert_eq!(RELEASED.matches(from).count(), 1, "{from}");
        compared(
            &RELEASED
                .replacen(from, to, 1)
                .replacen("desk@0.1.0", "desk@0.1.1", 1),
        )
    }

    #[test]
    fn signatures_of_released_items_do_not_change() {
        for (from, to, item) in [
            // Records.
            (
                "limit: u32 }",
                "limit: u32, team: option<string> }",
                "test:desk/care.query",
            ),
            (
                "skill: string, limit: u32",
                "limit: u32, skill: string",
                "test:desk/care.query",
            ),
            (
                "skill: string, limit: u32",
                "skill: string",
                "test:desk/care.query",
            ),
            ("limit: u32 }", "limit: u64 }", "test:desk/care.query"),
            ("limit: u32 }", "most: u32 }", "test:desk/care.query"),
            (
                "record plan { queue: string }",
                "record plan { queue: option<string> }",
                "test:desk/routing.plan",
            ),
            // Closed sets.
            (
                "conversation, contact",
                "conversation, contact, company",
                "test:desk/care.scope",
            ),
            (
                "conversation, contact",
                "contact, conversation",
                "test:desk/care.scope",
            ),
            ("yes, no(string)", "yes, no", "test:desk/care.answer"),
            (
                "yes, no(string)",
                "yes, no(string), maybe",
                "test:desk/care.answer",
            ),
            ("read, write", "read, write, erase", "test:desk/care.rights"),
            // An alias counts as the type it names.
            (
                "type timestamp = u64",
                "type timestamp = s64",
                "test:desk/care.now",
            ),
            // Functions and methods.
            (
                "find: func(query: query) -> list<agent>",
                "find: func(query: query) -> option<agent>",
                "test:desk/care.find",
            ),
            (
                "find: func(query: query)",
                "find: func(search: query)",
                "test:desk/care.find",
            ),
            (
                "find: func(query: query)",
                "find: func(query: query, limit: u32)",
                "test:desk/care.find",
            ),
            (
                "find: func(query: query)",
                "find: async func(query: query)",
                "test:desk/care.find",
            ),
            (
                "route: func(agent: agent)",
                "route: func(agent: borrow<agent>)",
                "test:desk/routing.route",
            ),
            (
                "id: func() -> string",
                "id: func() -> option<string>",
                "test:desk/care.agent.id",
            ),
            (
                "id: func() -> string",
                "id: static func() -> string",
                "test:desk/care.agent.id",
            ),
            // Removals.
            (
                "@since(version = 0.1.0)\n            now: func() -> timestamp;",
                "",
                "test:desk/care.now",
            ),
            (
                "@since(version = 0.1.0)\n                id: func() -> string;",
                "",
                "test:desk/care.agent.id",
            ),
            (
                "@since(version = 0.1.0)\n            enum scope { conversation, contact }",
                "",
                "test:desk/care.scope",
            ),
            (
                "@since(version = 0.1.0)\n        interface other {\n            @since(version = 0.1.0)\n            ping: func();\n        }",
                "",
                "test:desk/other",
            ),
            (
                "@since(version = 0.1.0)\n            import third;",
                "",
                "test:desk/router (world) imports test:desk/third",
            ),
            (
                "@since(version = 0.1.0)\n            export routing;",
                "",
                "test:desk/router (world) exports test:desk/routing",
            ),
            ("world router", "world sender", "test:desk/router (world)"),
        ] {
            let found = edited(from, to);
            assert!(
                found.iter().any(|one| one.starts_with(item)),
                "{from} -> {to}: {found:#?}"
            );
            assert!(found.iter().all(|one| !one.is_empty()));
        }
    }

    #[test]
    fn a_message_names_the_item_and_what_to_do() {
        assert_eq!(
            edited("limit: u32 }", "limit: u64 }"),
            [
                "test:desk/care.query was changed from `record { skill: string, limit: u32 }` to \
              `record { skill: string, limit: u64 }`; a released item never changes. Restore it \
              and add a new item beside it, or start the next version of its package \
              (docs/contract.md)"
            ]
        );
    }

    #[test]
    fn documentation_and_uses_may_change() {
        for (from, to) in [
            ("/// An agent.", "/// A person who answers customers."),
            ("/// An agent.", ""),
            ("use care.{agent};", "use care.{agent, query};"),
        ] {
            assert_eq!(edited(from, to), [""; 0], "{from} -> {to}");
        }
    }

    #[test]
    fn imports_may_grow_with_a_later_version() {
        for (from, to) in [
            (
                "id: func() -> string;",
                "id: func() -> string; @since(version = 0.1.1) site: func() -> option<string>;",
            ),
            (
                "interface care {",
                "interface care { @since(version = 0.1.1) record more { a: u8 } @since(version = 0.1.1) find-more: func(more: more);",
            ),
            (
                "interface care {",
                "interface care { @since(version = 0.1.1) resource queue { @since(version = 0.1.1) id: func() -> string; }",
            ),
            (
                "/// What the host offers.",
                "@since(version = 0.1.1) interface later { @since(version = 0.1.1) f: func(); } @since(version = 0.1.1) world later-router { export later; }",
            ),
            (
                "import care;",
                "import care; @since(version = 0.1.1) import other;",
            ),
        ] {
            assert_eq!(patched(from, to), [""; 0], "{to}");
        }
    }

    #[test]
    fn an_addition_needs_a_later_since() {
        let with = |since: &str| {
            patched(
                "id: func() -> string;",
                &format!("id: func() -> string; {since} site: func() -> string;"),
            )
        };
        let none = with("");
        assert!(
            none.len() == 1
                && none[0].starts_with("test:desk/care.agent.site was added without @since"),
            "{none:?}"
        );
        let early = with("@since(version = 0.1.0)");
        assert!(
            early.len() == 1
                && early[0].starts_with("test:desk/care.agent.site was added with @since 0.1.0"),
            "{early:?}"
        );
        let moved = patched(
            "@since(version = 0.1.0)\n            now: func",
            "@since(version = 0.1.1)\n            now: func",
        );
        assert!(
            moved.len() == 1 && moved[0].contains("restore it"),
            "{moved:?}"
        );
    }

    #[test]
    fn exports_do_not_grow() {
        let function = patched(
            "record plan { queue: string }",
            "record plan { queue: string } @since(version = 0.1.1) route-again: func();",
        );
        assert!(
            function.len() == 1
                && function[0]
                    .starts_with("test:desk/routing.route-again was added to an interface"),
            "{function:?}"
        );
        let export = patched(
            "export routing;",
            "export routing; @since(version = 0.1.1) export other;",
        );
        assert!(
            export
                .iter()
                .any(|one| one.starts_with("test:desk/router (world) exports test:desk/other")),
            "{export:?}"
        );
    }

    #[test]
    fn another_track_is_another_contract() {
        let next = RELEASED.replacen("desk@0.1.0", "desk@0.2.0", 1);
        assert_eq!(
            compared(&next.replacen("limit: u32", "limit: u64", 1)),
            [""; 0]
        );
        let later = RELEASED.replacen("desk@0.1.0", "desk@0.1.7", 1);
        assert_eq!(compared(&later), [""; 0]);
        let released = surface(&later);
        let back = incompatibilities(&released, &surface(RELEASED));
        assert_eq!(
            back,
            ["package test:desk is 0.1.0, which is earlier than the released 0.1.7"]
        );
        assert_eq!((track((1, 2, 3)), track((1, 9, 0))), ((1, 0), (1, 0)));
    }
}
