//! Where frames go.

use std::collections::BTreeMap;

use journal_log::Seq;
use proptest::collection::vec;
use proptest::prelude::*;

use super::Placement;
use crate::ring::PAGE_BYTES;
use crate::ring::header::HEADERS_BYTES;

const AREA_PAGES: u64 = 16;

proptest! {
    /// Whatever is overwritten is said to be, and nothing that is not said to be is overwritten.
    #[test]
    fn a_frame_overwrites_what_its_place_says(pages in vec(1..=AREA_PAGES / 2, 1..60)) {
        let mut placement = Placement::new(AREA_PAGES * PAGE_BYTES, &[]);
        let mut owners = BTreeMap::new();
        let mut overwritten = 0;
        for (count, pages) in (1..).zip(pages) {
            let place = placement.place(pages * PAGE_BYTES, Seq::new(count));
            let first = (place.offset - HEADERS_BYTES) / PAGE_BYTES;
            prop_assert_eq!(place.offset % PAGE_BYTES, 0);
            prop_assert!(first + pages <= AREA_PAGES);
            overwritten = place.overwrites.get().max(overwritten);
            for page in first..first + pages {
                if let Some(old) = owners.insert(page, count) {
                    prop_assert!(old <= overwritten, "frame {} goes without a word", old);
                }
            }
            let still: Vec<u64> = owners.values().copied().filter(|owner| *owner == count - 1).collect();
            prop_assert!(count == 1 || !still.is_empty(), "the frame before is still there");
        }
    }
}
