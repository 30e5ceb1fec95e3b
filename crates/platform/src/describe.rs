//! What is answered, described from the code that answers it: an OpenAPI 3.1 document for what is asked, an AsyncAPI 3
//! document and a JSON Schema each for what is published.
//!
//! A handler says beside itself what it takes and gives (`#[utoipa::path]`), and a router is made of what is said
//! (`routes!`), so that nothing is answered that is not described. The shapes are those of the types that serde writes
//! and reads (`schemars::JsonSchema`); what every operation has in common is added by [`Description::of`].

mod asked;
mod description;
mod operation;
mod published;
mod samples;
mod shapes;

use kernel::Context;
use utoipa::openapi::PathItem;
use utoipa_axum::router::UtoipaMethodRouter;

pub use self::asked::{Idempotent, Resumable, query};
pub use self::description::{Description, add_problems};
pub use self::published::{asyncapi, asyncapi_of, enveloped, schema_file, schemas};
pub use self::shapes::{every_taken, every_written, name_taken, name_written, taken, written};

/// Describes types as they are written, so that they can stand as the body of an answer.
#[macro_export]
macro_rules! written {
    ($($Type:ty),+ $(,)?) => {$(
        impl utoipa::PartialSchema for $Type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::describe::written::<Self>()
            }
        }

        impl utoipa::ToSchema for $Type {
            fn name() -> std::borrow::Cow<'static, str> {
                $crate::describe::name_written::<Self>()
            }

            fn schemas(all: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                $crate::describe::every_written::<Self>(all);
            }
        }
    )+};
}

/// Describes types as they are read, so that they can stand as the body of a request.
#[macro_export]
macro_rules! taken {
    ($($Type:ty),+ $(,)?) => {$(
        impl utoipa::PartialSchema for $Type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::describe::taken::<Self>()
            }
        }

        impl utoipa::ToSchema for $Type {
            fn name() -> std::borrow::Cow<'static, str> {
                $crate::describe::name_taken::<Self>()
            }

            fn schemas(all: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                $crate::describe::every_taken::<Self>(all);
            }
        }
    )+};
}

/// Describes types whose fields are read from the query.
#[macro_export]
macro_rules! asked_in_query {
    ($($Type:ty),+ $(,)?) => {$(
        impl utoipa::IntoParams for $Type {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                $crate::describe::query::<Self>()
            }
        }
    )+};
}

/// What stands for a context's name in the paths and names of what every context answers.
const CONTEXT: &str = "{context}";

/// `routes` as `context` answers them: its name fills each `{context}` in their paths and operations' names.
pub fn of_context<S>(context: Context, routes: UtoipaMethodRouter<S>) -> UtoipaMethodRouter<S> {
    let (schemas, mut paths, answering) = routes;
    let named = std::mem::take(&mut paths.paths).into_iter().map(|(path, mut item)| {
        name_operations(&mut item, context);
        (path.replace(CONTEXT, context.name()), item)
    });
    paths.paths = named.collect();
    (schemas, paths, answering)
}

fn name_operations(item: &mut PathItem, context: Context) {
    for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
        operation.operation_id = operation.operation_id.take().map(|id| id.replace(CONTEXT, context.name()));
    }
}
