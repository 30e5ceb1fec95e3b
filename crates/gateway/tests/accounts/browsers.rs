use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, USER_AGENT};
use gateway::accounts::Codes;
use platform::config::Sessions;
use platform::server::Origin;

use crate::support::*;

/// What a browser sends back of a cookie that was set.
fn kept(answer: &Answer) -> String {
    answer.cookie().split(';').next().unwrap().to_owned()
}

async fn signed_in(desk: &Desk) -> String {
    kept(&desk.form("/sign-in", "", "do=password&login=customer&password=baedal").await.expect(303))
}

#[tokio::test]
async fn a_browser_signs_in_sees_its_account_and_signs_out() {
    let desk = Desk::open().await;
    let away = desk.page("/account", "").await.expect(303);
    assert_eq!(away.header("location"), "/sign-in?next=/account");
    let page = desk.page("/sign-in?next=/account", "").await.expect(200);
    assert!(page.text.contains("로그인") && page.text.contains("value=\"/account\""), "{}", page.text);
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
    let answer =
        desk.form("/sign-in", "", "do=password&login=customer&password=baedal&next=/account").await.expect(303);
    assert_eq!(answer.header("location"), "/account");
    let cookie = kept(&answer);
    let account = desk.page("/account", &cookie).await.expect(200);
    assert!(account.text.contains("<small>customer</small>") && account.text.contains("지금 이 기기"));
    assert_eq!(desk.page("/sign-in?next=/o/abc", &cookie).await.expect(303).header("location"), "/o/abc");
    let left = desk.form("/sign-out", &cookie, "").await.expect(303);
    assert!(left.cookie().starts_with("__Host-baedal=; Path=/; Max-Age=0"));
    desk.page("/account", &cookie).await.expect(303);
}

#[tokio::test]
async fn the_cookie_is_for_this_host_and_for_no_script() {
    let desk = Desk::open().await;
    let answer = desk.form("/sign-in", "", "do=password&login=customer&password=baedal").await.expect(303);
    let (name, rest) = answer.cookie().split_once('=').unwrap();
    let (token, attributes) = rest.split_once("; ").unwrap();
    assert_eq!((name, token.len()), ("__Host-baedal", 44));
    assert_eq!(attributes, "Path=/; Max-Age=7776000; HttpOnly; SameSite=Lax; Secure");
    let sessions = Sessions { insecure_cookies: true, ..Sessions::default() };
    let plain = Desk::with(sessions, Codes::Shown).await;
    let answer = plain.form("/sign-in", "", "do=password&login=customer&password=baedal").await.expect(303);
    assert!(answer.cookie().starts_with("baedal=") && !answer.cookie().contains("Secure"), "{}", answer.cookie());
    plain.page("/account", &kept(&answer)).await.expect(200);
}

#[tokio::test]
async fn a_page_of_ours_leads_nobody_elsewhere() {
    let desk = Desk::open().await;
    for next in [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/%5Celsewhere.example",
        "%2F%2Felsewhere.example",
        "/%0D%0ASet-Cookie:a=b",
    ] {
        let form = format!("do=password&login=customer&password=baedal&next={next}");
        assert_eq!(desk.form("/sign-in", "", &form).await.expect(303).header("location"), "/", "{next}");
    }
}

#[tokio::test]
async fn what_is_typed_is_shown_as_it_is_and_never_run() {
    let desk = Desk::open().await;
    let script = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for (path, form) in [
        ("/sign-in", format!("do=password&login={script}&password=x&next={script}&phone={script}")),
        ("/sign-in", format!("do=send-code&phone={script}")),
        ("/sign-in", format!("do=code&phone={script}&code={script}")),
        ("/sign-up", format!("do=email&email={script}&password={script}&phone={script}")),
    ] {
        let answer = desk.form(path, "", &form).await;
        assert!((400..500).contains(&answer.status) && !answer.text.contains("<script"), "{}", answer.text);
    }
}

#[tokio::test]
async fn another_sites_page_changes_nothing_with_our_cookie() {
    let desk = Desk::open().await;
    let cookie = signed_in(&desk).await;
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.header("host", "baedal.example").header(COOKIE, &cookie);
        desk.ask(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)), "").await.status
    };
    for path in ["/sign-out", "/account/sign-out", "/account/password", "/sign-in", "/sign-up", "/api/orders"] {
        assert_eq!(ask(path, &[("sec-fetch-site", "cross-site")]).await, 403, "{path}");
        assert_eq!(ask(path, &[("origin", "https://elsewhere.example")]).await, 403, "{path}");
        assert_eq!(ask(path, &[("origin", "null")]).await, 403, "{path}");
    }
    assert_eq!(ask("/api/orders", &[("sec-fetch-site", "same-origin")]).await, 200);
    assert_eq!(ask("/api/orders", &[("origin", "https://baedal.example")]).await, 200);
    desk.page("/account", &cookie).await.expect(200);
}

#[tokio::test]
async fn a_bearer_token_needs_no_page_and_counts_before_a_cookie() {
    let desk = Desk::open().await;
    let (cookie, rider) = (signed_in(&desk).await, desk.demo("rider").await);
    let both = |site: &str| {
        let request = Request::post("/api/deliveries/o1/claim").header(COOKIE, &cookie);
        request.header(AUTHORIZATION, format!("Bearer {rider}")).header("sec-fetch-site", site.to_owned())
    };
    assert_eq!(desk.ask(both("cross-site"), "").await.text, "rider/demo-rider");
    let stale = Request::get("/api/orders").header(COOKIE, &cookie).header(AUTHORIZATION, "Bearer nothing");
    assert_eq!(desk.ask(stale, "").await.status, 401, "a token that is not good is not made up for by a cookie");
}

#[tokio::test]
async fn a_cookie_that_stands_for_nothing_is_as_none_and_is_taken_away() {
    let desk = Desk::open().await;
    let cookie = signed_in(&desk).await;
    let twice = format!("{cookie}; {cookie}");
    for stale in ["__Host-baedal=nothing", &twice, "__Host-baedal="] {
        let answer = desk.page("/api/stores", stale).await.expect(200);
        assert_eq!(answer.text, "nobody");
        assert!(answer.cookie().starts_with("__Host-baedal=; Path=/; Max-Age=0"), "{stale}: {}", answer.cookie());
        desk.page("/api/orders", stale).await.expect(401);
    }
    assert_eq!(desk.page("/api/stores", "baedal=x; other=y").await.cookie(), "");
}

#[tokio::test]
async fn a_browser_signs_up_with_a_phone_and_a_code() {
    let desk = Desk::open().await;
    let sent = desk.form("/sign-up", "", "do=send-code&phone=010-1234-5678").await.expect(200);
    let code: String = sent.text.split("데모: ").nth(1).unwrap().chars().take(6).collect();
    let wrong = desk.form("/sign-up", "", &format!("do=phone&phone=010-1234-5678&code={code}&password=short")).await;
    assert!(wrong.expect(422).text.contains("8자 이상"));
    let form = format!("do=phone&phone=010-1234-5678&code={code}&password=correct+horse+battery+staple");
    let answer = desk.form("/sign-up", "", &form).await.expect(303);
    desk.page("/account", &kept(&answer)).await.expect(200);
    desk.sign_in(PHONE, OTHER).await.expect(201);
}

#[tokio::test]
async fn a_browser_ends_its_other_sessions_and_changes_its_password() {
    let desk = Desk::open().await;
    desk.sign_up(PHONE, GOOD).await.expect(201);
    let form = format!(
        "do=password&login=01012345678&password={}",
        "%EB%AC%B4%EC%A7%80%EA%B0%9C+%EA%B5%AD%EB%B0%A5+%EC%9E%90%EC%A0%84%EA%B1%B0"
    );
    let one = kept(&desk.form("/sign-in", "", &form).await.expect(303));
    let two = kept(&desk.form("/sign-in", "", &form).await.expect(303));
    let wrong = desk.form("/account/password", &one, "password=x&newPassword=correct+horse+battery+staple").await;
    assert!(wrong.expect(403).text.contains("지금 비밀번호"));
    let good = format!("{}&newPassword=correct+horse+battery+staple", form.split('&').nth(2).unwrap());
    let changed = desk.form("/account/password", &one, &good).await.expect(303);
    assert_eq!(changed.header("location"), "/account");
    let page = desk.page("/account", &format!("{one}; {}", kept(&changed))).await.expect(200);
    assert!(page.text.contains("비밀번호를 변경했어요") && page.cookie().contains("Max-Age=0"), "{}", page.text);
    assert!(!desk.page("/account", &one).await.expect(200).text.contains("비밀번호를 변경했어요"), "it is said once");
    desk.page("/account", &two).await.expect(303);
    let everywhere = desk.form("/account/sign-out", &one, "session=all").await.expect(303);
    assert_eq!(everywhere.header("location"), "/");
    desk.page("/account", &one).await.expect(303);
}

#[tokio::test]
async fn an_address_that_a_form_has_led_to_can_be_loaded_again() {
    let desk = Desk::open().await;
    let cookie = signed_in(&desk).await;
    assert_eq!(desk.page("/account/password", &cookie).await.expect(303).header("location"), "/account");
    assert_eq!(desk.page("/account/password", "").await.expect(303).header("location"), "/account");
}

#[tokio::test]
async fn a_session_that_is_over_already_is_ended_once_more_without_a_word() {
    let desk = Desk::open().await;
    let (one, two) = (signed_in(&desk).await, signed_in(&desk).await);
    let page = desk.page("/account", &one).await.expect(200).text;
    let other = page.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    for _ in 0..2 {
        let ended = desk.form("/account/sign-out", &one, &format!("session={other}")).await.expect(303);
        assert_eq!(ended.header("location"), "/account");
    }
    assert_eq!(desk.form("/account/sign-out", &one, "session=x").await.expect(303).header("location"), "/account");
    let gone = desk.form("/account/sign-out", &two, "session=all").await.expect(303);
    assert_eq!(gone.header("location"), "/sign-in?next=/account");
}

#[tokio::test]
async fn an_account_shows_what_one_signs_in_with_and_from_which_device() {
    let desk = Desk::open().await;
    desk.sign_up(PHONE, GOOD).await.expect(201);
    desk.pass_seconds(30);
    let code = desk.code(PHONE).await;
    let browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 \
                   Safari/537.36 Edg/128.0.0.0";
    let request = Request::post("/sign-in").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.header(USER_AGENT, browser);
    let cookie = kept(&desk.ask(request, format!("do=code&phone={PHONE}&code={code}")).await.expect(303));
    let page = desk.page("/account", &cookie).await.expect(200).text;
    assert!(page.contains("<small>010-1234-5678</small>"), "{page}");
    assert!(page.contains("<li>Edge · Windows · 지금 이 기기") && page.contains("<li>curl/8.5"), "{page}");
    assert!(!page.contains("Mozilla"), "{page}");
}

#[tokio::test]
async fn another_code_is_sent_whatever_else_was_typed() {
    let desk = Desk::open().await;
    for path in ["/sign-in", "/sign-up"] {
        let first = desk.page(path, "").await.expect(200).text;
        assert!(!first.contains("formnovalidate"), "{path}: without a number nothing can be sent");
        let sent = desk.form(path, "", "do=send-code&phone=010-1234-5678").await.expect(200).text;
        assert!(sent.contains("value=\"send-code\" formnovalidate>"), "{path}: {sent}");
        let again = desk.form(path, "", "do=send-code&phone=010-1234-5678").await.expect(429).text;
        assert!(again.contains("name=\"code\""), "{path}: the one before is still good");
        desk.pass(1);
    }
}

#[tokio::test]
async fn who_must_choose_a_password_is_asked_for_one() {
    let desk = Desk::open().await;
    let operator = desk.demo("operator").await;
    let asked = serde_json::json!({ "login": "rider2", "role": "rider" });
    let made = desk.post("/api/operations/gateway/accounts", &operator, asked).await.expect(201).json();
    let form = format!("do=password&login=rider2&password={}", made["password"].as_str().unwrap());
    let page = desk.form("/sign-in", "", &form).await.expect(403);
    assert!(page.text.contains("name=\"newPassword\""), "{}", page.text);
    let chosen = format!("{form}&newPassword=correct+horse+battery+staple");
    desk.form("/sign-in", "", &chosen).await.expect(303);
}

#[tokio::test]
async fn who_comes_over_plain_http_is_told_that_the_browser_keeps_no_session() {
    let at = |path: &str, origin: &str| Request::get(path).extension(Origin::parse(origin).unwrap());
    let desk = Desk::open().await;
    for path in ["/sign-in", "/sign-up"] {
        let page = desk.ask(at(path, "http://192.168.0.7:8088"), "").await.expect(200);
        assert!(page.text.contains("로그인을 유지하지") && page.text.contains("sessions.insecure_cookies"), "{path}");
        let page = desk.ask(at(path, "http://baedal.lan").header("accept-language", "en"), "").await.expect(200);
        assert!(page.text.contains("will not keep you signed in over plain HTTP"), "{path}: {}", page.text);
        for kept in ["https://baedal.example", "http://localhost:8088", "http://127.0.0.1:8088", "http://[::1]:8088"] {
            let page = desk.ask(at(path, kept), "").await.expect(200);
            assert!(!page.text.contains("insecure_cookies"), "{path} at {kept}");
        }
        let by_a_proxy = at(path, "http://baedal.example").header("sec-fetch-site", "none");
        assert!(!desk.ask(by_a_proxy, "").await.expect(200).text.contains("insecure_cookies"), "{path} by TLS");
    }
    let wrong = Request::post("/sign-in").extension(Origin::parse("http://192.168.0.7:8088").unwrap());
    let wrong = wrong.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = desk.ask(wrong, "do=password&login=customer&password=wrong").await.expect(401);
    assert!(page.text.contains("insecure_cookies"), "{}", page.text);
    let plain = Desk::with(Sessions { insecure_cookies: true, ..Sessions::default() }, Codes::Shown).await;
    let page = plain.ask(at("/sign-in", "http://192.168.0.7:8088"), "").await.expect(200);
    assert!(!page.text.contains("insecure_cookies"), "{}", page.text);
}

#[tokio::test]
async fn pages_say_when_to_try_again_and_what_is_wrong_in_words_for_people() {
    let desk = Desk::open().await;
    let send = "do=send-code&phone=010-1234-5678";
    desk.form("/sign-in", "", send).await.expect(200);
    let again = desk.form("/sign-in", "", send).await.expect(429);
    assert_eq!(again.header("retry-after"), "30");
    assert!(again.text.contains("시도가 너무 많았어요. 30초 후에 다시 시도해 주세요."), "{}", again.text);
    let english = async |path: &str, form: &str| {
        let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        desk.ask(request.header("accept-language", "en"), form.to_owned()).await
    };
    let again = english("/sign-in", send).await.expect(429).text;
    assert!(again.contains("There were too many tries. Please try again in 30 seconds."), "{again}");
    let wrong = english("/sign-in", "do=code&phone=010-1234-5678&code=x").await.expect(401).text;
    assert!(wrong.contains("That is not the code") && !wrong.contains("POST"), "{wrong}");
    let wrong = english("/sign-up", "do=email&email=nobody&password=three+words+apart").await.expect(422).text;
    assert!(wrong.contains("Please check the phone number or the e-mail address."), "{wrong}");
    let wrong = english("/sign-up", "do=email&email=mina@example.com&password=short").await.expect(422).text;
    assert!(wrong.contains("Please choose a password of 8 to 128 characters"), "{wrong}");
    let form =
        serde_urlencoded::to_string([("do", "email"), ("email", "mina@example.com"), ("password", GOOD)]).unwrap();
    let cookie = kept(&desk.form("/sign-up", "", &form).await.expect(303));
    let change = serde_urlencoded::to_string([("password", GOOD), ("newPassword", "short")]).unwrap();
    let request = Request::post("/account/password").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.header("accept-language", "en").header(COOKIE, cookie);
    let wrong = desk.ask(request, change).await.expect(422).text;
    assert!(wrong.contains("Please choose a password of 8 to 128 characters"), "{wrong}");
}

#[tokio::test]
async fn pages_speak_english_to_those_who_ask_for_it() {
    let desk = Desk::open().await;
    let request = Request::get("/sign-in").header("accept-language", "en");
    let page = desk.ask(request, "").await.expect(200);
    assert!(page.text.contains("Send me a code") && page.text.contains("lang=\"en\""));
}
