/* SPDX-License-Identifier: MIT
 *
 * The user-space filter: early errors, one program for each link type, and on generated packets the
 * same verdict as libpcap gives on a file of that link type. */
#include "engine/filter/filter.c"

#include <stdio.h>

#include "file_make.h"
#include "test.h"

static const uint8_t ethernet[] = {
    2,    0,    0, 0,    0,   1, 2, 0, 0,  0, 0, 2, 8, 0, /* Ethernet */
    0x45, 0,    0, 40,   0,   0, 0, 0, 64, 6, 0, 0,       /* IPv4, TCP */
    10,   0,    0, 1,    192, 0, 2, 7,                    /* addresses */
    0x30, 0x39, 1, 0xbb, 0,   0, 0, 1, 0,  0, 0, 0,       /* 12345 to 443 */
    0x50, 2,    4, 0,    0,   0, 0, 0,                    /* SYN */
};

static struct jj_frame frame_of(uint16_t linktype, const uint8_t *data, uint32_t size)
{
    return (
        struct jj_frame){ .data = data, .cap_len = size, .wire_len = size, .linktype = linktype };
}

static void check(const char *expression, const struct jj_frame *frame, bool want)
{
    struct jj_filter *f;
    struct jj_error err = { 0 };
    CHECK_INT(jj_filter_create(&f, expression, &err), 0);
    bool got = jj_filter_match(f, frame);
    if (got != want) {
        fprintf(stderr, "%s on link type %u: %s\n", expression, frame->linktype,
                jj_filter_problem(f) ? jj_filter_problem(f) : "no problem");
    }
    CHECK_INT(got, want);
    jj_filter_destroy(f);
}

static void test_match(void)
{
    uint8_t cooked[60] = { 0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0 };
    memcpy(cooked + 16, ethernet + 14, 40);
    const struct jj_frame frames[] = {
        frame_of(1, ethernet, sizeof ethernet),
        frame_of(101, ethernet + 14, 40),
        frame_of(12, ethernet + 14, 40),
        frame_of(228, ethernet + 14, 40),
        frame_of(113, cooked, 56),
    };
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        check("", &frames[i], true);
        check("tcp port 443", &frames[i], true);
        check("udp", &frames[i], false);
        check("host 192.0.2.7 and tcp[tcpflags] & tcp-syn != 0", &frames[i], true);
        check("ip6", &frames[i], false);
        check("less 56", &frames[i], frames[i].wire_len <= 56);
    }
}

static void test_errors(void)
{
    struct jj_filter *f;
    struct jj_error err;
    CHECK_INT(jj_filter_create(&f, "tcp prot 80", &err), JJ_EUSAGE);
    CHECK(strstr(err.text, "filter \"tcp prot 80\": ") && strstr(err.text, "syntax error"));
    CHECK_INT(jj_filter_create(&f, "host 300.1.2.3", NULL), JJ_EUSAGE);
}

/* "ether" has no meaning on raw IP: those frames do not match, and the reason is told once. */
static void test_problem(void)
{
    struct jj_filter *f;
    CHECK_INT(jj_filter_create(&f, "ether src 02:00:00:00:00:02", NULL), 0);
    struct jj_frame frame = frame_of(1, ethernet, sizeof ethernet);
    CHECK(jj_filter_match(f, &frame));
    CHECK(jj_filter_problem(f) == NULL);
    struct jj_frame raw = frame_of(101, ethernet + 14, 40);
    CHECK(!jj_filter_match(f, &raw));
    CHECK(!jj_filter_match(f, &raw));
    CHECK(strstr(jj_filter_problem(f), "packets of link type 101 (RAW) were left out"));
    CHECK(jj_filter_match(f, &frame));
    struct jj_frame unknown = frame_of(60000, ethernet, sizeof ethernet);
    CHECK(!jj_filter_match(f, &unknown));
    CHECK(strstr(jj_filter_problem(f), "101"));
    jj_filter_destroy(f);
    jj_filter_destroy(NULL);
}

static void test_apply(void)
{
    struct jj_filter *f;
    struct jj_frame frames[6];
    CHECK_INT(jj_filter_create(&f, "tcp", NULL), 0);
    for (uint32_t i = 0; i < 6; i++) {
        frames[i] = frame_of(i % 2 ? 101 : 1, ethernet, sizeof ethernet);
        frames[i].interface = i;
    }
    CHECK_INT(jj_filter_apply(f, frames, 6), 3);
    CHECK_INT(frames[0].interface, 0);
    CHECK_INT(frames[1].interface, 2);
    CHECK_INT(frames[2].interface, 4);
    CHECK_INT(jj_filter_apply(f, frames, 0), 0);
    jj_filter_destroy(f);
}

/* Truncated and random packets through a file, as tcpdump -r would filter them. */
static void test_against_libpcap(void)
{
    static const char *const expressions[] = { "tcp",        "udp or tcp",
                                               "port 443",   "net 10.0.0.0/8",
                                               "ip[8] > 32", "greater 50",
                                               "not ip",     "vlan" };
    static struct maker made;
    char path[32], text[PCAP_ERRBUF_SIZE];
    make_pcap(&made, 0xa1b23c4d, 1);
    unsigned seed = 1;
    for (unsigned i = 0; i < 600; i++) {
        uint8_t bytes[sizeof ethernet];
        memcpy(bytes, ethernet, sizeof bytes);
        seed = seed * 1103515245 + 12345;
        bytes[12 + (seed >> 16) % 30] ^= (uint8_t)(seed >> 8);
        size_t at = made.size;
        make_record(&made, i, 0, 20 + i % 35, sizeof bytes);
        memcpy(made.bytes + at + 16, bytes, 20 + i % 35);
    }
    int fd = as_file(made.bytes, made.size, path);
    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
        struct jj_filter *f;
        struct bpf_program code;
        struct pcap_pkthdr *head;
        const u_char *data;
        unsigned kept = 0, want = 0;
        CHECK_INT(jj_filter_create(&f, expressions[i], NULL), 0);
        pcap_t *all = pcap_open_offline(path, text), *some = pcap_open_offline(path, text);
        CHECK_INT(pcap_compile(some, &code, expressions[i], 0, PCAP_NETMASK_UNKNOWN), 0);
        CHECK_INT(pcap_setfilter(some, &code), 0);
        while (pcap_next_ex(some, &head, &data) == 1) {
            want = want * 31 + (unsigned)head->ts.tv_sec;
        }
        while (pcap_next_ex(all, &head, &data) == 1) {
            struct jj_frame frame = frame_of(1, data, head->caplen);
            frame.wire_len = head->len;
            if (jj_filter_match(f, &frame)) {
                kept = kept * 31 + (unsigned)head->ts.tv_sec;
            }
        }
        CHECK(want > 0 || strcmp(expressions[i], "vlan") == 0);
        CHECK_INT(kept, want);
        pcap_freecode(&code);
        pcap_close(all);
        pcap_close(some);
        jj_filter_destroy(f);
    }
    close(fd);
}

int main(void)
{
    test_match();
    test_errors();
    test_problem();
    test_apply();
    test_against_libpcap();
    return test_end();
}
