//! Rules: what a packet is compared with, and what becomes of it (`linux/netfilter/nf_tables.h`).

use std::net::Ipv4Addr;

use super::message::Attributes;

/// The bytes of an interface's name as the kernel compares it.
const INTERFACE_NAME_BYTES: usize = 16;

/// The register that values are loaded into before they are compared.
const REGISTER: u32 = 1;
/// The register that a verdict is put into.
const VERDICT_REGISTER: u32 = 0;

const LIST_ELEMENT: u16 = 1;
const EXPRESSION_NAME: u16 = 1;
const EXPRESSION_DATA: u16 = 2;
const DATA_VALUE: u16 = 1;
const DATA_VERDICT: u16 = 2;
const VERDICT_CODE: u16 = 1;

const META_REGISTER: u16 = 1;
const META_KEY: u16 = 2;
const KEY_INPUT_INTERFACE: u32 = 6;
const KEY_OUTPUT_INTERFACE: u32 = 7;

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

const BITWISE_SOURCE: u16 = 1;
const BITWISE_DESTINATION: u16 = 2;
const BITWISE_SIZE: u16 = 3;
const BITWISE_MASK: u16 = 4;
const BITWISE_XOR: u16 = 5;

const CONNECTION_REGISTER: u16 = 1;
const CONNECTION_KEY: u16 = 2;
const KEY_STATE: u32 = 0;
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
        let mut load = Attributes::default();
        load.number(PAYLOAD_REGISTER, REGISTER);
        load.number(PAYLOAD_BASE, BASE_NETWORK_HEADER);
        load.number(PAYLOAD_OFFSET, SENDER_OFFSET_BYTES);
        load.number(PAYLOAD_SIZE, 4);
        self.push("payload", &load);
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix_bits)).unwrap_or(0);
        self.mask(&mask.to_be_bytes());
        self.compare(Comparison::Equal, &network.octets());
        self
    }

    /// Only packets of connections that are there already, or that belong to one.
    pub(super) fn of_known_connection(mut self) -> Self {
        let mut load = Attributes::default();
        load.number(CONNECTION_REGISTER, REGISTER);
        load.number(CONNECTION_KEY, KEY_STATE);
        self.push("ct", &load);
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

    fn load_meta(&mut self, key: u32) {
        let mut load = Attributes::default();
        load.number(META_REGISTER, REGISTER);
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
