//! The table, and the rows that name its ids.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{chapters, id_of, parse};

#[test]
fn a_test_is_named_for_its_row() {
    assert_eq!(id_of("d_031_the_exit_code_is_the_programs_own").as_deref(), Some("D-031"));
    assert_eq!(id_of("w_002_namespaces_are_not_the_hosts").as_deref(), Some("W-002"));
    for other in ["j_001_every_change", "d_31_short", "d_03x_odd", "merge", "d"] {
        assert_eq!(id_of(other), None, "{other}");
    }
}

#[test]
fn every_id_is_there_once() {
    let chapters = chapters().expect("the table is well formed");
    let ids: Vec<_> =
        chapters.iter().flat_map(|chapter| &chapter.features).map(|feature| &feature.id).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
}

#[test]
fn every_row_names_an_id_of_the_table() {
    let ids = ids();
    for row in crate::all_rows() {
        let id = id_of(row.name);
        assert!(id.as_ref().is_some_and(|id| ids.contains(id)), "{} names no row", row.name);
    }
}

#[test]
fn every_test_of_our_own_server_that_looks_like_a_row_is_one() {
    let ids = ids();
    let folder = PathBuf::from("../e2e/tests/server");
    let mut found = 0;
    let mut paths = vec![folder];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).expect("the suite is there");
            paths.extend(entries.map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let text = std::fs::read_to_string(path).expect("a source");
        for name in text.split("fn ").skip(1).filter_map(|rest| rest.split('(').next()) {
            let Some(id) = id_of(name) else { continue };
            assert!(ids.contains(&id), "{name} names no row");
            found += 1;
        }
    }
    assert!(found > 0, "the suite has rows");
}

fn ids() -> BTreeSet<String> {
    let chapters = chapters().expect("the table is well formed");
    chapters.into_iter().flat_map(|chapter| chapter.features).map(|feature| feature.id).collect()
}

#[test]
fn no_two_rows_have_one_name() {
    let rows = crate::all_rows();
    let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows.len());
}

#[test]
fn a_line_without_an_id_is_refused() {
    assert!(parse("# chapter\nping D-001\n").is_err());
    assert!(parse("# chapter\nX-001 ping\n").is_err());
}
