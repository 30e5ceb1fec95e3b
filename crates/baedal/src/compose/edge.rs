//! The gateway and what stands at each service's port.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::http::StatusCode;
use gateway::accounts::{self, Accounts, Demo};
use gateway::kakao::{self, Kakao};
use gateway::{Patience, Upstream};
use kernel::Context;
use platform::config::{Settings, needed};
use platform::identity::{Gate, Keys, Signer};
use platform::server::Door;

use super::{Composer, DEMO_DATA, Parts, Roles, length};
use crate::codes;
use crate::entrance::Entrance;
use crate::interfaces::{self, Faults};
use crate::outlets;

/// What the gateway is, if it runs here.
#[derive(Clone)]
pub struct Edge {
    /// Who there is.
    pub accounts: Accounts,
    /// Signs who a request comes from.
    pub signer: Signer,
}

impl Composer<'_> {
    /// Who there is, and those who speak for others or for themselves.
    pub(super) async fn open_edge(&mut self, roles: &Roles) -> anyhow::Result<()> {
        let Parts { clock, ids, shutdown, .. } = &self.parts;
        if roles.contexts.contains(&Context::App) {
            self.app = Some(Signer::new(Context::App.name(), clock, ids));
        }
        if roles.gateway {
            self.entrance = Some(Entrance::open(self.settings, shutdown).await?);
            let options = accounts::Options {
                sessions: self.settings.sessions.clone(),
                codes: codes::of(self.settings, &self.parts)?,
                kakao: kakao(self.settings, &self.parts)?,
            };
            let accounts = Accounts::open_with(&self.settings.data_dir, clock, ids, shutdown, options)?;
            let demo = demo(self.settings)?;
            let operator = self.parts.secrets.operator_password.as_ref();
            accounts.prepare(demo, operator).await.map_err(|problem| {
                let unfit = problem.status() == StatusCode::UNPROCESSABLE_ENTITY;
                let what =
                    if unfit { "BAEDAL_OPERATOR_PASSWORD cannot be used" } else { "the accounts cannot be read" };
                anyhow::Error::from(problem).context(what)
            })?;
            self.edge = Some(Edge { accounts, signer: Signer::new("gateway", clock, ids) });
        }
        Ok(())
    }

    /// What stands at the port of `context`: it believes the gateway, and pay believes app.
    pub(super) fn gate(&self, context: Context) -> anyhow::Result<Gate> {
        let clock = &self.parts.clock;
        let mut issuers = vec![match &self.edge {
            Some(edge) => Keys::here(edge.signer.clone()),
            None => Keys::there("gateway", &self.settings.gateways(), clock)?,
        }];
        if context == Context::Pay {
            issuers.push(match &self.app {
                Some(signer) => Keys::here(signer.clone()),
                None => Keys::there(Context::App.name(), &self.settings.upstreams(Context::App), clock)?,
            });
        }
        Ok(Gate::new(context, issuers, clock))
    }

    /// The gateway that listens at `own`, and what stands at its port.
    pub(super) fn gateway(
        &self,
        own: SocketAddr,
        addresses: &[(&'static str, SocketAddr)],
    ) -> anyhow::Result<(Router, Door)> {
        let entrance = self.entrance.as_ref().context("the gateway runs without an entrance")?;
        let Edge { accounts, signer } = self.edge.clone().context("the gateway runs without its accounts")?;
        let mut upstreams = BTreeMap::new();
        let mut shown = BTreeMap::new();
        for context in Context::ALL {
            let here = addresses.iter().find(|(name, _)| *name == context.name());
            let (upstream, address) = if let Some((_, address)) = here {
                (Upstream::Local(self.whole(context)), format!("http://{address}"))
            } else {
                let bases = self.settings.upstreams(context);
                let address = bases.join(", ");
                (Upstream::Remote(bases), address)
            };
            upstreams.insert(context, upstream);
            shown.insert(context, address);
        }
        let payment = length(self.settings.payment.deadline);
        let faults = Faults::of(self.settings);
        let options = gateway::Options {
            accounts,
            signer,
            shutdown: self.parts.shutdown.clone(),
            readiness: self.readiness.clone(),
            metrics: self.parts.metrics.clone(),
            address: entrance.address(own),
            addresses: shown,
            documents: interfaces::documents(),
            patience: Patience::of(&self.settings.limits, payment),
            limits: self.settings.limits.clone(),
            payment,
            faults: self.settings.faults,
            callers: entrance.callers().to_vec(),
            openapi: Arc::new(move || interfaces::openapi(faults)),
        };
        Ok((gateway::router(upstreams, options), entrance.door().clone()))
    }
}

/// Who of the demo is there. Where phones or money are real nobody signs in with a password that everybody knows.
fn demo(settings: &Settings) -> anyhow::Result<Demo> {
    if outlets::is_a_demo(settings) {
        return Ok(Demo::People(store::demo_store_ids(DEMO_DATA)?));
    }
    if settings.demo_data {
        tracing::warn!("demo_data is on, but messages or payments are real: there are no demo people here");
    }
    Ok(Demo::Nobody)
}

/// Sign-in with Kakao, where it is set.
fn kakao(settings: &Settings, parts: &Parts) -> anyhow::Result<Option<Kakao>> {
    let set = &settings.kakao;
    if set.client_id.is_empty() {
        return Ok(None);
    }
    let options = kakao::Options {
        client_id: set.client_id.clone(),
        secret: needed(parts.secrets.kakao_client_secret.as_ref(), "BAEDAL_KAKAO_CLIENT_SECRET")?,
        issuer: set.issuer.clone(),
        redirect: back_from_kakao(settings)?,
    };
    let kakao = Kakao::new(options, parts.clock.clone(), parts.ids.clone());
    kakao.map(Some).context("nobody can sign in with Kakao as it is set")
}

/// Where Kakao leads browsers back to: as it is set, else at the address that people know, else on this machine.
fn back_from_kakao(settings: &Settings) -> anyhow::Result<String> {
    if !settings.kakao.redirect.is_empty() {
        return Ok(settings.kakao.redirect.clone());
    }
    let scheme = if settings.tls.certificate.is_empty() { "http" } else { "https" };
    let origin = match settings.public_origin()? {
        Some(public) => public.to_string(),
        None => format!("{scheme}://127.0.0.1:{}", settings.ports.gateway),
    };
    Ok(format!("{origin}/sign-in/kakao/callback"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kakao_leads_back_to_where_it_is_told_or_to_the_address_that_people_know() {
        let mut settings = Settings::default();
        assert_eq!(back_from_kakao(&settings).unwrap(), "http://127.0.0.1:8088/sign-in/kakao/callback");
        settings.public_address = "https://baedal.example/".to_owned();
        assert_eq!(back_from_kakao(&settings).unwrap(), "https://baedal.example/sign-in/kakao/callback");
        settings.kakao.redirect = "https://other.example/back".to_owned();
        assert_eq!(back_from_kakao(&settings).unwrap(), "https://other.example/back");
    }
}
