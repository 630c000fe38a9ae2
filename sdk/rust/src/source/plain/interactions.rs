use super::MAX_ITEMS;
use super::types::Interaction;
use crate::testing::World;

pub(crate) struct Page {
    pub(crate) items: Vec<Interaction>,
    pub(crate) truncated: bool,
}

pub(crate) fn of_conversation(limit: u32) -> Page {
    newest(&World::current().fixture.conversation_history, limit)
}

pub(crate) fn of_contact(limit: u32) -> Page {
    newest(&World::current().fixture.contact_history, limit)
}

fn newest(history: &[Interaction], limit: u32) -> Page {
    let mut items = history.to_vec();
    // Stable: interactions of the same time stay in the test's order.
    items.sort_by_key(|interaction| std::cmp::Reverse(interaction.received_at));
    items.truncate(limit.min(MAX_ITEMS) as usize);
    Page {
        truncated: items.len() < history.len(),
        items,
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::World;

    #[test]
    fn the_history_is_newest_first_and_bounded() {
        let world = World::new().conversation_history([
            Interaction::example("chat", "first").received_at(1),
            Interaction::example("chat", "second").received_at(2),
        ]);
        world.enter(|| {
            let page = interactions::of_conversation(1);
            assert_eq!((page.items[0].text(), page.truncated), ("second", true));
            assert!(interactions::of_contact(9).items.is_empty());
        });
    }
}
