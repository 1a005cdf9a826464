//! All integration tests: one binary, since each links the whole stack again.
