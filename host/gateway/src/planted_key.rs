//! The key that an adapter plants in a request, as the provider returns it.

/// Key of an outbox item and number of a part: `reply-…-12/1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlantedKey<'a> {
    pub(crate) outbox_key: &'a str,
    /// From 1.
    pub(crate) part: u32,
}

impl<'a> PlantedKey<'a> {
    /// Parses a key; `None` for one that another program planted.
    pub(crate) fn parse(text: &'a str) -> Option<PlantedKey<'a>> {
        let (outbox_key, part) = text.rsplit_once('/')?;
        let part = part.parse().ok().filter(|part| *part > 0)?;
        let is_reply = outbox_key.starts_with("reply-") && outbox_key.len() <= 256;
        is_reply.then_some(PlantedKey { outbox_key, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_a_part_and_belongs_to_a_reply() {
        let key = |outbox_key, part| Some(PlantedKey { outbox_key, part });
        assert_eq!(PlantedKey::parse("reply-3f-12/1"), key("reply-3f-12", 1));
        assert_eq!(PlantedKey::parse("reply-3f-12/30"), key("reply-3f-12", 30));
        for other in [
            "",
            "reply-3f-12",
            "reply-3f-12/0",
            "reply-3f-12/x",
            "order/1",
            "/1",
        ] {
            assert_eq!(PlantedKey::parse(other), None, "{other}");
        }
    }
}
