//! Everything a policy usually names: `use patchbay_sdk::prelude::*;`.

pub use crate::{
    Action, Agent, Answer, Article, Assessment, Attachment, CheckTone, Classification, Classify,
    Contact, Conversation, Draft, Error, Escalate, Escalation, Finding, Intent, Interaction,
    NoSettings, Policy, Problems, Query, Queue, Review, Route, RoutePlan, Severity, Skill, Step,
    Timestamp, Trigger, Verdict, agents, clock, export, interactions, knowledge, log, random,
    settings, state,
};
pub use schemars::JsonSchema;
pub use serde::Deserialize;
