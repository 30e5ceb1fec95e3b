//! gateway: the one entry for all services.
