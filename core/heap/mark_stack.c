/*
 * mark_stack.c - the memory of the stack of marked objects.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "heap/mark_stack_priv.h"

#include "plat/memory.h"

bool
heap_mark_stack_grow(struct mark_stack *stack)
{
    struct mark_chunk *chunk = stack->spare;

    stack->spare = NULL;
    if (chunk == NULL && stack->chunk_count < heap.mark_chunks_max) {
        chunk = plat_alloc(sizeof *chunk);
        stack->chunk_count += chunk != NULL;
    }
    if (chunk == NULL)
        return false;
    chunk->count = 0;
    chunk->below = stack->top;
    stack->top = chunk;
    return true;
}

bool
heap_mark_stack_shrink(struct mark_stack *stack)
{
    struct mark_chunk *empty = stack->top;

    assert(empty->count == 0);
    stack->top = empty->below;
    stack->chunk_count -= stack->spare != NULL;
    plat_free(stack->spare, sizeof *empty);
    stack->spare = empty;
    return stack->top != NULL && stack->top->count > 0;
}

void
heap_mark_stack_free(struct mark_stack *stack)
{
    while (stack->top != NULL) {
        struct mark_chunk *below = stack->top->below;

        plat_free(stack->top, sizeof *stack->top);
        stack->top = below;
    }
    plat_free(stack->spare, sizeof *stack->spare);
    *stack = (struct mark_stack){ 0 };
}
