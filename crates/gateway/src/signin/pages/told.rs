//! What pages say of problems: sentences of their own, for people who never call an API.

use axum::http::header::RETRY_AFTER;
use kernel::lang::Language;
use platform::problem::Problem;

use super::frame::words;

/// A minute, and from where on hours are counted, in seconds.
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// What is wrong, and when to try again where that is known.
pub(super) fn told(language: Language, problem: &Problem) -> String {
    let wrong = words(language, wrong(problem));
    let wait = problem.header(&RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    wait.map_or_else(|| wrong.to_owned(), |seconds| format!("{wrong} {}", again(language, seconds)))
}

/// When to try again.
pub(crate) fn again(language: Language, seconds: u64) -> String {
    let (count, (korean, english)) = match seconds {
        ..MINUTE => (seconds, ("초", "second")),
        MINUTE..=HOUR => (seconds.div_ceil(MINUTE), ("분", "minute")),
        _ => (seconds.div_ceil(HOUR), ("시간", "hour")),
    };
    match language {
        Language::Ko => format!("{count}{korean} 후에 다시 시도해 주세요."),
        Language::En => format!("Please try again in {count} {english}{}.", if count == 1 { "" } else { "s" }),
    }
}

/// What is wrong. Which it is of several that have one slug, only the sentence for programs tells.
fn wrong(problem: &Problem) -> (&'static str, &'static str) {
    let says = |start: &str| problem.detail().starts_with(start);
    match (problem.status().as_u16(), problem.slug()) {
        (401, _) if says("Phone and code") => (
            "인증번호가 맞지 않거나 시간이 지났어요. 다시 확인하거나 새로 받아 주세요.",
            "That is not the code, or it is no longer good. Please check it, or have another one sent.",
        ),
        (401, _) if says("This session") => (
            "그사이 로그아웃되었거나 비밀번호가 변경되었어요. 다시 로그인해 주세요.",
            "You were signed out, or your password changed, in the meantime. Please sign in again.",
        ),
        (401, _) => (
            "입력하신 정보가 맞지 않아요. 다시 확인해 주세요.",
            "What you entered does not belong together. Please check it.",
        ),
        (403, "password-needed") => (
            "처음 로그인이에요. 새 비밀번호를 정해 주세요.",
            "This password opens your account once. Please choose a new one.",
        ),
        (403, _) if says("Everybody knows") => {
            ("데모 계정의 비밀번호는 변경할 수 없어요.", "The password of the demo's people stays as it is.")
        }
        (403, _) => (
            "비밀번호를 변경할 수 없어요. 지금 비밀번호를 확인해 주세요.",
            "Your password cannot be changed. Please check the password of today.",
        ),
        (409, "login-taken") => (
            "이미 가입된 번호 또는 이메일이에요. 로그인해 주세요.",
            "Somebody has signed up with that already. If it was you, sign in.",
        ),
        (422, _) => field(problem.detail()),
        (429, _) => ("시도가 너무 많았어요.", "There were too many tries."),
        (503, _) => ("지금은 처리할 수 없어요.", "That cannot be done right now."),
        _ => ("처리하지 못했어요.", "That could not be done."),
    }
}

/// What is wrong with the field that `detail` names first.
fn field(detail: &str) -> (&'static str, &'static str) {
    if detail == "newPassword: has to be another one" {
        return ("지금과 다른 비밀번호를 정해 주세요.", "Please choose another password than that of today.");
    }
    if detail == "password: is missing" {
        return ("지금 비밀번호를 입력해 주세요.", "Please enter the password of today.");
    }
    if detail.starts_with("password:") || detail.starts_with("newPassword:") {
        return (
            "8자 이상 128자 이하의, 쉽게 짐작할 수 없는 비밀번호를 정해 주세요.",
            "Please choose a password of 8 to 128 characters that nobody would guess.",
        );
    }
    ("휴대폰 번호 또는 이메일을 확인해 주세요.", "Please check the phone number or the e-mail address.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_wait_is_told_for_how_long() {
        for (seconds, korean, english) in [
            (1, "1초 후에", "in 1 second."),
            (59, "59초 후에", "in 59 seconds."),
            (60, "1분 후에", "in 1 minute."),
            (61, "2분 후에", "in 2 minutes."),
            (3_600, "60분 후에", "in 60 minutes."),
            (3_601, "2시간 후에", "in 2 hours."),
            (86_400, "24시간 후에", "in 24 hours."),
        ] {
            for problem in [Problem::too_many_requests(seconds), Problem::unavailable("down", seconds)] {
                let (ko, en) = (told(Language::Ko, &problem), told(Language::En, &problem));
                assert!(ko.contains(korean) && en.ends_with(english), "{ko} {en}");
            }
        }
    }

    #[test]
    fn what_programs_are_told_is_not_shown_to_people() {
        for problem in [
            Problem::too_many_requests(30),
            Problem::unauthenticated("Login and password do not belong together."),
            Problem::invalid_field("phone", "not a Korean mobile number"),
            Problem::forbidden("That is not the password of today."),
            Problem::not_found(),
        ] {
            let english = told(Language::En, &problem);
            assert!(!english.contains(problem.detail()), "{english}");
        }
    }

    #[test]
    fn whoever_chooses_a_password_is_told_what_is_wrong_with_it() {
        for (field, reason, says) in [
            ("password", "too short", "8 to 128 characters"),
            ("newPassword", "too short", "8 to 128 characters"),
            ("newPassword", "has to be another one", "than that of today"),
            ("password", "is missing", "enter the password of today"),
        ] {
            let english = told(Language::En, &Problem::invalid_field(field, reason));
            assert!(english.contains(says), "{field} {reason}: {english}");
        }
    }
}
