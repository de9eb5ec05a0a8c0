/* SPDX-License-Identifier: MIT */
/* Boost.Asio: one thread, a session per connection. */
#include "net.h"

#include <array>
#include <memory>
#include <utility> /* Boost 1.74 forgets it */

#include <boost/asio.hpp>
#include <boost/version.hpp>

namespace
{

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

const char *version()
{
    return "Boost " BOOST_LIB_VERSION;
}

class session : public std::enable_shared_from_this<session>
{
  public:
    explicit session(tcp::socket socket) : socket_(std::move(socket))
    {
    }

    void read()
    {
        socket_.async_read_some(asio::buffer(buffer_),
                                [self = shared_from_this()](auto error, std::size_t got) {
                                    if (!error)
                                        self->write(got);
                                });
    }

  private:
    void write(std::size_t size)
    {
        asio::async_write(socket_, asio::buffer(buffer_.data(), size),
                          [self = shared_from_this()](auto error, std::size_t) {
                              if (!error)
                                  self->read();
                          });
    }

    tcp::socket socket_;
    std::array<char, NET_PIECE> buffer_; /* only touched where it is used */
};

void accept_next(tcp::acceptor &acceptor)
{
    acceptor.async_accept([&acceptor](auto error, tcp::socket socket) {
        need(!error, "async_accept");
        std::make_shared<session>(std::move(socket))->read();
        accept_next(acceptor);
    });
}

void serve_tcp(unsigned)
{
    asio::io_context context(1);
    tcp::acceptor acceptor(context, tcp::v4(), net_listen());

    accept_next(acceptor);
    context.run();
}

struct datagrams {
    udp::socket socket;
    udp::endpoint sender;
    std::array<char, NET_PIECE> buffer;

    void next()
    {
        socket.async_receive_from(asio::buffer(buffer), sender,
                                  [this](auto error, std::size_t got) {
                                      need(!error, "async_receive_from");
                                      socket.async_send_to(asio::buffer(buffer.data(), got), sender,
                                                           [this](auto, std::size_t) { next(); });
                                  });
    }
};

void serve_udp()
{
    asio::io_context context(1);
    datagrams all{udp::socket(context, udp::v4(), net_bind()), {}, {}};

    all.next();
    context.run();
}

const struct net_calls calls = {.tcp = "async_read_some",
                                .udp = "async_receive_from",
                                .serve_tcp = serve_tcp,
                                .serve_udp = serve_udp};

} /* namespace */

extern "C" {

extern const struct peer peer_net_asio;

const struct peer peer_net_asio = {
    .name = "asio",
    .kind = KIND_LIBRARY,
    .version = version,
    .net = &calls,
};
}
