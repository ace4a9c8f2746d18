/* SPDX-License-Identifier: MIT
 *
 * The kernel's verdict about translated filters against libpcap's: every kind of expression and
 * random classic programs, on crafted frames and those of real captures, at every hook. The
 * argument is the number of random programs, the second the seed. Needs CAP_BPF, CAP_NET_ADMIN. */
#include "engine/filter/translate.c"

#include <dirent.h>

#include "jj/source.h"

#include "engine/filter/translate_load.c"
#include "test.h"
#ifdef JJ_HAVE_BPF
#    include "translate_expressions.h"
#    include "translate_kernel.h"
#    include "translate_packets.h"
#    include "translate_random.h"

/* <pcap.h> cannot be included here. */
unsigned bpf_filter(const struct jj_classic_insn *program, const uint8_t *packet, unsigned wire_len,
                    unsigned cap_len);

#    define COUNT(list)       (sizeof(list) / sizeof(list)[0])
#    define LINKTYPE_ETHERNET 1
#    define LINKTYPE_RAW      101

static struct frame frames[400];

static struct {
    unsigned long runs, matches, wrong, untested;
    unsigned programs, rejects, most_verified;
} tally;

static const char *const hook_names[] = { "xdp",           "tc ingress",
                                          "tc egress",     "cgroup ingress",
                                          "cgroup egress", "socket" };

static void begin_tally(void)
{
    memset(&tally, 0, sizeof tally);
}

static void report(const char *what)
{
    printf("%-24s %6u programs, %8lu runs, %7lu matches, %lu wrong, %u refused, %lu untested, "
           "%u insns verified at most\n",
           what, tally.programs, tally.runs, tally.matches, tally.wrong, tally.rejects,
           tally.untested, tally.most_verified);
    CHECK_INT(tally.wrong, 0);
    CHECK_INT(tally.rejects, 0);
    CHECK(tally.programs > 0 && tally.runs > 0 && tally.matches > 0);
    CHECK(tally.untested * 10 <= tally.runs);
}

static int admit(int fd)
{
    tally.programs++;
    tally.rejects += fd < 0;
    if (fd >= 0 && verified_insns(fd) > tally.most_verified)
        tally.most_verified = verified_insns(fd);
    return fd;
}

static void count(bool tested, uint32_t got, uint32_t want, const char *what)
{
    if (!tested) {
        tally.untested++;
        return;
    }
    tally.runs++;
    tally.matches += want != 0;
    if (got != want && tally.wrong++ < 5)
        fprintf(stderr, "%s: the kernel says %u, libpcap %u\n", what, got, want);
}

static bool behind_link_layer(enum jj_hook hook)
{
    return hook == JJ_HOOK_CGROUP_INGRESS || hook == JJ_HOOK_CGROUP_EGRESS;
}

static void compare_frame(int fd, enum jj_hook hook, const struct jj_classic *filter,
                          const uint8_t *bytes, uint32_t size, const char *what)
{
    uint32_t got = 0;
    uint32_t want = bpf_filter(filter->insns, bytes, size, size);
    if (behind_link_layer(hook))
        want = want != 0;
    bool tested = run(fd, hook, bytes, size, &got);
    count(tested, got, want, what);
}

static void compare_frames(const struct jj_classic *filter, enum jj_hook hook, const char *what)
{
    unsigned length;
    uint32_t from = behind_link_layer(hook) ? 14 : 0;
    int fd = admit(load_as(program_types[hook], filter, hook, &length));
    for (size_t i = 0; fd >= 0 && i < COUNT(frames); i++)
        if (frames[i].size > from)
            compare_frame(fd, hook, filter, frames[i].bytes + from, frames[i].size - from, what);
    if (fd >= 0)
        close(fd);
    else
        fprintf(stderr, "refused: %s (%s)\n", what, hook_names[hook]);
}

static void test_expressions(enum jj_hook hook)
{
    unsigned compiled = 0;
    begin_tally();
    for (size_t i = 0; i < 2 * COUNT(expressions); i++) {
        struct jj_classic filter;
        uint16_t linktype = behind_link_layer(hook) ? LINKTYPE_RAW : LINKTYPE_ETHERNET;
        if (jj_classic_compile(&filter, expressions[i / 2], linktype, i % 2, NULL))
            continue;
        compiled++;
        compare_frames(&filter, hook, expressions[i / 2]);
        jj_classic_done(&filter);
    }
    report(hook_names[hook]);
    if (!behind_link_layer(hook))
        CHECK_INT(compiled, 2 * COUNT(expressions));
}

static bool is_tagged(const struct frame *f)
{
    unsigned tpid = f->bytes[12] << 8 | f->bytes[13];
    return f->size >= 18 && (tpid == 0x8100 || tpid == 0x88a8);
}

/* The frame goes to the kernel without its tag, libpcap sees it with it. */
static void compare_stripped(int fd, const struct jj_classic *filter, const struct frame *f,
                             const char *what)
{
    struct tag tag = { (uint16_t)(f->bytes[12] << 8 | f->bytes[13]),
                       (uint16_t)(f->bytes[14] << 8 | f->bytes[15]) };
    uint8_t stripped[FRAME_ROOM];
    memcpy(stripped, f->bytes, 12);
    memcpy(stripped + 12, f->bytes + 16, f->size - 16);
    uint32_t got = 0, want = bpf_filter(filter->insns, f->bytes, f->size, f->size);
    bool tested = run_tagged(fd, BPF_PROG_TYPE_SCHED_CLS, stripped, f->size - 4, tag, &got);
    count(tested, got, want, what);
}

/* The filter for sockets too, because the kernel tests no socket filter with a tag. */
static void test_stripped_tags(enum jj_hook hook)
{
    begin_tally();
    for (size_t i = 0; i < 2 * COUNT(expressions); i++) {
        struct jj_classic filter;
        unsigned length;
        CHECK_INT(jj_classic_compile(&filter, expressions[i / 2], LINKTYPE_ETHERNET, i % 2, NULL),
                  0);
        int fd = admit(load_as(BPF_PROG_TYPE_SCHED_CLS, &filter, hook, &length));
        for (size_t j = 0; fd >= 0 && j < COUNT(frames); j++)
            if (is_tagged(&frames[j]))
                compare_stripped(fd, &filter, &frames[j], expressions[i / 2]);
        close(fd);
        jj_classic_done(&filter);
    }
    report(hook == JJ_HOOK_SOCKET ? "socket, tag stripped" : "tc, tag stripped");
}

/* Some of them with the tag put back. */
static void compare_random(const struct jj_classic *filter, enum jj_hook hook)
{
    unsigned length;
    enum bpf_prog_type type = program_types[hook];
    int fd = admit(load_as(type, filter, below(2) ? hook : hook | JJ_HOOK_NO_PERFMON, &length));
    for (unsigned i = 0; fd >= 0 && i < 40; i++) {
        const struct frame *f = &frames[below(COUNT(frames))];
        if (type == BPF_PROG_TYPE_SCHED_CLS && is_tagged(f))
            compare_stripped(fd, filter, f, "random program, tag stripped");
        else
            compare_frame(fd, hook, filter, f->bytes, f->size, "random program");
    }
    if (fd >= 0)
        close(fd);
}

static void test_random(unsigned programs)
{
    static const enum jj_hook hooks[] = { JJ_HOOK_XDP, JJ_HOOK_TC_EGRESS, JJ_HOOK_CGROUP_INGRESS,
                                          JJ_HOOK_SOCKET };
    begin_tally();
    for (unsigned i = 0; i < programs; i++) {
        struct jj_classic filter = random_program();
        compare_random(&filter, hooks[i % COUNT(hooks)]);
    }
    report("random programs");
}

/* More than a page: the second half lies in fragments that only the helper can read. */
static void test_jumbo(void)
{
    static const char *const about_the_end[] = { "ether[8000:4] = 0xdeadbeef",
                                                 "ether[3000:4] = 0xdeadbeef",
                                                 "len > 8999",
                                                 "ether[ether[100:2]:2] = 0xbeef",
                                                 "ether[8999] = 7",
                                                 "ether[9000] = 7" };
    static uint8_t jumbo[9000] = { [100] = 8002 >> 8, 8002 & 255, [8999] = 7 };
    memcpy(jumbo + 3000, "\xde\xad\xbe\xef", 4);
    memcpy(jumbo + 8000, "\xde\xad\xbe\xef", 4);
    begin_tally();
    for (size_t i = 0; i < COUNT(about_the_end); i++) {
        struct jj_classic filter;
        unsigned length;
        jj_classic_compile(&filter, about_the_end[i], LINKTYPE_ETHERNET, true, NULL);
        int fd = admit(load_as(BPF_PROG_TYPE_XDP, &filter, JJ_HOOK_XDP, &length));
        compare_frame(fd, JJ_HOOK_XDP, &filter, jumbo, sizeof jumbo, about_the_end[i]);
        close(fd);
        jj_classic_done(&filter);
    }
    report("jumbo frames, xdp");
}

/* libpcap cannot evaluate the direction on a file: it never matches there. */
static void test_direction(void)
{
    static const bool outgoing[JJ_HOOKS] = { [JJ_HOOK_TC_EGRESS] = true };
    static const enum jj_hook hooks[] = { JJ_HOOK_XDP, JJ_HOOK_TC_INGRESS, JJ_HOOK_TC_EGRESS };
    for (size_t i = 0; i < 2 * COUNT(hooks); i++) {
        struct jj_classic filter;
        unsigned length;
        enum jj_hook hook = hooks[i / 2];
        uint32_t verdict = 0;
        jj_classic_compile(&filter, i % 2 ? "outbound" : "inbound", LINKTYPE_ETHERNET, true, NULL);
        int fd = load_as(program_types[hook], &filter, hook, &length);
        CHECK(run(fd, hook, frames[0].bytes, frames[0].size, &verdict));
        CHECK_INT(verdict != 0, outgoing[hook] == (i % 2 == 1));
        close(fd);
        jj_classic_done(&filter);
    }
}

static void test_large(void)
{
    char expression[8192] = "";
    for (unsigned i = 0, used = 0; i < 45; i++)
        used += (unsigned)snprintf(expression + used, sizeof expression - used,
                                   "%s(host 10.1.%u.%u and port %u)", i ? " or " : "", i / 7, i,
                                   1000 + i);
    static const enum jj_hook hooks[] = { JJ_HOOK_XDP, JJ_HOOK_TC_EGRESS };
    for (size_t i = 0; i < COUNT(hooks); i++) {
        struct jj_classic filter;
        unsigned length = 0;
        CHECK_INT(jj_classic_compile(&filter, expression, LINKTYPE_ETHERNET, false, NULL), 0);
        int fd = load_as(program_types[hooks[i]], &filter, hooks[i], &length);
        CHECK(fd >= 0);
        printf("45 pairs of host and port, %s: %u classic, %u eBPF, %u verified\n",
               hook_names[hooks[i]], filter.count, length, fd < 0 ? 0 : verified_insns(fd));
        close(fd);
        jj_classic_done(&filter);
    }
}

static void compare_capture(const int *fds, const struct jj_classic *filters,
                            const struct jj_frame *f)
{
    if (f->linktype != LINKTYPE_ETHERNET || f->cap_len < 14 || f->cap_len > 65535)
        return;
    for (size_t i = 0; i < COUNT(expressions); i++)
        compare_frame(fds[i], JJ_HOOK_XDP, &filters[i], f->data, f->cap_len, expressions[i]);
}

/* Every n-th frame, so that a large capture has no more of them than a small one. */
static void sample_capture(const char *path, const int *fds, const struct jj_classic *filters)
{
    const struct jj_source_ops *ops = jj_source_find("file");
    const struct jj_source_options options = { 0 };
    struct jj_source *source;
    struct jj_frame batch[JJ_BATCH];
    unsigned long seen = 0, next = 0;
    if (ops->open(&source, path, &options, NULL))
        return;
    for (int n; (n = ops->next(source, batch, JJ_BATCH, 0, NULL)) > 0;)
        for (int i = 0; i < n; i++, seen++)
            if (seen == next) {
                compare_capture(fds, filters, &batch[i]);
                next += 1 + next / 4;
            }
    ops->close(source);
}

static const char *captures(void)
{
    static char path[400];
    const char *shared = getenv("JJ_SHARED");
    if (shared)
        snprintf(path, sizeof path, "%s/pcaps", shared);
    else /* from tests/unit/translate.c */
        snprintf(path, sizeof path, "%.*s../../../shared/pcaps",
                 (int)(strrchr(__FILE__, '/') - __FILE__ + 1), __FILE__);
    return path;
}

static void test_captures(void)
{
    static int fds[COUNT(expressions)];
    static struct jj_classic filters[COUNT(expressions)];
    unsigned length;
    DIR *folder = opendir(captures());
    if (!folder) {
        printf("no captures at %s: that part is left out\n", captures());
        return;
    }
    begin_tally();
    for (size_t i = 0; i < COUNT(expressions); i++) {
        jj_classic_compile(&filters[i], expressions[i], LINKTYPE_ETHERNET, true, NULL);
        fds[i] = admit(load_as(BPF_PROG_TYPE_XDP, &filters[i], JJ_HOOK_XDP, &length));
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[700];
        snprintf(path, sizeof path, "%s/%s", captures(), entry->d_name);
        if (entry->d_name[0] != '.')
            sample_capture(path, fds, filters);
    }
    closedir(folder);
    for (size_t i = 0; i < COUNT(expressions); i++) {
        close(fds[i]);
        jj_classic_done(&filters[i]);
    }
    report("captures, xdp");
}

/* An IPv4 packet with TCP from 10.77.0.1:4096 to 10.77.0.2:443. */
static void show_costs(void)
{
    static const char *const typical[] = { "",
                                           "ip",
                                           "tcp port 443",
                                           "host 10.0.0.1",
                                           "tcp[tcpflags] & tcp-syn != 0",
                                           "net 10.0.0.0/8 and not (port 22 or port 53)" };
    static const uint8_t packet[128] = { 2,  0,    0, 0, 0,   11, 2, 0,  0,  0,  0, 10, 8,
                                         0,  0x45, 0, 0, 100, 0,  0, 64, 0,  64, 6, 0,  0,
                                         10, 77,   0, 1, 10,  77, 0, 2,  16, 0,  1, 187 };
    static const enum jj_hook hooks[] = { JJ_HOOK_XDP, JJ_HOOK_TC_EGRESS, JJ_HOOK_SOCKET };
    for (size_t i = 0; i < COUNT(typical); i++) {
        struct jj_classic filter;
        jj_classic_compile(&filter, typical[i], LINKTYPE_ETHERNET, true, NULL);
        printf("\"%s\": %u classic", typical[i], filter.count);
        for (size_t j = 0; j < COUNT(hooks); j++) {
            unsigned length = 0;
            int fd = load_as(program_types[hooks[j]], &filter, hooks[j], &length);
            printf("; %s %u eBPF, %u ns", hook_names[hooks[j]], length,
                   nanoseconds(fd, hooks[j], packet, sizeof packet));
            close(fd);
        }
        printf("\n");
        jj_classic_done(&filter);
    }
}

static bool may_load(void)
{
    struct jj_classic_insn accept = { BPF_RET | BPF_K, 0, 0, 1 };
    unsigned length;
    int fd = load_as(BPF_PROG_TYPE_XDP, &(struct jj_classic){ &accept, 1 }, JJ_HOOK_XDP, &length);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void test_in_kernel(unsigned programs)
{
    for (size_t i = 0; i < COUNT(frames); i++)
        make_frame(&frames[i]);
    /* The shortest that can have had a tag. */
    frames[1] = (struct frame){ 18, { 2, [12] = 0x81, [15] = 5, [16] = 0x12, [17] = 0x34 } };
    for (enum jj_hook hook = 0; hook < JJ_HOOKS; hook++)
        test_expressions(hook);
    test_stripped_tags(JJ_HOOK_TC_EGRESS);
    test_stripped_tags(JJ_HOOK_SOCKET);
    test_random(programs);
    test_jumbo();
    test_direction();
    test_large();
    test_captures();
    show_costs();
}
#endif

static int translate_insns(struct jj_classic_insn *insns, unsigned n, unsigned room)
{
    static struct bpf_insn out[100];
    struct jj_error err = { 0 };
    int rc = jj_translate(&(struct jj_classic){ insns, n }, JJ_HOOK_XDP, out, room, &err);
    CHECK(rc > 0 || (err.code == rc && err.text[0]));
    return rc;
}

#define TRANSLATE(...)                             \
    translate_insns(                               \
        (struct jj_classic_insn[]){ __VA_ARGS__ }, \
        sizeof((struct jj_classic_insn[]){ __VA_ARGS__ }) / sizeof(struct jj_classic_insn), 100)

static void test_refusals(void)
{
    struct jj_classic_insn accept = { BPF_RET | BPF_K, 0, 0, 1 };
    struct jj_classic loop;
    CHECK(translate_insns(&accept, 1, 100) > 0);
    CHECK_INT(translate_insns(&accept, 1, 1), -E2BIG);
    CHECK_INT(translate_insns(&accept, 0, 100), JJ_EUNSUPPORTED);
    CHECK_INT(translate_insns(&accept, 5000, 100), JJ_EUNSUPPORTED);
    CHECK_INT(TRANSLATE({ BPF_LD | BPF_IMM, 0, 0, 1 }), JJ_EFORMAT);
    CHECK_INT(TRANSLATE({ BPF_JMP | BPF_JEQ, 0, 1, 1 }, { BPF_RET, 0, 0, 1 }), JJ_EFORMAT);
    CHECK_INT(TRANSLATE({ BPF_ALU | BPF_DIV, 0, 0, 0 }, { BPF_RET, 0, 0, 1 }), JJ_EUNSUPPORTED);
    CHECK_INT(TRANSLATE({ BPF_ST, 0, 0, 16 }, { BPF_RET, 0, 0, 1 }), JJ_EUNSUPPORTED);
    CHECK_INT(TRANSLATE({ 0xffff, 0, 0, 0 }, { BPF_RET, 0, 0, 1 }), JJ_EUNSUPPORTED);
    CHECK(TRANSLATE({ BPF_JMP | BPF_JA, 0, 0, 1 }, { 0xffff, 0, 0, 0 }, { BPF_RET, 0, 0, 1 }) > 0);
    CHECK_INT(jj_classic_compile(&loop, "ip6 protochain 6", 1, true, NULL), 0);
    CHECK_INT(translate_insns(loop.insns, loop.count, 100), JJ_EUNSUPPORTED);
    jj_classic_done(&loop);
}

int main(int argc, char **argv)
{
    test_refusals();
#ifdef JJ_HAVE_BPF
    if (may_load()) {
        if (argc > 2)
            random_state ^= strtoull(argv[2], NULL, 0) << 1;
        test_in_kernel(argc > 1 ? (unsigned)atoi(argv[1]) : 2000);
        return test_end();
    }
#endif
    (void)argc, (void)argv;
    return test_end() ? 1
                      : test_skip("the kernel lets only CAP_BPF and CAP_NET_ADMIN test filters");
}
