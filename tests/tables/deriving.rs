//! deriving
