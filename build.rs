//! Migrations are embedded: without this a new file would be missed until something else changed.
fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=schemas");
}
