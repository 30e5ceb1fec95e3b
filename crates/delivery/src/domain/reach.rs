//! How far a rider's board goes.

use kernel::place::Place;

/// Which of the waiting deliveries somebody sees and may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    Everywhere,
    /// None: nobody knows where the rider is.
    Nowhere,
    /// Those whose store is near.
    Around {
        /// Where the rider is.
        place: Place,
        /// How far that goes.
        metres: u32,
    },
}

impl Reach {
    /// Whether it goes as far as `store`. One whose place nobody knows is not kept from anybody who says theirs.
    pub fn covers(&self, store: Option<Place>) -> bool {
        match (self, store) {
            (Self::Everywhere, _) | (Self::Around { .. }, None) => true,
            (Self::Nowhere, _) => false,
            (Self::Around { place, metres }, Some(store)) => place.metres_to(store) <= *metres,
        }
    }

    /// How far it is to `store`, where both are known.
    pub fn metres_to(&self, store: Option<Place>) -> Option<u32> {
        match self {
            Self::Everywhere | Self::Nowhere => None,
            Self::Around { place, .. } => Some(place.metres_to(store?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_exactly_as_far_as_it_says() {
        let (here, there) = (Place::parse(37.5, 127.0).unwrap(), Place::parse(37.52, 127.0).unwrap());
        let metres = here.metres_to(there);
        assert!(Reach::Around { place: here, metres }.covers(Some(there)));
        assert!(!Reach::Around { place: here, metres: metres - 1 }.covers(Some(there)));
        assert!(Reach::Around { place: here, metres: 0 }.covers(None));
        assert!(Reach::Everywhere.covers(Some(there)) && Reach::Everywhere.covers(None));
        assert!(!Reach::Nowhere.covers(Some(there)) && !Reach::Nowhere.covers(None));
    }
}
