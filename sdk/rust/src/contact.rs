use crate::handle::handle;
use crate::source::types;

handle! {
    /// A person who writes to the company, as far as the company knows them.
    Contact of types::Contact {
        /// The company's identifier of the contact; absent where the company does not know the
        /// person yet.
        maybe id: String;
        /// Address on the channel of this interaction: a handle, a number or a mail address.
        /// Absent where the channel hides it.
        maybe address: String;
        /// Display name; absent where the channel gave none.
        maybe name: String;
        /// Number of people who see what this person posts (followers); absent where the channel
        /// does not tell.
        maybe reach: u64;
        /// Whether the channel has verified who they are; absent where it does not tell.
        maybe verified: bool;
        /// Inbound interactions of this contact in the last seven days on every channel, this one
        /// included. 0 where no history is stored.
        get recent_interactions: u32;
        /// Agent who last replied to this contact; absent before the first reply.
        maybe last_agent: String;
    }
}
