//! Tracing of NHS numbers: what is asked of the Personal Demographics Service, what it answers, and what people then do.

pub mod answer;
pub mod register;
pub mod request;
pub mod work;
