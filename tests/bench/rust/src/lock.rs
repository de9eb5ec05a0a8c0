// SPDX-License-Identifier: MIT

use crate::Run;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

#[derive(Default)]
struct Guarded {
    state: u64,
    count: u64,
}

/// A lock of either kind; loops are compiled for each.
trait Lock: Sync {
    fn with(&self, work: impl FnOnce(&mut Guarded));
}

impl Lock for std::sync::Mutex<Guarded> {
    fn with(&self, work: impl FnOnce(&mut Guarded)) {
        work(&mut self.lock().unwrap())
    }
}

impl Lock for parking_lot::Mutex<Guarded> {
    fn with(&self, work: impl FnOnce(&mut Guarded)) {
        work(&mut self.lock())
    }
}

#[repr(align(64))]
struct Alone<T>(T);

fn pairs(run: &mut Run, lock: &impl Lock) {
    for _ in 0..run.work / 10 + 1 {
        lock.with(|_| ());
    }
    run.begin();
    for _ in 0..run.work {
        lock.with(|_| ());
    }
    run.end();
    run.nanoseconds();
}

pub fn uncontended(run: &mut Run, peer: &str) {
    if peer == "parking_lot" {
        pairs(run, &parking_lot::Mutex::new(Guarded::default()));
    } else {
        pairs(run, &std::sync::Mutex::new(Guarded::default()));
    }
}

fn steps(mut state: u64, count: u32) -> u64 {
    for _ in 0..count {
        state = state.wrapping_add((state >> 7) | 1);
    }
    state
}

fn turns(lock: &impl Lock, stop: &AtomicBool, seed: u64) -> u64 {
    let (mut state, mut taken) = (seed, 0);
    while !stop.load(Relaxed) {
        lock.with(|guarded| {
            guarded.state = steps(guarded.state, 8);
            guarded.count += 1;
        });
        state = steps(state, 32);
        taken += 1;
    }
    // The result is used; std::hint::black_box is newer than Debian's compiler.
    unsafe { std::ptr::read_volatile(&state) };
    taken
}

fn contest(run: &mut Run, lock: Alone<impl Lock>) {
    let (lock, threads) = (&lock.0, run.a);
    let stop = Alone(AtomicBool::new(false));
    let gate = Barrier::new(threads + 1);
    let taken: Vec<u64> = thread::scope(|scope| {
        let (stop, gate) = (&stop.0, &gate);
        let all: Vec<_> = (0..threads)
            .map(|i| {
                scope.spawn(move || {
                    gate.wait();
                    turns(lock, stop, i as u64 + 1)
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(2));
        run.begin();
        gate.wait();
        thread::sleep(Duration::from_millis(run.work));
        stop.store(true, Relaxed);
        let taken = all.into_iter().map(|t| t.join().unwrap()).collect();
        run.end();
        taken
    });
    let sum: u64 = taken.iter().sum();
    let mut count = 0;
    lock.with(|guarded| count = guarded.count);
    run.check(sum == count, "two threads were inside at once");
    run.value = sum as f64 / run.wall * 1e-6;
    run.unit = "M/s";
    let (most, least) = (taken.iter().max().unwrap(), taken.iter().min().unwrap());
    run.note("fair", *most as f64 / (*least).max(1) as f64);
}

pub fn lock(run: &mut Run, peer: &str) {
    if peer == "parking_lot" {
        contest(run, Alone(parking_lot::Mutex::new(Guarded::default())));
    } else {
        contest(run, Alone(std::sync::Mutex::new(Guarded::default())));
    }
}
