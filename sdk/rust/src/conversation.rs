use crate::codes::{Channel, ConversationState, RouteCause};
use crate::handle::handle;
use crate::source::types;
use crate::{Assessment, Contact, Interaction, Timestamp};

handle! {
    /// Interactions that belong together on one channel thread.
    Conversation of types::Conversation {
        /// The company's identifier; the id of the first interaction where conversations are not
        /// stored.
        get id: String;
        /// Its channel.
        get channel: Channel;
        /// Its state; exactly one at a time.
        get state: ConversationState;
        /// Why a route is requested; outside of routing, the cause of the last route.
        get cause: RouteCause;
        /// When its first interaction was accepted.
        get created_at: Timestamp;
        /// Number of its interactions, both directions.
        get interaction_count: u32;
        /// The newest inbound interaction.
        get latest: Interaction;
        /// The customer.
        get contact: Contact;
        /// Classification of the newest inbound interaction; absent before it is classified.
        maybe assessment: Assessment;
        /// Queue it waits in or came from; absent before the first route.
        maybe queue: String;
        /// Agent who owns it; absent while no agent does.
        maybe owner: String;
        /// Agent who last replied in it, or to its contact elsewhere; absent before a reply.
        maybe last_agent: String;
        /// Priority, 0 (lowest) to 100.
        get priority: u8;
        /// Tags, sorted; at most 64.
        list tags: String;
        /// When the oldest unanswered customer message was received; absent where every message
        /// is answered.
        maybe unanswered_since: Timestamp;
        /// Until when its channel takes a free reply, where it takes one only for some time after
        /// the customer's last message; a time in the past where that is over. Absent where it
        /// takes one at any time.
        maybe reply_window_ends: Timestamp;
        /// Subject of its incident, as the `open-incident` action named it; absent without one.
        maybe incident: String;
    }
}
