//! store's edge: the kitchen's tickets, and the stores themselves.

mod kitchen;
mod operations;
mod problems;
mod shapes;
mod stores;
mod tickets;

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::service::StoreService;

/// store's routes.
pub fn router(store: StoreService) -> Router {
    routes().with_state(store).into()
}

/// What they answer.
pub fn described() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<StoreService> {
    OpenApiRouter::new()
        .routes(routes!(tickets::list))
        .routes(routes!(tickets::stream))
        .routes(routes!(tickets::show))
        .routes(routes!(kitchen::accept))
        .routes(routes!(kitchen::reject))
        .routes(routes!(kitchen::delay))
        .routes(routes!(kitchen::start_cooking))
        .routes(routes!(kitchen::finish_cooking))
        .routes(routes!(kitchen::hand_over))
        .routes(routes!(kitchen::withdraw))
        .routes(routes!(kitchen::adjust))
        .routes(routes!(stores::put))
        .routes(routes!(stores::open))
        .routes(routes!(stores::close))
        .routes(routes!(stores::pause))
        .routes(routes!(stores::put_item))
        .routes(routes!(stores::sold_out))
        .routes(routes!(stores::back_in_stock))
        .routes(routes!(operations::list))
        .routes(routes!(stores::show))
}
