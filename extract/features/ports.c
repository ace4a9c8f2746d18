/* SPDX-License-Identifier: MIT */
#include "extract/features/ports.h"

#include <stddef.h>

/* In order of port. */
static const struct {
    uint16_t port;
    const char *name;
} names[] = {
    { 20, "ftp-data" },
    { 21, "ftp" },
    { 22, "ssh" },
    { 23, "telnet" },
    { 25, "smtp" },
    { 53, "dns" },
    { 67, "dhcp" },
    { 68, "dhcp" },
    { 69, "tftp" },
    { 80, "http" },
    { 110, "pop3" },
    { 119, "nntp" },
    { 123, "ntp" },
    { 143, "imap" },
    { 161, "snmp" },
    { 162, "snmp-trap" },
    { 443, "https" },
    { 445, "smb" },
    { 465, "smtps" },
    { 514, "syslog" },
    { 587, "smtp-submission" },
    { 636, "ldaps" },
    { 853, "dns-over-tls" },
    { 993, "imaps" },
    { 995, "pop3s" },
    { 1080, "socks" },
    { 1194, "openvpn" },
    { 1433, "mssql" },
    { 1521, "oracle" },
    { 1723, "pptp" },
    { 3306, "mysql" },
    { 3389, "rdp" },
    { 5060, "sip" },
    { 5061, "sips" },
    { 5222, "xmpp" },
    { 5432, "postgresql" },
    { 5900, "vnc" },
    { 6379, "redis" },
    { 6667, "irc" },
    { 8080, "http-alt" },
    { 8443, "https-alt" },
    { 8888, "http-alt" },
    { 9000, "php-fpm" },
    { 9200, "elasticsearch" },
    { 27017, "mongodb" },
};

const char *jj_port_class(uint16_t port)
{
    size_t low = 0, high = sizeof names / sizeof *names;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (names[middle].port == port)
            return names[middle].name;
        if (names[middle].port < port)
            low = middle + 1;
        else
            high = middle;
    }
    return port < 1024 ? "system" : port < 49152 ? "registered" : "dynamic";
}
