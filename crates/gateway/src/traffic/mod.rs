//! What is let through: how often, how much at a time, for how long, and what is given up first when there is too much.
//!
//! Two layers stand around sign-in. Before it ([`enter`]) only the address counts that a request comes from, so that
//! guessing tokens is held too. After it ([`pass`]) it is known who asks and for what.

mod address;
mod browsers;
pub(crate) mod operations;
mod rates;
pub(crate) mod running;
mod streams;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request, State};
use axum::http::{Extensions, HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kernel::Context;
use kernel::access::{self, Importance, Route, Server};
use kernel::people::Role;
use platform::access::Found;
use platform::config::Limits;
use platform::deadline::{DEADLINE_HEADER, Deadline};
use platform::extract::RawBody;
use platform::identity::Identity;
use platform::problem::Problem;
use tokio::time::timeout;

use self::rates::{Policy, Rates, Standing};
use self::running::Running;
use self::streams::Streams;
use crate::Gateway;
use crate::authenticate;
use crate::bodies::holding;
use crate::proxy::is_a_stream;

/// How much longer than its deadline a request is waited for: who does the work should be the one to end it.
const GRACE: Duration = Duration::from_millis(250);

/// Among the extensions of a request that has less time than it is granted, because whoever sent it wants it so: that it is
/// late says nothing of who was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hurried;
/// How much longer than a payment's own deadline somebody waits who pays.
const SLACK: Duration = Duration::from_secs(2);

/// What the gateway counts of its traffic.
pub(crate) struct Traffic {
    limits: Limits,
    patience: [Duration; 4],
    rates: Rates,
    running: Running,
    streams: Streams,
}

/// The longest that any answer may take to begin.
pub(crate) fn longest(limits: &Limits, payment: Duration) -> Duration {
    patience(limits, payment).into_iter().max().unwrap_or_default()
}

/// How long an answer may take, by importance. Both who order and who pay may be paying: an order that is cut off while
/// it is paid would leave its customer in doubt.
fn patience(limits: &Limits, payment: Duration) -> [Duration; 4] {
    let within = [limits.browsing_within, limits.ordering_within, limits.serving_within, limits.paying_within];
    let mut patience = within.map(|length| Duration::try_from(length).unwrap_or_default());
    for importance in [Importance::Ordering, Importance::Paying] {
        let length = &mut patience[importance as usize];
        *length = (*length).max(payment + SLACK);
    }
    patience
}

impl Traffic {
    /// Within `limits`; a payment may take as long as `payment`.
    pub(crate) fn new(limits: Limits, payment: Duration) -> Self {
        Self {
            patience: patience(&limits, payment),
            rates: Rates::new(&limits),
            running: Running::new(limits.running),
            streams: Streams::new(limits.streams, limits.streams_each),
            limits,
        }
    }

    /// Whether somebody at `address` may see what goes on inside; one that no connection brought is ours.
    fn is_inside(&self, address: Option<std::net::IpAddr>) -> bool {
        address.is_none_or(|address| self.limits.inside.contain(address))
    }

    /// Whether whoever sends what has `extensions` may see what goes on inside: by where they are, or because they operate
    /// this.
    pub(crate) fn shows_inside(&self, extensions: &Extensions) -> bool {
        let role = extensions.get::<Identity>().and_then(Identity::role);
        role == Some(Role::Operator) || self.is_inside(address::of(extensions))
    }

    /// How long an answer to a request for `route` may take.
    fn patience(&self, route: &Route) -> Duration {
        self.patience[route.importance as usize]
    }
}

/// Before it is known who asks: lets through as much as one address may ask, and shows what is inside only to whoever is.
pub(crate) async fn enter(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    let traffic = &gateway.traffic;
    let address = address::of(request.extensions());
    let (wants_page, method) = (browsers::wants_page(request.headers()), request.method().clone());
    let is_inside = matches!(request.uri().path(), "/metrics" | "/health/ready");
    if is_inside && traffic.is_inside(address) {
        return next.run(request).await;
    }
    let counted = address.filter(|address| !traffic.limits.exempt.contain(*address));
    let standing = match counted.map(|address| traffic.rates.check(Policy::Address, &address::network(address))) {
        None => None,
        Some(Ok(standing)) => standing,
        Some(Err(refused)) => {
            let response = refused.into_response();
            return if wants_page { browsers::page(response, &method).await } else { response };
        }
    };
    let mut response = if is_inside { inside(&gateway, request, next).await } else { next.run(request).await };
    tell(&mut response, standing);
    if wants_page { browsers::page(response, &method).await } else { response }
}

/// What goes on inside is for those who are; and, from elsewhere, for those who operate this.
async fn inside(gateway: &Gateway, request: Request, next: Next) -> Response {
    let shown = match authenticate::shown(gateway, request.headers()).await {
        Ok(shown) => shown,
        Err(problem) => return problem.into_response(),
    };
    let role = shown.map(|shown| shown.session.account.role);
    if role == Some(Role::Operator) {
        return next.run(request).await;
    }
    if request.uri().path() == "/health/ready" {
        // Whether it is ready is no secret; what it waits for is.
        let response = next.run(request).await;
        let ready = response.status() == StatusCode::OK;
        return if ready { response } else { Problem::unavailable("Not ready yet.", 2).into_response() };
    }
    match role {
        None => Problem::unauthenticated("Metrics are for operators: sign in first.").into_response(),
        Some(_) => Problem::forbidden("Metrics are for operators.").into_response(),
    }
}

/// After it is known who asks: lets through as much as they may ask, keeps places for what is more important, and sets
/// until when an answer is of use.
pub(crate) async fn pass(State(gateway): State<Arc<Gateway>>, request: Request, next: Next) -> Response {
    match passed(&gateway, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn passed(gateway: &Gateway, mut request: Request, next: Next) -> Result<Response, Problem> {
    let Some(found) = request.extensions().get::<Found>().copied() else { return Ok(next.run(request).await) };
    let caller = Caller::of(&request);
    let standings = held_to_rates(gateway, &caller, found.route, request.method())?;
    request.headers_mut().remove(DEADLINE_HEADER);
    let (request, entered) = gateway.waiting.admit(gateway, found.route, &caller.identity, request).await?;
    let mut response = if is_a_stream(found.route, request.headers()) {
        streamed(gateway, &caller, request, next).await?
    } else {
        run(gateway, found, request, next).await?
    };
    if let Some(entered) = entered.filter(|_| response.status().is_success()) {
        gateway.waiting.ordered(gateway, entered).await;
    }
    for standing in standings {
        tell(&mut response, standing);
    }
    Ok(response)
}

/// Who asks, and from where.
struct Caller {
    identity: Identity,
    address: Option<std::net::IpAddr>,
}

impl Caller {
    fn of(request: &Request) -> Self {
        let identity = request.extensions().get::<Identity>().cloned().unwrap_or(Identity::Nobody);
        Self { identity, address: address::of(request.extensions()) }
    }

    /// Where no rate holds.
    fn is_exempt(&self, limits: &Limits) -> bool {
        self.address.is_none_or(|address| limits.exempt.contain(address))
    }
}

/// Counts a request where it has to be counted.
fn held_to_rates(
    gateway: &Gateway,
    caller: &Caller,
    route: &Route,
    method: &Method,
) -> Result<[Option<Standing>; 2], Problem> {
    let traffic = &gateway.traffic;
    let Some(address) = caller.address.filter(|_| !caller.is_exempt(&traffic.limits)) else { return Ok([None, None]) };
    if is_sign_in(route) {
        return Ok([traffic.rates.check(Policy::SignIn, &address::network(address))?, None]);
    }
    let Some(actor) = caller.identity.actor() else { return Ok([None, None]) };
    let person = (actor.role(), actor.id().as_str());
    let is_order = *method == Method::POST && is_order(route);
    let of_orders = if is_order { traffic.rates.check(Policy::Orders, &person)? } else { None };
    let of_role = traffic.rates.check(Policy::of(actor.role()), &person);
    // What has been counted is told to whoever is refused by the other, too.
    let of_role =
        of_role.map_err(|refused| of_orders.iter().fold(refused, |problem, standing| standing.told(problem)))?;
    Ok([of_role, of_orders])
}

/// Whether a call shows, or makes, who somebody is: what the gateway is told that belongs to ordering. Reading such a page
/// tells nothing.
fn is_sign_in(route: &Route) -> bool {
    route.by == Server::Gateway && route.importance == Importance::Ordering && route.method != access::Method::Get
}

/// Whether a call makes an order.
pub(crate) fn is_order(route: &Route) -> bool {
    route.by == Server::One(Context::App) && route.importance == Importance::Ordering
}

/// A request with an end: it has a place among those that run, and a deadline.
async fn run(gateway: &Gateway, found: Found, request: Request, next: Next) -> Result<Response, Problem> {
    let traffic = &gateway.traffic;
    let importance = found.route.importance;
    let enter = || traffic.running.enter(importance).ok_or_else(|| turned_away(gateway, importance, "The system"));
    let (_slot, mut request) = if request.body().is_end_stream() {
        (enter()?, request)
    } else {
        // Nothing is read for whoever would be turned away; and whoever lets us wait for a body holds no place meanwhile.
        drop(enter()?);
        let request = with_whole_body(request).await?;
        (enter()?, request)
    };
    let patience = traffic.patience(found.route);
    // Whoever asks may be in a hurry, and never takes longer than we grant.
    let asked = request.extensions().get::<Deadline>().copied().unwrap_or(Deadline::NONE);
    if asked.left().is_some_and(|left| left < patience) {
        request.extensions_mut().insert(Hurried);
    }
    request.extensions_mut().insert(asked.within(patience));
    timeout(patience + GRACE, next.run(request)).await.map_err(|_| {
        let part = found.context.map_or("gateway", Context::name);
        let detail = format!("The service \"{part}\" took too long; what was asked may still happen.");
        Problem::new(StatusCode::GATEWAY_TIMEOUT, "service-timeout", detail).with_missing(found.context)
    })
}

/// `request` when all of it is here.
async fn with_whole_body(request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let RawBody(bytes) = RawBody::from_request(Request::new(body), &()).await?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// A request that is answered for as long as its caller listens: it has a place among the streams for that time.
async fn streamed(gateway: &Gateway, caller: &Caller, mut request: Request, next: Next) -> Result<Response, Problem> {
    let streams = &gateway.traffic.streams;
    let each = match (caller.identity.actor(), caller.address) {
        _ if caller.is_exempt(&gateway.traffic.limits) => None,
        (Some(actor), _) => Some(streams.whose(&(actor.role(), actor.id().as_str()))),
        (None, Some(address)) => Some(streams.whose(&address::network(address))),
        (None, None) => None,
    };
    let slot = match streams.enter(each) {
        Ok(slot) => slot,
        Err(streams::Full::Each(most)) => {
            let detail = format!("You have {most} streams open, which is the most; close one first.");
            return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-streams", detail).retry_after(5));
        }
        Err(streams::Full::All) => return Err(overloaded(gateway, "Too many streams are open.")),
    };
    request.extensions_mut().insert(Deadline::NONE);
    let response = next.run(request).await;
    let streams = response.headers().get(axum::http::header::CONTENT_TYPE).is_some_and(crate::proxy::names_a_stream);
    Ok(if streams { response.map(|body| holding(body, slot)) } else { response })
}

/// What is told to whoever is turned away because something else is more important, where `who` has too much to do.
pub(crate) fn turned_away(gateway: &Gateway, importance: Importance, who: &str) -> Problem {
    gateway.traffic.running.turn_away(importance);
    overloaded(gateway, &format!("{who} has more to do than it can."))
}

/// What is told to whoever is turned away, with a moment to come back at that is not everybody's.
fn overloaded(gateway: &Gateway, why: &str) -> Problem {
    let seconds = 1 + (gateway.options.accounts.ids().bits() % 4) as u64;
    let detail = format!("{why} What is more important goes first; please try again in {seconds} s.");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", detail).retry_after(seconds)
}

/// Says on an answer what may still be asked. Each limit is a line of its own; together they are one list.
fn tell(response: &mut Response, standing: Option<Standing>) {
    if let Some(standing) = standing {
        let headers: &mut HeaderMap = response.headers_mut();
        standing.write(headers);
    }
}
