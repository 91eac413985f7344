//! Set-up, checks and the main job.
fn main() {}
