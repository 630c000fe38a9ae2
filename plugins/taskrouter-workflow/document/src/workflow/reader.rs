//! Reads a workflow document and collects its problems.

use serde_json::{Map, Value as Json};

use super::{
    Filter, Identity, KnownWorker, MAX_FILTERS, MAX_PROBLEMS, MAX_TARGETS, MAX_TIMEOUT, Target,
    Workflow, read_order,
};
use crate::expression::{Comparison, Expression, Operand, Operator, Scope};
use crate::parser::Place;
use crate::problem::{Problem, escape_pointer};

type Object = Map<String, Json>;

const FILTER_KEYS: [&str; 4] = [
    "filter_friendly_name",
    "friendly_name",
    "expression",
    "targets",
];
const TARGET_KEYS: [&str; 8] = [
    "queue",
    "expression",
    "priority",
    "timeout",
    "skip_if",
    "order_by",
    "known_worker_sid",
    "known_worker_friendly_name",
];
/// The documentation: the default filter is a target without a timeout.
const DEFAULT_KEYS: [&str; 4] = ["queue", "expression", "priority", "order_by"];

pub(super) fn read(document: &Json, path: &str) -> Result<Workflow, Vec<Problem>> {
    let mut reader = Reader::default();
    let workflow = reader.workflow(document, path);
    match reader.problems.is_empty() {
        true => Ok(workflow),
        false => Err(reader.problems),
    }
}

#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem::new(path, message));
        }
    }

    fn workflow(&mut self, document: &Json, path: &str) -> Workflow {
        let mut workflow = Workflow::default();
        let Some(top) = self.object(document, path) else {
            return workflow;
        };
        if top.contains_key("filters") && !top.contains_key("task_routing") {
            self.problem(
                path,
                "`filters` and `default_filter` stand within `task_routing`",
            );
            return workflow;
        }
        self.unknown_keys(top, &["task_routing"], path);
        let Some(routing) = top.get("task_routing") else {
            self.problem(path, "`task_routing` is missing");
            return workflow;
        };
        let path = format!("{path}/task_routing");
        let Some(routing) = self.object(routing, &path) else {
            return workflow;
        };
        self.unknown_keys(routing, &["filters", "default_filter"], &path);
        if let Some(filters) = routing.get("filters").filter(|value| !value.is_null()) {
            let path = format!("{path}/filters");
            for (index, filter) in self.list(filters, &path, MAX_FILTERS).iter().enumerate() {
                let filter = self.filter(filter, format!("{path}/{index}"));
                workflow.filters.extend(filter);
            }
        }
        if let Some(default) = routing
            .get("default_filter")
            .filter(|value| !value.is_null())
        {
            let path = format!("{path}/default_filter");
            workflow.default_filter = self.target(default, path, None, &DEFAULT_KEYS);
        }
        if workflow.filters.is_empty()
            && workflow.default_filter.is_none()
            && self.problems.is_empty()
        {
            self.problem(
                path,
                "the workflow has neither `filters` nor a `default_filter`",
            );
        }
        workflow
    }

    fn filter(&mut self, filter: &Json, path: String) -> Option<Filter> {
        let entries = self.object(filter, &path)?;
        self.unknown_keys(entries, &FILTER_KEYS, &path);
        let name = ["filter_friendly_name", "friendly_name"]
            .into_iter()
            .find_map(|key| Some((key, entries.get(key).filter(|it| !it.is_null())?)));
        let name = match name {
            Some((_, Json::String(name))) => name.clone(),
            Some((key, _)) => {
                self.problem(format!("{path}/{key}"), "a name is expected, as a string");
                String::new()
            }
            None => String::new(),
        };
        let expression = match entries.get("expression") {
            Some(expression) => {
                self.expression(expression, Place::Filter, format!("{path}/expression"))
            }
            None => {
                self.problem(
                    &path,
                    "`expression` is missing; `1==1` is true for every task",
                );
                None
            }
        };
        let Some(targets) = entries.get("targets") else {
            self.problem(&path, "`targets` is missing");
            return None;
        };
        let targets_path = format!("{path}/targets");
        let mut read: Vec<Target> = Vec::new();
        let targets = self.list(targets, &targets_path, MAX_TARGETS);
        if targets.is_empty() {
            self.problem(&targets_path, "a filter has at least one target");
        }
        for (index, target) in targets.iter().enumerate() {
            let before = read.last().map(|target| target.queue.clone());
            let target = self.target(
                target,
                format!("{targets_path}/{index}"),
                before,
                &TARGET_KEYS,
            );
            read.extend(target);
        }
        Some(Filter {
            name,
            expression: expression?,
            targets: read,
            path,
        })
    }

    /// A target; `before` is the queue it inherits.
    fn target(
        &mut self,
        target: &Json,
        path: String,
        before: Option<String>,
        keys: &[&str],
    ) -> Option<Target> {
        let entries = self.object(target, &path)?;
        self.unknown_keys(entries, keys, &path);
        let has =
            |key: &str| keys.contains(&key) && entries.get(key).is_some_and(|it| !it.is_null());
        let at = |key: &str| format!("{path}/{key}");
        let queue = match entries.get("queue") {
            Some(Json::String(queue)) if !queue.is_empty() => Some(queue.clone()),
            None | Some(Json::Null) => {
                if before.is_none() {
                    self.problem(
                        &path,
                        "`queue` is missing; the first target of a filter names one",
                    );
                }
                before
            }
            Some(_) => {
                self.problem(at("queue"), "the SID or name of a task queue is expected");
                None
            }
        };
        let priority = match has("priority") {
            true => self.integer(&entries["priority"], at("priority"), 0, 2_147_483_647),
            false => None,
        };
        let timeout = match has("timeout") {
            true => self.integer(&entries["timeout"], at("timeout"), 1, MAX_TIMEOUT),
            false => None,
        };
        let expression = match has("expression") {
            true => self.expression(&entries["expression"], Place::Target, at("expression")),
            false => None,
        };
        let skip_if = match has("skip_if") {
            true => self.skip(&entries["skip_if"], at("skip_if")),
            false => None,
        };
        let order_by = match has("order_by") {
            true => self.order(&entries["order_by"], at("order_by")),
            false => Vec::new(),
        };
        let known_worker = self.known_worker(entries, &path, keys);
        Some(Target {
            queue: queue?,
            priority,
            timeout,
            expression,
            skip_if,
            order_by,
            known_worker,
            path,
        })
    }

    fn known_worker(&mut self, entries: &Object, path: &str, keys: &[&str]) -> Option<KnownWorker> {
        const KEYS: [(&str, Identity); 2] = [
            ("known_worker_sid", Identity::Sid),
            ("known_worker_friendly_name", Identity::FriendlyName),
        ];
        let given = KEYS.iter().filter(|(key, _)| {
            keys.contains(key) && entries.get(*key).is_some_and(|value| !value.is_null())
        });
        let given: Vec<_> = given.collect();
        if given.len() > 1 {
            let message =
                "a target has `known_worker_sid` or `known_worker_friendly_name`, not both";
            self.problem(path, message);
        }
        let (key, identity) = given.first()?;
        let path = format!("{path}/{key}");
        let message = "the name of an attribute of the task is expected, such as `task.agent_sid`";
        let Some(text) = entries[*key].as_str() else {
            self.problem(path, message);
            return None;
        };
        // As a comparison it is checked like every other name.
        let parsed = Expression::parse(&format!("{text} == null"), Place::Target);
        if let Ok(Expression::Comparison(Comparison {
            left: Operand::Reference(attribute),
            operator: Operator::Equal,
            ..
        })) = parsed
            && attribute.scope == Scope::Task
        {
            let identity = *identity;
            return Some(KnownWorker {
                attribute,
                identity,
            });
        }
        self.problem(path, message);
        None
    }

    fn expression(&mut self, json: &Json, place: Place, path: String) -> Option<Expression> {
        let Some(text) = json.as_str() else {
            self.problem(path, "an expression is expected, as a string");
            return None;
        };
        match Expression::parse(text, place) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.problem(path, error.to_string());
                None
            }
        }
    }

    /// `skip_if`: equality and comparison of numbers, with AND and OR.
    fn skip(&mut self, json: &Json, path: String) -> Option<Expression> {
        let expression = self.expression(json, Place::Skip, path.clone())?;
        let mut wrong = None;
        expression.visit(&mut |comparison| {
            if matches!(
                comparison.operator,
                Operator::Has | Operator::In | Operator::NotIn | Operator::Contains
            ) {
                wrong = Some(comparison.operator);
            }
        });
        if let Some(operator) = wrong {
            let operator = operator.as_str();
            let message = format!("a skip condition compares numbers; `{operator}` does not");
            self.problem(path, message);
            return None;
        }
        Some(expression)
    }

    fn order(&mut self, json: &Json, path: String) -> Vec<super::OrderClause> {
        let Some(text) = json.as_str() else {
            self.problem(
                path,
                "clauses are expected, as a string: `worker.level DESC`",
            );
            return Vec::new();
        };
        match read_order(text) {
            Ok(clauses) => clauses,
            Err(error) => {
                self.problem(path, error.to_string());
                Vec::new()
            }
        }
    }

    /// A whole number, also as a string: the vendor's examples have both.
    fn integer(&mut self, json: &Json, path: String, least: u32, most: u32) -> Option<u32> {
        let number = match json {
            Json::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        let found = number.filter(|it: &u64| (u64::from(least)..=u64::from(most)).contains(it));
        let found = found.and_then(|number| u32::try_from(number).ok());
        if found.is_none() {
            self.problem(
                path,
                format!("a whole number of {least} to {most} is expected"),
            );
        }
        found
    }

    fn object<'a>(&mut self, json: &'a Json, path: &str) -> Option<&'a Object> {
        let object = json.as_object();
        if object.is_none() {
            self.problem(path, "an object is expected");
        }
        object
    }

    fn list<'a>(&mut self, json: &'a Json, path: &str, most: usize) -> &'a [Json] {
        match json.as_array() {
            Some(list) if list.len() <= most => list,
            Some(list) => {
                self.problem(path, format!("there are more than {most}"));
                &list[..most]
            }
            None => {
                self.problem(path, "a list is expected");
                &[]
            }
        }
    }

    fn unknown_keys(&mut self, object: &Object, known: &[&str], path: &str) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let message = match TARGET_KEYS.contains(&key.as_str()) && known == DEFAULT_KEYS {
                true => format!(
                    "`{key}` is not for the default filter; put it into a filter with `1==1`"
                ),
                false => format!(
                    "`{}` is unknown; expected {}",
                    key.escape_debug(),
                    known.join(", ")
                ),
            };
            self.problem(format!("{path}/{}", escape_pointer(key)), message);
        }
    }
}
