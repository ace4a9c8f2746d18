/* SPDX-License-Identifier: MIT */
#include "cli/demo_talk.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/cursor.h"

/* Both IP versions, any address. */
static int bind_any(int type, uint16_t port)
{
    const struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    int fd = socket(AF_INET6, type, 0), on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        (type == SOCK_STREAM && listen(fd, 16) != 0))
        _exit(1);
    return fd;
}

static _Noreturn void serve(uint16_t port, void (*talk)(int fd))
{
    int listener = bind_any(SOCK_STREAM, port);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            continue;
        talk(fd);
        close(fd);
    }
}

static void put(int fd, const char *text)
{
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        text += n;
        length -= (size_t)n;
    }
}

static void swallow(int fd)
{
    static char bytes[65536];
    while (recv(fd, bytes, sizeof bytes, 0) > 0)
        ;
}

static void talk_ssh(int fd)
{
    char greeting[256];
    put(fd, "SSH-2.0-OpenSSH_9.6 demo\r\n");
    if (recv(fd, greeting, sizeof greeting, 0) > 0)
        put(fd, "no keys here, this is a demo\r\n");
}

static void talk_web(int fd)
{
    char request[4096];
    if (recv(fd, request, sizeof request, 0) > 0)
        put(fd, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello from the demo\n");
}

_Noreturn void jj_demo_ssh_server(void)
{
    serve(JJ_DEMO_SSH_PORT, talk_ssh);
}

_Noreturn void jj_demo_bulk_server(void)
{
    serve(JJ_DEMO_BULK_PORT, swallow);
}

_Noreturn void jj_demo_web_server(void)
{
    serve(JJ_DEMO_WEB_PORT, talk_web);
}

/* RFC 1035, 4.1: the question is sent back with one A record behind it. */
static size_t answer_dns(uint8_t *message, size_t size, size_t capacity)
{
    static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 99, 0, 1 };
    struct jj_cursor c = jj_cursor(message, size);
    uint8_t length;
    jj_skip(&c, 12);
    while ((length = jj_u8(&c)) != 0)
        jj_skip(&c, length);
    uint16_t type = jj_be16(&c);
    jj_skip(&c, 2);
    size_t end = (size_t)(c.at - message);
    if (c.failed || end + sizeof record > capacity)
        return 0;
    bool ours = type == 1;
    message[2] = 0x85; /* response, authoritative, recursion as asked */
    message[3] = 0x80;
    memcpy(message + 6, (const uint8_t[]){ 0, ours, 0, 0, 0, 0 }, 6);
    if (ours)
        memcpy(message + end, record, sizeof record);
    return end + (ours ? sizeof record : 0);
}

_Noreturn void jj_demo_dns_server(void)
{
    int fd = bind_any(SOCK_DGRAM, JJ_DEMO_DNS_PORT);
    for (;;) {
        uint8_t message[1500];
        struct sockaddr_storage from;
        socklen_t from_size = sizeof from;
        ssize_t n = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &from_size);
        size_t size = n > 0 ? answer_dns(message, (size_t)n, sizeof message) : 0;
        if (size)
            sendto(fd, message, size, 0, (const struct sockaddr *)&from, from_size);
    }
}

static int connect_to(const char *address, uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    inet_pton(AF_INET, address, &to.sin_addr);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool jj_demo_listens(const char *address, uint16_t port)
{
    const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    int fd = connect_to(address, port);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    return true;
}

bool jj_demo_ssh_client(const char *address)
{
    int fd = connect_to(address, JJ_DEMO_SSH_PORT);
    if (fd < 0)
        return false;
    put(fd, "SSH-2.0-demo_client_1.0\r\n");
    swallow(fd);
    close(fd);
    return true;
}

bool jj_demo_bulk_client(const char *address, uint64_t bytes)
{
    static char block[65536];
    int fd = connect_to(address, JJ_DEMO_BULK_PORT);
    if (fd < 0)
        return false;
    while (bytes > 0) {
        ssize_t n = send(fd, block, bytes < sizeof block ? bytes : sizeof block, MSG_NOSIGNAL);
        if (n <= 0)
            break;
        bytes -= (uint64_t)n;
    }
    close(fd);
    return bytes == 0;
}
