//! Which room means which level.

use std::path::Path;

use api_docker::Level;

use super::Marks;

const MIB: u64 = 1 << 20;

#[test]
fn marks_follow_the_disk_unless_they_are_set() {
    let marks =
        |soft, hard, total| Marks::new(soft, hard, total).map(|m| (m.soft_bytes, m.hard_bytes));
    assert_eq!(marks(None, None, 10 << 30).unwrap(), (2048 * MIB, 512 * MIB));
    assert_eq!(marks(None, None, 100 << 30).unwrap(), (5120 * MIB, 512 * MIB));
    assert_eq!(marks(Some(8 * MIB), None, 100 << 30).unwrap(), (8 * MIB, 8 * MIB));
    assert_eq!(marks(None, Some(4 << 30), 10 << 30).unwrap(), (4096 * MIB, 4096 * MIB));
    assert_eq!(marks(Some(8 * MIB), Some(MIB), 1 << 30).unwrap(), (8 * MIB, MIB));
    let error = marks(Some(MIB), Some(8 * MIB), 1 << 30).unwrap_err().to_string();
    assert!(error.contains("8388608 bytes is above"), "{error}");
}

#[test]
fn a_level_is_entered_at_its_mark_and_left_a_little_above() {
    let marks = Marks::new(Some(32 * MIB), Some(16 * MIB), 1 << 30).unwrap();
    let mut level = Level::Open;
    let mut walk = |available: u64, expected: Level| {
        level = marks.level(available, level);
        assert_eq!(level, expected, "{available}");
    };
    walk(32 * MIB, Level::Open);
    walk(32 * MIB - 1, Level::NoGrowth);
    walk(33 * MIB, Level::NoGrowth);
    walk(16 * MIB - 1, Level::FreesOnly);
    walk(16 * MIB + MIB / 2, Level::FreesOnly);
    walk(17 * MIB, Level::NoGrowth);
    walk(34 * MIB, Level::Open);
    walk(0, Level::FreesOnly);
    walk(1 << 30, Level::Open);
}

#[test]
fn the_ballast_is_made_well_above_the_hard_mark() {
    let marks = Marks::new(Some(32 * MIB), Some(16 * MIB), 1 << 30).unwrap();
    assert!(!marks.has_room_for(8 * MIB, 24 * MIB - 1));
    assert!(marks.has_room_for(8 * MIB, 24 * MIB));
}

#[test]
fn a_reason_names_the_free_bytes_and_the_mark() {
    let marks = Marks::new(Some(32 * MIB), Some(16 * MIB), 1 << 30).unwrap();
    let reason = |level| marks.reason(level, 5_000_000, Path::new("/data"));
    assert_eq!(reason(Level::Open), "");
    for (level, mark) in [(Level::NoGrowth, "33554432"), (Level::FreesOnly, "16777216")] {
        let reason = reason(level);
        for part in ["no space left", "5000000 bytes are free in /data", mark] {
            assert!(reason.contains(part), "{reason}");
        }
    }
}
