/*
 * attach.c - a thread for one more person at the prompt.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vm/attach.h"

#include "heap/text.h"
#include "object/array.h"
#include "vm/class_index.h"
#include "vm/vm.h"
#include "vm/worker_priv.h"

#define SHELL_CLASS       ".phantom.shell.shell"
#define SHELL_METHOD      "attach"
#define THREAD_NAME       "attached"

#define root_field(field) (SPACE_ROOT + offsetof(struct space_root, field))

/* The newest program that is a shell and runs, or null. */
static word_t
shell_find(void)
{
    ref_t table = pmem_load64(root_field(applications));

    for (uint32_t i = pmem_load32(root_field(application_count)); i > 0; i--) {
        word_t application = array_load_word(table, i - 1);

        if (application != WORD_NULL &&
            GET_U32(application_object, application, state) == APPLICATION_RUNNING &&
            string_equal_utf8(GET_WORD(application_object, application, name), VM_SHELL_NAME,
                              sizeof VM_SHELL_NAME - 1))
            return application;
    }
    return WORD_NULL;
}

/* The static method in which such a thread begins, or 0. */
static ref_t
method_find(void)
{
    uint32_t number;
    ref_t methods;

    if (class_find(0, SHELL_CLASS, sizeof SHELL_CLASS - 1, &number) != OK)
        return WORD_NULL;
    methods = GET_WORD(class_object, class_of_number(number), methods);
    for (uint32_t i = 0; i < array_length(methods); i++) {
        ref_t method = array_load_word(methods, i);

        if (string_equal_utf8(GET_WORD(method_object, method, name), SHELL_METHOD,
                              sizeof SHELL_METHOD - 1))
            return method;
    }
    return WORD_NULL;
}

static err_t
attach_as(struct vm_worker *worker, uint32_t session)
{
    ref_t thread, name;
    word_t application;

    TRY(pmem_safepoint(&worker->pmem));
    if (method_find() == WORD_NULL)
        return ERR_VERSION;
    for (;;) {
        application = shell_find();
        if (application == WORD_NULL)
            return ERR_NOT_FOUND;
        name = heap_string_utf8(&worker->heap, THREAD_NAME, sizeof THREAD_NAME - 1);
        thread = name == WORD_NULL
                     ? WORD_NULL
                     : thread_make(&worker->heap, application, method_find(), NULL, 0, name);
        if (thread != WORD_NULL)
            return thread_begin(thread, session) ? OK : ERR_NOMEM;
        TRY(heap_collect(&worker->heap, 4 * STACK_BYTES_FIRST));
    }
}

err_t
vm_attach(uint32_t session)
{
    struct vm_worker worker = { 0 };
    err_t err;

    if (vm_options_get()->safe)
        return ERR_UNSUPPORTED;
    TRY(worker_join(&worker));
    err = attach_as(&worker, session);
    worker_leave(&worker);
    return err;
}
