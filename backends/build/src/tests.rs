//! Builds at a site that runs nothing: what is done, what is told, and what is not done again.

mod site;

use std::{collections::BTreeMap, fs, sync::Arc};

use expect_test::{Expect, expect};
use tempfile::TempDir;

use self::site::FakeSite;
use crate::{BuildOptions, Context, Dockerfile, build};

/// A site and a context that builds are done with.
struct Rig {
    site: FakeSite,
    context: TempDir,
}

impl Rig {
    fn new() -> Self {
        let context = tempfile::tempdir().unwrap();
        for (path, text) in [("f.txt", "f"), ("g.txt", "g"), ("dir/sub/y", "y")] {
            let path = context.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self { site: FakeSite::new(), context }
    }

    /// Builds, and gives what the client is told, or why it failed behind that.
    async fn build_with(&self, text: &str, options: &BuildOptions) -> String {
        let dockerfile = Dockerfile::parse(text, "Dockerfile").unwrap();
        let context = Arc::new(Context::open(self.context.path()).unwrap());
        let built = build(&self.site, &dockerfile, context, options).await;
        let said = self.site.take_said();
        match built {
            Ok(_) => said,
            Err(error) => format!("{said}! {error}"),
        }
    }

    async fn build(&self, text: &str) -> String {
        self.build_with(text, &BuildOptions::default()).await
    }

    async fn check(&self, text: &str, expected: Expect) {
        expected.assert_eq(&self.build(text).await);
    }
}

fn arguments(pairs: &[(&str, &str)]) -> BuildOptions {
    let pairs = pairs.iter().map(|(name, value)| ((*name).into(), Some((*value).into())));
    BuildOptions { arguments: pairs.collect(), ..BuildOptions::default() }
}

/// Counts the steps that were not done again.
fn cached(said: &str) -> usize {
    said.matches("Using cache").count()
}

#[tokio::test]
async fn a_build_tells_its_steps_and_runs_its_programs() {
    let rig = Rig::new();
    rig.check(
        "FROM base\nENV A=1 B=\"two words\"\nRUN echo $A\nRUN [\"prog\", \"x y\"]\nCMD go\n",
        expect![[r#"
            Step 1/5 : FROM base
             ---> 1
            Step 2/5 : ENV A=1 B="two words"
             ---> 2
            Step 3/5 : RUN echo $A
             ---> 3
            Step 4/5 : RUN ["prog", "x y"]
             ---> 4
            Step 5/5 : CMD go
             ---> 5
            = 5
        "#]],
    )
    .await;
    let runs = rig.site.runs();
    assert_eq!(runs[0].command, ["/bin/sh", "-c", "echo $A"]);
    assert_eq!(runs[1].command, ["prog", "x y"]);
    assert!(runs[0].env.contains(&"B=two words".to_owned()));
}

#[tokio::test]
async fn the_history_is_the_daemons() {
    let rig = Rig::new();
    rig.build(
        "FROM base\nMAINTAINER me@x\nARG foo=bar\nENV C three $A\nLABEL l=$foo \"m n\"=o\nRUN go\n\
         WORKDIR /w\nWORKDIR sub\nEXPOSE 80 90/udp\nVOLUME /data\nUSER 1000\n\
         HEALTHCHECK --interval=5s CMD true\nSHELL [\"/bin/sh\",\"-ec\"]\nSTOPSIGNAL SIGKILL\n\
         ONBUILD RUN echo onb\nCMD echo hi\nENTRYPOINT [\"/bin/sh\"]\n",
    )
    .await;
    let expected = expect![[r#"
        /bin/sh -c #(nop)  MAINTAINER me@x
        /bin/sh -c #(nop)  ARG foo=bar
        /bin/sh -c #(nop)  ENV C=three 
        /bin/sh -c #(nop)  LABEL l=bar m n=o
        |1 foo=bar /bin/sh -c go
        /bin/sh -c #(nop) WORKDIR /w
        /bin/sh -c #(nop) WORKDIR /w/sub
        /bin/sh -c #(nop)  EXPOSE 80 90/udp
        /bin/sh -c #(nop)  VOLUME [/data]
        /bin/sh -c #(nop)  USER 1000
        /bin/sh -c #(nop)  HEALTHCHECK &{["CMD-SHELL" "true"] "5s" "0s" "0s" '\x00'}
        /bin/sh -c #(nop)  SHELL [/bin/sh -ec]
        /bin/sh -ec #(nop)  STOPSIGNAL SIGKILL
        /bin/sh -ec #(nop)  ONBUILD RUN echo onb
        /bin/sh -ec #(nop)  CMD ["/bin/sh" "-ec" "echo hi"]
        /bin/sh -ec #(nop)  ENTRYPOINT ["/bin/sh"]"#]];
    let last = rig.site.last();
    expected.assert_eq(
        &last.config.history[1..]
            .iter()
            .map(|step| step.created_by.clone())
            .collect::<Vec<_>>()
            .join("\n"),
    );
    assert_eq!(last.config.author, "me@x");
}

#[tokio::test]
async fn the_same_build_again_does_nothing_and_makes_the_same_image() {
    let rig = Rig::new();
    let text = "FROM base\nENV A=1\nCOPY f.txt /d/\nRUN go\nCMD x\n";
    let first = rig.build(text).await;
    let again = rig.build(text).await;
    assert_eq!(cached(&again), 4, "{again}");
    assert_eq!(first.lines().last(), again.lines().last());
    assert_eq!(rig.site.runs().len(), 1);
    // Another time of a file is no other file; other bytes are.
    let file = rig.context.path().join("f.txt");
    let set = fs::File::options().write(true).open(&file).unwrap();
    set.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(cached(&rig.build(text).await), 4);
    fs::write(file, "other").unwrap();
    assert_eq!(cached(&rig.build(text).await), 1);
    let no_cache = BuildOptions { no_cache: true, ..BuildOptions::default() };
    assert_eq!(cached(&rig.build_with(text, &no_cache).await), 0);
}

#[tokio::test]
async fn an_argument_makes_another_step_of_the_programs_behind_it() {
    let rig = Rig::new();
    let text = "FROM base\nRUN one\nARG v=1\nRUN two\n";
    rig.build(text).await;
    let other = rig.build_with(text, &arguments(&[("v", "2")])).await;
    assert_eq!(cached(&other), 2, "{other}");
    assert!(rig.site.runs()[2].env.contains(&"v=2".to_owned()));
    let proxy = rig.build_with(text, &arguments(&[("HTTP_PROXY", "p")])).await;
    assert_eq!(cached(&proxy), 3, "a proxy makes no other image: {proxy}");
    let unused = rig.build_with(text, &arguments(&[("w", "x")])).await;
    assert!(unused.contains("[Warning] One or more build-args [w] were not consumed"), "{unused}");
}

#[tokio::test]
async fn only_the_stages_that_are_needed_are_built() {
    let rig = Rig::new();
    let text = "ARG B=base\nFROM $B AS one\nRUN one\nFROM base AS two\nRUN two\n\
                FROM one AS three\nCOPY --from=0 /x /y\nRUN three\n";
    let said = rig.build(text).await;
    assert!(said.contains("Step 6/6 : RUN three") && !said.contains("RUN two"), "{said}");
    let target = BuildOptions { target: "TWO".into(), ..BuildOptions::default() };
    let said = rig.build_with(text, &target).await;
    assert!(said.contains("RUN two") && !said.contains("RUN three"), "{said}");
    let target = BuildOptions { target: "four".into(), ..BuildOptions::default() };
    let said = rig.build_with(text, &target).await;
    assert_eq!(said, "! failed to reach build target four in Dockerfile");
}

#[tokio::test]
async fn triggers_of_an_image_come_first_and_are_not_the_next_ones() {
    let rig = Rig::new();
    rig.site
        .add("on", |config| config.config.on_build = vec!["RUN trigger".into(), "ENV T=1".into()]);
    let said = rig.build("FROM on\nRUN own\n").await;
    assert!(said.contains("# Executing 2 build triggers\n"), "{said}");
    let runs = rig.site.runs();
    assert_eq!((&runs[0].command[2], &runs[1].command[2]), (&"trigger".into(), &"own".into()));
    assert!(runs[1].env.contains(&"T=1".to_owned()));
    assert!(rig.site.last().config.config.on_build.is_empty());
}

#[tokio::test]
async fn an_image_that_is_named_spares_its_steps() {
    let rig = Rig::new();
    let text = "FROM base\nENV A=1\nRUN go\nCMD x\n";
    rig.build(text).await;
    rig.site.publish("pulled");
    rig.site.forget_steps();
    let options = BuildOptions { cache_from: vec!["pulled".into()], ..BuildOptions::default() };
    assert_eq!(cached(&rig.build_with(text, &options).await), 3);
    rig.site.forget_steps();
    let other = rig.build_with("FROM base\nENV A=1\nRUN other\n", &options).await;
    assert_eq!(cached(&other), 1, "{other}");
}

#[tokio::test]
async fn a_step_that_fails_ends_the_build_in_the_daemons_words() {
    let rig = Rig::new();
    for (steps, expected) in [
        ("RUN exit 3", "The command '/bin/sh -c exit 3' returned a non-zero code: 3"),
        (
            "COPY nosuch /x",
            "COPY failed: file not found in build context or excluded by .dockerignore: stat nosuch: \
             file does not exist",
        ),
        ("COPY ../x /x", "COPY failed: forbidden path outside the build context: ../x ()"),
        (
            "COPY f.txt dir /x",
            "When using COPY with more than one source file, the destination must be a directory and \
             end with a /",
        ),
        ("COPY *.nosuch /x/", "COPY failed: no source files were specified"),
        ("STOPSIGNAL foo", "Invalid signal: foo"),
        ("EXPOSE x", "Invalid containerPort: x"),
        ("ENV a=${b?no}", "b: no"),
        ("COPY --from=7 /x /y", "COPY failed: invalid from flag value 7: invalid index"),
        (
            "COPY --from=0 /x /y",
            "COPY failed: invalid from flag value 0: refers to current build block",
        ),
    ] {
        let said = rig.build(&format!("FROM base\n{steps}\n")).await;
        let (_, error) = said.rsplit_once("! ").unwrap();
        assert_eq!(error, expected, "{steps}");
    }
    assert_eq!(
        rig.build("FROM scratch\n").await.lines().last(),
        Some("! No image was generated. Is your Dockerfile empty?")
    );
}

#[tokio::test]
async fn labels_of_the_client_are_steps_of_their_own() {
    let rig = Rig::new();
    let labels = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    let options = BuildOptions { labels, ..BuildOptions::default() };
    let said = rig.build_with("FROM base\n", &options).await;
    assert!(said.contains("Step 2/2 : LABEL k=v"), "{said}");
    assert_eq!(rig.site.last().config.config.labels["k"], "v");
}
