/* SPDX-License-Identifier: MIT */
/* A network namespace: whose loopback interface goes down is nobody else's affair. */
#include "system.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool system_private_network(void)
{
    /* Who is not root needs a user namespace for it, where the system allows that. */
    return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
}

bool system_loopback(bool up)
{
    struct ifreq request = {.ifr_name = "lo"};
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool done = descriptor >= 0 && ioctl(descriptor, SIOCGIFFLAGS, &request) == 0;

    if (done) {
        request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
        done = ioctl(descriptor, SIOCSIFFLAGS, &request) == 0;
    }
    if (descriptor >= 0)
        close(descriptor);
    return done;
}
