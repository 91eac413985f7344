//! The launches: on a device, where there is one, and on a driver that runs the kernels on the host.

#[cfg(target_os = "linux")]
mod stand_in;
mod suite;
