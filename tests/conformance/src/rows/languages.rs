//! Interpreters of real languages, as they are built for WASI.

use anyhow::{Context as _, Result, ensure};

use crate::cx::Cx;
use crate::row::{Oracle, Row, rows};
use crate::settings;

pub(super) const ROWS: &[Row] = rows![w_043_an_interpreter_runs_a_script_of_its_image(
    Oracle::Differs("dockerd runs no WebAssembly by itself")
)];

/// CPython as one module, its library in it; `ops/setup/install.sh languages` has it.
const PYTHON: &str = "python-3.12.0.wasm";

/// Reads a file beside it with the library's help, and tells of its arguments, its input and its own language.
const SCRIPT: &str = r#"
import json, sys
with open("/app/words.json") as file:
    words = json.load(file)
print(max(words, key=len), sys.argv[1:], sys.stdin.read(), sys.version_info[:2], sys.platform)
sys.exit(len(words))
"#;

async fn w_043_an_interpreter_runs_a_script_of_its_image(cx: Cx) -> Result<()> {
    let place = settings::tool(PYTHON)?;
    let python = std::fs::read(&place).with_context(|| place.display().to_string())?;
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in [
        ("python.wasm", &*python),
        ("app/main.py", SCRIPT.as_bytes()),
        ("app/words.json", br#"["a", "longest", "bb"]"#),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, bytes)?;
    }
    let (docker, image) = (cx.docker(), cx.tag("python"));
    let entry = r#"ENTRYPOINT ["/python.wasm"]"#;
    let import = ["import", "--change", entry, "-", &image];
    let said = docker.run_with_input(&import, &tar.into_inner()?).await?;
    ensure!(said.code == 0, "{said:?}");
    let name = cx.name("script");
    let run = ["run", "-i", "--name", &name, "--runtime", "wasm", &image, "/app/main.py", "one"];
    let said = docker.run_with_input(&run, b"typed").await?;
    let told = "longest ['one'] typed (3, 12) wasi\n";
    assert_eq!((said.code, said.out.as_str()), (3, told), "{said:?}");
    // What is asked of it in words runs too, and what goes wrong in the script is told as ever.
    let asked = ["run", "--name", &cx.name("asked"), "--runtime", "wasm", &image, "-c", "1 / 0"];
    let said = docker.run(&asked).await?;
    ensure!(said.code == 1 && said.err.contains("ZeroDivisionError"), "{said:?}");
    Ok(())
}
