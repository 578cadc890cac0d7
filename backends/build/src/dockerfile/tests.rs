//! Dockerfiles and what a stock dockerd 20.10 says of them, as it was asked.

use super::{Dockerfile, Instruction};

/// Reads a Dockerfile that the daemon calls `D2`.
fn parse(text: &str) -> Result<Dockerfile, String> {
    Dockerfile::parse(text, "D2").map_err(|error| error.to_string())
}

fn texts(text: &str) -> Vec<String> {
    parse(text).unwrap().instructions.into_iter().map(|it| it.text).collect()
}

/// Checks that a Dockerfile is refused in these words.
fn check(text: &str, expected: &str) {
    let shown: String = text.chars().take(200).collect();
    assert_eq!(parse(text).map(drop), Err(expected.to_owned()), "{shown:?}");
}

#[test]
fn what_the_daemon_refuses_is_refused_in_its_words() {
    for (text, expected) in [
        ("", "the Dockerfile (D2) cannot be empty"),
        ("# nothing\n\n", "the Dockerfile (D2) cannot be empty"),
        ("RUN x\n", "no build stage in current context"),
        ("ENV a=b\nFROM x\n", "no build stage in current context"),
        ("FROM b\nFOO bar\n", "dockerfile parse error line 2: unknown instruction: FOO"),
        ("FROM b\nRUN <<EOF\nx\nEOF\n", "dockerfile parse error line 3: unknown instruction: X"),
        (
            "FROM b AS 1a\n",
            "dockerfile parse error line 1: invalid name for build stage: \"1a\", name can't start \
             with a number or contain symbols",
        ),
        ("FROM b\nENV a\n", "failed to parse D2: ENV must have two arguments"),
        ("FROM b\nLABEL a\n", "failed to parse D2: LABEL must have two arguments"),
        ("FROM\n", "dockerfile parse error line 1: FROM requires either one or three arguments"),
        (
            "FROM b\nCMD [\"a\",1]\n",
            "failed to parse D2: when using JSON array syntax, arrays must be comprised of strings \
             only",
        ),
        (
            "FROM b\nWORKDIR\n",
            "dockerfile parse error line 2: WORKDIR requires exactly one argument",
        ),
        (
            "FROM b\nVOLUME [\"\"]\n",
            "dockerfile parse error line 2: VOLUME specified can not be an empty string",
        ),
        (
            "# escape=x\nFROM b\n",
            "failed to parse D2: invalid escape token 'x' does not match ` or \\",
        ),
        (
            "FROM b\nONBUILD FROM x\n",
            "dockerfile parse error line 2: FROM isn't allowed as an ONBUILD trigger",
        ),
        (
            "FROM b\nCOPY f.txt\n",
            "dockerfile parse error line 2: COPY requires at least two arguments, but only one was \
             provided. Destination could not be determined",
        ),
        ("FROM b\nHEALTHCHECK --foo=1 CMD x\n", "dockerfile parse error line 2: Unknown flag: foo"),
        ("FROM b\nCOPY --foo f.txt /\n", "dockerfile parse error line 2: Unknown flag: foo"),
        (
            "FROM b\nSHELL x\n",
            "dockerfile parse error line 2: SHELL requires the arguments to be in JSON form",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn what_only_buildkit_knows_is_refused_by_name() {
    let refused = parse("FROM b\nRUN --mount=type=cache,target=/x true\n").unwrap_err();
    assert!(refused.contains("the --mount option requires BuildKit"), "{refused}");
}

#[test]
fn lines_go_on_behind_a_backslash_and_comments_between_them_are_none() {
    let text =
        "\u{feff}# comment\nFROM b\nRUN a && \\\n  # not this\n\n    b \\ \n c\n  # end\ncmd x";
    assert_eq!(texts(text), ["FROM b", "RUN a &&     b  c", "cmd x"]);
    let odd = parse(text).unwrap().warnings;
    assert_eq!(odd.len(), 1, "{odd:?}");
    assert!(odd[0].starts_with("[WARNING]: Empty continuation line found in:"));
}

#[test]
fn an_instruction_is_where_its_first_line_is() {
    let lines = parse("FROM b\n\nRUN a \\\n b\nRUN c\n").unwrap();
    let numbers: Vec<usize> = lines.instructions.iter().map(|it| it.line).collect();
    assert_eq!(numbers, [1, 3, 5]);
}

#[test]
fn the_escape_character_is_the_directives() {
    let text = "# escape=`\nFROM b\nRUN a `\n b\nCOPY c:\\ d:\\\n";
    let parsed = parse(text).unwrap();
    assert_eq!(parsed.escape, '`');
    assert_eq!(texts(text), ["FROM b", "RUN a  b", "COPY c:\\ d:\\"]);
    // Behind anything else it is a comment.
    assert_eq!(parse("# any\n# escape=`\nFROM b\n").unwrap().escape, '\\');
    check(
        "# escape=`\n# escape=`\nFROM b\n",
        "failed to parse D2: only one escape parser directive can be used",
    );
}

#[test]
fn flags_stand_before_the_rest_and_are_quoted_as_words_are() {
    let it = Instruction::parse(1, "COPY --from=one --chown=\"a:b\" x --y z", "D").unwrap();
    assert_eq!((it.flag("from"), it.flag("chown")), (Some("one"), Some("a:b")));
    assert_eq!(it.rest, "x --y z");
    let it = Instruction::parse(1, "RUN -- --mount=x", "D").unwrap();
    assert_eq!((it.flags.len(), it.rest.as_str()), (0, "--mount=x"));
    let twice = Instruction::parse(4, "COPY --from=a --from=b x y", "D").unwrap_err();
    assert_eq!(twice.to_string(), "dockerfile parse error line 4: Duplicate flag specified: from");
    let none = Instruction::parse(4, "COPY --from x y", "D").unwrap_err();
    assert_eq!(none.to_string(), "dockerfile parse error line 4: Missing a value on flag: from");
}

#[test]
fn a_dockerfile_has_its_limits() {
    let long = format!("FROM b\nRUN {}\n", "x".repeat(70_000));
    check(&long, "failed to parse D2: dockerfile line greater than maximum allowed size of 65535");
    let many = "FROM b\n".repeat(10_001);
    check(&many, "the Dockerfile has more than 10000 instructions");
    let endless = format!("FROM b\nRUN {}x\n", "aaaa\\\n".repeat(300_000));
    check(&endless, "failed to parse D2: an instruction of more than a megabyte");
    check("FROM b\nRUN \0\n", "failed to parse D2: a zero byte");
}
