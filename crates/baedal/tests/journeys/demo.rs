//! `baedal demo` against a server that people have used before.

use clap::Parser;
use serde_json::json;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_comes_to_the_door_though_its_rider_was_far_away_before() {
    let app = TestApp::start().await;
    let who = json!({ "login": "rider", "password": "baedal" });
    let session = app.http.post(format!("{}/sessions", app.gateway())).json(&who).send().await.unwrap();
    let session: serde_json::Value = session.json().await.unwrap();
    let busan = json!({ "lat": 35.1796, "lng": 129.0756 });
    let told = app.http.put(format!("{}/deliveries/place", app.gateway())).json(&busan);
    let told = told.bearer_auth(session["token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(told.status(), 200);

    let words = ["baedal", "demo", "--server", &app.root()].map(str::to_owned);
    let arguments = baedal::cli::Arguments::try_parse_from(words).unwrap();
    let run = tokio::task::spawn_blocking(move || baedal::run(arguments).map_err(|error| format!("{error:#}")));
    assert_eq!(run.await.unwrap(), Ok(0));
    app.check();
}
