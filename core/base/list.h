/*
 * list.h - doubly linked lists whose links lie inside their elements.
 *
 * A list is a ring through its head. An element that is on no list has null
 * links if it was list_remove()d or zeroed. Nothing here locks or allocates.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/assert.h"

struct list {
    struct list *next;
    struct list *prev;
};

/* The struct that `member`, found at `pointer`, is part of. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#define list_entry(link, type, member)      container_of(link, type, member)

/* for (each link of the list); the second form allows removing `link`. */
#define list_for_each(link, head)                                                                  \
    for (struct list *link = (head)->next; link != (head); link = link->next)
#define list_for_each_safe(link, head)                                                             \
    for (struct list *link = (head)->next, *link##_next_ = link->next; link != (head);             \
         link = link##_next_, link##_next_ = link->next)

static inline void
list_init(struct list *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool
list_is_empty(const struct list *head)
{
    return head->next == head;
}

/* True if the element hangs on some list. */
static inline bool
list_is_linked(const struct list *link)
{
    return link->next != NULL;
}

static inline void
list_insert_between(struct list *link, struct list *before, struct list *after)
{
    assert_slow(before->next == after);
    assert_slow(after->prev == before);
    link->prev = before;
    link->next = after;
    before->next = link;
    after->prev = link;
}

static inline void
list_push_front(struct list *head, struct list *link)
{
    list_insert_between(link, head, head->next);
}

static inline void
list_push_back(struct list *head, struct list *link)
{
    list_insert_between(link, head->prev, head);
}

static inline void
list_remove(struct list *link)
{
    assert_slow(link->next->prev == link);
    assert_slow(link->prev->next == link);
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->next = NULL;
    link->prev = NULL;
}

/* Take the first or last element off; NULL if there is none. */
static inline struct list *
list_pop_front(struct list *head)
{
    struct list *link = head->next;

    if (link == head)
        return NULL;
    list_remove(link);
    return link;
}

static inline struct list *
list_pop_back(struct list *head)
{
    struct list *link = head->prev;

    if (link == head)
        return NULL;
    list_remove(link);
    return link;
}

/* Move all elements of `from` to the end of `to`; `from` is empty then. */
static inline void
list_splice(struct list *to, struct list *from)
{
    if (list_is_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}
