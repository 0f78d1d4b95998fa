/*
 * layout.h - the objects that the machine itself knows by shape: classes,
 * methods, stacks, threads, applications, boxes, and the root of the space.
 *
 * Each struct is a map of the space and is never instantiated in C. Words
 * come first and then raw fields, so that a plain object of the machine has
 * one run of word slots. Read and write fields with the GET and SET macros.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/assert.h"

#include "object/object.h"

#define GET_WORD(type, object, field) obj_load_word((object), offsetof(struct type, field))
#define SET_WORD(type, object, field, value)                                                       \
    obj_store_word((object), offsetof(struct type, field), (value))
#define GET_U64(type, object, field) pmem_load64((object) + offsetof(struct type, field))
#define SET_U64(type, object, field, value)                                                        \
    obj_store_raw64((object), offsetof(struct type, field), (value))
#define GET_U32(type, object, field) pmem_load32((object) + offsetof(struct type, field))
#define SET_U32(type, object, field, value)                                                        \
    obj_store_raw32((object), offsetof(struct type, field), (value))

/* A class. Lives in old space and never moves. Its class is .internal.class. */
struct class_object {
    uint64_t header;
    /* words */
    word_t name;        /* string, such as ".internal.string" or "[i" */
    word_t super;       /* class, or null for .internal.object */
    word_t interfaces;  /* words array of all interfaces, inherited ones too */
    word_t fields;      /* words array of field objects, own ones only */
    word_t methods;     /* words array of method objects, own ones only */
    word_t vtable;      /* words array of methods */
    word_t ordinals;    /* words array: method number for calls by number -> method or null */
    word_t statics;     /* words array of the static word fields, or null */
    word_t raw_statics; /* long array of the static raw fields, or null */
    word_t element;     /* of an array class: element class, or null for raw elements */
    word_t source;      /* string: name of the source file, or null */
    word_t init_thread; /* thread that runs the static initialisation now */
    word_t application; /* owner, or null for the system's */
    /* raw */
    uint32_t number;         /* index in SPACE_CLASS_TABLE */
    uint32_t flags;          /* enum module_class_flag */
    uint32_t kind;           /* enum object_kind */
    uint32_t instance_bytes; /* of a plain object, header included, multiple of 8 */
    uint32_t depth;          /* supers above it */
    uint32_t init_state;     /* enum class_init_state */
    uint32_t word_run_count; /* runs of word slots in a plain object */
    uint32_t spare;
    struct {
        uint32_t offset; /* from the object's start */
        uint32_t count;  /* word slots */
    } word_runs[12];     /* a subclass whose words follow raw bytes of its super opens a new run */
};

enum class_init_state {
    CLASS_LINKED,       /* static initialisation has not begun */
    CLASS_INITIALIZING, /* init_thread runs it */
    CLASS_INITIALIZED,
    CLASS_FAILED, /* it threw; every use throws */
};

struct field_object {
    uint64_t header;
    word_t name;
    word_t type;     /* string, a module type */
    word_t owner;    /* class */
    uint32_t offset; /* in an instance, or index in statics / raw_statics */
    uint32_t flags;
};

/* A method. Lives in old space and never moves. */
struct method_object {
    uint64_t header;
    /* words */
    word_t name;
    word_t signature; /* string */
    word_t owner;     /* class */
    word_t code;      /* byte array, or null if abstract or primitive */
    word_t pool;      /* words array: what the module's pool became (see core/vm/pool.h) */
    word_t handlers;  /* int array: from, to, handler, pool index of class or 0 */
    word_t lines;     /* int array: pc, line */
    /* raw */
    uint32_t number; /* index in SPACE_METHOD_TABLE */
    uint32_t flags;  /* enum module_member_flag */
    uint32_t vtable_index;
    uint32_t ordinal;
    uint32_t primitive;
    uint16_t word_args; /* receiver included */
    uint16_t raw_args;
    uint16_t word_locals; /* arguments included */
    uint16_t raw_locals;
    uint16_t word_stack_max;
    uint16_t raw_stack_max;
    uint8_t result; /* type character of the signature: v, w (any word) or a raw kind */
    uint8_t verified;
    uint8_t spare[6];
};

/*
 * A thread's stack: two areas in one chunk. Words grow up from slots[0], raw
 * slots grow down from slots[slot_count]; both in units of 8 bytes. Frames are
 * linked by offsets from the two ends, so growing is copying both areas to the
 * ends of a larger chunk, with nothing to correct. Lives in old space. What is
 * stored into it needs no remembered set, because its thread is listed by
 * heap_thread_ran before; the stack of a thread that has ended is null.
 *
 *   slots: | words of frame 0 | words of frame 1 | ... free ... | raw 1 | raw 0 |
 */
struct stack_object {
    uint64_t header;
    uint32_t slot_count;
    uint32_t spare;
    uint32_t word_top; /* words in use; exact whenever the thread is not running */
    uint32_t raw_top;  /* raw slots in use, counted from the high end */
    uint64_t slots[];
};

enum thread_state {
    THREAD_NEW,       /* never ran */
    THREAD_RUNNABLE,  /* runs, or would if there were a worker */
    THREAD_WAITING,   /* parked until somebody wakes it (monitor, condition, console, join) */
    THREAD_SLEEPING,  /* parked until wake_ns of personal time, or a wake */
    THREAD_SUSPENDED, /* by an operator, or because a page cannot be read now */
    THREAD_ENDED,
};

/* Joined to the state by one who wakes a thread that is about to park: it does not park. */
#define THREAD_WOKEN 0x100u

enum thread_flag {
    THREAD_FLAG_KILLED = 1,       /* ends at its next safepoint */
    THREAD_FLAG_ENTERING = 2,     /* is in the entry queue of the monitor of waiting_for */
    THREAD_FLAG_NOTIFIABLE = 4,   /* is in the wait set of that monitor */
    THREAD_FLAG_JOINING = 8,      /* is among the joiners of waiting_for */
    THREAD_FLAG_UNREADABLE = 16,  /* suspended: a page cannot be read now */
    THREAD_FLAG_INTERRUPTED = 32, /* gets an exception where it waits, or at a poll */
    THREAD_FLAG_RESTART = 64,     /* waits for the machine to be started again */
    THREAD_FLAG_TURN = 128,       /* was let in to the monitor of waiting_for, and is on its way */
    THREAD_FLAG_ATTACHED = 4096,  /* talks in a session, or did: never reads from the console */
    THREAD_FLAG_OUTSIDE = 8192,   /* let go of a monitor to wait, and does not have it back */
};

struct thread_object {
    uint64_t header;
    /* words */
    word_t stack;       /* stack object */
    word_t target;      /* object whose `run` it runs, or null */
    word_t application; /* application object */
    word_t pending;     /* exception to throw when it runs next, or null */
    word_t waiting_for; /* monitor, thread, channel: what parked it */
    word_t name;        /* string or null */
    word_t trace;       /* array of strings: where the newest exception was thrown */
    word_t next;        /* in the queue of whatever it waits for */
    word_t lock_stack;  /* words array of objects that it has locked, innermost last */
    word_t joiners;     /* first of the threads that wait for its end, linked by next */
    word_t prim_word;   /* a primitive's progress across a park */
    word_t prim_word2;
    /* raw */
    uint64_t id;       /* never used twice in a volume */
    uint64_t wake_ns;  /* personal time */
    uint64_t prim_raw; /* a primitive's progress across a park */
    uint64_t prim_raw2;
    uint32_t state;      /* enum thread_state */
    uint32_t slot;       /* in SPACE_THREAD_TABLE */
    uint32_t lock_count; /* entries of lock_stack in use */
    uint32_t priority;   /* -2 to 2; a higher one goes first */
    uint32_t frame_word; /* the top frame's base in the word area */
    uint32_t frame_raw;  /* the top frame's base in the raw area */
    uint32_t flags;      /* enum thread_flag */
    uint32_t spare;
};

/*
 * The monitor of an object whose lock was contended or waited on; the object's header
 * holds its number, index of root.monitors. Lives in old space. Free while `object` is null.
 */
struct monitor_object {
    uint64_t header;
    /* words */
    word_t object;
    word_t owner;      /* thread; null if it took the lock while that was thin */
    word_t entry_head; /* threads that want to enter, linked by next */
    word_t entry_tail;
    word_t wait_head; /* threads that wait to be notified */
    word_t wait_tail;
    /* raw */
    uint32_t number;
    uint32_t held;
    uint32_t hash; /* the object's identity hash, which the number displaced; 0: none yet */
    uint32_t spare;
};

enum application_state {
    APPLICATION_RUNNING,
    APPLICATION_ENDED,   /* its last thread has ended */
    APPLICATION_FAILED,  /* ended by an uncaught exception */
    APPLICATION_STOPPED, /* by an operator */
};

struct application_object {
    uint64_t header;
    word_t name;         /* string: the program's file name */
    word_t arguments;    /* words array of strings */
    word_t channel;      /* console channel object */
    word_t namespace;    /* library object that maps names to its classes */
    word_t error;        /* string: the uncaught exception with its trace, or null */
    uint64_t started_ns; /* personal time */
    uint32_t id;
    uint32_t state;
    uint32_t thread_count;
    int32_t status; /* exit status once ended */
};

/*
 * The console's channel: a ring of bytes that are on their way out, and the threads that
 * wait for room, for a line of input, or for a snapshot. core/prim/console.h says how it
 * works. It and its ring never move.
 */
struct channel_object {
    uint64_t header;
    word_t ring;                     /* byte array of CHANNEL_RING_BYTES */
    word_t writer;                   /* thread in the middle of a text, or null */
    word_t out_head, out_tail;       /* threads that wait for their turn to write */
    word_t in_head, in_tail;         /* threads that wait for a line */
    word_t commit_head, commit_tail; /* threads that wait for a snapshot */
    uint64_t appended;               /* bytes that were ever put into the ring */
    uint64_t written;                /* of these, known to have left; the beginning of a line */
};

#define CHANNEL_RING_BYTES 65536u

/* A long or double that is no immediate. */
struct box_object {
    uint64_t header;
    uint64_t bits;
};

/* Classes that C knows by number. The library's loader gives them these numbers. */
enum well_known_class {
    CLASS_NONE,
    CLASS_OBJECT,
    CLASS_CLASS,
    CLASS_FIELD,
    CLASS_METHOD,
    CLASS_STRING,
    CLASS_INT,
    CLASS_LONG,
    CLASS_FLOAT,
    CLASS_DOUBLE,
    CLASS_CHAR,
    CLASS_CODE_POINT,
    CLASS_BOOLEAN,
    CLASS_WORDS,    /* [w */
    CLASS_BOOLEANS, /* [z */
    CLASS_BYTES,    /* [b */
    CLASS_SHORTS,
    CLASS_CHARS,
    CLASS_INTS,
    CLASS_LONGS,
    CLASS_FLOATS,
    CLASS_DOUBLES,
    CLASS_STACK,
    CLASS_THREAD,
    CLASS_APPLICATION,
    CLASS_CHANNEL,
    CLASS_MONITOR,
    CLASS_WELL_KNOWN_COUNT,
};

/* True if C makes the objects of the class, which is no array, and knows how they are laid out. */
static inline bool
class_is_machines(uint32_t number)
{
    return number > CLASS_OBJECT && number < CLASS_WELL_KNOWN_COUNT;
}

/*
 * The root of the space, at SPACE_ROOT. Everything that lives is reached from
 * its words, the class, method and thread tables up to their counts, and the
 * handles of C.
 */
#define SPACE_ROOT_MAGIC 0x746f6f52746e6150ull

struct space_root {
    uint64_t magic;
    /* words */
    word_t applications;  /* words array, index is id - 1 */
    word_t monitors;      /* words array of inflated monitors */
    word_t symbols;       /* words array: hash table of interned strings */
    word_t out_of_memory; /* preallocated exceptions */
    word_t stack_overflow;
    word_t console; /* channel, or null before the first start */
    word_t out_of_space;
    word_t limits; /* long array: bytes and percent for each application, by its id; or null */
    word_t spare_words[8];
    /* raw */
    uint64_t personal_ns;
    uint64_t next_thread_id;
    uint64_t heap_blocks_used; /* block descriptors in use, from block 0 */
    uint64_t bytes_live;       /* after the last full collection */
    uint32_t class_count;      /* numbers given out, 0 included */
    uint32_t method_count;
    uint32_t thread_slot_count;
    uint32_t monitor_count;
    uint32_t symbol_count;
    uint32_t application_count;
    uint64_t hash_count;    /* identity hashes given out */
    uint64_t collector[16]; /* core/heap's own, see heap/heap_priv.h */
};

#define ROOT_WORD_FIRST offsetof(struct space_root, applications)
#define ROOT_WORD_COUNT 16

static_assert(offsetof(struct space_root, personal_ns) == ROOT_WORD_FIRST + 8 * ROOT_WORD_COUNT,
              "the root's words are one run");
static_assert(sizeof(struct space_root) <= SPACE_ROOT_BYTES, "the root has its place");
