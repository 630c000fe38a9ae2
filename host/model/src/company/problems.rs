//! What is wrong with a company file that reads well: names nobody defined,
//! numbers out of range.

use std::collections::BTreeSet;

use super::reading::Taken;
use super::{CompanyFile, QueueEntry};
use crate::decision::stage::Stage;
use crate::input::is_code;
use crate::located::Located;
use crate::web_address::WebAddress;

impl CompanyFile {
    /// Every problem that needs nothing but the file, each with its place. What
    /// was taken out of it is not missed.
    pub(super) fn problems(&self, taken: &Taken) -> Vec<Located> {
        let mut problems = Vec::new();
        if !is_code(self.company.get_ref()) {
            problems.push(
                Located::at(
                    self.company.span(),
                    format!("{:?} is no company name", self.company.get_ref()),
                )
                .help("use lower-case letters, digits and hyphens, at most 64"),
            );
        }
        for stage in Stage::ALL {
            let mut seen = BTreeSet::new();
            for name in self.pipeline.spanned(stage) {
                let is_known = self.plugin.contains_key(name.get_ref())
                    || taken.holds(&["plugin", name.get_ref()]);
                if !is_known {
                    problems.push(
                        Located::at(
                            name.span(),
                            format!(
                                "stage {stage} names plugin {:?}, which is not defined",
                                name.get_ref()
                            ),
                        )
                        .help(format!(
                            "add [plugin.{}] with its pack, or take it out",
                            name.get_ref()
                        )),
                    );
                }
                if !seen.insert(name.get_ref()) {
                    problems.push(Located::at(
                        name.span(),
                        format!("stage {stage} names plugin {:?} twice", name.get_ref()),
                    ));
                }
            }
        }
        self.queue_problems(taken, &mut problems);
        let wrong = self.desk.get_ref().problems().into_iter();
        problems.extend(wrong.map(|problem| Located::at(self.desk.span(), problem)));
        let wrong = self.record.get_ref().problems().into_iter();
        problems.extend(wrong.map(|problem| Located::at(self.record.span(), problem)));
        self.target_problems(taken, &mut problems);
        problems
    }

    fn target_problems(&self, taken: &Taken, problems: &mut Vec<Located>) {
        for (name, target) in &self.target {
            let url = &target.webhook.url;
            if let Err(error) = WebAddress::parse(url.get_ref()) {
                problems.push(
                    Located::at(url.span(), format!("the url of target {name:?} {error}"))
                        .help("write https://, a host and a path"),
                );
            }
        }
        let of_channels = self.channel.iter().filter_map(|(channel, entry)| {
            let publish = entry.publish.as_ref()?;
            Some((format!("channel {channel:?} publishes"), publish))
        });
        let of_all = self
            .publish
            .iter()
            .map(|publish| ("the company publishes".to_owned(), publish));
        for (who, publish) in of_all.chain(of_channels) {
            let name = publish.get_ref();
            if !self.target.contains_key(name) && !taken.holds(&["target", name]) {
                problems.push(
                    Located::at(
                        publish.span(),
                        format!("{who} to target {name:?}, which is not defined"),
                    )
                    .help(format!(
                        "add [target.{name}] with its webhook, or take it out"
                    )),
                );
            }
        }
    }

    fn queue_problems(&self, taken: &Taken, problems: &mut Vec<Located>) {
        let has_queue = |id: &str| self.has_queue(id) || taken.holds(&["queue", id]);
        let defaults: Vec<_> = self
            .queues()
            .filter(|(_, queue)| queue.get_ref().default)
            .collect();
        if taken.within(&["queue"]) {
            // Which is the default may be what was taken out.
        } else if self.queues().next().is_none() {
            problems.push(
                Located::whole("no queue is defined")
                    .help("add [queue.general] with default = true"),
            );
        } else if defaults.is_empty() {
            problems.push(
                Located::whole("no queue is the default")
                    .help("add default = true to the queue conversations fall back to"),
            );
        } else if let Some((id, queue)) = defaults.get(1) {
            problems.push(Located::at(
                queue.span(),
                format!("queue {id:?} is a second default; only one can be"),
            ));
        }
        for (id, queue) in &self.queue {
            let entry = queue.get_ref();
            if !is_code(id) {
                problems.push(
                    Located::at(queue.span(), format!("{id:?} is no queue id"))
                        .help("use lower-case letters, digits and hyphens, at most 64"),
                );
            }
            if let Some(to) = &entry.moved_to {
                let is_alone = *entry
                    == QueueEntry {
                        moved_to: Some(to.clone()),
                        ..QueueEntry::default()
                    };
                if !is_alone {
                    problems.push(
                        Located::at(
                            queue.span(),
                            format!("queue {id:?} has moved, and says more than where to"),
                        )
                        .help("leave only moved-to, or take that out"),
                    );
                }
                if !has_queue(to) {
                    problems.push(
                        Located::at(
                            queue.span(),
                            format!("queue {id:?} has moved to {to:?}, which is no queue"),
                        )
                        .help("name a queue that has not moved itself"),
                    );
                }
                continue;
            }
            if let Some(hours) =
                entry.sla.hours.as_ref().filter(|hours| {
                    !self.hours.contains_key(*hours) && !taken.holds(&["hours", hours])
                })
            {
                problems.push(
                    Located::at(
                        queue.span(),
                        format!("queue {id:?} counts in hours {hours:?}, which are not defined"),
                    )
                    .help(format!("add [hours.{hours}]")),
                );
            }
            for (skill, proficiency) in entry.skills.iter().filter(|(_, p)| !(1..=5).contains(*p)) {
                problems.push(Located::at(queue.span(), format!("queue {id:?} wants proficiency {proficiency} in {skill:?}; it must be 1 to 5")));
            }
            if entry.priority > 100 {
                problems.push(Located::at(
                    queue.span(),
                    format!(
                        "queue {id:?} has priority {}; it must be 0 to 100",
                        entry.priority
                    ),
                ));
            }
        }
        for (id, agent) in &self.agent {
            for queue in agent
                .get_ref()
                .queues
                .iter()
                .filter(|queue| !has_queue(queue))
            {
                problems.push(Located::at(
                    agent.span(),
                    format!("agent {id:?} works queue {queue:?}, which is not defined"),
                ));
            }
            for (skill, proficiency) in agent
                .get_ref()
                .skills
                .iter()
                .filter(|(_, p)| !(1..=5).contains(*p))
            {
                problems.push(Located::at(
                    agent.span(),
                    format!(
                        "agent {id:?} has proficiency {proficiency} in {skill:?}; it must be 1 to 5"
                    ),
                ));
            }
        }
    }
}
