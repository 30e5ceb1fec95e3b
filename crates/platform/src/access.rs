//! The table of routes and roles, put before what it is about: whatever it does not name is not there.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use kernel::Context;
use kernel::access::{May, Method, Place, ROUTES, Route};
use kernel::people::Role;

use crate::identity::{Identity, KEYS_PATH};
use crate::problem::Problem;

/// Routes by their paths.
pub struct Routes {
    by_path: matchit::Router<Rows>,
}

/// What one path has: a row for each method, and who answers it.
type Rows = Vec<(&'static Route, Option<Context>)>;

/// What is found under a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its row in the table.
    pub route: &'static Route,
    /// Who answers it; the gateway itself where none is named.
    pub context: Option<Context>,
}

/// Why there is nothing to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// Nothing has this path.
    Path,
    /// Something has it, with these methods only.
    Method(Vec<&'static str>),
}

impl Routes {
    /// Those that `context` answers.
    pub fn of(context: Context) -> Self {
        Self::new(ROUTES.iter().filter(|route| route.is_of(context)).map(|route| {
            let path = route.path_at(context);
            (path, route, Some(context))
        }))
    }

    /// Those that people and providers can call, by the paths that they call.
    pub fn outside() -> Self {
        let routes = ROUTES.iter().flat_map(|route| {
            let prefix = match route.place {
                Place::Api => "/api",
                Place::Root => "",
                Place::Inside => return Vec::new(),
            };
            let of = Context::ALL.into_iter().filter(|context| route.is_of(*context));
            let mut found: Vec<_> =
                of.map(|context| (format!("{prefix}{}", route.path_at(context)), route, Some(context))).collect();
            if found.is_empty() {
                found.push((format!("{prefix}{}", route.path), route, None));
            }
            found
        });
        Self::new(routes)
    }

    fn new(routes: impl Iterator<Item = (String, &'static Route, Option<Context>)>) -> Self {
        let mut paths: Vec<(String, Rows)> = Vec::new();
        for (path, route, context) in routes {
            match paths.iter_mut().find(|(known, _)| *known == path) {
                Some((_, rows)) => rows.push((route, context)),
                None => paths.push((path, vec![(route, context)])),
            }
        }
        let mut by_path = matchit::Router::new();
        for (path, rows) in paths {
            // Two templates that cannot be told apart would be a mistake in the table, which a test finds.
            if let Err(error) = by_path.insert(&path, rows) {
                tracing::error!(path, %error, "two routes cannot be told apart");
            }
        }
        Self { by_path }
    }

    /// The route of a request.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, method: &axum::http::Method, path: &str) -> Result<Found, Missing> {
        let rows = self.by_path.at(path).map_err(|_| Missing::Path)?.value;
        let wanted = Method::parse(method.as_str());
        let found = rows.iter().find(|(route, _)| Some(route.method) == wanted);
        found
            .map(|(route, context)| Found { route, context: *context })
            .ok_or_else(|| Missing::Method(rows.iter().map(|(route, _)| route.method.name()).collect()))
    }
}

/// Whether anybody may ask a service for this: how it is, and what it is.
pub fn is_open(path: &str) -> bool {
    matches!(path, "/health/live" | "/health/ready" | "/metrics" | "/openapi.json" | "/asyncapi.json" | KEYS_PATH)
}

/// Whether `identity` may call `route`: 401 where somebody would have to sign in, else 403.
///
/// # Errors
/// When it may not.
pub fn require(route: &Route, identity: &Identity) -> Result<(), Problem> {
    match (route.may(identity.role()), identity) {
        (May::All | May::Own, _) => Ok(()),
        (May::No, Identity::Nobody) => Err(Problem::unauthenticated("Sign in first: POST /api/sessions.")),
        (May::No, Identity::Somebody(actor)) => {
            let roles = route.roles().into_iter().map(Role::name).collect::<Vec<_>>().join(", ");
            let who = if roles.is_empty() { "our own services".to_owned() } else { roles };
            Err(Problem::forbidden(format!("You are signed in as {}; this is for: {who}.", actor.role())))
        }
    }
}

/// What is answered where there is nothing to call.
pub fn missing(missing: Missing) -> Response {
    match missing {
        Missing::Path => Problem::not_found().into_response(),
        Missing::Method(mut methods) => {
            if methods.contains(&"GET") {
                methods.push("HEAD");
            }
            let mut response = Problem::method_not_allowed().into_response();
            debug_assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
            if let Ok(allowed) = HeaderValue::try_from(methods.join(", ")) {
                response.headers_mut().insert(ALLOW, allowed);
            }
            response
        }
    }
}

/// `router`, which is all that `context` answers, with the table before it.
pub fn around(router: Router, context: Context) -> Router {
    router.layer(from_fn_with_state(Arc::new(Routes::of(context)), admit))
}

async fn admit(State(routes): State<Arc<Routes>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if is_open(path) {
        return next.run(request).await;
    }
    let Some(identity) = request.extensions().get::<Identity>() else {
        return Problem::unauthenticated("People call the gateway.").into_response();
    };
    match routes.find(request.method(), path) {
        Ok(found) => match require(found.route, identity) {
            Ok(()) => next.run(request).await,
            Err(problem) => problem.into_response(),
        },
        Err(nothing) => missing(nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_found_by_its_own_path() {
        let filled = |path: &str| {
            path.split('/').map(|part| if part.starts_with('{') { "x1" } else { part }).collect::<Vec<_>>().join("/")
        };
        for context in Context::ALL {
            let routes = Routes::of(context);
            for route in ROUTES.iter().filter(|route| route.is_of(context)) {
                let method = route.method.name().parse().unwrap();
                let found = routes.find(&method, &filled(&route.path_at(context)));
                assert_eq!(found.map(|found| found.route), Ok(route), "{}", route.path);
            }
        }
    }

    #[test]
    fn what_is_inside_cannot_be_called_from_outside() {
        let outside = Routes::outside();
        for path in ["/payments", "/api/payments", "/api/payments/x", "/events", "/orders", "/api/", "/api/stores/"] {
            assert_eq!(outside.find(&axum::http::Method::GET, path), Err(Missing::Path), "{path}");
        }
    }
}
