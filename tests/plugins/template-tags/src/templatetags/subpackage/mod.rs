//! A package: the libraries in it have a dot in their names.

pub mod echo;
