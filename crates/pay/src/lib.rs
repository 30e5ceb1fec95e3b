//! pay: takes payments, gives refunds and keeps the ledger.
