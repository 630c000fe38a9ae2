//! Codes of the contract as enums: what kind, which state, which channel.
//!
//! Each enum names the codes this version of the SDK knows. A code it does not know, of a newer
//! host or a company's own, is `Other`. Where an answer takes a code, pass the enum or a text:
//!
//! ```
//! use patchbay_sdk::prelude::*;
//! use patchbay_sdk::testing::*;
//!
//! let trigger: Trigger = Trigger::example(TriggerCode::SlaBreached).clock(SlaClock::Resolution).into();
//! match trigger.code() {
//!     TriggerCode::SlaAtRisk | TriggerCode::SlaBreached => {
//!         assert_eq!(trigger.clock(), Some(SlaClock::Resolution));
//!     }
//!     other => panic!("{other}"),
//! }
//! let plan = RoutePlan::to_queue("fraud").sla(SlaClock::FirstResponse, 300);
//! assert_eq!(plan.sla[0].clock, "first-response");
//! assert_eq!(Channel::from("our-forum"), Channel::Other("our-forum".to_owned()));
//! ```

macro_rules! codes {
    ($(
        $(#[$meta:meta])*
        $name:ident {
            $($(#[$case_meta:meta])* $case:ident = $code:literal,)+
        }
    )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$case_meta])* $case,)+
            /// A code this version of the SDK does not know.
            Other(String),
        }

        impl $name {
            /// The code as the contract has it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$case => $code,)+
                    Self::Other(code) => code,
                }
            }
        }

        impl From<String> for $name {
            fn from(code: String) -> Self {
                match code.as_str() {
                    $($code => Self::$case,)+
                    _ => Self::Other(code),
                }
            }
        }

        impl From<&str> for $name {
            fn from(code: &str) -> Self {
                code.to_owned().into()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> String {
                match code {
                    $name::Other(code) => code,
                    known => known.as_str().to_owned(),
                }
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, code: &str) -> bool {
                self.as_str() == code
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, code: &&str) -> bool {
                self.as_str() == *code
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )+ };
}

codes! {
    /// A channel. The set grows, and a company may add its own.
    Channel {
        /// X, formerly Twitter.
        X = "x",
        /// Facebook.
        Facebook = "facebook",
        /// Instagram.
        Instagram = "instagram",
        /// WhatsApp.
        WhatsApp = "whatsapp",
        /// Facebook Messenger.
        Messenger = "messenger",
        /// Telegram.
        Telegram = "telegram",
        /// Text messages.
        Sms = "sms",
        /// Email.
        Email = "email",
        /// Chat on the company's site or in its app.
        Chat = "chat",
        /// Calls, as transcripts.
        Phone = "phone",
        /// Forms, forums and reviews.
        Web = "web",
        /// Slack.
        Slack = "slack",
        /// LINE.
        Line = "line",
        /// Viber.
        Viber = "viber",
        /// Mastodon.
        Mastodon = "mastodon",
        /// Bluesky.
        Bluesky = "bluesky",
        /// A forum of Discourse.
        Discourse = "discourse",
        /// Reviews of Google Play.
        PlayStore = "play-store",
        /// Reviews of the App Store.
        AppStore = "app-store",
        /// Feeds: blog comments, mention searches.
        Feed = "feed",
        /// Conversations of Chatwoot.
        Chatwoot = "chatwoot",
        /// Tickets of Zammad.
        Zammad = "zammad",
        /// Tickets of Zendesk.
        Zendesk = "zendesk",
    }

    /// Whether an interaction came in or went out.
    Direction {
        /// From the customer.
        Inbound = "inbound",
        /// From the company.
        Outbound = "outbound",
    }

    /// Who may read an interaction or a draft.
    Visibility {
        /// Anyone.
        Public = "public",
        /// The customer and the company.
        Private = "private",
    }

    /// Who wrote a draft.
    WrittenBy {
        /// An agent.
        Human = "human",
        /// A policy.
        Policy = "policy",
    }

    /// Kind of an attachment. The set grows.
    AttachmentKind {
        /// An image.
        Image = "image",
        /// A video.
        Video = "video",
        /// A voice message or other audio.
        Audio = "audio",
        /// A document.
        Document = "document",
        /// A place on a map.
        Location = "location",
        /// Anything else: the contract's own code `other`.
        Unclassified = "other",
    }

    /// State of a conversation.
    ConversationState {
        /// Waits for an agent.
        Queued = "queued",
        /// Offered to an agent.
        Reserved = "reserved",
        /// Owned by an agent.
        Active = "active",
        /// Answered; the customer is next.
        WaitingOnCustomer = "waiting-on-customer",
        /// Set aside by its agent or by a route plan.
        OnHold = "on-hold",
        /// A reply waits for approval.
        AwaitingApproval = "awaiting-approval",
        /// Answered; its agent completes the notes.
        Wrapping = "wrapping",
        /// Complete; a new message may reopen it.
        Resolved = "resolved",
    }

    /// Why a route is requested. The set grows.
    RouteCause {
        /// The conversation is new.
        New = "new",
        /// A message reopened it.
        Reopened = "reopened",
        /// Its agent returned it, went offline or left.
        Returned = "returned",
        /// The last step of its plan passed and no agent accepted it.
        Expired = "expired",
        /// The time it was on hold for is over.
        Held = "held",
        /// An escalation requested it.
        ReRouted = "re-routed",
    }

    /// Whether an agent is at work. Presence is not capacity.
    Presence {
        /// At work and ready.
        Available = "available",
        /// At work and occupied.
        Busy = "busy",
        /// Logged in but not at work; also an agent who let an offer time out and has not
        /// returned since.
        Away = "away",
        /// Logged out.
        Offline = "offline",
    }

    /// An SLA clock.
    SlaClock {
        /// From creation to the first reply.
        FirstResponse = "first-response",
        /// From the oldest unanswered message to the next reply.
        NextResponse = "next-response",
        /// From creation to resolved.
        Resolution = "resolution",
    }

    /// Why an escalation policy is called. The set grows: decline a code you do not know.
    TriggerCode {
        /// An interaction was classified.
        Classified = "classified",
        /// A share of an SLA target is used up; once per clock.
        SlaAtRisk = "sla-at-risk",
        /// An SLA target is used up; once per clock.
        SlaBreached = "sla-breached",
        /// The conversation was reopened, or its contact started it within the company's window
        /// for the same agent.
        CustomerReturned = "customer-returned",
        /// The only agent who fits declined the conversation or let its offer time out.
        Declined = "declined",
        /// Its owner has not answered the customer within the company's limit.
        SilentAgent = "silent-agent",
        /// An escalation requested a call at this time.
        WakeUp = "wake-up",
        /// Many interactions are about one subject.
        VolumeSurge = "volume-surge",
        /// Few interactions about one subject reach many people.
        ReachSurge = "reach-surge",
    }

    /// Kind of the [`Target`](crate::Target) of a route plan. The set grows.
    TargetKind {
        /// The members of a queue.
        Queue = "queue",
        /// One agent alone, then a queue.
        Agent = "agent",
        /// No agent, for a while.
        Hold = "hold",
        /// No agent: the conversation is resolved.
        Close = "close",
    }

    /// Kind of an [`Action`](crate::Action) of an escalation. The set grows.
    ActionKind {
        /// Raise the priority.
        RaisePriority = "raise-priority",
        /// Take the conversation from its agent and route it again.
        ReRoute = "re-route",
        /// Require approval of every reply.
        RequireApproval = "require-approval",
        /// Notify a named target of the company.
        Notify = "notify",
        /// Add the conversation to an incident.
        OpenIncident = "open-incident",
        /// Call escalation again at a time.
        WakeUp = "wake-up",
    }

    /// Kind of personal data. The set grows.
    PersonalDataKind {
        /// Number of a payment card.
        PaymentCard = "payment-card",
        /// Telephone number.
        Phone = "phone",
        /// Mail address.
        Email = "email",
        /// Reference of a booking.
        BookingReference = "booking-reference",
        /// International bank account number.
        Iban = "iban",
        /// Street address.
        Address = "address",
    }
}

impl Presence {
    /// Whether the agent is at work: `available` or `busy`.
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Available | Self::Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_stays_as_it_is() {
        let code = TriggerCode::from("lunar-eclipse");
        assert_eq!(code, "lunar-eclipse");
        assert_eq!(String::from(code), "lunar-eclipse");
        assert_eq!(String::from(TriggerCode::WakeUp), "wake-up");
        assert_eq!(AttachmentKind::from("other"), AttachmentKind::Unclassified);
    }
}
