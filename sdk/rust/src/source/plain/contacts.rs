use crate::testing::World;

pub(crate) fn attribute(name: &str) -> Option<String> {
    World::current().fixture.attributes.get(name).cloned()
}

pub(crate) fn attribute_names() -> Vec<String> {
    World::current()
        .fixture
        .attributes
        .keys()
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;
    use crate::testing::World;

    #[test]
    fn attributes_are_those_of_the_world() {
        let world = World::new()
            .contact_attribute("tier", "gold")
            .contact_attribute("language", "pt");
        world.enter(|| {
            assert_eq!(contacts::attribute("tier").as_deref(), Some("gold"));
            assert_eq!(contacts::attribute("Tier"), None);
            assert_eq!(contacts::attribute_names(), ["language", "tier"]);
        });
        assert_eq!(contacts::attribute("tier"), None);
    }
}
