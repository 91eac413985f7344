//! The arithmetic of the report: bytes from counts, bandwidths and ratios from times.

use equipoise_likelihood_cuda::variant::{Layout, Storage, Target, Weight};
use serde_json::{Value, json};

/// What was timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) storage: Storage,
    pub(crate) layout: Layout,
    pub(crate) target: Target,
    pub(crate) weight: Weight,
    /// N.
    pub(crate) count: usize,
    /// D.
    pub(crate) size: usize,
}

impl Case {
    /// The least that a launch moves to and from memory: x̂ at the observations, y, v where it is per
    /// observation, and 32-bit indices where listed; r, and r/v on N or D points.
    pub(crate) fn bytes(&self) -> usize {
        let (s, r) = (self.storage.bytes(), self.storage.real_bytes());
        let listed = if self.layout == Layout::Listed { 4 } else { 0 };
        let each = if self.weight == Weight::Each { r } else { 0 };
        let gradient = if self.target == Target::Field { self.size } else { self.count };
        self.count * (2 * s + each + listed + r) + gradient * r
    }

    fn name(&self) -> String {
        let entry = equipoise_likelihood_cuda::variant::Entry {
            layout: self.layout,
            target: self.target,
            weight: self.weight,
        };
        format!("{} {entry}", self.storage.name())
    }
}

/// Seconds for one case.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// A launch, in a row of launches.
    pub(crate) kernel: f64,
    /// A copy on the device that reads and writes as many bytes together as the launch.
    pub(crate) copy: f64,
    /// The CPU backend.
    pub(crate) cpu: f64,
    /// The device backend with its copies to and from the host.
    pub(crate) end_to_end: f64,
}

/// One line of the report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) case: Case,
    pub(crate) times: Times,
}

impl Row {
    /// Bytes per second of the kernel, in GB/s.
    fn bandwidth(&self) -> f64 {
        self.case.bytes() as f64 / self.times.kernel * 1e-9
    }

    /// The kernel's bandwidth as a part of the copy's.
    fn of_copy(&self) -> f64 {
        self.times.copy / self.times.kernel
    }

    pub(crate) fn line(&self) -> String {
        format!(
            "| {} | {} | {} | {:.1} | {:.0} | {:.1} % | {:.0} | {:.1} |",
            self.case.name(),
            self.case.count,
            self.case.size,
            self.times.kernel * 1e6,
            self.bandwidth(),
            100.0 * self.of_copy(),
            self.times.cpu / self.times.kernel,
            self.times.cpu / self.times.end_to_end,
        )
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "kernel": self.case.name(), "observations": self.case.count, "field": self.case.size,
            "bytes": self.case.bytes(), "seconds": self.times.kernel, "seconds_copy": self.times.copy,
            "seconds_cpu": self.times.cpu, "seconds_end_to_end": self.times.end_to_end,
            "gigabytes_per_second": self.bandwidth(), "of_copy_bandwidth": self.of_copy(),
        })
    }
}

pub(crate) const HEADER: &str = "\
| kernel | N | D | µs | GB/s | of copy | CPU / kernel | CPU / end to end |
|---|---|---|---|---|---|---|---|";

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: Case = Case {
        storage: Storage::F32,
        layout: Layout::Strided,
        target: Target::Field,
        weight: Weight::Scalar,
        count: 1000,
        size: 5000,
    };

    #[test]
    fn bytes_are_those_of_the_arrays() {
        assert_eq!(CASE.bytes(), 1000 * (4 + 4 + 4) + 5000 * 4);
        let compact = Case { layout: Layout::Compact, target: Target::Compact, ..CASE };
        assert_eq!(compact.bytes(), 16_000);
        assert_eq!(Case { weight: Weight::Each, ..compact }.bytes(), 20_000);
        assert_eq!(Case { storage: Storage::F64, ..compact }.bytes(), 32_000);
        assert_eq!(Case { storage: Storage::Bf16, ..compact }.bytes(), 12_000);
        assert_eq!(Case { layout: Layout::Listed, ..compact }.bytes(), 20_000);
    }

    #[test]
    fn ratios_are_of_the_right_times() {
        let times = Times { kernel: 2e-6, copy: 1.5e-6, cpu: 1e-4, end_to_end: 5e-5 };
        let row = Row { case: CASE, times };
        assert!((row.bandwidth() - 16.0).abs() < 1e-9, "32 000 bytes in 2 µs are 16 GB/s");
        assert_eq!(row.line(), "| f32 strided_field_scalar | 1000 | 5000 | 2.0 | 16 | 75.0 % | 50 | 2.0 |");
        let json = row.json();
        assert_eq!(json["bytes"], 32_000);
        assert_eq!(json["of_copy_bandwidth"], 0.75);
    }
}
