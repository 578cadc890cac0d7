//! One question and its answer.

use std::net::IpAddr;

use backends_core::Names;
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query, ResponseCode},
    rr::{
        DNSClass, Name, RData, Record, RecordType,
        rdata::{A, AAAA, PTR},
    },
};
use journal_domain::ContainerId;

use super::forward::forward;

/// How long an answer holds, in seconds: Docker's.
const HOLDS_SECONDS: u32 = 600;

/// The largest datagram that every resolver takes (RFC 1035, 2.3.4).
const DATAGRAM_BYTES_MAX: usize = 512;

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By a datagram.
    Datagram,
    /// Over a connection.
    Connection,
}

/// What the networks of a container know of a question.
enum Known {
    /// This.
    Answer(Vec<RData>),
    /// Nothing: others are asked.
    Nothing,
}

/// Answers a question of a container; `None` where it is none.
pub(super) async fn answer(
    question: &[u8],
    way: Way,
    asker: ContainerId,
    names: &dyn Names,
) -> Option<Vec<u8>> {
    let asked = match Message::from_vec(question) {
        Ok(asked) => asked,
        Err(_) => {
            // Without a head there is nobody to answer; an answer is never answered.
            let (&[high, low, flags, ..], true) =
                (question.first_chunk::<12>()?, question.len() >= 12)
            else {
                return None;
            };
            let id = u16::from_be_bytes([high, low]);
            return (flags & 0x80 == 0).then(|| refused(id, ResponseCode::FormErr)).flatten();
        }
    };
    let id = asked.metadata.id;
    match asked.metadata.message_type {
        MessageType::Query => {}
        MessageType::Response => return None,
    }
    if asked.metadata.op_code != OpCode::Query {
        return refused(id, ResponseCode::NotImp);
    }
    let [query] = &asked.queries[..] else { return refused(id, ResponseCode::FormErr) };
    match known(query, id, asker, names) {
        Known::Answer(records) => told(&asked, query, records, way),
        Known::Nothing => match forward(question, way, asker, names).await {
            Some(answer) => Some(answer),
            None => failed(&asked, query),
        },
    }
}

fn known(query: &Query, id: u16, asker: ContainerId, names: &dyn Names) -> Known {
    if query.query_class() != DNSClass::IN {
        return Known::Nothing;
    }
    let kind = query.query_type();
    if kind == RecordType::PTR {
        let address = whole_address(query.name());
        let name = address.and_then(|address| names.name_at(&asker, address));
        let name = name.and_then(|name| Name::from_labels(name.split('.').map(str::as_bytes)).ok());
        return name.map_or(Known::Nothing, |name| Known::Answer(vec![RData::PTR(PTR(name))]));
    }
    let is_ipv4 = kind == RecordType::A;
    if !is_ipv4 && kind != RecordType::AAAA {
        return Known::Nothing;
    }
    let mut addresses = names.resolve(&asker, &text(query.name()));
    if addresses.is_empty() {
        return Known::Nothing;
    }
    // Several of one name take turns in being the first.
    let turn = usize::from(id) % addresses.len();
    addresses.rotate_left(turn);
    let records = addresses.into_iter().filter_map(|address| match address {
        IpAddr::V4(address) if is_ipv4 => Some(RData::A(A(address))),
        IpAddr::V6(address) if !is_ipv4 => Some(RData::AAAA(AAAA(address))),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    });
    Known::Answer(records.collect())
}

/// Gives the name as people write it, without the dot at its end.
fn text(name: &Name) -> String {
    let labels: Vec<String> =
        name.iter().map(|label| String::from_utf8_lossy(label).into_owned()).collect();
    labels.join(".")
}

fn whole_address(name: &Name) -> Option<IpAddr> {
    let network = name.parse_arpa_name().ok()?;
    (network.prefix_len() == network.max_prefix_len()).then(|| network.addr())
}

fn told(asked: &Message, query: &Query, records: Vec<RData>, way: Way) -> Option<Vec<u8>> {
    let mut message = response(asked, query, ResponseCode::NoError);
    for data in records {
        message.add_answer(Record::from_rdata(query.name().clone(), HOLDS_SECONDS, data));
    }
    let bytes = message.to_vec().ok()?;
    let max = match way {
        Way::Datagram if asked.edns.is_some() => {
            usize::from(asked.max_payload()).max(DATAGRAM_BYTES_MAX)
        }
        Way::Datagram => DATAGRAM_BYTES_MAX,
        Way::Connection => usize::from(u16::MAX),
    };
    // What is cut short is asked for again over a connection.
    if bytes.len() > max { message.truncate().to_vec().ok() } else { Some(bytes) }
}

fn failed(asked: &Message, query: &Query) -> Option<Vec<u8>> {
    response(asked, query, ResponseCode::ServFail).to_vec().ok()
}

fn response(asked: &Message, query: &Query, code: ResponseCode) -> Message {
    let mut message = Message::response(asked.metadata.id, OpCode::Query);
    message.metadata.recursion_desired = asked.metadata.recursion_desired;
    message.metadata.recursion_available = true;
    message.metadata.response_code = code;
    message.add_query(query.clone());
    message
}

fn refused(id: u16, code: ResponseCode) -> Option<Vec<u8>> {
    Message::error_msg(id, OpCode::Query, code).to_vec().ok()
}

#[cfg(test)]
mod tests;
