//! Changes settings in a document of TOML; comments and order stay.

use std::collections::BTreeMap;

use toml_edit::{Array, InlineTable, Item, Table, TableLike, Value};

use super::Migration;
use super::setting_path::Part;

/// Applies one migration to the table of the settings, and returns what it did not do: one sentence
/// each.
pub(super) fn migrate(settings: &mut dyn TableLike, migration: &Migration) -> Vec<String> {
    let mut left = rename(settings, migration);
    for (path, values) in &migration.map {
        each_value(settings, &path.0, &mut |value| replace(value, values));
    }
    for path in &migration.remove {
        let (before, keys) = path.get_ref().split_at_each();
        each_table(settings, before, &mut |table| {
            take(table, &keys);
        });
    }
    for (path, default) in &migration.default {
        let path = path.get_ref();
        let (before, keys) = path.split_at_each();
        each_table(settings, before, &mut |table| {
            if get(table, &keys).is_none()
                && put(table, &keys, Item::Value(edited(default))).is_err()
            {
                left.push(format!(
                    "{path} is not given a value: a part of its path is no table"
                ));
            }
        });
    }
    left
}

/// Renames settings: reads all, then writes all.
fn rename(settings: &mut dyn TableLike, migration: &Migration) -> Vec<String> {
    let mut left = Vec::new();
    // Grouped by the tables in which they are renamed.
    type Pair<'a> = (Vec<&'a str>, Vec<&'a str>);
    let mut groups: BTreeMap<&[Part], Vec<Pair<'_>>> = BTreeMap::new();
    for (from, to) in &migration.rename {
        if let Some((before, source, target)) = from.get_ref().split_from(to.get_ref()) {
            groups.entry(before).or_default().push((source, target));
        }
    }
    for (before, pairs) in groups {
        each_table(settings, before, &mut |table| {
            left.extend(rename_in(table, &pairs));
        });
    }
    left
}

fn rename_in(table: &mut dyn TableLike, pairs: &[(Vec<&str>, Vec<&str>)]) -> Vec<String> {
    let order: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let mut left = Vec::new();
    let mut taken = Vec::new();
    for (source, target) in pairs {
        if let Some(item) = take(table, source) {
            taken.push((source, target, item));
        }
    }
    let has_moved = !taken.is_empty();
    let mut new_names = BTreeMap::new();
    for (source, target, (item, comment)) in taken {
        if get(table, target).is_some() {
            let (from, to) = (source.join("."), target.join("."));
            left.push(format!(
                "{from} is not renamed to {to}, which is given too: decide for one of them"
            ));
            let _ = put(table, source, item);
            set_comment(table, source, comment);
            continue;
        }
        match put(table, target, item) {
            Ok(()) => {
                set_comment(table, target, comment);
                if let ([source], [target]) = (&**source, &**target) {
                    new_names.insert((*source).to_owned(), (*target).to_owned());
                }
            }
            Err(item) => {
                left.push(format!(
                    "{} is not renamed to {}: a part of that path is no table",
                    source.join("."),
                    target.join(".")
                ));
                let _ = put(table, source, *item);
                set_comment(table, source, comment);
            }
        }
    }
    if has_moved {
        let order = order
            .into_iter()
            .map(|key| new_names.get(&key).cloned().unwrap_or(key));
        put_in_order(table, order.collect());
    }
    left
}

/// Brings the keys of a table into this order; others follow.
fn put_in_order(table: &mut dyn TableLike, order: Vec<String>) {
    let others: Vec<String> = table
        .iter()
        .map(|(key, _)| key.to_owned())
        .filter(|key| !order.contains(key))
        .collect();
    for key in order.iter().chain(&others) {
        let comment = comment_of(table, key);
        if let Some(item) = table.remove(key) {
            table.insert(key, item);
            set_comment(table, &[key], comment);
        }
    }
}

/// What stands before a key: its comments.
type Comment = Option<toml_edit::Decor>;

fn comment_of(table: &dyn TableLike, key: &str) -> Comment {
    Some(table.key(key)?.leaf_decor().clone())
}

fn set_comment(table: &mut dyn TableLike, path: &[&str], comment: Comment) {
    let Some((last, before)) = path.split_last() else {
        return;
    };
    let Some(table) = below(table, before) else {
        return;
    };
    if let (Some(mut key), Some(comment)) = (table.key_mut(last), comment) {
        *key.leaf_decor_mut() = comment;
    }
}

fn below<'a>(table: &'a mut dyn TableLike, path: &[&str]) -> Option<&'a mut dyn TableLike> {
    match path.split_first() {
        None => Some(table),
        Some((first, rest)) => {
            let table = table.get_mut(first)?.as_table_like_mut()?;
            below(table, rest)
        }
    }
}

fn get<'a>(table: &'a dyn TableLike, path: &[&str]) -> Option<&'a Item> {
    let (first, rest) = path.split_first()?;
    let item = table.get(first).filter(|item| !item.is_none())?;
    match rest.is_empty() {
        true => Some(item),
        false => get(item.as_table_like()?, rest),
    }
}

/// Takes a setting out, and tables above it that are empty then.
fn take(table: &mut dyn TableLike, path: &[&str]) -> Option<(Item, Comment)> {
    let (first, rest) = path.split_first()?;
    if rest.is_empty() {
        let comment = comment_of(table, first);
        let item = table.remove(first).filter(|item| !item.is_none())?;
        return Some((item, comment));
    }
    let inner = table.get_mut(first)?.as_table_like_mut()?;
    let taken = take(inner, rest)?;
    if inner.is_empty() {
        table.remove(first);
    }
    Some(taken)
}

/// Puts a setting in, with the tables above it; gives it back where one of them is something else.
fn put(table: &mut dyn TableLike, path: &[&str], item: Item) -> Result<(), Box<Item>> {
    let Some((first, rest)) = path.split_first() else {
        return Err(Box::new(item));
    };
    if rest.is_empty() {
        table.insert(first, item);
        return Ok(());
    }
    if table.get(first).is_none_or(Item::is_none) {
        // A dotted key: the file gets no new section, and an inline table stays one.
        let mut new = Table::new();
        new.set_dotted(true);
        new.set_implicit(true);
        let is_inline = !item.is_table() && !item.is_array_of_tables();
        let new = match is_inline {
            true => {
                let mut inline = InlineTable::new();
                inline.set_dotted(true);
                Item::Value(Value::InlineTable(inline))
            }
            false => Item::Table(new),
        };
        table.insert(first, new);
    }
    match table.get_mut(first).and_then(Item::as_table_like_mut) {
        Some(inner) => put(inner, rest, item),
        None => Err(Box::new(item)),
    }
}

/// Calls `act` with every table that a path of keys and `*` leads to.
fn each_table(table: &mut dyn TableLike, path: &[Part], act: &mut dyn FnMut(&mut dyn TableLike)) {
    let Some((first, rest)) = path.split_first() else {
        return act(table);
    };
    match first {
        Part::Key(key) => {
            if let Some(item) = table.get_mut(key) {
                each_table_in(item, rest, act);
            }
        }
        Part::Each => {
            for (_, item) in table.iter_mut() {
                each_table_in(item, rest, act);
            }
        }
    }
}

fn each_table_in(item: &mut Item, path: &[Part], act: &mut dyn FnMut(&mut dyn TableLike)) {
    if let Some(table) = item.as_table_like_mut() {
        return each_table(table, path, act);
    }
    // `*` stands for the entries of a list too.
    let Some((Part::Each, rest)) = path.split_first() else {
        return;
    };
    match item {
        Item::ArrayOfTables(tables) => {
            for table in tables.iter_mut() {
                each_table(table, rest, act);
            }
        }
        Item::Value(Value::Array(values)) => {
            for value in values.iter_mut() {
                if let Value::InlineTable(table) = value {
                    each_table(table, rest, act);
                }
            }
        }
        _ => {}
    }
}

/// Calls `act` with every value that a path leads to.
fn each_value(table: &mut dyn TableLike, path: &[Part], act: &mut dyn FnMut(&mut Value)) {
    let Some((last, before)) = path.split_last() else {
        return;
    };
    let Part::Key(last) = last else {
        return each_entry(table, before, act);
    };
    each_table(table, before, &mut |table| {
        if let Some(Item::Value(value)) = table.get_mut(last) {
            act(value);
        }
    });
}

/// Calls `act` with every value in the table or list that a path leads to.
fn each_entry(table: &mut dyn TableLike, path: &[Part], act: &mut dyn FnMut(&mut Value)) {
    let Some((Part::Key(last), before)) = path.split_last() else {
        return;
    };
    each_table(table, before, &mut |table| {
        let Some(item) = table.get_mut(last) else {
            return;
        };
        if let Item::Value(Value::Array(values)) = item {
            values.iter_mut().for_each(&mut *act);
        } else if let Some(entries) = item.as_table_like_mut() {
            for (_, item) in entries.iter_mut() {
                if let Item::Value(value) = item {
                    act(value);
                }
            }
        }
    });
}

fn replace(value: &mut Value, values: &BTreeMap<String, toml::Value>) {
    let text = match value {
        Value::String(text) => text.value().clone(),
        Value::Integer(number) => number.value().to_string(),
        Value::Float(number) => number.value().to_string(),
        Value::Boolean(flag) => flag.value().to_string(),
        _ => return,
    };
    if let Some(new) = values.get(&text) {
        let mut new = edited(new);
        *new.decor_mut() = value.decor().clone();
        *value = new;
    }
}

/// A value as a document holds it.
fn edited(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::from(text.as_str()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(flag) => Value::from(*flag),
        toml::Value::Datetime(time) => {
            let text = time.to_string();
            text.parse().unwrap_or_else(|_| Value::from(text))
        }
        toml::Value::Array(items) => Value::Array(items.iter().map(edited).collect::<Array>()),
        toml::Value::Table(fields) => {
            let fields = fields.iter().map(|(key, value)| (key, edited(value)));
            Value::InlineTable(fields.collect::<InlineTable>())
        }
    }
}
