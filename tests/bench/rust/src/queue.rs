// SPDX-License-Identifier: MIT

use crate::{pin, Run};
use std::sync::{mpsc, Arc, Barrier};
use std::thread;
use std::time::Duration;

const CAPACITY: usize = 1024;

/// The two ends of a queue; loops are compiled for each kind.
trait Put: Send + 'static {
    fn put(&self, item: u64);
}

trait Get: Send + 'static {
    fn get(&self) -> u64;

    fn sum(&self, count: u64) -> u64 {
        (0..count).map(|_| self.get()).sum()
    }
}

impl Put for crossbeam_channel::Sender<u64> {
    fn put(&self, item: u64) {
        self.send(item).unwrap();
    }
}

impl Get for crossbeam_channel::Receiver<u64> {
    fn get(&self) -> u64 {
        self.recv().unwrap()
    }
}

impl Put for mpsc::SyncSender<u64> {
    fn put(&self, item: u64) {
        self.send(item).unwrap();
    }
}

impl Get for mpsc::Receiver<u64> {
    fn get(&self) -> u64 {
        self.recv().unwrap()
    }
}

fn share(whole: u64, n: usize, i: usize) -> u64 {
    whole * i as u64 / n as u64
}

fn flow(run: &mut Run, putters: Vec<impl Put>, getters: Vec<impl Get>) {
    let (work, a, b) = (run.work, run.a, run.b);
    let gate = Arc::new(Barrier::new(a + b + 1));
    let mut producers = Vec::new();
    let mut consumers = Vec::new();
    for (i, end) in putters.into_iter().enumerate() {
        let gate = gate.clone();
        producers.push(thread::spawn(move || {
            gate.wait();
            for item in share(work, a, i)..share(work, a, i + 1) {
                end.put(item);
            }
        }));
    }
    for (i, end) in getters.into_iter().enumerate() {
        let gate = gate.clone();
        consumers.push(thread::spawn(move || {
            gate.wait();
            end.sum(share(work, b, i + 1) - share(work, b, i))
        }));
    }
    thread::sleep(Duration::from_millis(2));
    run.begin();
    gate.wait();
    // Sums first: a receiver that goes away would fail its senders.
    let sum: u64 = consumers.into_iter().map(|t| t.join().unwrap()).sum();
    producers.into_iter().for_each(|t| t.join().unwrap());
    run.end();
    run.check(sum == work * (work - 1) / 2, "the items got are not the items put");
    run.rate("M items/s");
}

pub fn queue(run: &mut Run, peer: &str) {
    if peer == "crossbeam" {
        let (put, get) = crossbeam_channel::bounded(CAPACITY);
        flow(run, vec![put; run.a], vec![get; run.b]);
    } else if run.b == 1 {
        let (put, get) = mpsc::sync_channel(CAPACITY);
        flow(run, vec![put; run.a], vec![get]);
    } else {
        run.skip = Some("not for so many consumers");
    }
}

fn play<P: Put, G: Get>(run: &mut Run, there: (P, G), back: (P, G)) {
    let (work, pinned) = (run.work, run.a != 0);
    let (put, his_get) = there;
    let (his_put, get) = back;
    let gate = Arc::new(Barrier::new(2));
    let his_gate = gate.clone();
    let partner = thread::spawn(move || {
        if pinned {
            pin(1);
        }
        his_gate.wait();
        for _ in 0..work {
            his_put.put(his_get.get() + 1);
        }
    });
    if pinned {
        pin(0);
    }
    gate.wait();
    run.begin();
    let mut sum = 0;
    for i in 0..work {
        put.put(i);
        sum += get.get();
    }
    run.end();
    partner.join().unwrap();
    run.check(sum == work * (work + 1) / 2, "an item came back wrong");
    run.nanoseconds();
}

pub fn pingpong(run: &mut Run, peer: &str) {
    if peer == "crossbeam" {
        let (there, back) =
            (crossbeam_channel::bounded(CAPACITY), crossbeam_channel::bounded(CAPACITY));
        play(run, there, back);
    } else {
        let (there, back) = (mpsc::sync_channel(CAPACITY), mpsc::sync_channel(CAPACITY));
        play(run, there, back);
    }
}

pub fn idle(run: &mut Run) {
    const WARM_UP: u64 = 1000;
    let (put, get) = crossbeam_channel::bounded(CAPACITY);
    let warm = Arc::new(Barrier::new(run.a + 1));
    let getters: Vec<_> = (0..run.a)
        .map(|_| {
            let (get, warm) = (get.clone(), warm.clone());
            thread::spawn(move || {
                let sum = get.sum(WARM_UP);
                warm.wait();
                sum + get.get()
            })
        })
        .collect();
    let first = run.a as u64 * WARM_UP;
    let items = first + run.a as u64;
    (0..first).for_each(|item| put.put(item));
    warm.wait();
    thread::sleep(Duration::from_millis(100));
    run.begin();
    thread::sleep(Duration::from_millis(run.work - 100));
    run.end();
    (first..items).for_each(|item| put.put(item));
    let sum: u64 = getters.into_iter().map(|t| t.join().unwrap()).sum();
    run.check(sum == items * (items - 1) / 2, "the items got are not the items put");
    run.value = run.cpu / run.wall * 100.0;
    run.unit = "% of a CPU";
}
