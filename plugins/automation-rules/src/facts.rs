//! What the conditions of a rule read, with the changes of the rules before it.

use std::cell::OnceCell;

use patchbay_sdk::prelude::*;
use patchbay_sdk::text;

use crate::prepare::Names;
use crate::vocabulary::Attribute;

/// State of a conversation in the words of the other system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Open,
    Resolved,
    Snoozed,
}

impl Status {
    pub(crate) const ALL: &[(&str, Self)] = &[
        ("open", Self::Open),
        ("resolved", Self::Resolved),
        ("snoozed", Self::Snoozed),
    ];

    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, status)| *status == self)
            .map_or("", |(name, _)| name)
    }
}

/// Changes that the actions of rules make, in the order of the rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    /// Tags to add.
    pub(crate) labels: Vec<String>,
    /// Agent; `Some(None)`: none any more.
    pub(crate) agent: Option<Option<String>>,
    /// Queue of the team; `Some(None)`: none any more.
    pub(crate) team: Option<Option<String>>,
    pub(crate) priority: Option<u8>,
    pub(crate) status: Option<Status>,
    /// Notes for the agent.
    pub(crate) notes: Vec<String>,
    /// Target and message of each notification.
    pub(crate) notifications: Vec<(String, String)>,
}

impl Changes {
    /// Whether a route plan says any of it.
    pub(crate) fn concern_routing(&self) -> bool {
        let placed = self.agent.is_some() || self.team.is_some() || self.status.is_some();
        placed || self.priority.is_some() || !self.labels.is_empty() || !self.notes.is_empty()
    }
}

/// The facts of one decision.
pub(crate) struct Facts<'a> {
    pub(crate) names: &'a Names,
    pub(crate) interaction: &'a Interaction,
    pub(crate) contact: &'a Contact,
    /// Absent while a message is classified.
    pub(crate) conversation: Option<&'a Conversation>,
    pub(crate) changes: Changes,
    content: OnceCell<String>,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(
        names: &'a Names,
        interaction: &'a Interaction,
        contact: &'a Contact,
        conversation: Option<&'a Conversation>,
    ) -> Self {
        Self {
            names,
            interaction,
            contact,
            conversation,
            changes: Changes::default(),
            content: OnceCell::new(),
        }
    }

    /// The value of an attribute that is a text; `None` where it is absent.
    pub(crate) fn text(&self, attribute: Attribute) -> Option<String> {
        let conversation = self.conversation;
        match attribute {
            Attribute::Status => Some(self.status().name().to_owned()),
            Attribute::Assignee => match &self.changes.agent {
                Some(agent) => agent.clone(),
                None => conversation?.owner(),
            },
            Attribute::Team => match &self.changes.team {
                Some(team) => team.clone(),
                None => conversation?
                    .queue()
                    .filter(|queue| self.names.is_team(queue)),
            },
            Attribute::Priority => {
                let priority = self.changes.priority;
                let priority = priority.or_else(|| conversation.map(Conversation::priority))?;
                self.names.priority_name(priority).map(str::to_owned)
            }
            Attribute::BrowserLanguage => self
                .interaction
                .attribute("browser_language")
                .or_else(|| self.interaction.language()),
            Attribute::ConversationLanguage => conversation
                .and_then(Conversation::assessment)
                .and_then(|assessment| assessment.language())
                .or_else(|| self.interaction.language()),
            Attribute::CountryCode => self.interaction.attribute("country_code"),
            Attribute::Referer => self.interaction.attribute("referer"),
            Attribute::MailSubject => self
                .interaction
                .attribute("mail_subject")
                .or_else(|| self.interaction.attribute("subject")),
            Attribute::Name => self.contact.name(),
            Attribute::PhoneNumber => self
                .address_on(&[Channel::WhatsApp, Channel::Sms, Channel::Phone])
                .or_else(|| self.interaction.attribute("phone_number")),
            // The other system stores mail addresses in lower case.
            Attribute::Email => self
                .address_on(&[Channel::Email])
                .or_else(|| self.interaction.attribute("email"))
                .map(|address| address.to_lowercase()),
            Attribute::Identifier => self.contact.id(),
            Attribute::City => self.interaction.attribute("city"),
            Attribute::Company => self
                .interaction
                .attribute("company")
                .or_else(|| self.interaction.attribute("company_name")),
            Attribute::Content => Some(self.content().to_owned()),
            Attribute::MessageType => Some("incoming".to_owned()),
            Attribute::PrivateNote => Some("false".to_owned()),
            Attribute::Inbox
            | Attribute::Labels
            | Attribute::CreatedAt
            | Attribute::LastActivityAt => None,
        }
    }

    /// The values of an attribute that has several: the tags, the inboxes that the message came to.
    pub(crate) fn several(&self, attribute: Attribute) -> Vec<String> {
        match attribute {
            Attribute::Labels => {
                let mut tags = self.conversation.map_or_else(Vec::new, Conversation::tags);
                tags.extend(self.changes.labels.iter().cloned());
                tags
            }
            Attribute::Inbox => {
                let channel = self.interaction.channel();
                let account = self.interaction.account();
                self.names.inboxes_of(channel.as_str(), account.as_deref())
            }
            _ => Vec::new(),
        }
    }

    /// A moment, in milliseconds since 1970.
    pub(crate) fn moment(&self, attribute: Attribute) -> Option<Timestamp> {
        match attribute {
            Attribute::CreatedAt => self.conversation.map(Conversation::created_at),
            Attribute::LastActivityAt => Some(self.interaction.received_at()),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        if let Some(status) = self.changes.status {
            return status;
        }
        match self.conversation.map(Conversation::state) {
            Some(ConversationState::Resolved) => Status::Resolved,
            Some(ConversationState::OnHold) => Status::Snoozed,
            _ => Status::Open,
        }
    }

    /// The message without what it quotes.
    fn content(&self) -> &str {
        self.content.get_or_init(|| {
            let whole = self.interaction.text();
            match self.interaction.channel() {
                Channel::Email => text::mail::written_now(whole).text().to_owned(),
                _ => whole.to_owned(),
            }
        })
    }

    fn address_on(&self, channels: &[Channel]) -> Option<String> {
        let address = self.contact.address()?;
        channels
            .contains(&self.interaction.channel())
            .then_some(address)
    }
}
