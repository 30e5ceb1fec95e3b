//! Kakao, which vouches for people by OpenID Connect: a code that comes back with the browser is turned into a token that
//! Kakao has signed for us, for this browser's errand, and lately.

pub mod stub;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use kernel::Time;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreIdTokenVerifier, CoreProviderMetadata};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    ErrorResponse, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, TokenResponse,
};
use parking_lot::Mutex;
use platform::clock::Clock;
use platform::config::Secret;
use platform::ids::Ids;
use platform::server::Origin;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long what Kakao says of itself, its keys among it, is believed.
const BELIEVED: i64 = 3_600_000;
/// And how long at least, whatever key a token names: Kakao blocks those who ask too often.
const BELIEVED_AT_LEAST: i64 = 60_000;

/// What Kakao knows us by.
#[derive(Debug, Clone)]
pub struct Options {
    /// The key of our application.
    pub client_id: String,
    /// The secret that goes with it.
    pub secret: Secret,
    /// Who vouches: `https://kauth.kakao.com`, or a stub.
    pub issuer: String,
    /// Where browsers are led back to.
    pub redirect: String,
}

/// Sign-in with Kakao.
pub struct Kakao {
    options: Options,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: Http,
    clock: Clock,
    ids: Ids,
    known: Mutex<Option<(Arc<CoreProviderMetadata>, Time)>>,
}

/// Why Kakao cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// One of the addresses is none.
    #[error("\"{0}\" is not an address")]
    Address(String),
    /// There is no client.
    #[error("no HTTP client can be made")]
    Client(#[from] reqwest::Error),
}

/// A browser's errand to Kakao.
#[derive(Debug)]
pub(crate) struct Errand {
    /// Where the browser is led.
    pub(crate) url: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
}

/// Kakao does not vouch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failed {
    /// It cannot be asked.
    #[error("Kakao cannot be reached ({0})")]
    Down(String),
    /// It refuses, or what it says is not for us.
    #[error("Kakao does not vouch for this ({0})")]
    Refused(String),
}

/// Nothing was answered over HTTP.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("no answer")]
    Http(#[from] reqwest::Error),
    #[error("an answer without an end")]
    Endless,
    #[error("the answer cannot be read")]
    Unreadable(#[from] axum::http::Error),
}

impl Kakao {
    /// With `options`.
    ///
    /// # Errors
    /// When one of the addresses is none.
    pub fn new(options: Options, clock: Clock, ids: Ids) -> Result<Self, Unusable> {
        let address = |text: &str| Unusable::Address(text.to_owned());
        let issuer = IssuerUrl::new(options.issuer.clone()).map_err(|_| address(&options.issuer))?;
        let redirect = RedirectUrl::new(options.redirect.clone()).map_err(|_| address(&options.redirect))?;
        let http = Http(platform::client::outside().timeout(PATIENCE).build()?);
        Ok(Self { options, issuer, redirect, http, clock, ids, known: Mutex::default() })
    }

    /// Who vouches.
    pub(crate) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// The origin that browsers are led back to.
    pub(crate) fn leads_back_to(&self) -> Option<Origin> {
        Origin::parse(&self.redirect.url().origin().ascii_serialization())
    }

    /// Begins an errand.
    pub(crate) async fn begin(&self) -> Result<Errand, Failed> {
        let metadata = self.metadata(BELIEVED).await?;
        let secret = || format!("{}{}", self.ids.token(), self.ids.token());
        let (state, nonce, verifier) = (secret(), secret(), PkceCodeVerifier::new(secret()));
        let client = CoreClient::from_provider_metadata((*metadata).clone(), self.client_id(), Some(self.secret()))
            .set_redirect_uri(self.redirect.clone());
        let (csrf, once) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let (url, ..) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || csrf, || once)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(Errand { url: url.into(), state, nonce, verifier: verifier.into_secret() })
    }

    /// Ends an errand with the code that came back: whom Kakao vouches for.
    pub(crate) async fn end(&self, code: String, nonce: String, verifier: String) -> Result<String, Failed> {
        let metadata = self.metadata(BELIEVED).await?;
        let client = CoreClient::from_provider_metadata((*metadata).clone(), self.client_id(), Some(self.secret()))
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(AuthType::RequestBody);
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(refused)?;
        let answered = request.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&self.http).await;
        let tokens = answered.map_err(|error| judged(&error))?;
        let token = tokens.id_token().ok_or_else(|| refused("no identity in the answer"))?;
        let nonce = Nonce::new(nonce);
        let subject = match token.claims(&self.verifier(&metadata), &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                // It may have another key by now.
                let metadata = self.metadata(BELIEVED_AT_LEAST).await?;
                token.claims(&self.verifier(&metadata), &nonce).map_err(refused)?.subject().clone()
            }
            claims => claims.map_err(refused)?.subject().clone(),
        };
        Ok(subject.to_string())
    }

    fn verifier(&self, metadata: &CoreProviderMetadata) -> CoreIdTokenVerifier<'static> {
        let (issuer, keys) = (metadata.issuer().clone(), metadata.jwks().clone());
        let clock = self.clock.clone();
        CoreIdTokenVerifier::new_confidential_client(self.client_id(), self.secret(), issuer, keys)
            .set_time_fn(move || DateTime::from_timestamp_millis(clock.now().as_millisecond()).unwrap_or_default())
    }

    /// What Kakao says of itself, not longer ago than `age` milliseconds.
    async fn metadata(&self, age: i64) -> Result<Arc<CoreProviderMetadata>, Failed> {
        let now = self.clock.now();
        if let Some((metadata, at)) = &*self.known.lock()
            && now.duration_since(*at).as_millis().abs() < i128::from(age)
        {
            return Ok(Arc::clone(metadata));
        }
        let found = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        let found = Arc::new(found.map_err(|error| Failed::Down(error.to_string()))?);
        *self.known.lock() = Some((Arc::clone(&found), now));
        Ok(found)
    }

    fn client_id(&self) -> ClientId {
        ClientId::new(self.options.client_id.clone())
    }

    fn secret(&self) -> ClientSecret {
        ClientSecret::new(self.options.secret.reveal().to_owned())
    }
}

/// Carries the library's requests.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let (parts, body) = request.into_parts();
        let request = self.0.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
        Box::pin(async move {
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = platform::client::body(response).await.ok_or(Unanswered::Endless)?;
            let mut answer = axum::http::Response::builder().status(status).body(body)?;
            *answer.headers_mut() = headers;
            Ok(answer)
        })
    }
}

fn refused(why: impl std::fmt::Display) -> Failed {
    Failed::Refused(why.to_string())
}

/// What came of asking for the tokens.
fn judged<E: std::error::Error + 'static, R: ErrorResponse + 'static>(error: &RequestTokenError<E, R>) -> Failed {
    match error {
        RequestTokenError::ServerResponse(_) | RequestTokenError::Other(_) => refused(error),
        // What is no answer of theirs is somebody's in between.
        RequestTokenError::Request(_) | RequestTokenError::Parse(..) => Failed::Down(error.to_string()),
    }
}
