//! Lookups and listings.

use std::{collections::BTreeSet, sync::Arc};

use journal_domain::{ContainerSpec, Refusal};
use projector_containers::{ContainerFilter, NameMatch, PhaseName, State};

use crate::kit::World;

#[derive(Debug)]
struct Contains(&'static str);

impl NameMatch for Contains {
    fn is_match(&self, name: &str) -> bool {
        name.contains(self.0)
    }
}

fn world(names: &[&str]) -> World {
    let mut world = World::with_image();
    for name in names {
        let spec = ContainerSpec {
            image: "busybox".into(),
            labels: [("app".to_owned(), (*name).to_owned())].into(),
            ..ContainerSpec::default()
        };
        world.create(name, spec).unwrap();
    }
    world
}

fn list(state: &State, filter: &ContainerFilter) -> Vec<String> {
    state.list(filter).map(|container| container.name.to_string()).collect()
}

#[test]
fn a_container_is_found_by_id_name_and_unique_prefix() {
    let world = world(&["web", "api"]);
    let id = world.id("web").to_string();
    for target in [id.as_str(), &id[..12], &id[..3], "web", "/web"] {
        assert_eq!(world.state.find(target).unwrap().name.as_str(), "web", "{target}");
    }
    assert_eq!(world.state.find("0").unwrap_err(), Refusal::AmbiguousId("0".into()));
    for target in ["", "nosuch", "ff", "01010102", "0g", &"0".repeat(65)] {
        assert_eq!(
            world.state.find(target).unwrap_err(),
            Refusal::NoSuchContainer(target.into()),
            "{target}"
        );
    }
}

#[test]
fn a_name_wins_over_a_prefix() {
    let world = world(&["web", "01"]);
    assert_eq!(world.state.find("01").unwrap().name.as_str(), "01");
}

#[test]
fn a_listing_has_the_newest_first_and_filters_narrow_it() {
    let world = world(&["one", "two", "three"]);
    let state = &world.state;
    assert_eq!(list(state, &ContainerFilter::default()), ["three", "two", "one"]);
    let label = |value: &str| ("app".to_owned(), Some(value.to_owned()));
    let by = |filter: ContainerFilter| list(state, &filter);
    let names: Vec<Arc<dyn NameMatch>> = vec![Arc::new(Contains("o")), Arc::new(Contains("thr"))];
    assert_eq!(by(ContainerFilter { names, ..Default::default() }), ["three", "two", "one"]);
    assert_eq!(by(ContainerFilter { labels: vec![label("two")], ..Default::default() }), ["two"]);
    let both = vec![label("two"), label("one")];
    assert!(by(ContainerFilter { labels: both, ..Default::default() }).is_empty());
    let before = Some(world.id("two"));
    assert_eq!(by(ContainerFilter { before, ..Default::default() }), ["one"]);
    let since = Some(world.id("two"));
    assert_eq!(by(ContainerFilter { since, ..Default::default() }), ["three"]);
    let phases = BTreeSet::from([PhaseName::Running]);
    assert!(by(ContainerFilter { phases, ..Default::default() }).is_empty());
    let networks = vec!["bridge".to_owned()];
    assert_eq!(by(ContainerFilter { networks, ..Default::default() }).len(), 3);
    let ids = vec![world.id("one").short()];
    assert_eq!(by(ContainerFilter { ids, ..Default::default() }), ["one"]);
    let volumes = vec!["data".to_owned()];
    assert!(by(ContainerFilter { volumes, ..Default::default() }).is_empty());
}
