//! Who acts: signed in at the gateway, or as the gateway and app tell the services.

use baedal::compose::Edge;
use gateway::accounts::Account;
use kernel::Context;
use kernel::people::PersonId;
use platform::identity::IDENTITY_HEADER;
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};

use super::TestApp;

impl TestApp {
    /// The token of somebody who is signed in: `customer/<id>`, or `owner/<storeId>` for the owner of that store.
    pub async fn token(&self, actor: &str) -> String {
        let accounts = &self.edge().accounts;
        let known = self.tokens.lock().unwrap().get(actor).cloned();
        if let Some(token) = known
            && accounts.session(&token).await.unwrap().is_some()
        {
            return token;
        }
        // An id is one account's, whatever its role.
        let actor_of = kernel::testing::actor(actor);
        let id = match actor_of.id().as_str() {
            short if short.len() < 8 => PersonId::parse(&actor.replace('/', "-")).unwrap(),
            _ => actor_of.id().clone(),
        };
        let account = Account { id, ..Account::of(&actor_of) };
        let token = accounts.sign_in_as(account).await.unwrap().token;
        self.tokens.lock().unwrap().insert(actor.to_owned(), token.clone());
        token
    }

    /// What the gateway is.
    pub fn edge(&self) -> &Edge {
        self.parts.iter().find_map(|part| part.running.edge()).unwrap()
    }

    /// What the gateway, or app for itself, would send with a request of `actor` to `context`.
    pub fn signed(&self, actor: &str, context: Context, method: &Method, path: &str) -> HeaderValue {
        let signer = if actor == "service/app" { &self.app } else { &self.gateway };
        let identity = platform::testing::acts(actor);
        signer.as_ref().unwrap().sign(&identity, context, method, &path.parse().unwrap()).unwrap()
    }

    /// A request to the port of `context` as the gateway would make it for `actor`, also while it is away.
    pub fn at(&self, context: Context, method: Method, actor: &str, path: &str) -> RequestBuilder {
        let signed = self.signed(actor, context, &method, path);
        self.http.request(method, format!("{}{path}", self.service(context))).header(IDENTITY_HEADER, signed)
    }
}
