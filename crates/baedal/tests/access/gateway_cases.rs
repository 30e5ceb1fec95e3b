//! The cases of what the gateway answers itself: signing in and out, accounts, the system as a whole.

use gateway::accounts::Account;
use kernel::people::{PersonId, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::calls::{answered, signed_in};
use crate::cases::{Case, OPERATOR, somebody};
use crate::support::{BITES, TestApp};

/// A new password that nobody guesses.
const PASSWORD: &str = "three words apart";

/// The case of a route that the gateway answers itself, for somebody of `role`.
pub async fn at_the_gateway(app: &TestApp, method: &str, path: &str, role: Option<Role>) -> Option<Case> {
    if path.starts_with("/operations/gateway/") {
        return operating(app, method, path).await;
    }
    let who = somebody(app, role);
    Some(match (method, path) {
        ("GET", "/" | "/status" | "/events" | "/operations/faults" | "/waiting-room" | "/waiting")
        | ("DELETE", "/operations/faults") => Case::of(&who, path),
        ("PUT", "/operations/faults") => Case::of(&who, path).with(json!({})),
        _ if path.starts_with("/sessions") => of_sessions(app, method, path, role).await?,
        _ => of_accounts(app, method, path, role)?,
    })
}

async fn of_sessions(app: &TestApp, method: &str, path: &str, role: Option<Role>) -> Option<Case> {
    let who = somebody(app, role);
    Some(match (method, path) {
        ("POST", "/sessions") => {
            Case::of(&who, path).with(json!({ "login": "rider", "password": "baedal" })).answered(201)
        }
        ("GET", "/sessions" | "/sessions/current") => Case::of(&who, path),
        ("DELETE", "/sessions" | "/sessions/current") => Case::of(&leaving(role), path).answered(204),
        ("DELETE", "/sessions/{sessionId}") => {
            let person = leaving(role);
            let session = second_session(app, &person).await;
            let other = format!("{}/somebody-else", role?);
            let other = if role == Some(Role::Owner) { somebody(app, role) } else { other };
            Case::of(&person, &path.replace("{sessionId}", &session)).answered(204).hidden_from(&other)
        }
        _ => return None,
    })
}

fn of_accounts(app: &TestApp, method: &str, path: &str, role: Option<Role>) -> Option<Case> {
    let who = somebody(app, role);
    // Nobody who has no session is led to sign in, and ends on a page.
    let form = |text: &str| Case::of(&who, path).with(Value::String(text.to_owned()));
    let email = format!("{}@example.com", app.key());
    Some(match (method, path) {
        ("POST", "/phone-codes") => {
            let phone = format!("010-{:04}-{:04}", 1_000 + number_of(role), 4_321);
            Case::of(&who, path).with(json!({ "phone": phone })).answered(202)
        }
        ("POST", "/accounts") => {
            Case::of(&who, path).with(json!({ "email": email, "password": PASSWORD })).answered(201)
        }
        ("PUT", "/accounts/current/password") => {
            Case::of(&who, path).with(json!({ "newPassword": PASSWORD })).answered(204)
        }
        ("GET", "/sign-in" | "/sign-up" | "/account" | "/account/password") => Case::of(&who, path),
        // Nobody signs in with Kakao where it is not set up.
        ("GET", "/sign-in/kakao" | "/sign-in/kakao/callback") => Case::of(&who, path).answered(404),
        ("POST", "/sign-in") => form("login=rider&password=baedal"),
        ("POST", "/sign-up") => form(&format!("email={email}&password=three+words+apart")),
        ("POST", "/account/password") => form("password=three+words+apart&newPassword=other+words+apart"),
        // Whoever leaves is led to the start page; this client shows its session there too, which is over.
        ("POST", "/sign-out" | "/account/sign-out") => {
            let works = if role.is_some() { 401 } else { 200 };
            Case { who: leaving(role), works, ..form("session=all") }
        }
        _ => return None,
    })
}

async fn operating(app: &TestApp, method: &str, path: &str) -> Option<Case> {
    let what = path.strip_prefix("/operations/gateway/").unwrap_or(path);
    let case = |path: &str| Case::of(OPERATOR, path);
    Some(match (method, what) {
        ("GET", "accounts" | "audit" | "limits" | "waiting-room") => case(path),
        ("POST", "accounts") => {
            let login = format!("{}@example.com", app.key());
            case(path).with(json!({ "login": login, "role": "rider" })).answered(201)
        }
        ("PUT", "waiting-room") => case(path).with(json!({ "state": "OFF" })),
        ("GET", "accounts/{accountId}")
        | (
            "POST",
            "accounts/{accountId}/disable" | "accounts/{accountId}/enable" | "accounts/{accountId}/reset-password",
        ) => case(&of_account(path, &somebody_new(app, "rider", &[]).await)),
        ("PUT", "accounts/{accountId}/stores") => {
            case(&of_account(path, &somebody_new(app, "owner", &[]).await)).with(json!({ "stores": [BITES] }))
        }
        _ => return None,
    })
}

/// Makes an account as operators do, and gives its id.
pub async fn somebody_new(app: &TestApp, role: &str, stores: &[&str]) -> String {
    let login = format!("{}@example.com", app.key());
    let mut asked = json!({ "login": login, "role": role });
    if !stores.is_empty() {
        asked["stores"] = json!(stores);
    }
    let accounts = format!("{}/operations/gateway/accounts", app.gateway());
    let made = answered(signed_in(app, Method::POST, OPERATOR, &accounts).await, Some(&asked), 201).await;
    made["id"].as_str().expect("an account's id").to_owned()
}

fn of_account(path: &str, id: &str) -> String {
    path.replace("{accountId}", id)
}

/// Somebody who signs out is not needed again.
fn leaving(role: Option<Role>) -> String {
    match role {
        Some(Role::Owner) => "owner/019aa8dc-0000-7000-8000-000000000000".to_owned(),
        Some(role) => format!("{role}/who-leaves"),
        None => String::new(),
    }
}

/// The id of another session of `person`.
async fn second_session(app: &TestApp, person: &str) -> String {
    app.token(person).await;
    let actor = kernel::testing::actor(person);
    let account = Account { id: PersonId::parse(actor.id().as_str()).unwrap(), ..Account::of(&actor) };
    let token = app.edge().accounts.sign_in_as(account).await.unwrap().token;
    let request = app.http.request(Method::GET, format!("{}/sessions/current", app.gateway())).bearer_auth(token);
    let current: Value = request.send().await.unwrap().json().await.unwrap();
    current["sessionId"].as_str().expect("a session's id").to_owned()
}

fn number_of(role: Option<Role>) -> usize {
    role.map_or(0, |role| 1 + role as usize)
}
