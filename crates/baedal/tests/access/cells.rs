//! Every cell: what is refused is refused at the gateway and at the service, what is one's own works, and what is
//! another's does not exist.

use kernel::Context;
use kernel::access::{May, Method, Place, Route};
use kernel::people::Role;
use reqwest::Response;

use crate::calls::{carried, every, is_stream, method, nobodys, outside, send, signed_in, start, text};
use crate::cases::{Case, Others, case, somebody};
use crate::support::TestApp;

/// Nobody in particular, and everybody else.
const WHO: [Option<Role>; 6] =
    [None, Some(Role::Customer), Some(Role::Owner), Some(Role::Rider), Some(Role::Operator), Some(Role::Service)];

macro_rules! cells_of {
    ($($test:ident: $context:expr),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                cells_of($context).await;
            }
        )+
    };
}

cells_of! {
    every_cell_of_the_gateway_is_as_the_table_says: None,
    every_cell_of_app_is_as_the_table_says: Some(Context::App),
    every_cell_of_pay_is_as_the_table_says: Some(Context::Pay),
    every_cell_of_store_is_as_the_table_says: Some(Context::Store),
    every_cell_of_delivery_is_as_the_table_says: Some(Context::Delivery),
    every_cell_of_customer_is_as_the_table_says: Some(Context::Customer),
}

async fn cells_of(context: Option<Context>) {
    let app = start().await;
    let mut tried = 0;
    for (route, _) in every().into_iter().filter(|(_, of)| *of == context) {
        for role in WHO {
            let cell = Cell { app: &app, route, context, role };
            match route.may(role) {
                May::No => cell.is_refused().await,
                May::Own | May::All => cell.is_open().await,
            }
            tried += 1;
        }
    }
    println!("{tried} cells of {}", context.map_or("the gateway", Context::name));
    assert!(tried > 0);
    app.rest().await;
    app.check();
}

/// One row and one role.
struct Cell<'a> {
    app: &'a TestApp,
    route: &'static Route,
    context: Option<Context>,
    role: Option<Role>,
}

impl Cell<'_> {
    async fn is_refused(&self) {
        let path = nobodys(self.route, self.context);
        let who = somebody(self.app, self.role);
        let status = if self.role.is_none() { 401 } else { 403 };
        let mut methods = vec![method(self.route)];
        if self.route.method == Method::Get {
            methods.push(reqwest::Method::HEAD);
        }
        for method in methods {
            // No service of ours has a session.
            if self.role != Some(Role::Service) {
                let found = outside(self.app, self.route, &path);
                let (url, status) = match found {
                    Some(url) => (url, status),
                    None => (format!("{}{path}", self.app.gateway()), 404),
                };
                // Also `/api/events` is something at the gateway, which is a row of its own.
                if self.route.path != "/events" || self.route.place != Place::Inside {
                    let answer = send(signed_in(self.app, method.clone(), &who, &url).await, None).await;
                    self.expect("at the gateway", answer, status).await;
                }
            }
            if let Some(context) = self.context {
                // pay alone believes app; elsewhere its key is nobody's.
                let status = if self.role == Some(Role::Service) && context != Context::Pay { 401 } else { status };
                let answer = send(carried(self.app, context, method, &who, &path), None).await;
                self.expect("at the service", answer, status).await;
            }
        }
    }

    async fn is_open(&self) {
        let case = case(self.app, self.route, self.context, self.role).await;
        let acts = (!case.who.is_empty()).then(|| kernel::testing::actor(&case.who).role());
        assert_eq!(acts, self.role, "{self}: the case is of somebody else");
        self.is_nothing_to_others(&case).await;
        let mut led_on = false;
        if let Some(url) = outside(self.app, self.route, &case.path) {
            let request = signed_in(self.app, method(self.route), &case.who, &url).await;
            let answer = send(request, case.body.as_ref()).await;
            led_on = answer.url().as_str() != url;
            self.works("at the gateway", &case, answer).await;
        } else {
            let request = carried(self.app, self.context.unwrap(), method(self.route), &case.who, &case.path);
            self.works("at the service", &case, send(request, case.body.as_ref()).await).await;
        }
        // An identity is for one request, so that nobody can be led on with it.
        if let (Some(context), Method::Get, false) = (self.context, self.route.method, led_on) {
            let request = carried(self.app, context, method(self.route), &case.who, &case.path);
            self.works("at the service", &case, send(request, None).await).await;
        }
        if let Others::TooLate(other) = &case.others {
            for answer in self.both(&case, other).await {
                self.expect("of another", answer, 409).await;
            }
        }
    }

    async fn is_nothing_to_others(&self, case: &Case) {
        match &case.others {
            Others::Same | Others::TooLate(_) => {}
            Others::NotThere(other) => {
                for answer in self.both(case, other).await {
                    let text = self.expect("of another", answer, 404).await;
                    assert!(text.contains("/problems/not-found"), "{self}: {text}");
                }
            }
            Others::Theirs { who, theirs, this } => {
                for answer in self.both(case, who).await {
                    assert_eq!(answer.status().as_u16(), 200, "{self}");
                    let text = text(answer, theirs).await;
                    assert!(text.contains(theirs.as_str()) && !text.contains(this.as_str()), "{self}: {text}");
                }
            }
        }
    }

    /// What `who` gets for the call at the gateway and at the service.
    async fn both(&self, case: &Case, who: &str) -> Vec<Response> {
        let mut answers = Vec::new();
        if let Some(url) = outside(self.app, self.route, &case.path) {
            let request = signed_in(self.app, method(self.route), who, &url).await;
            answers.push(send(request, case.body.as_ref()).await);
        }
        if let Some(context) = self.context {
            let request = carried(self.app, context, method(self.route), who, &case.path);
            answers.push(send(request, case.body.as_ref()).await);
        }
        answers
    }

    async fn works(&self, place: &str, case: &Case, answer: Response) {
        let this = match &case.others {
            Others::Theirs { this, .. } => Some(this.as_str()),
            Others::Same | Others::NotThere(_) | Others::TooLate(_) => None,
        };
        if is_stream(&answer) && this.is_none() {
            assert_eq!(answer.status().as_u16(), case.works, "{self} {place}");
            return;
        }
        let status = answer.status().as_u16();
        let text = text(answer, this.unwrap_or_default()).await;
        assert_eq!(status, case.works, "{self} {place}: {text}");
        assert!(text.contains(this.unwrap_or_default()), "{self} {place} is not there: {text}");
    }

    async fn expect(&self, place: &str, answer: Response, status: u16) -> String {
        let found = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert_eq!(found, status, "{self} {place}: {text}");
        text
    }
}

impl std::fmt::Display for Cell<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = self.context.map_or("gateway", Context::name);
        let who = self.role.map_or("nobody", Role::name);
        write!(f, "{} {} of {of} as {who}", self.route.method.name(), self.route.path)
    }
}
