//! `echo` in a container that runs, its output read to the end.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use super::{Plan, SLEEPING, create_body, id_of, start_of};
use crate::figure::Figure;
use crate::load::{Work, load};
use crate::subject::Subject;
use crate::wire::{Wire, hijack, request};

const WHAT: &str = "exec of echo, 8 clients";
const CLIENTS: usize = 8;

struct Exec {
    wire: Wire,
    socket: PathBuf,
    container: String,
}

impl Work for Exec {
    async fn once(&mut self) -> Result<()> {
        let body =
            json!({"AttachStdout": true, "AttachStderr": true, "Cmd": ["echo", "hi"]}).to_string();
        let path = format!("/v1.41/containers/{}/exec", self.container);
        let id = id_of(&self.wire.expect(&request("POST", &path, &body), 201).await?.body)?;
        let start = hijack(&format!("/v1.41/exec/{id}/start"), "{\"Detach\":false}");
        let output = Wire::open(&self.socket).await?.expect(&start, 101).await?.body;
        ensure!(output.ends_with(b"hi\n"), "{output:?}");
        Ok(())
    }
}

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        figures.push(execs(WHAT, &subject, &create_body(SLEEPING), plan.span(10)).await?);
    }
    Ok(figures)
}

/// The rate of execs, each client in a container of its own that is created by `body`.
pub(super) async fn execs(
    what: &'static str,
    subject: &Subject,
    body: &str,
    span: Duration,
) -> Result<Figure> {
    let mut workers = Vec::new();
    for _ in 0..CLIENTS {
        let mut wire = Wire::open(&subject.socket()).await?;
        let container = start_of(&mut wire, body).await?;
        workers.push(Exec { wire, socket: subject.socket(), container });
    }
    load(what, subject, workers, span).await
}
