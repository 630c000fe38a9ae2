//! The floor against the plain rules, over random sequences of events.

use proptest::prelude::*;

use super::both::Both;
use super::events::{Event, event};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_floor_does_what_looking_at_everything_does(
        events in prop::collection::vec((event(), prop::bool::weighted(0.7)), 1..120),
    ) {
        let mut both = Both::new();
        for (event, settle) in events {
            let passes = matches!(event, Event::Pass(_));
            both.go(event);
            if settle || passes {
                both.settle();
            }
        }
        both.settle();
    }
}
