use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const TEXT: &str = r#"company = "a"
[plugin.care]
pack = "care"
settings.brand = "N"
settings."a/b".c = [1, [2, { "x~y" = 3 }]]
[plugin.care.settings.words]
late = { score = 0.5 }
[[plugin.care.settings.rules]]
then.queue = "fraud"
[[plugin.care.settings.rules]]
[plugin.care.settings.rules.then]
queue = "tax"
"#;

fn found(path: &str, part: Part) -> &'static str {
    let places = TomlPlaces::read(TEXT);
    let place = places.find(&["plugin", "care", "settings"], path, part);
    &TEXT[place.expect("a place")]
}

#[test]
fn a_path_leads_to_its_value_or_the_nearest_around_it() {
    for (path, value, key) in [
        ("/brand", "\"N\"", "brand"),
        ("brand", "\"N\"", "brand"),
        ("/a~1b/c/0", "1", "1"),
        ("/a~1b/c/1/1/x~0y", "3", "\"x~y\""),
        ("/words", "[plugin.care.settings.words]", "words"),
        ("words.late.score", "0.5", "score"),
        ("/rules", "[[plugin.care.settings.rules]]", "rules"),
        ("/rules/0/then", "then", "then"),
        ("/rules/0/then/queue", "\"fraud\"", "queue"),
        ("/rules/1/then", "[plugin.care.settings.rules.then]", "then"),
        ("/rules/1/then/queue", "\"tax\"", "queue"),
    ] {
        assert_eq!(found(path, Part::Value), value, "{path}");
        assert_eq!(found(path, Part::Key), key, "{path}");
    }
    for (path, around) in [
        ("", "settings"),
        ("/", "settings"),
        ("/colour/red", "settings"),
        ("/words/early/score", "[plugin.care.settings.words]"),
        ("/words/late/score/0", "0.5"),
        ("/words/late/weight", "{ score = 0.5 }"),
        ("/a~1b/c/1/7", "[2, { \"x~y\" = 3 }]"),
        ("/a~1b/c/-", "[1, [2, { \"x~y\" = 3 }]]"),
        ("/rules/2/then", "[[plugin.care.settings.rules]]"),
    ] {
        assert_eq!(found(path, Part::Value), around, "{path}");
    }
    for path in ["/colour", "/words/early", "/rules/2"] {
        assert_eq!(found(path, Part::Key), found(path, Part::Value), "{path}");
    }
}

#[test]
fn what_is_not_in_the_text_has_no_place() {
    assert_eq!(
        TomlPlaces::read(TEXT).find(&["queue"], "", Part::Value),
        None
    );
    assert_eq!(TomlPlaces::read(TEXT).find(&[], "", Part::Value), None);
    let invalid = TomlPlaces::read("a = 1\nb =");
    assert_eq!(invalid.find(&["a"], "", Part::Value), None);
}

/// A value, and how it is written.
#[derive(Clone, Debug)]
enum Node {
    Scalar(u8),
    Array(Vec<Node>, bool),
    Table(BTreeMap<String, Node>, Form),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Inline,
    Dotted,
    Header,
    /// Without a header of its own where its parts have one.
    Implicit,
}

fn nodes() -> impl Strategy<Value = Node> {
    let forms = [Form::Inline, Form::Dotted, Form::Header, Form::Implicit];
    let scalar = any::<u8>().prop_map(Node::Scalar);
    scalar.prop_recursive(5, 40, 4, move |node| {
        let array = (vec(node.clone(), 0..4), any::<bool>());
        let table = (btree_map(keys(), node, 0..4), select(forms.to_vec()));
        prop_oneof![
            array.prop_map(|(nodes, has_headers)| Node::Array(nodes, has_headers)),
            table.prop_map(|(entries, form)| Node::Table(entries, form)),
        ]
    })
}

fn keys() -> impl Strategy<Value = String> {
    let keys = ["a", "b-1", "1", "a b", "x.y", "a/b", "~0", "é", "", "\"q\""];
    select(keys.to_vec()).prop_map(str::to_owned)
}

/// Writes nodes; every scalar is another.
#[derive(Default)]
struct Writer {
    text: String,
    scalars: u32,
}

impl Writer {
    fn section(&mut self, path: &str, entries: &BTreeMap<String, Node>) {
        for (key, node) in entries {
            if !has_header(node) {
                self.line(&written(key), node);
            }
        }
        for (key, node) in entries {
            let path = match path {
                "" => written(key),
                path => format!("{path} . {}", written(key)),
            };
            match node {
                Node::Table(entries, form) if has_header(node) => {
                    let is_named = entries.values().any(|node| !has_header(node));
                    if *form == Form::Header || is_named || entries.is_empty() {
                        self.text += &format!("\n[ {path}] # header\n");
                    }
                    self.section(&path, entries);
                }
                Node::Array(nodes, _) if has_header(node) => {
                    for node in nodes {
                        self.text += &format!("[[{path}]]\n");
                        let Node::Table(entries, _) = node else {
                            panic!("no table")
                        };
                        self.section(&path, entries);
                    }
                }
                _ => {}
            }
        }
    }

    fn line(&mut self, key: &str, node: &Node) {
        match node {
            Node::Table(entries, form) if *form != Form::Inline && !entries.is_empty() => {
                for (inner, node) in entries {
                    self.line(&format!("{key}.{}", written(inner)), node);
                }
            }
            node => {
                let value = self.value(node);
                self.text += &format!("  {key} = {value} # é\n");
            }
        }
    }

    fn value(&mut self, node: &Node) -> String {
        match node {
            Node::Scalar(kind) => {
                self.scalars += 1;
                let number = self.scalars;
                match kind % 5 {
                    0 => number.to_string(),
                    1 => format!("{number}.5"),
                    2 => format!("\"\\\"é{number}\""),
                    3 => format!("'\\ {number}'"),
                    _ => format!("\"\"\"\nline {number}\n[a]\n\"\"\""),
                }
            }
            Node::Array(nodes, has_comma) => {
                let nodes: Vec<String> = nodes.iter().map(|node| self.value(node)).collect();
                let comma = if *has_comma && !nodes.is_empty() {
                    ","
                } else {
                    ""
                };
                format!("[ {}{comma}\n]", nodes.join(",\n # ] 1\n"))
            }
            Node::Table(entries, _) => {
                let mut fields = Vec::new();
                for (key, node) in entries {
                    self.fields(&written(key), node, &mut fields);
                }
                format!("{{ {} }}", fields.join(" , "))
            }
        }
    }

    fn fields(&mut self, key: &str, node: &Node, fields: &mut Vec<String>) {
        match node {
            Node::Table(entries, Form::Dotted) if !entries.is_empty() => {
                for (inner, node) in entries {
                    self.fields(&format!("{key}.{}", written(inner)), node, fields);
                }
            }
            node => {
                let value = self.value(node);
                fields.push(format!("{key} = {value}"));
            }
        }
    }
}

fn has_header(node: &Node) -> bool {
    match node {
        Node::Table(_, form) => matches!(form, Form::Header | Form::Implicit),
        Node::Array(nodes, has_headers) => {
            let is_table = |node: &Node| matches!(node, Node::Table(..));
            *has_headers && !nodes.is_empty() && nodes.iter().all(is_table)
        }
        Node::Scalar(_) => false,
    }
}

fn written(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-';
    match !key.is_empty() && key.chars().all(is_bare) {
        true => key.to_owned(),
        false => toml::Value::from(key).to_string(),
    }
}

/// Checks the places of a value and of all below it; returns that of the value.
fn check(
    (text, places): (&str, &TomlPlaces<'_>),
    (names, pointer): (&[&str], &str),
    value: &toml::Value,
) -> Range<usize> {
    let find = |part| places.find(&[], pointer, part).expect("a place");
    let place = find(Part::Value);
    let shown = &text[place.clone()];
    let is_value = parsed(&format!("x = {shown}")).is_some_and(|table| table["x"] == *value);
    assert!(
        is_value || is_name_of(shown, names, value),
        "{pointer}: {shown} in\n{text}"
    );
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let pointer = pointer.to_owned() + &pointer_step(key);
                let names = [names, &[key.as_str()]].concat();
                let inner = check((text, places), (&names, &pointer), value);
                // A table that only a header names stands in the header of the first below it.
                let is_in_header = inner.start < place.start && place.end < inner.end;
                let follows = place.start <= inner.start || is_in_header;
                assert!(follows, "{pointer} in\n{text}");
                assert!(!is_value || inner.end <= place.end, "{pointer} in\n{text}");
                let shown = &text[places.find(&[], &pointer, Part::Key).expect("a place")];
                let named = parsed(&format!("{shown} = 1")).expect("a key");
                assert_eq!(named.keys().collect::<Vec<_>>(), [key], "{text}");
            }
            let missing = places.find(&[], &format!("{pointer}/none/0"), Part::Value);
            assert_eq!(missing.expect("the table"), place, "{pointer} in\n{text}");
        }
        toml::Value::Array(values) => {
            let mut end = place.start;
            for (index, value) in values.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                let inner = check((text, places), (names, &pointer), value);
                assert!(end <= inner.start, "{pointer} in\n{text}");
                end = inner.end;
            }
            let missing = places.find(&[], &format!("{pointer}/{}", values.len()), Part::Key);
            assert_eq!(missing.expect("the array"), place, "{pointer} in\n{text}");
        }
        _ => {}
    }
    place
}

/// Whether a text is the header of a table or an array of tables with these names, or the last of
/// them.
fn is_name_of(shown: &str, names: &[&str], value: &toml::Value) -> bool {
    if let Some(mut table) = parsed(shown) {
        let header = match value {
            toml::Value::Table(_) => shown.starts_with('['),
            _ => shown.starts_with("[["),
        };
        return header
            && names.iter().all(|name| match table.remove(*name) {
                Some(toml::Value::Table(inner)) => {
                    table = inner;
                    true
                }
                Some(toml::Value::Array(_)) => true,
                _ => false,
            });
    }
    let named = parsed(&format!("{shown} = 1"));
    value.is_table() && named.is_some_and(|named| named.keys().eq(names.last().copied()))
}

fn parsed(text: &str) -> Option<toml::Table> {
    toml::from_str(text).ok()
}

proptest! {
    #[test]
    fn every_value_of_a_document_is_found_where_it_is_written(
        entries in btree_map(keys(), nodes(), 1..5),
    ) {
        let mut writer = Writer::default();
        writer.section("", &entries);
        let text = writer.text;
        let table = parsed(&text).expect(&text);
        let places = TomlPlaces::read(&text);
        for (key, value) in &table {
            check((&text, &places), (&[key], &pointer_step(key)), value);
        }
    }
}
