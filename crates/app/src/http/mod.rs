//! app's edge: orders, payments of orders, stores to choose from.

mod answers;
mod body;
mod cancelling;
mod operations;
mod orders;
mod paying;
mod placing;
mod problems;
mod shapes;
mod stores;

use axum::Router;
use axum::routing::{get, post};

use crate::service::AppService;

/// app's routes.
pub fn router(app: AppService) -> Router {
    Router::new()
        .route("/stores", get(stores::list))
        .route("/stores/{storeId}", get(stores::show))
        .route("/quotes", post(placing::quote))
        .route("/orders", get(orders::list).post(placing::create))
        .route("/orders/stream", get(orders::stream_all))
        .route("/orders/{orderId}", get(orders::show))
        .route("/orders/{orderId}/timeline", get(orders::story))
        .route("/orders/{orderId}/stream", get(orders::stream_one))
        .route("/orders/{orderId}/payment", post(paying::pay))
        .route("/orders/{orderId}/cancel", post(cancelling::cancel))
        .route("/o/{token}", get(crate::pages::message_link))
        .route("/operations/app/orders", get(operations::list))
        .route("/operations/app/orders/{orderId}", get(operations::show))
        .route("/operations/app/orders/{orderId}/cancel", post(operations::cancel))
        .route("/operations/app/orders/{orderId}/close-undelivered", post(operations::close_undelivered))
        .route("/operations/app/orders/{orderId}/adjust", post(operations::adjust))
        .route("/operations/app/orders/{orderId}/erase", post(operations::erase))
        .with_state(app)
}
