//! Every refusal and its status.

use super::*;

fn check(refusal: Refusal, status: u16) {
    let error = ApiError::from(refusal.clone());
    assert_eq!(error.status().as_u16(), status, "{refusal:?}");
    assert_eq!(error.message(), refusal.to_string());
}

#[test]
fn each_kind_of_refusal_has_its_status() {
    check(Refusal::NoSuchContainer("x".into()), 404);
    check(Refusal::NoSuchExec("x".into()), 404);
    check(Refusal::NoSuchImage("x".into()), 404);
    check(Refusal::AmbiguousId("x".into()), 400);
    check(Refusal::InvalidParameter("x".into()), 400);
    check(Refusal::Conflict("x".into()), 409);
    check(Refusal::NotModified("x".into()), 304);
    check(Refusal::NotImplemented("x".into()), 501);
    check(Refusal::Exhausted("x".into()), 503);
    check(Refusal::Rejected { status: 413, reason: "x".into() }, 413);
}

#[test]
fn an_overloaded_engine_asks_to_come_back() {
    let error = ApiError::from(SubmitError::Overloaded { waited: Duration::from_secs(30) });
    assert_eq!(error.record(), OnRecord::Impossible);
    let response = error.into_response();
    assert_eq!(response.status().as_u16(), 503);
    assert_eq!(response.headers()[RETRY_AFTER], "1");
}

#[test]
fn not_modified_has_no_body() {
    let response = ApiError::from(Refusal::NotModified("already".into())).into_response();
    assert_eq!(response.status().as_u16(), 304);
    assert!(response.headers().get("content-type").is_none());
}

#[test]
fn a_refusal_of_the_engine_tells_its_record() {
    let refusal = Refusal::Conflict("taken".into());
    let error = ApiError::from(SubmitError::Refused { seq: Seq::new(7), refusal });
    assert_eq!(error.record(), OnRecord::At(Seq::new(7)));
    assert_eq!(error.into_response().headers()[reply::SEQ_HEADER], "7");
}

#[test]
fn a_program_that_cannot_run_is_the_clients_fault_and_all_else_is_not() {
    assert_eq!(ApiError::start_failed(127, "x").status().as_u16(), 400);
    assert_eq!(ApiError::start_failed(126, "x").status().as_u16(), 400);
    assert_eq!(ApiError::start_failed(128, "x").status().as_u16(), 500);
}

#[test]
fn a_command_that_no_record_can_hold_is_413_and_names_both_sizes() {
    let error = ApiError::from(SubmitError::TooLarge { size_bytes: 7, limit_bytes: 5 });
    assert_eq!((error.status().as_u16(), error.record()), (413, OnRecord::NotYet));
    assert!(error.message().contains("7 bytes, at most 5"), "{}", error.message());
}
