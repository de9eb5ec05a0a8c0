/* SPDX-License-Identifier: MIT */
/* SDL2_net: one thread, a set of sockets, select() underneath. It listens on all interfaces,
 * since it cannot do otherwise, and writes until all is sent. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/select.h>

#include <SDL_net.h>

static const char *version(void)
{
    const SDL_version *linked = SDLNet_Linked_Version();
    static char text[32];

    snprintf(text, sizeof(text), "SDL2_net %u.%u.%u", linked->major, linked->minor, linked->patch);
    return text;
}

static unsigned char buffer[NET_PIECE];

static SDLNet_SocketSet make_set(unsigned sockets)
{
    SDLNet_SocketSet set;

    need(SDLNet_Init() == 0, "SDLNet_Init");
    set = SDLNet_AllocSocketSet((int)sockets);
    need(set != NULL, "SDLNet_AllocSocketSet");
    return set;
}

static void echo(SDLNet_SocketSet set, TCPsocket *sockets, unsigned *count, unsigned i)
{
    int got = SDLNet_TCP_Recv(sockets[i], buffer, sizeof(buffer));

    if (got > 0 && SDLNet_TCP_Send(sockets[i], buffer, got) == got)
        return;
    SDLNet_TCP_DelSocket(set, sockets[i]);
    SDLNet_TCP_Close(sockets[i]);
    sockets[i] = sockets[--*count];
}

static void serve_tcp(unsigned connections)
{
    TCPsocket *sockets = calloc(connections + 8, sizeof(TCPsocket)), listener;
    IPaddress address = {0};
    unsigned count = 0, port = net_free_port();
    SDLNet_SocketSet set;

    if (connections + 16 > FD_SETSIZE)
        net_skip("select() ends at 1024 descriptors");
    set = make_set(connections + 8);
    SDLNet_Write16((Uint16)port, &address.port);
    listener = SDLNet_TCP_Open(&address);
    need(listener != NULL && sockets != NULL, "SDLNet_TCP_Open");
    SDLNet_TCP_AddSocket(set, listener);
    net_say_port(port);
    for (;;) {
        SDLNet_CheckSockets(set, 0x7fffffff);
        for (unsigned i = count; i > 0; i--) {
            if (SDLNet_SocketReady(sockets[i - 1]))
                echo(set, sockets, &count, i - 1);
        }
        if (SDLNet_SocketReady(listener)) {
            sockets[count] = SDLNet_TCP_Accept(listener);
            need(sockets[count] != NULL && count < connections + 7, "SDLNet_TCP_Accept");
            SDLNet_TCP_AddSocket(set, sockets[count++]);
        }
    }
}

static void serve_udp(void)
{
    unsigned port = net_free_port();
    SDLNet_SocketSet set = make_set(1);
    UDPsocket socket = SDLNet_UDP_Open((Uint16)port);
    UDPpacket *packet = SDLNet_AllocPacket(NET_PIECE);

    need(socket != NULL && packet != NULL, "SDLNet_UDP_Open");
    SDLNet_UDP_AddSocket(set, socket);
    net_say_port(port);
    for (;;) {
        SDLNet_CheckSockets(set, 0x7fffffff);
        while (SDLNet_UDP_Recv(socket, packet) == 1)
            need(SDLNet_UDP_Send(socket, -1, packet) == 1, "SDLNet_UDP_Send");
    }
}

static const struct net_calls calls = {.tcp = "SDLNet_CheckSockets",
                                       .udp = "SDLNet_UDP_Recv",
                                       .serve_tcp = serve_tcp,
                                       .serve_udp = serve_udp};

const struct peer peer_net_sdl = {
    .name = "sdl2_net", .kind = KIND_LIBRARY, .version = version, .net = &calls};
