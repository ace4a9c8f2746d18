/* SPDX-License-Identifier: MIT */
#include "cli/demo_table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "cli/human.h"
#include "cli/message.h"

/* NULL when the run has no such column or the row no value. */
static const struct jj_column *cell(const struct jj_table *table, unsigned row, const char *name)
{
    for (unsigned i = 0; i < table->schema->count; i++)
        if (strcmp(table->schema->columns[i].name, name) == 0)
            return jj_is_valid(&table->columns[i], row) ? &table->columns[i] : NULL;
    return NULL;
}

static double number(const struct jj_table *table, unsigned row, const char *name)
{
    const struct jj_column *column = cell(table, row, name);
    if (!column)
        return 0;
    if (column->type == JJ_BOOL)
        return (double)(((const uint64_t *)column->data)[row / 64] >> (row % 64) & 1);
    if (column->type == JJ_I64)
        return (double)((const int64_t *)column->data)[row];
    return column->type == JJ_F64 ? ((const double *)column->data)[row] : 0;
}

/* At most 39 bytes; "" when missing. */
static const char *text(const struct jj_table *table, unsigned row, const char *name,
                        char out[static 40])
{
    const struct jj_column *column = cell(table, row, name);
    *out = 0;
    if (column && (column->type == JJ_STRING || column->type == JJ_JSON)) {
        const char *bytes = (const char *)column->data + column->offsets[row];
        snprintf(out, 40, "%.*s", (int)(column->offsets[row + 1] - column->offsets[row]), bytes);
    }
    return out;
}

static const char *protocol_name(unsigned protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
        return "TCP";
    case IPPROTO_UDP:
        return "UDP";
    case IPPROTO_ICMP:
        return "ICMP";
    case IPPROTO_ICMPV6:
        return "ICMPv6";
    default:
        return "other";
    }
}

static bool well_known(const struct jj_table *table, unsigned row)
{
    double port = number(table, row, "dst_port");
    return port > 0 && port < 1024;
}

/* What the parsers saw, else what the port is known for. */
static void describe(const struct jj_table *table, unsigned row, char out[static 100])
{
    char a[40], b[40];
    if (*text(table, row, "tls_version_str", a) && number(table, row, "tls_detected") > 0)
        snprintf(out, 100, "%s to %s", a, text(table, row, "tls_sni", b));
    else if (*text(table, row, "dns_query_name", a))
        snprintf(out, 100, "DNS %s %s", a, text(table, row, "dns_query_type_str", b));
    else if (*text(table, row, "ssh_server_software", a))
        snprintf(out, 100, "SSH %s", a);
    else if (number(table, row, "icmp_echo_request_count") > 0)
        snprintf(out, 100, "%.0f pings, %.0f answered",
                 number(table, row, "icmp_echo_request_count"),
                 number(table, row, "icmp_echo_reply_count"));
    else if (well_known(table, row))
        text(table, row, "dst_port_class", out);
    else
        *out = 0;
}

static const char *endpoint(const struct jj_table *table, unsigned row, const char *side,
                            char out[static 64])
{
    char name[16], address[40];
    snprintf(name, sizeof name, "%s_ip", side);
    text(table, row, name, address);
    snprintf(name, sizeof name, "%s_port", side);
    double port = number(table, row, name);
    if (port > 0)
        snprintf(out, 64, strchr(address, ':') ? "[%s]:%.0f" : "%s:%.0f", address, port);
    else
        snprintf(out, 64, "%s", address);
    return out;
}

void jj_demo_print_head(void)
{
    printf("%-6s  %-17s %-3s%-16s %9s %10s %8s  %s\n", "", "client", "", "server", "packets",
           "size", "time", "what");
    fflush(stdout);
}

void jj_demo_print_rows(const struct jj_table *table)
{
    for (unsigned row = 0; row < table->rows; row++) {
        char from[64], to[64], what[100];
        describe(table, row, what);
        printf("%-6s  %-17s -> %-16s %9s %10s %8s  %s\n",
               protocol_name((unsigned)number(table, row, "protocol")),
               endpoint(table, row, "src", from), endpoint(table, row, "dst", to),
               jj_human_count((uint64_t)number(table, row, "total_packets")),
               jj_human_bytes((uint64_t)number(table, row, "total_bytes")),
               jj_human_time(number(table, row, "duration")), what);
    }
    fflush(stdout);
}
