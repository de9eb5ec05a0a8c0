// SPDX-License-Identifier: MIT

//! weft-bench-rust makes one measurement, as weft-bench --measure does: FAMILY PEER WORK A B.

mod lock;
mod net;
mod pool;
mod process;
mod queue;
mod thread;

use std::time::Instant;

pub struct Run {
    pub work: u64,
    pub a: usize,
    pub b: usize,
    pub value: f64,
    pub unit: &'static str,
    pub wall: f64,
    pub cpu: f64,
    pub csw: i64,
    pub wrong: Option<&'static str>,
    pub skip: Option<&'static str>,
    pub notes: String,
    began: Instant,
}

/// Of this process and of those that it waited for.
fn cpu_and_sleeps() -> (f64, i64) {
    let (mut cpu, mut sleeps) = (0.0, 0);
    for who in [libc::RUSAGE_SELF, libc::RUSAGE_CHILDREN] {
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        unsafe { libc::getrusage(who, &mut usage) };
        let seconds = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) as f64;
        let micros = (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) as f64;
        cpu += seconds + micros * 1e-6;
        sleeps += usage.ru_nvcsw as i64;
    }
    (cpu, sleeps)
}

impl Run {
    pub fn begin(&mut self) {
        let (cpu, csw) = cpu_and_sleeps();
        self.cpu = -cpu;
        self.csw = -csw;
        self.began = Instant::now();
    }

    pub fn end(&mut self) {
        self.wall = self.began.elapsed().as_secs_f64();
        let (cpu, csw) = cpu_and_sleeps();
        self.cpu += cpu;
        self.csw += csw;
    }

    /// M operations per second.
    pub fn rate(&mut self, unit: &'static str) {
        self.value = self.work as f64 / self.wall * 1e-6;
        self.unit = unit;
    }

    pub fn nanoseconds(&mut self) {
        self.value = self.wall / self.work as f64 * 1e9;
        self.unit = "ns";
    }

    pub fn check(&mut self, right: bool, sentence: &'static str) {
        if !right {
            self.wrong = Some(sentence);
        }
    }

    pub fn note(&mut self, name: &str, value: f64) {
        self.notes += &format!(", \"{name}\": {value}");
    }
}

/// The calling thread stays on the n-th CPU that it may use.
pub fn pin(n: usize) {
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        let mut one: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, std::mem::size_of_val(&set), &mut set);
        let cpu = (0..1024).filter(|&cpu| libc::CPU_ISSET(cpu, &set)).nth(n);
        libc::CPU_SET(cpu.expect("so many CPUs"), &mut one);
        libc::sched_setaffinity(0, std::mem::size_of_val(&one), &one);
    }
}

/// The compiler, or the crate as the lock file has it.
fn version(peer: &str) -> String {
    let lock = include_str!("../Cargo.lock");
    let name = if peer == "crossbeam" { "crossbeam-channel" } else { peer };
    let entry = lock.split_once(&format!("name = \"{name}\"\nversion = \""));
    match entry.and_then(|(_, rest)| rest.split_once('"')) {
        Some((version, _)) => format!("{name} {version}"),
        None => option_env!("WEFT_BENCH_RUSTC").unwrap_or("").to_string(),
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if words.get(1).map(String::as_str) == Some("--version") {
        println!("{}", version(words.get(2).map_or("", String::as_str)));
        return;
    }
    if words.len() == 5 && words[1] == "--serve" {
        net::serve(&words[3]);
    }
    if words.len() != 7 {
        eprintln!("weft-bench-rust: --measure FAMILY PEER WORK A B");
        std::process::exit(2);
    }
    let mut run = Run {
        work: words[4].parse().expect("a number"),
        a: words[5].parse().expect("a number"),
        b: words[6].parse().expect("a number"),
        value: 0.0,
        unit: "",
        wall: 0.0,
        cpu: 0.0,
        csw: 0,
        wrong: None,
        skip: None,
        notes: String::new(),
        began: Instant::now(),
    };
    let peer = words[3].as_str();
    match words[2].as_str() {
        "queue" => queue::queue(&mut run, peer),
        "pingpong" => queue::pingpong(&mut run, peer),
        "idle" => queue::idle(&mut run),
        "pool" => pool::pool(&mut run),
        "result" => pool::result(&mut run),
        "forkjoin" => pool::forkjoin(&mut run),
        "map" => pool::map(&mut run),
        "uncontended" => lock::uncontended(&mut run, peer),
        "lock" => lock::lock(&mut run, peer),
        "pairs" => thread::pairs(&mut run),
        "thousand" => thread::thousand(&mut run),
        "memory" => thread::memory(&mut run),
        "spawn" => process::spawn(&mut run),
        _ => run.wrong = Some("there is no such family"),
    }
    report(&run);
}

fn report(run: &Run) {
    if let Some(sentence) = run.wrong {
        println!("{{\"wrong\": \"{sentence}\"}}");
        std::process::exit(1);
    }
    if let Some(sentence) = run.skip {
        println!("{{\"skip\": \"{sentence}\"}}");
        return;
    }
    println!(
        "{{\"value\": {}, \"unit\": \"{}\", \"wall\": {}, \"cpu\": {}, \"csw\": {}{}}}",
        run.value, run.unit, run.wall, run.cpu, run.csw, run.notes
    );
}
