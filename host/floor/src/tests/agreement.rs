//! The floor against the reference implementation, over random events.

use proptest::prelude::*;

use super::events::{Event, event};
use super::paired_floors::PairedFloors;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_indexed_floor_behaves_as_the_reference_floor(
        events in prop::collection::vec((event(), prop::bool::weighted(0.7)), 1..120),
    ) {
        let mut floors = PairedFloors::new();
        for (event, compares) in events {
            let time_passes = matches!(event, Event::Pass(_));
            floors.apply(event);
            if compares || time_passes {
                floors.offer_and_compare();
            }
        }
        floors.offer_and_compare();
    }
}
