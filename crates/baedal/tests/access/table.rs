//! The table, its page, and what the sources really answer.

use std::collections::BTreeSet;
use std::fs;

use kernel::Context;
use kernel::access::{Place, ROUTES, Route, Server};

use crate::page;
use crate::scan::{self, Named, plain};

/// What the sources of the gateway put a path on by a name of their own.
const BY_NAME: [(&str, &str); 3] =
    [("GET", "/api/operations/faults"), ("PUT", "/api/operations/faults"), ("DELETE", "/api/operations/faults")];

#[test]
fn the_page_says_what_the_table_says() {
    let path = scan::root().join("docs/access.md");
    let page = page::page();
    if std::env::var_os("UPDATE_ACCESS").is_some() {
        fs::write(&path, page).unwrap();
        return;
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = page.lines().zip(written.lines().chain(std::iter::repeat(""))).find(|(now, then)| now != then);
    assert!(
        page == written,
        "\ndocs/access.md is not what the table says: {differs:?}\nUPDATE_ACCESS=1 cargo test -p baedal --test access \
         rewrites it; read what changed before you keep it.\n"
    );
}

#[test]
fn every_route_in_the_sources_is_in_the_table_and_the_other_way_round() {
    for (source, context) in
        Context::ALL.map(|context| (context.name(), Some(context))).into_iter().chain([("gateway", None)])
    {
        let mut named = scan::routes(&format!("{source}/src"));
        match context {
            Some(_) => named.extend(scan::routes("platform/src")),
            None => named.extend(BY_NAME.map(|(method, path)| (method.to_owned(), path.to_owned()))),
        }
        let named: BTreeSet<_> = named.into_iter().filter(|(_, path)| !platform::access::is_open(path)).collect();
        let tabled = tabled(context);
        let unknown: Vec<_> = named.difference(&tabled).filter(|named| !shared_by_others(named, context)).collect();
        assert!(unknown.is_empty(), "{source} answers what the table does not name: {unknown:?}");
        let missing: Vec<_> = tabled.difference(&named).collect();
        assert!(missing.is_empty(), "the table names what {source} does not answer: {missing:?}");
    }
}

#[test]
fn the_scan_reads_what_it_is_meant_to() {
    let named = scan::routes("app/src");
    assert!(named.contains(&("POST".to_owned(), "/orders/{}/cancel".to_owned())), "{named:?}");
    assert!(scan::routes("platform/src").contains(&("POST".to_owned(), "/operations/{}/parked/{}/retry".to_owned())));
}

#[test]
fn no_two_rows_are_the_same_and_each_is_for_somebody() {
    let mut seen = BTreeSet::new();
    for route in &ROUTES {
        assert!(seen.insert((route.method, route.path, format!("{:?}", route.by))), "twice: {}", route.path);
        let services = route.services != kernel::access::May::No;
        assert!(services || !route.roles().is_empty(), "for nobody at all: {}", route.path);
    }
}

/// The rows of `context`, or of the gateway, by the paths in its sources.
fn tabled(context: Option<Context>) -> BTreeSet<Named> {
    let of = |route: &&Route| match (route.by, context) {
        (Server::Gateway, None) | (Server::Each, Some(_)) => true,
        (Server::One(one), Some(context)) => one == context,
        (Server::Gateway | Server::Each | Server::One(_), _) => false,
    };
    let rows = ROUTES.iter().filter(of).map(|route| {
        let prefix = if context.is_none() && route.place == Place::Api { "/api" } else { "" };
        // platform writes one path for the breakers of all.
        let path = route.path.replace("/operations/app/breaker", "/operations/{}/breaker");
        let path = path.replace("/operations/pay/breaker", "/operations/{}/breaker");
        (route.method.name().to_owned(), plain(&format!("{prefix}{path}")))
    });
    rows.collect()
}

/// platform has breakers for those contexts that call out; the others do not put them on a router.
fn shared_by_others((_, path): &Named, context: Option<Context>) -> bool {
    path == "/operations/{}/breaker" && !matches!(context, Some(Context::App | Context::Pay))
}
