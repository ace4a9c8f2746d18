/* SPDX-License-Identifier: MIT
 *
 * `status`: what this machine and user allow, and which sources can be used. */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "jj/source.h"
#include "jj/version.h"

#include "cli/human.h"
#include "cli/json.h"
#include "cli/options.h"

/* Numbers from linux/capability.h; the names are those of capabilities(7). */
static const struct {
    unsigned bit;
    const char *name;
} wanted[] = {
    { 39, "bpf" }, { 12, "net_admin" }, { 13, "net_raw" }, { 38, "perfmon" }, { 14, "ipc_lock" }
};

struct report {
    struct utsname kernel;
    bool btf;
    char lockdown[64];
    uint64_t capabilities;
    struct rlimit memlock;
    long cpus;
};

static uint64_t read_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { 0 };
    if (syscall(SYS_capget, &header, data) != 0)
        return 0;
    return (uint64_t)data[1].effective << 32 | data[0].effective;
}

/* The file says "none [integrity] confidentiality"; the bracketed one counts. */
static void read_lockdown(char *out, size_t size)
{
    char line[64] = "";
    snprintf(out, size, "none");
    FILE *file = fopen("/sys/kernel/security/lockdown", "re");
    if (!file)
        return;
    if (fgets(line, sizeof line, file)) {
        char *from = strchr(line, '['), *to = strchr(line, ']');
        if (from && to > from)
            snprintf(out, size, "%.*s", (int)(to - from - 1), from + 1);
    }
    fclose(file);
}

static void collect(struct report *report)
{
    uname(&report->kernel);
    report->btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
    read_lockdown(report->lockdown, sizeof report->lockdown);
    report->capabilities = read_capabilities();
    getrlimit(RLIMIT_MEMLOCK, &report->memlock);
    report->cpus = sysconf(_SC_NPROCESSORS_ONLN);
}

static int probe(const struct jj_source_ops *ops, struct jj_error *err)
{
    return ops->probe ? ops->probe(err) : 0;
}

static void print_capabilities(const struct report *report)
{
    printf("Capabilities:   ");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        printf("%s%s %s", i ? ", " : "", wanted[i].name,
               report->capabilities >> wanted[i].bit & 1 ? "yes" : "NO");
    putchar('\n');
}

static void print_text(const struct report *report)
{
    puts("jj-engine " JJ_VERSION);
    printf("Platform:       %s %s, %s, %ld CPUs\n", report->kernel.sysname, report->kernel.release,
           report->kernel.machine, report->cpus);
    printf("Kernel types:   %s\n",
           report->btf ? "BTF present" : "no BTF: programs that need kernel types fail");
    printf("Lockdown:       %s\n", report->lockdown);
    print_capabilities(report);
    printf("Locked memory:  %s\n", report->memlock.rlim_cur == RLIM_INFINITY
                                       ? "unlimited"
                                       : jj_human_bytes(report->memlock.rlim_cur));
    puts("\nSources");
    for (const struct jj_source_ops *const *s = jj_sources(); *s; s++) {
        struct jj_error err = { 0 };
        int code = probe(*s, &err);
        printf("  %-8s [%s] %s\n", (*s)->name, code ? "NO" : "OK", (*s)->summary);
        if (code)
            printf("                %s\n", *err.text ? err.text : jj_strerror(code));
    }
}

static void print_json_sources(void)
{
    fputs(", \"sources\": [", stdout);
    for (const struct jj_source_ops *const *s = jj_sources(); *s; s++) {
        struct jj_error err = { 0 };
        int code = probe(*s, &err);
        printf("%s{\"name\": ", s == jj_sources() ? "" : ", ");
        jj_json_string(stdout, (*s)->name);
        printf(", \"live\": %s, \"usable\": %s, \"reason\": ", (*s)->live ? "true" : "false",
               code ? "false" : "true");
        jj_json_string(stdout, code ? *err.text ? err.text : jj_strerror(code) : NULL);
        putchar('}');
    }
    puts("]}");
}

static void print_json(const struct report *report)
{
    fputs("{\"version\": \"" JJ_VERSION "\", \"kernel\": ", stdout);
    jj_json_string(stdout, report->kernel.release);
    fputs(", \"machine\": ", stdout);
    jj_json_string(stdout, report->kernel.machine);
    printf(", \"cpus\": %ld, \"btf\": %s, \"lockdown\": ", report->cpus,
           report->btf ? "true" : "false");
    jj_json_string(stdout, report->lockdown);
    fputs(", \"capabilities\": {", stdout);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        printf("%s\"%s\": %s", i ? ", " : "", wanted[i].name,
               report->capabilities >> wanted[i].bit & 1 ? "true" : "false");
    if (report->memlock.rlim_cur == RLIM_INFINITY)
        fputs("}, \"memlock\": null", stdout);
    else
        printf("}, \"memlock\": %llu", (unsigned long long)report->memlock.rlim_cur);
    print_json_sources();
}

int jj_command_status(const struct jj_options *options)
{
    struct report report = { 0 };
    collect(&report);
    if (options->json)
        print_json(&report);
    else
        print_text(&report);
    return JJ_EXIT_DONE;
}
