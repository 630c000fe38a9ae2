//! The subject that a report of statistics is limited to.

use patchbay_config::name_suggestion;
use patchbay_desk::Desk;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::Dimension;
use patchbay_model::decision::stage::Stage;

use crate::routes::conversation_list::{check_agent, check_channel, check_queue};

/// Checks a key without the company: a report by company has none, and the stages are a
/// closed set. Channels are not: a company may use codes of its own.
///
/// # Errors
/// 400 about `key`.
pub(super) fn check_key(by: Dimension, key: Option<&str>) -> Result<(), Problem> {
    let Some(key) = key else {
        return Ok(());
    };
    match by {
        Dimension::Company => Err(Problem::bad_parameter(
            "key",
            "must be absent with `by=company`; name what it is with `by`",
        )),
        Dimension::Stage if Stage::from_code(key).is_none() => {
            let stages: Vec<String> = Stage::ALL.iter().map(|it| it.as_str().to_owned()).collect();
            Err(Problem::bad_parameter(
                "key",
                format!(
                    "{key:?} is not a stage; {}",
                    name_suggestion::suggest(key, "stages", &stages)
                ),
            ))
        }
        Dimension::Stage | Dimension::Queue | Dimension::Agent | Dimension::Channel => Ok(()),
    }
}

/// Checks that the company has the queue, agent or channel of a key without counts: a name that was
/// never counted in the time, and that the company does not have, is a mistake.
///
/// # Errors
/// 404 about `key`, of a channel 400; with the nearest names.
pub(super) fn check_exists(
    desk: &Desk,
    company: &str,
    by: Dimension,
    key: &str,
) -> Result<(), Problem> {
    let checked = match by {
        Dimension::Queue => check_queue(desk, company, Some(key)),
        Dimension::Agent => check_agent(desk, company, "key", Some(key)),
        Dimension::Channel => check_channel(desk, company, "key", Some(key)),
        Dimension::Company | Dimension::Stage => Ok(()),
    };
    checked.map_err(|problem| match problem.is(Kind::UnknownQueue) {
        true => problem.field("key"),
        false => problem,
    })
}
