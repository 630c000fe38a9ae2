//! `patchbay audit`: who did what to the host, and whether the trail of it is
//! what was written.

use jiff::Timestamp;
use patchbay_journal::{AuditEntry, AuditHash, Journal, SqliteJournal};
use serde_json::{Value, json};

use super::journal::failure;
use crate::api::{Api, Reach, part};
use crate::args::{AuditArgs, AuditVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Acts read at once.
const PAGE: usize = 500;

/// What the audit trail says of an act of whoever has the journal's files.
pub(crate) fn act(code: &str, company: Option<&str>, details: &Value) -> AuditEntry {
    AuditEntry {
        at: Timestamp::now(),
        company: company.map(str::to_owned),
        actor: "command-line".to_owned(),
        act: code.to_owned(),
        details: details.to_string(),
    }
}

pub(crate) fn run(args: &AuditArgs) -> Outcome {
    let reach = Reach::of(&args.config)?;
    match &args.verb {
        AuditVerb::List { company } => {
            let acts = match &reach {
                Reach::Journal(journal) => of_journal(journal, company.as_deref())?,
                Reach::Server(api) => of_server(api, company.as_deref())?,
            };
            list(&acts, args.json)
        }
        AuditVerb::Verify { expect } => verify(&reach, *expect, args.json),
    }
}

fn of_journal(journal: &SqliteJournal, company: Option<&str>) -> Result<Vec<Value>, Failure> {
    let mut acts = Vec::new();
    let mut after = 0;
    loop {
        let page = journal.audited(company, after, PAGE).map_err(failure)?;
        let Some(last) = page.last() else {
            return Ok(acts);
        };
        after = last.number;
        acts.extend(page.into_iter().map(|act| {
            let entry = act.entry;
            json!({
                "number": act.number,
                "at": entry.at,
                "company": entry.company,
                "actor": entry.actor,
                "act": entry.act,
                "details": serde_json::from_str(&entry.details).unwrap_or(Value::Null),
                "previous": act.previous.to_string(),
                "hash": act.hash.to_string(),
            })
        }));
    }
}

fn of_server(api: &Api, company: Option<&str>) -> Result<Vec<Value>, Failure> {
    let place = match company {
        Some(company) => format!("/v1/companies/{}/audit", part(company)),
        None => "/v1/audit".to_owned(),
    };
    let mut acts = Vec::new();
    let mut after = 0;
    loop {
        let mut page = api.get(&format!("{place}?after={after}"))?;
        if let Some(Value::Array(found)) = page.get_mut("acts").map(Value::take) {
            acts.extend(found);
        }
        match page.get("next").and_then(Value::as_u64) {
            Some(next) => after = next,
            None => return Ok(acts),
        }
    }
}

fn list(acts: &[Value], as_json: bool) -> Outcome {
    if as_json {
        output::json(&json!({"acts": acts}))?;
        return Ok(Exit::Success);
    }
    let rows = acts.iter().map(|act| {
        let text = |field: &str| act.get(field).and_then(Value::as_str).unwrap_or("");
        let company = match text("company") {
            "" => "the host",
            company => company,
        };
        vec![
            act["number"].as_u64().unwrap_or_default().to_string(),
            text("at").to_owned(),
            text("actor").to_owned(),
            text("act").to_owned(),
            company.to_owned(),
            act["details"].to_string(),
        ]
    });
    output::table(
        &["number", "at", "actor", "act", "to", "details"],
        &rows.collect::<Vec<_>>(),
        "nothing was done by hand so far",
    )?;
    Ok(Exit::Success)
}

fn verify(reach: &Reach, expect: Option<AuditHash>, as_json: bool) -> Outcome {
    let report = match reach {
        Reach::Server(api) => {
            let expect = expect.map_or_else(String::new, |hash| format!("?expect={hash}"));
            api.get(&format!("/v1/audit/verify{expect}"))?
        }
        Reach::Journal(journal) => {
            let chain = journal.verify_audit(expect).map_err(failure)?;
            let is_there = expect.is_none() || chain.expected.is_some();
            let mut report = json!({
                "sound": chain.broken.is_none() && is_there,
                "entries": chain.entries,
                "head": chain.head.to_string(),
            });
            if let Some(broken) = chain.broken {
                report["broken"] = json!({"number": broken.number, "why": broken.why.as_str()});
            }
            if let Some(number) = chain.expected {
                report["expected"] = number.into();
            }
            report
        }
    };
    let sound = report["sound"] == true;
    match as_json {
        true => output::json(&report)?,
        false => tell(&report, expect)?,
    }
    Ok(match sound {
        true => Exit::Success,
        false => Exit::NotRight,
    })
}

fn tell(report: &Value, expect: Option<AuditHash>) -> Result<(), Failure> {
    let entries = report["entries"].as_u64().unwrap_or_default();
    let head = report["head"].as_str().unwrap_or_default();
    match (
        &report["broken"]["number"],
        report["broken"]["why"].as_str(),
    ) {
        (Value::Number(number), Some(why)) => {
            output::line(format!("act {number} is not what was written: {why}"))?;
        }
        _ => output::line(format!("{entries} acts, each as it was written"))?,
    }
    if let Some(expect) = expect {
        output::line(match report["expected"].as_u64() {
            Some(number) => format!("what was expected is act {number}"),
            None => format!(
                "no act has the hash {expect}: acts were taken away, or it is of another journal"
            ),
        })?;
    }
    output::line(format!("head {head}"))
}
