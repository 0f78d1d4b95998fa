/*
 * report_test.c - a person is told what was opened, and told nothing when all is well.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control/report.h"

#include <stdio.h>
#include <string.h>

#include "format/volume.h"
#include "support/suite.h"
#include "support/volume.h"

static char said[4096];

static void
line_keep(void *context, enum log_level level, const char *line)
{
    size_t used = strlen(said);

    ck_assert_ptr_eq(context, said);
    snprintf(said + used, sizeof said - used, "%c %s\n", "EWID"[level], line);
}

static const struct report report = { .volume = "life", .show = line_keep, .context = said };

START_TEST(nothing_is_said_of_a_whole_volume)
{
    report_opened(&report, &(struct store_opened){ .generation = 7 });
    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(each_damage_is_a_warning)
{
    report_opened(&report, &(struct store_opened){ .generation = 7, .copies_bad = 1 });
    report_opened(&report,
                  &(struct store_opened){
                      .generation = 8, .copies_bad = 2, .slots_bad = 1, .fell_back = true });
    ck_assert_str_eq(said, "W life: 1 damaged superblock copy was read from the twin\n"
                           "W life: 2 damaged superblock copies were read from the twin\n"
                           "W life: 1 superblock slot is damaged\n"
                           "W life: the newest snapshot could not be used; going on from "
                           "generation 8\n");
}
END_TEST

START_TEST(a_snapshot_that_a_power_cut_left_undone_is_no_damage)
{
    struct store_opened opened = { .generation = 7,
                                   .unfinished = true,
                                   .note = { .wall_ns = UINT64_MAX } };

    report_opened(&report, &opened);
    ck_assert_str_eq(said, "");
    report_resumed(&report, &opened, &(struct census){ .programs = 1, .threads = 1 });
    ck_assert_str_eq(said, "I life: the newest snapshot was not all there, as after a power cut; "
                           "going on from generation 7\n"
                           "I resumed life at generation 7, 0 ms old: 1 program, 1 thread\n");
}
END_TEST

START_TEST(it_is_said_once_from_which_generation_it_goes_on)
{
    report_opened(&report,
                  &(struct store_opened){ .generation = 7, .unfinished = true, .fell_back = true });
    ck_assert_str_eq(said, "W life: the newest snapshot could not be used; going on from "
                           "generation 7\n");
}
END_TEST

START_TEST(what_goes_on_is_counted_and_is_never_from_the_future)
{
    struct store_opened opened = { .generation = 9, .note = { .wall_ns = UINT64_MAX } };

    report_resumed(&report, &opened, &(struct census){ .programs = 1, .threads = 3 });
    report_resumed(&report, &opened, &(struct census){ .programs = 2, .threads = 1 });
    ck_assert_str_eq(said, "I resumed life at generation 9, 0 ms old: 1 program, 3 threads\n"
                           "I resumed life at generation 9, 0 ms old: 2 programs, 1 thread\n");
}
END_TEST

START_TEST(any_error_has_words)
{
    report_trouble(&report, ERR_IO, "cannot open");
    ck_assert_str_eq(said, "E life: cannot open: the disk reports an error\n");
    for (unsigned err = OK; err < 100; err++) {
        said[0] = '\0';
        report_trouble(&report, (err_t)err, "doing");
        ck_assert_uint_gt(strlen(said), strlen("E life: doing: \n"));
    }
}
END_TEST

START_TEST(a_very_long_name_is_cut)
{
    char name[3000];
    struct report long_report = report;

    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    long_report.volume = name;
    report_trouble(&long_report, ERR_IO, "cannot open");
    ck_assert_uint_gt(strlen(said), 500);
    ck_assert_uint_lt(strlen(said), 1100);
}
END_TEST

/* What is said when this disk is not opened because of a version. */
static void
version_said(struct plat_disk *disk, const char *line)
{
    struct report of_disk = report;

    said[0] = 0;
    of_disk.disk = disk;
    report_trouble(&of_disk, ERR_VERSION, "cannot open");
    ck_assert_str_eq(said, line);
}

START_TEST(a_version_that_is_refused_is_told_with_what_can_be_done)
{
    struct model *model = model_create(STORE_BLOCKS_MIN);
    const char *other = "E life: cannot open: it is of another format version, or made by a build "
                        "with another space\n";

    model_close(model);
    version_said(NULL, other);
    version_said(model->disk, other); /* the version is not why */
    model_make_version(model, 1);
    version_said(model->disk, "E life: cannot open: it is of format version 1; "
                              "'phantom migrate' brings it to version 3\n");
    model_make_version(model, SUPER_VERSION + 6);
    version_said(model->disk, "E life: cannot open: it is of format version 9, "
                              "and this release knows none after 3\n");
    model_free(model);
}
END_TEST

UNIT_TESTS("control/report", nothing_is_said_of_a_whole_volume, each_damage_is_a_warning,
           a_snapshot_that_a_power_cut_left_undone_is_no_damage,
           it_is_said_once_from_which_generation_it_goes_on,
           what_goes_on_is_counted_and_is_never_from_the_future, any_error_has_words,
           a_version_that_is_refused_is_told_with_what_can_be_done, a_very_long_name_is_cut)
