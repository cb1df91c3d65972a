//! Makes the scripts and styles of the pages small: what a browser does not need of them is left out.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const ASSETS: &str = "src/api/assets";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={ASSETS}");
    let to = PathBuf::from(env::var("OUT_DIR")?);
    for entry in fs::read_dir(ASSETS)? {
        let file = entry?.path();
        let name = file.file_name().ok_or("a file has a name")?;
        fs::write(to.join(name), small(&file)?)?;
    }
    Ok(())
}

/// What is sent of a file.
fn small(file: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    Ok(match file.extension().and_then(|kind| kind.to_str()) {
        Some("js") => minifier::js::minify(&text)?.to_string(),
        Some("css") => minifier::css::minify(&text)?.to_string(),
        _ => text,
    })
}
