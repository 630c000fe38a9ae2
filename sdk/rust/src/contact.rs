use crate::source::types;

/// A person who writes to the company, as far as the company knows them.
#[derive(Debug)]
pub struct Contact {
    pub(crate) host: types::Contact,
}

impl Contact {
    pub(crate) fn new(host: types::Contact) -> Self {
        Self { host }
    }

    /// The company's own identifier of the contact; absent where the
    /// person is not yet known.
    pub fn id(&self) -> Option<String> {
        self.host.id()
    }

    /// Address on the channel at hand: a handle, number or mail address.
    /// Absent where the channel hides it.
    pub fn address(&self) -> Option<String> {
        self.host.address()
    }

    /// Display name; absent where the channel gave none.
    pub fn name(&self) -> Option<String> {
        self.host.name()
    }

    /// How many people see what this person posts (followers); absent
    /// where the channel does not say.
    pub fn reach(&self) -> Option<u64> {
        self.host.reach()
    }

    /// Whether the channel vouches for who they are; absent where it does
    /// not say.
    pub fn verified(&self) -> Option<bool> {
        self.host.verified()
    }

    /// Inbound interactions received from this contact in the last seven
    /// days, on every channel, the present one included. 0 where no
    /// history is kept.
    pub fn recent_interactions(&self) -> u32 {
        self.host.recent_interactions()
    }

    /// Agent who last replied to this contact; absent where nobody has.
    pub fn last_agent(&self) -> Option<String> {
        self.host.last_agent()
    }
}
