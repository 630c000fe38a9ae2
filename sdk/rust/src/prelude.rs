//! Everything a policy usually names: `use patchbay_sdk::prelude::*;`.

pub use crate::{
    Action, ActionKind, Agent, Answer, Article, Assessment, Attachment, AttachmentKind, Channel,
    CheckTone, Classification, Classify, Contact, Conversation, ConversationState, Direction,
    Draft, Error, Escalate, Escalation, Finding, Intent, Interaction, NoSettings, PersonalDataKind,
    Policy, Presence, Problems, Query, Queue, Review, Route, RouteCause, RoutePlan, Severity,
    Skill, SlaClock, Step, TargetKind, Timestamp, Trigger, TriggerCode, Verdict, Visibility,
    WrittenBy, agents, clock, contacts, data, export, interactions, knowledge, log, random,
    settings, state, text,
};
pub use schemars::JsonSchema;
pub use serde::Deserialize;
