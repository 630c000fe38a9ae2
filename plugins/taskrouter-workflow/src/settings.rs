//! What a company sets: its workflow, and what the workflow's names are here.

use std::collections::BTreeMap;

use patchbay_sdk::prelude::*;
use patchbay_sdk::references::{QueueRef, SkillRef};
use patchbay_sdk::schemars::{Schema, SchemaGenerator, json_schema};
use patchbay_sdk::serde::Serialize;
use serde_json::Value;

settings! {
    /// Settings of the pack.
    #[derive(Clone, Debug)]
    #[schemars(extend("examples" = [{
        "queues": {"WQ1": "general"},
        "workflow": {"task_routing": {"default_filter": {"queue": "WQ1"}}}
    }]))]
    pub struct Settings {
        /// The workflow configuration of TaskRouter (`task_routing`), as an object or as its JSON text.
        #[schemars(schema_with = "workflow_schema")]
        pub(crate) workflow: Value,
        /// Queue of the company by SID or name of a task queue.
        #[serde(default)]
        pub(crate) queues: BTreeMap<String, QueueRef>,
        /// Id of the agent by SID or friendly name of a worker; other names are taken as the agent's id. The
        /// roster is live data: an id that it does not have matches nobody.
        #[serde(default)]
        pub(crate) workers: BTreeMap<String, String>,
        /// Skill by the workflow's name of it; other names are written in lower case with hyphens.
        #[serde(default)]
        pub(crate) skills: BTreeMap<String, SkillRef>,
        /// Language tag (BCP 47) by the workflow's name of the language, such as english = "en".
        #[serde(default)]
        pub(crate) languages: BTreeMap<String, String>,
        /// What an attribute of a worker is on an agent: skills, skills:PREFIX, level:SKILL, choice:PREFIX,
        /// flag:SKILL, languages, teams, site, name or id. Usual ones need no entry; see the README.
        #[serde(default)]
        pub(crate) worker_attributes: BTreeMap<String, String>,
        /// Priority, 0 to 100, by the workflow's priority. Needed for those above 100.
        #[serde(default)]
        pub(crate) priorities: BTreeMap<String, u8>,
        /// What happens after the last target's timeout. TaskRouter cancels the task.
        #[serde(default)]
        pub(crate) after_last_target: AfterLastTarget,
        /// Differences to TaskRouter that the company accepts. Without it, a workflow that meets one is
        /// refused.
        #[serde(default)]
        pub(crate) accept: Vec<Difference>,
    }

    /// What happens to a conversation after the last target's timeout.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
    pub enum AfterLastTarget {
        /// It waits in the last target's queue for any member.
        #[default]
        Queue,
        /// It is resolved, as TaskRouter cancels the task.
        Close,
    }

    /// A difference to TaskRouter.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
    pub enum Difference {
        /// A target lowers the priority of an earlier one; the higher one stays.
        LowerPriority,
    }
}

fn workflow_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "The workflow configuration of TaskRouter (`task_routing`), as an object or as its JSON text.",
        "type": ["object", "string"]
    })
}
