/*
 * report.c - what a system says of its volume.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/report.h"

#include <stdarg.h>

#include "base/format.h"
#include "format/volume.h"
#include "store/migrate.h"

#define LINE_BYTES 1024

__attribute__((format(printf, 3, 4))) static void
show(const struct report *report, enum log_level level, const char *text, ...)
{
    char line[LINE_BYTES];
    va_list values;

    va_start(values, text);
    format_list(line, sizeof line, text, values);
    va_end(values);
    report->show(report->context, level, line);
}

void
report_opened(const struct report *report, const struct store_opened *opened)
{
    if (opened->copies_bad > 0)
        show(report, LOG_WARN, "%s: %u damaged superblock cop%s read from the twin", report->volume,
             opened->copies_bad, opened->copies_bad == 1 ? "y was" : "ies were");
    if (opened->slots_bad > 0)
        show(report, LOG_WARN, "%s: %u superblock slot%s damaged", report->volume,
             opened->slots_bad, opened->slots_bad == 1 ? " is" : "s are");
    if (opened->fell_back)
        show(report, LOG_WARN,
             "%s: the newest snapshot could not be used; going on from generation %" PRIu64,
             report->volume, opened->generation);
}

void
report_resumed(const struct report *report, const struct store_opened *opened,
               const struct census *census)
{
    uint64_t now = plat_wall_ns(), then = opened->note.wall_ns;
    char age[FORMAT_UNIT_BYTES];

    if (opened->unfinished && !opened->fell_back)
        show(report, LOG_INFO,
             "%s: the newest snapshot was not all there, as after a power cut; going on from "
             "generation %" PRIu64,
             report->volume, opened->generation);
    format_duration(age, now > then ? now - then : 0);
    show(report, LOG_INFO,
         "resumed %s at generation %" PRIu64 ", %s old: %zu program%s, %zu thread%s",
         report->volume, opened->generation, age, census->programs,
         census->programs == 1 ? "" : "s", census->threads, census->threads == 1 ? "" : "s");
}

/* True if its version is why, and was told. */
static bool
version_told(const struct report *report, const char *doing)
{
    uint32_t version = report->disk != NULL ? store_version(report->disk) : 0;

    if (version > SUPER_VERSION)
        show(report, LOG_ERROR,
             "%s: %s: it is of format version %u, and this release knows none after %u",
             report->volume, doing, (unsigned)version, SUPER_VERSION);
    else if (version > 0 && version < SUPER_VERSION)
        show(report, LOG_ERROR,
             "%s: %s: it is of format version %u; 'phantom migrate' brings it to version %u",
             report->volume, doing, (unsigned)version, SUPER_VERSION);
    return version > 0 && version != SUPER_VERSION;
}

void
report_trouble(const struct report *report, err_t err, const char *doing)
{
    static const char *const texts[] = {
        [ERR_NOMEM] = "there is no memory left; give the machine more",
        [ERR_NOSPACE] = "the volume is full: remove a program, or make room on the disk below it",
        [ERR_IO] = "the disk reports an error",
        [ERR_CORRUPT] = "it is damaged, and no whole snapshot was found; 'phantom check' says more",
        [ERR_VERSION] = "it is of another format version, or made by a build with another space",
        [ERR_FOREIGN] = "it is not a Phantom volume; 'phantom new' makes one",
        [ERR_READ_ONLY] = "it may only be read",
        [ERR_RANGE] = "it is shorter than it says: it was truncated",
        [ERR_UNSUPPORTED] = "this machine cannot run it",
        [ERR_PROGRAM] = "the program was refused",
    };
    const char *text;

    if (err == ERR_VERSION && version_told(report, doing))
        return;
    text = (size_t)err < sizeof texts / sizeof texts[0] ? texts[err] : NULL;

    show(report, LOG_ERROR, "%s: %s: %s", report->volume, doing, text == NULL ? "it failed" : text);
}
