//! app's edge: orders, payments of orders, stores to choose from.

pub(crate) mod answers;
pub(crate) mod body;
mod cancelling;
mod operations;
mod orders;
pub(crate) mod paying;
mod placing;
mod problems;
mod shapes;
mod stores;

use axum::Router;
use axum::routing::{get, post};

use crate::pages;
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
        .route("/o/{token}", get(pages::message_link))
        .route("/o/{token}/pay", get(pages::pay_page))
        .route("/pay/return", get(pages::came_back))
        .route("/pay/failed", get(pages::failed))
        .route("/pay/failed/{reference}", get(pages::failed_of))
        .route("/operations/app/orders", get(operations::list))
        .route("/operations/app/orders/{orderId}", get(operations::show))
        .route("/operations/app/orders/{orderId}/cancel", post(operations::cancel))
        .route("/operations/app/orders/{orderId}/close-undelivered", post(operations::close_undelivered))
        .route("/operations/app/orders/{orderId}/adjust", post(operations::adjust))
        .route("/operations/app/orders/{orderId}/erase", post(operations::erase))
        .with_state(app)
}
