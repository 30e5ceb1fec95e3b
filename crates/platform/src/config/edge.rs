//! How the gateway's port is reached from outside.

use std::net::IpAddr;
use std::path::Path;

use axum::http::{HeaderValue, Uri};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Settings, SettingsError, Upstreams, bases};
use crate::server::{Certificates, Origin, TlsError};

/// TLS at the gateway's port.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The file with the certificate and those that vouch for it, in PEM form; without one there is no TLS.
    pub certificate: String,
    /// The file with its private key, in PEM form.
    pub key: String,
    /// A port of plain HTTP that leads to the public address; 0 is none.
    pub redirect_port: u16,
}

impl Tls {
    /// The certificate, where one is set.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn certificates(&self) -> Result<Option<Certificates>, TlsError> {
        if self.certificate.is_empty() {
            return Ok(None);
        }
        Certificates::load(Path::new(&self.certificate), Path::new(&self.key)).map(Some)
    }
}

/// How many connections there may be at the gateway's port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Connections {
    /// At a time.
    pub most: usize,
    /// At a time from one address (of IPv6: one network of 64 bits) that is neither in `limits.exempt` nor a trusted proxy.
    pub most_per_address: usize,
}

impl Default for Connections {
    fn default() -> Self {
        Self { most: 10_000, most_per_address: 512 }
    }
}

impl Settings {
    /// The address that everybody reaches us by, where one is set.
    pub fn public_origin(&self) -> Result<Option<Origin>, SettingsError> {
        if self.public_address.is_empty() {
            return Ok(None);
        }
        let origin = Origin::parse(&self.public_address);
        origin
            .map(Some)
            .ok_or_else(|| wrong("public_address", &self.public_address, "an address like https://baedal.example"))
    }

    /// Where the gateway of this machine is asked. With TLS its certificate is the public name's.
    pub(super) fn gateway_here(&self) -> String {
        match (self.tls.certificate.as_str(), self.public_address.trim_end_matches('/')) {
            ("", _) => format!("http://127.0.0.1:{}", self.ports.gateway),
            (_, "") => format!("https://localhost:{}", self.ports.gateway),
            (_, public) => public.to_owned(),
        }
    }

    /// The networks whose proxies are believed.
    pub fn proxies(&self) -> Result<Vec<IpNet>, SettingsError> {
        let network = |text: &String| {
            let one = || text.parse::<IpAddr>().ok().map(IpNet::from);
            let network = text.parse().ok().or_else(one);
            network.ok_or_else(|| wrong("trusted_proxies", text, "an address or a network like 10.0.0.0/8"))
        };
        self.trusted_proxies.iter().map(network).collect()
    }

    /// The origins whose pages may call us.
    pub fn callers(&self) -> Result<Vec<HeaderValue>, SettingsError> {
        let origin = |text: &String| {
            // Browsers compare letter by letter, and write no slash.
            let origin = Origin::parse(text).filter(|origin| origin.to_string() == *text);
            let value = origin.and_then(|origin| HeaderValue::try_from(origin.to_string()).ok());
            value.ok_or_else(|| wrong("cors_origins", text, "an origin like https://shop.example, without a path"))
        };
        self.cors_origins.iter().map(origin).collect()
    }

    /// Where the links in messages lead.
    pub fn page(&self) -> &str {
        match (self.messages.page.as_str(), self.public_address.trim_end_matches('/')) {
            ("", "") => "https://baedal.example",
            ("", public) => public,
            (page, _) => page,
        }
    }

    /// Refuses what only shows to be wrong when two settings meet.
    pub(super) fn refuse_a_broken_edge(&self) -> Result<(), SettingsError> {
        let public = self.public_origin()?;
        self.proxies()?;
        self.callers()?;
        let Tls { certificate, key, redirect_port } = &self.tls;
        if certificate.is_empty() != key.is_empty() {
            return Err(SettingsError::Incomplete("tls.certificate and tls.key are set together or not at all"));
        }
        if *redirect_port != 0 && !public.is_some_and(|public| public.is_secure()) {
            return Err(SettingsError::Incomplete(
                "tls.redirect_port needs a public_address that begins with https://",
            ));
        }
        self.refuse_upstreams_that_cannot_be_asked()?;
        if self.connections.most == 0 || self.connections.most_per_address == 0 {
            return Err(SettingsError::Incomplete("connections.most and connections.most_per_address are at least 1"));
        }
        Ok(())
    }
}

impl Settings {
    fn refuse_upstreams_that_cannot_be_asked(&self) -> Result<(), SettingsError> {
        let Upstreams { app, pay, store, customer, delivery, gateway } = &self.upstreams;
        for (key, set) in [
            ("upstreams.app", app),
            ("upstreams.pay", pay),
            ("upstreams.store", store),
            ("upstreams.customer", customer),
            ("upstreams.delivery", delivery),
            ("upstreams.gateway", gateway),
        ] {
            if !bases(set, 0).iter().all(|base| can_be_asked(base)) {
                return Err(wrong(key, set, "an address like http://10.0.0.1:8081, or several with commas between"));
            }
        }
        Ok(())
    }
}

/// Whether `base` is the address of a server that speaks HTTP.
fn can_be_asked(base: &str) -> bool {
    base.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

fn wrong(key: &str, value: &str, expected: &'static str) -> SettingsError {
    SettingsError::Meaning { key: key.to_owned(), value: value.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Settings::from_layers(&pairs, [], ("", "")).map_err(|error| error.to_string())
    }

    #[test]
    fn lists_are_written_with_commas_or_as_in_the_file() {
        for list in ["10.0.0.0/8, 192.0.2.1,fd00::/8", "[\"10.0.0.0/8\", \"192.0.2.1\", \"fd00::/8\"]"] {
            let proxies = with(&[("trusted_proxies", list)]).unwrap().proxies().unwrap();
            let texts: Vec<_> = proxies.iter().map(ToString::to_string).collect();
            assert_eq!(texts, ["10.0.0.0/8", "192.0.2.1/32", "fd00::/8"]);
        }
        for none in ["", "[]", " "] {
            assert_eq!(with(&[("trusted_proxies", none)]).unwrap().proxies().unwrap(), []);
        }
    }

    #[test]
    fn an_edge_that_cannot_be_is_refused_with_a_sentence() {
        for (pairs, told) in [
            (&[("public_address", "baedal.example")][..], "public_address"),
            (&[("public_address", "https://baedal.example/shop")], "https://baedal.example/shop"),
            (&[("trusted_proxies", "10.0.0.0/33")], "10.0.0.0/33"),
            (&[("trusted_proxies", "everybody")], "everybody"),
            (&[("trusted_proxies", "[1")], "trusted_proxies"),
            (&[("cors_origins", "*")], "cors_origins"),
            (&[("cors_origins", "https://shop.example/")], "https://shop.example/"),
            (&[("cors_origins", "null")], "null"),
            (&[("tls.certificate", "a")], "tls.key"),
            (&[("tls.key", "a")], "tls.certificate"),
            (&[("tls.redirect_port", "80")], "public_address"),
            (&[("tls.redirect_port", "80"), ("public_address", "http://baedal.example")], "public_address"),
            (&[("connections.most", "0")], "connections.most"),
            (&[("upstreams.app", "foo")], "upstreams.app"),
            (&[("upstreams.pay", "127.0.0.1:8082")], "127.0.0.1:8082"),
            (&[("upstreams.store", "ftp://10.0.0.1")], "ftp://10.0.0.1"),
            (&[("upstreams.gateway", "http://")], "upstreams.gateway"),
            (&[("upstreams.delivery", "http://10.0.0.1:8085, elsewhere")], "elsewhere"),
        ] {
            let error = with(pairs).unwrap_err();
            assert!(error.contains(told), "{pairs:?}: {error}");
        }
    }

    #[test]
    fn services_ask_a_gateway_that_speaks_tls_by_the_name_of_its_certificate() {
        let tls = [("tls.certificate", "a"), ("tls.key", "b")];
        assert_eq!(with(&[]).unwrap().gateways(), ["http://127.0.0.1:8088"]);
        assert_eq!(with(&tls).unwrap().gateways(), ["https://localhost:8088"]);
        let public = [tls[0], tls[1], ("public_address", "https://order.example/")];
        assert_eq!(with(&public).unwrap().gateways(), ["https://order.example"]);
        let elsewhere = [public[0], public[1], public[2], ("upstreams.gateway", "http://10.0.0.1:8088")];
        assert_eq!(with(&elsewhere).unwrap().gateways(), ["http://10.0.0.1:8088"]);
    }

    #[test]
    fn links_in_messages_lead_to_the_page_that_is_set_or_to_the_public_address() {
        assert_eq!(with(&[]).unwrap().page(), "https://baedal.example");
        let public = ("public_address", "https://order.example/");
        assert_eq!(with(&[public]).unwrap().page(), "https://order.example");
        assert_eq!(with(&[public, ("messages.page", "https://page.example")]).unwrap().page(), "https://page.example");
    }
}
