//! Listing five hundred containers.

use anyhow::Result;

use super::{Plan, create};
use crate::figure::Figure;
use crate::load::{load, readers};
use crate::wire::{Wire, request};

const WHAT: &str = "list of 500, 4 clients";
const CLIENTS: usize = 4;
const CONTAINERS: usize = 500;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut answer = None;
    let request = request("GET", "/v1.41/containers/json?all=1", "");
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        let mut wire = Wire::open(&subject.socket()).await?;
        for _ in 0..CONTAINERS {
            create(&mut wire, &["true"]).await?;
        }
        figures.push(
            load(WHAT, &subject, readers(&subject, &request, CLIENTS).await?, plan.span(5)).await?,
        );
        let body = wire.expect(&request, 200).await?.body;
        answer.get_or_insert(body);
    }
    if let Some(subject) = plan.constant(200, answer).await? {
        figures.push(
            load(WHAT, &subject, readers(&subject, &request, CLIENTS).await?, plan.span(5)).await?,
        );
    }
    Ok(figures)
}
