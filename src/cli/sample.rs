//! `cld sample`.
