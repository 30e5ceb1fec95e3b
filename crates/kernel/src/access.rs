//! Who may call what: one table of every route and role. The gateway and each service check by it, the documents are made
//! of it, and a test tries every cell.

use crate::Context;
use crate::people::Role;

mod routes;

pub use routes::ROUTES;

/// Whether somebody may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Refused: 401 where nobody signed in, else 403.
    No,
    /// What is their own; what is another's does not exist for them (404).
    Own,
    /// Whoever's it is.
    All,
}

/// Who answers a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The gateway itself.
    Gateway,
    /// One context.
    One(Context),
    /// Every context, each under its own name: `{context}` in the path stands for it.
    Each,
}

/// From where a route can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// From outside, under `/api`.
    Api,
    /// From outside, without a prefix: pages that people are led to, and what providers tell us.
    Root,
    /// By our own services only; the gateway does not know it.
    Inside,
}

/// What is given up first when there is too much to do: the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Importance {
    /// Looking around.
    Browsing,
    /// Making an order, and signing in for it.
    Ordering,
    /// What is under way: cooking, delivering, cancelling, asking where it is.
    Serving,
    /// Paying, what providers tell us, and operating the system.
    Paying,
}

/// An HTTP method that a route has. Whoever may `GET` may `HEAD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Commands.
    Post,
    /// Replaces.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// The method as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }

    /// The method of a request, if any route can have it.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "GET" | "HEAD" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "PUT" => Some(Self::Put),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path at whoever answers it; `{name}` stands for one segment.
    pub path: &'static str,
    /// Who answers it.
    pub by: Server,
    /// From where it can be called.
    pub place: Place,
    /// What it is given up for.
    pub importance: Importance,
    /// Who may: nobody in particular, customers, owners, riders, operators.
    pub people: [May; 5],
    /// Whether our own services may.
    pub services: May,
}

impl Route {
    /// Whether somebody of `role` may call this, or somebody who is not signed in (`None`).
    pub const fn may(&self, role: Option<Role>) -> May {
        match role {
            None => self.people[0],
            Some(Role::Customer) => self.people[1],
            Some(Role::Owner) => self.people[2],
            Some(Role::Rider) => self.people[3],
            Some(Role::Operator) => self.people[4],
            Some(Role::Service) => self.services,
        }
    }

    /// Whether `context` answers it.
    pub fn is_of(&self, context: Context) -> bool {
        match self.by {
            Server::Gateway => false,
            Server::One(one) => one == context,
            Server::Each => true,
        }
    }

    /// Its path at `context`.
    pub fn path_at(&self, context: Context) -> String {
        self.path.replace("{context}", context.name())
    }

    /// The roles that may call it, as a sentence has them.
    pub fn roles(&self) -> Vec<Role> {
        Role::OF_PEOPLE.into_iter().filter(|role| self.may(Some(*role)) != May::No).collect()
    }
}
