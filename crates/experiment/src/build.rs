//! What wrote a row: the code, the kernels of BLAS and the backend, which draws and last bits follow.

use serde::{Deserialize, Serialize};

/// What carries out trials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    /// Version of the tool.
    pub version: String,
    /// Git revision of the tool, where known.
    pub revision: Option<String>,
    /// Digest of the sources and of the versions of every dependency, made when the tool was built; `None`
    /// where it was built apart from them.
    #[serde(default)]
    pub sources: Option<String>,
    /// The processor whose kernels OpenBLAS chose, in its own words; `None` under another BLAS.
    #[serde(default)]
    pub blas_core: Option<String>,
    /// The vector instructions that kernels of this house choose by; empty in folders from before they were noted.
    #[serde(default)]
    pub vectors: String,
    /// Where the runs take place that can, a device with its name; other trials run on the CPU.
    #[serde(default)]
    pub backend: String,
}

impl Build {
    /// The vector instructions of this processor, of those that kernels have code for.
    pub fn vectors_here() -> String {
        #[cfg(target_arch = "x86_64")]
        let found = [
            ("avx", is_x86_feature_detected!("avx")),
            ("avx2", is_x86_feature_detected!("avx2")),
            ("fma", is_x86_feature_detected!("fma")),
            ("avx512", is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq")),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let found = [(std::env::consts::ARCH, true)];
        found.into_iter().filter_map(|(name, here)| here.then_some(name)).collect::<Vec<_>>().join(" ")
    }

    /// Every field in which rows of `asked` could differ from rows of this build: its name and both
    /// values. Unknown sources are equal to none. The revision is no such field: it changes with every
    /// text of the repository.
    pub(crate) fn differences(&self, asked: &Self) -> Vec<[String; 3]> {
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "unknown".to_owned());
        let fields = [
            ("backend", self.backend.clone(), asked.backend.clone(), true),
            ("sources", known(&self.sources), known(&asked.sources), self.sources.is_some()),
            ("blas_core", known(&self.blas_core), known(&asked.blas_core), true),
            ("vectors", self.vectors.clone(), asked.vectors.clone(), true),
        ];
        let differing =
            fields.into_iter().filter(|(_, found, expected, comparable)| found != expected || !comparable);
        differing.map(|(name, found, expected, _)| [name.to_owned(), found, expected]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build() -> Build {
        Build {
            version: "0.1.0".into(),
            revision: Some("abcdef".into()),
            sources: Some("0123".into()),
            blas_core: Some("Haswell".into()),
            vectors: "avx2 fma".into(),
            backend: "reduced".into(),
        }
    }

    #[test]
    fn what_moves_bits_differs_and_a_revision_does_not() {
        let names = |asked: &Build| {
            build().differences(asked).into_iter().map(|[name, ..]| name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&Build { revision: None, ..build() }), "");
        assert_eq!(names(&Build { backend: "cpu".into(), ..build() }), "backend");
        assert_eq!(names(&Build { vectors: "avx2 fma avx512".into(), ..build() }), "vectors");
        assert_eq!(names(&Build { sources: Some("0124".into()), ..build() }), "sources");
        assert_eq!(names(&Build { sources: None, blas_core: None, ..build() }), "sources blas_core");
    }

    #[test]
    fn unknown_sources_equal_none() {
        let unknown = Build { sources: None, ..build() };
        let [name, found, expected] = &unknown.differences(&unknown)[0];
        assert_eq!((name.as_str(), found.as_str(), expected.as_str()), ("sources", "unknown", "unknown"));
    }
}
