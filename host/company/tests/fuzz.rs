//! Company files, fed with mutated inputs.

use patchbay_company::CompanyFile;
use patchbay_fuzz::{Corpus, Reading, text};

#[test]
fn a_company_file_is_read_or_every_problem_has_a_place_in_it() {
    let example = include_str!("../../../docs/company.example.toml");
    let shop = include_str!("../../demo/content/shop.toml");
    let bank = include_str!("../../demo/content/bank.toml");
    let hours = "company = \"n\"\n[hours.office]\nzone = \"Europe/Lisbon\"\nweek = { mon = [\"09:00-18:00\"] }\nholidays = [\"2026-12-25\"]\n[queue.general]\ndefault = true\nskills = { tax = 3 }\nsla = { first-response = \"1h\", hours = \"office\" }\n";
    let agents = "company = \"n\"\n[queue.a]\ndefault = true\n[agent.ana]\nskills = { tax = 4 }\nlanguages = [\"pt\"]\nqueues = [\"a\"]\n[target.sink]\nwebhook = { url = \"https://a.example/\" }\n";
    let seeds = [example, shop, bank, hours, agents];
    for seed in seeds {
        CompanyFile::parse(seed).expect("the seed is a company file");
    }
    Corpus::of(seeds)
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
