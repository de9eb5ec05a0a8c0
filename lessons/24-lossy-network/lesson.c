/* SPDX-License-Identifier: MIT */
/* A lossy network: twenty pings by UDP, through a proxy that loses every tenth.
 * Watch: a lost question and a lost answer look the same to who asks. */
#include "lesson.h"

static int questions, twice; /* the server's; main reads them at the end */

static int serve(weft_task *task)
{
    weft_socket *ss = WEFT_ARG(task, weft_socket *);
    unsigned char n, seen[256] = {0};
    weft_address add;
    size_t length;

    while (weft_socket_recvfrom(ss, &n, 1, &length, &add, WEFT_FOREVER) == 0) {
        questions++;
        twice += seen[n]++ > 0; /* the answer was lost, not the question */
        CHECK(weft_socket_sendto(ss, &n, 1, &add, WEFT_FOREVER));
    }
    return 0;
}

static void ping(weft_socket *ss, weft_address to, unsigned char n,
                 weft_time patience, bool wrong)
{
    unsigned char answer = 0;
    size_t length;
    weft_time until;
    int err;

    do {
        CHECK(weft_socket_sendto(ss, &n, 1, &to, WEFT_FOREVER));
        until = weft_in(patience); /* one instant, whatever else arrives */
        while ((err = weft_socket_recvfrom(ss, &answer, 1, &length, NULL,
                                           until)) == 0 &&
               answer != n && !wrong)
            weft_print("ping %d: answered once more\n", answer);
        if (err == WEFT_ETIMEDOUT)
            weft_print("ping %d: no answer, again\n", n);
        else
            CHECK(err);
    } while (err != 0);
    if (answer == n)
        weft_print("ping %d: answered\n", n);
    else
        weft_print("ping %d: took the answer to ping %d\n", n, answer);
}

int main(int argc, char **argv)
{
    int seed = 27;
    weft_time patience = WEFT_MS(500);
    bool wrong = false;
    weft_socket *ss, *cs;
    weft_address address, to;
    weft_proxy *proxy;
    weft_proxy_stats stats;
    weft_proxy_options lossy = {
        .udp = true,
        .there = {.drop = 100}, /* of 1000 */
        .back = {.drop = 100, .duplicate = 100},
    };
    const lesson_option options[] = {
        {"--seed", "which ones are lost", .count = &seed},
        {"--seconds", "to wait for an answer", .seconds = &patience},
        {"--wrong", "take whatever comes", .flag = &wrong},
        {0},
    };

    lesson_begin(&argc, &argv, "Pings on a lossy network.", options);
    CHECK(weft_udp_open(&ss, "127.0.0.1", 0, WEFT_FAMILY_NONE));
    CHECK(weft_socket_address(ss, &address));
    CHECK(weft_thread_start(NULL, serve, &ss, sizeof(ss)));
    lossy.to_port = address.port;
    lossy.seed = (uint64_t)seed;
    CHECK(weft_proxy_start(&proxy, &lossy));

    CHECK(weft_udp_open(&cs, "127.0.0.1", 0, WEFT_FAMILY_NONE));
    to = address;
    to.port = (uint16_t)weft_proxy_port(proxy); /* instead of the server */
    for (int n = 0; n < 20; n++)
        ping(cs, to, (unsigned char)n, patience, wrong);

    weft_socket_shutdown(ss, WEFT_SHUTDOWN_READ); /* ends the server's loop */
    CHECK(weft_thread_join_all(WEFT_FOREVER));
    weft_proxy_stats_get(proxy, &stats);
    weft_proxy_close(proxy);
    if (!wrong) { /* which ends while something is still on its way */
        weft_print("lost: %d questions, %d answers\n", (int)stats.there.dropped,
                   (int)stats.back.dropped);
        weft_print("server: %d questions, %d twice\n", questions, twice);
    }
    weft_socket_close(cs);
    weft_socket_close(ss);
    return 0;
}
