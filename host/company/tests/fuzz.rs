//! Company files, fed with mutated inputs.

use patchbay_company::CompanyFile;
use patchbay_fuzz::{Corpus, Reading, text};

#[test]
fn a_company_file_is_read_or_every_problem_has_a_place_in_it() {
    let example = include_str!("../../../docs/company.example.toml");
    let shop = include_str!("../../demo/content/shop.toml");
    let bank = include_str!("../../demo/content/bank.toml");
    let hours = "company = \"n\"\n[hours.office]\nzone = \"Europe/Lisbon\"\nmonday = [\"09:00-18:00\"]\n[hours.office.holidays]\n\"2026-12-25\" = []\n[queue.general]\ndefault = true\nhours = \"office\"\nskills = { tax = 3 }\n[queue.general.sla]\nfirst-response = \"1h\"\n";
    let agents = "company = \"n\"\n[queue.a]\ndefault = true\n[[agent]]\nid = \"ana\"\nskills = { tax = 4 }\nlanguages = [\"pt\"]\n[target.sink]\nwebhook = { url = \"https://a.example/\" }\n";
    Corpus::of([example, shop, bank, hours, agents])
        .words(&[
            "[",
            "]",
            "[[",
            "]]",
            "=",
            "\"",
            "'''",
            "{",
            "}",
            ".",
            "#",
            "\n",
            "queue",
            "agent",
            "1979-05-27T07:32:00Z",
            "inf",
            "nan",
            "0x",
            "\"24:00\"",
            "\"136y\"",
            "default = true\n",
        ])
        // A parsed table takes about a hundred times the bytes of its text.
        .most_allocated(160 << 20)
        .cases(120)
        .run(text(|text| match CompanyFile::parse(text) {
            Ok(file) => {
                let _ = file.directory();
                let _ = file.default_queue();
                Reading::Accepted
            }
            Err(problems) => {
                assert!(!problems.is_empty(), "refused without a reason");
                for problem in problems {
                    let _ = problem.line_column(text);
                }
                Reading::Rejected
            }
        }));
}
