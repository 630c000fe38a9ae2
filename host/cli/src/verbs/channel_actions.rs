//! `patchbay channels test` and `retry`: what an operator does with connections.

use patchbay_client::{BlockingClient, company_path, path_segment};
use patchbay_command::args::TestedConnections;
use patchbay_command::document::{list, number, text};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use serde_json::{Value, json};

/// Tests connections one after the other; exit code 1 if something is wrong with one.
pub(super) fn test(
    (as_json, company): (bool, &str),
    api: &BlockingClient,
    connections: &[Value],
    which: &TestedConnections,
) -> Outcome {
    let mut tests = Vec::new();
    for (channel, name) in selected(company, connections, which.connection.as_deref())? {
        let rest = format!(
            "channels/{}/{}/test",
            path_segment(&channel),
            path_segment(&name)
        );
        tests.push(api.post(&company_path(company, &rest), &json!({}))?);
    }
    let all_work = tests.iter().all(works);
    output::result(as_json, &json!({"connections": tests}), || {
        if tests.is_empty() {
            return output::line(format!("{company} has no connections"));
        }
        tests.iter().try_for_each(|test| print(company, test))
    })?;
    Ok(Exit::success_if(all_work))
}

fn works(test: &Value) -> bool {
    test["works"] == true
}

fn print(company: &str, test: &Value) -> Result<(), Failure> {
    let connection = format!("{}/{}", text(test, "channel"), text(test, "name"));
    let what = match works(test) {
        true => "no problem found",
        false => "does not work",
    };
    output::line(format!("{connection}: {what}"))?;
    for finding in list(test, "findings") {
        let (verdict, words) = (text(finding, "verdict"), text(finding, "text"));
        output::line(format!("  {verdict}: {words}"))?;
    }
    match works(test) && test["broken"] == true {
        true => output::line(format!(
            "  Replies wait because the account could not send: `patchbay channels retry {connection} --company {company}` sends them now."
        )),
        false => Ok(()),
    }
}

/// Lets the replies of a channel be tried now.
pub(super) fn retry(
    (as_json, company): (bool, &str),
    api: &BlockingClient,
    connections: &[Value],
    channel: &str,
) -> Outcome {
    selected(company, connections, Some(channel))?;
    let rest = match channel.split_once('/') {
        Some((channel, name)) => format!(
            "channels/{}/retry?connection={}",
            path_segment(channel),
            path_segment(name)
        ),
        None => format!("channels/{}/retry", path_segment(channel)),
    };
    let tried = api.post(&company_path(company, &rest), &json!({}))?;
    output::result(as_json, &tried, || {
        let released = number(&tried, "released");
        output::line(match (tried["broken"] == true, released) {
            (true, _) => format!(
                "{channel}: one reply tries now whether the account can send; {released} were waiting"
            ),
            (false, 0) => format!("{channel}: nothing waits to be sent"),
            (false, _) => format!("{channel}: {released} replies are due now"),
        })?;
        match number(&tried, "polled") {
            0 => Ok(()),
            1 => output::line(format!("{channel}: the provider is asked for messages now")),
            polled => output::line(format!(
                "{channel}: {polled} connections ask their provider for messages now"
            )),
        }
    })?;
    Ok(Exit::Success)
}

/// Channel and name of the connections that are meant: all, those of a channel, or one.
fn selected(
    company: &str,
    connections: &[Value],
    which: Option<&str>,
) -> Result<Vec<(String, String)>, Failure> {
    let all = connections.iter().map(|connection| {
        let (channel, name) = (text(connection, "channel"), text(connection, "name"));
        (channel.to_owned(), name.to_owned())
    });
    let Some(which) = which else {
        return Ok(all.collect());
    };
    let (channel, name) = match which.split_once('/') {
        Some((channel, name)) => (channel, Some(name)),
        None => (which, None),
    };
    let is_meant =
        |(its, one): &(String, String)| its == channel && name.is_none_or(|name| one == name);
    let found: Vec<_> = all.filter(is_meant).collect();
    match found.is_empty() {
        false => Ok(found),
        true => Err(Failure::advised(
            Exit::Usage,
            format!("{company} has no connection {which:?}"),
            format!("`patchbay channels list --company {company}` lists its connections"),
        )),
    }
}
