// Where adamw_update.wgsl leaves an updated vector of parameters a second time: nowhere.
fn keep_copy(i: u32, value: vec4f) {}
