/*
 * system.c - bringing a volume up and down, in layers, so that every failure
 * takes down exactly what stands.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "phantom/system.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "control/census.h"
#include "control/report.h"
#include "embed/embedded.h"
#include "linux/disk.h"
#include "phantom/program.h"
#include "phantom/say.h"
#include "phantom/sources.h"
#include "plat/memory.h"
#include "store/history.h"

#define MESSAGE_BYTES SAY_LINE_BYTES

/* ---- saying it ---- */

static void
line_say(void *context, enum log_level level, const char *line)
{
    (void)context;
    if (level == LOG_ERROR)
        say_error("%s", line);
    else if (level == LOG_WARN)
        say_warning("%s", line);
    else
        say("%s", line);
}

static struct report
report_of(const struct system *system)
{
    return (struct report){ .volume = system->path, .disk = system->disk, .show = line_say };
}

void
system_say(const struct system *system, err_t err, const char *doing)
{
    struct report report = report_of(system);

    report_trouble(&report, err, doing);
}

void
system_say_opened(const struct system *system)
{
    struct report report = report_of(system);

    report_opened(&report, &system->opened);
}

void
system_say_resumed(const struct system *system)
{
    struct report report = report_of(system);
    struct census census;

    if (census_take(&census, 0) == OK)
        report_resumed(&report, &system->opened, &census);
}

/* ---- up, and down ---- */

/* See a pinned generation instead of the newest. False after a message. */
static bool
turn_back(struct system *system, uint64_t generation)
{
    char volume[SAY_WORD_BYTES];

    if (store_turn_back(system->store, generation, &system->opened.note) != OK) {
        say_error("%s: generation %" PRIu64
                  " is not kept; 'phantom history %s' lists those that are",
                  system->path, generation, say_word(system->path, volume));
        return false;
    }
    system->opened.generation = generation;
    return true;
}

/* The store, over an open disk. False after a message; the disk is closed then, too. */
static bool
store_up(struct system *system, const struct system_options *options)
{
    err_t err = store_open(system->disk, options->read_only, &system->store, &system->opened);

    if (err != OK) {
        system_say(system, err, "cannot open");
        system_close(system);
        return false;
    }
    system_say_opened(system);
    if (options->at != 0 && !turn_back(system, options->at)) {
        system_close(system);
        return false;
    }
    return true;
}

bool
system_open_disk(struct system *system, const struct system_options *options)
{
    struct linux_disk_options disk_options = {
        .read_only = options->read_only,
        .lock_wait_ms =
            options->lock_wait_ms == 0 ? LINUX_DISK_LOCK_WAIT_MS : options->lock_wait_ms,
    };
    char message[MESSAGE_BYTES] = "";
    err_t err;

    *system = (struct system){ .path = options->path };
    err = linux_disk_open(options->path, &disk_options, &system->disk, message, sizeof message);
    if (err == ERR_READ_ONLY && options->passing) {
        disk_options.covered = true;
        err = linux_disk_open(options->path, &disk_options, &system->disk, message, sizeof message);
    }
    if (err != OK) {
        system->busy = err == ERR_BUSY;
        if (!system->busy || !options->busy_quiet)
            say_error("%s", message);
    }
    return err == OK;
}

bool
system_open(struct system *system, const struct system_options *options)
{
    return system_open_disk(system, options) && store_up(system, options);
}

/* The space could not be brought up: reserving its address room may be what a limit forbids. */
static void
space_say(const struct system *system, err_t err)
{
    struct rlimit limit;

    if (err == ERR_NOMEM && getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        say_error("%s: cannot bring up the space: it needs 16 TiB of address room, and a limit "
                  "forbids that; lift it with: ulimit -v unlimited",
                  system->path);
    else
        system_say(system, err, "cannot bring up the space");
}

/* Nobody said how much: a process among others leaves as much again to them. */
static uint64_t
usual_memory(void)
{
    return plat_memory_bytes() / 2;
}

/* False after a message. */
static bool
space_start(struct system *system, const struct pmem_options *options)
{
    struct pmem_options own = *options;
    err_t err;

    if (own.resident_bytes_max == 0)
        own.resident_bytes_max = usual_memory();
#if defined(__SANITIZE_THREAD__)
    own.faults_in_place = true; /* ThreadSanitizer would think that the handler still runs */
#endif
    err = pmem_start(system->store, &own);
    if (err != OK)
        space_say(system, err);
    system->space_up = err == OK;
    return err == OK;
}

void
system_say_unmade(const char *path)
{
    say_error("%s: making it was cut off before it was done; remove it and make it anew", path);
}

bool
system_start_heap(struct system *system)
{
    static const struct pmem_options pmem = { .on_demand_only = true };
    static const struct heap_options heap = { 0 };
    err_t err;

    if (!space_start(system, &pmem))
        return false;
    err = heap_start(&heap);
    if (err == ERR_FOREIGN)
        system_say_unmade(system->path);
    else if (err != OK)
        system_say(system, err, "cannot find its heap");
    system->heap_up = err == OK;
    return err == OK;
}

bool
system_start(struct system *system, const struct system_options *options)
{
    struct vm_options vm = options->vm;
    err_t err;

    if (!space_start(system, &options->pmem))
        return false;
    vm.generation = system->opened.generation;
    vm.find_library = sources_library_find;
    vm.machine = (struct vm_machine){
        .kind = "linux",
        .version = PHANTOM_VERSION,
        .volume = census_volume,
        .context = system->store,
    };
    if (vm.heap.nursery_bytes == 0) {
        struct store_stats stats;

        store_stats_get(system->store, &stats);
        vm.heap.nursery_bytes = heap_nursery_for(stats.block_count * PAGE_BYTES);
    }
    vm.heap.background = !vm.safe && !vm.paused; /* its cycles commit */
    vm.heap.compact = HEAP_COMPACT_SURPLUS;
    vm.heap.summary_bytes = heap_summaries_for(
        options->pmem.resident_bytes_max ? options->pmem.resident_bytes_max : usual_memory());
    err = vm_start(&vm);
    if (err == ERR_FOREIGN) {
        system_say_unmade(system->path);
        return false;
    }
    if (err != OK) {
        system_say(system, err, "cannot start the machine");
        return false;
    }
    system->machine_up = true;
    return true;
}

static void
refusal_say(void *context, const char *line)
{
    (void)context;
    say_error("%s", line);
}

bool
system_install(struct system *system, const char *path, const struct buffer *module,
               char **arguments, unsigned argument_count, uint32_t *application)
{
    struct vm_program program = { .name = program_name(path),
                                  .module = module->bytes,
                                  .module_bytes = module->count,
                                  .arguments = (const char *const *)arguments,
                                  .argument_count = argument_count };
    err_t err = vm_install(&program, application, refusal_say, NULL);

    if (err == ERR_FOREIGN || err == ERR_VERSION || err == ERR_CORRUPT)
        say_error("%s: it is no module that this release can load", path);
    else if (err == ERR_PROGRAM)
        say_error("%s: it was refused; the volume is as before", path);
    else if (err != OK)
        system_say(system, err, "cannot install the program");
    return err == OK;
}

bool
system_commit(struct system *system, enum store_cause cause)
{
    err_t err = pmem_snapshot_wait(pmem_snapshot_ask(cause));

    if (err != OK)
        system_say(system, err, "cannot commit a snapshot");
    return err == OK;
}

bool
system_stop(struct system *system, bool commit)
{
    bool done = true;

    if (system->machine_up)
        vm_stop();
    if (commit && system->space_up)
        done = system_commit(system, STORE_CAUSE_STOP);
    return done;
}

/* All but the disk. */
static void
store_down(struct system *system)
{
    if (system->machine_up)
        vm_close();
    system->machine_up = false;
    if (system->heap_up)
        heap_stop();
    system->heap_up = false;
    if (system->space_up)
        pmem_stop();
    system->space_up = false;
    store_close(system->store);
    system->store = NULL;
}

void
system_close(struct system *system)
{
    store_down(system);
    linux_disk_close(system->disk);
    system->disk = NULL;
}

/* ---- looking ---- */

static bool
census_look(struct census *census, const char *path)
{
    struct system_options look = {
        .path = path, .read_only = true, .pmem = { .on_demand_only = true }, .vm = { .safe = true }
    };
    struct system system;
    bool done;

    if (!system_open(&system, &look))
        return false;
    done = system_start(&system, &look) && census_take(census, 0) == OK;
    system_stop(&system, false);
    system_close(&system);
    return done;
}

bool
system_is_vacant(const char *path, const char *verb)
{
    struct census census;

    if (!census_look(&census, path))
        return false;
    if (census.programs == 0)
        return true;
    say_error("%s: %zu program%s in it already; go on with 'phantom %s %s', or start another "
              "beside it with --again",
              path, census.programs, census.programs == 1 ? " is" : "s are", verb, path);
    return false;
}

/* ---- making ---- */

/* What stands in the way of making something is not what a volume suffers from that is there. */
void
system_say_making(const struct system *system, err_t err, const char *doing)
{
    if (err == ERR_NOSPACE)
        say_error("%s: %s: there is no room for it on the disk below", system->path, doing);
    else if (err == ERR_RANGE)
        say_error("%s: %s: the device is too small for it", system->path, doing);
    else
        system_say(system, err, doing);
}

/* Put the class library into an empty store, and commit it. */
static bool
library_install(struct system *system)
{
    struct pmem_options pmem = { .on_demand_only = true };
    err_t err;

    if (!space_start(system, &pmem))
        return false;
    err = vm_format(embedded_library, embedded_library_bytes, refusal_say, NULL);
    if (err != OK)
        system_say_making(system, err, "cannot install the class library");
    return err == OK && system_commit(system, STORE_CAUSE_NEW);
}

bool
system_disk_create(struct system *system, const char *path, uint64_t bytes)
{
    struct linux_disk_options options = { .create = true, .create_bytes = bytes };
    char message[MESSAGE_BYTES] = "";

    *system = (struct system){ .path = path };
    if (linux_disk_open(path, &options, &system->disk, message, sizeof message) == OK)
        return true;
    say_error("%s", message);
    return false;
}

bool
system_keep(struct system *system)
{
    char message[MESSAGE_BYTES] = "";
    bool done;

    store_down(system); /* whoever finds it finds it as it stays */
    done = linux_disk_keep(system->disk, message, sizeof message) == OK;
    if (!done)
        say_error("%s", message);
    return done;
}

bool
system_store_create(struct system *system, uint64_t *bytes)
{
    uint64_t blocks = plat_disk_block_count(system->disk);
    err_t err;

    if (blocks < *bytes / PLAT_BLOCK_BYTES)
        *bytes = blocks * PLAT_BLOCK_BYTES; /* a block device */
    err = store_format(system->disk, *bytes / PLAT_BLOCK_BYTES);
    if (err != OK) {
        system_say_making(system, err, "cannot make a volume");
        return false;
    }
    err = store_open(system->disk, false, &system->store, &system->opened);
    if (err != OK)
        system_say(system, err, "cannot open the new volume");
    return err == OK;
}

/* A volume with the class library in it, over a disk that was just made. False after a message. */
static bool
volume_make(struct system *system, uint64_t *bytes)
{
    return system_store_create(system, bytes) && library_install(system);
}

bool
system_create(const char *path, uint64_t *bytes)
{
    struct system system;
    bool done = system_disk_create(&system, path, *bytes) && volume_make(&system, bytes) &&
                system_keep(&system);

    system_close(&system);
    return done;
}

bool
system_open_throwaway(struct system *system, const struct system_options *options, uint64_t bytes)
{
    if (!system_disk_create(system, options->path, bytes))
        return false;
    unlink(options->path); /* where files have a name at once */
    if (!volume_make(system, &bytes)) {
        system_close(system);
        return false;
    }
    store_down(system);
    return store_up(system, options);
}
