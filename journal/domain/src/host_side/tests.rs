//! Containers that are shared with are found, and named by their ids.

use super::*;

fn shared(pid: &str, ipc: &str) -> Namespaces {
    Namespaces {
        pid: Some(Sharing::Container(pid.to_owned())),
        ipc: Some(IpcMode::Sharing(Sharing::Container(ipc.to_owned()))),
        host_uts: true,
        host_cgroup: false,
    }
}

#[test]
fn names_become_ids_where_they_are_known() {
    let namespaces = shared("web", "gone");
    assert_eq!(namespaces.peers().collect::<Vec<_>>(), ["web", "gone"]);
    let resolved = namespaces.resolved(|text| (text == "web").then(|| "01ab".to_owned()));
    assert_eq!(resolved, shared("01ab", "gone"));
}

#[test]
fn the_host_is_no_peer() {
    let host = Namespaces {
        pid: Some(Sharing::Host),
        ipc: Some(IpcMode::Sharing(Sharing::Host)),
        ..Namespaces::default()
    };
    assert_eq!(host.peers().count(), 0);
    assert_eq!(host.resolved(|_| Some("01ab".to_owned())), host);
}

#[test]
fn only_what_is_shareable_is_lent() {
    let of = |ipc| Namespaces { ipc, ..Namespaces::default() }.lends_ipc();
    assert!(of(Some(IpcMode::Shareable)) && of(Some(IpcMode::Sharing(Sharing::Host))));
    assert!(!of(None) && !of(Some(IpcMode::None)));
}
