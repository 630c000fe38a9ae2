//! The forms of an export.

use serde_json::{Map, Value};
use taskrouter_document::escape_pointer;

use crate::{Construct, ImportError};

/// What is read of an export.
pub(super) struct Export {
    /// The workflow configuration.
    pub(super) configuration: Value,
    /// JSON Pointer to it.
    pub(super) path: String,
    /// Seconds that a worker has for a reservation.
    pub(super) reservation_timeout: Option<u64>,
    /// `None` where the export has no list of them.
    pub(super) queues: Option<Vec<TaskQueue>>,
    pub(super) workers: Vec<Worker>,
}

/// A task queue.
pub(super) struct TaskQueue {
    pub(super) sid: String,
    pub(super) name: String,
    /// Which workers it has; `None` for all.
    pub(super) target_workers: Option<String>,
    pub(super) path: String,
}

/// A worker.
pub(super) struct Worker {
    pub(super) sid: String,
    pub(super) name: String,
    pub(super) attributes: Value,
    pub(super) path: String,
}

/// An object of the API. The vendor's API has `snake_case`, its command line `camelCase`.
#[derive(Clone, Copy)]
struct Resource<'a> {
    entries: &'a Map<String, Value>,
}

impl<'a> Resource<'a> {
    fn of(value: &'a Value) -> Option<Resource<'a>> {
        value.as_object().map(|entries| Resource { entries })
    }

    fn get(self, name: &str) -> Option<&'a Value> {
        let found = self
            .entries
            .get(name)
            .or_else(|| self.entries.get(&camel_case(name)));
        found.filter(|value| !value.is_null())
    }

    fn text(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn number(self, name: &str) -> Option<u64> {
        let value = self.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }
}

fn camel_case(name: &str) -> String {
    let mut upper = false;
    let mut text = String::new();
    for sign in name.chars() {
        match sign {
            '_' => upper = true,
            _ if std::mem::take(&mut upper) => text.push(sign.to_ascii_uppercase()),
            _ => text.push(sign),
        }
    }
    text
}

impl Export {
    pub(super) fn read(
        document: &Value,
        unsupported: &mut Vec<Construct>,
    ) -> Result<Export, ImportError> {
        let other = || {
            ImportError::Document(
                "this is no TaskRouter export: expected a workflow configuration (`task_routing`), a workflow \
                 of the API (`configuration`), or an object with `workflow`, `task_queues` and `workers`"
                    .to_owned(),
            )
        };
        let top = Resource::of(document).ok_or_else(other)?;
        if top.get("task_routing").is_some() || top.get("configuration").is_some() {
            return Export::of_workflow(document, String::new(), unsupported);
        }
        let (workflow, path) = match (top.get("workflow"), top.get("workflows")) {
            (Some(workflow), _) => (workflow, "/workflow".to_owned()),
            (None, Some(list)) => match items(list, "workflows") {
                Some((workflows, path)) if workflows.len() == 1 => {
                    (&workflows[0], format!("{path}/0"))
                }
                Some((workflows, _)) => {
                    let count = workflows.len();
                    let message = format!(
                        "the export has {count} workflows; put one of them under `workflow`"
                    );
                    return Err(ImportError::Document(message));
                }
                None => return Err(other()),
            },
            (None, None) => return Err(other()),
        };
        let is_read = |key: &str| {
            let known = ["workflow", "workflows", "task_queues", "workers"];
            known
                .iter()
                .any(|name| key == *name || key == camel_case(name))
        };
        for key in top.entries.keys().filter(|key| !is_read(key)) {
            let path = format!("/{}", escape_pointer(key));
            let message =
                "this part is not read: expected are `workflow`, `task_queues` and `workers`";
            unsupported.push(Construct::new(path, message));
        }
        let mut export = Export::of_workflow(workflow, path, unsupported)?;
        if let Some(list) = top.get("task_queues") {
            let (list, path) = items(list, "task_queues").ok_or_else(other)?;
            let mut queues = Vec::new();
            for (index, queue) in list.iter().enumerate() {
                let path = format!("{path}/{index}");
                queues.extend(TaskQueue::read(queue, path, unsupported));
            }
            export.queues = Some(queues);
        }
        if let Some(list) = top.get("workers") {
            let (list, path) = items(list, "workers").ok_or_else(other)?;
            for (index, worker) in list.iter().enumerate() {
                let path = format!("{path}/{index}");
                export
                    .workers
                    .extend(Worker::read(worker, path, unsupported));
            }
        }
        Ok(export)
    }

    fn of_workflow(
        workflow: &Value,
        path: String,
        unsupported: &mut Vec<Construct>,
    ) -> Result<Export, ImportError> {
        let mut export = Export {
            configuration: workflow.clone(),
            path,
            reservation_timeout: None,
            queues: None,
            workers: Vec::new(),
        };
        let Some(resource) = Resource::of(workflow) else {
            return Ok(export);
        };
        let Some(configuration) = resource.get("configuration") else {
            return Ok(export);
        };
        export.configuration = match configuration {
            Value::String(text) => serde_json::from_str(text).map_err(|error| {
                ImportError::Document(format!(
                    "the workflow's `configuration` is not JSON: {error}"
                ))
            })?,
            other => other.clone(),
        };
        for key in [
            "assignment_callback_url",
            "fallback_assignment_callback_url",
        ] {
            if resource.text(key).is_some() {
                let path = format!("{}/{key}", export.path);
                let message =
                    "Patchbay offers conversations to agents itself and calls no address for that";
                unsupported.push(Construct::new(path, message));
            }
        }
        export.reservation_timeout = resource.number("task_reservation_timeout");
        export.path.push_str("/configuration");
        Ok(export)
    }
}

impl TaskQueue {
    fn read(value: &Value, path: String, unsupported: &mut Vec<Construct>) -> Option<TaskQueue> {
        let resource = Resource::of(value)?;
        let mut missing = |what: &str| {
            unsupported.push(Construct::new(
                &path,
                format!("the task queue has no `{what}`"),
            ));
        };
        let Some(sid) = resource.text("sid") else {
            missing("sid");
            return None;
        };
        let name = resource.text("friendly_name").unwrap_or(sid);
        if resource
            .text("task_order")
            .is_some_and(|order| order != "FIFO")
        {
            let path = format!("{path}/task_order");
            let message =
                "a queue of Patchbay takes the highest priority first, then the oldest (FIFO)";
            unsupported.push(Construct::new(path, message));
        }
        if resource
            .number("max_reserved_workers")
            .is_some_and(|most| most > 1)
        {
            let path = format!("{path}/max_reserved_workers");
            let message = "Patchbay offers a conversation to one agent at a time";
            unsupported.push(Construct::new(path, message));
        }
        for key in ["assignment_activity_sid", "reservation_activity_sid"] {
            if resource.text(key).is_some() {
                let path = format!("{path}/{key}");
                let message = "Patchbay has no activities; an offer and a conversation take of the agent's capacity";
                unsupported.push(Construct::new(path, message));
            }
        }
        Some(TaskQueue {
            sid: sid.to_owned(),
            name: name.to_owned(),
            target_workers: resource.text("target_workers").map(str::to_owned),
            path,
        })
    }
}

impl Worker {
    fn read(value: &Value, path: String, unsupported: &mut Vec<Construct>) -> Option<Worker> {
        let resource = Resource::of(value)?;
        let Some(sid) = resource.text("sid") else {
            unsupported.push(Construct::new(&path, "the worker has no `sid`"));
            return None;
        };
        let attributes = match resource.get("attributes") {
            Some(Value::String(text)) => match serde_json::from_str(text) {
                Ok(attributes) => attributes,
                Err(error) => {
                    let path = format!("{path}/attributes");
                    unsupported.push(Construct::new(path, format!("not JSON: {error}")));
                    Value::Null
                }
            },
            Some(other) => other.clone(),
            None => Value::Null,
        };
        Some(Worker {
            sid: sid.to_owned(),
            name: resource.text("friendly_name").unwrap_or(sid).to_owned(),
            attributes,
            path,
        })
    }
}

/// A list, or a page of the API that holds it under its name; with the pointer to it.
fn items<'a>(value: &'a Value, name: &str) -> Option<(&'a [Value], String)> {
    if let Some(list) = value.as_array() {
        return Some((list, format!("/{name}")));
    }
    let list = Resource::of(value)?.get(name)?.as_array()?;
    Some((list, format!("/{name}/{name}")))
}
