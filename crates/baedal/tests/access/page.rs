//! docs/access.md, as the table has it.

use std::fmt::Write;

use kernel::Context;
use kernel::access::{May, Place, ROUTES, Route, Server};
use kernel::people::Role;

/// The columns: nobody in particular, then each role.
const WHO: [Option<Role>; 5] = [None, Some(Role::Customer), Some(Role::Owner), Some(Role::Rider), Some(Role::Operator)];

const BEGINNING: &str = "# Who may do what

Made from the one table in `crates/kernel/src/access/routes.rs`; `UPDATE_ACCESS=1 cargo test -p baedal --test access`
rewrites it. The gateway asks the table before anything else, and each service asks it again. What the table does not name
is not there (404). `crates/baedal/tests/access` tries every cell.

How to sign in is said in the README. Whoever may `GET` may `HEAD`.

";

/// What a cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    SignIn,
    Refused,
    Anybody,
    All,
    Session,
    Orders,
    Messages,
    Stores,
    Carried,
    StoresDeliveries,
    Own,
}

impl Meaning {
    const EVERY: [Self; 11] = [
        Self::SignIn,
        Self::Refused,
        Self::Anybody,
        Self::All,
        Self::Session,
        Self::Orders,
        Self::Messages,
        Self::Stores,
        Self::Carried,
        Self::StoresDeliveries,
        Self::Own,
    ];

    fn of(route: &Route, role: Option<Role>) -> Self {
        let context = match route.by {
            Server::One(context) => Some(context),
            Server::Gateway | Server::Each => None,
        };
        match (route.may(role), role, context) {
            (May::No, None, _) => Self::SignIn,
            (May::No, Some(_), _) => Self::Refused,
            (May::All, _, _) if route.may(None) == May::All => Self::Anybody,
            (May::All, _, _) => Self::All,
            (May::Own, _, _) if route.path.starts_with("/sessions") => Self::Session,
            (May::Own, Some(Role::Customer), Some(Context::App)) => Self::Orders,
            (May::Own, Some(Role::Customer), Some(Context::Customer)) => Self::Messages,
            (May::Own, Some(Role::Owner), Some(Context::Store)) => Self::Stores,
            (May::Own, Some(Role::Owner), Some(Context::Delivery)) => Self::StoresDeliveries,
            (May::Own, Some(Role::Rider), Some(Context::Delivery)) => Self::Carried,
            (May::Own, _, _) => Self::Own,
        }
    }

    const fn cell(self) -> &'static str {
        match self {
            Self::SignIn => "401",
            Self::Refused => "403",
            Self::Anybody => "yes",
            Self::All => "all",
            Self::Session => "own session",
            Self::Orders => "own orders",
            Self::Messages => "own messages",
            Self::Stores => "own stores",
            Self::Carried => "own, and waiting near",
            Self::StoresDeliveries => "own stores'",
            Self::Own => "own",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::SignIn => "Nobody is signed in, and somebody would have to be.",
            Self::Refused => "Whoever is signed in in this role may not; the answer says who may.",
            Self::Anybody => {
                "Anybody, signed in or not. Under a link, it is the link itself that shows whose it is; what a provider \
                 tells is believed only after it was asked."
            }
            Self::All => "Whoever's it is.",
            Self::Session => "The session that is shown with the request, or another of the same account.",
            Self::Orders => "The orders that this customer made. Another's is 404, as if it had never been.",
            Self::Messages => "What was told to this customer. Lists and streams hold nothing else.",
            Self::Stores => {
                "The stores that the account names, one or many, and their tickets. Another store, its tickets and \
                 `storeId=` of it are 404."
            }
            Self::Carried => {
                "The deliveries that this rider carries or carried, and those that wait for a rider near enough. \
                 Another's is 404; a claim that another won, or of one too far away, is 409."
            }
            Self::StoresDeliveries => {
                "What leaves the account's stores: to be seen; to be acted on only where the store brings it itself, \
                 else 409. Another store's is 404."
            }
            Self::Own => "What belongs to whoever is signed in. What is another's is 404.",
        }
    }
}

/// The page.
pub fn page() -> String {
    let mut page = BEGINNING.to_owned();
    meanings(&mut page);
    section(&mut page, "The gateway itself", |route| route.by == Server::Gateway && route.place != Place::Inside);
    for context in Context::ALL {
        let title = format!("{context} (port {})", platform::config::Ports::default().of(context));
        section(&mut page, &title, |route| route.by == Server::One(context) && route.place != Place::Inside);
    }
    section(&mut page, "Every service, under its own name", |route| {
        route.by == Server::Each && route.place != Place::Inside
    });
    inside(&mut page);
    page
}

fn meanings(page: &mut String) {
    page.push_str("## What the words mean\n\n| word | it means |\n|---|---|\n");
    for meaning in Meaning::EVERY {
        if ROUTES.iter().any(|route| WHO.iter().any(|role| Meaning::of(route, *role) == meaning)) {
            let _ = writeln!(page, "| {} | {} |", meaning.cell(), meaning.sentence());
        }
    }
}

fn section(page: &mut String, title: &str, belongs: impl Fn(&Route) -> bool) {
    let rows: Vec<_> = ROUTES.iter().filter(|route| belongs(route)).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n## {title}\n");
    page.push_str(
        "| call | nobody | customer | owner | rider | operator | given up |\n|---|---|---|---|---|---|---|\n",
    );
    for route in rows {
        let cells = WHO.map(|role| Meaning::of(route, role).cell()).join(" | ");
        let importance = format!("{:?}", route.importance).to_lowercase();
        let _ = writeln!(page, "| {} | {cells} | {importance} |", call(route));
    }
}

fn inside(page: &mut String) {
    page.push_str(
        "\n## Inside only\n\nThe gateway does not know these. At the service's own port they take a signed identity like \
         everything else there.\n\n| call | of | people | our services |\n|---|---|---|---|\n",
    );
    for route in ROUTES.iter().filter(|route| route.place == Place::Inside) {
        let of = match route.by {
            Server::One(context) => context.name(),
            Server::Each => "each",
            Server::Gateway => "gateway",
        };
        let people: Vec<_> = route.roles().into_iter().map(Role::name).collect();
        let people = if people.is_empty() { "403".to_owned() } else { people.join(", ") };
        let services = if route.services == May::No { "403" } else { "app, in its own name" };
        let _ = writeln!(page, "| {} `{}` | {of} | {people} | {services} |", route.method.name(), route.path);
    }
    page.push_str(
        "\n`/health/live`, `/health/ready`, `/metrics`, `/openapi.json`, `/asyncapi.json` and `/.well-known/jwks.json` \
         are open to whoever reaches the port.\n",
    );
}

fn call(route: &Route) -> String {
    let prefix = if route.place == Place::Api { "/api" } else { "" };
    format!("{} `{prefix}{}`", route.method.name(), route.path)
}
