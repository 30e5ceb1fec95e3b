//! What the stub answers.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Json};
use chrono::DateTime;
use openidconnect::core::CoreJsonWebKeySet;
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use platform::problem::Problem;
use platform::stub::AskedFor;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Desk;
use super::tokens::Said;

/// What a browser comes with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    state: String,
    scope: String,
    nonce: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    /// Who agrees; nobody where somebody refuses. Only at the stub's own address.
    #[serde(default, rename = "as", skip_serializing)]
    person: Option<String>,
}

/// What somebody has agreed to.
pub(super) struct Agreed {
    asked: Asked,
    person: String,
}

#[derive(Deserialize)]
pub(super) struct Exchange {
    grant_type: String,
    client_id: Option<String>,
    client_secret: Option<String>,
    code: String,
    redirect_uri: String,
    code_verifier: Option<String>,
}

pub(super) async fn discovery(State(desk): State<Desk>) -> Json<Value> {
    let base = &desk.base;
    Json(json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "jwks_uri": format!("{base}/.well-known/jwks.json"),
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": ["iss", "aud", "sub", "auth_time", "exp", "iat", "nonce"],
    }))
}

pub(super) async fn keys(State(desk): State<Desk>) -> Json<CoreJsonWebKeySet> {
    Json(desk.keys.lock().published())
}

/// The page on which somebody agrees, or does not.
pub(super) async fn authorize(State(desk): State<Desk>, Query(asked): Query<Asked>) -> Response {
    if asked.client_id != desk.options.client_id || asked.response_type != "code" || !asked.scope.contains("openid") {
        return (StatusCode::BAD_REQUEST, "KOE101: the application is not known here").into_response();
    }
    let query = serde_urlencoded::to_string(&asked).unwrap_or_default().replace('&', "&amp;");
    let link = |person: &str, text: &str| format!("<p><a href=\"/stub/agree?{query}{person}\">{text}</a></p>");
    let people =
        ["mina", "haneul"].map(|person| link(&format!("&amp;as={person}"), &format!("{person}: 동의하고 계속하기")));
    Html(format!(
        "<!doctype html><meta charset=\"utf-8\"><h1>카카오 (stub)</h1>{}{}",
        people.concat(),
        link("", "취소")
    ))
    .into_response()
}

/// Leads the browser back.
pub(super) async fn agree(State(desk): State<Desk>, Query(asked): Query<Asked>) -> Response {
    let mut pairs = vec![("state", asked.state.clone())];
    let redirect = asked.redirect_uri.clone();
    match asked.person.clone() {
        Some(person) => {
            let code = desk.ids.token();
            desk.agreed.lock().insert(code.clone(), Agreed { asked, person });
            pairs.push(("code", code));
        }
        None => pairs.push(("error", "access_denied".to_owned())),
    }
    let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
    (StatusCode::SEE_OTHER, [(LOCATION, format!("{redirect}?{query}"))]).into_response()
}

/// A code for a token, once.
pub(super) async fn token(
    State(desk): State<Desk>,
    fault: Option<Extension<AskedFor>>,
    body: String,
) -> Result<Json<Value>, Response> {
    let asked: Exchange =
        serde_urlencoded::from_str(&body).map_err(|error| Problem::invalid_field("form", error).into_response())?;
    let is_known = asked.client_id.as_deref() == Some(desk.options.client_id.as_str())
        && asked.client_secret.as_deref() == Some(desk.options.secret.reveal());
    if !is_known {
        return Err(error(StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    let agreed = desk.agreed.lock().remove(&asked.code);
    let agreed = agreed.filter(|agreed| asked.grant_type == "authorization_code" && fits(agreed, &asked));
    let Some(Agreed { asked, person }) = agreed else { return Err(error(StatusCode::BAD_REQUEST, "invalid_grant")) };
    let said = Said { issuer: desk.base.clone(), audience: asked.client_id, subject: person, nonce: asked.nonce };
    let now = DateTime::from_timestamp_millis(desk.options.clock.now().as_millisecond()).unwrap_or_default();
    let fault = fault.map(|Extension(AskedFor { code })| code).unwrap_or_default();
    let id_token = desk.keys.lock().token(said, now, &fault);
    let access_token = desk.ids.token();
    Ok(Json(json!({
        "token_type": "bearer", "access_token": access_token, "id_token": id_token, "expires_in": 21_599, "scope": "openid",
    })))
}

/// Whether who has the code began the errand too.
fn fits(agreed: &Agreed, asked: &Exchange) -> bool {
    let made = asked.code_verifier.clone().map(|verifier| {
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(verifier));
        challenge.as_str().to_owned()
    });
    let by_the_method = agreed.asked.code_challenge_method.as_deref() == Some("S256");
    asked.redirect_uri == agreed.asked.redirect_uri && by_the_method && made == agreed.asked.code_challenge
}

fn error(status: StatusCode, code: &str) -> Response {
    (status, Json(json!({ "error": code, "error_description": "refused" }))).into_response()
}
