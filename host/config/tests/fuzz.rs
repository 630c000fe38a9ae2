//! Parsers of values in configuration files, fed with mutated inputs.

use patchbay_config::duration::{ByteSize, Millis, Seconds};
use patchbay_fuzz::{Corpus, Reading, text};

#[test]
fn a_duration_or_size_is_read_back_as_it_is_written() {
    Corpus::of([
        "45s", "1h30m", "2d", "20ms", "1s500ms", "16MiB", "1GiB", "512B",
    ])
    .words(&[
        "d",
        "h",
        "m",
        "s",
        "ms",
        "KiB",
        "99999999999",
        "-",
        " ",
        "٣",
    ])
    .run(text(|text| {
        let seconds = text.parse::<Seconds>();
        let millis = text.parse::<Millis>();
        let size = text.parse::<ByteSize>();
        if let Ok(span) = seconds {
            assert_eq!(span.to_string().parse(), Ok(span));
        }
        if let Ok(span) = millis {
            assert_eq!(span.to_string().parse(), Ok(span));
        }
        if let Ok(size) = size {
            assert_eq!(size.to_string().parse(), Ok(size));
        }
        match (seconds, millis, size) {
            (Err(_), Err(_), Err(_)) => Reading::Rejected,
            _ => Reading::Accepted,
        }
    }));
}
