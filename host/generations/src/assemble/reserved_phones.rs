//! Telephone numbers that regulators keep out of use, for drama, examples and tests.

/// A numbering plan, and the numbers in it that belong to no subscriber.
struct Plan {
    country: &'static str,
    /// National numbers without the trunk prefix: `x` is any digit, `n` any but 0.
    reserved: &'static [&'static str],
}

/// Whether a telephone number is one of those. Written internationally (`+44 20 7946 0000`,
/// `0044…`, `+44 (0)20…`) it may be of any plan below; with one leading 0, or without any
/// prefix, only of one where no other country's numbers look the same.
pub(super) fn is_reserved(found: &str) -> bool {
    let digits: String = found.chars().filter(char::is_ascii_digit).collect();
    if let Some(international) = digits.strip_prefix("00") {
        return is_international(international);
    }
    match digits.strip_prefix('0') {
        Some(national) => BRITAIN.has(national),
        None => is_international(&digits) || (!found.contains('+') && is_american(&digits)),
    }
}

/// Whether a number that begins with a country code is reserved.
fn is_international(digits: &str) -> bool {
    let in_america = digits.strip_prefix('1').is_some_and(is_american);
    in_america
        || PLANS.iter().any(|plan| {
            digits.strip_prefix(plan.country).is_some_and(|national| {
                plan.has(national) || national.strip_prefix('0').is_some_and(|it| plan.has(it))
            })
        })
}

impl Plan {
    fn has(&self, national: &str) -> bool {
        self.reserved.iter().any(|pattern| fits(pattern, national))
    }
}

fn fits(pattern: &str, digits: &str) -> bool {
    let pattern = || pattern.chars().filter(|it| *it != ' ');
    pattern().count() == digits.len()
        && pattern()
            .zip(digits.chars())
            .all(|(wanted, digit)| match wanted {
                'x' => true,
                'n' => digit != '0',
                wanted => wanted == digit,
            })
}

/// North America: 555-0100 to 555-0199 of every area code, of toll-free ones only 555-0199
/// (NANPA, "555 line numbers"; ATIS-0300115). Also without area code.
fn is_american(digits: &str) -> bool {
    const TOLL_FREE: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];
    match digits.len() {
        7 => fits("555 01xx", digits),
        10 if TOLL_FREE.contains(&&digits[..3]) => digits.ends_with("5550199"),
        10 => !digits.starts_with(['0', '1']) && fits("xxx 555 01xx", digits),
        _ => false,
    }
}

/// Ofcom, "Telephone numbers for use in TV and radio drama programmes".
const BRITAIN: Plan = Plan {
    country: "44",
    reserved: &[
        "113 496 0xxx",
        "114 496 0xxx",
        "115 496 0xxx",
        "116 496 0xxx",
        "117 496 0xxx",
        "118 496 0xxx",
        "121 496 0xxx",
        "131 496 0xxx",
        "141 496 0xxx",
        "151 496 0xxx",
        "161 496 0xxx",
        "191 498 0xxx",
        "20 7946 0xxx",
        "28 9649 6xxx",
        "29 2018 0xxx",
        "1632 960 xxx",
        "7700 900 xxx",
        "8081 570 xxx",
        "909 8790 xxx",
        "3069 990 xxx",
    ],
};

const PLANS: [Plan; 6] = [
    BRITAIN,
    // ACMA, "Phone numbers for use in TV shows, films and creative works".
    Plan {
        country: "61",
        reserved: &[
            "2 5550 xxxx",
            "2 7010 xxxx",
            "3 5550 xxxx",
            "3 7010 xxxx",
            "7 5550 xxxx",
            "7 7010 xxxx",
            "8 5550 xxxx",
            "8 7010 xxxx",
            "491 570 006",
            "491 570 110",
            "491 570 156",
            "491 570 157",
            "491 570 158",
            "491 570 159",
            "491 570 313",
            "491 570 737",
            "491 571 266",
            "491 571 491",
            "491 571 804",
            "491 572 549",
            "491 572 665",
            "491 572 983",
            "491 573 087",
            "491 573 770",
            "491 574 118",
            "491 574 632",
            "491 575 254",
            "491 575 789",
            "491 576 398",
            "491 576 801",
            "491 577 426",
            "491 577 644",
            "491 578 148",
            "491 578 888",
            "491 578 957",
            "491 579 212",
            "491 579 455",
            "491 579 760",
        ],
    },
    // Bundesnetzagentur, Mitteilung 148/2021 (Amtsblatt 7/2021), "Drama Numbers".
    Plan {
        country: "49",
        reserved: &[
            "30 23125 xxx",
            "40 66969 xxx",
            "69 90009 xxx",
            "89 99998 xxx",
            "221 4710 xxx",
            "152 28817386",
            "152 28895456",
            "152 54599371",
            "171 39200 xx",
            "172 9925904",
            "172 9968532",
            "172 9973185",
            "172 9973186",
            "172 9980752",
            "174 9091317",
            "174 9464308",
            "176 040690 xx",
        ],
    },
    // Arcep, plan national de numérotation (décision 2018-0881), 2.5.12.
    Plan {
        country: "33",
        reserved: &[
            "1 99 00 xx xx",
            "2 61 91 xx xx",
            "3 53 01 xx xx",
            "4 65 71 xx xx",
            "5 36 49 xx xx",
            "6 39 98 xx xx",
        ],
    },
    // ComReg, numbers for drama use.
    Plan {
        country: "353",
        reserved: &["20 91x xxxx"],
    },
    // Post- och telestyrelsen, telephone numbers for books and films.
    Plan {
        country: "46",
        reserved: &[
            "8 465 004 xx",
            "31 390 06 xx",
            "40 628 04 xx",
            "70 174 06 05",
            "70 174 06 06",
            "70 174 06 07",
            "70 174 06 08",
            "70 174 06 09",
            "70 174 06 nx",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_numbers_are_known_however_they_are_written() {
        for reserved in [
            "07700 900123",
            "+44 7700 900 123",
            "+44 (0)7700 900123",
            "+44 (0) 20 7946 0958",
            "0044 7700 900123",
            "0044 (0)7700 900123",
            "(0113) 496 0999",
            "01632 960000",
            "028 9649 6999",
            "029 2018 0482",
            "0909 8790461",
            "555-0123",
            "(212) 555-0100",
            "+1 212 555 0199",
            "001 212 555 0199",
            "800-555-0199",
            "+61 2 5550 9988",
            "+61 (0)491 570 156",
            "0061 491 579 760",
            "+33 6 39 98 12 34",
            "+33 (0)1 99 00 67 89",
            "+49 171 3920054",
            "0049 30 23125 001",
            "+49 (0)152 28817386",
            "+353 20 912 3456",
            "+46 70 174 06 05",
            "+46 (0)8-465 004 12",
        ] {
            assert!(is_reserved(reserved), "{reserved}");
        }
    }

    #[test]
    fn numbers_that_people_may_have_are_not_reserved() {
        for other in [
            // Beside a range, shorter and longer than it.
            "07700 901123",
            "07700 800123",
            "020 7946 1000",
            "07700 90012",
            "07700 9001234",
            "0044 7700 901123",
            "+44 (0)7700 901123",
            "+46 70 174 06 04",
            // 555 elsewhere than in the range.
            "+44 800 555 0100",
            "(212) 555-1234",
            "(212) 555-0200",
            "800-555-0100",
            "+351 915 550 100",
            "07555 012345",
            // They count up, and are somebody's.
            "+351 912 345 678",
            "+49 30 912345678",
            "01234 567890",
            "01 23 45 67 89",
            "0123456789",
            // Without a country code they may be another country's.
            "02 5550 9988",
            "06 39 98 12 34",
            "070-174 06 58",
        ] {
            assert!(!is_reserved(other), "{other}");
        }
    }
}
