//! api-http.
