use super::NOON;
use super::example::example;
use crate::source::types;
use crate::{Attachment, Contact, Direction, Interaction, Visibility};

impl Interaction {
    /// An interaction for a test: inbound, private, received at [`NOON`](super::NOON), from an unknown
    /// contact.
    pub fn example(channel: impl Into<String>, text: impl Into<String>) -> InteractionExample {
        InteractionExample(
            types::Interaction {
                id: "example".to_owned(),
                channel: channel.into(),
                text: text.into(),
                direction: Direction::Inbound.into(),
                visibility: Visibility::Private.into(),
                received_at: NOON,
                author: Contact::example().0.host,
                ..types::Interaction::default()
            }
            .into(),
        )
    }
}

impl Contact {
    /// A contact for a test: unknown, with one recent interaction.
    pub fn example() -> ContactExample {
        ContactExample(
            types::Contact {
                recent_interactions: 1,
                ..types::Contact::default()
            }
            .into(),
        )
    }
}

impl Attachment {
    /// An attachment for a test, of this kind.
    pub fn example(kind: impl Into<String>) -> AttachmentExample {
        AttachmentExample(
            types::Attachment {
                kind: kind.into(),
                ..types::Attachment::default()
            }
            .into(),
        )
    }
}

example! {
    InteractionExample of Interaction {
        /// Identifier given by the channel. Default: `example`.
        text id;
        /// The company's account that was addressed.
        maybe_text account;
        /// Language given by the channel (BCP 47).
        maybe_text language;
        /// When the channel received it. Default: [`NOON`](super::NOON).
        value received_at: u64;
        /// Who wrote it.
        thing author: Contact;
        /// Identifier of the interaction it answers.
        maybe_text in_reply_to;
    }
}

impl InteractionExample {
    /// Makes it readable by anyone.
    pub fn public(mut self) -> Self {
        self.0.host.visibility = Visibility::Public.into();
        self
    }

    /// Makes it readable by the customer and the company alone, as by default.
    pub fn private(mut self) -> Self {
        self.0.host.visibility = Visibility::Private.into();
        self
    }

    /// Makes it a message from the company.
    pub fn outbound(mut self) -> Self {
        self.0.host.direction = Direction::Outbound.into();
        self
    }

    /// Adds a file.
    pub fn attachment(mut self, attachment: impl Into<Attachment>) -> Self {
        self.0.host.attachments.push(attachment.into().host);
        self
    }

    /// Sets an extra attribute.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.host.attributes.insert(name.into(), value.into());
        self
    }

    /// Sets the author's address on the channel.
    pub fn author_address(self, address: impl Into<String>) -> Self {
        self.author_with(|author| author.address(address))
    }

    /// Sets the author's display name.
    pub fn author_name(self, name: impl Into<String>) -> Self {
        self.author_with(|author| author.name(name))
    }

    /// Sets the author's number of followers.
    pub fn reach(self, followers: u64) -> Self {
        self.author_with(|author| author.reach(followers))
    }

    /// Sets whether the channel has verified the author.
    pub fn verified(self, verified: bool) -> Self {
        self.author_with(|author| author.verified(verified))
    }

    fn author_with(mut self, change: impl FnOnce(ContactExample) -> ContactExample) -> Self {
        let author = std::mem::take(&mut self.0.host.author);
        self.0.host.author = change(ContactExample(author.into())).0.host;
        self
    }
}

example! {
    ContactExample of Contact {
        /// The company's own identifier.
        maybe_text id;
        /// Address on the channel.
        maybe_text address;
        /// Display name.
        maybe_text name;
        /// Number of followers.
        maybe reach: u64;
        /// Whether the channel has verified who they are.
        maybe verified: bool;
        /// Inbound interactions in the last seven days. Default: 1.
        value recent_interactions: u32;
        /// Agent who last replied.
        maybe_text last_agent;
    }
}

example! {
    AttachmentExample of Attachment {
        /// File name.
        maybe_text name;
        /// Media type (RFC 6838).
        maybe_text media_type;
        /// Size in bytes.
        maybe size: u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interaction_has_what_its_builder_set() {
        let interaction: Interaction = Interaction::example("x", "Look!")
            .id("7")
            .public()
            .language("en")
            .author(Contact::example().id("c1").last_agent("ana"))
            .reach(9)
            .verified(true)
            .author_address("@me")
            .attribute("table", "4")
            .attachment(
                Attachment::example("image")
                    .media_type("image/png")
                    .size(10),
            )
            .into();
        assert_eq!(
            (interaction.id().as_str(), interaction.text()),
            ("7", "Look!")
        );
        assert!(interaction.is_public() && interaction.is_inbound());
        let author = interaction.author();
        assert_eq!(
            (author.id().as_deref(), author.reach()),
            (Some("c1"), Some(9))
        );
        assert_eq!(
            (author.address().as_deref(), author.verified()),
            (Some("@me"), Some(true))
        );
        assert_eq!(interaction.attribute("table").as_deref(), Some("4"));
        assert_eq!(interaction.attribute_names(), ["table"]);
        assert_eq!(interaction.attachments()[0].size(), Some(10));
        assert!(!Interaction::example("x", "").outbound().is_inbound());
    }
}
