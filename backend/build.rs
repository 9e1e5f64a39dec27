//! The bundle is embedded from `../dist`. Without one (a plain `cargo check` before the first bundle) the
//! folder is made empty, so that the server compiles; `cargo xtask build` puts the console there first.

fn main() -> std::io::Result<()> {
    let dist = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist");
    std::fs::create_dir_all(&dist)?;
    println!("cargo::rerun-if-changed=../dist");
    Ok(())
}
