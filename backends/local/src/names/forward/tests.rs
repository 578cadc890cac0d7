//! What is taken for an answer.

use super::*;

#[tokio::test]
async fn loopback_servers_of_the_container_are_not_the_hosts() {
    let chosen = ["127.0.0.1", "10.0.0.1", "::1"].map(|text| text.parse().unwrap());
    let asked: Vec<String> =
        servers(chosen.to_vec()).await.iter().map(ToString::to_string).collect();
    assert_eq!(asked, ["10.0.0.1"]);
}

#[test]
fn an_answer_has_the_questions_number_and_says_that_it_is_one() {
    let question = [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let answer = |number: u8, flags: u8| [1, number, flags, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    assert!(is_answer(&question, &answer(2, 0x81)));
    assert!(!is_answer(&question, &answer(3, 0x81)), "another number");
    assert!(!is_answer(&question, &answer(2, 0x01)), "a question");
    assert!(!is_answer(&question, &answer(2, 0x81)[..4]), "cut short");
}
