/* SPDX-License-Identifier: MIT */
/* Rust's standard library, crossbeam, parking_lot and rayon: the program in rust/. */
#include "net.h"

#define PROGRAM "weft-bench-rust"

static const struct foreign crossbeam = {
    .program = PROGRAM,
    .what =
        {
            [FAMILY_QUEUE] = "crossbeam-channel bounded",
            [FAMILY_PINGPONG] = "crossbeam-channel bounded",
            [FAMILY_IDLE] = "crossbeam-channel bounded",
        },
};

static const struct foreign standard = {
    .program = PROGRAM,
    .what =
        {
            [FAMILY_QUEUE] = "sync_channel, 1 consumer",
            [FAMILY_PINGPONG] = "sync_channel",
            [FAMILY_UNCONTENDED] = "std::sync::Mutex",
            [FAMILY_LOCK] = "std::sync::Mutex",
            [FAMILY_PAIRS] = "std::thread",
            [FAMILY_THOUSAND] = "std::thread",
            [FAMILY_MEMORY] = "std::thread",
            [FAMILY_SPAWN] = "std::process",
            NET_TCP("std::net, a thread each"),
            NET_UDP("std::net::UdpSocket"),
        },
};

static const struct foreign parking_lot = {
    .program = PROGRAM,
    .what =
        {
            [FAMILY_UNCONTENDED] = "parking_lot::Mutex",
            [FAMILY_LOCK] = "parking_lot::Mutex",
        },
};

static const struct foreign rayon = {
    .program = PROGRAM,
    .what =
        {
            [FAMILY_POOL] = "scope, producer outside",
            [FAMILY_RESULT] = "spawn + channel per task",
            [FAMILY_FORKJOIN] = "join",
            [FAMILY_MAP] = "par_iter",
        },
};

const struct peer peer_crossbeam = {
    .name = "crossbeam", .kind = KIND_LIBRARY, .foreign = &crossbeam};
const struct peer peer_rust_std = {.name = "rust-std", .kind = KIND_LIBRARY, .foreign = &standard};
const struct peer peer_parking_lot = {
    .name = "parking_lot", .kind = KIND_LIBRARY, .foreign = &parking_lot};
const struct peer peer_rayon = {.name = "rayon", .kind = KIND_LIBRARY, .foreign = &rayon};
