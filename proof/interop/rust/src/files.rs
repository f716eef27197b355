//! The six functions of `safeatomic-rs`.

use crate::wire::{text, Arguments, Outcome, Reply};

pub fn perform(operation: u8, arguments: &mut Arguments, reply: &mut Reply) -> Outcome {
    let path = arguments.path();
    match operation {
        40 => safeatomic_rs::write_atomic(&path, arguments.bytes()).map_err(text)?,
        41 => reply.u8(safeatomic_rs::write_once(&path, arguments.bytes())
            .map_err(text)?
            .into()),
        42 => safeatomic_rs::write_append_fsync(&path, arguments.bytes()).map_err(text)?,
        43 => safeatomic_rs::rename_atomic(&path, &arguments.path()).map_err(text)?,
        44 => safeatomic_rs::fsync_dir(&path).map_err(text)?,
        45 => reply.u8(
            safeatomic_rs::write_once_with_parents(&path, arguments.bytes())
                .map_err(text)?
                .into(),
        ),
        46 => std::env::set_current_dir(&path).map_err(text)?,
        _ => return Err(format!("interop: no operation {operation}")),
    }
    Ok(())
}
