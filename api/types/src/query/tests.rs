//! Query strings and their plain values.

use proptest::prelude::*;

use super::Query;

fn value(text: &str) -> Query {
    Query(vec![("k".to_owned(), text.to_owned())])
}

#[test]
fn pairs_are_decoded_in_order_and_the_first_value_counts() {
    let query = Query::parse("a=1&b=x+y%2Bz&a=2&c&=d&&e=%C3%A9").unwrap();
    assert_eq!(query.get("a"), Some("1"));
    assert_eq!(query.get_all("a").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(query.get("b"), Some("x y+z"));
    assert_eq!(query.get("c"), Some(""));
    assert_eq!(query.get("e"), Some("é"));
    assert_eq!(query.get("f"), None);
}

#[test]
fn broken_queries_are_refused_with_the_words_of_go() {
    let cases = [
        ("a=%zz", r#"invalid URL escape "%zz""#),
        ("a=%2", r#"invalid URL escape "%2""#),
        ("%=1", r#"invalid URL escape "%""#),
        ("a=1;b=2", "invalid semicolon separator in query"),
        ("a=%ff", "invalid UTF-8 in query"),
    ];
    for (raw, error) in cases {
        assert_eq!(Query::parse(raw).unwrap_err().to_string(), error, "{raw}");
    }
    assert!(Query::parse(&"a=1&".repeat(1_024)).is_ok());
    assert!(Query::parse(&"a=1&".repeat(1_025)).is_err());
}

#[test]
fn everything_but_the_five_words_for_no_is_true() {
    for no in ["", "0", "no", "false", "none", "FALSE", "No", " none ", "  "] {
        assert!(!value(no).bool("k"), "{no:?}");
    }
    for yes in ["1", "true", "True", "yes", "on", "2", "f", "off", "00"] {
        assert!(value(yes).bool("k"), "{yes:?}");
    }
    assert!(!Query::default().bool("k"));
    assert!(Query::default().bool_or("k", true));
    assert!(!value("").bool_or("k", true));
}

#[test]
fn numbers_are_read_as_go_reads_them() {
    assert_eq!(Query::default().int("k"), Ok(None));
    assert_eq!(value("").int("k"), Ok(None));
    assert_eq!(value("-1").int("k"), Ok(Some(-1)));
    assert_eq!(value("+7").int("k"), Ok(Some(7)));
    let cases = [
        ("x", r#"strconv.ParseInt: parsing "x": invalid syntax"#),
        (" 1", r#"strconv.ParseInt: parsing " 1": invalid syntax"#),
        ("1.5", r#"strconv.ParseInt: parsing "1.5": invalid syntax"#),
        ("+", r#"strconv.ParseInt: parsing "+": invalid syntax"#),
        ("+-1", r#"strconv.ParseInt: parsing "+-1": invalid syntax"#),
        (
            "9223372036854775808",
            r#"strconv.ParseInt: parsing "9223372036854775808": value out of range"#,
        ),
    ];
    for (text, error) in cases {
        assert_eq!(value(text).int("k").unwrap_err().to_string(), error);
    }
    let atoi = value("x").atoi("k").unwrap_err().to_string();
    assert_eq!(atoi, r#"strconv.Atoi: parsing "x": invalid syntax"#);
}

proptest! {
    #[test]
    fn any_text_survives_its_encoding(text in "\\PC*") {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let query = Query::parse(&format!("k={encoded}")).unwrap();
        prop_assert_eq!(query.get("k"), Some(text.as_str()));
    }

    #[test]
    fn no_query_panics(raw in any::<String>()) {
        let _ = Query::parse(&raw);
    }
}
