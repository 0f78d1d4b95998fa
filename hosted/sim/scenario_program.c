/*
 * scenario_program.c - the whole system: a program of several threads, locks,
 * exceptions, garbage and sleep, compiled, loaded and run by the machine over
 * the simulated disk. It checks itself, and fails when its sums do not hold.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "embed/embedded.h"
#include "heap/heap.h"
#include "lang/lang.h"
#include "object/layout.h"
#include "plat/machine.h"
#include "plat/thread.h"
#include "pmem/pmem.h"
#include "sim/scenario.h"
#include "vm/vm.h"

#define NURSERY_BYTES (8 * HEAP_BLOCK_BYTES)
#define SUMMARY_BYTES (256u << 10)

static const char bank_text[] =
    "class account { int amount; };\n"
    "class bank {\n"
    "    var accounts : .internal.container.array;\n"
    "    var lock : .internal.mutex;\n"
    "    int total;\n"
    "    void bank(int count) {\n"
    "        accounts = new .internal.container.array();\n"
    "        lock = new .internal.mutex();\n"
    "        for (int i = 0; i < count; i++) {\n"
    "            account a = new account();\n"
    "            a.amount = 100;\n"
    "            accounts.add(a);\n"
    "        }\n"
    "        total = count * 100;\n"
    "    }\n"
    "    void move(int from, int to, int amount) {\n"
    "        lock.lock();\n"
    "        try {\n"
    "            account a = accounts.get(from);\n"
    "            account b = accounts.get(to);\n"
    "            if (a.amount < amount) throw \"poor\";\n"
    "            a.amount = a.amount - amount;\n"
    "            b.amount = b.amount + amount;\n"
    "        } finally { lock.unlock(); }\n"
    "    }\n"
    "    void check() {\n"
    "        lock.lock();\n"
    "        try {\n"
    "            int sum = 0;\n"
    "            for (int i = 0; i < accounts.size(); i++) {\n"
    "                account a = accounts.get(i);\n"
    "                sum = sum + a.amount;\n"
    "            }\n"
    "            if (sum != total) throw \"the sum is \" + sum;\n"
    "        } finally { lock.unlock(); }\n"
    "    }\n"
    "};\n"
    "class teller {\n"
    "    bank b; int seed;\n"
    "    void teller(bank b0, int s) { b = b0; seed = s; }\n"
    "    int next(int limit) {\n"
    "        seed = seed * 1103515245 + 12345;\n"
    "        return ((seed >>> 8) & 0x7fffff) % limit;\n"
    "    }\n"
    "    int deep(int n) { if (n == 0) return 0; return 1 + deep(n - 1); }\n"
    "    void run() {\n"
    "        var garbage = new .internal.container.array();\n"
    "        int turn = 0;\n"
    "        account held = null;\n"
    "        .internal.weak seen = new .internal.weak(null);\n"
    "        while (true) {\n"
    "            if (held == null) {\n"
    "                account there = seen.get();\n"
    "                if (there == null) {\n"
    "                    there = new account();\n"
    "                    there.amount = 55;\n"
    "                    seen = new .internal.weak(there);\n"
    "                }\n"
    "                if (there.amount != 55) throw \"a weak reference to another\";\n"
    "                if (next(4) == 0) held = there;\n"
    "            } else {\n"
    "                if (seen.get() :!= held) throw \"a weak reference lost what is held\";\n"
    "                if (next(4) == 0) held = null;\n"
    "            }\n"
    "            try { b.move(next(40), next(40), 1 + next(60)); }\n"
    "            catch (string poor) { garbage.add(poor + turn); }\n"
    "            if (garbage.size() > 30) garbage = new .internal.container.array();\n"
    "            if (deep(20) != 20) throw \"recursion\";\n"
    "            b.check();\n"
    "            turn++;\n"
    "            if (turn % 50 == 0) sleep(1 + next(4));\n"
    "        }\n"
    "    }\n"
    "};\n"
    "long known = .internal.machine.run();\n"
    "void watch() {\n"
    "    while (true) {\n"
    "        long now = .internal.machine.awaitRestart(known);\n"
    "        if (now == known) throw \"told twice of a restart\";\n"
    "        known = now;\n"
    "    }\n"
    "}\n"
    "spawn(fun () { watch(); });\n"
    "var b = new bank(40);\n"
    "for (int i = 0; i < 3; i++) spawn(new teller(b, i * 77 + 5));\n"
    "for (int n = 1; true; n++) { sleep(3); b.check(); if (n % 8 == 0) gc(); }\n";

/* ---- the stretches of the space that hold anything ---- */

static void
ranges(sim_model_take_fn *take, void *context)
{
    const struct space_root *root = (const struct space_root *)SPACE_ROOT;
    uint64_t blocks = root->heap_blocks_used;

    take(context, SPACE_ROOT, SPACE_ROOT + SPACE_ROOT_BYTES);
    take(context, SPACE_CLASS_TABLE, SPACE_CLASS_TABLE + 8ull * root->class_count);
    take(context, SPACE_METHOD_TABLE, SPACE_METHOD_TABLE + 8ull * root->method_count);
    take(context, SPACE_THREAD_TABLE, SPACE_THREAD_TABLE + 8ull * root->thread_slot_count);
    take(context, SPACE_BLOCK_TABLE, SPACE_BLOCK_TABLE + 16ull * blocks);
    take(context, SPACE_HEAP, SPACE_HEAP + HEAP_BLOCK_BYTES * blocks);
}

/* ---- compiling ---- */

static bool
find_class(void *context, const char *class_name, const char *importing_path,
           struct lang_source *source, bool *library)
{
    char path[256];
    size_t length = strlen(class_name);

    (void)context;
    (void)importing_path;
    if (length < 2 || length + 3 > sizeof path)
        return false;
    memcpy(path, class_name + 1, length - 1);
    for (size_t i = 0; i < length - 1; i++)
        if (path[i] == '.')
            path[i] = '/';
    memcpy(path + length - 1, ".ph", 4);
    for (size_t i = 0; i < embedded_class_count; i++) {
        if (strcmp(embedded_classes[i].path, path) == 0) {
            *source = (struct lang_source){ .path = embedded_classes[i].path,
                                            .text = embedded_classes[i].text,
                                            .byte_count = embedded_classes[i].bytes };
            *library = true;
            return true;
        }
    }
    return false;
}

static void
message_print(void *context, const struct lang_message *message)
{
    (void)context;
    if (message->severity == LANG_ERROR)
        fprintf(stderr, "sim: %s:%u: %s\n", message->path, message->line, message->text);
}

static const struct lang_host host = { .find = find_class, .message = message_print };

static void
refusal_print(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "sim: %s\n", line);
}

/* ---- making the volume ---- */

bool
sim_program_prepare(struct plat_disk *disk)
{
    struct pmem_options options = { .on_demand_only = true };
    struct store *store = NULL;
    err_t err = store_format(disk, plat_disk_block_count(disk));

    if (err == OK)
        err = store_open(disk, false, &store, NULL);
    if (err == OK)
        err = pmem_start(store, &options);
    if (err != OK)
        return sim_trouble("make the volume", err);
    err = vm_format(embedded_library, embedded_library_bytes, refusal_print, NULL);
    if (err == OK)
        err = pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_NEW));
    pmem_stop();
    store_close(store);
    return err == OK ? true : sim_trouble("install the library", err);
}

/* ---- living ---- */

/* No thread of the program has found fault with itself, if it is there; what is there runs. */
static bool
program_sound(bool *present)
{
    struct vm_application_info rows[4];
    size_t count = 0;

    if (vm_list_applications(rows, 4, &count) != OK)
        return sim_trouble("list the programs", ERR_NOMEM);
    *present = false;
    for (size_t i = 0; i < count && i < 4; i++) {
        *present = *present || rows[i].state == APPLICATION_RUNNING;
        if (rows[i].state == APPLICATION_RUNNING && rows[i].thread_count > 0 &&
            rows[i].error[0] == '\0')
            continue;
        fprintf(stderr, "sim: the program, or a thread of it, does not run: %s\n", rows[i].error);
        return false;
    }
    return true;
}

static bool
program_install(const char *name, const char *text)
{
    struct lang_source source = { .path = name, .text = text, .byte_count = strlen(text) };
    struct vm_program program = { .name = name };
    struct buffer module = { 0 };
    uint32_t application = 0;
    err_t err = lang_compile(&host, &source, &module);

    if (err == OK) {
        program.module = module.bytes;
        program.module_bytes = module.count;
        err = vm_install(&program, &application, refusal_print, NULL);
    }
    buffer_free(&module);
    return err == OK ? true : sim_trouble("install the program", err);
}

/* As if somebody would stop it: after enough records such a commit folds. At the end it must. */
static enum store_cause
cause_pick(struct sim_random *random, uint64_t left)
{
    return left <= 6 || sim_random_chance(random, 1, 4) ? STORE_CAUSE_STOP : STORE_CAUSE_DEMAND;
}

/* Let it run until the model has seen that many commits. */
static bool
commits_wait(const struct sim_model *model, struct sim_random *random, uint64_t commits)
{
    _Atomic uint32_t never = 0;
    unsigned rounds = 0;
    uint64_t left;

    while (sim_model_commits(model) < commits) {
        plat_wait(&never, 0, plat_monotonic_ns() + 1 + sim_random_below(random, 5000000));
        left = commits - sim_model_commits(model);
        if (sim_random_chance(random, left <= 6 ? 8 : 1, 8))
            pmem_snapshot_ask(cause_pick(random, left));
        if (++rounds > 100000) {
            fprintf(stderr, "sim: snapshots do not come\n");
            return false;
        }
    }
    return true;
}

static bool
system_live(const struct sim_life *life, const char *name, const char *text, uint64_t commits)
{
    struct sim_random *random = life->random;
    struct vm_options options = {
        .workers = 2,
        .heap = { .nursery_bytes = NURSERY_BYTES,
                  .background = sim_random_chance(random, 3, 4),
                  .summary_bytes = SUMMARY_BYTES,
                  .prove_cycles = true,
                  .compact = HEAP_COMPACT_ALL,
                  .fail_every =
                      sim_random_chance(random, 1, 4) ? 20 + sim_random_below(random, 200) : 0,
                  .check_always = sim_random_chance(random, 1, 8) },
        .machine = { .kind = "sim" },
    };
    bool present = false;
    bool done;
    err_t err = vm_start(&options);

    if (err != OK)
        return sim_trouble("start the machine", err);
    done = program_sound(&present) && (present || program_install(name, text)) &&
           commits_wait(life->model, random, commits) && program_sound(&present);
    vm_stop();
    if (done)
        done = program_sound(&present);
    return done;
}

bool
sim_program_live(const struct sim_life *life, const char *name, const char *text)
{
    struct pmem_options options = { .resident_bytes_max = SIM_PROGRAM_RESIDENT_BYTES,
                                    .interval_ms = 1 + (uint32_t)sim_random_below(life->random, 20),
                                    .strict = sim_random_chance(life->random, 1, 2) };
    struct store_opened opened;
    struct store *store = NULL;
    bool done;
    err_t err = sim_store_open(life->disk, life->faulty, &store, &opened);

    if (err == OK)
        err = pmem_start(store, &options);
    if (err == OK)
        err = sim_model_watch(life->model, ranges, store, life->record, opened.generation);
    if (err != OK)
        return sim_trouble("open", err);
    done = system_live(life, name, text, sim_model_commits(life->model) + life->snapshots);
    if (done && pmem_snapshot_wait(pmem_snapshot_ask(STORE_CAUSE_STOP)) != OK && !life->faulty)
        done = sim_trouble("commit at the end", ERR_IO);
    sim_tally_take(store);
    vm_close();
    pmem_stop();
    store_close(store);
    return done;
}

static bool
live(const struct sim_life *life)
{
    return sim_program_live(life, "bank.ph", bank_text);
}

const struct sim_scenario sim_scenario_program = {
    .name = "program",
    .about = "the whole system runs a program that checks itself",
    .block_count = 8192,
    .block_count_min = 2304,
    .resident_bytes = SIM_PROGRAM_RESIDENT_BYTES,
    .faults = SIM_PROGRAM_FAULTS,
    .prepare = sim_program_prepare,
    .live = live,
};

/* ---- a program that finds fault with itself ---- */

static const char broken_text[] = "spawn(fun () { sleep(20); throw \"this was to come\"; });\n"
                                  "while (true) sleep(3);\n";

static bool
live_broken(const struct sim_life *life)
{
    return sim_program_live(life, "broken.ph", broken_text);
}

const struct sim_scenario sim_scenario_broken = {
    .name = "broken",
    .about = "must fail: a thread of the program finds fault with it",
    .block_count = 8192,
    .block_count_min = 2304,
    .resident_bytes = SIM_PROGRAM_RESIDENT_BYTES,
    .prepare = sim_program_prepare,
    .live = live_broken,
};
