//! What is understood of ports, and what is refused.

use super::*;

fn read(host: &str) -> Result<Option<Publishing>, Unfit> {
    publishing(&api_types::from_json(host.as_bytes()).unwrap())
}

fn places(bindings: &str) -> Vec<String> {
    let publishing = read(&format!(r#"{{"PortBindings":{bindings}}}"#)).unwrap().unwrap();
    let told = publishing.places(&[]).map(|(port, place)| {
        let address = place.address.map_or("*".to_owned(), |address| address.to_string());
        format!("{port} on {address} {}-{}", place.first_port, place.last_port)
    });
    told.collect()
}

fn refused(bindings: &str) -> Unfit {
    read(&format!(r#"{{"PortBindings":{bindings}}}"#)).unwrap_err()
}

#[test]
fn nothing_asked_for_is_nothing() {
    assert_eq!(read("{}").unwrap(), None);
    assert_eq!(read(r#"{"PortBindings":{},"PublishAllPorts":false}"#).unwrap(), None);
    assert!(read(r#"{"PublishAllPorts":true}"#).unwrap().unwrap().all);
}

#[test]
fn ports_are_read_in_all_their_forms() {
    assert_eq!(places(r#"{"80":[{"HostPort":"8080"}]}"#), ["80/tcp on * 8080-8080"]);
    assert_eq!(places(r#"{"53/UDP":[{"HostPort":""}]}"#), ["53/udp on * 0-0"]);
    assert_eq!(places(r#"{"53/udp":[{"HostPort":"0"}]}"#), ["53/udp on * 0-0"]);
    assert_eq!(
        places(r#"{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8000-8010"},{"HostIp":"[::1]"}]}"#),
        ["80/tcp on 127.0.0.1 8000-8010", "80/tcp on ::1 0-0"]
    );
    assert_eq!(places(r#"{"80/tcp":[{"HostPort":"8095/tcp"}]}"#), ["80/tcp on * 8095-8095"]);
    assert_eq!(places(r#"{"80/tcp":null,"81/tcp":[]}"#), [""; 0]);
}

#[test]
fn senseless_ports_are_refused_in_dockers_words() {
    for text in ["65536", "abc", "-5", " 80", "80-", "8010-8000", "+80"] {
        let bindings = format!(r#"{{"80/tcp":[{{"HostPort":"{text}"}}]}}"#);
        let message = format!("invalid port specification: \"{text}\"");
        assert_eq!(refused(&bindings), Unfit::Invalid(message));
    }
    for (port, named) in [("0/tcp", "0"), ("65536", "65536"), ("abc/udp", "abc"), ("", "")] {
        let message = format!("invalid port specification: \"{named}\"");
        assert_eq!(refused(&format!(r#"{{"{port}":[]}}"#)), Unfit::Invalid(message));
    }
    assert_eq!(
        refused(r#"{"80/tcp":[{"HostIp":"moon"}]}"#),
        Unfit::invalid("invalid IP address: moon")
    );
    assert_eq!(refused(r#"{"80/foo":[]}"#), Unfit::invalid("invalid transport protocol: foo"));
    assert!(matches!(refused(r#"{"80/sctp":[]}"#), Unfit::Unbuilt(_)));
}

#[test]
fn thousands_of_ports_are_too_many() {
    let bindings: Vec<String> =
        (1..=PLACES_MAX + 1).map(|port| format!(r#""{port}":[{{"HostPort":""}}]"#)).collect();
    assert_eq!(
        refused(&format!("{{{}}}", bindings.join(","))),
        Unfit::invalid("too many published ports: 4097, at most 4096 are possible")
    );
}
