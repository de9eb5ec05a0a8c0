/* SPDX-License-Identifier: MIT */
/* tokio, its runtime of one thread: the program in tokio/. */
#include "net.h"

static const struct foreign program = {
    .program = "weft-bench-tokio",
    .what = {NET_TCP("a task per connection"), NET_UDP("UdpSocket")},
};

const struct peer peer_tokio = {.name = "tokio", .kind = KIND_LIBRARY, .foreign = &program};
