//! What a device is called on a page: its browser and its system, where what it says of itself names them.

/// How much is shown of what names neither, in characters.
const LONGEST: usize = 60;

/// Browsers, by what they alone say: most of them say beside it what others do, so these stand before those.
const BROWSERS: [(&str, &str); 13] = [
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(", "NAVER"),
    ("Whale/", "Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The name of the device that calls itself `said`.
pub(super) fn name(said: &str) -> String {
    let found =
        |known: &[(&str, &'static str)]| known.iter().find(|(sign, _)| said.contains(sign)).map(|known| known.1);
    if let (Some(browser), Some(system)) = (found(&BROWSERS), found(&SYSTEMS)) {
        return format!("{browser} · {system}");
    }
    if said.is_empty() {
        return "–".to_owned();
    }
    let mut shown: String = said.chars().take(LONGEST).collect();
    if shown.len() < said.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_called_by_its_browser_and_its_system() {
        let like_chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36";
        let of_apple = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (said, name_of_it) in [
            (format!("Mozilla/5.0 (X11; Linux x86_64) {like_chrome}"), "Chrome · Linux"),
            (format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {like_chrome} Edg/128.0.0.0"), "Edge · Windows"),
            (format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {like_chrome} Whale/3.27.254.15"), "Whale · macOS"),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36".to_owned(),
                "Samsung Internet · Android",
            ),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0".to_owned(), "Firefox · Windows"),
            (
                format!("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) {of_apple} Version/17.6 Mobile/15E148 Safari/604.1"),
                "Safari · iPhone",
            ),
            (
                format!("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) {of_apple} Mobile/15E148 KAKAOTALK 11.0.0"),
                "KakaoTalk · iPhone",
            ),
        ] {
            assert_eq!(name(&said), name_of_it);
        }
    }

    #[test]
    fn what_names_neither_is_shown_as_it_is() {
        assert_eq!(name("curl/8.5"), "curl/8.5");
        assert_eq!(name(""), "–");
        assert_eq!(name(&"가".repeat(61)), format!("{}…", "가".repeat(60)));
    }
}
