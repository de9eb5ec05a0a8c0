// SPDX-License-Identifier: MIT

use crate::Run;
use std::process::Command;

/// What a child returns: SPAWN_CODE in processes.h.
const SPAWN_CODE: i32 = 42;

pub fn spawn(run: &mut Run) {
    let child = std::env::current_exe().unwrap().with_file_name("weft-bench-spawn");
    let large = vec![1u8; run.a << 20];
    let mut well = true;
    run.begin();
    for _ in 0..run.work {
        let status = Command::new(&child).arg("--return").status();
        well &= status.map_or(false, |status| status.code() == Some(SPAWN_CODE));
    }
    run.end();
    // A volatile read, so that the memory is there whatever the compiler knows.
    let kept = |byte: &u8| unsafe { std::ptr::read_volatile(byte) } == 1;
    run.check(large.iter().step_by(4096).all(kept), "the parent lost its memory");
    run.check(well, "a process did not end as it should");
    run.value = run.work as f64 / run.wall;
    run.unit = "per s";
}
