// SPDX-License-Identifier: MIT

use crate::Run;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc;

#[repr(align(64))]
struct Tally(AtomicU64);

fn workers(count: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap()
}

pub fn pool(run: &mut Run) {
    let pool = workers(run.a);
    let tallies: Vec<Tally> = (0..run.a).map(|_| Tally(AtomicU64::new(0))).collect();
    run.begin();
    pool.in_place_scope(|scope| {
        for _ in 0..run.work {
            scope.spawn(|_| {
                let mine = &tallies[rayon::current_thread_index().unwrap()].0;
                mine.store(mine.load(Relaxed) + 1, Relaxed);
            });
        }
    });
    run.end();
    let total: u64 = tallies.iter().map(|t| t.0.load(Relaxed)).sum();
    run.check(total == run.work, "not every task has run once");
    run.rate("M tasks/s");
}

pub fn result(run: &mut Run) {
    let pool = workers(run.a);
    run.begin();
    let results: Vec<mpsc::Receiver<u64>> = (0..run.work)
        .map(|i| {
            let (put, get) = mpsc::sync_channel(1);
            pool.spawn(move || put.send(i + 1).unwrap());
            get
        })
        .collect();
    let sum: u64 = results.iter().map(|get| get.recv().unwrap()).sum();
    run.end();
    run.check(sum == run.work * (run.work + 1) / 2, "the results are not those of the tasks");
    run.rate("M tasks/s");
}

fn fib(n: usize) -> u64 {
    if n < 2 {
        return n as u64;
    }
    let (one, two) = rayon::join(|| fib(n - 1), || fib(n - 2));
    one + two
}

fn fibonacci(n: usize) -> u64 {
    (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0
}

pub fn forkjoin(run: &mut Run) {
    let pool = workers(run.a);
    let (n, right) = (run.b, fibonacci(run.b));
    run.check(pool.install(|| fib(n)) == right, "the first pass gave another number");
    run.begin();
    for _ in 0..run.work {
        let number = pool.install(|| fib(n));
        run.check(number == right, "fib gave another number");
    }
    run.end();
    run.value = run.wall / (run.work * (fibonacci(n + 1) - 1)) as f64 * 1e9;
    run.unit = "ns";
}

fn line(x: &[f64], y: &mut [f64], offset: f64) {
    y.par_iter_mut().zip(x.par_iter()).for_each(|(y, x)| *y = 3.0 * x + offset);
}

pub fn map(run: &mut Run) {
    let pool = workers(run.a);
    let x: Vec<f64> = (0..run.b).map(|i| (i % 1000) as f64).collect();
    let mut y = vec![0.0; run.b];
    pool.install(|| line(&x, &mut y, 0.0));
    run.begin();
    for pass in 1..=run.work {
        pool.install(|| line(&x, &mut y, pass as f64));
    }
    run.end();
    let last = run.work as f64;
    let right = x.iter().zip(y.iter()).all(|(x, y)| *y == 3.0 * x + last);
    run.check(right, "a number was not mapped in the last pass");
    let small = run.b < 1000000;
    run.value = run.wall / run.work as f64 * if small { 1e6 } else { 1e3 };
    run.unit = if small { "us" } else { "ms" };
}
