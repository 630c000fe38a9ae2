//! `patchbay bypass`: a stage or a plugin taken out of the decisions for a
//! while.

use serde_json::{Value, json};

use crate::api::{Api, part};
use crate::args::{BypassArgs, BypassVerb};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

pub(crate) fn run(args: &BypassArgs) -> Outcome {
    let company = args.company.name()?;
    let of_company = format!("/v1/companies/{}/bypasses", part(company));
    match (&args.verb, &args.target) {
        (None, None) => Err(Failure::advised(
            Exit::Usage,
            "nothing is named to bypass",
            "name a stage or a plugin, or say `list` or `lift`",
        )),
        (Some(_), Some(_)) => Err(Failure::advised(
            Exit::Usage,
            "a stage or plugin before `list` or `lift` means nothing",
            "write `bypass lift tone --company …`",
        )),
        (None, Some(target)) => {
            let asked = json!({
                "for": args.lasting.map(|span| span.to_string()),
                "reason": args.reason,
                "let_through": args.let_through,
            });
            let api = Api::of_config(&args.config)?;
            let made = api.put(&format!("{of_company}/{}", part(target)), &asked)?;
            match args.json {
                true => output::json(&made)?,
                false => output::line(format!("{company}: {}", in_words(&made)))?,
            }
            Ok(Exit::Success)
        }
        (Some(BypassVerb::List), None) => {
            let list = Api::of_config(&args.config)?.get(&of_company)?;
            if args.json {
                output::json(&list)?;
                return Ok(Exit::Success);
            }
            let all = list["bypasses"].as_array().into_iter().flatten();
            let mut all = all.peekable();
            if all.peek().is_none() {
                output::line(format!("nothing is bypassed of {company}"))?;
            }
            for bypass in all {
                output::line(in_words(bypass))?;
            }
            Ok(Exit::Success)
        }
        (Some(BypassVerb::Lift { target }), None) => {
            let api = Api::of_config(&args.config)?;
            let lifted = api.delete(&format!("{of_company}/{}", part(target)))?;
            match args.json {
                true => output::json(&lifted)?,
                false => output::line(format!("{} is asked again", what(&lifted)))?,
            }
            Ok(Exit::Success)
        }
    }
}

fn what(bypass: &Value) -> String {
    match (bypass["stage"].as_str(), bypass["plugin"].as_str()) {
        (Some(stage), _) => format!("stage {stage}"),
        (_, plugin) => format!("plugin {}", plugin.unwrap_or_default()),
    }
}

fn in_words(bypass: &Value) -> String {
    let text = |field: &str| bypass[field].as_str().unwrap_or_default();
    let meanwhile = match bypass["let_through"] == true {
        true => "everything goes on as without it",
        false => "its on-failure rule decides",
    };
    let reason = match text("reason") {
        "" => String::new(),
        reason => format!(": {reason}"),
    };
    format!(
        "{} is bypassed until {} by {}; {meanwhile}{reason}",
        what(bypass),
        text("until"),
        text("by"),
    )
}
