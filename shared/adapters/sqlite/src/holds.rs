//! What must not be touched.
