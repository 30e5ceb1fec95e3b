use std::time::Duration;

use platform::problem::Problem;

use super::*;

/// app is ready, pay waits, delivery hangs, and the others are not there.
fn half_running() -> Router {
    let waits = Router::new()
        .route("/health/ready", get(async || Problem::unavailable("Not ready; waiting for: <events> of app.", 1)));
    let hangs = Router::new().fallback(async || std::future::pending::<()>().await);
    let upstreams = BTreeMap::from([
        (Context::App, Upstream::Local(echo(Context::App))),
        (Context::Pay, Upstream::Local(waits)),
        (Context::Delivery, Upstream::Local(hangs)),
        (Context::Store, Upstream::Remote(vec!["http://127.0.0.1:1".to_owned()])),
    ]);
    router(upstreams, options(&Shutdown::new()))
}

#[tokio::test]
async fn the_status_says_how_each_service_is() {
    let answer = got(&half_running(), "/api/status").await;
    assert_eq!(answer.status, 200);
    let status = answer.json();
    let found: Vec<_> = status["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["service"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("app", "READY"),
            ("pay", "NOT_READY"),
            ("store", "NOT_REACHABLE"),
            ("delivery", "NOT_REACHABLE"),
            ("customer", "NOT_REACHABLE"),
        ]
    );
    assert_eq!(status["missing"], serde_json::json!(["pay", "store", "delivery", "customer"]));
    assert_eq!(status["services"][0]["address"], "http://127.0.0.1:8081");
    assert_eq!(status["services"][1]["detail"], "Not ready; waiting for: <events> of app.");
}

#[tokio::test]
async fn the_page_comes_whole_and_soon_when_parts_are_missing() {
    let began = std::time::Instant::now();
    let page = got(&half_running(), "/").await;
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    for part in [
        "<html lang=\"ko\">",
        "서비스 5개 중 1개가 준비되었습니다.",
        "1 of 5 services are ready.",
        "● 준비됨",
        "◐ 준비 중",
        "○ 연결 안 됨",
        "waiting for: &lt;events&gt; of app.",
        "curl http://127.0.0.1:8088/api/stores\n",
        "<a href=\"/api/stores\">",
        "<a href=\"/o?a&amp;b\">순두부 &lt;b&gt;</a>",
    ] {
        assert!(page.text.contains(part), "{part} is missing in {}", page.text);
    }
    assert!(!page.text.contains("<script"));
}

#[tokio::test]
async fn the_gateway_tells_its_own_health_and_metrics() {
    let gateway = all_local();
    for (path, answer) in [("/health/live", "live\n"), ("/health/ready", "ready\n"), ("/metrics", "")] {
        let got = got(&gateway, path).await;
        assert_eq!((got.status, got.text.as_str()), (200, answer));
    }
}
