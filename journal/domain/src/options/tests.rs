//! Which places a start has to bind.

use super::{ContainerPort, HostPlace, Protocol, PublishedPort, Publishing};

fn port(number: u16, protocol: Protocol) -> ContainerPort {
    ContainerPort { number, protocol }
}

fn published(number: u16, places: usize) -> PublishedPort {
    let place = HostPlace { first_port: 8000, last_port: 8000, ..HostPlace::any() };
    PublishedPort { port: port(number, Protocol::Tcp), places: vec![place; places] }
}

fn told(publishing: &Publishing) -> Vec<String> {
    let exposed = ["53/udp".to_owned(), "80/tcp".to_owned(), "9/sctp".to_owned()];
    let places = publishing.places(&exposed);
    places.map(|(port, place)| format!("{port} on {}", place.first_port)).collect()
}

#[test]
fn only_what_is_asked_for_is_bound() {
    let publishing = Publishing { all: false, ports: vec![published(80, 2), published(90, 0)] };
    assert_eq!(told(&publishing), ["80/tcp on 8000", "80/tcp on 8000"]);
}

#[test]
fn all_means_each_port_that_has_no_place_yet_once() {
    let publishing = Publishing { all: true, ports: vec![published(80, 1), published(90, 0)] };
    assert_eq!(told(&publishing), ["80/tcp on 8000", "53/udp on 0", "90/tcp on 0"]);
}

#[test]
fn a_port_reads_back_as_it_is_written() {
    for text in ["80/tcp", "53/udp"] {
        assert_eq!(ContainerPort::parse(text).unwrap().to_string(), text);
    }
    for text in ["80", "80/sctp", "x/tcp", "65536/tcp", ""] {
        assert_eq!(ContainerPort::parse(text), None, "{text}");
    }
}
