//! Attributes of logs, as dockerd writes them.

use std::collections::BTreeMap;

use super::{Logged, check_log_attributes, log_attributes};

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn shown(options: &[(&str, &str)]) -> Result<String, String> {
    let options = map(options);
    check_log_attributes(&options).map_err(|error| error.to_string())?;
    let logged = Logged {
        id: "89aaf8a2e3390000",
        name: "web",
        image_id: "sha256:1704e3ba9192",
        image: "busybox",
        command: &["sh".into(), "-c".into(), "echo one".into()],
        labels: &map(&[("a", "x y,=~*"), ("red", "1"), ("other", "2")]),
        env: &["E=é".into(), "Rax=3".into(), "PATH=/bin".into(), "bare".into()],
    };
    log_attributes(&options, &logged).map_err(|error| error.to_string())
}

#[test]
fn labels_and_variables_are_chosen_by_name_and_by_pattern() {
    let chosen =
        [("labels", "a,z"), ("labels-regex", "^re"), ("env", "E,Q"), ("env-regex", "^R.x")];
    assert_eq!(shown(&chosen).unwrap(), "E=%C3%A9,Rax=3,a=x+y%2C%3D~%2A,red=1");
    assert_eq!(shown(&[]).unwrap(), "");
    assert_eq!(shown(&[("max-size", "1m"), ("labels", "")]).unwrap(), "");
}

#[test]
fn a_tag_is_filled_with_what_the_container_is() {
    let tag = "{{.Name}}/{{.ImageName}}/{{.ID}} {{ .ImageID }} {{.DaemonName}} {{.Command}}";
    let filled = "tag=web%2Fbusybox%2F89aaf8a2e339+sha256%3A1704e+docker+sh+-c+echo+one";
    assert_eq!(shown(&[("tag", tag)]).unwrap(), filled);
    assert_eq!(shown(&[("tag", "plain")]).unwrap(), "tag=plain");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let refused = |name: &str, value: &str| shown(&[(name, value)]).unwrap_err();
    assert!(refused("labels-regex", "(").contains("error parsing regexp"));
    assert!(refused("env-regex", "[").contains("error parsing regexp"));
    assert!(refused("tag", "{{.Name").ends_with("log-tag:1: unclosed action"));
    assert!(refused("tag", "{{.Nope}}").contains("can't evaluate \".Nope\"; there are {{.ID}}"));
    assert!(refused("tag", "{{upper .Name}}").contains("can't evaluate"));
}
