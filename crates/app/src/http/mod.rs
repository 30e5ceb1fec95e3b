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
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::pages;
use crate::service::AppService;

/// app's routes.
pub fn router(app: AppService) -> Router {
    routes().with_state(app).into()
}

/// What they answer.
pub fn described() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<AppService> {
    OpenApiRouter::new()
        .routes(routes!(stores::list))
        .routes(routes!(stores::show))
        .routes(routes!(placing::quote))
        .routes(routes!(orders::list, placing::create))
        .routes(routes!(orders::stream_all))
        .routes(routes!(orders::show))
        .routes(routes!(orders::story))
        .routes(routes!(orders::stream_one))
        .routes(routes!(paying::pay))
        .routes(routes!(cancelling::cancel))
        .routes(routes!(pages::link::message_link))
        .routes(routes!(pages::paying::pay_page))
        .routes(routes!(pages::returning::came_back))
        .routes(routes!(pages::failed::failed))
        .routes(routes!(pages::failed::failed_of))
        .routes(routes!(operations::list))
        .routes(routes!(operations::show))
        .routes(routes!(operations::cancel))
        .routes(routes!(operations::close_undelivered))
        .routes(routes!(operations::adjust))
        .routes(routes!(operations::erase))
}
