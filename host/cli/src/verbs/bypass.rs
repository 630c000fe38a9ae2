//! `patchbay bypass`: suspend a stage or a plugin for a while.

use patchbay_client::{company_path, path_segment};
use patchbay_command::args::{BypassArgs, BypassVerb};
use patchbay_command::document::{list, text};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::{output, server};
use serde_json::{Value, json};

pub(crate) fn run(args: &BypassArgs) -> Outcome {
    let company = args.company.name()?;
    let path = company_path(company, "bypasses");
    let as_json = args.server.json;
    let connect = || server::connect(&args.server.config);
    match (&args.verb, &args.target) {
        (None, None) => Err(Failure::advised(
            Exit::Usage,
            "no stage or plugin is given",
            "name one, or use `bypass list` or `bypass lift`",
        )),
        (Some(_), Some(_)) => Err(Failure::advised(
            Exit::Usage,
            "`list` and `lift` take no stage or plugin before them",
            "write `patchbay bypass lift tone --company …`",
        )),
        (None, Some(target)) => {
            let body = json!({
                "for": args.duration.map(|span| span.to_string()),
                "reason": args.reason,
                "let_through": args.let_through,
            });
            let bypass = connect()?.put(&format!("{path}/{}", path_segment(target)), &body)?;
            output::result(as_json, &bypass, || {
                output::line(format!("{company}: {}", describe(&bypass)))
            })
        }
        (Some(BypassVerb::List), None) => {
            let found = connect()?.get(&path)?;
            output::result(as_json, &found, || {
                let bypasses = list(&found, "bypasses");
                if bypasses.is_empty() {
                    output::line(format!("{company} has no active bypass"))?;
                }
                bypasses.iter().map(describe).try_for_each(output::line)
            })
        }
        (Some(BypassVerb::Lift { target }), None) => {
            let lifted = connect()?.delete(&format!("{path}/{}", path_segment(target)))?;
            output::result(as_json, &lifted, || {
                output::line(format!("{} decides again", name(&lifted)))
            })
        }
    }
}

fn name(bypass: &Value) -> String {
    match bypass["stage"].as_str() {
        Some(stage) => format!("stage {stage}"),
        None => format!("plugin {}", text(bypass, "plugin")),
    }
}

fn describe(bypass: &Value) -> String {
    let effect = match bypass["let_through"] == true {
        true => "it is skipped",
        false => "its on-failure rule applies",
    };
    let reason = match text(bypass, "reason") {
        "" => String::new(),
        reason => format!(" (reason: {reason})"),
    };
    format!(
        "{} is bypassed until {} by {}; {effect}{reason}",
        name(bypass),
        text(bypass, "until"),
        text(bypass, "by"),
    )
}
