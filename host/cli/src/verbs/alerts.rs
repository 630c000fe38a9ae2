//! `patchbay alerts`: what needs attention now.

use patchbay_client::path_segment;
use patchbay_command::args::AlertsArgs;
use patchbay_command::document::{list, text};
use patchbay_command::exit::{Exit, Outcome};
use patchbay_command::{output, server};

use super::status::sentence;

pub(crate) fn run(args: &AlertsArgs) -> Outcome {
    let api = server::connect(&args.server.config)?;
    let document = match &args.company {
        Some(company) => api.get(&format!("/v1/alerts?company={}", path_segment(company)))?,
        None => api.get("/v1/alerts")?,
    };
    let alerts = list(&document, "alerts");
    output::result(args.server.json, &document, || {
        if alerts.is_empty() {
            output::line("nothing needs attention")?;
        }
        for alert in alerts {
            output::line(format!(
                "{:<8}  {}  {}",
                text(alert, "severity"),
                text(alert, "since"),
                sentence(alert)
            ))?;
            output::line(format!("          {}", text(alert, "advice")))?;
        }
        Ok(())
    })?;
    Ok(Exit::success_if(alerts.is_empty()))
}
