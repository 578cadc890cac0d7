//! Inspecting one container: a read of the state, nothing else.

use anyhow::Result;

use super::{Plan, create};
use crate::figure::Figure;
use crate::load::{load, readers};
use crate::wire::{Wire, request};

const WHAT: &str = "inspect, 16 clients";
const CLIENTS: usize = 16;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut answer = None;
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        let mut wire = Wire::open(&subject.socket()).await?;
        let id = create(&mut wire, &["true"]).await?;
        let request = request("GET", &format!("/v1.41/containers/{id}/json"), "");
        figures.push(
            load(WHAT, &subject, readers(&subject, &request, CLIENTS).await?, plan.span(5)).await?,
        );
        // The responder gets our own answer, so that both send as many bytes.
        let body = wire.expect(&request, 200).await?.body;
        answer.get_or_insert(body);
    }
    if let Some(subject) = plan.constant(200, answer).await? {
        let request = request("GET", &format!("/v1.41/containers/{}/json", "0".repeat(64)), "");
        figures.push(
            load(WHAT, &subject, readers(&subject, &request, CLIENTS).await?, plan.span(5)).await?,
        );
    }
    Ok(figures)
}
