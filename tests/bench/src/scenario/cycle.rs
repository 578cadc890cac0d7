//! The whole life of a container that runs `true`.

use std::time::Duration;

use anyhow::Result;

use super::{Plan, create_body, create_of};
use crate::figure::Figure;
use crate::load::{Work, load};
use crate::subject::Subject;
use crate::wire::{Wire, request};

const WHAT: &str = "create-start-wait-remove, 8 clients";
const CLIENTS: usize = 8;

struct Cycle {
    wire: Wire,
    /// What a container is created with.
    body: String,
}

impl Work for Cycle {
    async fn once(&mut self) -> Result<()> {
        let id = create_of(&mut self.wire, &self.body).await?;
        let container = format!("/v1.41/containers/{id}");
        self.wire.expect(&request("POST", &format!("{container}/start"), ""), 204).await?;
        self.wire.expect(&request("POST", &format!("{container}/wait"), ""), 200).await?;
        self.wire.expect(&request("DELETE", &container, ""), 204).await?;
        Ok(())
    }
}

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        figures.push(cycles(WHAT, &subject, &create_body(&["true"]), plan.span(10)).await?);
    }
    Ok(figures)
}

/// The rate of whole lives of containers that are created by `body`.
pub(super) async fn cycles(
    what: &'static str,
    subject: &Subject,
    body: &str,
    span: Duration,
) -> Result<Figure> {
    let mut workers = Vec::new();
    for _ in 0..CLIENTS {
        workers.push(Cycle { wire: Wire::open(&subject.socket()).await?, body: body.to_owned() });
    }
    load(what, subject, workers, span).await
}
