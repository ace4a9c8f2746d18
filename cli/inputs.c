/* SPDX-License-Identifier: MIT */
#include "cli/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool ends_with(const char *name, size_t length, const char *suffix)
{
    size_t size = strlen(suffix);
    return length > size && strncasecmp(name + length - size, suffix, size) == 0;
}

static int is_capture(const struct dirent *entry)
{
    static const char *const packed[] = { ".gz", ".zst", ".lz4" };
    static const char *const formats[] = { ".pcap", ".pcapng", ".cap" };
    size_t length = strlen(entry->d_name);
    if (entry->d_name[0] == '.')
        return 0;
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
        if (ends_with(entry->d_name, length, packed[i])) {
            length -= strlen(packed[i]);
            break;
        }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (ends_with(entry->d_name, length, formats[i]))
            return 1;
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Takes `path`. */
static int add_path(struct jj_inputs *inputs, char *path)
{
    if (path && jj_list_add(&inputs->paths, path) == 0)
        return 0;
    free(path);
    return -ENOMEM;
}

static int add_folder(struct jj_inputs *inputs, const char *folder, struct jj_error *err)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_capture, by_name), code = 0;
    if (count < 0)
        return jj_fail(err, -errno, "cannot list %s: %s", folder, strerror(errno));
    if (count == 0)
        code = jj_fail(err, -ENOENT,
                       "No PCAP files found in %s: it has no .pcap, .pcapng or .cap file", folder);
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
        if (!code && asprintf(&path, "%s%s%s", folder, slash, entries[i]->d_name) >= 0)
            code = add_path(inputs, path);
        free(entries[i]);
    }
    free(entries);
    return code;
}

int jj_inputs_expand(struct jj_inputs *inputs, const struct jj_list *operands, struct jj_error *err)
{
    for (unsigned i = 0; i < operands->count; i++) {
        const char *path = operands->items[i];
        bool standard = strcmp(path, "-") == 0;
        struct stat status = { 0 };
        if (!standard && stat(path, &status) != 0)
            return jj_fail(err, errno == ENOENT ? JJ_EUSAGE : -errno, "cannot read %s: %s", path,
                           strerror(errno));
        int code = S_ISDIR(status.st_mode) ? add_folder(inputs, path, err)
                                           : add_path(inputs, strdup(path));
        if (code)
            return code;
    }
    return 0;
}

void jj_inputs_done(struct jj_inputs *inputs)
{
    for (unsigned i = 0; i < inputs->paths.count; i++)
        free((void *)inputs->paths.items[i]);
    free(inputs->paths.items);
    *inputs = (struct jj_inputs){ 0 };
}

bool jj_inputs_contain(const struct jj_inputs *inputs, const char *path)
{
    struct stat wanted, found;
    if (stat(path, &wanted) != 0 || !S_ISREG(wanted.st_mode))
        return false;
    for (unsigned i = 0; i < inputs->paths.count; i++)
        if (stat(inputs->paths.items[i], &found) == 0 && found.st_dev == wanted.st_dev &&
            found.st_ino == wanted.st_ino)
            return true;
    return false;
}
