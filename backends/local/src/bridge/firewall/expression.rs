//! Rules: what a packet is compared with, and what becomes of it (`linux/netfilter/nf_tables.h`).

use std::net::Ipv4Addr;

use super::message::{Attributes, DATA_VALUE, LIST_ELEMENT};

/// The bytes of an interface's name as the kernel compares it.
const INTERFACE_NAME_BYTES: usize = 16;

/// The register that values are loaded into before they are compared.
const REGISTER: u32 = 1;
/// The register that a verdict is put into.
const VERDICT_REGISTER: u32 = 0;

const EXPRESSION_NAME: u16 = 1;
const EXPRESSION_DATA: u16 = 2;
const DATA_VERDICT: u16 = 2;
const VERDICT_CODE: u16 = 1;

const META_REGISTER: u16 = 1;
const META_KEY: u16 = 2;
const KEY_INPUT_INTERFACE: u32 = 6;
const KEY_OUTPUT_INTERFACE: u32 = 7;
const KEY_PROTOCOL: u32 = 16;

const COMPARE_REGISTER: u16 = 1;
const COMPARE_OPERATOR: u16 = 2;
const COMPARE_DATA: u16 = 3;

const PAYLOAD_REGISTER: u16 = 1;
const PAYLOAD_BASE: u16 = 2;
const PAYLOAD_OFFSET: u16 = 3;
const PAYLOAD_SIZE: u16 = 4;
const BASE_NETWORK_HEADER: u32 = 1;
/// Where an IPv4 header has the sender's address.
const SENDER_OFFSET_BYTES: u32 = 12;
/// Where an IPv4 header has the receiver's address.
const RECEIVER_OFFSET_BYTES: u32 = 16;
const BASE_TRANSPORT_HEADER: u32 = 2;
/// Where the headers of TCP and UDP have the sender's port.
const SENDER_PORT_OFFSET_BYTES: u32 = 0;
/// Where the headers of TCP and UDP have the receiver's port.
const PORT_OFFSET_BYTES: u32 = 2;
/// Where TCP's header has its sum.
const TCP_SUM_OFFSET_BYTES: u32 = 16;
/// Where UDP's header has its sum.
const UDP_SUM_OFFSET_BYTES: u32 = 6;
const PAYLOAD_SOURCE: u16 = 5;
const PAYLOAD_SUM_KIND: u16 = 6;
const PAYLOAD_SUM_OFFSET: u16 = 7;
/// A sum as those of TCP and UDP are.
const SUM_OF_WORDS: u32 = 1;

/// TCP, as the headers of IP number protocols.
pub(super) const PROTOCOL_TCP: u8 = 6;
/// UDP, as the headers of IP number protocols.
pub(super) const PROTOCOL_UDP: u8 = 17;

const LOOKUP_SET: u16 = 1;
const LOOKUP_SOURCE: u16 = 2;
const LOOKUP_DESTINATION: u16 = 3;

const NAT_KIND: u16 = 1;
const NAT_FAMILY: u16 = 2;
const NAT_ADDRESS_REGISTER: u16 = 3;
const NAT_PORT_REGISTER: u16 = 5;
const NAT_DESTINATION: u32 = 1;
const FAMILY_IPV4: u32 = 2;

const ROUTE_REGISTER: u16 = 1;
const ROUTE_RESULT: u16 = 2;
const ROUTE_FLAGS: u16 = 3;
const ROUTE_OF_RECEIVER: u32 = 2;
const RESULT_ADDRESS_KIND: u32 = 3;
/// The kind of the host's own addresses, in the processor's own byte order.
const KIND_LOCAL: u32 = 2;

/// Registers of four bytes each, in which keys of several parts are put together.
const WORD_REGISTERS: [u32; 3] = [8, 9, 10];

const BITWISE_SOURCE: u16 = 1;
const BITWISE_DESTINATION: u16 = 2;
const BITWISE_SIZE: u16 = 3;
const BITWISE_MASK: u16 = 4;
const BITWISE_XOR: u16 = 5;

const CONNECTION_REGISTER: u16 = 1;
const CONNECTION_KEY: u16 = 2;
const KEY_STATE: u32 = 0;
const KEY_STATUS: u32 = 2;
/// The bit of connections whose receiver has been exchanged.
const STATUS_TRANSLATED: u32 = 1 << 5;
/// The bits of `established` and `related`.
const STATE_KNOWN: u32 = 0b110;

const IMMEDIATE_REGISTER: u16 = 1;
const IMMEDIATE_DATA: u16 = 2;
const DROP: u32 = 0;
const ACCEPT: u32 = 1;

/// How a loaded value is compared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Comparison {
    Equal = 0,
    NotEqual = 1,
}

/// Of the two ends of a packet, the one that sent it or the one that gets it.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Sender,
    Receiver,
}

/// A rule: its conditions from left to right, then its verdict.
#[derive(Debug, Default)]
pub(super) struct Rule {
    expressions: Attributes,
}

// === impl Rule ===

impl Rule {
    /// Only packets that came in by `interface`, or did not.
    pub(super) fn entering_by(mut self, interface: &str, comparison: Comparison) -> Self {
        self.load_meta(KEY_INPUT_INTERFACE);
        self.compare(comparison, &interface_name(interface));
        self
    }

    /// Only packets that go out by `interface`, or do not.
    pub(super) fn leaving_by(mut self, interface: &str, comparison: Comparison) -> Self {
        self.load_meta(KEY_OUTPUT_INTERFACE);
        self.compare(comparison, &interface_name(interface));
        self
    }

    /// Only packets whose sender is in a network.
    pub(super) fn sent_from(mut self, network: Ipv4Addr, prefix_bits: u8) -> Self {
        self.load_header(REGISTER, BASE_NETWORK_HEADER, SENDER_OFFSET_BYTES, 4);
        self.compare_network(network, prefix_bits, Comparison::Equal);
        self
    }

    /// Only packets whose receiver is in a network, or is not.
    pub(super) fn sent_to(
        mut self,
        network: Ipv4Addr,
        prefix_bits: u8,
        comparison: Comparison,
    ) -> Self {
        self.load_header(REGISTER, BASE_NETWORK_HEADER, RECEIVER_OFFSET_BYTES, 4);
        self.compare_network(network, prefix_bits, comparison);
        self
    }

    /// Only packets with this address at one end.
    pub(super) fn with_address(mut self, end: End, address: Ipv4Addr) -> Self {
        let offset_bytes = match end {
            End::Sender => SENDER_OFFSET_BYTES,
            End::Receiver => RECEIVER_OFFSET_BYTES,
        };
        self.load_header(REGISTER, BASE_NETWORK_HEADER, offset_bytes, 4);
        self.compare(Comparison::Equal, &address.octets());
        self
    }

    /// Exchanges one port at one end of TCP's or UDP's packets for another, in the packet itself: no connection is remembered.
    pub(super) fn exchange_port(mut self, end: End, protocol: u8, from: u16, to: u16) -> Self {
        let sum_offset_bytes = match protocol {
            PROTOCOL_TCP => TCP_SUM_OFFSET_BYTES,
            _ => UDP_SUM_OFFSET_BYTES,
        };
        let offset_bytes = match end {
            End::Sender => SENDER_PORT_OFFSET_BYTES,
            End::Receiver => PORT_OFFSET_BYTES,
        };
        self.load_meta(KEY_PROTOCOL);
        self.compare(Comparison::Equal, &[protocol]);
        self.load_header(REGISTER, BASE_TRANSPORT_HEADER, offset_bytes, 2);
        self.compare(Comparison::Equal, &from.to_be_bytes());
        let mut immediate = Attributes::default();
        immediate.number(IMMEDIATE_REGISTER, REGISTER);
        immediate.nested(IMMEDIATE_DATA, &value(&to.to_be_bytes()));
        self.push("immediate", &immediate);
        let mut write = Attributes::default();
        write.number(PAYLOAD_SOURCE, REGISTER);
        write.number(PAYLOAD_BASE, BASE_TRANSPORT_HEADER);
        write.number(PAYLOAD_OFFSET, offset_bytes);
        write.number(PAYLOAD_SIZE, 2);
        write.number(PAYLOAD_SUM_KIND, SUM_OF_WORDS);
        write.number(PAYLOAD_SUM_OFFSET, sum_offset_bytes);
        self.push("payload", &write);
        self
    }

    /// Only packets whose receiver is one of the host's own addresses.
    pub(super) fn meant_for_this_host(mut self) -> Self {
        let mut route = Attributes::default();
        route.number(ROUTE_REGISTER, REGISTER);
        route.number(ROUTE_RESULT, RESULT_ADDRESS_KIND);
        route.number(ROUTE_FLAGS, ROUTE_OF_RECEIVER);
        self.push("fib", &route);
        self.compare(Comparison::Equal, &KIND_LOCAL.to_ne_bytes());
        self
    }

    /// Only packets of connections whose receiver has been exchanged.
    pub(super) fn of_translated_connection(mut self) -> Self {
        self.load_connection(KEY_STATUS);
        self.mask(&STATUS_TRANSLATED.to_ne_bytes());
        self.compare(Comparison::NotEqual, &[0; 4]);
        self
    }

    /// Exchanges the receiver for what a map has for protocol and port; without an entry the packet goes on.
    pub(super) fn translate_by_port(mut self, map: &str) -> Self {
        let [protocol, port, _] = WORD_REGISTERS;
        self.load_meta_into(protocol, KEY_PROTOCOL);
        self.load_header(port, BASE_TRANSPORT_HEADER, PORT_OFFSET_BYTES, 2);
        self.translate(map);
        self
    }

    /// Exchanges the receiver for what a map has for address, protocol and port; without an entry the packet goes on.
    pub(super) fn translate_by_place(mut self, map: &str) -> Self {
        let [address, protocol, port] = WORD_REGISTERS;
        self.load_header(address, BASE_NETWORK_HEADER, RECEIVER_OFFSET_BYTES, 4);
        self.load_meta_into(protocol, KEY_PROTOCOL);
        self.load_header(port, BASE_TRANSPORT_HEADER, PORT_OFFSET_BYTES, 2);
        self.translate(map);
        self
    }

    /// Only packets of connections that are there already, or that belong to one.
    pub(super) fn of_known_connection(mut self) -> Self {
        self.load_connection(KEY_STATE);
        // The state is a number of the processor's own byte order.
        self.mask(&STATE_KNOWN.to_ne_bytes());
        self.compare(Comparison::NotEqual, &[0; 4]);
        self
    }

    pub(super) fn accept(self) -> Self {
        self.verdict(ACCEPT)
    }

    pub(super) fn drop(self) -> Self {
        self.verdict(DROP)
    }

    /// Gives the packet the address of the interface by which it leaves.
    pub(super) fn masquerade(mut self) -> Self {
        self.push("masq", &Attributes::default());
        self
    }

    pub(super) fn into_attributes(self) -> Attributes {
        self.expressions
    }

    fn verdict(mut self, code: u32) -> Self {
        let mut verdict = Attributes::default();
        verdict.number(VERDICT_CODE, code);
        let mut data = Attributes::default();
        data.nested(DATA_VERDICT, &verdict);
        let mut immediate = Attributes::default();
        immediate.number(IMMEDIATE_REGISTER, VERDICT_REGISTER);
        immediate.nested(IMMEDIATE_DATA, &data);
        self.push("immediate", &immediate);
        self
    }

    /// Puts what a map has for the key in the registers into them, and has it for the receiver.
    fn translate(&mut self, map: &str) {
        let [key, ..] = WORD_REGISTERS;
        let mut lookup = Attributes::default();
        lookup.text(LOOKUP_SET, map);
        lookup.number(LOOKUP_SOURCE, key);
        lookup.number(LOOKUP_DESTINATION, key);
        self.push("lookup", &lookup);
        let [address, port, _] = WORD_REGISTERS;
        let mut nat = Attributes::default();
        nat.number(NAT_KIND, NAT_DESTINATION);
        nat.number(NAT_FAMILY, FAMILY_IPV4);
        nat.number(NAT_ADDRESS_REGISTER, address);
        nat.number(NAT_PORT_REGISTER, port);
        self.push("nat", &nat);
    }

    fn load_header(&mut self, register: u32, base: u32, offset_bytes: u32, size_bytes: u32) {
        let mut load = Attributes::default();
        load.number(PAYLOAD_REGISTER, register);
        load.number(PAYLOAD_BASE, base);
        load.number(PAYLOAD_OFFSET, offset_bytes);
        load.number(PAYLOAD_SIZE, size_bytes);
        self.push("payload", &load);
    }

    fn compare_network(&mut self, network: Ipv4Addr, prefix_bits: u8, comparison: Comparison) {
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix_bits)).unwrap_or(0);
        self.mask(&mask.to_be_bytes());
        self.compare(comparison, &network.octets());
    }

    fn load_connection(&mut self, key: u32) {
        let mut load = Attributes::default();
        load.number(CONNECTION_REGISTER, REGISTER);
        load.number(CONNECTION_KEY, key);
        self.push("ct", &load);
    }

    fn load_meta(&mut self, key: u32) {
        self.load_meta_into(REGISTER, key);
    }

    fn load_meta_into(&mut self, register: u32, key: u32) {
        let mut load = Attributes::default();
        load.number(META_REGISTER, register);
        load.number(META_KEY, key);
        self.push("meta", &load);
    }

    fn mask(&mut self, mask: &[u8; 4]) {
        let mut bitwise = Attributes::default();
        bitwise.number(BITWISE_SOURCE, REGISTER);
        bitwise.number(BITWISE_DESTINATION, REGISTER);
        bitwise.number(BITWISE_SIZE, 4);
        bitwise.nested(BITWISE_MASK, &value(mask));
        bitwise.nested(BITWISE_XOR, &value(&[0; 4]));
        self.push("bitwise", &bitwise);
    }

    fn compare(&mut self, comparison: Comparison, with: &[u8]) {
        let mut compare = Attributes::default();
        compare.number(COMPARE_REGISTER, REGISTER);
        compare.number(COMPARE_OPERATOR, comparison as u32);
        compare.nested(COMPARE_DATA, &value(with));
        self.push("cmp", &compare);
    }

    fn push(&mut self, name: &str, data: &Attributes) {
        let mut expression = Attributes::default();
        expression.text(EXPRESSION_NAME, name);
        expression.nested(EXPRESSION_DATA, data);
        self.expressions.nested(LIST_ELEMENT, &expression);
    }
}

fn value(bytes: &[u8]) -> Attributes {
    let mut data = Attributes::default();
    data.raw(DATA_VALUE, bytes);
    data
}

fn interface_name(name: &str) -> [u8; INTERFACE_NAME_BYTES] {
    let mut padded = [0; INTERFACE_NAME_BYTES];
    // The last byte stays zero, whatever the name is.
    for (place, byte) in padded[..INTERFACE_NAME_BYTES - 1].iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    padded
}
