//! Exports of other systems, fed with mutated inputs: whatever is read gives a company file that parses.

use patchbay_company::CompanyFile;
use patchbay_fuzz::{Corpus, Reading, text};
use patchbay_import::{Options, SYSTEMS};

const TASKROUTER: [&str; 2] = [
    r#"{"task_routing":{"filters":[{"filter_friendly_name":"G","expression":"t == 'x'","targets":[{"queue":"WQa","priority":"10","timeout":300,"expression":"task.a == worker.b AND worker.skills HAS 's'","order_by":"worker.x DESC","skip_if":"workers.available == 0"},{"known_worker_sid":"task.agent","priority":5}]}],"default_filter":{"queue":"WQb"}}}"#,
    r#"{"workflow":{"configuration":"{\"task_routing\":{\"default_filter\":{\"queue\":\"WQb\",\"priority\":900}}}","task_reservation_timeout":60},"task_queues":[{"sid":"WQb","friendly_name":"Börse 'B'","target_workers":"languages HAS 'english' OR vip == true"}],"workers":[{"sid":"WK1","friendly_name":"Ana","attributes":"{\"languages\":[\"english\"],\"levels\":{\"x\":3},\"vip\":true}"}]}"#,
];

#[test]
fn an_export_is_imported_or_refused() {
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
    Corpus::of(TASKROUTER).words(&words).run(text(|text| {
        let options = Options {
            company: "acme".to_owned(),
            pack: "p@1".to_owned(),
        };
        let Ok(import) = (SYSTEMS[0].import)(text, &options) else {
            return Reading::Rejected;
        };
        let company = &import.files[0].text;
        if let Err(problems) = CompanyFile::parse(company) {
            panic!("{problems:?}\n{company}");
        }
        Reading::Accepted
    }));
}
