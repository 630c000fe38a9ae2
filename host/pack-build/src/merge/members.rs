//! Which instances are merged, and what comes before and after them.

use std::collections::{HashMap, HashSet};

use super::MergeError;
use super::component_items::{ComponentItems, Item, Reference};
use super::core_module::CoreModule;
use super::linked_module::{LinkedModule, Member};

/// The instance with the memory, those that import something of it, and those that import nothing
/// and have no table, which are its stubs.
pub(super) fn find_members<'a>(
    items: &ComponentItems<'a>,
    modules: &HashMap<u32, CoreModule<'a>>,
) -> Result<Vec<Member>, MergeError> {
    let mut main = items
        .instances()
        .filter(|(_, module, _)| modules[module].has_memory());
    let (Some(main), None) = (main.next(), main.next()) else {
        return Err(MergeError::Unsupported("no memory, or several"));
    };
    let mut reached = HashSet::from([main.0]);
    let mut stubs = Vec::new();
    let mut members = vec![Member {
        instance: main.0.index,
        module: main.1,
    }];
    for (at, item) in items.items.iter().enumerate() {
        let Some(defines) = items.defines[at] else {
            continue;
        };
        if item.uses().iter().any(|used| reached.contains(used)) {
            reached.insert(defines);
        }
        let Item::Instance { module, .. } = item else {
            continue;
        };
        let of_module = &modules[module];
        let is_stub = of_module.imports.is_empty() && !of_module.has_table();
        let is_member = reached.contains(&defines) && !of_module.fills_shims();
        let member = Member {
            instance: defines.index,
            module: *module,
        };
        if defines != main.0 && is_stub {
            stubs.push(member);
        } else if defines != main.0 && is_member {
            members.push(member);
        }
    }
    // componentize-py makes them in another order each time.
    stubs.sort_by_key(|stub| items.module(stub.module).unwrap_or_default());
    members.extend(stubs);
    Ok(members)
}

/// Positions of items before and after the merged module, without those that nothing uses any more.
pub(super) fn divide(
    items: &ComponentItems<'_>,
    linked: &LinkedModule<'_>,
) -> (Vec<usize>, Vec<usize>) {
    let (mut first, mut later) = (Vec::new(), Vec::new());
    let mut delayed: HashSet<Reference> = HashSet::new();
    let mut has_lifted = false;
    for (at, item) in items.items.iter().enumerate() {
        let defines = items.defines[at];
        let is_member = defines.is_some_and(|defines| linked.is_member(defines));
        // What the component exports stands behind the first function that is lifted.
        has_lifted |= matches!(item, Item::Lift { .. });
        if is_member || has_lifted || item.uses().iter().any(|used| delayed.contains(used)) {
            delayed.extend(defines);
            if !is_member {
                later.push(at);
            }
        } else {
            first.push(at);
        }
    }
    let mut used: HashSet<Reference> = HashSet::new();
    let mut kept = Vec::new();
    for at in later.into_iter().rev() {
        let item = &items.items[at];
        let is_name = matches!(item, Item::Bag { .. } | Item::CoreAlias { .. });
        if is_name && !items.defines[at].is_some_and(|defines| used.contains(&defines)) {
            continue;
        }
        used.extend(item.uses());
        kept.push(at);
    }
    kept.reverse();
    (first, kept)
}
