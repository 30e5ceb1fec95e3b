//! The tokens that the stub signs.

use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreGenderClaim, CoreIdToken, CoreIdTokenClaims, CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
    CoreRsaPrivateSigningKey,
};
use openidconnect::{
    Audience, EmptyAdditionalClaims, IssuerUrl, JsonWebKeyId, Nonce, PrivateSigningKey, StandardClaims,
    SubjectIdentifier,
};
use rsa::RsaPrivateKey;
use rsa::pkcs1::{EncodeRsaPrivateKey, LineEnding};
use rsa::rand_core::OsRng;

/// How long a token is good.
const GOOD: chrono::TimeDelta = chrono::TimeDelta::hours(6);

/// The stub's keys, the second of which it never publishes.
pub(super) struct Keys {
    published: CoreRsaPrivateSigningKey,
    other: CoreRsaPrivateSigningKey,
}

/// What a token says.
pub(super) struct Said {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) subject: String,
    pub(super) nonce: Option<String>,
}

impl Keys {
    pub(super) fn new() -> std::io::Result<Self> {
        let pem = || -> std::io::Result<String> {
            let key = RsaPrivateKey::new(&mut OsRng, 2048).map_err(std::io::Error::other)?;
            Ok(key.to_pkcs1_pem(LineEnding::LF).map_err(std::io::Error::other)?.to_string())
        };
        let published = pem()?;
        // Known by its own text, so that another key has another name.
        let name: String = published.chars().skip(64).filter(char::is_ascii_alphanumeric).take(12).collect();
        let key = |pem: &str| {
            let id = Some(JsonWebKeyId::new(name.clone()));
            CoreRsaPrivateSigningKey::from_pem(pem, id).map_err(std::io::Error::other)
        };
        Ok(Self { published: key(&published)?, other: key(&pem()?)? })
    }

    pub(super) fn published(&self) -> CoreJsonWebKeySet {
        let key: CoreJsonWebKey = self.published.as_verification_key();
        CoreJsonWebKeySet::new(vec![key])
    }

    /// A token that says `said` at `now`, spoilt in the way that `fault` names.
    pub(super) fn token(&self, mut said: Said, now: DateTime<Utc>, fault: &str) -> Option<String> {
        let (mut issued, mut key) = (now, &self.published);
        match fault {
            "wrong-nonce" => said.nonce = Some("another".to_owned()),
            "wrong-audience" => "another".clone_into(&mut said.audience),
            "wrong-issuer" => "https://elsewhere.example".clone_into(&mut said.issuer),
            "expired" => issued = now - GOOD - chrono::TimeDelta::seconds(1),
            "other-key" => key = &self.other,
            _ => {}
        }
        let standard: StandardClaims<CoreGenderClaim> = StandardClaims::new(SubjectIdentifier::new(said.subject));
        let by = IssuerUrl::new(said.issuer).ok()?;
        let audience = vec![Audience::new(said.audience)];
        let claims = CoreIdTokenClaims::new(by, audience, issued + GOOD, issued, standard, EmptyAdditionalClaims {})
            .set_nonce(said.nonce.map(Nonce::new));
        let algorithm = CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256;
        Some(CoreIdToken::new(claims, key, algorithm, None, None).ok()?.to_string())
    }
}
