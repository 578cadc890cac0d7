//! The whole life of a container that runs `true`.

use anyhow::Result;

use super::{Plan, create};
use crate::figure::Figure;
use crate::load::{Work, load};
use crate::wire::{Wire, request};

const WHAT: &str = "create-start-wait-remove, 8 clients";
const CLIENTS: usize = 8;

struct Cycle {
    wire: Wire,
}

impl Work for Cycle {
    async fn once(&mut self) -> Result<()> {
        let id = create(&mut self.wire, &["true"]).await?;
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
        let mut workers = Vec::new();
        for _ in 0..CLIENTS {
            workers.push(Cycle { wire: Wire::open(&subject.socket()).await? });
        }
        figures.push(load(WHAT, &subject, workers, plan.span(10)).await?);
    }
    Ok(figures)
}
