/*
 * mark_stack_priv.h - objects that are marked, and whose words were not looked at yet.
 *
 * It grows by chunks of 64 KiB. Without memory it says so, and the object is to be found again in
 * another way.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "heap/heap_priv.h"

#define MARK_CHUNK_OBJECTS 8190
#define MARK_AHEAD         8 /* objects whose headers are on their way into the cache */

struct mark_chunk {
    struct mark_chunk *below;
    uint64_t count;
    ref_t objects[MARK_CHUNK_OBJECTS];
};

struct mark_stack {
    struct mark_chunk *top;
    struct mark_chunk *spare; /* one emptied chunk, so that the edge is not ragged */
    uint64_t chunk_count;
};

/* mark_stack.c: another chunk; false without memory. */
must_use bool heap_mark_stack_grow(struct mark_stack *stack);

/* The chunk below the empty one that is on top; false if there is none. */
must_use bool heap_mark_stack_shrink(struct mark_stack *stack);
void heap_mark_stack_free(struct mark_stack *stack);

/*
 * mark.c: mark all that is reachable, young or old. In the stopped world.
 *
 *   weak  what has a weak word that was not followed is pushed there; some of it more than once
 *
 * Returns OK; ERR_CORRUPT or ERR_IO when a page could not be read.
 */
must_use err_t heap_mark(struct heap_marks *marks, struct mark_stack *weak);

/* And what this word leads to. */
must_use err_t heap_mark_more(struct heap_marks *marks, struct mark_stack *weak, word_t word);

/* False: there is no memory for it. */
static inline bool
mark_push(struct mark_stack *stack, ref_t object)
{
    if ((stack->top == NULL || stack->top->count == MARK_CHUNK_OBJECTS) &&
        !heap_mark_stack_grow(stack))
        return false;
    stack->top->objects[stack->top->count++] = object;
    return true;
}

/* 0 when the stack is empty. */
static inline ref_t
mark_pop(struct mark_stack *stack)
{
    if (stack->top == NULL || (stack->top->count == 0 && !heap_mark_stack_shrink(stack)))
        return 0;
    return stack->top->objects[--stack->top->count];
}
