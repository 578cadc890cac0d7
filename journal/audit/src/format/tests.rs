//! Tests of the forms against what their public schemas require.

use serde_json::Value;

use super::{Format, Formatter};
use crate::kit::{Log, everything};
use crate::{ExportRequest, Filter};

fn lines(format: Format, filter: Filter) -> Vec<Value> {
    let text = Log::with(40).export(&ExportRequest { filter, ..everything(format) });
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn part() -> Filter {
    Filter { actor: Some("uid:1".into()), ..Filter::default() }
}

/// Required by CloudEvents 1.0.2, "Required Attributes"; each is a string that is not empty.
const CLOUDEVENTS: [&str; 4] = ["id", "source", "specversion", "type"];

#[test]
fn cloud_events_have_what_the_specification_requires() {
    for event in lines(Format::CloudEvents, part())
        .iter()
        .chain(&lines(Format::CloudEvents, Filter::default()))
    {
        for name in CLOUDEVENTS {
            assert!(event[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {event}");
        }
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["datacontenttype"], "application/json");
        let names = event.as_object().unwrap().keys();
        let is_good = |name: &str| name.bytes().all(|letter| letter.is_ascii_alphanumeric());
        assert!(names.clone().all(|name| is_good(name)), "names of attributes: {names:?}");
    }
    let all = lines(Format::CloudEvents, Filter::default());
    let mut ids: Vec<&str> = all.iter().map(|event| event["id"].as_str().unwrap()).collect();
    ids.dedup();
    assert_eq!(ids.len(), 40, "source and id together name one event");
}

/// Required by OCSF 1.3.0: `events/base_event.json` with its includes, `events/application/api_activity.json`,
/// `objects/metadata.json`, `objects/api.json` of github.com/ocsf/ocsf-schema.
const OCSF: [&str; 9] = [
    "/activity_id",
    "/category_uid",
    "/class_uid",
    "/severity_id",
    "/time",
    "/type_uid",
    "/metadata/version",
    "/metadata/product/vendor_name",
    "/api/operation",
];

/// Objects of which the schema wants at least one attribute of a list (`constraints` of `objects/actor.json`,
/// `user.json`, `network_endpoint.json`, `product.json`).
const OCSF_ONE_OF: [(&str, &[&str]); 4] = [
    ("/actor", &["process", "user", "invoked_by", "session", "app_name", "app_uid"]),
    ("/actor/user", &["account", "name", "uid"]),
    ("/src_endpoint", &["ip", "uid", "name", "hostname", "svc_name", "instance_uid"]),
    ("/metadata/product", &["name", "uid"]),
];

#[test]
fn ocsf_events_have_what_the_schema_requires() {
    for event in lines(Format::Ocsf, part()).iter().chain(&lines(Format::Ocsf, Filter::default())) {
        for path in OCSF {
            assert!(event.pointer(path).is_some_and(|value| !value.is_null()), "{path}: {event}");
        }
        for (path, names) in OCSF_ONE_OF {
            let object = event.pointer(path).unwrap();
            assert!(names.iter().any(|name| object[name] != Value::Null), "{path}: {event}");
        }
        let activity = event["activity_id"].as_u64().unwrap();
        assert!([1, 2, 3, 4, 99].contains(&activity), "{event}");
        assert_eq!(event["type_uid"], 600_300 + activity);
        assert_eq!((&event["class_uid"], &event["category_uid"]), (&6003.into(), &6.into()));
        assert!(event["time"].as_u64().unwrap() >= 1_700_000_000_000, "milliseconds: {event}");
    }
}

#[test]
fn ocsf_tells_refusals_as_failures_with_their_reason() {
    let all = lines(Format::Ocsf, Filter::default());
    let refused = all.iter().find(|event| event["status_id"] == 2).unwrap();
    assert_eq!(refused["status_detail"], "the name is \"taken\"");
    assert_eq!(refused["status_code"], "409");
    assert_eq!(
        (&refused["src_endpoint"]["ip"], &refused["src_endpoint"]["port"]),
        (&"127.0.0.1".into(), &5000.into())
    );
    assert_eq!(refused["activity_name"], "Create");
}

/// Reads RFC 4180 by its grammar.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut is_quoted) =
        (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut field)),
            '\r' if !is_quoted && letters.peek() == Some(&'\n') => {
                letters.next();
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            _ => field.push(letter),
        }
    }
    assert!(row.is_empty() && field.is_empty() && !is_quoted, "a row without an end");
    rows
}

#[test]
fn comma_separated_values_have_a_row_for_each_record_and_no_formulas() {
    let rows = csv(&Log::with(40).export(&everything(Format::Csv)));
    assert_eq!(rows.len(), 41);
    for row in &rows {
        assert_eq!(row.len(), rows[0].len());
        assert!(row.iter().all(|field| !field.starts_with('=')), "{row:?}");
    }
    let reason = rows[0].iter().position(|name| name == "reason").unwrap();
    assert!(rows.iter().any(|row| row[reason] == "the name is \"taken\""));
}

#[test]
fn a_part_says_that_it_is_one() {
    let filter = serde_json::to_value(part()).unwrap();
    assert_eq!(lines(Format::Jsonl, part())[0]["filter"], filter);
    assert_eq!(lines(Format::CloudEvents, part())[0]["data"]["filter"], filter);
    assert_eq!(lines(Format::Ocsf, part())[0]["unmapped"]["filter"], filter);
    let text = Log::with(40).export(&ExportRequest { filter: part(), ..everything(Format::Csv) });
    assert!(text.lines().next().unwrap().contains("filtered by"), "{text}");
    assert!(lines(Format::Jsonl, Filter::default())[0]["filter"].is_null());
}

#[test]
fn formats_are_known_by_their_names() {
    for format in [Format::Jsonl, Format::Csv, Format::CloudEvents, Format::Ocsf] {
        assert_eq!(format.name().parse(), Ok(format));
        assert!(Formatter::new(format, "log").format == format);
    }
    assert_eq!(
        "xml".parse::<Format>().unwrap_err().to_string(),
        "\"xml\" is no format: jsonl, csv, cloudevents and ocsf are"
    );
}
