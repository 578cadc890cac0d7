//! An authority in a directory.

use std::{fs, os::unix::fs::PermissionsExt as _};

use api_access::{AccessError, Authority, ClientNames, Usage};

use crate::harness::{issue_client, issue_server, real_now};

#[test]
fn keys_are_private_and_an_authority_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let tls = folder.path().join("tls");
    let authority = Authority::in_folder(&tls);
    assert!(matches!(authority.list(), Err(AccessError::NoAuthority(_))));
    authority.make("us", real_now()).unwrap();
    issue_server(&authority);
    let alice = authority.client_folder("alice");
    issue_client(&authority, "alice", &alice, real_now());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for key in [tls.join("ca-key.pem"), tls.join("server-key.pem"), alice.join("key.pem")] {
        assert_eq!(mode(&key), 0o600, "{}", key.display());
    }
    assert_eq!((mode(&tls), mode(&alice)), (0o700, 0o700));
    let before = fs::read(tls.join("ca-key.pem")).unwrap();
    assert!(matches!(authority.make("us", real_now()), Err(AccessError::ThereAlready(_))));
    let names = ClientNames { name: "alice".into(), group: None };
    let again = authority.issue_client(&names, &alice, real_now(), 1);
    assert!(matches!(again, Err(AccessError::ThereAlready(_))));
    assert_eq!(fs::read(tls.join("ca-key.pem")).unwrap(), before);
}

#[test]
fn what_was_issued_is_listed_with_its_standing() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::in_folder(folder.path());
    authority.make("us", real_now()).unwrap();
    issue_server(&authority);
    for name in ["one", "two"] {
        issue_client(&authority, "alice", &folder.path().join(name), real_now());
    }
    let listed = authority.list().unwrap();
    let clients: Vec<_> =
        listed.iter().filter(|listed| listed.certificate.usage == Usage::Client).collect();
    assert_eq!((listed.len(), clients.len()), (3, 2));
    assert!(clients.iter().all(|listed| listed.certificate.groups == ["ops"]));
    let server = listed.iter().find(|listed| listed.certificate.usage == Usage::Server).unwrap();
    assert_eq!(server.certificate.hosts, ["localhost", "127.0.0.1"]);

    let serial = &clients[0].certificate.serial;
    authority.revoke(serial, real_now()).unwrap();
    let again = authority.revoke(serial, real_now());
    assert!(matches!(again, Err(AccessError::NoSuch(_))));
    let rest = authority.revoke("alice", real_now()).unwrap();
    assert_eq!(rest.len(), 1);
    assert_ne!(&rest[0].serial, serial);
    assert!(matches!(authority.revoke("nobody", real_now()), Err(AccessError::NoSuch(_))));
    let revoked = authority.list().unwrap().into_iter().filter(|listed| listed.revoked.is_some());
    assert_eq!(revoked.count(), 2);
}

#[test]
fn revoking_at_the_same_time_forgets_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::in_folder(folder.path());
    authority.make("us", real_now()).unwrap();
    let names: Vec<String> = (0..8).map(|at| format!("client-{at}")).collect();
    for name in &names {
        issue_client(&authority, name, &folder.path().join(name), real_now());
    }
    std::thread::scope(|scope| {
        for name in &names {
            let authority = &authority;
            scope.spawn(move || authority.revoke(name, real_now()).unwrap());
        }
    });
    assert!(authority.list().unwrap().iter().all(|listed| listed.revoked.is_some()));
}
