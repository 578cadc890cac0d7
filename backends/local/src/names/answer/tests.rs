//! Questions as resolvers send them, and what comes back.

use std::net::IpAddr;

use expect_test::{Expect, expect};

use super::*;

/// One network: `db` has two addresses, `web` one of IPv6; nothing leads out.
#[derive(Debug)]
struct OneNetwork;

impl Names for OneNetwork {
    fn resolve(&self, _asker: &ContainerId, name: &str) -> Vec<IpAddr> {
        let texts: &[&str] = match name {
            "db" | "my_db.1" => &["10.0.0.2", "10.0.0.3"],
            "web" => &["fd00::2"],
            _ => &[],
        };
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn name_at(&self, _asker: &ContainerId, address: IpAddr) -> Option<String> {
        (address.to_string() == "10.0.0.2").then(|| "my_db.back".to_owned())
    }

    fn has_names(&self, _container: &ContainerId) -> bool {
        true
    }

    fn has_way_out(&self, _container: &ContainerId) -> bool {
        false
    }

    fn servers(&self, _container: &ContainerId) -> Vec<IpAddr> {
        Vec::new()
    }
}

async fn asked(bytes: &[u8], way: Way) -> Option<Message> {
    let asker = ContainerId::from_bytes([1; 32]);
    let answer = answer(bytes, way, asker, &OneNetwork).await?;
    Some(Message::from_vec(&answer).unwrap())
}

fn question(name: &str, kind: RecordType) -> Vec<u8> {
    let mut message = Message::new(6, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    let name = Name::from_labels(name.split('.').map(str::as_bytes)).unwrap();
    message.add_query(Query::query(name, kind));
    message.to_vec().unwrap()
}

async fn check(name: &str, kind: RecordType, told: Expect) {
    let message = asked(&question(name, kind), Way::Datagram).await.unwrap();
    assert_eq!((message.metadata.id, message.metadata.recursion_desired), (6, true));
    let answers: Vec<String> =
        message.answers.iter().map(|record| record.data.to_string()).collect();
    let said = format!("{:?} {}", message.metadata.response_code, answers.join(" "));
    told.assert_eq(said.trim());
}

#[tokio::test]
async fn names_of_the_network_have_their_addresses() {
    check("db", RecordType::A, expect!["NoError 10.0.0.2 10.0.0.3"]).await;
    check("my_db.1", RecordType::A, expect!["NoError 10.0.0.2 10.0.0.3"]).await;
    check("web", RecordType::AAAA, expect!["NoError fd00::2"]).await;
}

#[tokio::test]
async fn a_known_name_without_an_address_of_the_family_is_no_error() {
    check("db", RecordType::AAAA, expect!["NoError"]).await;
    check("web", RecordType::A, expect!["NoError"]).await;
}

#[tokio::test]
async fn addresses_of_the_network_have_their_names() {
    check("2.0.0.10.in-addr.arpa", RecordType::PTR, expect!["NoError my_db.back."]).await;
    check("9.0.0.10.in-addr.arpa", RecordType::PTR, expect!["ServFail"]).await;
}

#[tokio::test]
async fn nothing_is_asked_of_others_where_nothing_leads_out() {
    check("outside.example", RecordType::A, expect!["ServFail"]).await;
    check("db", RecordType::MX, expect!["ServFail"]).await;
}

#[tokio::test]
async fn what_is_no_question_has_no_good_answer() {
    assert!(asked(&[1, 2, 3], Way::Datagram).await.is_none(), "nobody to answer");
    let mut response = question("db", RecordType::A);
    response[2] |= 0x80;
    assert!(asked(&response, Way::Datagram).await.is_none(), "an answer");
    let cut = &question("db", RecordType::A)[..14];
    let told = asked(cut, Way::Datagram).await.unwrap();
    assert_eq!(told.metadata.response_code, ResponseCode::FormErr);
    let none = Message::new(6, MessageType::Query, OpCode::Query).to_vec().unwrap();
    let told = asked(&none, Way::Connection).await.unwrap();
    assert_eq!(told.metadata.response_code, ResponseCode::FormErr);
    let status = Message::new(6, MessageType::Query, OpCode::Status).to_vec().unwrap();
    let told = asked(&status, Way::Connection).await.unwrap();
    assert_eq!(told.metadata.response_code, ResponseCode::NotImp);
}
