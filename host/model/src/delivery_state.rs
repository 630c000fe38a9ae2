//! How far a message that the company sent came.

crate::codes! {
    /// How far a message of the company came. Later states include the earlier
    /// ones, except that a failed message was not delivered.
    pub enum DeliveryState {
        /// The provider sent it on.
        Sent = "sent",
        /// It did not arrive.
        Failed = "failed",
        /// It arrived.
        Delivered = "delivered",
        /// The customer saw it.
        Read = "read",
        /// The customer played the voice message.
        Played = "played",
    }
}

impl DeliveryState {
    /// The state after another status came. Providers deliver statuses in any
    /// order: what arrived stays arrived.
    #[must_use]
    pub fn after(self, other: DeliveryState) -> DeliveryState {
        self.max(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Delivered, Failed, Played, Read, Sent};

    #[test]
    fn statuses_in_any_order_give_the_same_state() {
        for (states, last) in [
            ([Read, Delivered, Sent], Read),
            ([Sent, Read, Delivered], Read),
            ([Sent, Failed, Sent], Failed),
            ([Failed, Delivered, Sent], Delivered),
            ([Read, Failed, Played], Played),
        ] {
            let state = states.into_iter().reduce(DeliveryState::after);
            assert_eq!(state, Some(last), "{states:?}");
        }
    }

    #[test]
    fn a_failure_follows_only_a_message_that_did_not_arrive() {
        for state in DeliveryState::ALL {
            let expected = match state {
                Sent | Failed => Failed,
                arrived => arrived,
            };
            assert_eq!(state.after(Failed), expected);
            assert_eq!(Failed.after(state), expected);
        }
    }
}
