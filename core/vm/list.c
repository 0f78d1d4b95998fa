/*
 * list.c - pictures of threads and applications for people, taken while the
 * world stands still. A picture of what is damaged says so, in its place: nothing is read here
 * before it is known that it can be.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "base/format.h"
#include "base/memory.h"
#include "object/array.h"
#include "object/string.h"
#include "plat/memory.h"
#include "vm/class_index.h"
#include "vm/deadlock.h"
#include "vm/monitor.h"
#include "vm/show_priv.h"
#include "vm/vm.h"
#include "vm/worker_priv.h"

#define DAMAGED           "(damaged)" /* stands for what cannot be read */

#define root_field(field) (SPACE_ROOT + offsetof(struct space_root, field))

struct thread_list {
    struct vm_thread_info *rows;
    size_t max, count;
    struct deadlock waits; /* of no slots, if there is no memory for it */
};

struct application_list {
    struct vm_application_info *rows;
    size_t max, count;
};

/* ---- what can be read ---- */

static bool
string_is_there(word_t string, size_t units_max)
{
    uint64_t units;

    if (show_class_of(string) == 0 || !show_there(string, ARRAY_HEADER_BYTES))
        return false;
    units = array_length(string);
    return show_there(string, ARRAY_HEADER_BYTES + 2 * (units < units_max ? units : units_max));
}

/* A string, cut to fit; "" if there is none, "?" if it cannot be read. */
static void
text_read(word_t string, char *buffer, size_t buffer_bytes)
{
    if (string == WORD_NULL)
        buffer[0] = '\0';
    else if (string_is_there(string, buffer_bytes))
        exception_copy_text(string, buffer, buffer_bytes);
    else
        format(buffer, buffer_bytes, "?");
}

static bool
stack_is_there(ref_t stack)
{
    return show_there(stack, sizeof(struct stack_object)) &&
           show_there(stack, sizeof(struct stack_object) +
                                 8ull * GET_U32(stack_object, stack, slot_count));
}

/* The line of a method that can be read; 0: not known. */
static uint32_t
line_read(ref_t method, uint32_t pc)
{
    ref_t lines = GET_WORD(method_object, method, lines);

    if (lines == WORD_NULL || !show_there(lines, ARRAY_HEADER_BYTES) ||
        !show_there(lines, array_bytes(KIND_RAW32, array_length(lines))))
        return 0;
    return exception_line(method, pc);
}

/* The file that a class came from; "" if it is not known, or cannot be read. */
static void
source_read(ref_t class, char file[SHOW_NAME_BYTES])
{
    ref_t source = GET_WORD(class_object, class, source);
    char name[SHOW_NAME_BYTES];

    if (GET_WORD(class_object, class, application) != WORD_NULL) {
        text_read(source, file, SHOW_NAME_BYTES);
        return;
    }
    show_name(GET_WORD(class_object, class, name), name);
    if (text_equal(name, "?"))
        file[0] = '\0';
    else
        exception_source(class, file, SHOW_NAME_BYTES);
}

/* Where a frame stands. */
struct place {
    char class_name[SHOW_NAME_BYTES], name[SHOW_NAME_BYTES], file[SHOW_NAME_BYTES];
    uint32_t line;
};

/* False: what it runs cannot be read. */
static bool
place_read(const struct frame_walk *walk, struct place *place)
{
    uint64_t entry = SPACE_METHOD_TABLE + 8 * (uint64_t)walk->method;
    ref_t method = show_there(entry, 8) ? pmem_load64(entry) : 0, owner;

    if (method == 0 || !show_there(method, sizeof(struct method_object)))
        return false;
    owner = GET_WORD(method_object, method, owner);
    if (!show_there(owner, sizeof(struct class_object)))
        return false;
    show_name(GET_WORD(class_object, owner, name), place->class_name);
    show_name(GET_WORD(method_object, method, name), place->name);
    source_read(owner, place->file);
    place->line = line_read(method, walk->pc);
    return true;
}

/* ---- threads ---- */

static void
where_of(ref_t thread, struct vm_thread_info *info)
{
    ref_t stack = GET_WORD(thread_object, thread, stack);
    struct frame_walk walk;
    struct place place;

    if (stack == WORD_NULL)
        return;
    format(info->method, sizeof info->method, DAMAGED);
    if (!stack_is_there(stack))
        return;
    walk = frame_walk_begin(thread);
    if (!place_read(&walk, &place))
        return;
    format(info->method, sizeof info->method, "%s.%s", place.class_name, place.name);
    format(info->file, sizeof info->file, "%s", place.file);
    info->line = place.line;
}

static void
waits_for_class(word_t object, struct vm_thread_info *info)
{
    ref_t class =
        word_is_ref(object) ? show_class_of(object) : class_of_number(word_class_number(object));

    format(info->waiting, sizeof info->waiting, "?");
    if (class != 0 && show_there(class, sizeof(struct class_object)))
        text_read(GET_WORD(class_object, class, name), info->waiting, sizeof info->waiting);
}

/* What the thread waits for, and whose that is. */
static void
waiting_of(ref_t thread, const struct deadlock *waits, struct vm_thread_info *info)
{
    uint32_t slot = GET_U32(thread_object, thread, slot);
    word_t object = GET_WORD(thread_object, thread, waiting_for);
    ref_t monitor, holder;

    if (object == WORD_NULL)
        return;
    waits_for_class(object, info);
    monitor = word_is_ref(object) ? monitor_readable_of(object) : 0;
    if (monitor != 0)
        info->monitor = GET_U32(monitor_object, monitor, number) + 1;
    if (slot >= waits->slot_count || waits->holder[slot] == 0)
        return;
    holder = thread_readable_in_slot(waits->holder[slot] - 1);
    if (holder != 0)
        info->held_by = GET_U64(thread_object, holder, id);
    info->deadlock = waits->group[slot];
}

static void
thread_row(ref_t thread, const struct deadlock *waits, struct vm_thread_info *info)
{
    word_t application = GET_WORD(thread_object, thread, application);
    uint64_t wake_ns = GET_U64(thread_object, thread, wake_ns), now = vm_personal_ns();

    *info = (struct vm_thread_info){ .id = GET_U64(thread_object, thread, id) };
    info->state = (enum thread_state)(GET_U32(thread_object, thread, state) & ~THREAD_WOKEN);
    if (application != WORD_NULL)
        info->application = GET_U32(application_object, application, id);
    text_read(GET_WORD(thread_object, thread, name), info->name, sizeof info->name);
    where_of(thread, info);
    waiting_of(thread, waits, info);
    info->wake_in_ns = UINT64_MAX;
    if (info->state == THREAD_SLEEPING && wake_ns != UINT64_MAX)
        info->wake_in_ns = wake_ns > now ? wake_ns - now : 0;
    info->cpu_ns = sched_cpu_ns(GET_U32(thread_object, thread, slot));
}

/* Nothing is known of it but that it is there. */
static void
damaged_row(struct vm_thread_info *info)
{
    *info = (struct vm_thread_info){ .state = THREAD_SUSPENDED, .wake_in_ns = UINT64_MAX };
    format(info->method, sizeof info->method, DAMAGED);
}

static void
slot_row(uint32_t slot, const struct deadlock *waits, struct vm_thread_info *info)
{
    ref_t thread = thread_readable_in_slot(slot);

    if (thread != WORD_NULL)
        thread_row(thread, waits, info);
    else
        damaged_row(info);
}

static void
list_threads(void *argument)
{
    struct thread_list *list = argument;
    uint32_t count = thread_slot_count();

    if (deadlock_find(&list->waits) != OK)
        list->waits = (struct deadlock){ 0 };
    for (uint32_t slot = 0; slot < count; slot++) {
        if (!show_there(SPACE_THREAD_TABLE + 8ull * slot, 8) || thread_in_slot(slot) == WORD_NULL)
            continue;
        if (list->count < list->max)
            slot_row(slot, &list->waits, &list->rows[list->count]);
        list->count++;
    }
}

err_t
vm_list_threads(struct vm_thread_info *rows, size_t max, size_t *count)
{
    struct thread_list list = { .rows = rows, .max = max };

    TRY(pmem_world_do(NULL, list_threads, &list, 0));
    deadlock_free(&list.waits);
    *count = list.count;
    return OK;
}

static void
first_line(char *text)
{
    while (*text != 0 && *text != '\n')
        text++;
    *text = 0;
}

static void
application_row(ref_t application, struct vm_application_info *info)
{
    *info = (struct vm_application_info){ .state = APPLICATION_STOPPED, .name = DAMAGED };
    if (!show_there(application, sizeof(struct application_object)))
        return;
    info->id = GET_U32(application_object, application, id);
    info->state = (enum application_state)GET_U32(application_object, application, state);
    text_read(GET_WORD(application_object, application, name), info->name, sizeof info->name);
    info->thread_count = GET_U32(application_object, application, thread_count);
    info->status = (int32_t)GET_U32(application_object, application, status);
    info->started_ns = GET_U64(application_object, application, started_ns);
    text_read(GET_WORD(application_object, application, error), info->error, sizeof info->error);
    first_line(info->error);
    info->heap_bytes = heap_application_bytes(info->id);
    info->limits = limit_get(info->id);
}

static void
list_applications(void *argument)
{
    struct application_list *list = argument;
    ref_t table = pmem_load64(root_field(applications));
    uint32_t count = pmem_load32(root_field(application_count));

    if (count > 0 && !show_there(table, array_bytes(KIND_WORDS, count)))
        count = 0; /* nothing is known of them, but by their threads */
    for (uint32_t i = 0; i < count; i++) {
        word_t application = array_load_word(table, i);

        if (application == WORD_NULL)
            continue;
        if (list->count < list->max)
            application_row(application, &list->rows[list->count]);
        list->count++;
    }
}

err_t
vm_list_applications(struct vm_application_info *rows, size_t max, size_t *count)
{
    struct application_list list = { .rows = rows, .max = max };

    TRY(pmem_world_do(NULL, list_applications, &list, 0));
    *count = list.count;
    return OK;
}

/* ---- one thread ---- */

#define TRACE_LINE_BYTES 600

struct trace {
    const struct heap_handle *thread;
    char *text;
    size_t room, count;
};

/* As exception_frame_text() has it. Returns its length. */
static size_t
frame_text(const struct frame_walk *walk, char line[TRACE_LINE_BYTES])
{
    struct place place;

    if (!place_read(walk, &place))
        return format(line, TRACE_LINE_BYTES, DAMAGED "\n");
    if (place.file[0] == '\0')
        return format(line, TRACE_LINE_BYTES, "%s.%s\n", place.class_name, place.name);
    return format(line, TRACE_LINE_BYTES, "%s.%s (%s:%u)\n", place.class_name, place.name,
                  place.file, (unsigned)place.line);
}

static void
trace_thread(void *argument)
{
    struct trace *trace = argument;
    ref_t thread = trace->thread->word;
    char line[TRACE_LINE_BYTES];
    struct frame_walk walk;
    size_t bytes;

    if (!show_there(thread, sizeof(struct thread_object)) ||
        GET_WORD(thread_object, thread, stack) == WORD_NULL)
        return;
    if (!stack_is_there(GET_WORD(thread_object, thread, stack))) {
        trace->count = format(trace->text, trace->room, DAMAGED "\n");
        return;
    }
    for (walk = frame_walk_begin(thread); !walk.done; frame_walk_next(&walk)) {
        bytes = frame_text(&walk, line);
        if (bytes >= sizeof line || bytes > trace->room - trace->count)
            return;
        memcpy(trace->text + trace->count, line, bytes);
        trace->count += bytes;
    }
}

err_t
vm_thread_trace(const struct heap_handle *thread, char *text, size_t text_max, size_t *text_bytes)
{
    struct trace trace = { .thread = thread, .text = text, .room = text_max };

    TRY(pmem_world_do(NULL, trace_thread, &trace, 0));
    *text_bytes = trace.count;
    return OK;
}
