//! Exports of other systems, fed with mutated inputs: whatever is read gives a company file that parses.

use patchbay_company::CompanyFile;
use patchbay_fuzz::{Corpus, Reading, text};
use patchbay_import::{Options, System};

const TASKROUTER: [&str; 2] = [
    r#"{"task_routing":{"filters":[{"filter_friendly_name":"G","expression":"t == 'x'","targets":[{"queue":"WQa","priority":"10","timeout":300,"expression":"task.a == worker.b AND worker.skills HAS 's'","order_by":"worker.x DESC","skip_if":"workers.available == 0"},{"known_worker_sid":"task.agent","priority":5}]}],"default_filter":{"queue":"WQb"}}}"#,
    r#"{"workflow":{"configuration":"{\"task_routing\":{\"default_filter\":{\"queue\":\"WQb\",\"priority\":900}}}","task_reservation_timeout":60},"task_queues":[{"sid":"WQb","friendly_name":"Börse 'B'","target_workers":"languages HAS 'english' OR vip == true"}],"workers":[{"sid":"WK1","friendly_name":"Ana","attributes":"{\"languages\":[\"english\"],\"levels\":{\"x\":3},\"vip\":true}"}]}"#,
];

const CHATWOOT: [&str; 2] = [
    r#"[{"id":11,"name":"Bills","event_name":"conversation_created","conditions":[{"values":["bill"],"attribute_key":"content","query_operator":"or","filter_operator":"contains","custom_attribute_type":""},{"values":[3],"attribute_key":"team_id","query_operator":null,"filter_operator":"equal_to"}],"actions":[{"action_name":"assign_team","action_params":[3]},{"action_name":"send_webhook_event","action_params":["https://crm.example/a"]}],"active":true}]"#,
    r#"{"automation_rules":{"payload":[{"name":"A","event_name":"message_created","conditions":[{"values":["Gold"],"attribute_key":"plan","filter_operator":"equal_to","custom_attribute_type":"contact_attribute"}],"actions":[{"action_name":"assign_agent","action_params":[7]},{"action_name":"mute_conversation"}]}]},"agents":[{"id":7,"name":"Ana"}],"teams":[{"id":3,"name":"Börse 'B'"}],"inboxes":{"payload":[{"id":5,"channel_type":"Channel::Whatsapp","phone_number":"+351"}]},"custom_attribute_definitions":[{"attribute_key":"plan","attribute_display_type":"list"}]}"#,
];

#[test]
fn an_export_of_taskrouter_is_imported_or_refused() {
    import_mutated("taskrouter", TASKROUTER);
}

#[test]
fn an_export_of_chatwoot_is_imported_or_refused() {
    import_mutated("chatwoot", CHATWOOT);
}

fn import_mutated(system: &str, corpus: [&str; 2]) {
    let system = System::find(system).expect("a system");
    let words = [
        "null",
        "[]",
        "{}",
        "\"workers\":",
        "\"sid\":\"\"",
        "\\u0000",
        "'''",
        "\u{202e}",
        "9e99",
    ];
    Corpus::of(corpus).words(&words).run(text(|text| {
        let options = Options {
            company: "acme".to_owned(),
            pack: "p@1".to_owned(),
        };
        let Ok(import) = (system.import)(text, &options) else {
            return Reading::Rejected;
        };
        let company = &import.files[0].text;
        if let Err(problems) = CompanyFile::parse(company) {
            panic!("{problems:?}\n{company}");
        }
        Reading::Accepted
    }));
}
