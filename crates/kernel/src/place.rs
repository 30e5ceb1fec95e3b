//! Where something is.

use serde::{Deserialize, Serialize};

/// These numbers are no place: latitudes go from -90 to 90 degrees, longitudes from -180 to 180.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place: latitudes go from -90 to 90 degrees, longitudes from -180 to 180")]
pub struct NotAPlace;

/// A point on the earth, to a millionth of a degree, which is a hand's breadth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Degrees", into = "Degrees")]
pub struct Place {
    lat: i32,
    lng: i32,
}

#[derive(Serialize, Deserialize)]
struct Degrees {
    lat: f64,
    lng: f64,
}

const MILLION: f64 = 1_000_000.0;
/// The earth's mean radius (IUGG).
const RADIUS_IN_METRES: f64 = 6_371_008.8;

impl Place {
    /// Reads degrees.
    pub fn parse(lat: f64, lng: f64) -> Result<Self, NotAPlace> {
        let fits = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng);
        let millionths = |degrees: f64| (degrees * MILLION).round() as i32;
        if fits { Ok(Self { lat: millionths(lat), lng: millionths(lng) }) } else { Err(NotAPlace) }
    }

    /// Latitude in degrees.
    pub fn lat(self) -> f64 {
        f64::from(self.lat) / MILLION
    }

    /// Longitude in degrees.
    pub fn lng(self) -> f64 {
        f64::from(self.lng) / MILLION
    }

    /// How far it is to `other` as the crow flies, in metres (haversine).
    pub fn metres_to(self, other: Self) -> u32 {
        let (here, there) = (self.lat().to_radians(), other.lat().to_radians());
        let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
        let chord = half(self.lat(), other.lat()) + here.cos() * there.cos() * half(self.lng(), other.lng());
        // Rounding may lead a hair over 1 at the other end of the earth.
        (2.0 * RADIUS_IN_METRES * chord.sqrt().min(1.0).asin()).round() as u32
    }
}

impl TryFrom<Degrees> for Place {
    type Error = NotAPlace;

    fn try_from(Degrees { lat, lng }: Degrees) -> Result<Self, NotAPlace> {
        Self::parse(lat, lng)
    }
}

impl From<Place> for Degrees {
    fn from(place: Place) -> Self {
        Self { lat: place.lat(), lng: place.lng() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(lat: f64, lng: f64) -> Place {
        Place::parse(lat, lng).unwrap()
    }

    #[test]
    fn it_is_as_far_as_a_map_says() {
        let (seoul, busan) = (place(37.5665, 126.978), place(35.1796, 129.0756));
        assert!((324_000..327_000).contains(&seoul.metres_to(busan)), "{}", seoul.metres_to(busan));
        assert_eq!(seoul.metres_to(busan), busan.metres_to(seoul));
        assert_eq!(seoul.metres_to(seoul), 0);
        // A degree of latitude, and one of longitude at 60 degrees, which is half as long as at the equator.
        assert_eq!(place(10.0, 0.0).metres_to(place(11.0, 0.0)), 111_195);
        assert!((55_590..=55_600).contains(&place(60.0, 0.0).metres_to(place(60.0, 1.0))));
    }

    #[test]
    fn the_date_line_and_the_poles_are_no_edge() {
        assert!(place(0.0, 179.999).metres_to(place(0.0, -179.999)) < 300);
        assert_eq!(place(90.0, 0.0).metres_to(place(90.0, 120.0)), 0);
        assert_eq!(place(0.0, 0.0).metres_to(place(0.0, 180.0)), place(90.0, 0.0).metres_to(place(-90.0, 0.0)));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for (lat, lng) in [(90.1, 0.0), (-90.1, 0.0), (0.0, 180.1), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert_eq!(Place::parse(lat, lng), Err(NotAPlace), "{lat} {lng}");
        }
        assert!(serde_json::from_str::<Place>(r#"{"lat": 91, "lng": 0}"#).is_err());
        let written = serde_json::to_string(&place(37.566_535, 126.977_969)).unwrap();
        assert_eq!(written, r#"{"lat":37.566535,"lng":126.977969}"#);
        assert_eq!(serde_json::from_str::<Place>(&written).unwrap(), place(37.566_535, 126.977_969));
    }
}
