use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::{
    Classification, Conversation, Draft, Error, Escalation, Interaction, Problems, Review,
    RoutePlan, Trigger,
};

/// Result of a decision: an answer; `None` to decline, and the host calls the company's next policy;
/// or an error, and the company's rule for failing policies applies.
pub type Answer<T> = Result<Option<T>, Error>;

/// A policy, prepared once with a company's settings.
///
/// ```
/// use patchbay_sdk::prelude::*;
///
/// settings! {
///     /// What a company can set.
///     pub struct Settings {
///         /// Topics that go to the specialists.
///         topics: Vec<String>,
///     }
/// }
///
/// struct Specialists {
///     topics: std::collections::HashSet<String>,
/// }
///
/// impl Policy for Specialists {
///     type Settings = Settings;
///     fn prepare(settings: Settings) -> Result<Self, Problems> {
///         if settings.topics.is_empty() {
///             return Err(Problems::at("/topics", "name at least one topic"));
///         }
///         Ok(Self { topics: settings.topics.into_iter().collect() })
///     }
/// }
/// # use patchbay_sdk::testing::{json, prepare};
/// # assert!(prepare::<Specialists>(json!({"topics": ["fraud"]})).unwrap().topics.contains("fraud"));
/// # assert!(prepare::<Specialists>(json!({"topics": []})).is_err());
/// ```
pub trait Policy: Sized + 'static {
    /// The settings: a type defined with [`settings!`](crate::settings!), `Self` where the policy has
    /// no other state, or [`NoSettings`](crate::settings::NoSettings).
    type Settings: DeserializeOwned + JsonSchema;

    /// Checks the settings and builds what decisions need. Called once, when the policy is activated:
    /// the host takes a snapshot of the memory, and every decision starts from it, so word lists and
    /// indexes are built once. Only [`log`](crate::log), [`random`](crate::random),
    /// [`clock::now`](crate::clock::now) and [`settings`](mod@crate::settings) may be called here;
    /// every other call is denied, also those of business hours, because companies share the
    /// snapshot.
    ///
    /// # Errors
    /// What is wrong with the settings; the host rejects the activation.
    fn prepare(settings: Self::Settings) -> Result<Self, Problems>;
}

/// A policy that classifies interactions.
///
/// ```
/// use patchbay_sdk::prelude::*;
/// # struct Refunds;
/// # impl Policy for Refunds {
/// #     type Settings = NoSettings;
/// #     fn prepare(_: NoSettings) -> Result<Self, Problems> { Ok(Self) }
/// # }
///
/// impl Classify for Refunds {
///     fn classify(&self, interaction: &Interaction) -> Answer<Classification> {
///         if !interaction.text().contains("refund") {
///             return Ok(None);
///         }
///         Ok(Some(Classification::because("asks for a refund").intent("refund", 0.9)))
///     }
/// }
/// # use patchbay_sdk::testing::*;
///
/// let answer = Refunds.classify(&Interaction::example("x", "I want a refund").public()).unwrap();
/// assert_eq!(answer.unwrap().intents[0].name, "refund");
/// ```
pub trait Classify: Policy {
    /// Called for each inbound interaction, and again when its author edits it.
    ///
    /// # Errors
    /// When the policy fails.
    fn classify(&self, interaction: &Interaction) -> Answer<Classification>;
}

/// A policy that routes conversations.
///
/// ```
/// use patchbay_sdk::prelude::*;
/// # struct Fraud;
/// # impl Policy for Fraud {
/// #     type Settings = NoSettings;
/// #     fn prepare(_: NoSettings) -> Result<Self, Problems> { Ok(Self) }
/// # }
///
/// impl Route for Fraud {
///     fn route(&self, conversation: &Conversation) -> Answer<RoutePlan> {
///         let Some(assessment) = conversation.assessment() else { return Ok(None) };
///         if assessment.confidence("fraud").unwrap_or(0.0) < 0.5 {
///             return Ok(None);
///         }
///         Ok(Some(
///             RoutePlan::to_queue("fraud")
///                 .step(Step::new().skill("fraud", 3).expires_after(120))
///                 .step(Step::new().skill("fraud", 1))
///                 .priority(90)
///                 .because("looks like fraud"),
///         ))
///     }
/// }
/// # use patchbay_sdk::testing::*;
///
/// let conversation = Conversation::example(Interaction::example("chat", "Who took my money?"))
///     .assessment(Assessment::example().intent("fraud", 0.8));
/// let plan = Fraud.route(&conversation).unwrap().unwrap();
/// assert_eq!(plan.target.id.as_deref(), Some("fraud"));
/// ```
pub trait Route: Policy {
    /// Called when a conversation needs a plan;
    /// [`Conversation::cause`](crate::Conversation::cause) tells why. At most 20 times an hour beyond
    /// the conversation's messages.
    ///
    /// # Errors
    /// When the policy fails.
    fn route(&self, conversation: &Conversation) -> Answer<RoutePlan>;
}

/// A policy that checks replies before they go out.
///
/// ```
/// use patchbay_sdk::prelude::*;
/// # struct Polite;
/// # impl Policy for Polite {
/// #     type Settings = NoSettings;
/// #     fn prepare(_: NoSettings) -> Result<Self, Problems> { Ok(Self) }
/// # }
///
/// impl CheckTone for Polite {
///     fn check(&self, draft: &Draft) -> Answer<Review> {
///         let Some(at) = draft.text().find("whatever") else { return Ok(Some(Review::approve())) };
///         let finding = Finding::new("tone.rude", Severity::Medium, "Sounds indifferent.")
///             .span(at..at + "whatever".len())
///             .suggest("as you prefer");
///         Ok(Some(Review::approve().finding(finding).revise()))
///     }
/// }
/// # use patchbay_sdk::testing::*;
///
/// let review = Polite.check(&Draft::example("x", "Do whatever").public()).unwrap().unwrap();
/// assert_eq!(review.verdict, Verdict::Revise);
/// ```
pub trait CheckTone: Policy {
    /// Called for every draft before it is sent, and while the agent types. Where every policy
    /// declines, the draft is approved.
    ///
    /// # Errors
    /// When the policy fails; by default the host then holds the draft for approval.
    fn check(&self, draft: &Draft) -> Answer<Review>;
}

/// A policy that escalates conversations and surges.
///
/// ```
/// use patchbay_sdk::prelude::*;
/// # struct Press;
/// # impl Policy for Press {
/// #     type Settings = NoSettings;
/// #     fn prepare(_: NoSettings) -> Result<Self, Problems> { Ok(Self) }
/// # }
///
/// impl Escalate for Press {
///     fn escalate(&self, trigger: &Trigger) -> Answer<Escalation> {
///         if trigger.code() != TriggerCode::ReachSurge {
///             return Ok(None);
///         }
///         let subject = trigger.subject().unwrap_or_default();
///         Ok(Some(
///             Escalation::because("many people see it")
///                 .notify("press-office", format!("{subject} is spreading")),
///         ))
///     }
/// }
/// # use patchbay_sdk::testing::*;
///
/// let answer = Press.escalate(&Trigger::example(TriggerCode::ReachSurge).subject("recall")).unwrap();
/// assert_eq!(answer.unwrap().actions[0].message.as_deref(), Some("recall is spreading"));
/// ```
pub trait Escalate: Policy {
    /// Called for each trigger. Decline a code you do not know: the set grows.
    ///
    /// # Errors
    /// When the policy fails.
    fn escalate(&self, trigger: &Trigger) -> Answer<Escalation>;
}
