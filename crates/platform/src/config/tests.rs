use super::*;

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn settings(flag: &[(&str, &str)], variable: &[(&str, &str)], file: &str) -> Result<Settings, SettingsError> {
    let pairs = |list: &[(&str, &str)]| list.iter().map(|(key, value)| pair(key, value)).collect::<Vec<_>>();
    Settings::from_layers(&pairs(flag), pairs(variable), ("baedal.toml", file))
}

fn refused(flag: &[(&str, &str)], variable: &[(&str, &str)], file: &str) -> String {
    let error = settings(flag, variable, file).unwrap_err();
    let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}

#[test]
fn without_a_word_everything_has_its_default() {
    let settings = settings(&[], &[("PATH", "/bin")], "").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.ports.gateway, 8088);
    assert_eq!(settings.waits.personal_data, SignedDuration::from_hours(90 * 24));
    assert_eq!(settings.upstreams(Context::Pay), ["http://127.0.0.1:8082"]);
}

#[test]
fn the_file_may_write_its_keys_as_flags_do() {
    let file = "data-dir = \"there\"\n[waits]\nunpaid-hold = \"1m\"";
    let read = settings(&[], &[], file).unwrap();
    assert_eq!(read.data_dir, Path::new("there"));
    assert_eq!(read.waits.unpaid_hold, SignedDuration::from_mins(1));
    let twice = "[waits]\nunpaid-hold = \"1m\"\nunpaid_hold = \"2m\"";
    assert_eq!(refused(&[], &[], twice), "baedal.toml sets \"waits.unpaid-hold\", which is not a setting");
}

#[test]
fn a_store_or_a_bus_that_is_not_built_is_refused_rather_than_replaced() {
    let told = refused(&[("store", "postgres://db")], &[], "");
    assert_eq!(told, "\"postgres://db\" cannot be the store: there is only \"sqlite\" so far");
    let told = refused(&[], &[("BAEDAL_BUS", "nats://bus")], "");
    assert_eq!(told, "\"nats://bus\" cannot be the bus: there is only \"embedded\" so far");
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let file = "bind = \"file\"\n[ports]\napp = 1\npay = 1\nstore = 1\n[waits]\nunpaid_hold = \"1m\"";
    let variables = [("BAEDAL_PORTS_PAY", "2"), ("BAEDAL_PORTS_STORE", "2"), ("BAEDAL_DATA_DIR", "/data")];
    let flags = [("ports.store", "3"), ("waits.not-found-at-provider", "1500ms"), ("demo-data", "off")];
    let settings = settings(&flags, &variables, file).unwrap();
    assert_eq!((settings.ports.app, settings.ports.pay, settings.ports.store), (1, 2, 3));
    assert_eq!(settings.data_dir, Path::new("/data"));
    assert_eq!(settings.bind, "file");
    assert!(!settings.demo_data);
    assert_eq!(settings.waits.unpaid_hold, SignedDuration::from_mins(1));
    assert_eq!(settings.waits.not_found_at_provider, SignedDuration::from_millis(1500));
}

#[test]
fn an_unknown_key_is_refused_by_name_wherever_it_comes_from() {
    assert_eq!(refused(&[], &[], "[ports]\napi = 1"), "baedal.toml sets \"ports.api\", which is not a setting");
    assert_eq!(
        refused(&[], &[("BAEDAL_PROTS_APP", "1")], ""),
        "the environment sets \"BAEDAL_PROTS_APP\", which is not a setting"
    );
    assert_eq!(refused(&[("ports.api", "1")], &[], ""), "a flag sets \"ports.api\", which is not a setting");
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_with_a_sentence() {
    assert_eq!(
        refused(&[("ports.app", "many")], &[], ""),
        "a flag sets \"ports.app\" to \"many\", which is not a number"
    );
    assert!(refused(&[("demo_data", "perhaps")], &[], "").contains("which is not on or off"));
    assert!(refused(&[("waits.way", "soon")], &[], "").contains("\"soon\" is not a length of time like 10m"));
    assert!(refused(&[("waits.way", "-5m")], &[], "").contains("is not a length of time"));
    assert!(refused(&[("ports.app", "70000")], &[], "").starts_with("the settings do not fit"));
    assert!(refused(&[("timezone", "Asia/Atlantis")], &[], "").contains("Asia/Atlantis"));
    assert!(refused(&[], &[], "ports = ").starts_with("baedal.toml is not TOML"));
}

#[test]
fn a_length_of_time_reads_back_as_it_is_written() {
    for text in ["500ms", "60s", "10m", "1h30m", "90d", "0s", "1 h 30 min"] {
        let length = span::parse(text).unwrap();
        let waits = Waits { way: length, ..Waits::default() };
        let table = Table::try_from(waits).unwrap();
        assert_eq!(table.try_into::<Waits>().unwrap().way, length, "{text}");
    }
    assert_eq!(span::parse(""), None);
    assert_eq!(span::parse("d"), None);
}

#[test]
fn every_key_has_a_name_of_its_own_and_can_be_set_to_its_default() {
    let keys = Settings::keys();
    assert!(keys.contains(&pair("waits.personal_data", "90d")));
    assert!(keys.contains(&pair("payment.provider_deadline", "4s")));
    let mut variables: Vec<_> = keys
        .iter()
        .map(|(key, value)| (format!("BAEDAL_{}", key.replace('.', "_").to_uppercase()), value.clone()))
        .collect();
    assert_eq!(Settings::from_layers(&keys, variables.clone(), ("", "")).unwrap(), Settings::default());
    variables.sort();
    variables.dedup_by(|one, two| one.0 == two.0);
    assert_eq!(variables.len(), keys.len());
}

#[test]
fn an_upstream_can_be_elsewhere() {
    let settings = settings(&[("upstreams.pay", "http://pay.internal:80/")], &[], "").unwrap();
    assert_eq!(settings.upstreams(Context::Pay), ["http://pay.internal:80"]);
}

#[test]
fn a_file_that_was_asked_for_has_to_be_there() {
    let error = Settings::load(&[], [], Some(Path::new("/nowhere/baedal.toml"))).unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/baedal.toml cannot be read");
}

#[test]
fn sessions_that_let_nobody_in_are_refused() {
    for (key, value) in [("sessions.customer", "0s"), ("sessions.operator_idle", "59s"), ("sessions.audit", "0s")] {
        assert!(refused(&[(key, value)], &[], "").contains("at least 1m"), "{key}");
    }
    for key in ["sessions.codes_an_hour", "sessions.codes_an_hour_each", "sessions.sign_ups_an_hour_each"] {
        assert!(refused(&[(key, "0")], &[], "").contains("at least 1"), "{key}");
    }
}

#[test]
fn limits_that_answer_nobody_are_refused() {
    for name in ["browsing", "ordering", "serving", "paying"] {
        assert!(refused(&[(&format!("limits.{name}_within"), "0s")], &[], "").contains("more than 0s"), "{name}");
    }
    for few in ["0", "3"] {
        assert!(refused(&[("limits.running", few)], &[], "").contains("limits.running is at least 4"));
    }
    assert_eq!(settings(&[("limits.running", "4")], &[], "").unwrap().limits.running, 4);
}
