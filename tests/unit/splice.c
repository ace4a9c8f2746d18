/* SPDX-License-Identifier: MIT
 *
 * Filters in compiled kernel programs: the object of tests/bpf/splice.bpf.c, made with clang here,
 * is loaded without and with filters and tried on two packets. Needs clang, CAP_BPF, CAP_NET_ADMIN.
 */
#ifdef JJ_HAVE_BPF
#    include "engine/filter/splice.c"

#    include <bpf/bpf.h>
#    include <stdio.h>

#    include "test.h"

enum { MATCHED = 1, UNMATCHED = 2 };

static char object_path[] = "/tmp/jj-splice-XXXXXX";

/* 10.0.0.1:4096 to 10.0.0.2, port 443 and 80; before it what a socket filter's test takes off. */
static uint8_t packets[2]
                      [14 + 60] = {
                          { 2,  0, 0, 0, 0,  1, 2, 0, 0,  0, 0,    2, 0x88, 0xb5, 2, 0,  0, 0,
                            0,  1, 2, 0, 0,  0, 0, 2, 8,  0, 0x45, 0, 0,    40,   0, 0,  0, 0,
                            64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0,    2, 16,   0,    1, 187 },
                      };

static int compile_object(void)
{
    char command[2000];
    int slash = (int)(strrchr(__FILE__, '/') - __FILE__ + 1);
    int fd = mkstemp(object_path);
    close(fd);
    snprintf(command, sizeof command,
             "clang -target bpf -mcpu=v3 -O2 -g -I %.*s../.. -c %.*s../bpf/splice.bpf.c -o %s "
             "2>/dev/null",
             slash, __FILE__, slash, __FILE__, object_path);
    return fd < 0 || system(command);
}

static struct bpf_object *open_object(void)
{
    CHECK_INT(jj_splice_register(NULL), 0);
    return bpf_object__open(object_path);
}

static int run_program(struct bpf_object *object, const char *name, const uint8_t *packet)
{
    int fd = bpf_program__fd(bpf_object__find_program_by_name(object, name));
    bool socket = strcmp(name, "on_socket") == 0;
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet + (socket ? 0 : 14),
                .data_size_in = socket ? 74 : 60, .repeat = 1);
    int rc = bpf_prog_test_run_opts(fd, &options);
    return rc ? rc : (int)options.retval;
}

static void check_programs(struct bpf_object *object, int first, int second)
{
    static const char *const names[] = { "on_xdp", "on_tc", "on_socket" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK_INT(run_program(object, names[i], packets[0]), first);
        CHECK_INT(run_program(object, names[i], packets[1]), second);
    }
}

static void test_filter(const char *expression, int first, int second)
{
    struct jj_error err = { 0 };
    struct bpf_object *object = open_object();
    CHECK_INT(jj_splice_load(object, expression, 1, &err), 0);
    CHECK_STR(err.text, "");
    check_programs(object, first, second);
    bpf_object__close(object);
}

static void test_refusal(const char *expression, int code)
{
    struct jj_error err = { 0 };
    struct bpf_object *object = open_object();
    CHECK_INT(jj_splice_load(object, expression, 1, &err), code);
    CHECK(err.text[0]);
    bpf_object__close(object);
}

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
    (void)level, (void)format, (void)arguments;
    return 0;
}

int main(void)
{
    memcpy(packets[1], packets[0], sizeof packets[0]);
    packets[1][14 + 37] = 80;
    packets[1][14 + 36] = 0;
    if (compile_object())
        return test_skip("clang cannot compile BPF programs here");
    libbpf_set_print(silent);
    struct bpf_object *object = open_object();
    int rc = bpf_object__load(object); /* unfiltered */
    if (rc == -EPERM) {
        unlink(object_path);
        return test_skip("loading BPF programs needs CAP_BPF and CAP_NET_ADMIN");
    }
    CHECK_INT(rc, 0);
    check_programs(object, MATCHED, MATCHED);
    bpf_object__close(object);
    test_filter("tcp port 443", MATCHED, UNMATCHED);
    test_filter("tcp port 80", UNMATCHED, MATCHED);
    test_filter("", MATCHED, MATCHED);
    test_filter("udp or ip6", UNMATCHED, UNMATCHED);
    test_filter("host 10.0.0.2 and tcp[2:2] = 443", MATCHED, UNMATCHED);
    test_refusal("ip6 protochain 6", JJ_EUNSUPPORTED);
    test_refusal("tcp port", JJ_EUSAGE);
    unlink(object_path);
    return test_end();
}
#else
#    include "test.h"

int main(void)
{
    return test_skip("built without BPF");
}
#endif
