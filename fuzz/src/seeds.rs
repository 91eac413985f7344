//! Writes the inputs that every target begins with, `corpus/TARGET/NUMBER`.

use equipoise_tests::hostile::TARGETS;

fn main() -> std::io::Result<()> {
    for target in &TARGETS {
        let folder = std::path::Path::new("corpus").join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (number, bytes) in (target.corpus)().into_iter().enumerate() {
            std::fs::write(folder.join(number.to_string()), bytes)?;
        }
    }
    Ok(())
}
