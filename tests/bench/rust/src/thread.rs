// SPDX-License-Identifier: MIT

use crate::Run;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::thread;

static COUNT: AtomicU64 = AtomicU64::new(0);

fn count_one() {
    COUNT.fetch_add(1, Relaxed);
}

pub fn pairs(run: &mut Run) {
    run.begin();
    for _ in 0..run.work {
        thread::spawn(count_one).join().unwrap();
    }
    run.end();
    run.check(COUNT.load(Relaxed) == run.work, "not every thread has run once");
    run.value = run.work as f64 / run.wall * 1e-3;
    run.unit = "k pairs/s";
}

pub fn thousand(run: &mut Run) {
    run.begin();
    let all: Vec<_> = (0..run.work).map(|_| thread::spawn(count_one)).collect();
    all.into_iter().for_each(|t| t.join().unwrap());
    run.end();
    run.check(COUNT.load(Relaxed) == run.work, "not every thread has run once");
    run.value = run.wall * 1e3;
    run.unit = "ms";
}

/// Resident KiB of this process.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as f64 / 1024.0
}

pub fn memory(run: &mut Run) {
    let asleep = Arc::new(Barrier::new(run.work as usize + 1));
    let wake = Arc::new((Mutex::new(false), Condvar::new()));
    thread::spawn(count_one).join().unwrap();
    run.begin();
    let before = resident();
    let all: Vec<_> = (0..run.work)
        .map(|_| {
            let (asleep, wake) = (asleep.clone(), wake.clone());
            thread::spawn(move || {
                asleep.wait();
                let mut woken = wake.0.lock().unwrap();
                while !*woken {
                    woken = wake.1.wait(woken).unwrap();
                }
            })
        })
        .collect();
    asleep.wait();
    run.value = (resident() - before) / run.work as f64;
    run.unit = "KiB";
    *wake.0.lock().unwrap() = true;
    wake.1.notify_all();
    all.into_iter().for_each(|t| t.join().unwrap());
    run.end();
}
