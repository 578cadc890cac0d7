//! Who is answered by which server, and what that one is asked.

use std::path::Path;

use api_http::{Identity, PeerKind};
use bytes::Bytes;
use tokio::sync::watch::Sender;

use super::*;

/// Two tenants whose servers are not up yet, and what says that they are.
fn doors() -> (TenantDoors, Vec<Sender<bool>>) {
    let (doors, openers) = [("red", ["token:red", "group:reds"]), ("blue", ["cert:blue", "x"])]
        .map(|(name, members)| {
            let members = members.map(str::to_owned).to_vec();
            let tenant = Arc::new(Tenant { name: name.to_owned(), members });
            let (opener, is_up) = watch::channel(false);
            let nowhere = Onward::new(Path::new("/nowhere"));
            (Door { tenant, docker: nowhere.clone(), operations: nowhere, is_up }, opener)
        })
        .into_iter()
        .unzip::<_, _, Vec<_>, Vec<_>>();
    let operators = ["token:root".to_owned(), page::PRINCIPAL.to_owned()].into();
    (TenantDoors { doors: doors.into(), operators, named_only: true }, openers)
}

/// Somebody who has proven to be `name`, of `group`; nothing where the name is empty.
fn request(name: &str, group: &str, target: &str) -> Request<RequestBody> {
    let identity = (!name.is_empty()).then(|| {
        let groups = vec![group.to_owned()];
        Arc::new(Identity { principal: name.to_owned(), groups, credential: String::new() })
    });
    let kind = PeerKind::Unix { uid: 0, gid: 0, pid: None };
    let mut request = Request::new(RequestBody::of_bytes(Bytes::new()));
    *request.uri_mut() = target.parse().unwrap();
    request.extensions_mut().insert(Peer { kind, listener: "unix:/x".into(), identity });
    request
}

fn chosen(doors: &TenantDoors, side: Side, request: &Request<RequestBody>) -> String {
    match doors.choose(side, request) {
        Choice::Own => "own".to_owned(),
        Choice::Theirs(door, entry, target) => {
            let target = target.map(|target| target.to_string()).unwrap_or_default();
            format!("{} {entry:?} {target}", door.tenant.name)
        }
        Choice::Refused(status, reason) => format!("{} {reason}", status.as_u16()),
    }
}

#[test]
fn operators_reach_every_tenant_and_members_their_own_alone() {
    let (doors, _openers) = doors();
    let inside = "/tenants/blue/v1.47/containers/json?all=1";
    let theirs = "blue Operator /v1.47/containers/json?all=1";
    let (not_here, nobody) = ("403 members of tenant red are not answered here", "403 you are of");
    for (name, group, docker, operations) in [
        ("token:root", "", theirs, theirs),
        ("token:page", "", theirs, theirs),
        ("", "", theirs, "401 what tenants do is told to who shows an operator's token"),
        ("token:red", "", "red Member ", not_here),
        ("token:mate", "reds", "red Member ", not_here),
        ("cert:blue", "", "blue Member ", "403 members of tenant blue are not answered here"),
        ("token:stray", "blue", nobody, nobody),
    ] {
        let request = request(name, group, inside);
        for (side, wanted) in [(Side::Docker, docker), (Side::Operations, operations)] {
            let chosen = chosen(&doors, side, &request);
            assert!(chosen.starts_with(wanted), "{name} {side:?}: {chosen}");
        }
    }
}

#[test]
fn what_stands_behind_a_tenants_name_is_what_its_server_is_asked() {
    let (doors, _openers) = doors();
    for (target, wanted) in [
        ("/tenants/red/at/12/events?since=0", "red Operator /at/12/events?since=0"),
        ("/tenants/red//x", "red Operator //x"),
        ("/tenants/red", "red Operator /"),
        ("/tenants/red?a=b/c", "red Operator /?a=b/c"),
        ("/tenants/red/tenants/blue/info", "red Operator /tenants/blue/info"),
        ("http://red.example/tenants/red/info", "red Operator /info"),
        ("/tenants/green/info", "404 no such tenant: green"),
        ("/tenants/re%64/info", "404 no such tenant: re%64"),
        ("/tenants/../info", "404 no such tenant: .."),
        ("/tenants/", "own"),
        ("/tenants", "own"),
        ("/v1.47/tenants/red/info", "own"),
        ("/info", "own"),
    ] {
        let request = request("token:root", "", target);
        assert_eq!(chosen(&doors, Side::Docker, &request), wanted, "{target}");
    }
}

#[test]
fn without_tenants_nobody_is_told_apart_unless_data_of_some_is_there() {
    let none = |named_only| TenantDoors {
        doors: [].into(),
        operators: ["token:root".to_owned()].into(),
        named_only,
    };
    let inside = request("token:red", "", "/tenants/red/info");
    assert_eq!(chosen(&none(false), Side::Operations, &inside), "own");
    let request = |name| request(name, "", "/info");
    for (name, wanted) in [("token:red", "403 "), ("token:root", "own"), ("", "own")] {
        assert_eq!(chosen(&none(false), Side::Docker, &request(name)), "own");
        let chosen = chosen(&none(true), Side::Docker, &request(name));
        assert!(chosen.starts_with(wanted), "{name}: {chosen}");
    }
}

#[tokio::test]
async fn a_server_that_never_comes_is_told_to_operators_as_one_that_is_not_up() {
    let (doors, openers) = doors();
    drop(openers);
    for (entry, status) in [(Entry::Operator, 503), (Entry::Member, 403)] {
        let request = request("token:root", "", "/info");
        let answer = doors.doors[0].clone().answer(Side::Docker, entry, request).await;
        assert_eq!(answer.status(), status, "{entry:?}");
    }
}
