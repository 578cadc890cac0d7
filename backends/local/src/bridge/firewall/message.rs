//! Transactions of nf_tables messages (`linux/netfilter/nfnetlink.h`, `linux/netfilter/nf_tables.h`).

use std::io;

use rtnetlink::sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};
use rustix::io::Errno;

use super::expression::Rule;

/// The subsystem number of nf_tables.
const SUBSYSTEM: u16 = 10;

// Message types: the first two of any netfilter subsystem, the others of nf_tables.
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NEW_TABLE: u16 = SUBSYSTEM << 8;
const DELETE_TABLE: u16 = SUBSYSTEM << 8 | 2;
const NEW_CHAIN: u16 = SUBSYSTEM << 8 | 3;
const NEW_RULE: u16 = SUBSYSTEM << 8 | 6;
const NEW_SET: u16 = SUBSYSTEM << 8 | 9;
const NEW_ELEMENTS: u16 = SUBSYSTEM << 8 | 12;
const DELETE_ELEMENTS: u16 = SUBSYSTEM << 8 | 14;
/// The type of the kernel's answers, with an error number that is zero where all is well.
const ANSWER: u16 = 2;

// Flags of a message.
const REQUEST: u16 = 0x1;
const ACKNOWLEDGE: u16 = 0x4;
const CREATE: u16 = 0x400;
const APPEND: u16 = 0x800;

/// IPv4, as netfilter numbers families.
const FAMILY_IPV4: u8 = 2;
/// IPv6, as netfilter numbers families.
const FAMILY_IPV6: u8 = 10;
/// Marks an attribute that holds attributes.
const NESTED: u16 = 0x8000;
const HEADER_BYTES: usize = 16;

// Attributes of tables, chains, hooks and rules.
const TABLE_NAME: u16 = 1;
const CHAIN_TABLE: u16 = 1;
const CHAIN_NAME: u16 = 3;
const CHAIN_HOOK: u16 = 4;
const CHAIN_POLICY: u16 = 5;
const CHAIN_TYPE: u16 = 7;
const HOOK_NUMBER: u16 = 1;
const HOOK_PRIORITY: u16 = 2;
const RULE_TABLE: u16 = 1;
const RULE_CHAIN: u16 = 2;
const RULE_EXPRESSIONS: u16 = 4;
const SET_TABLE: u16 = 1;
const SET_NAME: u16 = 2;
const SET_FLAGS: u16 = 3;
const SET_KEY_TYPE: u16 = 4;
const SET_KEY_BYTES: u16 = 5;
const SET_DATA_TYPE: u16 = 6;
const SET_DATA_BYTES: u16 = 7;
const SET_ID: u16 = 10;
/// The set has a value for each key.
const SET_IS_MAP: u32 = 8;
const ELEMENTS_TABLE: u16 = 1;
const ELEMENTS_SET: u16 = 2;
const ELEMENTS_LIST: u16 = 3;
const ELEMENT_KEY: u16 = 1;
const ELEMENT_DATA: u16 = 2;
pub(super) const LIST_ELEMENT: u16 = 1;
pub(super) const DATA_VALUE: u16 = 1;

/// Elements of one message: as an attribute they have to stay within 64 kilobytes.
const ELEMENTS_MAX: usize = 256;

/// The verdict of a chain whose rules say nothing: accept.
const POLICY_ACCEPT: u32 = 1;

/// Where a chain is called from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hook {
    number: u32,
    priority: i32,
}

/// Changes that happen all or not at all.
#[derive(Debug)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    family: u8,
    /// Messages that the kernel answers.
    awaited: u32,
    next_sequence: u32,
}

/// Attributes in the order in which they were added, each with its length and padded to four bytes.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    bytes: Vec<u8>,
}

// === impl Hook ===

impl Hook {
    /// At the priority of destination address translation.
    pub(super) const PREROUTING: Self = Self { number: 0, priority: -100 };
    /// At the priority of destination address translation.
    pub(super) const OUTPUT: Self = Self { number: 3, priority: -100 };
    /// What the host itself sends, before it is known to belong to a connection.
    pub(super) const BEFORE_CONNECTIONS: Self = Self { number: 3, priority: -300 };
    /// What the host itself sends, once it is known to belong to a connection.
    pub(super) const AFTER_CONNECTIONS: Self = Self { number: 3, priority: -150 };
    pub(super) const FORWARD: Self = Self { number: 2, priority: 0 };
    /// At the priority of source address translation.
    pub(super) const POSTROUTING: Self = Self { number: 4, priority: 100 };
}

// === impl Batch ===

impl Batch {
    pub(super) fn new() -> Self {
        Self::of_family(FAMILY_IPV4)
    }

    /// Begins changes of tables that packets of IPv6 pass.
    pub(super) fn of_ipv6() -> Self {
        Self::of_family(FAMILY_IPV6)
    }

    fn of_family(family: u8) -> Self {
        let mut batch = Self { bytes: Vec::new(), family, awaited: 0, next_sequence: 0 };
        batch.push(BATCH_BEGIN, REQUEST, 0, SUBSYSTEM, &Attributes::default());
        batch
    }

    pub(super) fn add_table(&mut self, name: &str) {
        let mut table = Attributes::default();
        table.text(TABLE_NAME, name);
        self.change(NEW_TABLE, CREATE, &table);
    }

    pub(super) fn delete_table(&mut self, name: &str) {
        let mut table = Attributes::default();
        table.text(TABLE_NAME, name);
        self.change(DELETE_TABLE, 0, &table);
    }

    pub(super) fn add_chain(&mut self, table: &str, name: &str, kind: &str, hook: Hook) {
        let mut place = Attributes::default();
        place.number(HOOK_NUMBER, hook.number);
        place.number(HOOK_PRIORITY, hook.priority.cast_unsigned());
        let mut chain = Attributes::default();
        chain.text(CHAIN_TABLE, table);
        chain.text(CHAIN_NAME, name);
        chain.nested(CHAIN_HOOK, &place);
        chain.number(CHAIN_POLICY, POLICY_ACCEPT);
        chain.text(CHAIN_TYPE, kind);
        self.change(NEW_CHAIN, CREATE, &chain);
    }

    pub(super) fn add_rule(&mut self, table: &str, chain: &str, rule: Rule) {
        let mut attributes = Attributes::default();
        attributes.text(RULE_TABLE, table);
        attributes.text(RULE_CHAIN, chain);
        attributes.nested(RULE_EXPRESSIONS, &rule.into_attributes());
        self.change(NEW_RULE, CREATE | APPEND, &attributes);
    }

    /// Adds a map; keys and values each have a type for the eyes of tools, and a size in bytes.
    pub(super) fn add_map(&mut self, table: &str, name: &str, key: (u32, u32), value: (u32, u32)) {
        let mut set = Attributes::default();
        set.text(SET_TABLE, table);
        set.text(SET_NAME, name);
        set.number(SET_FLAGS, SET_IS_MAP);
        set.number(SET_KEY_TYPE, key.0);
        set.number(SET_KEY_BYTES, key.1);
        set.number(SET_DATA_TYPE, value.0);
        set.number(SET_DATA_BYTES, value.1);
        set.number(SET_ID, self.next_sequence);
        self.change(NEW_SET, CREATE, &set);
    }

    /// Adds elements to a map.
    pub(super) fn add_elements(
        &mut self,
        table: &str,
        map: &str,
        elements: &[(Vec<u8>, Option<Vec<u8>>)],
    ) {
        self.change_elements(NEW_ELEMENTS, CREATE, table, map, elements);
    }

    /// Deletes elements of a map, all of which must be there.
    pub(super) fn delete_elements(
        &mut self,
        table: &str,
        map: &str,
        elements: &[(Vec<u8>, Option<Vec<u8>>)],
    ) {
        self.change_elements(DELETE_ELEMENTS, 0, table, map, elements);
    }

    /// Deletes all elements of a map.
    pub(super) fn flush_map(&mut self, table: &str, map: &str) {
        let mut all = Attributes::default();
        all.text(ELEMENTS_TABLE, table);
        all.text(ELEMENTS_SET, map);
        self.change(DELETE_ELEMENTS, 0, &all);
    }

    fn change_elements(
        &mut self,
        kind: u16,
        flags: u16,
        table: &str,
        map: &str,
        elements: &[(Vec<u8>, Option<Vec<u8>>)],
    ) {
        for some in elements.chunks(ELEMENTS_MAX) {
            let mut list = Attributes::default();
            for (key, data) in some {
                let mut element = Attributes::default();
                element.value(ELEMENT_KEY, key);
                if let Some(data) = data {
                    element.value(ELEMENT_DATA, data);
                }
                list.nested(LIST_ELEMENT, &element);
            }
            let mut change = Attributes::default();
            change.text(ELEMENTS_TABLE, table);
            change.text(ELEMENTS_SET, map);
            change.nested(ELEMENTS_LIST, &list);
            self.change(kind, flags, &change);
        }
    }

    /// Gives the messages, for whoever sends them, and how many of them the kernel acknowledges.
    pub(super) fn into_messages(mut self) -> (Vec<u8>, u32) {
        self.push(BATCH_END, REQUEST, 0, SUBSYSTEM, &Attributes::default());
        (self.bytes, self.awaited)
    }

    /// Sends the changes and waits for the kernel's word on each.
    pub(super) fn commit(mut self) -> io::Result<()> {
        self.push(BATCH_END, REQUEST, 0, SUBSYSTEM, &Attributes::default());
        let mut socket = Socket::new(NETLINK_NETFILTER)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // The kernel has answered when the call returns; an answer that is missing is a fault, not something to
        // wait for.
        socket.set_non_blocking(true)?;
        socket.send(&self.bytes, 0)?;
        while self.awaited > 0 {
            let (bytes, _) = socket.recv_from_full()?;
            self.take_answers(&bytes)?;
        }
        Ok(())
    }

    fn take_answers(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some((header, rest)) = bytes.split_at_checked(HEADER_BYTES) {
            let size = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
            let kind = u16::from_ne_bytes([header[4], header[5]]);
            let body = rest.get(..size.saturating_sub(HEADER_BYTES)).ok_or(Errno::BADMSG)?;
            if let (ANSWER, Some(code)) = (kind, body.first_chunk::<4>()) {
                match i32::from_ne_bytes(*code) {
                    0 => self.awaited = self.awaited.saturating_sub(1),
                    code => return Err(Errno::from_raw_os_error(-code).into()),
                }
            }
            bytes = rest.get(padded(body.len())..).unwrap_or_default();
        }
        Ok(())
    }

    fn change(&mut self, kind: u16, flags: u16, attributes: &Attributes) {
        self.push(kind, REQUEST | ACKNOWLEDGE | flags, self.family, 0, attributes);
        self.awaited += 1;
    }

    fn push(&mut self, kind: u16, flags: u16, family: u8, resource: u16, attributes: &Attributes) {
        let size = HEADER_BYTES + 4 + attributes.bytes.len();
        let size = u32::try_from(size).expect("no message holds more elements than fit");
        self.bytes.extend(size.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(flags.to_ne_bytes());
        self.bytes.extend(self.next_sequence.to_ne_bytes());
        self.bytes.extend(0_u32.to_ne_bytes());
        // The netfilter header: family, version, and a number in network order.
        self.bytes.extend([family, 0]);
        self.bytes.extend(resource.to_be_bytes());
        self.bytes.extend(&attributes.bytes);
        self.next_sequence += 1;
    }
}

// === impl Attributes ===

impl Attributes {
    /// Adds a text, with the zero that ends it.
    pub(super) fn text(&mut self, kind: u16, text: &str) {
        self.raw(kind, &[text.as_bytes(), &[0]].concat());
    }

    /// Adds a number, in network order as nf_tables has them.
    pub(super) fn number(&mut self, kind: u16, number: u32) {
        self.raw(kind, &number.to_be_bytes());
    }

    pub(super) fn nested(&mut self, kind: u16, inner: &Self) {
        self.raw(kind | NESTED, &inner.bytes);
    }

    /// Adds bytes as rules and elements hold them.
    pub(super) fn value(&mut self, kind: u16, bytes: &[u8]) {
        let mut data = Self::default();
        data.raw(DATA_VALUE, bytes);
        self.nested(kind, &data);
    }

    pub(super) fn raw(&mut self, kind: u16, value: &[u8]) {
        let size = u16::try_from(value.len() + 4).expect("no message holds more elements than fit");
        self.bytes.extend(size.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.bytes.resize(padded(self.bytes.len()), 0);
    }
}

const fn padded(size: usize) -> usize {
    size.next_multiple_of(4)
}
