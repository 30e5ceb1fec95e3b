//! store's edge: the kitchen's tickets, and the stores themselves.

mod kitchen;
mod operations;
mod problems;
mod shapes;
mod stores;
mod tickets;

use axum::Router;
use axum::routing::{get, post, put};

use crate::service::StoreService;

/// store's routes.
pub fn router(store: StoreService) -> Router {
    Router::new()
        .route("/tickets", get(tickets::list))
        .route("/tickets/stream", get(tickets::stream))
        .route("/tickets/{orderId}", get(tickets::show))
        .route("/tickets/{orderId}/accept", post(kitchen::accept))
        .route("/tickets/{orderId}/reject", post(kitchen::reject))
        .route("/tickets/{orderId}/delay", post(kitchen::delay))
        .route("/tickets/{orderId}/start-cooking", post(kitchen::start_cooking))
        .route("/tickets/{orderId}/finish-cooking", post(kitchen::finish_cooking))
        .route("/tickets/{orderId}/hand-over", post(kitchen::hand_over))
        .route("/tickets/{orderId}/withdraw", post(kitchen::withdraw))
        .route("/tickets/{orderId}/adjust", post(kitchen::adjust))
        .route("/stores/{storeId}", put(stores::put))
        .route("/stores/{storeId}/open", post(stores::open))
        .route("/stores/{storeId}/close", post(stores::close))
        .route("/stores/{storeId}/pause", post(stores::pause))
        .route("/stores/{storeId}/menu/{menuId}", put(stores::put_item))
        .route("/stores/{storeId}/menu/{menuId}/sold-out", post(stores::sold_out))
        .route("/stores/{storeId}/menu/{menuId}/back-in-stock", post(stores::back_in_stock))
        .route("/operations/store/tickets", get(operations::list))
        .route("/operations/store/stores/{storeId}", get(stores::show))
        .with_state(store)
}
