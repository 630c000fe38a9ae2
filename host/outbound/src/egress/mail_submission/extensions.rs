//! What a mail server offers in its answer to EHLO.

/// The offers that a submission uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) start_tls: bool,
    pub(super) size: bool,
    pub(super) eight_bit: bool,
    pub(super) plain: bool,
    pub(super) login: bool,
}

impl Extensions {
    /// Reads the lines of an answer to EHLO; the first is the server's name.
    pub(super) fn of(lines: &[String]) -> Extensions {
        let mut offers = Extensions::default();
        for line in lines.iter().skip(1) {
            let upper = line.to_ascii_uppercase();
            let mut words = upper.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => offers.start_tls = true,
                Some("SIZE") => offers.size = true,
                Some("8BITMIME") => offers.eight_bit = true,
                Some("AUTH") => {
                    for mechanism in words {
                        offers.plain |= mechanism == "PLAIN";
                        offers.login |= mechanism == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Extensions {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Extensions::of(&lines)
    }

    #[test]
    fn offers_are_read_in_any_case_and_the_name_is_no_offer() {
        assert_eq!(of(&["STARTTLS"]), Extensions::default());
        assert_eq!(
            of(&["x", "STARTTLSX", "AUTH PLAINER"]),
            Extensions::default()
        );
        assert_eq!(of(&[]), Extensions::default());
        let all = Extensions {
            start_tls: true,
            size: true,
            eight_bit: true,
            plain: true,
            login: true,
        };
        let lines = [
            "x",
            "starttls",
            "Size 10",
            "8bitMIME",
            "AUTH LOGIN plain",
            "HELP",
        ];
        assert_eq!(of(&lines), all);
        let old = of(&["x", "AUTH=LOGIN", "AUTH"]);
        assert!(old.login && !old.plain);
    }
}
